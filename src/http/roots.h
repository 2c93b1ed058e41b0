// SPDX-License-Identifier: Apache-2.0
/* Folders that the server may touch. Paths inside are opened by the kernel with RESOLVE_BENEATH:
 * neither "..", nor an absolute path, nor a link leads out. One thread. */
#ifndef PARE_HTTP_ROOTS_H
#define PARE_HTTP_ROOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

enum { PARE_ROOTS_CAP = 64 };

typedef struct pare_root {
    char id[8];
    char *path; /* owned; absolute, as the kernel names it */
    int fd;     /* owned */
    bool writable;
} pare_root;

typedef struct pare_roots {
    pare_root all[PARE_ROOTS_CAP];
    unsigned count;
} pare_roots;

/* Add a folder; its id is r1, r2, ... Errors: PARE_ERR_NOT_FOUND, PARE_ERR_IO, PARE_ERR_INVALID
 * (no folder, too many), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_roots_add(pare_roots *roots, const char *path, pare_diag *diag);
void pare_roots_deinit(pare_roots *roots);
const pare_root *pare_roots_find(const pare_roots *roots, const char *id);
/* Last part of its path. */
const char *pare_root_name(const pare_root *root);

/* Open what lies beneath folder_fd; flags as in open(), mode for O_CREAT. *fd is owned; links are
 * followed as long as they stay inside. path "" is the folder.
 * Errors: PARE_ERR_NOT_FOUND, PARE_ERR_INVALID (leads out, or is no path), PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_beneath_open(int folder_fd, const char *path, int flags, uint32_t mode,
                                          int *fd, pare_diag *diag);
/* Make the folders of path that are missing, and open the last. Errors: as above. */
PARE_NODISCARD pare_err pare_beneath_make(int folder_fd, const char *path, int *fd,
                                          pare_diag *diag);
/* The absolute path of an open file, without links; cap bytes. Errors: PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_fd_path(int fd, char *path, size_t cap, pare_diag *diag);

/* The members of a folder as JSON (Entries of openapi.json). Errors: as pare_beneath_open(). */
PARE_NODISCARD pare_err pare_root_list(const pare_root *root, const char *path, uint64_t offset,
                                       uint64_t limit, pare_text *json, pare_diag *diag);

#endif /* PARE_HTTP_ROOTS_H */
