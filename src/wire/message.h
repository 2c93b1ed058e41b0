// SPDX-License-Identifier: Apache-2.0
/* What host and worker say to each other: one message per SOCK_SEQPACKET datagram.
 *
 * Host to worker: TASK with descriptors (input read-only; second input for SCORE, or output for
 * OPTIMIZE and SALVAGE). Worker to host: HELLO once, STEP while working, RESULT once per task, in
 * the order of the tasks. All numbers are little-endian. Whoever reads checks every length and
 * range: the other side may have been taken over by a hostile image. */
#ifndef PARE_WIRE_MESSAGE_H
#define PARE_WIRE_MESSAGE_H

#include <pare/batch.h>
#include <pare/pare.h>

#include "base/err.h"

#define PARE_MESSAGE_CAP 4096 /* no message is longer */
#define PARE_MESSAGE_VERSION 3

typedef enum pare_message_kind {
    PARE_MESSAGE_NONE = 0,
    PARE_MESSAGE_HELLO = 1,
    PARE_MESSAGE_TASK = 2,
    PARE_MESSAGE_STEP = 3,
    PARE_MESSAGE_RESULT = 4
} pare_message_kind;

/* Layers of the worker's sandbox, in HELLO. */
enum {
    PARE_SANDBOX_NO_NEW_PRIVS = 1 << 0,
    PARE_SANDBOX_RLIMITS = 1 << 1,
    PARE_SANDBOX_LANDLOCK = 1 << 2, /* Linux 5.13 and later */
    PARE_SANDBOX_SECCOMP = 1 << 3,
    PARE_SANDBOX_ALL = 0xf
};

typedef enum pare_task_kind {
    PARE_TASK_NONE = 0,
    PARE_TASK_OPTIMIZE = 1, /* descriptors: input, output */
    PARE_TASK_INFO = 2,     /* descriptors: input */
    PARE_TASK_SCORE = 3,    /* descriptors: input, second input */
    PARE_TASK_SALVAGE = 4   /* descriptors: input, output */
} pare_task_kind;

typedef struct pare_message {
    pare_message_kind kind;
    uint64_t task_id; /* 0 in HELLO */
    union {
        struct {
            uint32_t version;
            uint32_t sandbox; /* PARE_SANDBOX_* that hold */
        } hello;
        struct {
            pare_task_kind kind;
            pare_options options;
        } task;
        struct {
            pare_step step;
        } step;
        struct {
            pare_err err;
            pare_info info;     /* INFO */
            pare_result result; /* OPTIMIZE, SALVAGE: data is NULL, len is the bytes written; SCORE:
                                   score */
            uint64_t peak_rss_bytes;
            uint64_t cpu_us;
            pare_diag diag;
        } result;
    };
} pare_message;

/* Errors: PARE_ERR_INTERNAL (cap too small, kind unknown). */
PARE_NODISCARD pare_err pare_message_encode(const pare_message *message, uint8_t *data, size_t cap,
                                            size_t *len);

/* Errors: PARE_ERR_PROTOCOL (too short, too long, any field out of its range). *out is untouched
 * on error; texts are terminated and free of control characters on PARE_OK. */
PARE_NODISCARD pare_err pare_message_decode(const uint8_t *data, size_t len, pare_message *out);

#endif /* PARE_WIRE_MESSAGE_H */
