// SPDX-License-Identifier: Apache-2.0
/* Path data of SVG (SVG 1.1 section 8.3): commands as they are spelled, and shapes out of them. */
#ifndef PARE_CORE_SVG_PATH_READER_H
#define PARE_CORE_SVG_PATH_READER_H

#include <stdbool.h>
#include <stddef.h>

enum { PARE_SVG_ARGUMENTS_MAX = 7, PARE_SVG_NUMBER_CAP = 64 };

/* One command with its arguments, as numbers and as they are spelled. */
typedef struct pare_svg_command {
    char letter;
    bool is_first; /* after its letter; the others repeat the command without it */
    unsigned count;
    double values[PARE_SVG_ARGUMENTS_MAX];
    const char *begins[PARE_SVG_ARGUMENTS_MAX]; /* borrowed from the text */
    unsigned lens[PARE_SVG_ARGUMENTS_MAX];
} pare_svg_command;

/* Start with {.at = text}; the text stays with the caller. */
typedef struct pare_svg_reader {
    const char *at;
    char letter; /* 0: none yet */
    bool failed;
} pare_svg_reader;

/* The next command; false at the end and when reader->failed. */
bool pare_svg_read_command(pare_svg_reader *reader, pare_svg_command *out);

void pare_svg_skip_separators(pare_svg_reader *reader);
/* Length of the number at text in the grammar of SVG; 0: there is none. */
unsigned pare_svg_number_len(const char *text);
/* False when it is not finite or not below 1e15. */
bool pare_svg_number_parse(const char *text, unsigned len, double *out);

typedef struct pare_svg_point {
    double x, y;
} pare_svg_point;

/* Absolute. points: where it ends comes last. */
typedef struct pare_svg_segment {
    char kind;                /* M L C Q A Z */
    pare_svg_point points[3]; /* 1 of M L A Z, 2 of Q, 3 of C; Z: where it began */
    double rx, ry, rotation;  /* A */
    bool is_large, is_sweep;  /* A */
    bool closes; /* ends where its part of the path began, exactly; set by who writes */
} pare_svg_segment;

typedef struct pare_svg_shape {
    pare_svg_segment *segments; /* owned */
    size_t count, cap;
} pare_svg_shape;

/* False when it is not path data, or no memory; then nothing is owned. */
bool pare_svg_shape_read(const char *text, pare_svg_shape *out);
void pare_svg_shape_deinit(pare_svg_shape *shape);

pare_svg_point pare_svg_segment_end(const pare_svg_segment *segment);

#endif /* PARE_CORE_SVG_PATH_READER_H */
