// SPDX-License-Identifier: Apache-2.0
/* Make one image smaller with libpare.
 *
 *   cc optimize.c $(pkg-config --cflags --libs pare) -o optimize
 *   ./optimize photo.jpg smaller.jpg
 *
 * The image is decoded in this process. For images of strangers use libpare-batch, which decodes
 * in sandboxed worker processes. */
#include <stdio.h>
#include <stdlib.h>

#include <pare/pare.h>

/* The whole file, or NULL; freed by the caller. */
static uint8_t *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long size = -1;
    if (file && fseek(file, 0, SEEK_END) == 0) size = ftell(file);
    if (size > 0 && fseek(file, 0, SEEK_SET) == 0) data = malloc((size_t)size);
    if (data && fread(data, 1, (size_t)size, file) != (size_t)size) {
        free(data);
        data = NULL;
    }
    if (file) fclose(file);
    *len = data ? (size_t)size : 0;
    return data;
}

static int write_file(const char *path, const uint8_t *data, size_t len)
{
    FILE *file = fopen(path, "wb");
    if (!file) return 0;
    const int written = fwrite(data, 1, len, file) == len;
    return fclose(file) == 0 && written;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s INPUT OUTPUT\n", argv[0]);
        return 2;
    }
    size_t len;
    uint8_t *data = read_file(argv[1], &len);
    if (!data) {
        fprintf(stderr, "%s: cannot read it\n", argv[1]);
        return 1;
    }

    pare_options options;
    pare_options_init(&options); /* the smallest file that scores 80 against the input */
    pare_result result;
    pare_diag diag = {0};
    const pare_err err = pare_optimize(data, len, &options, &result, &diag);
    int code = 0;
    if (pare_err_is_skip(err)) {
        printf("%s is best left alone: %s\n", argv[1], diag.text);
    } else if (err != PARE_OK) {
        fprintf(stderr, "%s: %s\n", argv[1], diag.text);
        code = 1;
    } else if (!write_file(argv[2], result.data, result.len)) {
        fprintf(stderr, "%s: cannot write it\n", argv[2]);
        code = 1;
    } else {
        printf("%zu -> %zu bytes, score %.1f\n", len, result.len, result.score);
    }
    pare_result_deinit(&result);
    free(data);
    return code;
}
