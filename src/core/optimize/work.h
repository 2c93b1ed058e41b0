// SPDX-License-Identifier: Apache-2.0
/* One image on its way through the steps; inside core/optimize only. */
#ifndef PARE_CORE_WORK_H
#define PARE_CORE_WORK_H

#include "core/codec/codec.h"
#include "core/optimize/content.h"
#include "core/optimize/optimize.h"

typedef struct pare_work {
    pare_bytes file; /* borrowed */
    const pare_options *options;
    const pare_step_listener *listener; /* may be NULL */
    pare_result *result;
    pare_diag *diag;

    pare_info info;
    const pare_codec *decoder;
    /* Decoded; upright and of the asked size once is_transformed. */
    pare_image image;
    bool header_only;    /* image has no pixels: the work is on the bytes of the file */
    bool is_transformed; /* pixels were turned or resized: image is no longer that of the file */
    bool is_srgb;        /* image.metadata.icc is none or as good as sRGB */
    pare_content content;
    bool is_harmless; /* options->sanitize would take nothing out of the file */

    pare_step step;
    uint64_t step_start_us;
} pare_work;

/* One way to write the image. */
typedef struct pare_candidate {
    pare_format format;
    const pare_codec *codec;
    pare_quality quality; /* SCORE, FIXED or LOSSLESS */
    bool from_original;   /* the encoder works on the bytes of the file */
    bool transcodes;      /* ...which are of another format; nothing is lost */
    bool is_last_resort;  /* costs much and is hardly ever the smallest: for when all others fail */
} pare_candidate;

/* A file with losses must beat one without, of the same source, by this factor to be worth them. */
#define PARE_LOSSY_GAIN 0.97

enum { PARE_CANDIDATES_MAX = 4 };

/* A candidate that was written, and how good it is. */
typedef struct pare_found {
    pare_buf bytes;
    pare_format format;
    bool lossless;
    bool is_scored;   /* these very bytes were decoded and scored */
    size_t draft_len; /* of the draft whose score it is; 0: there was none */
    double quality, score;
    uint32_t width_px, height_px;
} pare_found;

void pare_found_deinit(pare_found *found);

/* Ends the time of the step before and tells the listener. */
void pare_work_begin_step(pare_work *work, pare_step step);

/* The pages of the file are not needed for a while. */
static inline void pare_work_let_go(const pare_work *work)
{
    const pare_step_listener *listener = work->listener;
    if (listener && listener->on_read) listener->on_read(listener->user, work->file.len);
}

static inline pare_limits pare_work_limits(const pare_work *work)
{
    return (pare_limits){.max_pixels = work->options->max_pixels,
                         .max_memory_bytes = work->options->max_memory_bytes};
}

#endif /* PARE_CORE_WORK_H */
