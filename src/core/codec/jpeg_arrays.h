// SPDX-License-Identifier: Apache-2.0
/* The arrays that libjpeg reads coefficients into, also on its way to the pixels of a file of many
 * scans, ours in place of its own. Those of large images
 * that would take more than the pixels are packed (jpeg_rows.h), which takes time: only the rows at
 * hand are plain then. */
#ifndef PARE_CORE_JPEG_ARRAYS_H
#define PARE_CORE_JPEG_ARRAYS_H

#include <stddef.h>
#include <stdio.h>

#include <jpeglib.h>

#include "core/codec/jpeg_coeffs.h"

typedef struct jvirt_barray_control {
    uint32_t width_blocks, height_blocks; /* with those that only fill up an MCU */
    JBLOCK *plain;                        /* all blocks; or NULL, and then... */
    uint8_t **packed;                     /* [height_blocks]; NULL: all zero as yet */
    JBLOCKARRAY rows;                     /* the rows at hand, most_rows of packed ones */
    uint32_t first, count, most_rows;
    bool is_written;
} jvirt_barray_control;

typedef struct pare_jpeg_arrays {
    jvirt_barray_control arrays[PARE_JPEG_COMPONENTS_MAX];
    int count;
    bool packs;
    uint8_t *spare; /* for a row of so many blocks while it is packed */
    uint32_t spare_blocks;
} pare_jpeg_arrays;

/* From now on cinfo, whose header is read, keeps coefficients here.
 *
 *   arrays  borrowed until cinfo is destroyed, all zero; cinfo->client_data points to a struct
 *           that begins with it.
 *
 * What fails later is told by cinfo->err: JERR_OUT_OF_MEMORY, JERR_BAD_VIRTUAL_ACCESS (numbers were
 * lost). */
void pare_jpeg_arrays_install(pare_jpeg_arrays *arrays, j_decompress_ptr cinfo);

/* All is read: the rows of an array, owned by *plane, whose size is known. Fails as above. */
void pare_jpeg_arrays_take(j_decompress_ptr cinfo, jvirt_barray_ptr array, pare_jpeg_plane *plane);

/* Frees what was not taken. */
void pare_jpeg_arrays_deinit(pare_jpeg_arrays *arrays);

#endif /* PARE_CORE_JPEG_ARRAYS_H */
