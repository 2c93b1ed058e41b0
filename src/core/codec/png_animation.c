// SPDX-License-Identifier: Apache-2.0
/* Animated PNG (W3C PNG, third edition, 11.3.6), frame by frame without painting. */
#include "core/codec/png_animation.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "core/codec/png_filter.h"
#include "core/codec/png_info.h"
#include "core/image/exif.h"

enum { SIGNATURE_LEN = 8, OVERHEAD = 12, CONTROL_LEN = 26 };

typedef struct chunk {
    const uint8_t *type; /* 4 letters; NULL: the end of the file */
    pare_bytes body;
    pare_bytes whole;
} chunk;

/* Compressed pixels of one frame, or of the picture for viewers without animation. */
typedef struct stream {
    bool is_first; /* in IDAT chunks */
    pare_buf data;
    pare_png_raster raster; /* its shape, then its rows */
} stream;

typedef struct walker {
    pare_bytes file;
    size_t at;
    pare_png_chunks info;
    pare_limits limits;
    uint32_t width_px, height_px; /* of the frame that begins */
    uint32_t controls;            /* seen so far */
} walker;

static bool is_type(const chunk *c, const char *type)
{
    return memcmp(c->type, type, 4) == 0;
}

static chunk look(const walker *w)
{
    if (w->at + OVERHEAD > w->file.len) return (chunk){0};
    const uint8_t *p = w->file.data + w->at;
    const size_t len = pare_be32(p);
    if (len > w->file.len - w->at - OVERHEAD) return (chunk){0};
    return (chunk){p + 4, {p + 8, len}, {p, len + OVERHEAD}};
}

static pare_err begin(walker *w, pare_bytes file, const pare_limits *limits, pare_diag *diag)
{
    *w = (walker){.file = file, .at = SIGNATURE_LEN, .limits = *limits};
    PARE_TRY(pare_png_chunks_read(file, &w->info, diag));
    if (w->info.is_cut) return pare_fail(diag, PARE_ERR_TRUNCATED, "PNG: the end is missing");
    w->width_px = w->info.width_px;
    w->height_px = w->info.height_px;
    return pare_limits_check(limits, w->width_px, w->height_px, 8, diag);
}

/* Size of the next frame, inside of the canvas. */
static pare_err read_control(walker *w, const chunk *c, pare_diag *diag)
{
    if (c->body.len != CONTROL_LEN) return pare_fail(diag, PARE_ERR_CORRUPT, "PNG: a bad fcTL");
    const uint8_t *p = c->body.data;
    w->width_px = pare_be32(p + 4);
    w->height_px = pare_be32(p + 8);
    const uint64_t right = (uint64_t)w->width_px + pare_be32(p + 12);
    const uint64_t bottom = (uint64_t)w->height_px + pare_be32(p + 16);
    w->controls++;
    if (w->width_px == 0 || w->height_px == 0 || right > w->info.width_px ||
        bottom > w->info.height_px) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "PNG: a frame beyond the canvas");
    }
    return PARE_OK;
}

/* Collects the chunks of one stream, beginning with c. */
static pare_err take_stream(walker *w, chunk c, stream *out)
{
    out->is_first = is_type(&c, "IDAT");
    const char *type = out->is_first ? "IDAT" : "fdAT";
    const size_t skip = out->is_first ? 0 : 4; /* the sequence number */
    out->data.len = 0;
    for (; c.type && is_type(&c, type); c = look(w)) {
        if (c.body.len < skip) return PARE_ERR_CORRUPT;
        PARE_TRY(pare_buf_append(&out->data, c.body.data + skip, c.body.len - skip));
        w->at += c.whole.len;
    }
    return PARE_OK;
}

/* ---- pixels ---- */

static uint8_t paeth(int a, int b, int c)
{
    const int pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);
    return (uint8_t)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

/* Specification, 9.2. above may be NULL. */
static bool unfilter(uint8_t filter, uint8_t *row, const uint8_t *above, size_t len,
                     size_t distance)
{
    for (size_t i = 0; i < len; i++) {
        const int a = i >= distance ? row[i - distance] : 0, b = above ? above[i] : 0;
        const int c = above && i >= distance ? above[i - distance] : 0;
        switch (filter) {
        case 0: return true;
        case 1: row[i] = (uint8_t)(row[i] + a); break;
        case 2: row[i] = (uint8_t)(row[i] + b); break;
        case 3: row[i] = (uint8_t)(row[i] + (a + b) / 2); break;
        case 4: row[i] = (uint8_t)(row[i] + paeth(a, b, c)); break;
        default: return false;
        }
    }
    return true;
}

/* The rows of the stream into its raster. Deinit the raster afterwards. */
static pare_err unpack(const walker *w, stream *s, pare_diag *diag)
{
    pare_png_raster *r = &s->raster;
    const uint32_t width = s->is_first ? w->info.width_px : w->width_px;
    const uint32_t height = s->is_first ? w->info.height_px : w->height_px;
    PARE_TRY(pare_png_raster_init(r, width, height, w->info.color_type, w->info.depth_bits));
    const size_t packed_len = (r->row_len + 1) * height;
    uint8_t *packed = malloc(packed_len);
    if (!packed) return PARE_ERR_NO_MEMORY;
    bool ok = pare_png_inflate(pare_buf_view(&s->data), packed, packed_len);
    const uint8_t *above = NULL;
    for (uint32_t y = 0; ok && y < height; y++) {
        uint8_t *row = r->owned + (size_t)y * r->stride;
        const uint8_t *from = packed + (size_t)y * (r->row_len + 1);
        memcpy(row, from + 1, r->row_len);
        ok = unfilter(from[0], row, above, r->row_len, r->pixel_len);
        above = row;
    }
    free(packed);
    return ok ? PARE_OK : pare_fail(diag, PARE_ERR_CORRUPT, "PNG: the pixels are damaged");
}

/* ---- writing ---- */

typedef struct writer {
    walker walker;
    const pare_repack_params *params;
    pare_png_deflater *deflater;
    pare_png_filterer *filterer;
    stream stream;
    uint32_t sequence;
    pare_buf *out;
} writer;

static pare_err put_be32(pare_buf *out, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                              (uint8_t)value};
    return pare_buf_append(out, bytes, 4);
}

/* A chunk that begins with a sequence number when that is not NULL. */
static pare_err put_chunk(pare_buf *out, const char *type, const uint32_t *sequence,
                          pare_bytes body)
{
    if (body.len > INT32_MAX - 4) return PARE_ERR_TOO_LARGE;
    PARE_TRY(put_be32(out, (uint32_t)body.len + (sequence ? 4 : 0)));
    const size_t begin = out->len;
    PARE_TRY(pare_buf_append(out, type, 4));
    if (sequence) PARE_TRY(put_be32(out, *sequence));
    PARE_TRY(pare_buf_append(out, body.data, body.len));
    return put_be32(out, pare_png_crc32(0, out->data + begin, out->len - begin));
}

/* Each effort tries what the ones below it try, so that it is never bigger. */
static const struct {
    int from_effort, level;
    unsigned strategies; /* bits of pare_png_strategy */
} TIERS[] = {
    {0, 6, 1u << PARE_PNG_NONE | 1u << PARE_PNG_MATCH},
    {2, 10, 1u << PARE_PNG_NONE | 1u << PARE_PNG_UP | 1u << PARE_PNG_MATCH},
    {4, 12, 1u << PARE_PNG_NONE | 1u << PARE_PNG_UP | 1u << PARE_PNG_PAETH | 1u << PARE_PNG_MATCH},
    {6, 12,
     1u << PARE_PNG_SUB | 1u << PARE_PNG_SHARED | 1u << PARE_PNG_ENTROPY | 1u << PARE_PNG_MINSUM |
         1u << PARE_PNG_BIGRAMS},
    {10, PARE_PNG_OPTIMAL + 15, 1u << PARE_PNG_NONE | 1u << PARE_PNG_MATCH},
};

/* w->stream.data becomes the smallest stream of its rows. */
static pare_err shrink_stream(writer *w)
{
    stream *s = &w->stream;
    const pare_png_rows all = {s->raster.height_px, s->raster.height_px};
    for (size_t i = 0; i < sizeof TIERS / sizeof *TIERS; i++) {
        if (w->params->effort < TIERS[i].from_effort) break;
        for (int strategy = 0; strategy < PARE_PNG_STRATEGIES; strategy++) {
            pare_bytes filtered, made;
            if (!(TIERS[i].strategies >> strategy & 1)) continue;
            PARE_TRY(pare_png_filter(w->filterer, &s->raster, all, (pare_png_strategy)strategy,
                                     &filtered));
            PARE_TRY(pare_png_deflate(w->deflater, TIERS[i].level, filtered, &made));
            if (made.len < s->data.len) pare_png_deflate_take(w->deflater, &s->data);
        }
    }
    return PARE_OK;
}

static pare_err write_stream(writer *w, const chunk *first, pare_diag *diag)
{
    stream *s = &w->stream;
    PARE_TRY(take_stream(&w->walker, *first, s));
    pare_err err = unpack(&w->walker, s, diag);
    if (err == PARE_OK) err = shrink_stream(w);
    pare_png_raster_deinit(&s->raster);
    if (err != PARE_OK) return err;
    if (s->is_first) return put_chunk(w->out, "IDAT", NULL, pare_buf_view(&s->data));
    const uint32_t sequence = w->sequence++;
    return put_chunk(w->out, "fdAT", &sequence, pare_buf_view(&s->data));
}

static bool has_key(const chunk *c, const char *key)
{
    const size_t len = strlen(key) + 1;
    return c->body.len >= len && memcmp(c->body.data, key, len) == 0;
}

static bool keeps_chunk(const chunk *c, uint32_t keep)
{
    static const char *const SHOWN[] = {"IHDR", "PLTE", "tRNS", "acTL", "cHRM", "gAMA", "sRGB",
                                        "cICP", "iCCP", "mDCV", "cLLI", "sBIT", "pHYs", "IEND"};
    for (size_t i = 0; i < sizeof SHOWN / sizeof *SHOWN; i++) {
        if (is_type(c, SHOWN[i])) return true;
    }
    if (keep == PARE_KEEP_ALL) return true;
    if (is_type(c, "eXIf")) return (keep & PARE_KEEP_EXIF) && (keep & PARE_KEEP_GPS);
    if (!is_type(c, "tEXt") && !is_type(c, "iTXt") && !is_type(c, "zTXt")) return false;
    if (has_key(c, "XML:com.adobe.xmp")) return (keep & PARE_KEEP_XMP) != 0;
    if (has_key(c, "Copyright") || has_key(c, "Author")) return (keep & PARE_KEEP_COPYRIGHT) != 0;
    return (has_key(c, "Comment") || has_key(c, "Description")) && (keep & PARE_KEEP_COMMENT);
}

static pare_err write_chunks(writer *w, pare_diag *diag)
{
    for (;;) {
        const chunk c = look(&w->walker);
        if (!c.type) return pare_fail(diag, PARE_ERR_TRUNCATED, "PNG: the end is missing");
        if (is_type(&c, "IDAT") || is_type(&c, "fdAT")) {
            PARE_TRY(write_stream(w, &c, diag));
            continue;
        }
        w->walker.at += c.whole.len;
        if (is_type(&c, "fcTL")) {
            PARE_TRY(read_control(&w->walker, &c, diag));
            const uint32_t sequence = w->sequence++;
            const pare_bytes rest = {c.body.data + 4, c.body.len - 4};
            PARE_TRY(put_chunk(w->out, "fcTL", &sequence, rest));
        } else if (keeps_chunk(&c, w->params->keep)) {
            PARE_TRY(pare_buf_append(w->out, c.whole.data, c.whole.len));
        }
        if (is_type(&c, "IEND")) return PARE_OK;
    }
}

static const char *cause_to_skip(const walker *w, uint32_t keep)
{
    if (w->info.is_interlaced) return "interlaced";
    if (w->info.has_icc && !(keep & PARE_KEEP_ICC)) return "with a profile to be dropped";
    const bool keeps_exif =
        keep == PARE_KEEP_ALL || ((keep & PARE_KEEP_EXIF) && (keep & PARE_KEEP_GPS));
    if (pare_exif_orientation(w->info.exif) > 1 && !keeps_exif) return "with an orientation";
    return NULL;
}

pare_err pare_png_animation_repack(pare_bytes file, const pare_repack_params *params, pare_buf *out,
                                   pare_diag *diag)
{
    writer w = {.params = params, .out = out};
    PARE_TRY(begin(&w.walker, file, &params->limits, diag));
    const char *cause = cause_to_skip(&w.walker, params->keep);
    if (cause) return pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "animated PNG, %s", cause);
    pare_err err = pare_png_deflater_open(&w.deflater);
    if (err == PARE_OK) err = pare_png_filterer_open(w.deflater, &w.filterer);
    if (err == PARE_OK) err = pare_buf_append(out, file.data, SIGNATURE_LEN);
    if (err == PARE_OK) err = write_chunks(&w, diag);
    if (err == PARE_OK && w.walker.controls != w.walker.info.frames) {
        err =
            pare_fail(diag, PARE_SKIP_UNSUPPORTED_VARIANT, "PNG: not as many frames as announced");
    }
    pare_png_filterer_close(&w.filterer);
    pare_png_deflater_close(&w.deflater);
    pare_buf_deinit(&w.stream.data);
    return err;
}

/* ---- checking ---- */

/* The next chunk that decides what is shown. */
static chunk next_shown(walker *w)
{
    for (;;) {
        const chunk c = look(w);
        if (!c.type || is_type(&c, "IDAT") || is_type(&c, "fdAT") || is_type(&c, "fcTL")) return c;
        if (keeps_chunk(&c, 0)) return c;
        w->at += c.whole.len;
    }
}

static bool is_same_body(const chunk *a, const chunk *b, size_t skip)
{
    return a->body.len == b->body.len && a->body.len >= skip &&
           memcmp(a->body.data + skip, b->body.data + skip, a->body.len - skip) == 0;
}

static pare_err compare_streams(walker *walkers[2], const chunk *chunks, bool *same)
{
    stream streams[2] = {0};
    pare_err err = PARE_OK;
    for (int i = 0; i < 2 && err == PARE_OK; i++) {
        err = take_stream(walkers[i], chunks[i], &streams[i]);
        if (err == PARE_OK) err = unpack(walkers[i], &streams[i], NULL);
    }
    const pare_png_raster *a = &streams[0].raster, *b = &streams[1].raster;
    *same = err == PARE_OK && a->width_px == b->width_px && a->height_px == b->height_px &&
            memcmp(a->rows, b->rows, a->stride * a->height_px) == 0;
    for (int i = 0; i < 2; i++) {
        pare_buf_deinit(&streams[i].data);
        pare_png_raster_deinit(&streams[i].raster);
    }
    return err;
}

pare_err pare_png_animation_check(pare_bytes file, pare_bytes result,
                                  const pare_repack_params *params, bool *same, pare_diag *diag)
{
    walker a, b;
    walker *walkers[2] = {&a, &b};
    *same = false;
    PARE_TRY(begin(&a, file, &params->limits, diag));
    PARE_TRY(begin(&b, result, &params->limits, diag));
    for (;;) {
        const chunk chunks[2] = {next_shown(&a), next_shown(&b)};
        if (!chunks[0].type || !chunks[1].type) return PARE_OK;
        if (memcmp(chunks[0].type, chunks[1].type, 4) != 0) return PARE_OK;
        if (is_type(&chunks[0], "IDAT") || is_type(&chunks[0], "fdAT")) {
            bool equal;
            PARE_TRY(compare_streams(walkers, chunks, &equal));
            if (!equal) return PARE_OK;
            continue;
        }
        const bool is_control = is_type(&chunks[0], "fcTL");
        if (!is_same_body(&chunks[0], &chunks[1], is_control ? 4 : 0)) return PARE_OK;
        for (int i = 0; i < 2; i++) {
            if (is_control) PARE_TRY(read_control(walkers[i], &chunks[i], diag));
            walkers[i]->at += chunks[i].whole.len;
        }
        if (is_type(&chunks[0], "IEND")) {
            *same = true;
            return PARE_OK;
        }
    }
}
