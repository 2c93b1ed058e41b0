// SPDX-License-Identifier: Apache-2.0
/* What kind of image is it? Cheap: at most about 200,000 sampled pixels are looked at. */
#ifndef PARE_CORE_CONTENT_H
#define PARE_CORE_CONTENT_H

#include "core/image/image.h"

typedef struct pare_content {
    bool is_graphic;     /* drawn, not photographed: large areas of exactly one colour */
    bool is_text;        /* a graphic of hard edges on one ground */
    bool has_few_colors; /* at most 256 in the sample, of gray images 64 */
    bool has_alpha;      /* at least one sampled pixel is not opaque */
    double flat_share;   /* 0..1: neighbours of exactly the same colour */
    double edge_share;   /* 0..1 of the others: steps of more than a quarter of the range */
    double noise;        /* mean deviation of a pixel from its neighbours where nothing is drawn, in
                            units of 8 bits */
} pare_content;

pare_content pare_analyse_content(const pare_image *image);

/* A photograph for certain: hardly any flat ground. */
bool pare_content_is_photo(const pare_content *content);

/* "text", "graphic", "few-colors" or "photo", for pare_info.content. Static. */
const char *pare_content_name(const pare_content *content);

#endif /* PARE_CORE_CONTENT_H */
