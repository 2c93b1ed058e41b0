// SPDX-License-Identifier: Apache-2.0
/* Quantization of a plane. Each block's AC numbers are the shortest path through its coefficients
 * (Viterbi; Crouse and Ramchandran 1997 for JPEG): an edge leads from one nonzero number to the
 * next and costs the bits of its run and size, a node costs its error.
 *
 * Distances are in steps of the table, so that the table decides what an error is worth, and the
 * path only whether its bits are. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* the loops over samples are what only -O3 turns into SIMD */
#endif
#include "core/codec/jpeg_quantize.h"

#include <math.h>
#include <string.h>

#include "core/codec/jpeg_rows.h"

#define DEAD_ZONE 0.62f    /* without trellis: round up from here instead of from a half */
#define STATS_ZONE 0.65f   /* of the pass that learns what symbols cost */
#define STATS_BLOCKS 8192u /* about as many blocks tell */
#define CANDIDATE_MIN 0.5f

/* Price of a bit in squared steps, on flat ground, and how far it grows under detail. */
#define LUMA_LAMBDA 0.06f
#define CHROMA_LAMBDA 0.10f
#define MASKING_ENERGY 300.0f
#define MASKING_MAX 4.0f
#define STEEPNESS 0.25 /* errors of coarsely quantized frequencies weigh this power more */
/* A number from here on is never worth dropping: no run is that expensive. */
#define KEEP_FROM 3

#define SIZES 11

/* What symbols cost, in bits, the bits after the symbol included. */
typedef struct prices {
    float run_size[16][SIZES]; /* [run][size] */
    float zero_run;            /* 16 zeros */
    float end;                 /* end of block */
} prices;

typedef struct plane_state {
    const pare_jpeg_plane *plane;
    const pare_jpeg_quantizer *quantizer;
    float factors[64];  /* steps of the new table in one stored unit, natural order */
    float energies[64]; /* squared value of one stored unit; 0 for DC */
    float weights[64];  /* of squared errors, zigzag order */
    float lambda;
    prices prices;
} plane_state;

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

static inline unsigned size_of(unsigned value)
{
    return 32u - (unsigned)__builtin_clz(value);
}

/* Magnitudes in steps of the new table, natural order. */
static void scale_block(const plane_state *self, const int16_t *block, float *steps)
{
    const float shrink = self->plane->shrink;
    for (int i = 0; i < 64; i++) {
        const float kept = fabsf((float)block[i]) - shrink;
        steps[i] = (kept > 0.0f ? kept : 0.0f) * self->factors[i];
    }
}

static int16_t quantize_dc(const plane_state *self, const int16_t *block)
{
    const int dc = (int)lrintf((float)block[0] * self->factors[0]);
    return (int16_t)clamp(dc, -PARE_JPEG_AC_MAX - 1, PARE_JPEG_AC_MAX);
}

/* Numbers by plain rounding up from a zone. Returns how many are not zero. */
static int round_block(const float *steps, const int16_t *block, float zone, uint8_t *positions,
                       int16_t *values)
{
    int count = 0;
    for (int k = 1; k < 64; k++) {
        const int n = pare_jpeg_natural[k];
        int value = (int)(steps[n] + (1.0f - zone));
        if (value > PARE_JPEG_AC_MAX) value = PARE_JPEG_AC_MAX;
        positions[count] = (uint8_t)k;
        values[count] = (int16_t)(block[n] < 0 ? -value : value);
        count += value != 0;
    }
    return count;
}

static void count_symbols(const uint8_t *positions, const int16_t *values, int count,
                          uint32_t *histogram)
{
    int last = 0;
    for (int i = 0; i < count; i++) {
        int run = positions[i] - last - 1;
        last = positions[i];
        for (; run > 15; run -= 16)
            histogram[0xf0]++;
        const unsigned magnitude = (unsigned)(values[i] < 0 ? -values[i] : values[i]);
        histogram[(unsigned)run << 4 | size_of(magnitude)]++;
    }
    if (last < 63) histogram[0]++;
}

static float bits_of(uint32_t count, uint32_t total)
{
    const double bits = log2((double)(total + 1) / ((double)count + 0.1));
    return (float)(bits < 1.0 ? 1.0 : bits > 16.0 ? 16.0 : bits);
}

/* The symbols of blocks that are only rounded. */
typedef struct symbol_count {
    const plane_state *state;
    uint32_t histogram[256];
} symbol_count;

static void visit_block(void *user, const int16_t *block)
{
    symbol_count *symbols = user;
    float steps[64];
    uint8_t positions[64];
    int16_t values[64];
    scale_block(symbols->state, block, steps);
    const int count = round_block(steps, block, STATS_ZONE, positions, values);
    count_symbols(positions, values, count, symbols->histogram);
}

static void learn_prices(plane_state *self)
{
    symbol_count symbols = {.state = self};
    const uint32_t *histogram = symbols.histogram;
    uint32_t total = 0;
    (void)pare_jpeg_rows_sample(self->plane, STATS_BLOCKS, visit_block, &symbols);
    for (int i = 0; i < 256; i++)
        total += histogram[i];
    for (unsigned run = 0; run < 16; run++) {
        for (unsigned size = 1; size < SIZES; size++) {
            self->prices.run_size[run][size] =
                bits_of(histogram[run << 4 | size], total) + (float)size;
        }
    }
    self->prices.zero_run = bits_of(histogram[0xf0], total);
    self->prices.end = bits_of(histogram[0], total);
}

static float lambda_of(const plane_state *self, const int16_t *block)
{
    if (self->quantizer->weighing == PARE_JPEG_WEIGH_CHROMA) return self->lambda;
    float sums[8] = {0.0f};
    for (int i = 0; i < 64; i += 8) {
        for (int j = 0; j < 8; j++) {
            const float value = (float)block[i + j];
            sums[j] += value * value * self->energies[i + j];
        }
    }
    const float energy =
        ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    const float masking = 1.0f + energy * (1.0f / (63.0f * MASKING_ENERGY));
    return self->lambda * (masking < MASKING_MAX ? masking : MASKING_MAX);
}

/* A coefficient that may become nonzero: as a node of the path. */
typedef struct node {
    float cost;     /* of the best path that ends here, against all zeros */
    float gains[2]; /* error of a choice less the error of zero */
    uint8_t sizes[2];
    int16_t choices[2];
    int16_t best; /* choice */
    uint8_t choice_count;
    uint8_t position;
    uint8_t previous; /* node */
} node;

static int list_nodes(const plane_state *self, const float *steps, node *nodes)
{
    int count = 0;
    for (int k = 1; k < 64; k++) {
        const float step = steps[pare_jpeg_natural[k]];
        if (step < CANDIDATE_MIN) continue;
        node *n = &nodes[++count];
        const int rounded = clamp((int)(step + 0.5f), 1, PARE_JPEG_AC_MAX);
        n->position = (uint8_t)k;
        n->choice_count = 1;
        const float weight = self->weights[k];
        for (int i = 0; i < 2; i++) {
            const int choice = rounded - i;
            const float error = step - (float)choice;
            n->choices[i] = (int16_t)choice;
            n->sizes[i] = (uint8_t)(choice ? size_of((unsigned)choice) : 0);
            n->gains[i] = weight * (error * error - step * step);
        }
        if (rounded > 1 && n->sizes[1] != n->sizes[0]) n->choice_count = 2;
    }
    return count;
}

/* The cheapest way to reach node i. */
static void reach(const prices *p, float lambda, node *nodes, int i)
{
    node *n = &nodes[i];
    n->cost = INFINITY;
    for (int j = i - 1; j >= 0; j--) {
        const unsigned run = (unsigned)(n->position - nodes[j].position - 1);
        const float base = nodes[j].cost + lambda * (float)(run >> 4) * p->zero_run;
        const float *sizes = p->run_size[run & 15];
        for (int c = 0; c < n->choice_count; c++) {
            const float cost = base + lambda * sizes[n->sizes[c]] + n->gains[c];
            if (cost < n->cost) {
                n->cost = cost;
                n->best = n->choices[c];
                n->previous = (uint8_t)j;
            }
        }
        if (j > 0 && nodes[j].choices[0] >= KEEP_FROM) break;
    }
}

static int quantize_block(const plane_state *self, const int16_t *block, uint8_t *positions,
                          int16_t *values)
{
    float steps[64];
    node nodes[64];
    scale_block(self, block, steps);
    if (!self->quantizer->trellis) return round_block(steps, block, DEAD_ZONE, positions, values);
    const int count = list_nodes(self, steps, nodes);
    if (count == 0) return 0;
    const float lambda = lambda_of(self, block);
    const float end = lambda * self->prices.end;
    nodes[0] = (node){.cost = 0.0f};
    int best = 0;
    float best_cost = end;
    for (int i = 1; i <= count; i++) {
        reach(&self->prices, lambda, nodes, i);
        const float cost = nodes[i].cost + (nodes[i].position < 63 ? end : 0.0f);
        /* What must be kept makes every earlier end impossible. */
        if (cost < best_cost || nodes[i].choices[0] >= KEEP_FROM) {
            best_cost = cost;
            best = i;
        }
    }
    int used = 0;
    uint8_t path[64];
    for (int i = best; i > 0; i = nodes[i].previous)
        path[used++] = (uint8_t)i;
    for (int i = 0; i < used; i++) {
        const node *n = &nodes[path[used - 1 - i]];
        positions[i] = n->position;
        values[i] = block[pare_jpeg_natural[n->position]] < 0 ? (int16_t)-n->best : n->best;
    }
    return used;
}

static void prepare(plane_state *self)
{
    const pare_jpeg_plane *plane = self->plane;
    const uint16_t *quant = self->quantizer->quant;
    for (int i = 0; i < 64; i++) {
        self->factors[i] = plane->step[i] / (float)quant[i];
        self->energies[i] = i ? plane->step[i] * plane->step[i] : 0.0f;
    }
    for (int k = 1; k < 64; k++) {
        const double ratio = (double)quant[pare_jpeg_natural[k]] / quant[pare_jpeg_natural[1]];
        self->weights[k] = (float)pow(ratio, STEEPNESS);
    }
    self->lambda =
        self->quantizer->weighing == PARE_JPEG_WEIGH_CHROMA ? CHROMA_LAMBDA : LUMA_LAMBDA;
    if (self->quantizer->trellis) learn_prices(self);
}

pare_err pare_jpeg_quantize(const pare_jpeg_plane *plane, const pare_jpeg_quantizer *quantizer,
                            pare_jpeg_blocks *out)
{
    plane_state self = {.plane = plane, .quantizer = quantizer};
    PARE_TRY(pare_jpeg_blocks_init(out, plane));
    prepare(&self);
    size_t index = 0;
    for (uint32_t y = 0; y < plane->height_blocks; y++) {
        PARE_TRY(pare_jpeg_blocks_begin_row(out, y));
        pare_jpeg_cursor cursor;
        pare_jpeg_cursor_start(plane, y, &cursor);
        for (uint32_t x = 0; x < plane->width_blocks; x++, index++) {
            const int16_t *block = pare_jpeg_cursor_next(&cursor);
            const int count = cursor.is_flat
                                  ? 0
                                  : quantize_block(&self, block, out->positions + out->len,
                                                   out->values + out->len);
            out->dc[index] = quantize_dc(&self, block);
            out->counts[index] = (uint8_t)count;
            out->len += (size_t)count;
        }
    }
    return PARE_OK;
}
