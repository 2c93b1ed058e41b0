// SPDX-License-Identifier: Apache-2.0
/* The JPEG encoder: coefficients -> tables -> quantization -> script -> file. */
#include "core/codec/jpeg_encoder.h"

#include <stdlib.h>

#include "core/codec/jpeg_check.h"
#include "core/codec/jpeg_markers.h"
#include "core/codec/jpeg_quantize.h"
#include "core/codec/jpeg_tables.h"
#include "core/codec/jpeg_write.h"

/* Stored units that decoders' plain dequantization overestimates magnitudes by. */
#define SOURCE_SHRINK 0.08f
/* Halving chroma also moves it off the grid that the file was quantized on, which costs more than
 * it saves once the asked steps come near the file's own: from this ratio of theirs to ours on. */
#define SAME_GRID_FROM 0.6
/* What 4:2:0 would lose is worth its bits from this many squared sample units on... */
#define CHROMA_LOSS_MAX 3.0
/* ...or from this share of the activity of brightness on: on quiet images less is seen, and lost
 * chroma is a larger part of what there is to see... */
#define CHROMA_LOSS_SHARE 0.05
/* ...unless it is noise: as strong as the frequencies below it. */
#define CHROMA_NOISE 0.5

/* From here on coefficients are weighed by bits and looks, below they are rounded. */
enum { TRELLIS_EFFORT = 2 };

struct pare_encoder {
    pare_jpeg_coeffs coeffs;
    pare_jpeg_coeffs halved; /* coeffs with chroma at 4:2:0 for when it is asked; else zero */
    bool may_halve;          /* whether to halve is decided by the tables of a quality */
    pare_jpeg_frame frame;
    const pare_metadata *metadata;
    bool is_lossless;
    int effort;
    /* What the last try wrote from: */
    double quality;
    const pare_jpeg_coeffs *planned;
    uint16_t quants[PARE_JPEG_COMPONENTS_MAX][64];
};

static void describe_frame(pare_encoder *self, const pare_jpeg_coeffs *coeffs)
{
    self->frame.component_count = coeffs->component_count;
    self->frame.max_h = coeffs->max_h;
    self->frame.max_v = coeffs->max_v;
    self->frame.width_px = coeffs->width_px;
    self->frame.height_px = coeffs->height_px;
}

static pare_err open_lossless(pare_encoder *self, pare_diag *diag)
{
    for (int i = 0; i < self->coeffs.component_count; i++) {
        PARE_TRY(pare_jpeg_blocks_copy(&self->frame.blocks[i], &self->coeffs.planes[i], diag));
        if (!pare_jpeg_check_same(&self->frame.blocks[i], &self->coeffs.planes[i])) {
            return pare_fail(diag, PARE_ERR_VERIFY, "verify: JPEG: a coefficient was lost");
        }
    }
    pare_jpeg_coeffs_release_rows(&self->coeffs);
    return PARE_OK;
}

/* Is there chroma detail that 4:2:0 would visibly lose? */
static bool loses_detail(const pare_jpeg_halving_cost *cost)
{
    if (cost->lost > CHROMA_LOSS_MAX) return true;
    return cost->lost > CHROMA_LOSS_SHARE * cost->activity &&
           cost->lost < CHROMA_NOISE * cost->below;
}

static void open_lossy(pare_encoder *self, const pare_encode_params *params)
{
    pare_jpeg_coeffs *coeffs = &self->coeffs;
    for (int i = 0; i < coeffs->component_count; i++)
        coeffs->planes[i].shrink = SOURCE_SHRINK;
    if (params->is_graphic) return;
    const pare_jpeg_halving_cost cost = pare_jpeg_coeffs_halving_cost(coeffs);
    self->may_halve = cost.is_halvable && !loses_detail(&cost);
}

static pare_err open_source(pare_encoder *self, const pare_source *source,
                            const pare_encode_params *params, pare_diag *diag)
{
    if (source->original.len > 0) {
        PARE_TRY(
            pare_jpeg_coeffs_read(source->original, params->max_memory_bytes, &self->coeffs, diag));
        if (params->lossless) return open_lossless(self, diag);
        open_lossy(self, params);
        return PARE_OK;
    }
    if (params->lossless || !source->image) {
        return pare_fail(diag, PARE_ERR_INVALID, "JPEG is lossless only from a JPEG file");
    }
    const pare_jpeg_shape shape = {.halve_chroma = !params->is_graphic};
    return pare_jpeg_coeffs_from_pixels(source->image, &shape, &self->coeffs, diag);
}

pare_err pare_jpeg_encoder_open(const pare_source *source, const pare_encode_params *params,
                                pare_encoder **out, pare_diag *diag)
{
    *out = NULL;
    pare_encoder *self = calloc(1, sizeof *self);
    if (!self) return PARE_ERR_NO_MEMORY;
    self->metadata = source->metadata;
    self->is_lossless = params->lossless;
    self->effort = params->effort;
    const pare_err err = open_source(self, source, params, diag);
    if (err != PARE_OK) {
        pare_jpeg_encoder_close(&self);
        return err;
    }
    *out = self;
    return PARE_OK;
}

/* Are the chroma steps of the file near these or beyond? */
static bool is_on_grid(const pare_jpeg_coeffs *coeffs, const uint16_t (*quants)[64])
{
    uint32_t own = 0, asked = 0;
    for (int c = 1; c <= 2; c++) {
        for (int k = 0; k < 64; k++) {
            own += coeffs->planes[c].quant[k];
            asked += quants[c][k];
        }
    }
    return own > SAME_GRID_FROM * asked;
}

/* The coefficients to write at a quality, whole or halved, and their tables. */
static pare_err choose_coeffs(pare_encoder *self, double quality, const pare_jpeg_coeffs **out,
                              uint16_t (*quants)[64])
{
    const double distance = pare_jpeg_distance(quality);
    *out = &self->coeffs;
    pare_jpeg_tables_make(&self->coeffs, distance, quants);
    if (self->may_halve && !is_on_grid(&self->coeffs, (const uint16_t(*)[64])quants)) {
        if (!self->halved.component_count) {
            PARE_TRY(pare_jpeg_coeffs_halve(&self->coeffs, &self->halved));
        }
        *out = &self->halved;
        pare_jpeg_tables_make(&self->halved, distance, quants);
    }
    pare_jpeg_tables_fit(*out, quants);
    return PARE_OK;
}

static bool has_chroma(const pare_jpeg_coeffs *coeffs)
{
    return coeffs->color == PARE_JPEG_YCC || coeffs->color == PARE_JPEG_YCCK;
}

static pare_err quantize(pare_encoder *self)
{
    const pare_jpeg_coeffs *coeffs = self->planned;
    for (int i = 0; i < coeffs->component_count; i++) {
        const bool is_chroma = has_chroma(coeffs) && (i == 1 || i == 2);
        const pare_jpeg_quantizer quantizer = {.quant = self->quants[i],
                                               .weighing = is_chroma ? PARE_JPEG_WEIGH_CHROMA
                                                                     : PARE_JPEG_WEIGH_LUMA,
                                               .trellis = self->effort >= TRELLIS_EFFORT};
        PARE_TRY(pare_jpeg_quantize(&coeffs->planes[i], &quantizer, &self->frame.blocks[i]));
    }
    return PARE_OK;
}

/* Everything that is written at a quality, but not how. */
static pare_err plan(pare_encoder *self, double quality, pare_diag *diag)
{
    self->planned = NULL;
    if (self->is_lossless) {
        self->planned = &self->coeffs;
        for (int i = 0; i < self->coeffs.component_count; i++) {
            for (int k = 0; k < 64; k++)
                self->quants[i][k] = self->coeffs.planes[i].quant[k];
        }
    } else {
        if (!(quality >= 1.0 && quality <= 100.0)) {
            return pare_fail(diag, PARE_ERR_INVALID, "quality %g", quality);
        }
        PARE_TRY(choose_coeffs(self, quality, &self->planned, self->quants));
        PARE_TRY(quantize(self));
    }
    self->quality = quality;
    describe_frame(self, self->planned);
    return PARE_OK;
}

static pare_jpeg_file describe_file(const pare_encoder *self, const pare_jpeg_script *script)
{
    return (pare_jpeg_file){.head = self->planned,
                            .frame = &self->frame,
                            .quants = (const uint16_t(*)[64])self->quants,
                            .script = script,
                            .metadata = self->metadata};
}

static pare_err write_smallest(const pare_encoder *self, pare_buf *out, pare_diag *diag)
{
    pare_jpeg_script scripts[PARE_JPEG_SCRIPTS_MAX];
    const int count =
        pare_jpeg_script_search(&self->frame, has_chroma(self->planned), self->effort, scripts);
    pare_buf other = {0};
    pare_err err = PARE_OK;
    for (int i = 0; i < count && err == PARE_OK; i++) {
        const pare_jpeg_file file = describe_file(self, &scripts[i]);
        other.len = 0;
        err = pare_jpeg_write(&file, i ? &other : out, diag);
        if (err == PARE_OK && i && other.len < out->len) pare_buf_move(out, &other);
    }
    pare_buf_deinit(&other);
    return err;
}

static pare_err plan_once(pare_encoder *self, double quality, pare_diag *diag)
{
    if (self->planned && (self->is_lossless || self->quality == quality)) return PARE_OK;
    return plan(self, quality, diag);
}

pare_err pare_jpeg_encoder_try(pare_encoder *self, double quality, pare_buf *out, pare_diag *diag)
{
    out->len = 0;
    PARE_TRY(plan_once(self, quality, diag));
    return write_smallest(self, out, diag);
}

pare_err pare_jpeg_encoder_draft(pare_encoder *self, double quality, pare_buf *out, pare_diag *diag)
{
    pare_jpeg_script script;
    out->len = 0;
    PARE_TRY(plan_once(self, quality, diag));
    pare_jpeg_script_plain(&self->frame, has_chroma(self->planned), &script);
    const pare_jpeg_file file = describe_file(self, &script);
    return pare_jpeg_write(&file, out, diag);
}

pare_err pare_jpeg_encoder_check(pare_encoder *self, double quality, pare_bytes file,
                                 pare_diag *diag)
{
    PARE_TRY(plan_once(self, quality, diag));
    const pare_jpeg_file want = describe_file(self, NULL);
    PARE_TRY(pare_jpeg_check(file, &want, diag));
    if (self->is_lossless) return PARE_OK; /* the numbers were compared when they were copied */
    if (self->planned == &self->halved) {
        PARE_TRY(pare_jpeg_check_halved(&self->halved, &self->coeffs, diag));
    }
    return pare_jpeg_check_near(&self->frame, want.quants, self->planned, diag);
}

/* Noise comes out smaller when it is only rounded: each of its numbers is seen. */
int pare_jpeg_encoder_rung(const pare_encode_params *params)
{
    return !params->lossless && params->effort >= TRELLIS_EFFORT;
}

void pare_jpeg_encoder_close(pare_encoder **encoder)
{
    pare_encoder *self = *encoder;
    if (!self) return;
    for (int i = 0; i < PARE_JPEG_COMPONENTS_MAX; i++) {
        pare_jpeg_blocks_deinit(&self->frame.blocks[i]);
    }
    pare_jpeg_coeffs_deinit(&self->halved);
    pare_jpeg_coeffs_deinit(&self->coeffs);
    free(self);
    *encoder = NULL;
}

static pare_err rewrite(pare_encoder *self, pare_salvaged *out, pare_diag *diag)
{
    PARE_TRY(open_lossless(self, diag));
    PARE_TRY(pare_jpeg_encoder_try(self, 100, &out->file, diag));
    return pare_jpeg_encoder_check(self, 100, pare_buf_view(&out->file), diag);
}

/* The effort is that of a file which is looked at once. */
pare_err pare_jpeg_salvage(pare_bytes file, const pare_limits *limits, pare_salvaged *out,
                           pare_diag *diag)
{
    pare_jpeg_markers markers;
    pare_metadata metadata = {0};
    *out = (pare_salvaged){0};
    pare_encoder *self = calloc(1, sizeof *self);
    if (!self) return PARE_ERR_NO_MEMORY;
    *self = (pare_encoder){.metadata = &metadata, .is_lossless = true, .effort = 2};
    pare_jpeg_markers_read(file, &markers);
    pare_err err = pare_jpeg_markers_metadata(&markers, &metadata);
    if (err == PARE_OK) {
        err = pare_jpeg_coeffs_salvage(file, limits->max_memory_bytes, &self->coeffs, &out->done,
                                       diag);
    }
    out->total = self->coeffs.height_px;
    if (err == PARE_OK && out->done == 0) {
        err = pare_fail(diag, PARE_ERR_TRUNCATED, "JPEG: nothing is left of the image");
    }
    /* with halved chroma the last row takes colour from the gray below */
    if (err == PARE_OK && out->done > 1 && out->done < out->total && self->coeffs.max_v > 1) {
        out->done--;
    }
    if (err == PARE_OK) err = rewrite(self, out, diag);
    pare_jpeg_encoder_close(&self);
    pare_metadata_deinit(&metadata);
    return err;
}
