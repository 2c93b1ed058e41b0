// SPDX-License-Identifier: Apache-2.0
/* Backups of one in-place run: backup_dir/<time>-<run>/files/<absolute path of the original>, and
 * a journal beside them that says what replaced what. Undo needs nothing else.
 *
 * A pare_backup does not change after it was opened: any number of commits may share it. */
#ifndef PARE_HOST_BACKUP_H
#define PARE_HOST_BACKUP_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "host/ident.h"

typedef struct pare_backup pare_backup;

/* Make the folder of this run and an empty journal, durably. backup_dir is made when missing.
 * Errors: PARE_ERR_IO, PARE_ERR_NO_SPACE, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_backup_create(const char *backup_dir, int64_t run_id,
                                           pare_backup **out, pare_diag *diag);
/* Go on with the backups of a run. Errors: PARE_ERR_NOT_FOUND, PARE_ERR_IO, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_backup_open(const char *run_path, pare_backup **out, pare_diag *diag);
/* Absolute path of the run's folder, for the ledger; borrowed until destroy. */
const char *pare_backup_path(const pare_backup *backup);
void pare_backup_destroy(pare_backup **backup);

/* One file that was (or, after a kill, was about to be) replaced. Strings are borrowed. */
typedef struct pare_backup_record {
    const char *path;     /* absolute path of the original */
    const char *new_name; /* name of the new file in the same folder, often the same */
    pare_ident original, made;
} pare_backup_record;

/* Keep the original: by hard link when the file systems are the same, else by copy; then write
 * the record. All of it is on the disk when this returns.
 *   original_fd  open for reading; dir_fd/name is the same file.
 * Errors: PARE_ERR_IO, PARE_ERR_NO_SPACE, PARE_ERR_EXISTS (already backed up in this run). */
PARE_NODISCARD pare_err pare_backup_keep(const pare_backup *backup, int dir_fd, const char *name,
                                         int original_fd, const pare_backup_record *record,
                                         pare_diag *diag);

/* The file was not replaced after all: remove what pare_backup_keep() made for it, so that the
 * original has one name again and can be tried once more. Its record stays and is superseded.
 *   only  NULL, or remove it only when it is still this file, not a copy. */
void pare_backup_drop(const pare_backup *backup, const char *path, const pare_ident *only);

/* Read the journal of a run. A record that a kill cut off is ignored; of several records of one
 * path the last one counts.
 * The records (owned: free()) point into *storage (owned). Errors: PARE_ERR_NOT_FOUND,
 * PARE_ERR_IO, PARE_ERR_CORRUPT, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_backup_read(const char *run_path, pare_buf *storage,
                                         pare_backup_record **records, size_t *count,
                                         pare_diag *diag);

/* After a kill between backup and replace the original has a second name in the backups of that
 * run: remove that name when it is still the same file. True when it did. Never while the run
 * goes on, in this process or another: then it is about to need it. */
bool pare_backup_forget_unused(const char *run_path, const char *path, const pare_ident *ident);

/* Remove what a kill left of a copy that was being made for that run. */
void pare_backup_sweep(const char *run_path);

/* The folder of the backup of path (owned) and its name there (points into path).
 * Errors: PARE_ERR_NOT_FOUND, PARE_ERR_IO, PARE_ERR_INVALID. */
PARE_NODISCARD pare_err pare_backup_place(const char *run_path, const char *path, int *fd,
                                          const char **base);

#endif /* PARE_HOST_BACKUP_H */
