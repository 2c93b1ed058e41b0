// SPDX-License-Identifier: Apache-2.0
/* Fuzz the whole core while its n-th allocation fails: two bytes choose n, four the options, the
 * rest is an image. Nothing may crash, leak or be called a fault of the program.
 *
 * The linker sends every malloc of Pare's own code here (--wrap); those of other libraries stay. */
#include "fuzz.h"

#include <stdbool.h>

#include <pare/pare.h>

enum { FAIL_MOST = 400 };

static long countdown; /* allocations until one fails; 0: none will */
static bool fails_on;  /* every later one fails too */

static bool fails(void)
{
    if (countdown == 0) return false;
    if (countdown > 1) {
        countdown--;
        return false;
    }
    if (!fails_on) countdown = 0;
    return true;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size)
{
    return fails() ? NULL : __real_realloc(data, size);
}

void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(align, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const pare_format FORMATS[] = {PARE_FORMAT_JPEG, PARE_FORMAT_PNG, PARE_FORMAT_WEBP};
    pare_options options;
    pare_result result = {0};
    if (len < 6) return 0;
    pare_options_init(&options);
    options.max_pixels = 1 << 14;
    options.effort = data[2] % 3;
    options.target = data[2] & 4 ? PARE_TARGET_FORMAT : PARE_TARGET_ORIGINAL;
    options.format = FORMATS[data[3] % 3];
    if (data[3] & 4) options.quality = (pare_quality){.mode = PARE_QUALITY_LOSSLESS};
    if (data[3] & 8) options.quality = (pare_quality){.mode = PARE_QUALITY_FIXED, .value = 60};
    if (data[3] & 16) options.resize = (pare_resize){.mode = PARE_RESIZE_LONGEST, .width_px = 20};
    options.keep = data[4] & PARE_KEEP_ALL;

    /* Inputs that differ a little fail at another place. */
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ data[i]) * 16777619u;
    countdown = 1 + (long)(hash % FAIL_MOST);
    fails_on = data[0] & 1;
    const pare_err err = pare_optimize(data + 6, len - 6, &options, &result, NULL);
    countdown = 0;
    FUZZ_CHECK(err != PARE_ERR_INTERNAL && err != PARE_ERR_VERIFY);
    if (err != PARE_OK) FUZZ_CHECK(result.data == NULL);
    pare_result_deinit(&result);
    return 0;
}
