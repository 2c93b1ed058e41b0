// SPDX-License-Identifier: Apache-2.0
/* Help and version. */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/build_info.h"

void pare_help_overview(pare_text *text)
{
    static const char TEXT[] =
        "pare makes images smaller that look the same.\n"
        "\n"
        "  pare PATH...          files and folders; results in optimized/ beside them\n"
        "  pare check PATH...    exit 3 if something could be smaller\n"
        "  pare undo | history   put originals back | list runs\n"
        "  pare info FILE        what an image is     pare score A B   how alike\n"
        "  pare serve --open     the same in the browser: page and HTTP API\n"
        "  pare bench [PATH]     what settings save and cost on your images\n"
        "\n"
        "Where    -o DIR, -i (in place), --backup DIR, --suffix S, - (stdin to stdout)\n"
        "Quality  -q auto|1-100|score:S, --lossless, --quality-jpeg Q (png, webp, ...)\n"
        "Size     --target-size 200KB, --downscale, --min-score S, --effort 0-9|max\n"
        "Format   -f original|auto|smallest|jpeg|png|webp|avif|jxl, --background RRGGBB\n"
        "Resize   --resize width:N|height:N|longest:N|shortest:N|fit:WxH|N%, --enlarge\n"
        "Keep     --keep exif,gps,xmp,..., --strip all, --keep-dates, --sanitize\n"
        "Files    --exclude GLOB, --files-from FILE, --force, --min-savings 2%\n"
        "Machine  -j N, --memory 2GiB, --timeout 60s, --priority low, --max-pixels N\n"
        "Ledger   --ledger FILE, --no-ledger\n"
        "Report   -n (dry run), --json, --quiet, -v, --no-progress, --trace FILE\n"
        "\n"
        "`pare run --help` explains every option; `pare COMMAND --help`, `man pare`.\n"
        "Exit: 0 done, 1 some files failed, 2 usage, 3 check found savings, 130 stopped\n";
    pare_text_add(text, "%s", TEXT);
}

static void add_option(const pare_option_spec *spec, pare_text *text)
{
    enum { HELP_COLUMN = 25 };
    char head[64];
    int len = 0;
    if (spec->letter) {
        len = snprintf(head, sizeof head, "  -%c, ", spec->letter);
    } else {
        len = snprintf(head, sizeof head, "      ");
    }
    len += snprintf(head + len, sizeof head - (size_t)len, "--%s%s%s", spec->name,
                    spec->argument ? " " : "", spec->argument ? spec->argument : "");
    pare_text_add(text, "%s", head);
    if (len + 2 > HELP_COLUMN) {
        pare_text_add(text, "\n");
        len = 0;
    }
    for (const char *line = spec->help; line;) {
        const char *end = strchr(line, '\n');
        pare_text_add(text, "%*s%.*s\n", HELP_COLUMN - len, "",
                      end ? (int)(end - line) : (int)strlen(line), line);
        len = 0;
        line = end ? end + 1 : NULL;
    }
}

void pare_help_command(pare_command command, pare_text *text)
{
    const pare_command_spec *spec = &PARE_COMMANDS[command];
    pare_text_add(text, "pare %s%s [OPTION]... %s\n", spec->name,
                  command == PARE_COMMAND_RUN ? " (or just: pare)" : "", spec->arguments);
    pare_text_add(text, "%s\n", spec->summary);
    if (command == PARE_COMMAND_RUN) {
        pare_text_add(text, "The path - is standard input to standard output; -- ends options.\n");
    }
    for (int group = 0; group < PARE_GROUP_COUNT; group++) {
        bool first = true;
        for (int i = 0; i < PARE_OPTION_COUNT; i++) {
            if (PARE_OPTIONS[i].group != (pare_option_group)group ||
                !(PARE_OPTIONS[i].commands & 1u << command)) {
                continue;
            }
            if (first) pare_text_add(text, "\n%s\n", PARE_GROUP_NAMES[group]);
            first = false;
            add_option(&PARE_OPTIONS[i], text);
        }
    }
}

void pare_help_version(pare_text *text)
{
    pare_text_add(text, "pare %s\n", PARE_VERSION);
    pare_text_add(text, "\nLibraries\n  %s\n\n", PARE_BUILD_LIBRARIES);
    pare_text_add(text, "Pare is Apache-2.0.\n");
}
