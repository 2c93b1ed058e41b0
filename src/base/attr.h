// SPDX-License-Identifier: Apache-2.0
/* Compiler attributes; the only place that spells them. */
#ifndef PARE_BASE_ATTR_H
#define PARE_BASE_ATTR_H

#include <pare/error.h> /* PARE_NODISCARD, PARE_API */

#define PARE_PRINTF(format_index, first_index)                                                     \
    __attribute__((format(printf, format_index, first_index)))
#define PARE_UNUSED __attribute__((unused))
/* For bodies that are compiled once for each value of a constant argument. */
#define PARE_ALWAYS_INLINE inline __attribute__((always_inline))

#endif /* PARE_BASE_ATTR_H */
