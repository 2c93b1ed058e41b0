// SPDX-License-Identifier: Apache-2.0
/* The table of commands and options, and what each of them sets. */
#include "cli/arguments.h"

#include <string.h>

#include "wire/parse.h"

const pare_command_spec PARE_COMMANDS[PARE_COMMAND_COUNT] = {
    [PARE_COMMAND_RUN] = {"run", "PATH...", "optimize files and folders (the default)", true},
    [PARE_COMMAND_CHECK] = {"check", "PATH...", "exit 3 if something could be smaller", true},
    [PARE_COMMAND_UNDO] = {"undo", "[RUN]", "put back the originals of a run with --backup", true},
    [PARE_COMMAND_HISTORY] = {"history", "", "list earlier runs", true},
    [PARE_COMMAND_INFO] = {"info", "FILE...", "say what an image file is", true},
    [PARE_COMMAND_SCORE] = {"score", "A B", "how alike two images or folders look", true},
    [PARE_COMMAND_SERVE] = {"serve", "", "the web page and the HTTP API on 127.0.0.1", true},
    [PARE_COMMAND_BENCH] = {"bench", "[PATH]...", "what settings cost and save on your images",
                            true},
    [PARE_COMMAND_COMPLETION] = {"completion", "bash|zsh|fish", "print shell completion", false},
};

const char *const PARE_GROUP_NAMES[PARE_GROUP_COUNT] = {
    [PARE_GROUP_SERVER] = "Where it listens, what it may touch",
    [PARE_GROUP_OUTPUT] = "Where results go",
    [PARE_GROUP_QUALITY] = "How good, how small",
    [PARE_GROUP_IMAGE] = "What becomes of it",
    [PARE_GROUP_INPUT] = "Which files",
    [PARE_GROUP_MACHINE] = "What it may use",
    [PARE_GROUP_REPORT] = "What it says",
};

static bool set_output(pare_arguments *a, const char *value)
{
    a->batch.output_dir = value;
    a->batch.output_mode = PARE_OUTPUT_FOLDER;
    return *value != '\0';
}

static bool set_in_place(pare_arguments *a, const char *value)
{
    (void)value;
    a->batch.output_mode = PARE_OUTPUT_IN_PLACE;
    return true;
}

static bool set_suffix(pare_arguments *a, const char *value)
{
    a->batch.suffix = value;
    a->batch.output_mode = PARE_OUTPUT_SUFFIX;
    return *value != '\0' && !strchr(value, '/');
}

static bool set_backup(pare_arguments *a, const char *value)
{
    a->batch.backup_dir = value;
    return *value != '\0';
}

static bool set_salvage(pare_arguments *a, const char *value)
{
    a->batch.salvage_dir = value;
    return *value != '\0';
}

static bool set_keep_dates(pare_arguments *a, const char *value)
{
    (void)value;
    return a->batch.keep_dates = true;
}

static bool set_min_savings(pare_arguments *a, const char *value)
{
    return pare_parse_savings(value, &a->batch.image.min_savings_bytes,
                              &a->batch.image.min_savings_pct);
}

static bool set_dry_run(pare_arguments *a, const char *value)
{
    (void)value;
    return a->batch.dry_run = true;
}

static bool set_force(pare_arguments *a, const char *value)
{
    (void)value;
    return a->batch.force = true;
}

static bool set_no_sandbox(pare_arguments *a, const char *value)
{
    (void)value;
    a->batch.require_sandbox = false;
    return true;
}

static bool set_quality(pare_arguments *a, const char *value)
{
    return pare_parse_quality(value, &a->batch.image.quality);
}

static bool set_lossless(pare_arguments *a, const char *value)
{
    (void)value;
    a->batch.image.quality = (pare_quality){.mode = PARE_QUALITY_LOSSLESS};
    return true;
}

static bool set_quality_jpeg(pare_arguments *a, const char *value)
{
    return pare_parse_quality(value, &a->batch.image.quality_for[PARE_FORMAT_JPEG]);
}

static bool set_quality_png(pare_arguments *a, const char *value)
{
    return pare_parse_quality(value, &a->batch.image.quality_for[PARE_FORMAT_PNG]);
}

static bool set_quality_webp(pare_arguments *a, const char *value)
{
    return pare_parse_quality(value, &a->batch.image.quality_for[PARE_FORMAT_WEBP]);
}

static bool set_quality_avif(pare_arguments *a, const char *value)
{
    return pare_parse_quality(value, &a->batch.image.quality_for[PARE_FORMAT_AVIF]);
}

static bool set_quality_jxl(pare_arguments *a, const char *value)
{
    return pare_parse_quality(value, &a->batch.image.quality_for[PARE_FORMAT_JXL]);
}

static bool set_target_size(pare_arguments *a, const char *value)
{
    return pare_parse_bytes(value, &a->batch.image.target_size_bytes);
}

static bool set_sanitize(pare_arguments *a, const char *value)
{
    (void)value;
    return a->batch.image.sanitize = true;
}

static bool set_downscale(pare_arguments *a, const char *value)
{
    (void)value;
    return a->batch.image.downscale = true;
}

static bool set_min_score(pare_arguments *a, const char *value)
{
    return pare_parse_score(value, &a->batch.image.min_score);
}

static bool set_effort(pare_arguments *a, const char *value)
{
    return pare_parse_effort(value, &a->batch.image.effort);
}

static bool set_format(pare_arguments *a, const char *value)
{
    return pare_parse_format(value, &a->batch.image.target, &a->batch.image.format);
}

static bool set_resize(pare_arguments *a, const char *value)
{
    return pare_parse_resize(value, &a->batch.image.resize);
}

static bool set_enlarge(pare_arguments *a, const char *value)
{
    (void)value;
    return a->batch.image.resize.enlarge = true;
}

static bool set_keep(pare_arguments *a, const char *value)
{
    uint32_t kinds;
    if (!pare_parse_kinds(value, &kinds)) return false;
    if (kinds & PARE_KEEP_GPS) kinds |= PARE_KEEP_EXIF; /* positions live in EXIF */
    a->batch.image.keep |= kinds;
    return true;
}

static bool set_strip(pare_arguments *a, const char *value)
{
    uint32_t kinds;
    if (!pare_parse_kinds(value, &kinds)) return false;
    if (kinds & PARE_KEEP_EXIF) kinds |= PARE_KEEP_GPS;
    a->batch.image.keep &= ~kinds;
    return true;
}

static bool set_background(pare_arguments *a, const char *value)
{
    return pare_parse_color(value, a->batch.image.background);
}

static bool add_exclude(pare_arguments *a, const char *value)
{
    a->excludes[a->batch.exclude_count++] = value;
    return *value != '\0';
}

static bool set_files_from(pare_arguments *a, const char *value)
{
    a->files_from = value;
    return *value != '\0';
}

static bool set_null(pare_arguments *a, const char *value)
{
    (void)value;
    return a->null_separated = true;
}

static bool set_nothing(pare_arguments *a, const char *value)
{
    (void)a, (void)value;
    return true;
}

static bool set_jobs(pare_arguments *a, const char *value)
{
    uint64_t count;
    if (!pare_parse_count(value, 1, PARE_MAX_WORKERS, &count)) return false;
    a->batch.jobs = (uint32_t)count;
    return true;
}

static bool set_memory(pare_arguments *a, const char *value)
{
    return pare_parse_bytes(value, &a->batch.memory_bytes);
}

static bool set_timeout(pare_arguments *a, const char *value)
{
    return pare_parse_duration_ms(value, &a->batch.timeout_ms);
}

static bool set_max_pixels(pare_arguments *a, const char *value)
{
    return pare_parse_pixels(value, &a->batch.image.max_pixels);
}

static bool set_priority(pare_arguments *a, const char *value)
{
    return pare_parse_priority(value, &a->batch.priority);
}

static bool set_ledger(pare_arguments *a, const char *value)
{
    a->batch.ledger_path = value;
    return *value != '\0';
}

static bool set_no_ledger(pare_arguments *a, const char *value)
{
    (void)value;
    a->batch.use_ledger = false;
    return true;
}

static bool set_json(pare_arguments *a, const char *value)
{
    (void)value;
    return a->json = true;
}

static bool set_quiet(pare_arguments *a, const char *value)
{
    (void)value;
    return a->quiet = true;
}

static bool set_verbose(pare_arguments *a, const char *value)
{
    (void)value;
    return a->verbose = true;
}

static bool set_no_progress(pare_arguments *a, const char *value)
{
    (void)value;
    return a->no_progress = true;
}

static bool set_trace(pare_arguments *a, const char *value)
{
    a->batch.trace_path = value;
    return *value != '\0';
}

static bool set_limit(pare_arguments *a, const char *value)
{
    uint64_t count;
    if (!pare_parse_count(value, 1, 1000000, &count)) return false;
    a->limit = (uint32_t)count;
    return true;
}

static bool set_port(pare_arguments *a, const char *value)
{
    uint64_t port;
    if (!pare_parse_count(value, 0, 65535, &port)) return false;
    a->serve.port = (uint16_t)port;
    return true;
}

static bool set_open(pare_arguments *a, const char *value)
{
    (void)value;
    return a->serve.open = true;
}

static bool add_root(pare_arguments *a, const char *value)
{
    a->serve.roots[a->serve.root_count++] = value;
    return *value != '\0';
}

static bool set_listen(pare_arguments *a, const char *value)
{
    a->serve.address = value;
    return *value != '\0';
}

static bool add_host(pare_arguments *a, const char *value)
{
    a->serve.hosts[a->serve.host_count++] = value;
    return *value != '\0' && strcspn(value, ":/@ ") == strlen(value);
}

static bool set_token_file(pare_arguments *a, const char *value)
{
    a->serve.token_file = value;
    return *value != '\0';
}

static bool set_max_jobs(pare_arguments *a, const char *value)
{
    uint64_t count;
    if (!pare_parse_count(value, 1, 10000, &count)) return false;
    a->serve.max_jobs = (uint32_t)count;
    return true;
}

static bool set_max_upload(pare_arguments *a, const char *value)
{
    return pare_parse_bytes(value, &a->serve.max_upload_bytes);
}

static bool set_state_dir(pare_arguments *a, const char *value)
{
    a->serve.state_dir = value;
    return *value != '\0';
}

static bool set_help(pare_arguments *a, const char *value)
{
    (void)value;
    return a->help = true;
}

static bool set_version(pare_arguments *a, const char *value)
{
    (void)value;
    return a->version = true;
}

enum {
    RUN = 1 << PARE_COMMAND_RUN,
    WORK = RUN | 1 << PARE_COMMAND_CHECK,
    BENCH = 1 << PARE_COMMAND_BENCH,
    SERVE = 1 << PARE_COMMAND_SERVE,
    MACHINES = WORK | SERVE | BENCH,
    LOOK = 1 << PARE_COMMAND_INFO | 1 << PARE_COMMAND_SCORE,
    PAST = 1 << PARE_COMMAND_UNDO | 1 << PARE_COMMAND_HISTORY,
    LIMITED = 1 << PARE_COMMAND_HISTORY | BENCH,
    ANY = (1 << PARE_COMMAND_COUNT) - 1,
};

#define SERVER PARE_GROUP_SERVER
#define OUTPUT PARE_GROUP_OUTPUT
#define QUALITY PARE_GROUP_QUALITY
#define IMAGE PARE_GROUP_IMAGE
#define INPUT PARE_GROUP_INPUT
#define MACHINE PARE_GROUP_MACHINE
#define REPORT PARE_GROUP_REPORT
#define QUALITY_TEXT "1..100, auto, score:1..100 or lossless"
#define QUALITY_WORDS "auto score:70 score:80 score:90 lossless"
#define KINDS_TEXT "a list of exif, icc, xmp, iptc, gps, copyright, gainmap, comment, all"
#define KINDS_WORDS "exif icc xmp iptc gps copyright gainmap comment all"

/* One option a block, in the order of the help. */
/* clang-format off */
const pare_option_spec PARE_OPTIONS[PARE_OPTION_COUNT] = {
    {PARE_OPTION_OUTPUT, 'o', 0, "output", NULL, "DIR", OUTPUT, RUN, set_output, "a folder",
     "under DIR, with the same tree of folders\n(default: optimized/ beside each source)", "/"},
    {PARE_OPTION_IN_PLACE, 'i', 0, "in-place", NULL, NULL, OUTPUT, RUN, set_in_place, NULL,
     "over the originals", NULL},
    {PARE_OPTION_SUFFIX, 0, 0, "suffix", NULL, "S", OUTPUT, RUN, set_suffix,
     "an ending without a '/'", "beside the source: a.jpg becomes aS.jpg", ""},
    {PARE_OPTION_BACKUP, 0, 0, "backup", NULL, "DIR", OUTPUT, RUN, set_backup, "a folder",
     "with -i: keep the originals under DIR, for `pare undo`", "/"},
    {PARE_OPTION_SALVAGE, 0, 0, "salvage", NULL, "DIR", OUTPUT, RUN, set_salvage, "a folder",
     "write what is left of damaged files under DIR", "/"},
    {PARE_OPTION_KEEP_DATES, 0, 0, "keep-dates", NULL, NULL, OUTPUT, RUN, set_keep_dates, NULL,
     "results get the dates of their sources", NULL},
    {PARE_OPTION_MIN_SAVINGS, 0, 0, "min-savings", NULL, "2%|1KB", OUTPUT, WORK, set_min_savings,
     "a percentage such as 2% or a size such as 1KB",
     "leave a file alone when less than this is saved\n(default: one byte)", "1% 2% 5% 1KB"},
    {PARE_OPTION_DRY_RUN, 'n', 0, "dry-run", NULL, NULL, OUTPUT, RUN, set_dry_run, NULL,
     "say what would be done; write nothing", NULL},
    {PARE_OPTION_FORCE, 0, 0, "force", NULL, NULL, OUTPUT, WORK, set_force, NULL,
     "redo what was done; overwrite files not made by Pare", NULL},

    {PARE_OPTION_QUALITY, 'q', 0, "quality", NULL, "Q", QUALITY, WORK, set_quality, QUALITY_TEXT,
     "auto: the smallest file that looks the same, that is\nSSIMULACRA2 of at least 80 (default); "
     "score:S: another\nscore; 1..100: the encoder's own scale; lossless", QUALITY_WORDS},
    {PARE_OPTION_LOSSLESS, 0, 0, "lossless", NULL, NULL, QUALITY, WORK, set_lossless, NULL,
     "every pixel stays as it is", NULL},
    {PARE_OPTION_QUALITY_JPEG, 0, 0, "quality-jpeg", NULL, "Q", QUALITY, WORK, set_quality_jpeg,
     QUALITY_TEXT, "as --quality, for results in JPEG", QUALITY_WORDS},
    {PARE_OPTION_QUALITY_PNG, 0, 0, "quality-png", NULL, "Q", QUALITY, WORK, set_quality_png,
     QUALITY_TEXT, "... in PNG", QUALITY_WORDS},
    {PARE_OPTION_QUALITY_WEBP, 0, 0, "quality-webp", NULL, "Q", QUALITY, WORK, set_quality_webp,
     QUALITY_TEXT, "... in WebP", QUALITY_WORDS},
    {PARE_OPTION_QUALITY_AVIF, 0, 0, "quality-avif", NULL, "Q", QUALITY, WORK, set_quality_avif,
     QUALITY_TEXT, "... in AVIF", QUALITY_WORDS},
    {PARE_OPTION_QUALITY_JXL, 0, 0, "quality-jxl", NULL, "Q", QUALITY, WORK, set_quality_jxl,
     QUALITY_TEXT, "... in JPEG XL", QUALITY_WORDS},
    {PARE_OPTION_TARGET_SIZE, 0, 0, "target-size", NULL, "SIZE", QUALITY, WORK, set_target_size,
     "a size such as 200KB or 1.5MiB", "at most so many bytes a file, such as 200KB",
     "100KB 200KB 500KB 1MB"},
    {PARE_OPTION_MIN_SCORE, 0, 0, "min-score", NULL, "S", QUALITY, WORK, set_min_score,
     "a score of 1..100", "never worse than this SSIMULACRA2 score; files that\n"
     "cannot be are left alone", "60 70 80 90"},
    {PARE_OPTION_DOWNSCALE, 0, 0, "downscale", NULL, NULL, QUALITY, WORK, set_downscale, NULL,
     "--target-size may make images smaller that it cannot\nmeet otherwise", NULL},
    {PARE_OPTION_EFFORT, 0, 0, "effort", NULL, "0-9|max", QUALITY, WORK, set_effort,
     "0..9 or max", "time for bytes (default 4)", "0 1 2 3 4 5 6 7 8 9 max"},

    {PARE_OPTION_FORMAT, 'f', 0, "format", NULL, "F", IMAGE, WORK, set_format,
     "original, auto, smallest, jpeg, png, webp, avif or jxl",
     "original (default), jpeg, png, webp, avif, jxl; auto:\nTIFF, BMP and still GIF become PNG or "
     "JPEG; smallest:\nthe best of those before jxl, which few browsers show",
     "original auto smallest jpeg png webp avif jxl"},
    {PARE_OPTION_RESIZE, 0, 0, "resize", NULL, "SIZE", IMAGE, WORK, set_resize,
     "width:N, height:N, longest:N, shortest:N, fit:WxH or N%",
     "width:N, height:N, longest:N, shortest:N, fit:WxH, N%;\nmeant after rotation, never "
     "enlarges", "width: height: longest: shortest: fit: 50%"},
    {PARE_OPTION_ENLARGE, 0, 0, "enlarge", NULL, NULL, IMAGE, WORK, set_enlarge, NULL,
     "--resize may enlarge", NULL},
    {PARE_OPTION_KEEP, 0, 0, "keep", NULL, "LIST", IMAGE, WORK, set_keep, KINDS_TEXT,
     "metadata to keep as well, of exif, icc, xmp, iptc,\ngps, copyright, gainmap, comment, all "
     "(default:\nicc,copyright,gainmap)", KINDS_WORDS},
    {PARE_OPTION_STRIP, 0, 0, "strip", NULL, "LIST", IMAGE, WORK, set_strip, KINDS_TEXT,
     "metadata to remove; later words win", KINDS_WORDS},
    {PARE_OPTION_BACKGROUND, 0, 0, "background", NULL, "RRGGBB", IMAGE, WORK, set_background,
     "a colour of six hex digits", "under transparent pixels of JPEG (default FFFFFF)",
     "FFFFFF 000000"},
    {PARE_OPTION_SANITIZE, 0, 0, "sanitize", NULL, NULL, IMAGE, WORK, set_sanitize, NULL,
     "SVG loses scripts, handlers and what is fetched from\nelsewhere", NULL},

    {PARE_OPTION_EXCLUDE, 0, 0, "exclude", NULL, "GLOB", INPUT, WORK | BENCH, add_exclude,
     "a pattern", "leave out what matches; may be repeated", ""},
    {PARE_OPTION_FILES_FROM, 0, 0, "files-from", NULL, "FILE", INPUT, WORK, set_files_from,
     "a file name", "also the paths in FILE, one a line; -: standard input", NULL},
    {PARE_OPTION_NULL, '0', 0, "null", NULL, NULL, INPUT, WORK, set_null, NULL,
     "--files-from separates paths by NUL, as find -print0", NULL},
    {PARE_OPTION_RECURSIVE, 'r', 'R', "recursive", NULL, NULL, INPUT, WORK, set_nothing, NULL,
     "no effect: folders are always walked", NULL},

    {PARE_OPTION_JOBS, 'j', 't', "jobs", "threads", "N", MACHINE, MACHINES, set_jobs, "1..256",
     "workers (default: one a core)", "1 2 4 8 16"},
    {PARE_OPTION_MEMORY, 0, 0, "memory", NULL, "SIZE", MACHINE, MACHINES, set_memory,
     "a size such as 2GiB or 500MB", "for all workers (default: half of the machine's)",
     "1GiB 2GiB 4GiB 8GiB"},
    {PARE_OPTION_TIMEOUT, 0, 0, "timeout", NULL, "TIME", MACHINE, MACHINES, set_timeout,
     "a time such as 60s, 1500ms or 2m",
     "for an image of up to 1 Mpx, more in proportion\n(default 60s)", "10s 30s 60s 5m"},
    {PARE_OPTION_MAX_PIXELS, 0, 0, "max-pixels", NULL, "N", MACHINE, MACHINES, set_max_pixels,
     "a number of pixels such as 1000000 or 100M", "refuse larger images (default 1000M)",
     "100M 500M 1000M"},
    {PARE_OPTION_NO_SANDBOX, 0, 0, "no-sandbox", NULL, NULL, MACHINE, MACHINES,
     set_no_sandbox, NULL,
     "go on where the kernel cannot lock up the workers", NULL},
    {PARE_OPTION_PRIORITY, 0, 0, "priority", NULL, "P", MACHINE, MACHINES, set_priority,
     "low, normal or high", "low (leaves the machine to others), normal, high",
     "low normal high"},
    {PARE_OPTION_LEDGER, 0, 0, "ledger", NULL, "FILE", MACHINE, WORK | PAST | SERVE, set_ledger,
     "a file name", "memory of what was done\n(default: ~/.local/state/pare/ledger.db)", NULL},
    {PARE_OPTION_NO_LEDGER, 0, 0, "no-ledger", NULL, NULL, MACHINE, WORK, set_no_ledger, NULL,
     "remember nothing, look nothing up", NULL},

    {PARE_OPTION_JSON, 0, 0, "json", NULL, NULL, REPORT, WORK | LOOK | PAST | BENCH, set_json, NULL,
     "one JSON object a line on standard output", NULL},
    {PARE_OPTION_QUIET, 0, 0, "quiet", NULL, NULL, REPORT, WORK | PAST, set_quiet, NULL,
     "only errors", NULL},
    {PARE_OPTION_VERBOSE, 'v', 0, "verbose", NULL, NULL, REPORT, WORK | PAST, set_verbose, NULL,
     "a line for every file", NULL},
    {PARE_OPTION_NO_PROGRESS, 0, 0, "no-progress", NULL, NULL, REPORT, WORK, set_no_progress,
     NULL, "no live block on the terminal", NULL},
    {PARE_OPTION_TRACE, 0, 0, "trace", NULL, "FILE", REPORT, WORK | SERVE, set_trace, "a file name",
     "write a timeline in the Chrome trace format", NULL},
    {PARE_OPTION_LIMIT, 0, 0, "limit", NULL, "N", REPORT, LIMITED, set_limit,
     "a number", "at most N runs, or images to measure (default 20)", "10 20 100"},
    {PARE_OPTION_PORT, 0, 0, "port", NULL, "N", SERVER, SERVE, set_port, "0..65535",
     "listen here (default 0: the system picks one)", "8080"},
    {PARE_OPTION_OPEN, 0, 0, "open", NULL, NULL, SERVER, SERVE, set_open, NULL,
     "open the page in the browser", NULL},
    {PARE_OPTION_ROOT, 0, 0, "root", NULL, "DIR", SERVER, SERVE, add_root, "a folder",
     "a folder that jobs may read and write; may be repeated\n(default: none, uploads only)", "/"},
    {PARE_OPTION_LISTEN, 0, 0, "listen", NULL, "ADDR", SERVER, SERVE, set_listen, "an address",
     "for other machines: the address to listen on, such as\n0.0.0.0; needs --token-file", ""},
    {PARE_OPTION_HOST, 0, 0, "host", NULL, "NAME", SERVER, SERVE, add_host,
     "a name such as photos.example",
     "a name in the address bar that means this server, besides\nits own; may be repeated", ""},
    {PARE_OPTION_TOKEN_FILE, 0, 0, "token-file", NULL, "FILE", SERVER, SERVE, set_token_file,
     "a file name", "the token is the first line of FILE\n(default: a new random one)", NULL},
    {PARE_OPTION_MAX_JOBS, 0, 0, "max-jobs", NULL, "N", SERVER, SERVE, set_max_jobs, "1..10000",
     "at most N jobs that have not ended (default 100)", "10 100"},
    {PARE_OPTION_MAX_UPLOAD, 0, 0, "max-upload", NULL, "SIZE", SERVER, SERVE, set_max_upload,
     "a size such as 512MiB", "largest file to upload (default 512MiB)", "100MB 512MiB 2GiB"},
    {PARE_OPTION_STATE_DIR, 0, 0, "state-dir", NULL, "DIR", SERVER, SERVE, set_state_dir,
     "a folder", "for uploads, backups and, without --ledger, the ledger\n"
     "(default: ~/.local/state/pare)", "/"},
    {PARE_OPTION_HELP, 'h', 0, "help", NULL, NULL, REPORT, ANY, set_help, NULL,
     "this text", NULL},
    {PARE_OPTION_VERSION, 0, 0, "version", NULL, NULL, REPORT, ANY, set_version, NULL,
     "version, libraries and licence", NULL},
};
/* clang-format on */
