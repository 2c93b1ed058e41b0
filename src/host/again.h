// SPDX-License-Identifier: Apache-2.0
/* What an earlier part of a run made of which file, so that a job can go on with it: which files
 * are still wanted, which result a new one replaces, and the sums so far. One thread. */
#ifndef PARE_HOST_AGAIN_H
#define PARE_HOST_AGAIN_H

#include <pare/batch.h>

#include "base/buf.h"
#include "host/ledger.h"

/* What to do with files that an earlier part of the same run has results for. Totals always are
 * the sums over the results that no later one replaced. */
typedef enum pare_again {
    PARE_AGAIN_RESUME = 0, /* leave them; do the others: the run was cut off */
    PARE_AGAIN_FAILED = 1, /* only those that failed; new rows replace the old */
    PARE_AGAIN_ONE = 2     /* only the file of one row, whatever became of it */
} pare_again;

typedef struct pare_earlier_row {
    uint64_t key; /* hash of the absolute path; 0: free */
    uint64_t seq, bytes_in, bytes_out;
    pare_outcome outcome;
} pare_earlier_row;

/* Zeroed: there was nothing before. */
typedef struct pare_earlier {
    bool active;
    pare_again again;
    pare_earlier_row *rows; /* owned */
    size_t mask, count;
    pare_progress totals; /* sums of all that count, and the last seq */
    pare_buf path, made;  /* ONE: the file, and what was made of it ("": nothing); terminated */
    pare_outcome outcome; /* ONE */
    pare_format format_in;
} pare_earlier;

/* seq: of the row, with ONE. Errors: PARE_ERR_NOT_FOUND (no such row, or it was replaced),
 * PARE_ERR_IO, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_earlier_load(pare_earlier *earlier, pare_ledger *ledger,
                                          int64_t run_id, pare_again again, uint64_t seq,
                                          pare_diag *diag);
void pare_earlier_deinit(pare_earlier *earlier);

/* For the scan: is this file (or a folder on the way to one) still wanted? path is absolute. */
bool pare_earlier_wants(const pare_earlier *earlier, const char *path, bool is_folder);
/* The result that a new one for this file takes the place of; NULL: none. */
const pare_earlier_row *pare_earlier_of(const pare_earlier *earlier, const char *path);

#endif /* PARE_HOST_AGAIN_H */
