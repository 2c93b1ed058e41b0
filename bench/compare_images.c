// SPDX-License-Identifier: Apache-2.0
/* Two opinions about pairs of images: SSIMULACRA2 and MS-SSIM.
 *
 *   compare_images < PAIRS     lines "REFERENCE<tab>IMAGE"
 *
 * Prints a line for each pair, at once: SSIMULACRA2, MS-SSIM in dB, width and height; or
 * "- - 0 0" when a file cannot be read or the sizes differ. Pairs that follow each other with the
 * same reference share its preparation. Alpha is flattened on white, profiles become sRGB. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/optimize/judge.h"
#include "core/transform/transform.h"

#include "ms_ssim.h"
#include "read_file.h"

static const uint8_t WHITE[3] = {255, 255, 255};

typedef struct reference {
    char *path;       /* owned; NULL: none yet */
    pare_image plain; /* 8-bit RGB */
    pare_judge *judge;
} reference;

/* Upright, flat sRGB of 8 bits. */
static pare_err read_plain(const char *path, pare_image *out)
{
    const pare_limits limits = {.max_pixels = 1000000000};
    pare_buf file;
    pare_err err = read_file(path, &file);
    if (err == PARE_OK) {
        const pare_codec *codec = pare_codec_find(pare_format_sniff(file.data, file.len));
        err = codec ? codec->decode((pare_bytes){file.data, file.len}, &limits, out, NULL)
                    : PARE_SKIP_UNSUPPORTED;
    }
    pare_buf_deinit(&file);
    if (err == PARE_OK) err = pare_transform_orient(out, NULL);
    if (err == PARE_OK && !pare_transform_is_srgb(out)) err = pare_transform_srgb(out, NULL);
    if (err == PARE_OK && out->color == PARE_COLOR_CMYK) err = pare_transform_srgb(out, NULL);
    if (err == PARE_OK && out->has_alpha) err = pare_transform_flatten(out, WHITE, NULL);
    if (err == PARE_OK && out->color == PARE_COLOR_GRAY) err = pare_transform_rgb(out, NULL);
    if (err == PARE_OK && out->depth_bits != 8) err = pare_transform_depth(out, 8, NULL);
    return err;
}

static void forget(reference *ref)
{
    free(ref->path);
    pare_image_deinit(&ref->plain);
    pare_judge_destroy(&ref->judge);
    *ref = (reference){0};
}

static pare_err prepare(reference *ref, const char *path)
{
    if (ref->path && strcmp(ref->path, path) == 0) return PARE_OK;
    forget(ref);
    PARE_TRY(read_plain(path, &ref->plain));
    PARE_TRY(pare_judge_create(&ref->plain, WHITE, &(pare_limits){0}, &ref->judge, NULL));
    ref->path = strdup(path);
    return ref->path ? PARE_OK : PARE_ERR_NO_MEMORY;
}

static pare_err compare(reference *ref, const char *path, double *score, double *db)
{
    pare_image image = {0};
    pare_err err = read_plain(path, &image);
    if (err == PARE_OK) err = ms_ssim_db(&ref->plain, &image, db);
    if (err == PARE_OK) err = pare_judge_take_image(ref->judge, &image, NULL);
    if (err == PARE_OK) err = pare_judge_score(ref->judge, score, NULL);
    pare_image_deinit(&image);
    return err;
}

int main(void)
{
    reference ref = {0};
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, stdin) > 0) {
        double score = 0, db = 0;
        char *tab = strchr(line, '\t');
        line[strcspn(line, "\n")] = '\0';
        if (!tab) continue;
        *tab = '\0';
        pare_err err = prepare(&ref, line);
        if (err == PARE_OK) err = compare(&ref, tab + 1, &score, &db);
        if (err == PARE_OK) {
            printf("%.4f %.4f %u %u\n", score, db, ref.plain.width_px, ref.plain.height_px);
        } else {
            forget(&ref);
            printf("- - 0 0\n");
        }
        fflush(stdout);
    }
    free(line);
    forget(&ref);
    return 0;
}
