// SPDX-License-Identifier: Apache-2.0
/* Decodes files by every path of the codecs and prints one line each: for trying a folder of odd
 * files under a sanitizer. decode_file FILE... */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <pare/pare.h>

#include "base/clock.h"
#include "core/codec/codec.h"

static uint8_t *read_whole(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    uint8_t *data = NULL;
    long size;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0) {
        rewind(file);
        data = malloc((size_t)size ? (size_t)size : 1); /* exact: a sanitizer sees each overrun */
        *len = data ? fread(data, 1, (size_t)size, file) : 0;
    }
    fclose(file);
    return data;
}

static pare_err decode(const uint8_t *data, size_t len, uint32_t shrink, pare_image *image,
                       pare_diag *diag)
{
    const pare_codec *codec = pare_codec_find(pare_format_sniff(data, len));
    const pare_limits limits = {
        .max_pixels = 100000000, .max_memory_bytes = 1 << 30, .shrink = shrink};
    if (!codec) return PARE_SKIP_UNSUPPORTED;
    return codec->decode((pare_bytes){data, len}, &limits, image, diag);
}

static void try_file(const char *path)
{
    size_t len = 0;
    uint8_t *data = read_whole(path, &len);
    if (!data) return;
    pare_info info;
    pare_diag info_diag = {0}, diag = {0};
    pare_image image = {0}, small = {0};
    const uint64_t start_us = pare_clock_us();
    const pare_err info_err = pare_read_info(data, len, &info, &info_diag);
    const pare_err err = decode(data, len, 1, &image, &diag);
    const pare_err small_err = decode(data, len, 8, &small, NULL);
    uint64_t sum = 0; /* reads every byte, so that a sanitizer sees unwritten ones */
    for (uint32_t y = 0; y < image.height_px; y++) {
        for (size_t x = 0; x < image.stride_bytes; x++)
            sum = sum * 31 + pare_image_row(&image, y)[x];
    }
    printf("%s: info %s, decode %s, shrunk %s, %ux%u %u bit %u ch, frames %u%s%s%s, %016" PRIx64
           ", %" PRIu64 " ms: %s | %s\n",
           path, pare_err_name(info_err), pare_err_name(err), pare_err_name(small_err),
           info.width_px, info.height_px, info.depth_bits, info.channels, info.frames,
           info.is_animated ? " animated" : "", info.has_trailing_data ? " trailing" : "",
           image.metadata.icc.len ? " icc" : "", sum, (pare_clock_us() - start_us) / 1000,
           info_diag.text, diag.text);
    pare_image_deinit(&image);
    pare_image_deinit(&small);
    free(data);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        try_file(argv[i]);
    return 0;
}
