// SPDX-License-Identifier: Apache-2.0
/* Path data of SVG: commands as they are spelled, and shapes out of them. */
#include "core/codec/svg_path_reader.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || (c >= 9 && c <= 13);
}

void pare_svg_skip_separators(pare_svg_reader *r)
{
    while (is_blank(*r->at) || *r->at == ',')
        r->at++;
}

static int argument_count(char command)
{
    switch (toupper((unsigned char)command)) {
    case 'M':
    case 'L':
    case 'T': return 2;
    case 'H':
    case 'V': return 1;
    case 'S':
    case 'Q': return 4;
    case 'C': return 6;
    case 'A': return 7;
    case 'Z': return 0;
    default: return -1;
    }
}

/* Length of the number at p in the grammar of SVG; 0: there is none. */
unsigned pare_svg_number_len(const char *p)
{
    const char *at = p;
    unsigned digits = 0;
    if (*at == '+' || *at == '-') at++;
    for (; isdigit((unsigned char)*at); at++)
        digits++;
    if (*at == '.') at++;
    for (; isdigit((unsigned char)*at); at++)
        digits++;
    if (digits == 0) return 0;
    if (*at == 'e' || *at == 'E') {
        const char *e = at + 1;
        if (*e == '+' || *e == '-') e++;
        if (isdigit((unsigned char)*e)) {
            while (isdigit((unsigned char)*e))
                e++;
            at = e;
        }
    }
    return (unsigned)(at - p);
}

/* A double of the digits, independent of the locale: path data has few of them. */
bool pare_svg_number_parse(const char *p, unsigned len, double *out)
{
    const char *end = p + len;
    double value = 0, unit = 1;
    long exponent = 0;
    const bool negative = *p == '-';
    if (*p == '+' || *p == '-') p++;
    for (; p < end && isdigit((unsigned char)*p); p++)
        value = value * 10 + (*p - '0');
    if (p < end && *p == '.') p++;
    for (; p < end && isdigit((unsigned char)*p); p++) {
        value = value * 10 + (*p - '0');
        unit *= 10;
    }
    if (p < end) {
        const bool smaller = p[1] == '-';
        for (p += isdigit((unsigned char)p[1]) ? 1 : 2; p < end && exponent < 1000; p++)
            exponent = exponent * 10 + (*p - '0');
        if (smaller) exponent = -exponent;
    }
    value = value / unit * pow(10, (double)exponent);
    *out = negative ? -value : value;
    return isfinite(*out) && fabs(*out) < 1e15;
}

static bool read_argument(pare_svg_reader *r, pare_svg_command *out, unsigned index, bool is_flag)
{
    pare_svg_skip_separators(r);
    unsigned len = pare_svg_number_len(r->at);
    if (is_flag) len = *r->at == '0' || *r->at == '1' ? 1 : 0; /* flags need no separator */
    if (len == 0 || len >= PARE_SVG_NUMBER_CAP ||
        !pare_svg_number_parse(r->at, len, &out->values[index]))
        return false;
    out->begins[index] = r->at;
    out->lens[index] = len;
    r->at += len;
    return true;
}

/* The next command; false at the end and when r->failed. */
bool pare_svg_read_command(pare_svg_reader *r, pare_svg_command *out)
{
    const bool starts = r->letter == 0;
    pare_svg_skip_separators(r);
    if (*r->at == 0) return false;
    out->is_first = isalpha((unsigned char)*r->at) != 0;
    if (out->is_first) {
        r->letter = *r->at++;
    } else if (r->letter == 'M' || r->letter == 'm') {
        r->letter = r->letter == 'M' ? 'L' : 'l';
    }
    out->letter = r->letter;
    const int count = argument_count(r->letter);
    r->failed = count < 0 || (!out->is_first && (starts || count == 0)) ||
                (starts && out->letter != 'M' && out->letter != 'm');
    out->count = count > 0 ? (unsigned)count : 0;
    const bool is_arc = out->count == 7;
    for (unsigned i = 0; i < out->count && !r->failed; i++)
        r->failed = !read_argument(r, out, i, is_arc && (i == 3 || i == 4));
    return !r->failed;
}

/* ---- shapes ---- */

/* What the next command starts from. */
typedef struct walker {
    pare_svg_point at, start, control; /* control: the last one, for S and T */
    char before;                       /* kind of the segment before */
} walker;

static pare_svg_point mirrored(const walker *w, char kind)
{
    if (w->before != kind) return w->at;
    return (pare_svg_point){2 * w->at.x - w->control.x, 2 * w->at.y - w->control.y};
}

static void make_arc(const pare_svg_command *c, pare_svg_point end, pare_svg_segment *out)
{
    out->rx = fabs(c->values[0]), out->ry = fabs(c->values[1]);
    out->rotation = c->values[2];
    out->is_large = c->values[3] > 0, out->is_sweep = c->values[4] > 0;
    out->kind = 'A';
    if (out->rx <= 0 || out->ry <= 0) out->kind = 'L'; /* SVG 1.1 appendix F.6.2 */
    out->points[0] = end;
}

static void make_segment(walker *w, const pare_svg_command *c, pare_svg_segment *out)
{
    const bool relative = islower((unsigned char)c->letter) != 0;
    const double x0 = relative ? w->at.x : 0, y0 = relative ? w->at.y : 0;
    const char upper = (char)toupper((unsigned char)c->letter);
    pare_svg_point given[3] = {{0}};
    if (upper == 'H') {
        given[0] = (pare_svg_point){x0 + c->values[0], w->at.y};
    } else if (upper == 'V') {
        given[0] = (pare_svg_point){w->at.x, y0 + c->values[0]};
    } else if (upper == 'A') {
        given[0] = (pare_svg_point){x0 + c->values[5], y0 + c->values[6]};
    } else {
        for (unsigned i = 0; i + 1 < c->count; i += 2)
            given[i / 2] = (pare_svg_point){x0 + c->values[i], y0 + c->values[i + 1]};
    }
    *out = (pare_svg_segment){.kind = upper, .points = {given[0], given[1], given[2]}};
    switch (upper) {
    case 'H':
    case 'V': out->kind = 'L'; break;
    case 'A': make_arc(c, given[0], out); break;
    case 'Z': out->points[0] = w->start; break;
    case 'S':
        *out = (pare_svg_segment){'C', {mirrored(w, 'C'), given[0], given[1]}, 0, 0, 0, 0, 0, 0};
        break;
    case 'T': *out = (pare_svg_segment){'Q', {mirrored(w, 'Q'), given[0]}, 0, 0, 0, 0, 0, 0}; break;
    default: break;
    }
    if (out->kind == 'C') w->control = out->points[1];
    if (out->kind == 'Q') w->control = out->points[0];
    w->before = out->kind;
    w->at = pare_svg_segment_end(out);
    if (out->kind == 'M') w->start = w->at;
}

pare_svg_point pare_svg_segment_end(const pare_svg_segment *segment)
{
    return segment->points[segment->kind == 'C' ? 2 : segment->kind == 'Q' ? 1 : 0];
}

static bool grow(pare_svg_shape *shape)
{
    if (shape->count < shape->cap) return true;
    const size_t cap = shape->cap ? shape->cap * 2 : 32;
    pare_svg_segment *larger = realloc(shape->segments, cap * sizeof *larger);
    if (!larger) return false;
    shape->segments = larger;
    shape->cap = cap;
    return true;
}

bool pare_svg_shape_read(const char *text, pare_svg_shape *out)
{
    pare_svg_reader r = {.at = text};
    pare_svg_command command;
    walker w = {0};
    bool ok = true;
    *out = (pare_svg_shape){0};
    while (ok && pare_svg_read_command(&r, &command)) {
        ok = grow(out);
        if (ok) make_segment(&w, &command, &out->segments[out->count++]);
    }
    if (ok && !r.failed) return true;
    pare_svg_shape_deinit(out);
    return false;
}

void pare_svg_shape_deinit(pare_svg_shape *shape)
{
    free(shape->segments);
    *shape = (pare_svg_shape){0};
}
