// SPDX-License-Identifier: Apache-2.0
/* The table of formats: a format is one file and one line.
 *
 * A codec turns bytes into pixels, and a source (the original bytes, pixels, or both) into
 * candidate files, again and again at different qualities, so that a search can find the smallest
 * one that is good enough. */
#ifndef PARE_CORE_CODEC_H
#define PARE_CORE_CODEC_H

#include "core/image/image.h"

enum {
    PARE_CODEC_DECODES = 1 << 0,
    PARE_CODEC_ENCODES = 1 << 1,
    PARE_CODEC_LOSSY = 1 << 2,
    PARE_CODEC_LOSSLESS = 1 << 3, /* pixels in, same pixels out */
    PARE_CODEC_ALPHA = 1 << 4,
    PARE_CODEC_DEPTH_16 = 1 << 5, /* can hold more than 8 bits per channel */
    PARE_CODEC_GRAY = 1 << 6,
    PARE_CODEC_CMYK = 1 << 7,
    PARE_CODEC_RECOMPRESS = 1 << 8,  /* works on the original bytes, without pixels */
    PARE_CODEC_ORIENTATION = 1 << 9, /* viewers honour its EXIF orientation */
    PARE_CODEC_SWITCHES = 1 << 10,   /* params->lossless and max_len may change between tries */
    /* With params->lossless and a JPEG as the original, its coefficients are coded anew. */
    PARE_CODEC_TAKES_JPEG = 1 << 11,
};

/* Limits that a decoder keeps before it allocates. */
typedef struct pare_limits {
    uint64_t max_pixels;
    uint64_t max_memory_bytes; /* 0: none */
    /* 1, 2, 4 or 8; 0 is 1. A decoder that can makes the image smaller by this factor (sizes round
     * up), for cheap resizing; others ignore it. max_pixels counts the size of the file. */
    uint32_t shrink;
    /* Told now and then how much of a large file was read in one pass; its pages may be given back
     * (they can be read again, at a price). NULL: nobody wants to know. */
    void (*on_read)(void *user, size_t upto_bytes);
    void *user;
} pare_limits;

/* PARE_ERR_TOO_LARGE, PARE_ERR_NO_MEMORY or PARE_ERR_CORRUPT (no pixels) for an image of this size
 * that needs so many bytes for each pixel while it is decoded. limits may be NULL. */
PARE_NODISCARD pare_err pare_limits_check(const pare_limits *limits, uint64_t width_px,
                                          uint64_t height_px, uint64_t bytes_per_pixel,
                                          pare_diag *diag);

/* Steps of on_read. */
enum { PARE_READ_STEP_BYTES = 16 << 20 };

/* True when bytes after the end of an image are worth keeping: more than 16, and not all zero. */
bool pare_is_trailing_data(pare_bytes rest);

/* What an encoder works from. */
typedef struct pare_source {
    /* The original file, when it has the codec's own format (or one that it takes) and geometry,
     * colour and orientation stay as they are; empty otherwise. Borrowed. */
    pare_bytes original;
    bool keeps_all; /* of the original, also metadata that `metadata` does not tell */
    /* Decoded and transformed pixels; NULL when only `original` is to be used. Borrowed. */
    const pare_image *image;
    /* The blocks to write, already filtered; NULL writes none. Borrowed. */
    const pare_metadata *metadata;
} pare_source;

typedef struct pare_encode_params {
    bool lossless;
    int effort;      /* 0..10 */
    bool is_graphic; /* content analysis: sharp edges, few colours: 4:4:4, palette, ... */
    uint8_t background[3];
    uint64_t max_memory_bytes;
    /* Longer files are of no use: a lossless try may give up with PARE_SKIP_NOT_SMALLER where it
     * sees that it would end there. 0: any. */
    size_t max_len;
} pare_encode_params;

/* For codecs that write a whole file anew without going through pixels of one picture. */
typedef struct pare_repack_params {
    int effort;    /* 0..10 */
    uint32_t keep; /* PARE_KEEP_* */
    bool sanitize; /* take out what runs or is fetched, of formats that have such things */
    pare_limits limits;
} pare_repack_params;

/* What can be had of a damaged file. All zero is nothing. */
typedef struct pare_salvaged {
    pare_buf file;        /* a whole file in the codec's own format; or empty, and then... */
    pare_image image;     /* ...pixels */
    uint32_t done, total; /* whole rows, or frames of an animation before the damage */
    bool counts_frames;
} pare_salvaged;

void pare_salvaged_deinit(pare_salvaged *salvaged);

/* One picture of an animation, as a viewer shows it. */
typedef struct pare_frame {
    const uint8_t *rgba; /* the whole canvas, 4 bytes a pixel, no padding; 0 where it is
                            transparent; borrowed until the next one */
    uint32_t duration_ms;
    /* The time as a fraction of a second, where the file has one; delay_den 0: it has not. */
    uint16_t delay_num, delay_den;
} pare_frame;

typedef struct pare_animation {
    uint32_t width_px, height_px, frames;
    uint32_t loop_count;      /* how often it is played; 0: for ever */
    uint32_t background_argb; /* a hint that viewers ignore; WebP stores one */
} pare_animation;

typedef struct pare_animate_params {
    bool lossless;
    double quality; /* 1..100 of frames with loss */
    int effort;     /* 0..10 */
    bool is_graphic;
    size_t max_len;                /* give up with PARE_SKIP_NOT_SMALLER beyond; 0: never */
    const pare_metadata *metadata; /* already filtered; NULL writes none. Borrowed */
    bool has_alpha;                /* some pixel of some frame is not opaque */
    bool erases;                   /* some pixel is less than opaque that was another before */
    /* Every colour of every frame, 4 bytes each, when there are at most 256; borrowed. */
    const uint32_t *colors;
    uint32_t color_count; /* 0: there are more */
} pare_animate_params;

typedef struct pare_frames pare_frames; /* each codec defines its own struct behind this */

typedef struct pare_animator pare_animator; /* each codec defines its own struct behind this */

typedef struct pare_encoder pare_encoder; /* each codec defines its own struct behind this */

/* Takes an image from above to below. */
typedef struct pare_row_sink {
    /* Some rows, as an image of their own without metadata; may be changed, and are gone after the
     * call. An error ends the decoding. */
    pare_err (*on_rows)(void *user, pare_image *rows);
    void *user;
} pare_row_sink;

typedef struct pare_codec {
    pare_format format;
    unsigned caps; /* PARE_CODEC_* */
    /* Fill everything of *out that the header and metadata tell. */
    pare_err (*read_info)(pare_bytes file, pare_info *out, pare_diag *diag);
    /* First frame only; callers refuse animations first. out->metadata holds all blocks found.
     * Damage that hides pixels is PARE_ERR_CORRUPT or PARE_ERR_TRUNCATED, never a guess. */
    pare_err (*decode)(pare_bytes file, const pare_limits *limits, pare_image *out,
                       pare_diag *diag);
    /* As decode, but out->pixels stays NULL: for work on the bytes of the file. NULL: cannot. */
    pare_err (*decode_header)(pare_bytes file, const pare_limits *limits, pare_image *out,
                              pare_diag *diag);
    /* A picture of a file that decode refuses as damaged: what comes before the damage is as it
     * was, the rest is gray, or left out when it is whole frames. *out is owned, also after an
     * error. Errors: those of decode when there is nothing to be had. NULL: cannot. */
    pare_err (*salvage)(pare_bytes file, const pare_limits *limits, pare_salvaged *out,
                        pare_diag *diag);
    /* As decode, without ever holding all pixels. Gray and RGB only. NULL: cannot. */
    pare_err (*decode_rows)(pare_bytes file, const pare_limits *limits, const pare_row_sink *sink,
                            pare_diag *diag);
    /* Prepare for attempts. source and params are borrowed until close. */
    pare_err (*encoder_open)(const pare_source *source, const pare_encode_params *params,
                             pare_encoder **out, pare_diag *diag);
    /* Write one candidate into *out (emptied first). quality: 1..100, may be fractional; ignored
     * when params->lossless. Deterministic. */
    pare_err (*encoder_try)(pare_encoder *encoder, double quality, pare_buf *out, pare_diag *diag);
    /* Write a file that shows exactly the pixels of what encoder_try writes at this quality, but is
     * quicker to write and to read, and larger. A try at the same quality after it saves the work
     * that both have in common. NULL: there is no such file. */
    pare_err (*encoder_draft)(pare_encoder *encoder, double quality, pare_buf *out,
                              pare_diag *diag);
    /* Is the file what a try at this quality from the original meant to write, and is that what the
     * original allows? Reads the bytes by other means than those that wrote them; stricter and
     * cheaper than comparing pixels. PARE_ERR_VERIFY, PARE_ERR_NO_MEMORY. NULL: pixels are
     * compared.
     */
    pare_err (*encoder_check)(pare_encoder *encoder, double quality, pare_bytes file,
                              pare_diag *diag);
    void (*encoder_close)(pare_encoder **encoder);
    /* A number for what params->effort (with params->lossless and is_graphic) comes to: where it is
     * the same, so is the file. For encoders of which more effort may give a larger file; NULL: it
     * never does. */
    int (*encoder_rung)(const pare_encode_params *params);
    /* Write the file anew: all frames, each as it was for as long as it was shown. NULL: cannot.
     * Appends to *out; the caller verifies and compares sizes. PARE_SKIP_* for what would be lost.
     */
    pare_err (*repack)(pare_bytes file, const pare_repack_params *params, pare_buf *out,
                       pare_diag *diag);
    /* Is there something that params->sanitize takes out? NULL: the format has no such things. */
    pare_err (*is_active)(pare_bytes file, bool *active, pare_diag *diag);
    /* Does the repacked file say the same? NULL: its frames are compared. */
    pare_err (*check_repacked)(pare_bytes file, pare_bytes result, const pare_repack_params *params,
                               bool *same, pare_diag *diag);
    /* All blocks of a file, without its pixels; NULL: there are none that matter. On errors *out is
     * empty. */
    pare_err (*read_metadata)(pare_bytes file, const pare_limits *limits, pare_metadata *out,
                              pare_diag *diag);
    /* The frames in order; NULL: only stills. file is borrowed until close. */
    pare_err (*frames_open)(pare_bytes file, const pare_limits *limits, pare_animation *animation,
                            pare_frames **out, pare_diag *diag);
    pare_err (*frames_next)(pare_frames *frames, pare_frame *out, bool *more, pare_diag *diag);
    void (*frames_close)(pare_frames **frames);
    /* A file out of painted frames, each shown for its time; NULL: cannot. What is drawn under full
     * transparency is lost. Errors: PARE_SKIP_UNSUPPORTED_VARIANT (size, times, repetitions),
     * PARE_SKIP_NOT_SMALLER. */
    pare_err (*animator_open)(const pare_animation *animation, const pare_animate_params *params,
                              pare_animator **out, pare_diag *diag);
    pare_err (*animator_add)(pare_animator *animator, const pare_frame *frame, pare_diag *diag);
    pare_err (*animator_finish)(pare_animator *animator, pare_buf *out, pare_diag *diag);
    void (*animator_close)(pare_animator **animator);
} pare_codec;

/* In the order in which ties between equally small results are decided. codec_table.c has all
 * formats, codec_table_common.c those of the worker that starts fast; a program links one. */
typedef struct pare_codec_table {
    const pare_codec *const *codecs;
    size_t count;
} pare_codec_table;
extern const pare_codec_table pare_codec_formats;

/* NULL when this program was built without it. */
const pare_codec *pare_codec_find(pare_format format);

extern const pare_codec pare_codec_jpeg, pare_codec_png, pare_codec_webp, pare_codec_avif,
    pare_codec_gif, pare_codec_tiff, pare_codec_svg, pare_codec_bmp, pare_codec_jxl;

#endif /* PARE_CORE_CODEC_H */
