// SPDX-License-Identifier: Apache-2.0
/* Open and hash an input. */
#include "host/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <xxhash.h>

enum { CHUNK_BYTES = 64 * 1024 };

/* Reads on after interruptions; less than cap only at the end of the file. -1 and errno. */
static ssize_t read_chunk(int fd, uint8_t *data, size_t cap, off_t at)
{
    size_t len = 0;
    while (len < cap) {
        const ssize_t got = pread(fd, data + len, cap - len, at + (off_t)len);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

static pare_err hash_file(int fd, pare_hash *out, pare_format *format, pare_diag *diag)
{
    pare_err err = PARE_OK;
    uint8_t *chunk = malloc(CHUNK_BYTES);
    XXH3_state_t *state = XXH3_createState();
    if (!chunk || !state) {
        err = pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory to hash a file");
        goto out;
    }
    XXH3_128bits_reset(state);
    ssize_t got;
    off_t at = 0;
    do {
        got = read_chunk(fd, chunk, CHUNK_BYTES, at);
        if (got < 0) {
            err = pare_fail_errno(diag, "read", "input");
            goto out;
        }
        if (at == 0 && format) *format = pare_format_sniff(chunk, (size_t)got);
        XXH3_128bits_update(state, chunk, (size_t)got);
        at += got;
    } while (got == CHUNK_BYTES);
    const XXH128_hash_t hash = XXH3_128bits_digest(state);
    *out = (pare_hash){hash.low64, hash.high64};
out:
    XXH3_freeState(state);
    free(chunk);
    return err;
}

pare_err pare_intake_hash(int fd, pare_hash *out, pare_diag *diag)
{
    return hash_file(fd, out, NULL, diag);
}

pare_err pare_intake_open(int dir_fd, const char *name, const pare_ident *expected,
                          pare_intake *out, pare_diag *diag)
{
    struct stat st;
    pare_err err;
    *out = (pare_intake){.fd = -1};
    /* O_NONBLOCK: a file that became a pipe must not hold the thread. */
    out->fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (out->fd < 0) return pare_fail_errno(diag, "open", name);
    if (fstat(out->fd, &st) != 0) {
        err = pare_fail_errno(diag, "stat", name);
        goto fail;
    }
    out->ident = pare_ident_of(&st);
    if (!S_ISREG(st.st_mode) || (expected && !pare_ident_same(&out->ident, expected))) {
        err = pare_fail(diag, PARE_ERR_CHANGED, "%s changed since it was found", name);
        goto fail;
    }
    err = hash_file(out->fd, &out->hash, &out->format, diag);
    if (err != PARE_OK) goto fail;
    if (fstat(out->fd, &st) != 0) {
        err = pare_fail_errno(diag, "stat", name);
        goto fail;
    }
    const pare_ident after = pare_ident_of(&st);
    if (!pare_ident_same(&after, &out->ident)) {
        err = pare_fail(diag, PARE_ERR_CHANGED, "%s changed while it was read", name);
        goto fail;
    }
    return PARE_OK;
fail:
    pare_intake_close(out);
    return err;
}

void pare_intake_close(pare_intake *intake)
{
    if (intake->fd >= 0) close(intake->fd);
    intake->fd = -1;
}
