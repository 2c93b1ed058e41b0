// SPDX-License-Identifier: Apache-2.0
/* What is left of a damaged animated PNG: its whole frames, byte for byte. */
#include <string.h>

#include "base/checked.h"
#include "core/codec/png_animation.h"
#include "core/codec/png_deflate.h"
#include "core/codec/png_info.h"

enum { SIGNATURE_LEN = 8, OVERHEAD = 12, CONTROL_LEN = 8 };

static bool is_type(const uint8_t *chunk, const char *type)
{
    return memcmp(chunk + 4, type, 4) == 0;
}

static void put_be32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Bytes of the chunk that begins here; 0 when it is cut or its checksum does not hold. */
static size_t measure_chunk(pare_bytes file, size_t at)
{
    if (file.len - at < OVERHEAD) return 0;
    const uint8_t *chunk = file.data + at;
    const size_t len = pare_be32(chunk);
    if (len > file.len - at - OVERHEAD) return 0;
    const bool holds = pare_png_crc32(0, chunk + 4, len + 4) == pare_be32(chunk + 8 + len);
    return holds ? len + OVERHEAD : 0;
}

/* The file up to the last chunk of at most so many frames. The last of them may still be cut. */
static pare_err copy_frames(pare_bytes file, uint32_t most, pare_buf *out, uint32_t *frames)
{
    static const uint8_t END[] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};
    size_t end = SIGNATURE_LEN, control_at = 0, len;
    bool begins = false; /* the data of a frame come next */
    *frames = 0;
    for (size_t at = end; (len = measure_chunk(file, at)) > 0; at += len) {
        const uint8_t *chunk = file.data + at;
        if (is_type(chunk, "fcTL")) {
            if (*frames == most) break;
            begins = true;
        } else if (is_type(chunk, "IDAT") || is_type(chunk, "fdAT")) {
            if (begins) ++*frames;
            begins = false;
            end = at + len;
        } else if (is_type(chunk, "acTL") && len == CONTROL_LEN + OVERHEAD) {
            control_at = at;
        }
    }
    if (*frames == 0 || control_at == 0) return PARE_OK;
    out->len = 0;
    PARE_TRY(pare_buf_append(out, file.data, end));
    uint8_t *control = out->data + control_at;
    put_be32(control + 8, *frames);
    put_be32(control + 8 + CONTROL_LEN, pare_png_crc32(0, control + 4, 4 + CONTROL_LEN));
    return pare_buf_append(out, END, sizeof END);
}

/* Frames from the first that can be decoded. */
static pare_err count_whole(pare_bytes file, const pare_limits *limits, uint32_t *count,
                            pare_diag *diag)
{
    pare_animation animation;
    pare_frames *frames = NULL;
    pare_err err = pare_png_frames_open(file, limits, &animation, &frames, diag);
    *count = 0;
    for (bool more = true; err == PARE_OK && more;) {
        pare_frame frame;
        err = pare_png_frames_next(frames, &frame, &more, diag);
        if (err == PARE_OK && more) ++*count;
    }
    pare_png_frames_close(&frames);
    return err == PARE_ERR_NO_MEMORY || err == PARE_ERR_TOO_LARGE ? err : PARE_OK;
}

pare_err pare_png_animation_salvage(pare_bytes file, const pare_limits *limits, pare_salvaged *out,
                                    pare_diag *diag)
{
    pare_png_chunks chunks;
    uint32_t frames;
    *out = (pare_salvaged){.counts_frames = true};
    PARE_TRY(pare_png_chunks_read(file, &chunks, diag));
    PARE_TRY(copy_frames(file, UINT32_MAX, &out->file, &frames));
    if (frames > 0) {
        PARE_TRY(count_whole(pare_buf_view(&out->file), limits, &out->done, diag));
        *diag = (pare_diag){0}; /* the damage is known */
    }
    if (out->done == 0) {
        return pare_fail(diag, PARE_ERR_TRUNCATED, "PNG: no frame of the animation is whole");
    }
    if (out->done < frames) PARE_TRY(copy_frames(file, out->done, &out->file, &frames));
    out->total = chunks.frames > out->done ? chunks.frames : out->done;
    return PARE_OK;
}
