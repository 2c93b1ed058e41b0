// SPDX-License-Identifier: Apache-2.0
/* Palettes from tallied colours. */
#include "core/codec/palette_build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "core/codec/palette_tally.h"

/* The part of an image that a single colour counts for at most when losses are averaged. */
enum { PLAIN_PARTS = 64 };

/* No colour stands for pixels that lose more than so many times the loss wanted: otherwise small
 * things of a rare colour would lose it. */
#define SPREAD_MAX 6

typedef struct color_point {
    float place[PARE_PALETTE_AXES];
    pare_palette_kind kind;
} color_point;

/* Points first to last - 1 of the order, to become one colour. */
typedef struct color_box {
    unsigned first, last;
    double weight, loss;
    double sum[PARE_PALETTE_AXES];
    int axis; /* of largest variance */
    pare_palette_kind kind;
} color_box;

/* A point's position along the axis of a split. */
typedef struct mark {
    float value;
    unsigned index;
} mark;

typedef struct builder {
    const pare_palette_space *space;
    pare_tally tally;
    color_point *points; /* one a bin */
    unsigned *order;     /* permutation of the points; boxes are parts of it */
    mark *marks;
    color_box boxes[PARE_PALETTE_MAX];
    unsigned count;
    double weight; /* over which the loss is averaged */
    pare_palette *out;
} builder;

static pare_err open_builder(builder *b, const pare_image *image)
{
    PARE_TRY(pare_tally_image(image, b->space, &b->tally));
    const unsigned count = b->tally.count;
    b->points = malloc(count * sizeof *b->points);
    b->order = malloc(count * sizeof *b->order);
    b->marks = malloc(count * sizeof *b->marks);
    return b->points && b->order && b->marks ? PARE_OK : PARE_ERR_NO_MEMORY;
}

static void close_builder(builder *b)
{
    pare_tally_deinit(&b->tally);
    free(b->points);
    free(b->order);
    free(b->marks);
    free(b);
}

/* Sorted by kind. */
static void place_points(builder *b)
{
    unsigned at = 0;
    for (unsigned i = 0; i < b->tally.count; i++) {
        const pare_tally_bin *bin = &b->tally.bins[i];
        float light[4];
        for (int c = 0; c < 4; c++)
            light[c] = (float)(bin->light[c] / bin->weight);
        pare_palette_place(b->space, light, b->points[i].place);
        b->points[i].kind = pare_palette_kind_of((uint8_t)(bin->key & 255));
    }
    for (int kind = 0; kind < PARE_PALETTE_KINDS; kind++) {
        for (unsigned i = 0; i < b->tally.count; i++)
            if (b->points[i].kind == (pare_palette_kind)kind) b->order[at++] = i;
    }
}

static void measure_box(const builder *b, color_box *box)
{
    double square[PARE_PALETTE_AXES] = {0}, most = -1;
    box->weight = box->loss = 0;
    memset(box->sum, 0, sizeof box->sum);
    for (unsigned i = box->first; i < box->last; i++) {
        const double weight = b->tally.bins[b->order[i]].weight;
        const float *place = b->points[b->order[i]].place;
        box->weight += weight;
        for (int axis = 0; axis < PARE_PALETTE_AXES; axis++) {
            const double value = (double)place[axis];
            box->sum[axis] += weight * value;
            square[axis] += weight * value * value;
        }
    }
    for (int axis = 0; axis < PARE_PALETTE_AXES; axis++) {
        double spread = square[axis] - box->sum[axis] * box->sum[axis] / box->weight;
        if (spread < 0 || box->last - box->first == 1) spread = 0;
        box->loss += spread;
        if (spread > most) {
            most = spread;
            box->axis = axis;
        }
    }
}

static int compare_marks(const void *one, const void *other)
{
    const mark *a = one, *b = other;
    if (a->value != b->value) return a->value < b->value ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* How many points of the box, whose marks are sorted, go to its lower part: where the losses of
 * both parts are least. */
static unsigned best_cut(const builder *b, const color_box *box)
{
    const unsigned count = box->last - box->first;
    double weight = 0, sum[PARE_PALETTE_AXES] = {0}, best = -1;
    unsigned cut = 1;
    for (unsigned i = 0; i + 1 < count; i++) {
        const unsigned index = b->marks[i].index;
        const double own = b->tally.bins[index].weight;
        double gain = 0;
        weight += own;
        for (int axis = 0; axis < PARE_PALETTE_AXES; axis++) {
            sum[axis] += own * (double)b->points[index].place[axis];
            const double rest = box->sum[axis] - sum[axis];
            gain += sum[axis] * sum[axis] / weight + rest * rest / (box->weight - weight);
        }
        if (gain > best) {
            best = gain;
            cut = i + 1;
        }
    }
    return cut;
}

static void split_box(builder *b, color_box *lower)
{
    const unsigned count = lower->last - lower->first;
    for (unsigned i = 0; i < count; i++) {
        const unsigned index = b->order[lower->first + i];
        b->marks[i] = (mark){b->points[index].place[lower->axis], index};
    }
    qsort(b->marks, count, sizeof *b->marks, compare_marks);
    for (unsigned i = 0; i < count; i++)
        b->order[lower->first + i] = b->marks[i].index;
    const unsigned cut = lower->first + best_cut(b, lower);
    color_box *upper = &b->boxes[b->count++];
    *upper = (color_box){.first = cut, .last = lower->last, .kind = lower->kind};
    lower->last = cut;
    measure_box(b, lower);
    measure_box(b, upper);
}

/* One box for each kind that there is. */
static void start_boxes(builder *b)
{
    unsigned first = 0;
    for (unsigned i = 1; i <= b->tally.count; i++) {
        const pare_palette_kind kind = b->points[b->order[first]].kind;
        if (i < b->tally.count && b->points[b->order[i]].kind == kind) continue;
        color_box *box = &b->boxes[b->count++];
        *box = (color_box){.first = first, .last = i, .kind = kind};
        measure_box(b, box);
        first = i;
    }
}

/* The weight of all that is seen, in which no colour counts for more than a small part: what goes
 * wrong beside large plain areas is not made up for by these. */
static void weigh(builder *b)
{
    double all = 0;
    for (unsigned i = 0; i < b->tally.count; i++)
        if (b->points[i].kind != PARE_PALETTE_CLEAR) all += b->tally.bins[i].weight;
    for (unsigned i = 0; i < b->tally.count; i++) {
        if (b->points[i].kind == PARE_PALETTE_CLEAR) continue;
        b->weight += fmin(b->tally.bins[i].weight, all / PLAIN_PARTS);
    }
    b->out->varied_share = all > 0 ? b->weight / all : 1;
}

/* How much a box asks to be split: its loss, and more when that is of few pixels that are far off
 * than of many that are nearly right. Large errors are seen more than their squares say. */
static double urgency(const color_box *box)
{
    return box->loss * sqrt(box->loss / box->weight);
}

static double spread_of(const color_box *box)
{
    return box->loss / box->weight;
}

static void split_boxes(builder *b, double wanted_loss)
{
    const double allowed = wanted_loss * b->weight;
    while (b->count < PARE_PALETTE_MAX) {
        color_box *worst = NULL, *widest = NULL;
        double loss = 0;
        for (unsigned i = 0; i < b->count; i++) {
            color_box *box = &b->boxes[i];
            loss += box->loss;
            if (box->last - box->first < 2) continue;
            if (!worst || urgency(box) > urgency(worst)) worst = box;
            if (!widest || spread_of(box) > spread_of(widest)) widest = box;
        }
        if (!worst) return;
        const bool is_met = allowed > 0 && loss <= allowed;
        if (is_met && spread_of(widest) <= wanted_loss * SPREAD_MAX) return;
        split_box(b, is_met ? widest : worst);
    }
}

/* What the colour index stands for from now on. */
static void set_color(builder *b, unsigned index, pare_palette_kind kind, const double sum[4],
                      double weight)
{
    pare_palette *out = b->out;
    pare_palette_places *places = &out->places[kind];
    const unsigned at = index - out->first[kind];
    uint8_t *color = out->colors.colors[index];
    float place[PARE_PALETTE_AXES];
    for (int c = 0; c < 4; c++)
        out->light[index][c] = (float)(sum[c] / weight);
    pare_palette_bytes(b->space, out->light[index], color);
    /* what was in between stays there when it is rounded */
    if (kind == PARE_PALETTE_PARTLY && color[3] == 0) color[3] = 1;
    if (kind == PARE_PALETTE_PARTLY && color[3] == 255) color[3] = 254;
    pare_palette_light(b->space, color, out->light[index]);
    pare_palette_place(b->space, out->light[index], place);
    for (int axis = 0; axis < PARE_PALETTE_AXES; axis++)
        places->at[axis][at] = place[axis];
}

/* Each box becomes a colour, in order of kind. */
static void start_colors(builder *b)
{
    pare_palette *out = b->out;
    for (int kind = 0; kind < PARE_PALETTE_KINDS; kind++) {
        pare_palette_places *places = &out->places[kind];
        out->first[kind] = out->colors.count;
        places->is_opaque = kind == PARE_PALETTE_OPAQUE;
        for (unsigned i = 0; i < b->count; i++) {
            const color_box *box = &b->boxes[i];
            if (box->kind != (pare_palette_kind)kind) continue;
            double light[4] = {0};
            for (unsigned k = box->first; k < box->last; k++) {
                for (int c = 0; c < 4; c++)
                    light[c] += b->tally.bins[b->order[k]].light[c];
            }
            places->count++;
            set_color(b, out->colors.count++, (pare_palette_kind)kind, light, box->weight);
        }
        pare_palette_places_pad(places);
    }
}

/* Give every point to its nearest colour, and with `moves` move the colours to the middle of what
 * they were given. Returns the mean loss before. */
static double serve_points(builder *b, pare_palette_nearest_fn nearest, bool moves)
{
    pare_palette *out = b->out;
    double(*sums)[5] = calloc(PARE_PALETTE_MAX, sizeof *sums);
    double loss = 0;
    if (!sums) return -1;
    for (unsigned i = 0; i < b->tally.count; i++) {
        const pare_tally_bin *bin = &b->tally.bins[i];
        const color_point *point = &b->points[i];
        const pare_palette_places *places = &out->places[point->kind];
        const unsigned at = nearest(places, point->place);
        const double distance = (double)pare_palette_distance(places, at, point->place);
        /* what is far off pulls more, as in urgency() */
        const double pull = out->loss > 0 ? sqrt(1 + distance / out->loss) : 1;
        double *sum = sums[out->first[point->kind] + at];
        for (int c = 0; c < 4; c++)
            sum[c] += bin->light[c] * pull;
        sum[4] += bin->weight * pull;
        if (point->kind != PARE_PALETTE_CLEAR) loss += bin->weight * distance;
    }
    for (unsigned i = 0; moves && i < out->colors.count; i++) {
        const pare_palette_kind kind = pare_palette_kind_of(out->colors.colors[i][3]);
        if (sums[i][4] > 0) set_color(b, i, kind, sums[i], sums[i][4]);
    }
    free(sums);
    return b->weight > 0 ? loss / b->weight : 0;
}

static pare_err build(builder *b, const pare_image *image, const pare_palette_wish *wish)
{
    const pare_palette_nearest_fn nearest = pare_palette_nearest_pick(pare_cpu_flags());
    PARE_TRY(open_builder(b, image));
    place_points(b);
    weigh(b);
    start_boxes(b);
    split_boxes(b, wish->loss);
    start_colors(b);
    const bool is_exact = b->count == b->tally.count;
    for (unsigned i = 0; i <= wish->rounds; i++) {
        b->out->loss = serve_points(b, nearest, i < wish->rounds && !is_exact);
        if (b->out->loss < 0) return PARE_ERR_NO_MEMORY;
        if (is_exact) break;
    }
    return PARE_OK;
}

pare_err pare_palette_build(const pare_image *image, const pare_palette_space *space,
                            const pare_palette_wish *wish, pare_palette *out)
{
    builder *b = calloc(1, sizeof *b);
    if (!b) return PARE_ERR_NO_MEMORY;
    *out = (pare_palette){0};
    b->space = space;
    b->out = out;
    const pare_err err = build(b, image, wish);
    close_builder(b);
    return err;
}
