// SPDX-License-Identifier: Apache-2.0
/* The rows of the golden table: a generated sample, a preset, and what Pare makes of it. */
#ifndef PARE_TESTS_GOLDEN_ROWS_H
#define PARE_TESTS_GOLDEN_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GOLDEN_NAME_CAP = 32, GOLDEN_ROWS_CAP = 128 };

typedef struct golden_row {
    char sample[GOLDEN_NAME_CAP], preset[GOLDEN_NAME_CAP];
    char outcome[GOLDEN_NAME_CAP]; /* "PARE_OK" or the reason not to */
    char format[GOLDEN_NAME_CAP];  /* of the result; "-" when there is none */
    uint64_t bytes_in, bytes;      /* bytes: 0 when there is no result */
    double score;                  /* -1 when not measured */
    uint64_t pixels;               /* checksum of the decoded result; 0 when there is none */
    bool lossless;                 /* the result claims the pixels of the input */
    uint64_t pixels_in;            /* checksum of the decoded input; not in the table */
} golden_row;

/* As golden_make for the rows of one sample and preset; both NULL: all. */
size_t golden_make_some(golden_row rows[GOLDEN_ROWS_CAP], const char *sample, const char *preset);

/* Fills rows, in the order of the table; returns their number. Ends the process on a failure. */
size_t golden_make(golden_row rows[GOLDEN_ROWS_CAP]);

#endif /* PARE_TESTS_GOLDEN_ROWS_H */
