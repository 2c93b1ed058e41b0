// SPDX-License-Identifier: Apache-2.0
/* Outcomes and errors of Pare: one enum, one name and one sentence for each, from one list.
 *
 * Three ranges: PARE_OK; PARE_SKIP_* (the original is kept, nothing went wrong); PARE_ERR_* (this
 * image failed, its original is untouched). */
#ifndef PARE_ERROR_H
#define PARE_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PARE_NODISCARD __attribute__((warn_unused_result))
#define PARE_API __attribute__((visibility("default")))
#else
#define PARE_NODISCARD
#define PARE_API
#endif

/* X(constant, number, name as JSON and the log print it, class, sentence) */
#define PARE_ERR_MAP(X)                                                                            \
    X(PARE_OK, 0, "ok", "none", "done")                                                            \
    X(PARE_SKIP_NOT_SMALLER, 1, "not_smaller", "none", "the result would not be smaller")          \
    X(PARE_SKIP_BELOW_MIN_SAVINGS, 2, "below_min_savings", "none",                                 \
      "the saving is below the limit")                                                             \
    X(PARE_SKIP_BELOW_MIN_SCORE, 3, "below_min_score", "none",                                     \
      "no result reached the asked score")                                                         \
    X(PARE_SKIP_ANIMATED, 4, "animated", "none", "animations are not rewritten in this format")    \
    X(PARE_SKIP_GAINMAP, 5, "would_drop_gainmap", "none", "an HDR gain map would be lost")         \
    X(PARE_SKIP_MOTION_PHOTO, 6, "would_drop_motion_photo", "none",                                \
      "a motion photo would be lost")                                                              \
    X(PARE_SKIP_TRAILING, 7, "would_drop_trailing_data", "none",                                   \
      "data after the image would be lost")                                                        \
    X(PARE_SKIP_NO_ENCODER, 8, "no_encoder", "none",                                               \
      "Pare does not write this format; use --format")                                             \
    X(PARE_SKIP_UNSUPPORTED_VARIANT, 9, "unsupported_variant", "none",                             \
      "this kind of file is left alone")                                                           \
    X(PARE_SKIP_MULTIPAGE, 10, "multipage", "none", "several pages would become one")              \
    X(PARE_SKIP_ALREADY_DONE, 50, "already_done", "none", "done in an earlier run")                \
    X(PARE_SKIP_UNSUPPORTED, 51, "unsupported", "none", "not an image that Pare reads")            \
    X(PARE_ERR_IO, 100, "io", "io", "reading or writing failed")                                   \
    X(PARE_ERR_NO_SPACE, 101, "no_space", "io", "the disk is full")                                \
    X(PARE_ERR_CHANGED, 102, "changed", "io", "the file changed meanwhile")                        \
    X(PARE_ERR_EXISTS, 103, "exists", "validation", "the output exists and is not Pare's")         \
    X(PARE_ERR_NOT_FOUND, 104, "not_found", "io", "no such file")                                  \
    X(PARE_ERR_DENIED, 105, "denied", "io", "no permission")                                       \
    X(PARE_ERR_INVALID, 110, "invalid", "validation", "not a valid request")                       \
    X(PARE_ERR_TOO_LARGE, 111, "too_large", "validation", "more pixels than --max-pixels allows")  \
    X(PARE_ERR_CORRUPT, 120, "corrupt", "corrupt", "the image is damaged")                         \
    X(PARE_ERR_TRUNCATED, 121, "truncated", "corrupt", "the image is cut off")                     \
    X(PARE_ERR_CODEC, 130, "codec", "processing", "a codec failed")                                \
    X(PARE_ERR_VERIFY, 131, "verify", "processing", "the result did not look like the original")   \
    X(PARE_ERR_INTERNAL, 132, "internal", "processing", "a broken promise inside Pare")            \
    X(PARE_ERR_PROTOCOL, 133, "protocol", "processing", "the worker answered nonsense")            \
    X(PARE_ERR_NO_MEMORY, 140, "no_memory", "memory", "not enough memory")                         \
    X(PARE_ERR_TIMEOUT, 150, "timeout", "timeout", "it took longer than --timeout")                \
    X(PARE_ERR_CRASHED, 160, "crashed", "crashed", "the worker died")                              \
    X(PARE_ERR_CANCELLED, 170, "cancelled", "processing", "stopped before it was done")

typedef enum pare_err {
#define PARE_ERR_ENUM(constant, number, name, kind, text) constant = number,
    PARE_ERR_MAP(PARE_ERR_ENUM)
#undef PARE_ERR_ENUM
} pare_err;

/* The first error in words. Zero it before use; functions that take one keep the first text and
 * never overwrite it. The text has no newline and is always terminated. */
typedef struct pare_diag {
    char text[512];
} pare_diag;

/* Stable short name such as "not_smaller"; "unknown" for other numbers. Static, never NULL. */
PARE_API const char *pare_err_name(pare_err err);

/* One lower-case sentence for people, without a full stop. Static, never NULL. */
PARE_API const char *pare_err_text(pare_err err);

/* Error class: "none", "io", "processing", "validation", "timeout", "memory", "crashed" or
 * "corrupt". Static, never NULL. */
PARE_API const char *pare_err_class(pare_err err);

/* True for PARE_SKIP_*: the original is kept and nothing went wrong. */
PARE_API int pare_err_is_skip(pare_err err);

#ifdef __cplusplus
}
#endif

#endif /* PARE_ERROR_H */
