// SPDX-License-Identifier: Apache-2.0
/* How often a search scores whole images.
 *
 *   full_scores FORMAT SCORE FILE...     FORMAT: a name, "original" or "smallest"
 *
 * Prints a line for each file, at once: full scores, the score of the result (-1: none), its bytes,
 * and what came out ("ok", or why the file is kept). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pare/pare.h>

#include "read_file.h"

static bool set_format(const char *name, pare_options *options)
{
    if (strcmp(name, "original") == 0) return true;
    if (strcmp(name, "smallest") == 0) {
        options->target = PARE_TARGET_SMALLEST;
        return true;
    }
    options->target = PARE_TARGET_FORMAT;
    options->format = pare_format_from_name(name);
    return options->format != PARE_FORMAT_UNKNOWN;
}

int main(int argc, char **argv)
{
    pare_options options;
    pare_options_init(&options);
    if (argc < 4 || !set_format(argv[1], &options)) {
        fputs("full_scores FORMAT SCORE FILE...\n", stderr);
        return 2;
    }
    options.quality = (pare_quality){.mode = PARE_QUALITY_SCORE, .score = strtod(argv[2], NULL)};
    for (int i = 3; i < argc; i++) {
        pare_buf file;
        pare_result result = {.score = -1};
        pare_err err = read_file(argv[i], &file);
        if (err == PARE_OK) err = pare_optimize(file.data, file.len, &options, &result, NULL);
        printf("%u %.3f %zu %s\n", result.full_scores, result.score, result.len,
               pare_err_name(err));
        fflush(stdout);
        pare_result_deinit(&result);
        pare_buf_deinit(&file);
    }
    return 0;
}
