// SPDX-License-Identifier: Apache-2.0
/* The steps of an undo, one file at a time, for undo.c and the engine. */
#ifndef PARE_HOST_UNDO_H
#define PARE_HOST_UNDO_H

#include "host/backup.h"
#include "host/ledger.h"

/* Put one original back; afterwards it has its place and neither result nor backup is left, or
 * nothing changed. *moved: it had not come back before. Blocks on the disk; any thread. Errors:
 * PARE_ERR_CHANGED, PARE_ERR_NOT_FOUND, PARE_ERR_IO, PARE_ERR_NO_SPACE, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_undo_record(const char *run_path, const pare_backup_record *record,
                                         bool *moved, pare_diag *diag);
/* What on_result hears of it; strings are borrowed from record and text. */
void pare_undo_result(const pare_backup_record *record, uint64_t seq, pare_err err, bool moved,
                      const char *text, pare_file_result *result);
/* Afterwards the ledger knows nothing of either name. Errors: PARE_ERR_IO, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_undo_forget(pare_ledger *ledger, const pare_backup_record *record,
                                         pare_diag *diag);

/* Put back the original of one file of a run: path is absolute. The ledger has to forget both names
 * afterwards. As pare_undo_record(); PARE_ERR_NOT_FOUND also when the run has no backup of it. */
PARE_NODISCARD pare_err pare_undo_one(const char *run_path, const char *path, pare_diag *diag);

#endif /* PARE_HOST_UNDO_H */
