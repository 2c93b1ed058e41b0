// SPDX-License-Identifier: Apache-2.0
/* The results of a run, page by page, and their sums. One thread, as ledger.h. */
#ifndef PARE_HOST_LEDGER_RESULTS_H
#define PARE_HOST_LEDGER_RESULTS_H

#include "host/ledger.h"

typedef enum pare_result_sort {
    PARE_SORT_SEQ = 0,
    PARE_SORT_INPUT,
    PARE_SORT_BYTES_IN,
    PARE_SORT_BYTES_OUT,
    PARE_SORT_SAVED,
    PARE_SORT_RATIO, /* bytes_out / bytes_in */
    PARE_SORT_SCORE, /* results without a score come last in either order */
    PARE_SORT_MS,
    PARE_SORT_OUTCOME,
    PARE_SORT_COUNT
} pare_result_sort;

/* "seq", "input", "bytes_in", "bytes_out", "saved_bytes", "ratio", "score", "ms", "outcome" */
PARE_NODISCARD bool pare_result_sort_from_name(const char *name, pare_result_sort *out);

/* Zeroed: all results of the run that were not replaced, in the order of seq. */
typedef struct pare_result_query {
    int64_t run_id;
    uint64_t seq;           /* only this one; 0: all */
    uint64_t after_seq;     /* only later ones; 0: all */
    uint64_t offset, limit; /* limit 0: no limit */
    pare_result_sort sort;
    bool descending;
    pare_outcome outcome; /* NONE: any */
    pare_format format;   /* of the input or the output; UNKNOWN: any */
    const char *text;     /* part of the input's path, ASCII letters of either case; NULL: any */
    bool with_replaced;   /* also rows that a later one replaced */
} pare_result_query;

/* A row. Strings are borrowed for the callback. */
typedef struct pare_result_row {
    pare_file_result result; /* input and output are absolute paths; text as it was reported */
    uint64_t replaces;       /* seq of the earlier row of the same file; 0: none */
    uint64_t replaced_by;    /* 0: it counts */
} pare_result_row;
typedef void (*pare_result_row_fn)(void *user, const pare_result_row *row);

/* *total (may be NULL): how many rows match without offset and limit. on_row may be NULL.
 * Errors: PARE_ERR_IO, PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_ledger_results(pare_ledger *ledger, const pare_result_query *query,
                                            pare_result_row_fn on_row, void *user, uint64_t *total,
                                            pare_diag *diag);

/* Counters of *out that are sums over rows which were not replaced: files_done, optimized, kept,
 * skipped, failed, bytes_in, bytes_out; and seq, the largest number given. Others are 0.
 * Errors: PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_ledger_totals(pare_ledger *ledger, int64_t run_id, pare_progress *out,
                                           pare_diag *diag);

#endif /* PARE_HOST_LEDGER_RESULTS_H */
