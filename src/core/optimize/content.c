// SPDX-License-Identifier: Apache-2.0
/* Content analysis on rows spread over the image.
 *
 * Thresholds, from looking at photographs, screenshots, scans and clip art: neighbours of a
 * photograph are exactly equal in 2 to 20 % of all places (up to 45 % with a burnt-out sky), those
 * of a drawing in 60 % and more. */
#include "core/optimize/content.h"

#include <stdlib.h>
#include <string.h>

#define FLAT_PHOTO 0.25
#define FLAT_GRAPHIC 0.55   /* this share of equal neighbours makes a graphic */
#define FLAT_FEW_COLORS 0.3 /* or this, when there are few colours as well */
#define FLAT_TEXT 0.70
#define EDGE_TEXT 0.20

enum {
    SAMPLE_PX = 200000,
    COLORS_FEW = 256,
    TABLE_LEN = 1024, /* power of two, at least four times COLORS_FEW */
    STEP_EDGE = 64,   /* of 255 */
    STEP_NOISE = 12,  /* larger differences are drawn, not noise */
};

typedef struct sampler {
    const pare_image *image;
    uint64_t colors[TABLE_LEN]; /* hash set; 0 is empty, colours are stored plus one */
    uint32_t color_count;
    uint64_t pairs, flat, edges, calm;
    double deviation; /* sum over the calm places */
    bool has_alpha;
} sampler;

/* A pixel as one number, 8 bits a channel. */
static uint64_t get_color(const pare_image *image, const uint8_t *row, size_t x)
{
    uint64_t color = 0;
    if (image->depth_bits == 8 && image->channels == 3) {
        return (uint64_t)(row[3 * x] << 16 | row[3 * x + 1] << 8 | row[3 * x + 2]);
    }
    for (size_t c = 0; c < image->channels; c++) {
        const size_t index = x * image->channels + c;
        uint16_t wide;
        if (image->depth_bits == 8) {
            color = color << 8 | row[index];
        } else {
            memcpy(&wide, row + 2 * index, 2);
            color = color << 8 | wide >> 8;
        }
    }
    return color;
}

static void count_color(sampler *s, uint64_t color)
{
    if (s->color_count > COLORS_FEW) return;
    size_t slot = (size_t)((color * 0x9e3779b97f4a7c15u) >> 54);
    while (s->colors[slot] != 0) {
        if (s->colors[slot] == color + 1) return;
        slot = (slot + 1) & (TABLE_LEN - 1);
    }
    s->colors[slot] = color + 1;
    s->color_count++;
}

/* The largest step of a channel from one colour to the other. */
static int largest_step(const pare_image *image, uint64_t a, uint64_t b)
{
    int largest = 0;
    for (int shift = 0; shift < 8 * image->channels; shift += 8) {
        const int step = abs((int)(a >> shift & 255) - (int)(b >> shift & 255));
        if (step > largest) largest = step;
    }
    return largest;
}

/* The first channel (of gray or RGB, red stands for all). */
static int first_channel(const pare_image *image, uint64_t color)
{
    return (int)(color >> (8 * (image->channels - 1)) & 255);
}

static void sample_row(sampler *s, uint32_t y)
{
    const pare_image *image = s->image;
    const uint8_t *row = pare_image_row(image, y);
    uint64_t before = 0, last = 0;
    for (uint32_t x = 0; x < image->width_px; x++) {
        const uint64_t color = get_color(image, row, x);
        if (image->has_alpha && (color & 255) != 255) s->has_alpha = true;
        if (x == 0 || color != last) count_color(s, color);
        if (x > 0) {
            const int step = largest_step(image, color, last);
            s->pairs++;
            s->flat += step == 0;
            s->edges += step > STEP_EDGE;
        }
        if (x > 1) {
            const int bend = first_channel(image, color) + first_channel(image, before) -
                             2 * first_channel(image, last);
            if (abs(bend) <= 2 * STEP_NOISE && color != last) {
                s->calm++;
                s->deviation += abs(bend) / 2.0;
            }
        }
        before = last;
        last = color;
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
    content.noise = s->calm ? s->deviation / (double)s->calm : 0;
    content.has_alpha = s->has_alpha;
    content.has_few_colors = s->color_count <= COLORS_FEW;
    /* Gray photographs have at most 256 colours too: few colours count only with flat areas. */
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
