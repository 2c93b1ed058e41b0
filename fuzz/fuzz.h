// SPDX-License-Identifier: Apache-2.0
/* What a fuzz target gives to its engine: libFuzzer's entry point. */
#ifndef PARE_FUZZ_FUZZ_H
#define PARE_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A broken promise: stop, so that the engine keeps the input. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif /* PARE_FUZZ_FUZZ_H */
