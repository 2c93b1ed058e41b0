// SPDX-License-Identifier: Apache-2.0
/* Score pairs of PPM files, with the CPU time that each step takes; the measuring half of
 * score_reference.py.
 *
 *   score_reference REFERENCE.ppm IMAGE.ppm [REFERENCE.ppm IMAGE.ppm ...]
 *
 * One line a pair: score, probe, pixels, and milliseconds of create, score and probe. */
#include <stdio.h>
#include <time.h>

#include "core/metric/ssimulacra2.h"

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* A number of the header; vips puts a comment before the first. */
static bool read_number(FILE *file, unsigned *number)
{
    int next = fgetc(file);
    while (next == ' ' || next == '\n' || next == '#') {
        while (next == '#' && (next = fgetc(file)) != '\n' && next != EOF)
            next = '#';
        next = fgetc(file);
    }
    ungetc(next, file);
    return fscanf(file, "%u", number) == 1;
}

/* 8 bit P6 or P5, as vips and djpeg write. */
static bool read_pnm(const char *path, pare_image *image)
{
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    char kind;
    unsigned width, height, top;
    bool ok = fscanf(file, "P%c", &kind) == 1 && read_number(file, &width) &&
              read_number(file, &height) && read_number(file, &top) && fgetc(file) != EOF &&
              (kind == '5' || kind == '6') && top == 255;
    ok = ok && pare_image_init(image, width, height, kind == '6' ? PARE_COLOR_RGB : PARE_COLOR_GRAY,
                               false, 8) == PARE_OK;
    for (uint32_t y = 0; ok && y < height; y++)
        ok = fread(pare_image_row(image, y), image->stride_bytes, 1, file) == 1;
    fclose(file);
    return ok;
}

static pare_err measure(const pare_image *reference, const pare_image *image, pare_diag *diag)
{
    static const uint8_t WHITE[3] = {255, 255, 255};
    pare_scorer *scorer = NULL;
    double score = 0, probe = 0, times[4] = {cpu_ms()};
    pare_err err = pare_scorer_create(reference, WHITE, &scorer, diag);
    times[1] = cpu_ms();
    if (err == PARE_OK) err = pare_scorer_score(scorer, image, &score, diag);
    times[2] = cpu_ms();
    if (err == PARE_OK) err = pare_scorer_probe(scorer, image, &probe, diag);
    times[3] = cpu_ms();
    pare_scorer_destroy(&scorer);
    if (err != PARE_OK) return err;
    printf("%.8f %.8f %llu %.3f %.3f %.3f\n", score, probe,
           (unsigned long long)image->width_px * image->height_px, times[1] - times[0],
           times[2] - times[1], times[3] - times[2]);
    return PARE_OK;
}

int main(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        pare_image reference = {0}, image = {0};
        pare_diag diag = {0};
        pare_err err = PARE_ERR_IO;
        if (read_pnm(argv[i], &reference) && read_pnm(argv[i + 1], &image))
            err = measure(&reference, &image, &diag);
        pare_image_deinit(&reference);
        pare_image_deinit(&image);
        if (err != PARE_OK) {
            fprintf(stderr, "%s %s: %s %s\n", argv[i], argv[i + 1], pare_err_name(err), diag.text);
            return 1;
        }
    }
    return 0;
}
