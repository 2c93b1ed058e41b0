// SPDX-License-Identifier: Apache-2.0
/* Messages as bytes: one description of every field, walked in both directions, so that writer and
 * reader cannot disagree. */
#include "wire/message.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"

/* A place in a datagram. `bad` stays set once a field was out of its range or did not fit. */
typedef struct wire {
    uint8_t *to;         /* writing: the datagram; NULL when reading */
    const uint8_t *from; /* reading */
    size_t at, len;
    bool bad;
} wire;

/* The next `count` bytes, or false. */
static bool take(wire *w, size_t count, size_t *at)
{
    if (w->bad || count > w->len - w->at) {
        w->bad = true;
        return false;
    }
    *at = w->at;
    w->at += count;
    return true;
}

/* An unsigned number of `width` bytes, little-endian, in min..max. */
static uint64_t number(wire *w, uint64_t value, unsigned width, uint64_t min, uint64_t max)
{
    size_t at;
    if (!take(w, width, &at)) return min;
    if (!w->to) {
        value = 0;
        for (unsigned i = 0; i < width; i++) {
            value |= (uint64_t)w->from[at + i] << (8 * i);
        }
    }
    if (value < min || value > max) {
        w->bad = true;
        return min;
    }
    if (w->to) {
        for (unsigned i = 0; i < width; i++) {
            w->to[at + i] = (uint8_t)(value >> (8 * i));
        }
    }
    return value;
}

static void u8(wire *w, uint8_t *value, uint8_t min, uint8_t max)
{
    *value = (uint8_t)number(w, *value, 1, min, max);
}

static void u32(wire *w, uint32_t *value, uint32_t min, uint32_t max)
{
    *value = (uint32_t)number(w, *value, 4, min, max);
}

static void u64(wire *w, uint64_t *value, uint64_t min, uint64_t max)
{
    *value = number(w, *value, 8, min, max);
}

/* An int or an enum: its value comes back, so that enums need no cast of their address. */
static int small(wire *w, int value, int min, int max)
{
    if (w->to && value < 0) w->bad = true;
    return (int)number(w, (uint64_t)(unsigned)value, 4, (uint64_t)min, (uint64_t)max);
}

static void flag(wire *w, bool *value)
{
    *value = number(w, *value, 1, 0, 1) == 1;
}

static void real(wire *w, double *value, double min, double max)
{
    uint64_t bits;
    memcpy(&bits, value, sizeof bits);
    bits = number(w, bits, 8, 0, UINT64_MAX);
    double read;
    memcpy(&read, &bits, sizeof read);
    if (w->bad || !isfinite(read) || read < min || read > max) {
        w->bad = true;
        read = min;
    }
    *value = read;
}

/* Length of the printable UTF-8 character at text, 0 when there is none: no controls (C0, DEL, C1),
 * no broken or overlong sequence, so that a terminal can be given it. */
static size_t printable(const uint8_t *text, size_t len)
{
    const uint8_t c = text[0];
    if (c >= 0x20 && c < 0x7f) return 1;
    const size_t need = c >= 0xc2 && c < 0xe0   ? 2
                        : c >= 0xe0 && c < 0xf0 ? 3
                        : c >= 0xf0 && c < 0xf5 ? 4
                                                : 0;
    if (need == 0 || need > len) return 0;
    for (size_t i = 1; i < need; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
    }
    if (c == 0xc2 && text[1] < 0xa0) return 0;
    if ((c == 0xe0 && text[1] < 0xa0) || (c == 0xed && text[1] >= 0xa0)) return 0;
    if ((c == 0xf0 && text[1] < 0x90) || (c == 0xf4 && text[1] >= 0x90)) return 0;
    return need;
}

/* A text of less than cap bytes. The writer turns what is not printable into '?'; the reader
 * refuses it. */
static void text(wire *w, char *value, size_t cap)
{
    const uint64_t have = w->to ? strnlen(value, cap) : 0;
    const size_t len = (size_t)number(w, have, 2, 0, cap - 1);
    size_t at;
    if (!take(w, len, &at)) return;
    const uint8_t *from = w->to ? (const uint8_t *)value : w->from + at;
    for (size_t i = 0; i < len;) {
        const size_t step = printable(from + i, len - i);
        if (step == 0 && !w->to) {
            w->bad = true;
            return;
        }
        if (w->to && step == 0) w->to[at + i] = '?';
        if (w->to && step > 0) memcpy(w->to + at + i, from + i, step);
        i += step ? step : 1;
    }
    if (w->to) return;
    memcpy(value, from, len);
    memset(value + len, 0, cap - len);
}

static void quality(wire *w, pare_quality *q)
{
    q->mode = (pare_quality_mode)small(w, (int)q->mode, 0, PARE_QUALITY_LOSSLESS);
    q->value = small(w, q->value, 0, 100);
    real(w, &q->score, 0, 100);
}

static void options(wire *w, pare_options *o)
{
    quality(w, &o->quality);
    for (int i = 0; i < PARE_FORMAT_COUNT; i++) {
        quality(w, &o->quality_for[i]);
    }
    o->target = (pare_target)small(w, (int)o->target, 0, PARE_TARGET_FORMAT);
    o->format = (pare_format)small(w, (int)o->format, 0, PARE_FORMAT_COUNT - 1);
    o->resize.mode = (pare_resize_mode)small(w, (int)o->resize.mode, 0, PARE_RESIZE_PERCENT);
    u32(w, &o->resize.width_px, 0, 65535);
    u32(w, &o->resize.height_px, 0, 65535);
    real(w, &o->resize.percent, 0, 1000);
    flag(w, &o->resize.enlarge);
    o->effort = small(w, o->effort, 0, PARE_EFFORT_MAX);
    u32(w, &o->keep, 0, PARE_KEEP_ALL);
    u64(w, &o->min_savings_bytes, 0, UINT64_MAX);
    real(w, &o->min_savings_pct, 0, 100);
    u64(w, &o->target_size_bytes, 0, UINT64_MAX);
    real(w, &o->min_score, 0, 100);
    flag(w, &o->downscale);
    flag(w, &o->sanitize);
    u64(w, &o->max_pixels, 1, UINT64_MAX);
    u64(w, &o->max_memory_bytes, 0, UINT64_MAX);
    for (int i = 0; i < 3; i++) {
        u8(w, &o->background[i], 0, 255);
    }
}

static void info(wire *w, pare_info *n)
{
    n->format = (pare_format)small(w, (int)n->format, 0, PARE_FORMAT_COUNT - 1);
    u32(w, &n->width_px, 0, UINT32_MAX);
    u32(w, &n->height_px, 0, UINT32_MAX);
    u32(w, &n->frames, 0, UINT32_MAX);
    u8(w, &n->orientation, 0, 8);
    u8(w, &n->depth_bits, 0, 64);
    u8(w, &n->channels, 0, 32);
    bool *const flags[] = {
        &n->has_alpha,      &n->is_palette,       &n->is_cmyk,           &n->is_lossless,
        &n->is_progressive, &n->is_animated,      &n->has_icc,           &n->has_exif,
        &n->has_xmp,        &n->has_iptc,         &n->has_gps,           &n->has_comment,
        &n->has_gainmap,    &n->has_motion_photo, &n->has_trailing_data, &n->is_gzipped,
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        flag(w, flags[i]);
    }
    n->quality_estimate = small(w, n->quality_estimate, 0, 100);
    text(w, n->subsampling, sizeof n->subsampling);
    text(w, n->profile, sizeof n->profile);
    text(w, n->content, sizeof n->content);
}

static void result(wire *w, pare_result *r)
{
    uint64_t len = r->len;
    u64(w, &len, 0, INT64_MAX);
    r->len = (size_t)len;
    r->format_in = (pare_format)small(w, (int)r->format_in, 0, PARE_FORMAT_COUNT - 1);
    r->format_out = (pare_format)small(w, (int)r->format_out, 0, PARE_FORMAT_COUNT - 1);
    u32(w, &r->width_in_px, 0, UINT32_MAX);
    u32(w, &r->height_in_px, 0, UINT32_MAX);
    u32(w, &r->width_out_px, 0, UINT32_MAX);
    u32(w, &r->height_out_px, 0, UINT32_MAX);
    real(w, &r->score, -1e6, 100); /* SSIMULACRA2 has no lower end */
    r->quality = small(w, r->quality, 0, 100);
    flag(w, &r->lossless);
    u32(w, &r->decode_us, 0, UINT32_MAX);
    u32(w, &r->transform_us, 0, UINT32_MAX);
    u32(w, &r->encode_us, 0, UINT32_MAX);
    u32(w, &r->verify_us, 0, UINT32_MAX);
    u32(w, &r->full_scores, 0, UINT32_MAX);
    u32(w, &r->salvageable, 0, UINT32_MAX);
    u32(w, &r->salvaged, 0, r->salvageable);
    flag(w, &r->salvages_frames);
}

static pare_err known_err(wire *w, pare_err err)
{
    err = (pare_err)small(w, (int)err, 0, PARE_ERR_CANCELLED);
    switch (err) {
#define ERR_CASE(constant, value, name, kind, sentence) case constant:
        PARE_ERR_MAP(ERR_CASE)
#undef ERR_CASE
        return err;
    }
    w->bad = true;
    return PARE_ERR_PROTOCOL;
}

static void message(wire *w, pare_message *m)
{
    m->kind = (pare_message_kind)small(w, (int)m->kind, PARE_MESSAGE_HELLO, PARE_MESSAGE_RESULT);
    if (w->bad) return;
    const bool hello = m->kind == PARE_MESSAGE_HELLO;
    u64(w, &m->task_id, hello ? 0 : 1, hello ? 0 : UINT64_MAX);
    switch (m->kind) {
    case PARE_MESSAGE_NONE: w->bad = true; break;
    case PARE_MESSAGE_HELLO:
        u32(w, &m->hello.version, 0, UINT32_MAX);
        u32(w, &m->hello.sandbox, 0, UINT32_MAX);
        break;
    case PARE_MESSAGE_TASK:
        m->task.kind =
            (pare_task_kind)small(w, (int)m->task.kind, PARE_TASK_OPTIMIZE, PARE_TASK_SALVAGE);
        options(w, &m->task.options);
        break;
    case PARE_MESSAGE_STEP:
        m->step.step = (pare_step)small(w, (int)m->step.step, 0, PARE_STEP_VERIFY);
        break;
    case PARE_MESSAGE_RESULT:
        m->result.err = known_err(w, m->result.err);
        info(w, &m->result.info);
        result(w, &m->result.result);
        u64(w, &m->result.peak_rss_bytes, 0, INT64_MAX);
        u64(w, &m->result.cpu_us, 0, INT64_MAX);
        text(w, m->result.diag.text, sizeof m->result.diag.text);
        break;
    }
}

pare_err pare_message_encode(const pare_message *from, uint8_t *data, size_t cap, size_t *len)
{
    pare_message copy = *from;
    wire w = {.to = data, .len = cap};
    message(&w, &copy);
    if (w.bad) return PARE_ERR_INTERNAL;
    *len = w.at;
    return PARE_OK;
}

pare_err pare_message_decode(const uint8_t *data, size_t len, pare_message *out)
{
    pare_message read;
    memset(&read, 0, sizeof read);
    wire w = {.from = data, .len = len};
    message(&w, &read);
    if (w.bad || w.at != len) return PARE_ERR_PROTOCOL;
    *out = read;
    return PARE_OK;
}
