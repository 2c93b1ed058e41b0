// SPDX-License-Identifier: Apache-2.0
/* Reading the command line with the table of options. */
#include "cli/arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { WORD_CAP = 64, NEAR_MAX = 2, LIMIT_DEFAULT = 20 };

/* Edits (insert, delete, replace) between two words; WORD_CAP when one is too long to be meant.
 * Wagner and Fischer, "The string-to-string correction problem", 1974. */
static int edit_distance(const char *a, const char *b)
{
    const size_t a_len = strlen(a), b_len = strlen(b);
    int row[WORD_CAP + 1];
    if (a_len > WORD_CAP || b_len > WORD_CAP) return WORD_CAP;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= a_len; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= b_len; j++) {
            const int above = row[j];
            int best = diagonal + (a[i - 1] != b[j - 1]);
            if (above + 1 < best) best = above + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[b_len];
}

const char *pare_command_near(const char *word)
{
    for (int i = 0; i < PARE_COMMAND_COUNT; i++) {
        if (edit_distance(word, PARE_COMMANDS[i].name) <= NEAR_MAX && strlen(word) > NEAR_MAX) {
            return PARE_COMMANDS[i].name;
        }
    }
    return NULL;
}

static bool takes(pare_command command, const pare_option_spec *spec)
{
    return (spec->commands & 1u << command) != 0;
}

/* The long option that was meant: nearest by edits, or else the first that begins with the word. */
static const char *option_near(const char *word, pare_command command)
{
    const char *best = NULL;
    int best_edits = NEAR_MAX + 1;
    for (int i = 0; i < PARE_OPTION_COUNT; i++) {
        const pare_option_spec *spec = &PARE_OPTIONS[i];
        if (!takes(command, spec)) continue;
        int edits = edit_distance(word, spec->name);
        const int alias_edits = spec->alias ? edit_distance(word, spec->alias) : WORD_CAP;
        if (alias_edits < edits) edits = alias_edits;
        if (edits < best_edits && edits < (int)strlen(word)) {
            best_edits = edits;
            best = spec->name;
        }
    }
    for (int i = 0; i < PARE_OPTION_COUNT && !best && strlen(word) > NEAR_MAX; i++) {
        const pare_option_spec *spec = &PARE_OPTIONS[i];
        if (takes(command, spec) && strncmp(spec->name, word, strlen(word)) == 0) {
            best = spec->name;
        }
    }
    return best;
}

static const pare_option_spec *find_long(const char *name, size_t len)
{
    for (int i = 0; i < PARE_OPTION_COUNT; i++) {
        const pare_option_spec *spec = &PARE_OPTIONS[i];
        if (strlen(spec->name) == len && strncmp(spec->name, name, len) == 0) return spec;
        if (spec->alias && strlen(spec->alias) == len && strncmp(spec->alias, name, len) == 0) {
            return spec;
        }
    }
    return NULL;
}

static const pare_option_spec *find_short(char letter)
{
    for (int i = 0; i < PARE_OPTION_COUNT; i++) {
        const pare_option_spec *spec = &PARE_OPTIONS[i];
        if (letter && (spec->letter == letter || spec->letter_alias == letter)) return spec;
    }
    return NULL;
}

typedef struct parser {
    int argc, next; /* next: index of the word after the one at hand */
    char **argv;
    pare_arguments *out;
    pare_diag *diag;
} parser;

static pare_err unknown_option(parser *p, const char *name)
{
    const char *command = PARE_COMMANDS[p->out->command].name;
    const char *near = option_near(name, p->out->command);
    if (near) {
        return pare_fail(p->diag, PARE_ERR_INVALID, "unknown option --%s; did you mean --%s?", name,
                         near);
    }
    return pare_fail(p->diag, PARE_ERR_INVALID,
                     "unknown option --%s; `pare %s --help` lists them all", name, command);
}

static pare_err apply(parser *p, const pare_option_spec *spec, const char *value)
{
    if (!takes(p->out->command, spec)) {
        return pare_fail(p->diag, PARE_ERR_INVALID, "`pare %s` has no option --%s",
                         PARE_COMMANDS[p->out->command].name, spec->name);
    }
    p->out->seen |= (uint64_t)1 << spec->id;
    if (!spec->apply(p->out, value)) {
        return pare_fail(p->diag, PARE_ERR_INVALID, "--%s: \"%s\" is not %s", spec->name, value,
                         spec->expects);
    }
    return PARE_OK;
}

/* The value of an option that stands in the next word. A word that looks like an option is more
 * likely a forgotten value; --name=VALUE takes anything. */
static pare_err take_value(parser *p, const pare_option_spec *spec, const char **value)
{
    const char *word = p->next < p->argc ? p->argv[p->next] : NULL;
    if (!word || (word[0] == '-' && word[1] != '\0')) {
        return pare_fail(p->diag, PARE_ERR_INVALID, "--%s needs a value: %s", spec->name,
                         spec->expects);
    }
    p->next++;
    *value = word;
    return PARE_OK;
}

static pare_err parse_long(parser *p, const char *word)
{
    const char *name = word + 2;
    const size_t len = strcspn(name, "=");
    const pare_option_spec *spec = find_long(name, len);
    const char *value = name[len] ? name + len + 1 : NULL;
    if (!spec) {
        char shown[WORD_CAP + 8];
        snprintf(shown, sizeof shown, "%.*s", (int)(len < WORD_CAP ? len : WORD_CAP), name);
        return unknown_option(p, shown);
    }
    if (!spec->argument && value) {
        return pare_fail(p->diag, PARE_ERR_INVALID, "--%s takes no value", spec->name);
    }
    if (spec->argument && !value) PARE_TRY(take_value(p, spec, &value));
    return apply(p, spec, value);
}

/* -v, -nv, -j4, -j 4. */
static pare_err parse_short(parser *p, const char *word)
{
    for (const char *letter = word + 1; *letter; letter++) {
        const pare_option_spec *spec = find_short(*letter);
        const char *value = NULL;
        if (!spec) {
            return pare_fail(p->diag, PARE_ERR_INVALID,
                             "unknown option -%c; `pare %s --help` lists them all", *letter,
                             PARE_COMMANDS[p->out->command].name);
        }
        if (!spec->argument) {
            PARE_TRY(apply(p, spec, NULL));
            continue;
        }
        if (letter[1]) {
            value = letter[1] == '=' ? letter + 2 : letter + 1;
        } else {
            PARE_TRY(take_value(p, spec, &value));
        }
        return apply(p, spec, value);
    }
    return PARE_OK;
}

static void add_path(pare_arguments *out, const char *path)
{
    if (strcmp(path, "-") == 0) out->to_stdout = true;
    out->paths[out->path_count++] = path;
}

static pare_err parse_words(parser *p)
{
    while (p->next < p->argc && !p->out->help && !p->out->version) {
        const char *word = p->argv[p->next++];
        if (strcmp(word, "--") == 0) {
            while (p->next < p->argc)
                add_path(p->out, p->argv[p->next++]);
        } else if (word[0] == '-' && word[1] == '-') {
            PARE_TRY(parse_long(p, word));
        } else if (word[0] == '-' && word[1] != '\0') {
            PARE_TRY(parse_short(p, word));
        } else {
            add_path(p->out, word);
        }
    }
    return PARE_OK;
}

/* Pairs of options that cannot both be meant. */
static pare_err check_pairs(const pare_arguments *a, pare_diag *diag)
{
    static const struct {
        pare_option_id one, other;
        const char *why;
    } PAIRS[] = {
        {PARE_OPTION_IN_PLACE, PARE_OPTION_OUTPUT, "results go to one place"},
        {PARE_OPTION_IN_PLACE, PARE_OPTION_SUFFIX, "results go to one place"},
        {PARE_OPTION_OUTPUT, PARE_OPTION_SUFFIX, "results go to one place"},
        {PARE_OPTION_LOSSLESS, PARE_OPTION_QUALITY, "lossless has no other quality"},
        {PARE_OPTION_LOSSLESS, PARE_OPTION_TARGET_SIZE, "a size needs a quality that can fall"},
        {PARE_OPTION_QUIET, PARE_OPTION_VERBOSE, "they contradict each other"},
        {PARE_OPTION_LEDGER, PARE_OPTION_NO_LEDGER, "they contradict each other"},
    };
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        if (pare_arguments_has(a, PAIRS[i].one) && pare_arguments_has(a, PAIRS[i].other)) {
            return pare_fail(diag, PARE_ERR_INVALID, "--%s and --%s together: %s",
                             PARE_OPTIONS[PAIRS[i].one].name, PARE_OPTIONS[PAIRS[i].other].name,
                             PAIRS[i].why);
        }
    }
    for (int i = 0; i < PARE_FORMAT_COUNT; i++) {
        const pare_quality_mode mode = a->batch.image.quality_for[i].mode;
        if (pare_arguments_has(a, PARE_OPTION_LOSSLESS) && mode != PARE_QUALITY_UNSET &&
            mode != PARE_QUALITY_LOSSLESS) {
            return pare_fail(diag, PARE_ERR_INVALID,
                             "--lossless and --quality-%s together: lossless has no other quality",
                             pare_format_name((pare_format)i));
        }
    }
    return PARE_OK;
}

/* Options that mean nothing without another one. */
static pare_err check_needs(const pare_arguments *a, pare_diag *diag)
{
    static const struct {
        pare_option_id one, needs;
    } NEEDS[] = {
        {PARE_OPTION_BACKUP, PARE_OPTION_IN_PLACE},
        {PARE_OPTION_ENLARGE, PARE_OPTION_RESIZE},
        {PARE_OPTION_DOWNSCALE, PARE_OPTION_TARGET_SIZE},
        {PARE_OPTION_NULL, PARE_OPTION_FILES_FROM},
        {PARE_OPTION_LISTEN, PARE_OPTION_TOKEN_FILE},
    };
    for (size_t i = 0; i < sizeof NEEDS / sizeof *NEEDS; i++) {
        if (pare_arguments_has(a, NEEDS[i].one) && !pare_arguments_has(a, NEEDS[i].needs)) {
            return pare_fail(diag, PARE_ERR_INVALID, "--%s has no meaning without --%s",
                             PARE_OPTIONS[NEEDS[i].one].name, PARE_OPTIONS[NEEDS[i].needs].name);
        }
    }
    if (pare_arguments_has(a, PARE_OPTION_BACKUP) && pare_arguments_has(a, PARE_OPTION_NO_LEDGER)) {
        return pare_fail(diag, PARE_ERR_INVALID,
                         "--backup and --no-ledger together: `pare undo` needs the ledger");
    }
    return PARE_OK;
}

/* "-" is one image from standard input to standard output, and nothing besides. */
static pare_err check_stream(const pare_arguments *a, pare_diag *diag)
{
    static const pare_option_id CLASH[] = {
        PARE_OPTION_OUTPUT,  PARE_OPTION_IN_PLACE,   PARE_OPTION_SUFFIX,
        PARE_OPTION_DRY_RUN, PARE_OPTION_FILES_FROM, PARE_OPTION_JSON,
    };
    if (!a->to_stdout) return PARE_OK;
    if (a->command != PARE_COMMAND_RUN) {
        return pare_fail(diag, PARE_ERR_INVALID, "`pare %s` does not read standard input",
                         PARE_COMMANDS[a->command].name);
    }
    if (a->path_count > 1) {
        return pare_fail(diag, PARE_ERR_INVALID, "- (standard input) takes no other paths");
    }
    for (size_t i = 0; i < sizeof CLASH / sizeof *CLASH; i++) {
        if (pare_arguments_has(a, CLASH[i])) {
            return pare_fail(diag, PARE_ERR_INVALID,
                             "- and --%s together: the result goes to standard output",
                             PARE_OPTIONS[CLASH[i]].name);
        }
    }
    return PARE_OK;
}

static pare_err check_count(const pare_arguments *a, pare_diag *diag)
{
    static const struct {
        size_t min, max;
        const char *wants;
    } COUNTS[PARE_COMMAND_COUNT] = {
        [PARE_COMMAND_RUN] = {1, SIZE_MAX, "files or folders"},
        [PARE_COMMAND_CHECK] = {1, SIZE_MAX, "files or folders"},
        [PARE_COMMAND_UNDO] = {0, 1, "at most one number of a run"},
        [PARE_COMMAND_HISTORY] = {0, 0, "no paths"},
        [PARE_COMMAND_INFO] = {1, SIZE_MAX, "image files"},
        [PARE_COMMAND_SCORE] = {2, 2, "two files or two folders"},
        [PARE_COMMAND_SERVE] = {0, 0, "no paths; folders are given with --root"},
        [PARE_COMMAND_BENCH] = {0, SIZE_MAX, "files or folders"},
        [PARE_COMMAND_COMPLETION] = {1, 1, "one of bash, zsh, fish"},
    };
    const size_t count = a->path_count + (a->files_from ? 1 : 0);
    if (count < COUNTS[a->command].min || count > COUNTS[a->command].max) {
        return pare_fail(diag, PARE_ERR_INVALID, "`pare %s` takes %s; see `pare %s --help`",
                         PARE_COMMANDS[a->command].name, COUNTS[a->command].wants,
                         PARE_COMMANDS[a->command].name);
    }
    return PARE_OK;
}

static bool is_plain(const char *word)
{
    static const char PLAIN[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./:,@%";
    return *word && word[strspn(word, PLAIN)] == '\0';
}

/* The words, quoted where a shell would need it, for the history. */
static char *join_words(int argc, char **argv)
{
    size_t cap = 1;
    for (int i = 0; i < argc; i++)
        cap += 4 * strlen(argv[i]) + 3;
    char *const text = malloc(cap);
    char *end = text;
    if (!text) return NULL;
    for (int i = 0; i < argc; i++) {
        const char *word = i ? argv[i] : "pare";
        const bool quote = !is_plain(word);
        if (i) *end++ = ' ';
        if (quote) *end++ = '\'';
        for (; *word; word++) {
            if (*word == '\'') {
                memcpy(end, "'\\''", 4);
                end += 4;
            } else {
                *end++ = *word;
            }
        }
        if (quote) *end++ = '\'';
    }
    *end = '\0';
    return text;
}

static int command_of(const char *word)
{
    for (int i = 0; i < PARE_COMMAND_COUNT; i++) {
        if (strcmp(word, PARE_COMMANDS[i].name) == 0) return i;
    }
    return -1;
}

pare_err pare_arguments_parse(int argc, char **argv, pare_arguments *out, pare_diag *diag)
{
    parser p = {.argc = argc, .next = 1, .argv = argv, .out = out, .diag = diag};
    *out = (pare_arguments){.limit = LIMIT_DEFAULT};
    pare_batch_options_init(&out->batch);
    const size_t slots = (size_t)(argc > 0 ? argc : 0) + 1;
    out->paths = calloc(slots, sizeof *out->paths);
    out->excludes = calloc(slots, sizeof *out->excludes);
    out->serve.roots = calloc(slots, sizeof *out->serve.roots);
    out->serve.hosts = calloc(slots, sizeof *out->serve.hosts);
    out->command_line = join_words(argc, argv);
    if (!out->paths || !out->excludes || !out->serve.roots || !out->serve.hosts ||
        !out->command_line) {
        return pare_fail(diag, PARE_ERR_NO_MEMORY, "not enough memory");
    }
    out->batch.excludes = out->excludes;
    out->batch.command_line = out->command_line;

    const int command = argc > 1 ? command_of(argv[1]) : -1;
    if (command >= 0) {
        out->command = (pare_command)command;
        p.next = 2;
    }
    out->batch.check = out->command == PARE_COMMAND_CHECK;
    PARE_TRY(parse_words(&p));
    if (out->help || out->version) return PARE_OK;
    PARE_TRY(check_pairs(out, diag));
    PARE_TRY(check_needs(out, diag));
    PARE_TRY(check_stream(out, diag));
    PARE_TRY(check_count(out, diag));
    return pare_options_check(&out->batch.image, diag);
}

void pare_arguments_deinit(pare_arguments *arguments)
{
    free(arguments->paths);
    free(arguments->excludes);
    free(arguments->serve.roots);
    free(arguments->serve.hosts);
    free(arguments->command_line);
    *arguments = (pare_arguments){0};
}
