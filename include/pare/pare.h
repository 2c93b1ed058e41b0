// SPDX-License-Identifier: Apache-2.0
/* libpare: bytes of an image in, smaller bytes that look the same out, in the caller's process.
 *
 * Threads: no global state; calls on different data may run at the same time.
 * For whole folders, and for images of strangers, use <pare/batch.h>: it decodes in sandboxed
 * worker processes. */
#ifndef PARE_PARE_H
#define PARE_PARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pare/error.h>
#include <pare/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Image formats. The numbers are stored in ledgers: append only. */
typedef enum pare_format {
    PARE_FORMAT_UNKNOWN = 0,
    PARE_FORMAT_JPEG = 1,
    PARE_FORMAT_PNG = 2,
    PARE_FORMAT_WEBP = 3,
    PARE_FORMAT_AVIF = 4,
    PARE_FORMAT_GIF = 5,
    PARE_FORMAT_TIFF = 6,
    PARE_FORMAT_BMP = 7,  /* read, not written */
    PARE_FORMAT_SVG = 8,  /* rewritten as SVG only, never painted */
    PARE_FORMAT_HEIC = 9, /* recognised, not read */
    PARE_FORMAT_JXL = 10,
    PARE_FORMAT_COUNT = 11
} pare_format;

/* Which format comes out. */
typedef enum pare_target {
    PARE_TARGET_ORIGINAL = 0, /* the format that came in; inputs that Pare cannot write are kept */
    PARE_TARGET_AUTO = 1,     /* as ORIGINAL, but TIFF, BMP and still GIF become PNG or JPEG */
    PARE_TARGET_SMALLEST = 2, /* the smallest of JPEG, PNG, WebP and AVIF that can hold the image,
                                 and no format that few browsers show; of an animation its own
                                 format or WebP */
    PARE_TARGET_FORMAT = 3    /* pare_options.format */
} pare_target;

typedef enum pare_quality_mode {
    PARE_QUALITY_UNSET = 0,   /* per-format entries: use pare_options.quality */
    PARE_QUALITY_AUTO = 1,    /* SCORE with PARE_SCORE_DEFAULT */
    PARE_QUALITY_SCORE = 2,   /* smallest file with SSIMULACRA2 >= score against the input */
    PARE_QUALITY_FIXED = 3,   /* the encoder's scale, 1 (worst) to 100 */
    PARE_QUALITY_LOSSLESS = 4 /* every pixel (JPEG: every coefficient) stays as it was */
} pare_quality_mode;

#define PARE_SCORE_DEFAULT 80.0

typedef struct pare_quality {
    pare_quality_mode mode;
    int value;    /* FIXED: 1..100 */
    double score; /* SCORE: 1..100, higher is better; 90 is visually lossless, 70 is good */
} pare_quality;

typedef enum pare_resize_mode {
    PARE_RESIZE_NONE = 0,
    PARE_RESIZE_WIDTH = 1,    /* width as asked, height follows */
    PARE_RESIZE_HEIGHT = 2,   /* height as asked, width follows */
    PARE_RESIZE_LONGEST = 3,  /* longer edge is `width` */
    PARE_RESIZE_SHORTEST = 4, /* shorter edge is `width` */
    PARE_RESIZE_FIT = 5,      /* largest size inside width x height */
    PARE_RESIZE_PERCENT = 6   /* `percent` of both edges */
} pare_resize_mode;

/* Sizes are meant after EXIF orientation. Aspect ratio always stays. */
typedef struct pare_resize {
    pare_resize_mode mode;
    uint32_t width_px, height_px; /* 1..65535 where the mode uses them */
    double percent;               /* > 0, at most 1000 */
    bool enlarge;                 /* false: never make an image larger */
} pare_resize;

/* Metadata kinds, for pare_options.keep. What changes the look (orientation, colour) is always
 * honoured: a profile that is not kept is converted to sRGB first. */
enum {
    PARE_KEEP_EXIF = 1 << 0, /* camera data without GPS and thumbnail */
    PARE_KEEP_ICC = 1 << 1,
    PARE_KEEP_XMP = 1 << 2,
    PARE_KEEP_IPTC = 1 << 3,
    PARE_KEEP_GPS = 1 << 4,       /* needs PARE_KEEP_EXIF as well */
    PARE_KEEP_COPYRIGHT = 1 << 5, /* EXIF Artist and Copyright */
    PARE_KEEP_GAINMAP = 1 << 6,   /* a file with a gain map is left alone */
    PARE_KEEP_COMMENT = 1 << 7,
    PARE_KEEP_ALL = 0xff,
    PARE_KEEP_DEFAULT = PARE_KEEP_ICC | PARE_KEEP_COPYRIGHT | PARE_KEEP_GAINMAP
};

#define PARE_EFFORT_DEFAULT 4
#define PARE_EFFORT_MAX 10

/* What to do with an image. Fill with pare_options_init() first; constant while in use.
 *
 * downscale: an image that cannot be target_size_bytes at min_score gets smaller edges, at least an
 * eighth of what they were, until it can; its score is against the image of that size.
 *
 * sanitize: SVG loses what runs (scripts, handlers, foreign objects) and what is fetched
 * (references that leave the file); one of which that cannot be done is an error, not a file to
 * keep. */
typedef struct pare_options {
    pare_quality quality;                        /* default AUTO */
    pare_quality quality_for[PARE_FORMAT_COUNT]; /* default UNSET; index is the output format */
    pare_target target;                          /* default ORIGINAL */
    pare_format format;                          /* with PARE_TARGET_FORMAT */
    pare_resize resize;                          /* default NONE */
    int effort;                                  /* 0..10; default PARE_EFFORT_DEFAULT */
    uint32_t keep;                               /* PARE_KEEP_* bits; default PARE_KEEP_DEFAULT */
    uint64_t min_savings_bytes;                  /* default 1 */
    double min_savings_pct;                      /* 0..100 of the input; default 0 */
    uint64_t target_size_bytes;                  /* 0: none; else at most this many bytes */
    double min_score;                            /* 0: none; floor for target_size and FIXED */
    bool downscale;                              /* default false; see above */
    bool sanitize;                               /* default false; see above */
    uint64_t max_pixels;                         /* larger inputs are refused; default 1e9 */
    uint64_t max_memory_bytes;                   /* 0: none; a codec that needs more refuses */
    uint8_t background[3];                       /* sRGB under alpha for JPEG; default white */
    uint32_t reserved[16];                       /* zero */
} pare_options;

PARE_API void pare_options_init(pare_options *options);

/* PARE_ERR_INVALID, with the cause in diag, when a field is out of its range or two contradict. */
PARE_API PARE_NODISCARD pare_err pare_options_check(const pare_options *options, pare_diag *diag);

/* Settings for one output format: the per-format entry when set, else options->quality; AUTO is
 * resolved to SCORE. */
PARE_API pare_quality pare_options_quality(const pare_options *options, pare_format format);

/* "jpeg", "png", ...; "unknown". Static. */
PARE_API const char *pare_format_name(pare_format format);
/* File name extension without the dot: "jpg", "png", ...; "" for unknown. Static. */
PARE_API const char *pare_format_extension(pare_format format);
/* Format by name or extension, any case ("jpg", "jpeg"); PARE_FORMAT_UNKNOWN when there is none. */
PARE_API pare_format pare_format_from_name(const char *name);
/* Format by the first bytes; reads at most len bytes (64 decide every format but SVG). */
PARE_API pare_format pare_format_sniff(const uint8_t *data, size_t len);

/* What a file is, from its header and metadata; pixels are not decoded. */
typedef struct pare_info {
    pare_format format;
    uint32_t width_px, height_px; /* as stored, before orientation */
    uint32_t frames;              /* 1 for stills; pages count too */
    uint8_t orientation;          /* EXIF 1..8; 1 when absent */
    uint8_t depth_bits;           /* per channel: 1, 2, 4, 8, 10, 12, 16 */
    uint8_t channels;             /* colour channels and alpha: 1..5; a palette counts as 3 or 4 */
    bool has_alpha, is_palette, is_cmyk, is_lossless, is_progressive, is_animated;
    bool has_icc, has_exif, has_xmp, has_iptc, has_gps, has_comment;
    bool has_gainmap, has_motion_photo, has_trailing_data;
    bool is_gzipped;      /* SVG: the file is packed with gzip (.svgz) */
    int quality_estimate; /* 1..100; scale of libjpeg, libwebp, avifenc; 0 unknown */
    char subsampling[8];  /* "4:2:0"; "" where it has no meaning */
    char profile[64];     /* ICC description, or "" */
    char content[16];     /* "photo", "graphic", ... when analysed, else "" */
    uint32_t reserved[8];
} pare_info;

/* Errors: PARE_SKIP_UNSUPPORTED, PARE_ERR_CORRUPT, PARE_ERR_TRUNCATED, PARE_ERR_NO_MEMORY. */
PARE_API PARE_NODISCARD pare_err pare_read_info(const uint8_t *data, size_t len, pare_info *out,
                                                pare_diag *diag);

/* What is being done to an image right now. */
typedef enum pare_step {
    PARE_STEP_IDLE = 0,
    PARE_STEP_DECODE = 1,
    PARE_STEP_TRANSFORM = 2,
    PARE_STEP_ENCODE = 3,
    PARE_STEP_VERIFY = 4
} pare_step;

/* "idle", "decode", "transform", "encode", "verify". Static. */
PARE_API const char *pare_step_name(pare_step step);

/* An optimized image. Release with pare_result_deinit(). */
typedef struct pare_result {
    uint8_t *data; /* owned; NULL unless PARE_OK */
    size_t len;
    pare_format format_in, format_out;
    uint32_t width_in_px, height_in_px;   /* as stored */
    uint32_t width_out_px, height_out_px; /* as stored in the result */
    double
        score;   /* SSIMULACRA2 of the written bytes against the (resized) input; -1 not measured */
    int quality; /* on the encoder's scale, 1..100; 0 when lossless or not applicable */
    bool lossless; /* pixels (JPEG: coefficients) are identical to the input's */
    uint32_t decode_us, transform_us, encode_us, verify_us;
    uint32_t full_scores;           /* how often the whole image was scored */
    uint32_t salvaged, salvageable; /* rows (frames of an animation) that were saved, of so many */
    bool salvages_frames;           /* they count frames; of GIF and WebP there may be more */
    uint32_t reserved[5];
} pare_result;

/* Optimize one image in memory.
 *
 *   data     borrowed for the call.
 *   options  borrowed; NULL means the defaults.
 *   out      owned by the caller on PARE_OK, and safe to deinit in every case. Sizes and formats
 *            are filled whenever they were found out.
 *   diag     may be NULL.
 *
 * Returns PARE_OK (out holds a smaller file), PARE_SKIP_* (keep the original), or an error.
 * Deterministic: the same input, options and version give the same bytes. */
PARE_API PARE_NODISCARD pare_err pare_optimize(const uint8_t *data, size_t len,
                                               const pare_options *options, pare_result *out,
                                               pare_diag *diag);

/* A picture of a file that pare_optimize() refuses as damaged (PARE_ERR_CORRUPT,
 * PARE_ERR_TRUNCATED): in its own format, or PNG. Rows from the top (of TIFF: all whole strips)
 * are as they were until the damage, the rest is gray; of an animation the frames before it are
 * kept. A progressive JPEG and a JPEG XL may have all rows, with less detail. Not AVIF and SVG.
 *
 *   options  borrowed; max_pixels and max_memory_bytes count. NULL means the defaults.
 *   out      as pare_optimize(); salvaged of salvageable says how much there is.
 *
 * Errors: PARE_SKIP_UNSUPPORTED_VARIANT (not of this format), and those of reading when there is
 * nothing to be had. */
PARE_API PARE_NODISCARD pare_err pare_salvage(const uint8_t *data, size_t len,
                                              const pare_options *options, pare_result *out,
                                              pare_diag *diag);

/* SSIMULACRA2 of b against a, both any readable format; up to 100, higher is better; alpha is
 * flattened. Errors: PARE_ERR_INVALID (sizes after orientation differ) and those of reading. */
PARE_API PARE_NODISCARD pare_err pare_score(const uint8_t *a, size_t a_len, const uint8_t *b,
                                            size_t b_len, double *score, pare_diag *diag);

/* Accepts a zeroed result; sets data to NULL. */
PARE_API void pare_result_deinit(pare_result *result);

#ifdef __cplusplus
}
#endif

#endif /* PARE_PARE_H */
