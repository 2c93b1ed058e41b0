// SPDX-License-Identifier: Apache-2.0
/* Single images of a job that are done again with other settings, one after the other, when the
 * job has nothing else to do. Each is a row of the ledger until it is done, so that none is lost
 * when the server ends. */
#include <stdlib.h>

#include "http/jobs_inside.h"
#include "http/server_inside.h"

static pare_ledger *ledger_of(const pare_web_job *job)
{
    return pare_engine_ledger(job->server->engine);
}

void pare_web_job_drop_redo(pare_web_job *job, pare_redo *redo, bool forget)
{
    pare_redo **at = &job->redos;
    while (*at != redo)
        at = &(*at)->next;
    if (at == &job->redos) job->redoing = false;
    *at = redo->next;
    job->redo_count--;
    /* A row that stays is looked at after a restart, and dropped then. */
    if (forget) (void)!pare_ledger_redo_delete(ledger_of(job), redo->id, NULL);
    json_decref(redo->settings);
    free(redo);
}

/* Consumes settings in every case. */
static pare_redo *append(pare_web_job *job, int64_t id, uint64_t seq, json_t *settings)
{
    pare_redo **end = &job->redos;
    pare_redo *const redo = calloc(1, sizeof *redo);
    if (!redo) {
        json_decref(settings);
        return NULL;
    }
    *redo = (pare_redo){.id = id, .seq = seq, .settings = settings};
    while (*end)
        end = &(*end)->next;
    *end = redo;
    job->redo_count++;
    return redo;
}

/* ---- after a restart ---- */

static void add_row(void *user, int64_t id, uint64_t seq, const char *settings)
{
    json_t *const json = json_loads(settings, 0, NULL);
    (void)append(user, id, seq, json ? json : json_object());
}

static void note_replaced(void *user, const pare_result_row *row)
{
    *(bool *)user = row->replaced_by == 0;
}

/* Was it done, and only its row not yet gone? */
static bool is_wanted(const pare_web_job *job, uint64_t seq)
{
    bool counts = false;
    const pare_result_query query = {.run_id = job->run_id, .seq = seq, .with_replaced = true};
    const pare_err err =
        pare_ledger_results(ledger_of(job), &query, note_replaced, &counts, NULL, NULL);
    return err != PARE_OK || counts;
}

pare_err pare_web_job_load_redos(pare_web_job *job, pare_diag *diag)
{
    PARE_TRY(pare_ledger_redos(ledger_of(job), job->id, add_row, job, diag));
    for (pare_redo *redo = job->redos, *next; redo; redo = next) {
        next = redo->next;
        if (!is_wanted(job, redo->seq)) pare_web_job_drop_redo(job, redo, true);
    }
    return PARE_OK;
}

/* ---- one after the other ---- */

void pare_web_job_next_redo(pare_web_job *job)
{
    while (job->redos && !job->engine_job) {
        pare_diag diag = {0};
        const pare_err err = pare_web_job_submit(job, PARE_AGAIN_ONE, job->redos, &diag);
        job->redoing = err == PARE_OK;
        if (job->redoing) return;
        pare_web_job_set_text(&job->error, diag.text);
        pare_web_job_touch(job);
        pare_web_job_drop_redo(job, job->redos, true);
    }
}

/* Who asks twice means the second. */
static void drop_earlier(pare_web_job *job, uint64_t seq)
{
    for (pare_redo *redo = job->redos; redo; redo = redo->next) {
        if (redo->seq != seq || (redo == job->redos && job->redoing)) continue;
        pare_web_job_drop_redo(job, redo, true);
        return;
    }
}

pare_err pare_web_job_redo(pare_web_job *job, uint64_t seq, json_t *settings, pare_diag *diag)
{
    int64_t id = 0;
    drop_earlier(job, seq);
    char *const text = json_dumps(settings, JSON_COMPACT);
    pare_err err = PARE_OK;
    if (!text || job->redo_count == PARE_REDO_CAP) {
        err = pare_fail(diag, PARE_ERR_NO_MEMORY, "too many images wait to be done again");
    }
    if (err == PARE_OK) err = pare_ledger_redo_add(ledger_of(job), job->id, seq, text, &id, diag);
    free(text);
    if (err != PARE_OK) {
        json_decref(settings);
        return err;
    }
    pare_redo *const redo = append(job, id, seq, settings);
    if (!redo) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for a request");
    if (job->engine_job) return PARE_OK; /* when it has ended */
    err = pare_web_job_submit(job, PARE_AGAIN_ONE, redo, diag);
    job->redoing = err == PARE_OK;
    if (err != PARE_OK) pare_web_job_drop_redo(job, redo, true);
    return err;
}
