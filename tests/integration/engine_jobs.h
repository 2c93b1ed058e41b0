// SPDX-License-Identifier: Apache-2.0
/* What tests of the engine share: folders of files with orders for the stand-in worker, jobs on
 * them, and what each job reported. */
#ifndef PARE_TESTS_INTEGRATION_ENGINE_JOBS_H
#define PARE_TESTS_INTEGRATION_ENGINE_JOBS_H

#include "support/test.h"

#include "host/engine.h"

enum { FILE_LEN = 400 };

/* What one job reported. */
typedef struct seen {
    pare_job *job;
    uint64_t results, last_seq, finals, by_outcome[5], bytes_in, bytes_out, replaced;
    uint64_t ended_after; /* results of all jobs when it ended */
    bool out_of_order;
    pare_progress last;
    pare_job_state state;
    pare_err err, last_failed;
    char text[256];
    int changes[8]; /* how often each state came */
} seen;

/* Each test is a process of its own. */
extern uint64_t all_results;
extern void (*at_result)(seen *s, const pare_file_result *result); /* may be NULL */

/* An "image": a PNG header with an order for the stand-in worker, unique by number. */
void put(int dir, const char *name, const char *order, int number);
int new_number(void);
/* A folder of its own for a job; the path is valid until the end of the test. */
char *folder_of(const char *order, int count);
/* The ledger is the same one for all engines of a test. */
pare_engine *make_engine(uint32_t workers, bool with_ledger);

/* In place, unless options says otherwise; callbacks are set. */
void options_for(seen *s, pare_batch_options *options);
pare_err try_add(pare_engine *engine, const char *path, seen *s, pare_job_request request,
                 pare_batch_options options);
void add(pare_engine *engine, const char *path, seen *s, pare_priority priority);
void check_done(const seen *s, uint64_t files);

#endif /* PARE_TESTS_INTEGRATION_ENGINE_JOBS_H */
