// SPDX-License-Identifier: Apache-2.0
/* Put an optimized image where it belongs, or leave everything as it was. The only module that
 * writes into the user's folders (undo, which puts originals back, uses it too).
 *
 * One thread at a time per object; begin, copy and commit block on the disk: call them in the
 * thread pool. */
#ifndef PARE_HOST_REPLACE_H
#define PARE_HOST_REPLACE_H

#include "base/err.h"
#include "host/backup.h"
#include "host/ident.h"

typedef struct pare_replace pare_replace;

/* Open an empty temporary file in the folder where the result will go, for a worker to fill. It
 * is locked while any copy of its descriptor is open, so that one left by a killed run can be told
 * from one in use.
 *
 *   dir_fd  borrowed for this call (duplicated); the folder of the result.
 *   out     owned: on PARE_OK end it with commit or abort; NULL on error.
 *   diag    may be NULL; receives the first error in words.
 *
 * Errors: PARE_ERR_IO, PARE_ERR_NO_SPACE, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_replace_begin(int dir_fd, pare_replace **out, pare_diag *diag);

/* Descriptor to write to (and read from); borrowed, valid until commit or abort. */
int pare_replace_fd(const pare_replace *rep);

/* Fill the temporary file with a copy of in_fd from offset 0 (shared blocks where the file system
 * can). *bytes: how many. Errors: PARE_ERR_IO, PARE_ERR_NO_SPACE. */
PARE_NODISCARD pare_err pare_replace_copy(pare_replace *rep, int in_fd, uint64_t *bytes,
                                          pare_diag *diag);

typedef struct pare_replace_request {
    const char *name;      /* of the result; one component */
    pare_format format;    /* its first bytes must say the same; UNKNOWN: not checked */
    uint64_t bytes;        /* its size must be this */
    uint64_t max_bytes;    /* and at most this; 0: no limit */
    const pare_hash *hash; /* of a copy: of what was to be copied; NULL: nothing is known */

    int original_fd;            /* open for reading: mode, owner, dates, attributes come from it */
    int original_dir_fd;        /* folder of the original */
    const char *original_name;  /* in original_dir_fd */
    const pare_ident *original; /* must still be this file */

    bool in_place;  /* the original goes away: replaced, or removed when name is another one */
    bool overwrite; /* replace whatever has the name */
    int64_t replaceable_before_ns; /* see pare_plan_output */
    bool over_remains; /* replace what holds nothing but a part of the result, and zeros */
    bool keep_dates;   /* access and modification time of the original */

    const pare_backup *backup; /* in place: keep the original here first; NULL: no backup */
    const char *original_path; /* absolute; with backup */
} pare_replace_request;

/* What is there now. */
typedef struct pare_replaced {
    pare_ident ident;
    pare_hash hash;
    bool written;  /* the result has its name, even when a later step failed */
    bool is_other; /* a copy of something else than request->hash; nothing changed */
} pare_replaced;

/* Give the new file its name; in place, make it durable first and the rename durable afterwards.
 * A result beside or apart from its original is durable after pare_replace_sync(). Everything in
 * request is borrowed. Consumes *rep in every case and sets it to NULL. In place, a hard link to
 * the original under another name keeps the old bytes.
 *
 * PARE_SKIP_NOT_SMALLER  it has more than max_bytes; nothing changed.
 * PARE_ERR_CHANGED       the original, or what was copied, changed meanwhile; nothing changed.
 * PARE_ERR_EXISTS        the name is taken; nothing changed.
 * PARE_ERR_PROTOCOL      size or format are not as promised; nothing changed.
 * PARE_ERR_IO, PARE_ERR_NO_SPACE  the name holds all of the old or all of the new file. */
PARE_NODISCARD pare_err pare_replace_commit(pare_replace **rep, const pare_replace_request *request,
                                            pare_replaced *out, pare_diag *diag);

/* Wait until all results on the file system of dir_fd are on the disk: once at the end of a run
 * that is not in place. Errors: PARE_ERR_IO. May take seconds: call it in the thread pool. */
PARE_NODISCARD pare_err pare_replace_sync(int dir_fd, pare_diag *diag);

/* Drop the temporary file. Accepts a pointer to NULL; sets *rep to NULL. */
void pare_replace_abort(pare_replace **rep);

/* Is this the name of a temporary file of Pare? */
bool pare_replace_is_temp(const char *name);
/* Remove a temporary file that nobody holds. True when it was removed. */
bool pare_replace_sweep(int dir_fd, const char *name);

#endif /* PARE_HOST_REPLACE_H */
