// SPDX-License-Identifier: Apache-2.0
/* The few header fields that decide what a task will cost, read without any codec, for the host.
 *
 * Bounded and allocation-free: walks JPEG segments, the PNG IHDR and acTL, WebP chunks, GIF and
 * TIFF headers and AVIF boxes in the bytes given. A guess is allowed; the worker decides for real.
 */
#ifndef PARE_WIRE_HEADER_H
#define PARE_WIRE_HEADER_H

#include <pare/pare.h>

typedef struct pare_header {
    pare_format format;
    uint32_t width_px, height_px; /* 0: not found in these bytes */
    uint32_t frames;              /* at least 1; 2 means "more than one" */
    uint8_t depth_bits, channels; /* 8 and 3 when unknown */
    bool is_gzipped;              /* what is inside is guessed to be SVG */
} pare_header;

/* Does a gzip file (RFC 1952) begin so? */
bool pare_is_gzip(const uint8_t *data, size_t len);

/* data: the first bytes of a file, 64 KiB are enough for nearly all. Never fails: format may be
 * UNKNOWN and sizes 0. */
void pare_header_read(const uint8_t *data, size_t len, pare_header *out);

/* Estimates for scheduling: worst memory in the worker, and time in arbitrary units that are
 * proportional between tasks. file_len: bytes of the whole file. */
uint64_t pare_header_memory_bytes(const pare_header *header, uint64_t file_len,
                                  const pare_options *options);
/* Can a worker without the rare formats (AVIF, JPEG XL, TIFF, SVG) do it? False also for an input
 * that the first bytes did not tell. */
bool pare_header_is_common(pare_format format_in, const pare_options *options);
double pare_header_cost(const pare_header *header, uint64_t file_len, const pare_options *options);

/* How many times the time for an image of 1 Mpx the image may take; at least 1. The header tells
 * not how many frames an animation has, the length of the file bounds them. */
double pare_header_deadline_share(const pare_header *header, uint64_t file_len);

#endif /* PARE_WIRE_HEADER_H */
