// SPDX-License-Identifier: Apache-2.0
/* Fuzz the messages between host and worker: what decodes must encode and decode to the same. */
#include "fuzz.h"

#include <string.h>

#include "wire/message.h"

static size_t encode(const pare_message *message, uint8_t *data)
{
    size_t len = 0;
    FUZZ_CHECK(pare_message_encode(message, data, PARE_MESSAGE_CAP, &len) == PARE_OK);
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    pare_message first = {0}, second = {0};
    uint8_t once[PARE_MESSAGE_CAP], twice[PARE_MESSAGE_CAP];

    if (pare_message_decode(data, len, &first) != PARE_OK) return 0;
    const size_t once_len = encode(&first, once);
    FUZZ_CHECK(pare_message_decode(once, once_len, &second) == PARE_OK);
    FUZZ_CHECK(encode(&second, twice) == once_len && memcmp(once, twice, once_len) == 0);
    return 0;
}
