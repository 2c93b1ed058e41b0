// SPDX-License-Identifier: Apache-2.0
/* Find the images among files and folders, a few directory entries at a time.
 *
 * Files that the user named come first, then folders, each once however often it is reached (by
 * device and inode number). Symlinks found inside folders are not followed; one that the user
 * named is. Left out: folders named "optimized" (mode BESIDE), names with the suffix (mode
 * SUFFIX), the output and backup folders, .git, what an exclude pattern matches, what is no image
 * by its first bytes. Names may hold any byte; depth and length of paths have no limit. */
#ifndef PARE_HOST_SCAN_H
#define PARE_HOST_SCAN_H

#include "host/plan.h"

typedef struct pare_scan pare_scan;

typedef enum pare_scan_state {
    PARE_SCAN_MORE = 0,   /* call again */
    PARE_SCAN_WINDOW = 1, /* the plan is full: resolve it, work it off, clear it, call again */
    PARE_SCAN_DONE = 2    /* resolve the plan for the last time */
} pare_scan_state;

typedef struct pare_scan_counts {
    uint64_t folders, files; /* looked at */
    uint64_t images;         /* added to the plan, with those that failed */
    uint64_t ignored;        /* no images, symlinks, devices */
    uint64_t excluded;       /* by a pattern or as output of Pare */
    uint64_t stale_temps;    /* left by a killed run, removed now */
} pare_scan_counts;

/* All borrowed until destroy; ledger may be NULL. With the ledger, files that it knows and that
 * did not change are not opened. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_scan_create(const pare_batch_options *options, pare_folders *folders,
                                         pare_ledger *ledger, pare_scan **out, pare_diag *diag);
void pare_scan_destroy(pare_scan **scan);

/* Add a file or folder; copied. Errors: PARE_ERR_NOT_FOUND, PARE_ERR_IO, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_scan_add(pare_scan *scan, const char *path, pare_diag *diag);

/* Leave out what the filter does not want; path is absolute. For folders it says whether anything
 * below is wanted. */
typedef bool (*pare_scan_filter)(const void *user, const char *path, bool is_folder);
void pare_scan_set_filter(pare_scan *scan, pare_scan_filter filter, const void *user);

/* Look at no more than budget directory entries (at least 1; 64 take about a millisecond when the
 * files must be opened). What cannot be read becomes an entry with an error.
 * Errors: PARE_ERR_NO_MEMORY, PARE_ERR_IO (ledger): the run cannot go on. */
PARE_NODISCARD pare_err pare_scan_step(pare_scan *scan, pare_plan *plan, uint32_t budget,
                                       pare_scan_state *state, pare_diag *diag);

void pare_scan_counts_get(const pare_scan *scan, pare_scan_counts *out);

#endif /* PARE_HOST_SCAN_H */
