// SPDX-License-Identifier: Apache-2.0
/* Content analysis on rows spread over the image.
 *
 * Thresholds, from looking at photographs, screenshots, scans and clip art: neighbours of a
 * photograph are exactly equal in 2 to 20 % of all places (up to 45 % with a burnt-out sky), those
 * of a drawing in 60 % and more. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* unrolls the loops over the channels of a pixel */
#endif
#include "core/optimize/content.h"

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"

#define FLAT_PHOTO 0.25
#define FLAT_GRAPHIC 0.55   /* this share of equal neighbours makes a graphic */
#define FLAT_FEW_COLORS 0.3 /* or this, when there are few colours as well */
#define FLAT_TEXT 0.70
#define EDGE_TEXT 0.20

enum {
    SAMPLE_PX = 200000,
    COLORS_FEW = 256,
    GRAYS_FEW = 64,   /* of gray images: photographs have at most 256, and most of them */
    TABLE_LEN = 1024, /* power of two, at least four times COLORS_FEW */
    STEP_EDGE = 64,   /* of 255 */
    STEP_NOISE = 12,  /* larger differences are drawn, not noise */
};

typedef struct sampler {
    const pare_image *image;
    uint64_t colors[TABLE_LEN]; /* hash set; 0 is empty, colours are stored plus one */
    uint32_t color_count;
    uint64_t pairs, flat, edges, calm;
    uint64_t bends; /* sum over the calm places: twice the deviation from a straight line */
    bool has_alpha, has_color;
} sampler;

/* Sample of a row, in 8 bits. */
static PARE_ALWAYS_INLINE int get_sample(const uint8_t *row, size_t index, bool is_wide)
{
    uint16_t wide;
    if (!is_wide) return row[index];
    memcpy(&wide, row + 2 * index, 2);
    return wide >> 8;
}

static void count_color(sampler *s, uint64_t color)
{
    size_t slot = (size_t)((color * 0x9e3779b97f4a7c15u) >> 54);
    while (s->colors[slot] != 0) {
        if (s->colors[slot] == color + 1) return;
        slot = (slot + 1) & (TABLE_LEN - 1);
    }
    s->colors[slot] = color + 1;
    s->color_count++;
}

/* A colour as it is counted. */
static bool is_gray(uint64_t color, size_t channels)
{
    if (channels < 3) return true;
    const uint64_t rgb = channels == 4 ? color >> 8 : color;
    return (rgb & 255) == (rgb >> 8 & 255) && (rgb & 255) == rgb >> 16;
}

/* Colours and transparency of a row, until enough is known. */
static void look_at_colors(sampler *s, const uint8_t *row)
{
    const pare_image *image = s->image;
    const size_t channels = image->channels;
    uint64_t last = UINT64_MAX;
    for (size_t x = 0; x < image->width_px; x++) {
        const bool is_done = s->color_count > COLORS_FEW;
        if (is_done && (s->has_alpha || !image->has_alpha)) return;
        uint64_t color = 0;
        for (size_t c = 0; c < channels; c++) {
            const int sample = get_sample(row, x * channels + c, image->depth_bits == 16);
            color = color << 8 | (unsigned)sample;
        }
        if (color == last) continue;
        last = color;
        s->has_color = s->has_color || !is_gray(color, channels);
        if (image->has_alpha && (color & 255) != 255) s->has_alpha = true;
        if (!is_done) count_color(s, color);
    }
}

/* Steps from pixel to pixel: the largest of all channels, and how the first one bends (of gray or
 * RGB, red stands for all). */
static PARE_ALWAYS_INLINE void look_at_steps(sampler *s, const uint8_t *row, size_t channels,
                                             bool is_wide)
{
    const uint32_t width = s->image->width_px;
    uint32_t flat = 0, edges = 0, calm = 0;
    uint64_t bends = 0;
    int slope_before = 0;
    for (size_t x = 1; x < width; x++) {
        int largest = 0, slope = 0;
        for (size_t c = channels; c-- > 0;) {
            const size_t index = x * channels + c;
            slope = get_sample(row, index, is_wide) - get_sample(row, index - channels, is_wide);
            largest = abs(slope) > largest ? abs(slope) : largest;
        }
        const int bend = abs(slope - slope_before);
        const bool is_calm = x > 1 && largest > 0 && bend <= 2 * STEP_NOISE;
        flat += largest == 0;
        edges += largest > STEP_EDGE;
        calm += is_calm;
        bends += is_calm ? (unsigned)bend : 0;
        slope_before = slope;
    }
    s->pairs += width - 1;
    s->flat += flat;
    s->edges += edges;
    s->calm += calm;
    s->bends += bends;
}

/* The layouts that photographs have are compiled by themselves. */
static void sample_row(sampler *s, uint32_t y)
{
    const uint8_t *row = pare_image_row(s->image, y);
    const unsigned channels = s->image->channels;
    look_at_colors(s, row);
    if (s->image->depth_bits == 8 && channels == 3) {
        look_at_steps(s, row, 3, false);
    } else if (s->image->depth_bits == 8 && channels == 4) {
        look_at_steps(s, row, 4, false);
    } else {
        look_at_steps(s, row, channels, s->image->depth_bits == 16);
    }
}

pare_content pare_analyse_content(const pare_image *image)
{
    pare_content content = {0};
    sampler *s = calloc(1, sizeof *s);
    if (!s || image->width_px == 0 || image->height_px == 0) {
        free(s);
        return content; /* a photograph is the safe guess */
    }
    s->image = image;
    const uint64_t rows = SAMPLE_PX / image->width_px + 16;
    const uint32_t step = rows >= image->height_px ? 1 : (uint32_t)(image->height_px / rows);
    for (uint64_t y = step / 2; y < image->height_px; y += step)
        sample_row(s, (uint32_t)y);

    const uint64_t uneven = s->pairs - s->flat;
    content.flat_share = s->pairs ? (double)s->flat / (double)s->pairs : 1;
    content.edge_share = uneven ? (double)s->edges / (double)uneven : 0;
    content.noise = s->calm ? (double)s->bends / 2 / (double)s->calm : 0;
    content.has_alpha = s->has_alpha;
    content.has_few_colors = s->color_count <= (s->has_color ? COLORS_FEW : GRAYS_FEW);
    /* Few colours count only with flat areas. */
    content.is_graphic = content.flat_share >= FLAT_GRAPHIC ||
                         (content.has_few_colors && content.flat_share >= FLAT_FEW_COLORS);
    content.is_text = content.flat_share >= FLAT_TEXT && content.edge_share >= EDGE_TEXT;
    free(s);
    return content;
}

bool pare_content_is_photo(const pare_content *content)
{
    return content->flat_share < FLAT_PHOTO && !content->has_few_colors;
}

const char *pare_content_name(const pare_content *content)
{
    if (content->is_text) return "text";
    if (content->is_graphic) return content->has_few_colors ? "few-colors" : "graphic";
    return "photo";
}
