// SPDX-License-Identifier: Apache-2.0
/* A core without codecs, so that tests of processes and scheduling decide what an image does. The
 * "image" is a PNG header with an order after it:
 *
 *   do:shrink           the result is the first half of the input
 *   do:keep             PARE_SKIP_NOT_SMALLER
 *   do:corrupt          PARE_ERR_CORRUPT
 *   do:nomem            PARE_ERR_NO_MEMORY
 *   do:crash            the process dies
 *   do:crash-once PATH  the process dies unless PATH exists, and makes PATH; then as shrink
 *   do:cut PATH         empties the file of that path, its own, then as shrink
 *   do:hang             never answers
 *   do:sleep MS         waits, then as shrink
 *   do:leak MB          keeps so much memory for ever, then as shrink
 *   do:spin MS          computes that long, then as shrink
 *   do:rescue           PARE_ERR_CORRUPT; the first half can be salvaged, 3 rows of 8
 *   do:wreck            PARE_ERR_CORRUPT; the process dies when it is to be salvaged
 *   do:trap             PARE_ERR_CORRUPT; salvaging never ends
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/optimize/optimize.h"
#include "wire/message.h"
#include "worker/sandbox.h"

/* The orders need calls that the sandbox forbids, so this only says that it holds. */
uint32_t pare_sandbox_enter(void)
{
    return getenv("PARE_TEST_NO_SANDBOX") ? 0 : PARE_SANDBOX_ALL;
}

enum { HEADER_LEN = 33, ORDER_CAP = 200 };

static void read_order(const uint8_t *data, size_t len, char *order)
{
    size_t at = 0;
    order[0] = '\0';
    if (len < HEADER_LEN + 3 || memcmp(data + HEADER_LEN, "do:", 3) != 0) return;
    for (size_t i = HEADER_LEN + 3; i < len && data[i] != '\n' && at + 1 < ORDER_CAP; i++) {
        order[at++] = (char)data[i];
    }
    order[at] = '\0';
}

static void obey(const char *order)
{
    if (strcmp(order, "crash") == 0) _exit(9);
    if (strncmp(order, "crash-once ", 11) == 0) {
        const int fd = open(order + 11, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        if (fd >= 0) _exit(9);
    }
    if (strncmp(order, "cut ", 4) == 0 && truncate(order + 4, 0) != 0) _exit(8);
    while (strcmp(order, "hang") == 0) {
        pause();
    }
    if (strncmp(order, "sleep ", 6) == 0) usleep((useconds_t)atoi(order + 6) * 1000);
    if (strncmp(order, "leak ", 5) == 0) {
        static void *volatile kept;
        for (int i = atoi(order + 5); i > 0; i--) {
            kept = malloc(1 << 20);
            if (kept) memset(kept, 1, 1 << 20);
        }
    }
    if (strncmp(order, "spin ", 5) == 0) {
        const uint64_t end_us = pare_clock_cpu_us() + (uint64_t)atoi(order + 5) * 1000;
        while (pare_clock_cpu_us() < end_us) {
        }
    }
}

pare_err pare_optimize_listen(const uint8_t *data, size_t len, const pare_options *options,
                              const pare_step_listener *listener, pare_result *out, pare_diag *diag)
{
    char order[ORDER_CAP];
    (void)options;
    memset(out, 0, sizeof *out);
    out->score = -1;
    out->format_in = out->format_out = PARE_FORMAT_PNG;
    out->width_in_px = out->width_out_px = 8;
    out->height_in_px = out->height_out_px = 8;
    read_order(data, len, order);
    if (listener) listener->on_step(listener->user, PARE_STEP_DECODE);
    obey(order);
    if (strcmp(order, "keep") == 0) return PARE_SKIP_NOT_SMALLER;
    if (strcmp(order, "corrupt") == 0 || strcmp(order, "rescue") == 0 ||
        strcmp(order, "wreck") == 0 || strcmp(order, "trap") == 0) {
        return pare_fail(diag, PARE_ERR_CORRUPT, "decode: damaged");
    }
    if (strcmp(order, "nomem") == 0) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory");
    if (listener) listener->on_step(listener->user, PARE_STEP_ENCODE);
    out->len = len / 2;
    out->data = malloc(out->len ? out->len : 1);
    if (!out->data) return PARE_ERR_NO_MEMORY;
    memcpy(out->data, data, out->len);
    out->score = 90;
    out->quality = 80;
    out->decode_us = out->encode_us = 10;
    return PARE_OK;
}

pare_err pare_inspect(const uint8_t *data, size_t len, pare_info *out, pare_diag *diag)
{
    char order[ORDER_CAP];
    memset(out, 0, sizeof *out);
    read_order(data, len, order);
    obey(order);
    out->format = pare_format_sniff(data, len);
    if (out->format == PARE_FORMAT_UNKNOWN) {
        return pare_fail(diag, PARE_SKIP_UNSUPPORTED, "not an image");
    }
    out->width_px = out->height_px = 8;
    out->frames = 1;
    return PARE_OK;
}

pare_err pare_score(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, double *score,
                    pare_diag *diag)
{
    (void)diag;
    *score = a_len == b_len && memcmp(a, b, a_len) == 0 ? 100 : 50;
    return PARE_OK;
}

void pare_result_deinit(pare_result *result)
{
    free(result->data);
    result->data = NULL;
}

pare_err pare_salvage(const uint8_t *data, size_t len, const pare_options *options,
                      pare_result *out, pare_diag *diag)
{
    char order[ORDER_CAP];
    (void)options;
    *out = (pare_result){.score = -1, .format_in = PARE_FORMAT_PNG, .format_out = PARE_FORMAT_PNG};
    read_order(data, len, order);
    if (strcmp(order, "wreck") == 0) obey("crash");
    if (strcmp(order, "trap") == 0) obey("hang");
    if (strcmp(order, "rescue") != 0) return pare_fail(diag, PARE_ERR_CORRUPT, "nothing is left");
    out->width_out_px = out->height_out_px = 8;
    out->salvaged = 3;
    out->salvageable = 8;
    out->len = len / 2;
    out->data = malloc(out->len);
    if (!out->data) return PARE_ERR_NO_MEMORY;
    memcpy(out->data, data, out->len);
    return PARE_OK;
}
