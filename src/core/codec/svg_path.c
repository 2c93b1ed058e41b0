// SPDX-License-Identifier: Apache-2.0
/* Path data of SVG: reading, and writing on a grid of decimals. */
#include "core/codec/svg_path.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 7, NUMBER_CAP = 64 };

/* One command with its arguments, as numbers and as they are spelled. */
typedef struct segment {
    char command;
    bool is_first; /* after its letter; the others repeat the command without it */
    unsigned count;
    double values[ARGUMENTS_MAX];
    const char *begins[ARGUMENTS_MAX];
    unsigned lens[ARGUMENTS_MAX];
} segment;

typedef struct reader {
    const char *at;
    char command; /* 0: none yet */
    bool failed;
} reader;

static bool is_blank(char c)
{
    return c == ' ' || (c >= 9 && c <= 13);
}

static void skip_separators(reader *r)
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
static unsigned number_len(const char *p)
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
static bool parse_number(const char *p, unsigned len, double *out)
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

static bool read_argument(reader *r, segment *out, unsigned index, bool is_flag)
{
    skip_separators(r);
    unsigned len = number_len(r->at);
    if (is_flag) len = *r->at == '0' || *r->at == '1' ? 1 : 0; /* flags need no separator */
    if (len == 0 || len >= NUMBER_CAP || !parse_number(r->at, len, &out->values[index]))
        return false;
    out->begins[index] = r->at;
    out->lens[index] = len;
    r->at += len;
    return true;
}

/* The next command; false at the end and when r->failed. */
static bool read_segment(reader *r, segment *out)
{
    const bool starts = r->command == 0;
    skip_separators(r);
    if (*r->at == 0) return false;
    out->is_first = isalpha((unsigned char)*r->at) != 0;
    if (out->is_first) {
        r->command = *r->at++;
    } else if (r->command == 'M' || r->command == 'm') {
        r->command = r->command == 'M' ? 'L' : 'l';
    }
    out->command = r->command;
    const int count = argument_count(r->command);
    r->failed = count < 0 || (!out->is_first && (starts || count == 0)) ||
                (starts && out->command != 'M' && out->command != 'm');
    out->count = count > 0 ? (unsigned)count : 0;
    const bool is_arc = out->count == 7;
    for (unsigned i = 0; i < out->count && !r->failed; i++)
        r->failed = !read_argument(r, out, i, is_arc && (i == 3 || i == 4));
    return !r->failed;
}

/* ---- spelling ---- */

typedef struct speller {
    char command;               /* that a viewer takes for granted */
    bool has_number, has_point; /* of the token before */
} speller;

/* Append a number that is spelled as short as can be, with a separator if one is needed. */
static bool put_number(speller *s, const char *text, pare_buf *out)
{
    const bool has_point = strchr(text, '.') != NULL, has_exponent = strpbrk(text, "eE") != NULL;
    const bool joins = text[0] == '-' || (text[0] == '.' && s->has_point);
    if (s->has_number && !joins && pare_buf_append_byte(out, ' ') != PARE_OK) return false;
    s->has_number = true;
    s->has_point = has_point || has_exponent;
    return pare_buf_append(out, text, strlen(text)) == PARE_OK;
}

static bool put_command(speller *s, char command, pare_buf *out)
{
    const bool implied = command == s->command && command != 'Z' && command != 'z' &&
                         command != 'M' && command != 'm';
    s->command = command == 'M' ? 'L' : command == 'm' ? 'l' : command;
    if (implied) return true;
    s->has_number = s->has_point = false;
    return pare_buf_append_byte(out, (uint8_t)command) == PARE_OK;
}

/* The same value without what says nothing: +0012.500 is 12.5. */
static void spell_again(const char *begin, unsigned len, char out[NUMBER_CAP])
{
    const char *end = begin + len, *exponent = begin;
    char *o = out;
    if (*begin == '-') *o++ = '-';
    if (*begin == '-' || *begin == '+') begin++;
    while (exponent < end && *exponent != 'e' && *exponent != 'E')
        exponent++;
    const char *point = memchr(begin, '.', (size_t)(exponent - begin));
    const char *last = exponent;
    if (point) {
        while (last[-1] == '0')
            last--;
        if (last[-1] == '.') last--;
    }
    while (begin < last && *begin == '0')
        begin++;
    if (begin == last) {
        o = out;
        *o++ = '0';
    } else {
        memcpy(o, begin, (size_t)(last - begin));
        o += last - begin;
        memcpy(o, exponent, (size_t)(end - exponent));
        o += end - exponent;
    }
    *o = 0;
}

/* units of 10^-decimals */
static void spell_units(int64_t units, int decimals, char out[NUMBER_CAP])
{
    static const int64_t POWERS[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    char *o = out;
    if (units < 0) *o++ = '-';
    const uint64_t size = units < 0 ? (uint64_t)-units : (uint64_t)units;
    const uint64_t whole = size / (uint64_t)POWERS[decimals];
    uint64_t part = size % (uint64_t)POWERS[decimals];
    char digits[24];
    unsigned count = 0;
    for (uint64_t rest = whole; rest > 0; rest /= 10)
        digits[count++] = (char)('0' + rest % 10);
    if (whole == 0 && part == 0) digits[count++] = '0';
    while (count > 0)
        *o++ = digits[--count];
    if (part > 0) {
        *o++ = '.';
        for (int i = decimals - 1; part > 0; i--) {
            *o++ = (char)('0' + part / (uint64_t)POWERS[i]);
            part %= (uint64_t)POWERS[i];
        }
    }
    *o = 0;
}

/* ---- without a change of values ---- */

static bool write_exact(const char *text, pare_buf *out)
{
    reader r = {.at = text};
    speller s = {0};
    segment one;
    bool ok = true;
    while (ok && read_segment(&r, &one)) {
        ok = put_command(&s, one.command, out);
        for (unsigned i = 0; ok && i < one.count; i++) {
            char spelled[NUMBER_CAP];
            spell_again(one.begins[i], one.lens[i], spelled);
            ok = put_number(&s, spelled, out);
        }
    }
    return ok && !r.failed;
}

/* ---- on a grid ---- */

/* Where the pen is in units of the grid, and where in the source. */
typedef struct pen {
    int64_t x, y, start_x, start_y;
    double source_x, source_y, source_start_x, source_start_y;
} pen;

/* Absolute points of the segment in the source; H and V become points too. Moves the pen of the
 * source. */
static unsigned absolute_points(pen *p, const segment *s, double out[6])
{
    const bool relative = islower((unsigned char)s->command) != 0;
    const double x0 = relative ? p->source_x : 0, y0 = relative ? p->source_y : 0;
    const char command = (char)toupper((unsigned char)s->command);
    unsigned count = s->count;
    if (command == 'H') {
        out[0] = x0 + s->values[0], out[1] = p->source_y, count = 2;
    } else if (command == 'V') {
        out[0] = p->source_x, out[1] = y0 + s->values[0], count = 2;
    } else {
        for (unsigned i = 0; i < count; i++)
            out[i] = s->values[i] + (i % 2 ? y0 : x0);
    }
    if (command == 'Z') {
        p->source_x = p->source_start_x, p->source_y = p->source_start_y;
    } else {
        p->source_x = out[count - 2], p->source_y = out[count - 1];
    }
    if (command == 'M') p->source_start_x = p->source_x, p->source_start_y = p->source_y;
    return count;
}

/* One way to write the segment, appended to *out. */
static bool put_segment(speller *s, char command, const int64_t *points, unsigned count,
                        const pen *origin, int decimals, pare_buf *out)
{
    const char upper = (char)toupper((unsigned char)command);
    const bool relative = islower((unsigned char)command) != 0;
    if (!put_command(s, command, out)) return false;
    for (unsigned i = 0; i < count; i++) {
        char spelled[NUMBER_CAP];
        if ((upper == 'H' && i == 1) || (upper == 'V' && i == 0)) continue;
        const int64_t from = !relative ? 0 : i % 2 ? origin->y : origin->x;
        spell_units(points[i] - from, decimals, spelled);
        if (!put_number(s, spelled, out)) return false;
    }
    return true;
}

/* The shorter of the absolute and the relative way. */
static bool put_shorter(speller *s, char upper, const int64_t *points, unsigned count,
                        const pen *origin, int decimals, pare_buf *out)
{
    if (upper == 'L' && points[1] == origin->y) upper = 'H';
    if (upper == 'L' && points[0] == origin->x) upper = 'V';
    const size_t begin = out->len;
    const speller before = *s;
    const char lower = (char)tolower((unsigned char)upper);
    if (!put_segment(s, upper, points, count, origin, decimals, out)) return false;
    const size_t absolute_len = out->len - begin;
    const speller absolute = *s;
    *s = before;
    if (!put_segment(s, lower, points, count, origin, decimals, out)) return false;
    const size_t relative_len = out->len - begin - absolute_len;
    if (relative_len <= absolute_len) {
        memmove(out->data + begin, out->data + begin + absolute_len, relative_len);
        out->len = begin + relative_len;
    } else {
        out->len = begin + absolute_len;
        *s = absolute;
    }
    return true;
}

static bool write_on_grid(const char *text, int decimals, pare_buf *out)
{
    const double scale = pow(10, decimals);
    reader r = {.at = text};
    speller s = {0};
    pen p = {0};
    segment one;
    while (read_segment(&r, &one)) {
        double points[6];
        int64_t units[6];
        const char upper = (char)toupper((unsigned char)one.command);
        if (upper == 'A') return false;
        const unsigned count = absolute_points(&p, &one, points);
        for (unsigned i = 0; i < count; i++) {
            if (!(fabs(points[i] * scale) < 1e15)) return false;
            units[i] = llround(points[i] * scale);
        }
        if (upper == 'Z') {
            if (!put_command(&s, 'z', out)) return false;
            p.x = p.start_x, p.y = p.start_y;
            continue;
        }
        const char as = upper == 'H' || upper == 'V' ? 'L' : upper;
        if (!put_shorter(&s, as, units, count, &p, decimals, out)) return false;
        p.x = units[count - 2], p.y = units[count - 1];
        if (upper == 'M') p.start_x = p.x, p.start_y = p.y;
    }
    return !r.failed;
}

bool pare_svg_path_write(const char *text, int decimals, pare_buf *out)
{
    const size_t begin = out->len;
    if (decimals >= 0 && decimals <= 6 && write_on_grid(text, decimals, out)) return true;
    out->len = begin;
    if (write_exact(text, out)) return true;
    out->len = begin;
    return false;
}

/* ---- checking ---- */

/* The same number in another spelling. */
static bool is_same_number(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(a));
}

static bool is_same_arc(const segment *a, const segment *b)
{
    bool same = a->command == b->command;
    for (unsigned i = 0; i < a->count && same; i++)
        same = is_same_number(a->values[i], b->values[i]);
    return same;
}

static bool is_near_segment(const segment *a, const segment *b, pen *pen_a, pen *pen_b,
                            double tolerance)
{
    const char upper_a = (char)toupper((unsigned char)a->command);
    const char upper_b = (char)toupper((unsigned char)b->command);
    if (upper_a == 'A') { /* always exact, letter by letter */
        return is_same_arc(a, b);
    }
    double points_a[6], points_b[6];
    const unsigned count = absolute_points(pen_a, a, points_a);
    if (upper_b == 'A' || absolute_points(pen_b, b, points_b) != count) return false;
    const bool line_a = upper_a == 'L' || upper_a == 'H' || upper_a == 'V';
    const bool line_b = upper_b == 'L' || upper_b == 'H' || upper_b == 'V';
    if (line_a != line_b || (!line_a && upper_a != upper_b)) return false;
    for (unsigned i = 0; i < count; i++) {
        if (!(fabs(points_a[i] - points_b[i]) <= tolerance)) return false;
    }
    return true;
}

bool pare_svg_path_is_near(const char *a, const char *b, double tolerance)
{
    reader reader_a = {.at = a}, reader_b = {.at = b};
    pen pen_a = {0}, pen_b = {0};
    segment one_a = {0}, one_b = {0};
    for (;;) {
        const bool more_a = read_segment(&reader_a, &one_a),
                   more_b = read_segment(&reader_b, &one_b);
        if (more_a != more_b || reader_a.failed || reader_b.failed) return false;
        if (!more_a) return true;
        if (toupper((unsigned char)one_a.command) == 'A') {
            /* positions after an arc are those of its end */
            if (!is_near_segment(&one_a, &one_b, &pen_a, &pen_b, tolerance)) return false;
            const double x = islower((unsigned char)one_a.command) ? pen_a.source_x : 0;
            const double y = islower((unsigned char)one_a.command) ? pen_a.source_y : 0;
            pen_a.source_x = pen_b.source_x = x + one_a.values[5];
            pen_a.source_y = pen_b.source_y = y + one_a.values[6];
        } else if (!is_near_segment(&one_a, &one_b, &pen_a, &pen_b, tolerance)) {
            return false;
        }
    }
}

/* ---- transforms ---- */

static double function_scale(const char *name, unsigned len, const double *v, unsigned count)
{
    if (len == 9 && memcmp(name, "translate", 9) == 0 && count >= 1) return 1;
    if (len == 6 && memcmp(name, "rotate", 6) == 0 && count >= 1) return 1;
    if (len == 5 && memcmp(name, "scale", 5) == 0 && count >= 1) {
        return fmax(fabs(v[0]), count > 1 ? fabs(v[1]) : 0);
    }
    if (len == 6 && memcmp(name, "matrix", 6) == 0 && count == 6) {
        return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2] + v[3] * v[3]);
    }
    return -1;
}

double pare_svg_transform_scale(const char *text)
{
    reader r = {.at = text};
    double scale = 1;
    for (skip_separators(&r); *r.at; skip_separators(&r)) {
        double values[6];
        unsigned count = 0;
        const char *name = r.at;
        while (isalpha((unsigned char)*r.at))
            r.at++;
        const unsigned name_len = (unsigned)(r.at - name);
        skip_separators(&r);
        if (*r.at++ != '(') return -1;
        for (skip_separators(&r); *r.at != ')'; skip_separators(&r)) {
            const unsigned len = number_len(r.at);
            if (len == 0 || count == 6 || !parse_number(r.at, len, &values[count++])) return -1;
            r.at += len;
        }
        r.at++;
        const double one = function_scale(name, name_len, values, count);
        if (one < 0) return -1;
        scale *= one;
    }
    return scale;
}
