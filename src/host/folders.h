// SPDX-License-Identifier: Apache-2.0
/* The folders that a run knows, by number, and a bounded cache of their descriptors.
 *
 * A folder is a name in a parent folder, so that no path is ever longer than the system allows,
 * and a folder that somebody replaces by a symlink is refused instead of followed. About 100 bytes
 * a folder; a folder is forgotten when its last reference goes. One thread. */
#ifndef PARE_HOST_FOLDERS_H
#define PARE_HOST_FOLDERS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

#define PARE_FOLDER_NONE UINT32_MAX
#define PARE_FOLDERS_FD_CAP 64 /* default size of the cache */

typedef struct pare_folders pare_folders;

/* fd_cap: most descriptors kept open, at least 2. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_folders_create(uint32_t fd_cap, pare_folders **out);
void pare_folders_destroy(pare_folders **folders);

/* A folder by its path, following symlinks; the same folder gives the same number. The path is
 * copied. It is kept until destroy. With create it need not exist yet, but then its nearest
 * existing parent gives its absolute path.
 * Errors: PARE_ERR_NOT_FOUND, PARE_ERR_IO (also: no folder), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_folders_add_root(pare_folders *folders, const char *path, bool create,
                                              uint32_t *id, pare_diag *diag);

/* A folder under parent, with one reference. name may hold several components ("a/b"), each at
 * most NAME_MAX bytes; none is "." or "..". No system call is made. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_folders_add(pare_folders *folders, uint32_t parent, const char *name,
                                         bool create, uint32_t *id);
void pare_folders_ref(pare_folders *folders, uint32_t id);
void pare_folders_unref(pare_folders *folders, uint32_t id);

/* Descriptor of a folder, for use at once: borrowed until the next call on these folders.
 * make: folders that were added with create are made when they are missing.
 * Errors: PARE_ERR_NOT_FOUND, PARE_ERR_IO (not a folder, a symlink, no permission). */
PARE_NODISCARD pare_err pare_folders_borrow(pare_folders *folders, uint32_t id, bool make, int *fd,
                                            pare_diag *diag);
/* As above, but owned: close() it, on any thread. */
PARE_NODISCARD pare_err pare_folders_open(pare_folders *folders, uint32_t id, bool make, int *fd,
                                          pare_diag *diag);

uint32_t pare_folders_parent(const pare_folders *folders, uint32_t id); /* or PARE_FOLDER_NONE */
const char *pare_folders_name(const pare_folders *folders, uint32_t id);

/* Set path to the path of a folder, or of the file name in it when name is not NULL, terminated
 * (len counts without the NUL).
 *   absolute: canonical, as the ledger stores it; else as the user spelled the root.
 * Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_folders_path(const pare_folders *folders, uint32_t id,
                                          const char *name, bool absolute, pare_buf *path);

/* Number of folders known, and of descriptors open. */
uint32_t pare_folders_count(const pare_folders *folders);
uint32_t pare_folders_fd_count(const pare_folders *folders);

/* Walk path (relative, any length) from dir_fd, one component at a time, never through a symlink;
 * make: create what is missing, durably. *fd is owned on PARE_OK.
 * Errors: PARE_ERR_NOT_FOUND, PARE_ERR_IO, PARE_ERR_NO_SPACE. Any thread. */
PARE_NODISCARD pare_err pare_folders_walk(int dir_fd, const char *path, bool make, int *fd,
                                          pare_diag *diag);

/* As above from the root of the file system, for canonical paths of any length. */
PARE_NODISCARD pare_err pare_folders_walk_absolute(const char *path, bool make, int *fd,
                                                   pare_diag *diag);

#endif /* PARE_HOST_FOLDERS_H */
