// SPDX-License-Identifier: Apache-2.0
/* The live block. */
#include "cli/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

enum { WORKER_LINES_MAX = 8, BAR_MIN = 10, BAR_MAX = 60, FRAME_MS = 100, WAITING_MAX = 65536 };

#define BOLD "\033[1m"
#define GREEN "\033[32m"
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

/* A line that cannot grow over its limit. */
typedef struct line {
    pare_text *text;
    const pare_terminal_style *style;
    size_t used, limit;
} line;

static size_t room(const line *l)
{
    return l->limit - l->used;
}

static void put_color(line *l, const char *code)
{
    if (l->style->color) pare_text_add(l->text, "%s", code);
}

static void put_name(line *l, const char *name)
{
    if (room(l) > 0) l->used += pare_text_add_name(l->text, name, room(l), l->style->utf8);
}

/* All of a field or nothing of it. */
static bool put_field(line *l, const char *color, const char *field)
{
    const size_t gap = l->used ? 2 : 0, len = strlen(field);
    if (gap + len > room(l)) return false;
    pare_text_add(l->text, "%*s", (int)gap, "");
    if (color) put_color(l, color);
    pare_text_add(l->text, "%s", field);
    if (color) put_color(l, PLAIN);
    l->used += gap + len;
    return true;
}

static void put_bar(line *l, double fraction, size_t columns)
{
    static const char *const EIGHTHS[] = {"",
                                          "\xe2\x96\x8f",
                                          "\xe2\x96\x8e",
                                          "\xe2\x96\x8d",
                                          "\xe2\x96\x8c",
                                          "\xe2\x96\x8b",
                                          "\xe2\x96\x8a",
                                          "\xe2\x96\x89"};
    const size_t steps = (size_t)(fraction * (double)columns * 8);
    const size_t full = steps / 8, part = l->style->utf8 ? steps % 8 : 0;
    put_color(l, GREEN);
    for (size_t i = 0; i < full; i++)
        pare_text_add(l->text, "%s", l->style->utf8 ? "\xe2\x96\x88" : "#");
    pare_text_add(l->text, "%s", EIGHTHS[part]);
    put_color(l, PLAIN);
    put_color(l, DIM);
    for (size_t i = full + (part ? 1 : 0); i < columns; i++)
        pare_text_add(l->text, "%s", l->style->utf8 ? "\xe2\x94\x80" : "-");
    put_color(l, PLAIN);
    l->used += columns;
}

static void render_head(line *l, const pare_progress *p)
{
    char pct[16], count[64], eta[24], eta_text[40] = "";
    snprintf(pct, sizeof pct, "%3d%%", (int)(p->fraction * 100));
    snprintf(count, sizeof count, "%llu/%llu%s", (unsigned long long)p->files_done,
             (unsigned long long)p->files_total, p->scan_done ? "" : "+");
    if (l->style->stopping) {
        snprintf(eta_text, sizeof eta_text, "stopping...");
    } else if (p->eta_ms >= 0) {
        const unsigned long long s = ((unsigned long long)p->eta_ms + 999) / 1000;
        if (s < 3600) {
            snprintf(eta, sizeof eta, "%llu:%02llu", s / 60, s % 60);
        } else {
            snprintf(eta, sizeof eta, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
        }
        snprintf(eta_text, sizeof eta_text, "ETA %s", eta);
    }
    const size_t fixed = strlen(pct) + 2 + strlen(count) + 2 + 12 + 2;
    if (room(l) >= fixed + BAR_MIN) {
        const size_t bar = room(l) - fixed;
        put_bar(l, p->fraction, bar < BAR_MAX ? bar : BAR_MAX);
    }
    put_field(l, BOLD, pct);
    put_field(l, NULL, count);
    if (eta_text[0]) put_field(l, l->style->stopping ? YELLOW : NULL, eta_text);
}

static void render_numbers(line *l, const pare_progress *p)
{
    char field[96], in[16], out[16];
    pare_format_bytes(p->bytes_in, in);
    pare_format_bytes(p->bytes_out, out);
    snprintf(field, sizeof field, "%s -> %s", in, out);
    put_field(l, NULL, field);
    snprintf(field, sizeof field, "saved %.1f%%", pare_saved_pct(p->bytes_in, p->bytes_out));
    put_field(l, GREEN, field);
    if (p->failed > 0) {
        snprintf(field, sizeof field, "%llu failed", (unsigned long long)p->failed);
        put_field(l, RED, field);
    }
    snprintf(field, sizeof field, "%.1f images/s", p->images_per_s);
    put_field(l, NULL, field);
    snprintf(field, sizeof field, "CPU %.0f%%", p->cpu_pct);
    put_field(l, NULL, field);
    snprintf(field, sizeof field, "%u/%u workers", p->worker_busy, p->worker_count);
    put_field(l, NULL, field);
}

static void render_worker(line *l, const pare_worker_view *worker)
{
    char head[64];
    const bool idle = worker->step == PARE_STEP_IDLE || !worker->name || !*worker->name;
    if (idle) {
        snprintf(head, sizeof head, "%4u  idle", worker->number);
    } else {
        snprintf(head, sizeof head, "%4u  %-9s %6.1f s  ", worker->number,
                 pare_step_name(worker->step), (double)worker->step_ms / 1000);
    }
    put_color(l, DIM);
    put_name(l, head);
    put_color(l, PLAIN);
    if (!idle) put_name(l, worker->name);
}

static uint32_t worker_lines(const pare_progress *p, const pare_terminal_style *style)
{
    const unsigned fixed = 4; /* two lines above, room for "and n more" and for the cursor */
    const uint32_t fits = style->rows > fixed ? style->rows - fixed : 0;
    uint32_t count = p->workers ? p->worker_count : 0;
    if (count > fits) count = fits;
    return count < WORKER_LINES_MAX ? count : WORKER_LINES_MAX;
}

int pare_terminal_render(const pare_progress *progress, const pare_terminal_style *style,
                         pare_text *text, unsigned columns_of[PARE_TERMINAL_LINES_MAX])
{
    const uint32_t shown = worker_lines(progress, style);
    const bool more = shown > 0 && shown < progress->worker_count;
    const int count = 2 + (int)shown + (more ? 1 : 0);
    for (int i = 0; i < count; i++) {
        line l = {text, style, 0, style->columns > 0 ? style->columns - 1 : 0};
        if (i == 0) {
            render_head(&l, progress);
        } else if (i == 1) {
            render_numbers(&l, progress);
        } else if ((uint32_t)i - 2 < shown) {
            render_worker(&l, &progress->workers[i - 2]);
        } else {
            char field[48];
            snprintf(field, sizeof field, "      and %u more workers",
                     progress->worker_count - shown);
            put_name(&l, field);
        }
        pare_text_add(text, "\n");
        columns_of[i] = (unsigned)l.used;
    }
    return count;
}

void pare_terminal_init(pare_terminal *terminal, int fd, bool want_live)
{
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    const bool able = isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
    *terminal = (pare_terminal){
        .fd = fd,
        .live = able && want_live,
        .color = able && !(no_color && *no_color),
        .utf8 = pare_locale_is_utf8(),
    };
}

void pare_terminal_deinit(pare_terminal *terminal)
{
    pare_text_deinit(&terminal->waiting);
}

static void read_size(const pare_terminal *terminal, pare_terminal_style *style)
{
    struct winsize size = {0};
    style->columns = 80;
    style->rows = 24;
    if (ioctl(terminal->fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        style->columns = size.ws_col;
        style->rows = size.ws_row;
    }
}

/* Move to the first row of the block. A terminal that became narrower has wrapped its lines. */
static void add_return(const pare_terminal *terminal, unsigned columns, pare_text *frame)
{
    unsigned rows = 0;
    for (int i = 0; i < terminal->drawn; i++) {
        const unsigned used = terminal->drawn_columns[i];
        rows += used > columns && columns > 0 ? (used + columns - 1) / columns : 1;
    }
    if (rows > 0) pare_text_add(frame, "\r\033[%uA", rows);
}

/* Copy lines, each clearing what stood to its right, and empty the source. */
static void add_lines(pare_text *from, pare_text *frame)
{
    const pare_bytes lines = pare_buf_view(&from->buf);
    for (size_t start = 0; start < lines.len;) {
        const uint8_t *end = memchr(lines.data + start, '\n', lines.len - start);
        const size_t len = end ? (size_t)(end - lines.data) - start : lines.len - start;
        pare_text_add_bytes(frame, lines.data + start, len);
        pare_text_add(frame, "\033[K\n");
        start += len + 1;
    }
    pare_text_clear(from);
}

void pare_terminal_line(pare_terminal *terminal, const char *text)
{
    pare_text_add(&terminal->waiting, "%s\n", text);
    if (!terminal->live || terminal->drawn == 0) {
        pare_text_write(&terminal->waiting, terminal->fd);
    } else if (terminal->waiting.buf.len > WAITING_MAX) {
        pare_terminal_finish(terminal); /* the next frame draws the block again */
    }
}

void pare_terminal_progress(pare_terminal *terminal, const pare_progress *progress, bool stopping)
{
    const uint64_t now_ms = pare_clock_us() / 1000;
    if (!terminal->live || progress->final) return;
    if (terminal->drawn > 0 && now_ms < terminal->drawn_ms + FRAME_MS) return;
    pare_terminal_style style = {
        .color = terminal->color, .utf8 = terminal->utf8, .stopping = stopping};
    read_size(terminal, &style);

    pare_progress shown = *progress;
    if (shown.fraction < terminal->fraction) shown.fraction = terminal->fraction;
    if (shown.fraction > 1) shown.fraction = 1;
    terminal->fraction = shown.fraction;

    pare_text block = {0}, frame = {0};
    add_return(terminal, style.columns, &frame);
    add_lines(&terminal->waiting, &frame);
    terminal->drawn = pare_terminal_render(&shown, &style, &block, terminal->drawn_columns);
    add_lines(&block, &frame);
    pare_text_add(&frame, "\033[J");
    pare_text_write(&frame, terminal->fd);
    pare_text_deinit(&block);
    pare_text_deinit(&frame);
    terminal->drawn_ms = now_ms;
}

void pare_terminal_finish(pare_terminal *terminal)
{
    pare_text frame = {0};
    if (terminal->drawn > 0) {
        pare_terminal_style style;
        read_size(terminal, &style);
        add_return(terminal, style.columns, &frame);
        pare_text_add(&frame, "\033[J");
    }
    pare_text_add_bytes(&frame, terminal->waiting.buf.data, terminal->waiting.buf.len);
    pare_text_clear(&terminal->waiting);
    pare_text_write(&frame, terminal->fd);
    pare_text_deinit(&frame);
    terminal->drawn = 0;
}
