// SPDX-License-Identifier: Apache-2.0
/* Linked with the table of pare-worker-common: what the host gives to that worker, it can do, and
 * what it cannot do the host does not give to it. */
#include "support/test.h"

#include "core/codec/codec.h"
#include "wire/header.h"

TEST(the_common_worker_has_the_common_formats_and_no_other)
{
    pare_options options;
    pare_options_init(&options);
    for (int f = PARE_FORMAT_UNKNOWN; f < PARE_FORMAT_COUNT; f++) {
        const pare_format format = (pare_format)f;
        printf("# %s\n", pare_format_name(format));
        CHECK_INT(pare_codec_find(format) != NULL, ==, pare_header_is_common(format, &options));
    }
}

/* Every format that may come out is asked for as well as the one that comes in. */
TEST(a_task_is_common_when_all_its_formats_are)
{
    static const struct {
        const char *label;
        pare_format in;
        pare_target target;
        pare_format out;
        bool want;
    } CASES[] = {
        {"jpeg stays", PARE_FORMAT_JPEG, PARE_TARGET_ORIGINAL, PARE_FORMAT_UNKNOWN, true},
        {"gif, auto", PARE_FORMAT_GIF, PARE_TARGET_AUTO, PARE_FORMAT_UNKNOWN, true},
        {"png to webp", PARE_FORMAT_PNG, PARE_TARGET_FORMAT, PARE_FORMAT_WEBP, true},
        {"png to avif", PARE_FORMAT_PNG, PARE_TARGET_FORMAT, PARE_FORMAT_AVIF, false},
        {"jpeg to jpeg xl", PARE_FORMAT_JPEG, PARE_TARGET_FORMAT, PARE_FORMAT_JXL, false},
        {"jpeg xl to jpeg", PARE_FORMAT_JXL, PARE_TARGET_FORMAT, PARE_FORMAT_JPEG, false},
        {"the smallest may be avif", PARE_FORMAT_JPEG, PARE_TARGET_SMALLEST, PARE_FORMAT_UNKNOWN,
         false},
        {"tiff to jpeg", PARE_FORMAT_TIFF, PARE_TARGET_FORMAT, PARE_FORMAT_JPEG, false},
        {"svg stays", PARE_FORMAT_SVG, PARE_TARGET_ORIGINAL, PARE_FORMAT_UNKNOWN, false},
        {"the first bytes did not tell", PARE_FORMAT_UNKNOWN, PARE_TARGET_AUTO, PARE_FORMAT_UNKNOWN,
         false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        pare_options options;
        pare_options_init(&options);
        options.target = CASES[i].target;
        options.format = CASES[i].out;
        printf("# %s\n", CASES[i].label);
        CHECK_INT(pare_header_is_common(CASES[i].in, &options), ==, CASES[i].want);
    }
}

RUN(the_common_worker_has_the_common_formats_and_no_other,
    a_task_is_common_when_all_its_formats_are)
