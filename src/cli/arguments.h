// SPDX-License-Identifier: Apache-2.0
/* The command line: one table of options gives parsing, help and shell completion. */
#ifndef PARE_CLI_ARGUMENTS_H
#define PARE_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pare/batch.h>

/* Exit codes of every command. */
enum {
    PARE_EXIT_OK = 0,
    PARE_EXIT_FAILED = 1,   /* some files failed */
    PARE_EXIT_USAGE = 2,    /* the command line is wrong; nothing was done */
    PARE_EXIT_SAVINGS = 3,  /* check: something could be smaller */
    PARE_EXIT_SIGNAL = 130, /* interrupted */
};

typedef enum pare_command {
    PARE_COMMAND_RUN = 0,
    PARE_COMMAND_CHECK,
    PARE_COMMAND_UNDO,
    PARE_COMMAND_HISTORY,
    PARE_COMMAND_INFO,
    PARE_COMMAND_SCORE,
    PARE_COMMAND_SERVE,
    PARE_COMMAND_BENCH,
    PARE_COMMAND_COMPLETION,
    PARE_COMMAND_COUNT
} pare_command;

typedef struct pare_command_spec {
    const char *name, *arguments, *summary;
    bool listed; /* in the overview */
} pare_command_spec;
extern const pare_command_spec PARE_COMMANDS[PARE_COMMAND_COUNT];

/* Headings of the help. */
typedef enum pare_option_group {
    PARE_GROUP_SERVER = 0,
    PARE_GROUP_OUTPUT,
    PARE_GROUP_QUALITY,
    PARE_GROUP_IMAGE,
    PARE_GROUP_INPUT,
    PARE_GROUP_MACHINE,
    PARE_GROUP_REPORT,
    PARE_GROUP_COUNT
} pare_option_group;
extern const char *const PARE_GROUP_NAMES[PARE_GROUP_COUNT];

/* Index of an option in the table, and its bit in pare_arguments.seen. */
typedef enum pare_option_id {
    PARE_OPTION_OUTPUT = 0,
    PARE_OPTION_IN_PLACE,
    PARE_OPTION_SUFFIX,
    PARE_OPTION_BACKUP,
    PARE_OPTION_SALVAGE,
    PARE_OPTION_KEEP_DATES,
    PARE_OPTION_MIN_SAVINGS,
    PARE_OPTION_DRY_RUN,
    PARE_OPTION_FORCE,
    PARE_OPTION_QUALITY,
    PARE_OPTION_LOSSLESS,
    PARE_OPTION_QUALITY_JPEG,
    PARE_OPTION_QUALITY_PNG,
    PARE_OPTION_QUALITY_WEBP,
    PARE_OPTION_QUALITY_AVIF,
    PARE_OPTION_QUALITY_JXL,
    PARE_OPTION_TARGET_SIZE,
    PARE_OPTION_MIN_SCORE,
    PARE_OPTION_DOWNSCALE,
    PARE_OPTION_EFFORT,
    PARE_OPTION_FORMAT,
    PARE_OPTION_RESIZE,
    PARE_OPTION_ENLARGE,
    PARE_OPTION_KEEP,
    PARE_OPTION_STRIP,
    PARE_OPTION_BACKGROUND,
    PARE_OPTION_SANITIZE,
    PARE_OPTION_EXCLUDE,
    PARE_OPTION_FILES_FROM,
    PARE_OPTION_NULL,
    PARE_OPTION_RECURSIVE,
    PARE_OPTION_JOBS,
    PARE_OPTION_MEMORY,
    PARE_OPTION_TIMEOUT,
    PARE_OPTION_MAX_PIXELS,
    PARE_OPTION_NO_SANDBOX,
    PARE_OPTION_PRIORITY,
    PARE_OPTION_LEDGER,
    PARE_OPTION_NO_LEDGER,
    PARE_OPTION_JSON,
    PARE_OPTION_QUIET,
    PARE_OPTION_VERBOSE,
    PARE_OPTION_NO_PROGRESS,
    PARE_OPTION_TRACE,
    PARE_OPTION_LIMIT,
    PARE_OPTION_PORT,
    PARE_OPTION_OPEN,
    PARE_OPTION_ROOT,
    PARE_OPTION_LISTEN,
    PARE_OPTION_HOST,
    PARE_OPTION_TOKEN_FILE,
    PARE_OPTION_MAX_JOBS,
    PARE_OPTION_MAX_UPLOAD,
    PARE_OPTION_STATE_DIR,
    PARE_OPTION_HELP,
    PARE_OPTION_VERSION,
    PARE_OPTION_COUNT
} pare_option_id;

/* What only `serve` takes. */
typedef struct pare_serve_arguments {
    const char *address, *token_file, *state_dir; /* NULL: the default */
    uint16_t port;
    bool open;
    const char **roots; /* owned array */
    size_t root_count;
    const char **hosts; /* owned array */
    size_t host_count;
    uint32_t max_jobs;         /* 0: the default */
    uint64_t max_upload_bytes; /* 0: the default */
} pare_serve_arguments;

/* What was asked for. Constant after pare_arguments_parse(). Strings are borrowed from argv. */
typedef struct pare_arguments {
    pare_command command;
    pare_batch_options batch; /* without callbacks */
    uint64_t seen;            /* bits of pare_option_id that were given */
    const char **paths;       /* owned array */
    size_t path_count;
    const char **excludes; /* owned array; batch.excludes points to it */
    const char *files_from;
    char *command_line; /* owned; the words as a shell would take them */
    bool to_stdout;     /* the path "-" */
    bool json, quiet, verbose, no_progress, null_separated, help, version;
    pare_serve_arguments serve;
    uint32_t limit; /* runs of `history`, images of `bench` */
} pare_arguments;

typedef struct pare_option_spec {
    pare_option_id id;
    char letter, letter_alias; /* 0: none */
    const char *name, *alias;  /* without dashes; alias may be NULL */
    const char *argument;      /* as help prints it; NULL: a switch */
    pare_option_group group;
    uint32_t commands; /* bits 1 << pare_command */
    bool (*apply)(pare_arguments *arguments, const char *value);
    const char *expects; /* ends the message about a bad value: "is not ..." */
    const char *help;
    const char *words; /* completion: words separated by blanks; "/" folders, NULL files */
} pare_option_spec;
extern const pare_option_spec PARE_OPTIONS[PARE_OPTION_COUNT];

static inline bool pare_arguments_has(const pare_arguments *arguments, pare_option_id id)
{
    return (arguments->seen & (uint64_t)1 << id) != 0;
}

/* Read the command line. *out is filled in every case, and is to be released.
 *
 * Errors, with one line in diag: PARE_ERR_INVALID (unknown or contradictory options, bad values),
 * PARE_ERR_NO_MEMORY. When out->help or out->version is set, nothing else was checked. */
PARE_NODISCARD pare_err pare_arguments_parse(int argc, char **argv, pare_arguments *out,
                                             pare_diag *diag);
void pare_arguments_deinit(pare_arguments *arguments);

/* The command that a mistyped word was meant to be, or NULL. */
const char *pare_command_near(const char *word);

#endif /* PARE_CLI_ARGUMENTS_H */
