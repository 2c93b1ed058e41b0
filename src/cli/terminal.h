// SPDX-License-Identifier: Apache-2.0
/* The live block: what a run is doing, at the bottom of a terminal, redrawn in place. */
#ifndef PARE_CLI_TERMINAL_H
#define PARE_CLI_TERMINAL_H

#include <pare/batch.h>

#include "cli/human.h"

typedef struct pare_terminal_style {
    unsigned columns, rows; /* of the terminal */
    bool color, utf8;
    bool stopping; /* an interrupt was asked for */
} pare_terminal_style;

enum { PARE_TERMINAL_LINES_MAX = 11 };

/* Pure: the block as lines, each ended by '\n' and shorter than style->columns, so that no line
 * wraps. At most style->rows - 1 lines. No control codes but colours, and these only when asked
 * for. Returns the number of lines; columns_of[i] receives the columns of line i. */
int pare_terminal_render(const pare_progress *progress, const pare_terminal_style *style,
                         pare_text *text, unsigned columns_of[PARE_TERMINAL_LINES_MAX]);

/* A terminal that shows the block, or a plain stream that only gets lines. */
typedef struct pare_terminal {
    int fd;
    bool live;  /* false: lines only */
    bool color; /* colours may be used, also in lines */
    bool utf8;
    int drawn; /* lines of the block on the screen */
    unsigned drawn_columns[PARE_TERMINAL_LINES_MAX];
    double fraction; /* the bar never falls */
    uint64_t drawn_ms;
    pare_text waiting; /* lines to print above the block with the next frame */
} pare_terminal;

/* want_live: what the options allow. It is live only when fd is a terminal that can move its
 * cursor (TERM is set and not "dumb"); NO_COLOR turns colours off. */
void pare_terminal_init(pare_terminal *terminal, int fd, bool want_live);
void pare_terminal_deinit(pare_terminal *terminal);

/* Print a line (without '\n'); above the block when there is one. */
void pare_terminal_line(pare_terminal *terminal, const char *line);
/* Redraw, at most 10 times a second. */
void pare_terminal_progress(pare_terminal *terminal, const pare_progress *progress, bool stopping);
/* Take the block away and print what waits. */
void pare_terminal_finish(pare_terminal *terminal);

#endif /* PARE_CLI_TERMINAL_H */
