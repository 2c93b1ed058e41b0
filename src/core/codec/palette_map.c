// SPDX-License-Identifier: Apache-2.0
/* Pixels to indices, with an eye on the bytes. */
#include "core/codec/palette_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "core/codec/png_reduce.h"

enum {
    CONTEXT_PX = 3, /* pixels that repeat make a match, as in DEFLATE */
    SLOT_BITS = 16,
    SLOTS = 1 << SLOT_BITS,
    OFFERS_MAX = 3,
    WANT_BITS = 10,
    WANTS = 1 << WANT_BITS,
};

/* About what a pixel costs: one that goes on with a match, one that may begin a match with the row
 * above or with its neighbour, and any other. */
#define BITS_MATCH 1.0f
#define BITS_SIDE 3.0f
#define BITS_OTHER 8.0f

/* Errors of more than this, in light, are cut off: they would make dots beside what cannot be
 * reached at all. */
#define ERROR_MAX 0.1f

/* Red, green, blue and alpha. */
typedef float quad __attribute__((vector_size(16)));
typedef int32_t int_quad __attribute__((vector_size(16)));

/* Some light, and what is known of it. In plain areas, and where drawings repeat themselves, the
 * same is wanted again and again. */
typedef struct want {
    quad light;
    float place[PARE_PALETTE_AXES];
    float distance;  /* to the nearest */
    uint8_t nearest; /* among the colours of its kind */
    uint8_t kind;    /* PARE_PALETTE_KINDS: nothing is known yet */
} want;

typedef struct mapper {
    const pare_image *image;
    const pare_palette_space *space;
    const pare_palette *palette;
    pare_palette_nearest_fn nearest;
    float bit, dither;
    pare_png_raster *index;
    uint8_t *rgba;   /* the row */
    quad *errors[2]; /* of the row and the next one, one pixel more on each side */
    want *wants;     /* by hash of their light */
    /* Where the pixels before the present one were last seen, as a quick LZ77 would find them. */
    int64_t *seen;  /* by hash of CONTEXT_PX indices: the place after them; -1: never */
    int64_t source; /* place of the pixel that would continue the match; -1: none */
} mapper;

static pare_err open_mapper(mapper *m)
{
    const size_t width = m->image->width_px;
    m->rgba = malloc(4 * width);
    m->errors[0] = calloc(width + 2, sizeof(quad));
    m->errors[1] = calloc(width + 2, sizeof(quad));
    m->wants = malloc(WANTS * sizeof *m->wants);
    m->seen = malloc(SLOTS * sizeof *m->seen);
    if (!m->rgba || !m->errors[0] || !m->errors[1] || !m->wants || !m->seen) {
        return PARE_ERR_NO_MEMORY;
    }
    for (unsigned i = 0; i < WANTS; i++)
        m->wants[i].kind = PARE_PALETTE_KINDS;
    memset(m->seen, -1, SLOTS * sizeof *m->seen);
    m->source = -1;
    return PARE_OK;
}

static void close_mapper(mapper *m)
{
    free(m->rgba);
    free(m->errors[0]);
    free(m->errors[1]);
    free(m->wants);
    free(m->seen);
}

typedef struct offer {
    uint8_t index;
    float bits;
} offer;

/* Indices that would be cheap at this place (index rows are as long as the image is wide). */
static unsigned list_offers(const mapper *m, size_t at, offer offers[OFFERS_MAX])
{
    const uint8_t *indices = m->index->owned;
    const size_t width = m->image->width_px;
    unsigned count = 0;
    if (m->source >= 0) offers[count++] = (offer){indices[m->source], BITS_MATCH};
    if (at > 0) offers[count++] = (offer){indices[at - 1], BITS_SIDE};
    if (at >= width) offers[count++] = (offer){indices[at - width], BITS_SIDE};
    return count;
}

/* What is known of this light. */
static const want *find_want(mapper *m, pare_palette_kind kind, quad light)
{
    const int_quad bits = (int_quad)light;
    const uint32_t mixed = (uint32_t)bits[0] * 2654435761u + (uint32_t)bits[1] * 2246822519u +
                           (uint32_t)bits[2] * 3266489917u + (uint32_t)bits[3] * 668265263u;
    want *w = &m->wants[mixed >> (32 - WANT_BITS)];
    const pare_palette_places *places = &m->palette->places[kind];
    if (w->kind == kind && memcmp(&w->light, &light, sizeof light) == 0) return w;
    w->light = light;
    w->kind = (uint8_t)kind;
    pare_palette_place(m->space, (const float *)&w->light, w->place);
    w->nearest = (uint8_t)m->nearest(places, w->place);
    w->distance = pare_palette_distance(places, w->nearest, w->place);
    return w;
}

/* The index for what is wanted here. */
static unsigned choose(const mapper *m, size_t at, const want *w)
{
    const pare_palette_places *places = &m->palette->places[w->kind];
    const unsigned first = m->palette->first[w->kind];
    unsigned best = w->nearest;
    if (!(m->bit > 0)) return first + best;
    float cost = w->distance + m->bit * BITS_OTHER;
    offer offers[OFFERS_MAX];
    const unsigned count = list_offers(m, at, offers);
    for (unsigned i = 0; i < count; i++) {
        const unsigned other = offers[i].index - first;
        if (other >= places->count) continue; /* of another kind */
        const float distance =
            other == w->nearest ? w->distance : pare_palette_distance(places, other, w->place);
        const float own = distance + m->bit * offers[i].bits;
        if (own < cost) {
            cost = own;
            best = other;
        }
    }
    return first + best;
}

/* Follow the match, or look for another one. */
static void learn(mapper *m, size_t at)
{
    const uint8_t *here = m->index->owned + at;
    m->source = m->source >= 0 && m->index->owned[m->source] == *here ? m->source + 1 : -1;
    if (at + 1 < CONTEXT_PX) return;
    const uint32_t context = (uint32_t)here[0] << 16 | (uint32_t)here[-1] << 8 | here[-2];
    int64_t *seen = &m->seen[(context * 2654435761u) >> (32 - SLOT_BITS)];
    if (m->source < 0) m->source = *seen;
    *seen = (int64_t)at + 1;
}

/* here: errors of this pixel; below: of the one below. */
static void pass_on(quad error, quad *here, quad *below)
{
    const quad part = error * (1.0f / 16);
    here[1] += part * 7;
    below[-1] += part * 3;
    below[0] += part * 5;
    below[1] += part;
}

static quad cut_off(quad error)
{
    const quad zero = {0}, most = zero + ERROR_MAX, least = zero - ERROR_MAX;
    const int_quad above = error > most, under = error < least;
    return (quad)(((int_quad)error & ~(above | under)) | ((int_quad)most & above) |
                  ((int_quad)least & under));
}

static void map_pixel(mapper *m, uint32_t x, size_t at)
{
    const uint8_t *pixel = m->rgba + 4 * (size_t)x;
    const pare_palette_kind kind = pare_palette_kind_of(pixel[3]);
    quad *here = m->errors[0] + x + 1, light, chosen;
    if (kind == PARE_PALETTE_CLEAR) {
        m->index->owned[at] = (uint8_t)m->palette->first[kind];
        return;
    }
    pare_palette_light(m->space, pixel, (float *)&light);
    light += *here;
    if (kind == PARE_PALETTE_OPAQUE) light[3] = 1;
    const unsigned index = choose(m, at, find_want(m, kind, light));
    m->index->owned[at] = (uint8_t)index;
    memcpy(&chosen, m->palette->light[index], sizeof chosen);
    pass_on(cut_off(light - chosen) * m->dither, here, m->errors[1] + x + 1);
}

pare_err pare_palette_map(const pare_image *image, const pare_palette_space *space,
                          const pare_palette *palette, const pare_palette_trade *trade,
                          pare_png_raster *index)
{
    mapper m = {.image = image,
                .space = space,
                .palette = palette,
                .nearest = pare_palette_nearest_pick(pare_cpu_flags()),
                .bit = (float)trade->bit,
                .dither = (float)trade->dither,
                .index = index};
    const pare_err err = open_mapper(&m);
    for (uint32_t y = 0; err == PARE_OK && y < image->height_px; y++) {
        pare_png_rgba_row(image, y, m.rgba);
        for (uint32_t x = 0; x < image->width_px; x++) {
            const size_t at = (size_t)y * image->width_px + x;
            map_pixel(&m, x, at);
            learn(&m, at);
        }
        quad *done = m.errors[0];
        m.errors[0] = m.errors[1];
        m.errors[1] = done;
        memset(done, 0, ((size_t)image->width_px + 2) * sizeof *done);
    }
    close_mapper(&m);
    return err;
}
