// SPDX-License-Identifier: Apache-2.0
/* Arithmetic on sizes that come from files: false instead of a wrapped number. */
#ifndef PARE_BASE_CHECKED_H
#define PARE_BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool pare_add_size(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

static inline bool pare_mul_size(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

/* Big- and little-endian reads; the caller has checked that the bytes are there. */
static inline uint16_t pare_be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t pare_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint16_t pare_le16(const uint8_t *p)
{
    return (uint16_t)(p[1] << 8 | p[0]);
}
static inline uint32_t pare_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}
static inline uint64_t pare_le64(const uint8_t *p)
{
    return (uint64_t)pare_le32(p + 4) << 32 | pare_le32(p);
}

#endif /* PARE_BASE_CHECKED_H */
