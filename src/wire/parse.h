// SPDX-License-Identifier: Apache-2.0
/* Values of options as people type them: numbers with units, sizes, lists. Strict: digits with at
 * most one point, no sign, no exponent, no blanks, nothing left over.
 *
 * All functions return false, and leave *out alone, when the text is not such a value. */
#ifndef PARE_WIRE_PARSE_H
#define PARE_WIRE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include <pare/batch.h>

/* Decimal digits only, min..max. */
bool pare_parse_count(const char *text, uint64_t min, uint64_t max, uint64_t *out);
/* At least 1: "200000", "200KB", "1.5MB" (steps of 1000), "2GiB" (steps of 1024); the final B may
 * be left out; any case. */
bool pare_parse_bytes(const char *text, uint64_t *out);
/* 1 ms .. 7 days: "60", "60s", "1500ms", "2m", "1h". */
bool pare_parse_duration_ms(const char *text, uint64_t *out);
/* At least 1: "1000000", "100M", "1.5G", "24MP" (steps of 1000). */
bool pare_parse_pixels(const char *text, uint64_t *out);
/* "2%" sets *pct (0..100), everything else *bytes; the other one is left alone. */
bool pare_parse_savings(const char *text, uint64_t *bytes, double *pct);
/* 1..100, with at most one point. */
bool pare_parse_score(const char *text, double *out);
/* "1".."100", "auto", "score:S", "lossless". */
bool pare_parse_quality(const char *text, pare_quality *out);
/* "width:N", "height:N", "longest:N", "shortest:N", "fit:WxH", "N%"; out->enlarge is left alone. */
bool pare_parse_resize(const char *text, pare_resize *out);
/* "exif,gps", "all": PARE_KEEP_* bits of the kinds named, and nothing else. */
bool pare_parse_kinds(const char *text, uint32_t *out);
/* "RRGGBB", also with a leading '#'. */
bool pare_parse_color(const char *text, uint8_t out[3]);
/* "original", "auto", "smallest", or a format that Pare writes; *format only for the latter. */
bool pare_parse_format(const char *text, pare_target *target, pare_format *format);
/* "0".."9", "max". */
bool pare_parse_effort(const char *text, int *out);
/* "low", "normal", "high". */
bool pare_parse_priority(const char *text, pare_priority *out);

#endif /* PARE_WIRE_PARSE_H */
