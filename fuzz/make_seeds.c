// SPDX-License-Identifier: Apache-2.0
/* Writes the seeds of every target: make_seeds IMAGES OUT, where IMAGES holds generated images.
 *
 * decode: the images. header: their beginnings. optimize: four bytes of options before each.
 * message: one message of each kind. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "wire/message.h"

enum { HEADER_LEN = 2048, FILE_CAP = 256 * 1024 };

static void write_seed(const char *out, const char *target, const char *name, const void *data,
                       size_t len)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", out, target);
    if (mkdir(path, 0755) != 0 && errno != EEXIST) exit(1);
    snprintf(path, sizeof path, "%s/%s/%s", out, target, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, len, file) != len || fclose(file) != 0) exit(1);
}

/* Lossless, a quality, another format, a resize: see choose() in fuzz_optimize.c. */
static void write_optimize_seeds(const char *out, const char *name, uint8_t *data, size_t len)
{
    static const uint8_t OPTIONS[][4] = {
        {0, 4, 0, 0},       {1, 8, 70, 0},       {8, 8, 60, 0},  {9, 8 + 1, 90, 0},
        {10, 8 + 2, 50, 0}, {8, 8 + 16, 40, 20}, {2, 4, 255, 0},
    };
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++) {
        char seed_name[NAME_MAX + 16];
        snprintf(seed_name, sizeof seed_name, "%zu-%s", i, name);
        memcpy(data - 4, OPTIONS[i], 4);
        write_seed(out, "optimize", seed_name, data - 4, len + 4);
    }
}

static void write_image_seeds(const char *folder, const char *name, const char *out)
{
    static uint8_t space[4 + FILE_CAP];
    uint8_t *const data = space + 4;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) exit(1);
    const size_t len = fread(data, 1, FILE_CAP, file);
    fclose(file);
    write_seed(out, "decode", name, data, len);
    write_seed(out, "header", name, data, len < HEADER_LEN ? len : HEADER_LEN);
    write_optimize_seeds(out, name, data, len);
}

static void write_message_seed(const char *out, const char *name, const pare_message *message)
{
    uint8_t data[PARE_MESSAGE_CAP];
    size_t len = 0;
    if (pare_message_encode(message, data, sizeof data, &len) != PARE_OK) exit(1);
    write_seed(out, "message", name, data, len);
}

static void write_message_seeds(const char *out)
{
    pare_message hello = {.kind = PARE_MESSAGE_HELLO};
    hello.hello.version = PARE_MESSAGE_VERSION;
    write_message_seed(out, "hello", &hello);

    pare_message task = {.kind = PARE_MESSAGE_TASK, .task_id = 7};
    task.task.kind = PARE_TASK_OPTIMIZE;
    pare_options_init(&task.task.options);
    write_message_seed(out, "task", &task);

    pare_message step = {.kind = PARE_MESSAGE_STEP, .task_id = 7};
    step.step.step = PARE_STEP_ENCODE;
    write_message_seed(out, "step", &step);

    pare_message result = {.kind = PARE_MESSAGE_RESULT, .task_id = 7};
    result.result.info = (pare_info){.format = PARE_FORMAT_PNG,
                                     .width_px = 3,
                                     .height_px = 2,
                                     .frames = 1,
                                     .orientation = 1,
                                     .depth_bits = 8,
                                     .channels = 3};
    result.result.result.format_in = result.result.result.format_out = PARE_FORMAT_PNG;
    result.result.result.score = -1;
    write_message_seed(out, "result", &result);
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    if (mkdir(argv[2], 0755) != 0 && errno != EEXIST) return 1;
    DIR *dir = opendir(argv[1]);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_name[0] != '.') write_image_seeds(argv[1], entry->d_name, argv[2]);
    }
    if (!dir) return 1;
    closedir(dir);
    write_message_seeds(argv[2]);
    return 0;
}
