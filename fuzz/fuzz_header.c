// SPDX-License-Identifier: Apache-2.0
/* Fuzz the header reader of the host. */
#include "fuzz.h"

#include <math.h>

#include "wire/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    pare_options options;
    pare_header header;

    pare_options_init(&options);
    pare_header_read(data, len, &header);
    FUZZ_CHECK(header.format < PARE_FORMAT_COUNT);
    FUZZ_CHECK(header.frames >= 1);
    const double cost = pare_header_cost(&header, len, &options);
    FUZZ_CHECK(isfinite(cost) && cost >= 0);
    FUZZ_CHECK(pare_header_memory_bytes(&header, len, &options) > 0);
    return 0;
}
