// SPDX-License-Identifier: Apache-2.0
/* The event stream. A listener holds no queue: only what it has been told so far. What it is told
 * next is made when its connection takes more, out of the jobs as they are now and the results in
 * the ledger. So a slow listener costs no memory, and misses nothing but states in between. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_text.h"
#include "http/api.h"
#include "http/jobs.h"
#include "http/metrics_json.h"
#include "http/server_inside.h"
#include "wire/parse.h"

enum {
    TICK_MS = 55,
    PROGRESS_GAP_US = 101 * 1000, /* never two within 100 ms, also when counted in whole ms */
    RESULTS_GAP_US = 95 * 1000,
    METRICS_GAP_US = 990 * 1000,
    ROWS = 100, /* of one event */
    BLOCK = 16 * 1024,
    LISTENERS_CAP = 64
};

typedef struct told {
    uint64_t job_version, progress_version;
} told;

struct pare_listener {
    pare_server *server;
    struct MHD_Connection *connection;
    int64_t job_id; /* 0: all */
    uint64_t seq;   /* results up to here were told */
    uint64_t version, removed;
    uint64_t progress_us, results_us, metrics_us; /* when the last one was told */
    told *jobs;                                   /* owned; by slot */
    unsigned slots, next_slot;
    pare_text out;
    size_t sent;
    bool asleep, greeted;
    struct pare_listener *previous, *next;
};
typedef struct pare_listener listener;

static void add_event(listener *l, const char *name, const char *data, uint64_t id)
{
    if (id > 0) pare_text_add(&l->out, "id: %llu\n", (unsigned long long)id);
    pare_text_add(&l->out, "event: %s\ndata: ", name);
    pare_text_add_bytes(&l->out, data, strlen(data));
    pare_text_add(&l->out, "\n\n");
}

static void add_and_free(listener *l, const char *name, pare_text *data, uint64_t id)
{
    add_event(l, name, pare_text_string(data), id);
    pare_text_deinit(data);
}

/* ---- what can be told ---- */

typedef struct batch {
    const pare_web_job *job;
    pare_text json;
    uint64_t last_seq, rows;
} batch;

static void add_row(void *user, const pare_result_row *row)
{
    batch *const b = user;
    pare_result_json(b->job, row, &b->json);
    b->last_seq = row->result.seq;
    b->rows++;
}

/* The next results. True when there are none left to tell. */
static bool tell_results(listener *l, const pare_web_job *job, uint64_t now_us)
{
    if (l->job_id == 0 || l->seq >= job->last_seq || job->run_id == 0) return true;
    if (now_us - l->results_us < RESULTS_GAP_US && !pare_job_state_is_final(job->state)) {
        return false;
    }
    const pare_result_query query = {
        .run_id = job->run_id, .after_seq = l->seq, .limit = ROWS, .with_replaced = true};
    batch b = {.job = job};
    pare_json_open(&b.json, NULL, '{');
    pare_json_int(&b.json, "job", job->id);
    pare_json_open(&b.json, "results", '[');
    const pare_err err =
        pare_ledger_results(pare_engine_ledger(l->server->engine), &query, add_row, &b, NULL, NULL);
    pare_json_close(&b.json, ']');
    pare_json_close(&b.json, '}');
    if (err != PARE_OK || b.rows == 0) {
        pare_text_deinit(&b.json);
        return err == PARE_OK; /* nothing is stored: the number was only counted */
    }
    l->seq = b.last_seq;
    l->results_us = now_us;
    add_and_free(l, "results", &b.json, b.last_seq);
    return l->seq >= job->last_seq;
}

static void tell_progress(listener *l, const pare_web_job *job, uint64_t now_us)
{
    pare_text json = {0};
    pare_json_open(&json, NULL, '{');
    pare_json_int(&json, "job", job->id);
    pare_json_int(&json, "at_ms", (int64_t)(now_us / 1000));
    pare_progress_json(&job->progress, &json, "progress");
    pare_json_close(&json, '}');
    add_and_free(l, "progress", &json, 0);
    l->progress_us = now_us;
}

static void tell_job(listener *l, const pare_web_job *job)
{
    pare_text json = {0};
    pare_web_job_json(job, &json, NULL);
    add_and_free(l, "job", &json, 0);
}

/* One job: results, then progress, then its state. True when all is told. */
static bool tell_about(listener *l, const pare_web_job *job, uint64_t now_us)
{
    told *const t = &l->jobs[job->slot];
    const bool final = pare_job_state_is_final(job->state);
    const bool is_new = t->job_version == 0;
    const bool all_results = tell_results(l, job, now_us);
    if (final && !all_results && !is_new) return false;
    if (!is_new && t->progress_version != job->progress_version) {
        if (now_us - l->progress_us < PROGRESS_GAP_US) {
            if (final) return false;
        } else {
            tell_progress(l, job, now_us);
            t->progress_version = job->progress_version;
        }
    }
    if (t->job_version != job->job_version) {
        tell_job(l, job);
        t->job_version = job->job_version;
        if (is_new) t->progress_version = job->progress_version; /* it stands in the job */
    }
    return all_results && t->progress_version == job->progress_version;
}

static bool grow(listener *l, unsigned slots)
{
    if (slots <= l->slots) return true;
    told *const more = realloc(l->jobs, (slots + 16) * sizeof *more);
    if (!more) return false;
    memset(more + l->slots, 0, (slots + 16 - l->slots) * sizeof *more);
    l->jobs = more;
    l->slots = slots + 16;
    return true;
}

static void tell_removed(listener *l)
{
    const pare_jobs *jobs = &l->server->jobs;
    if (jobs->removed_count - l->removed > PARE_REMOVED_CAP) {
        l->removed = jobs->removed_count - PARE_REMOVED_CAP;
    }
    for (; l->removed < jobs->removed_count; l->removed++) {
        const int64_t id = jobs->removed[l->removed % PARE_REMOVED_CAP];
        if (l->job_id == 0 || l->job_id == id) {
            pare_text_add(&l->out, "event: removed\ndata: {\"job\":%lld}\n\n", (long long)id);
        }
    }
}

/* All that is new, as far as the rates allow. */
static void make_events(listener *l)
{
    const pare_jobs *jobs = &l->server->jobs;
    const uint64_t now_us = pare_clock_us();
    bool all = true;
    if (!l->greeted) {
        pare_text_add(&l->out, "retry: 1000\n\n");
        l->greeted = true;
    }
    if (l->version != jobs->version && grow(l, jobs->slots)) {
        const uint64_t version = jobs->version;
        const pare_web_job *first = jobs->first, *job;
        /* begin where the last round could say no more, so that each job has its turn */
        for (job = first; job && job->slot != l->next_slot; job = job->next) {
        }
        if (!job) job = first;
        for (unsigned i = 0; i < jobs->count; i++) {
            if (l->job_id == 0 || l->job_id == job->id) {
                const bool done = tell_about(l, job, now_us);
                if (!done && all) l->next_slot = job->slot;
                all &= done;
            }
            job = job->next ? job->next : first;
        }
        tell_removed(l);
        if (all) l->version = version;
    }
    if (now_us - l->metrics_us >= METRICS_GAP_US) {
        l->metrics_us = now_us;
        add_event(l, "metrics", pare_metrics_json(l->server, now_us), 0);
    }
}

/* ---- the connection ---- */

static ssize_t read_events(void *user, uint64_t at, char *to, size_t cap)
{
    listener *const l = user;
    (void)at;
    if (l->sent == l->out.buf.len) {
        pare_text_clear(&l->out);
        l->sent = 0;
        if (l->server->closing) return MHD_CONTENT_READER_END_OF_STREAM;
        make_events(l);
        if (l->out.lost) return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    const size_t left = l->out.buf.len - l->sent;
    const size_t len = left < cap ? left : cap;
    if (len == 0) {
        l->asleep = true;
        MHD_suspend_connection(l->connection);
        return 0;
    }
    memcpy(to, l->out.buf.data + l->sent, len);
    l->sent += len;
    return (ssize_t)len;
}

static void wake(listener *l)
{
    if (!l->asleep) return;
    l->asleep = false;
    MHD_resume_connection(l->connection);
    pare_server_kick(l->server);
}

static void on_tick(uv_timer_t *timer)
{
    pare_server *const server = timer->data;
    const uint64_t now_us = pare_clock_us();
    for (listener *l = server->listeners; l; l = l->next) {
        if (l->version != server->jobs.version || now_us - l->metrics_us >= METRICS_GAP_US) wake(l);
    }
}

void pare_listeners_wake_all(pare_server *server)
{
    for (listener *l = server->listeners; l; l = l->next) {
        wake(l);
    }
}

static void free_listener(void *user)
{
    listener *const l = user;
    pare_server *const server = l->server;
    if (l->previous) {
        l->previous->next = l->next;
    } else if (server->listeners == l) {
        server->listeners = l->next;
    }
    if (l->next) l->next->previous = l->previous;
    server->listener_count--;
    if (server->listener_count == 0 && !server->closing) uv_timer_stop(&server->tick);
    pare_text_deinit(&l->out);
    free(l->jobs);
    free(l);
}

/* Where the client was: the header of a browser that comes back, or the query. */
static bool read_place(pare_request *request, listener *l)
{
    const char *header = pare_request_header(request, "Last-Event-ID");
    uint64_t number = 0;
    if (!pare_request_number(request, "job", 1, INT64_MAX, 0, &number)) return false;
    l->job_id = (int64_t)number;
    if (!pare_request_number(request, "after", 0, INT64_MAX, 0, &l->seq)) return false;
    if (header && *header && pare_parse_count(header, 0, INT64_MAX, &number)) l->seq = number;
    if (l->job_id == 0 || pare_jobs_find(request->server, l->job_id)) return true;
    pare_reply_error(request, 404, "there is no job %lld", (long long)l->job_id);
    return false;
}

void pare_api_events(pare_request *request)
{
    pare_server *const server = request->server;
    listener place = {0};
    if (!read_place(request, &place)) return;
    if (server->listener_count >= LISTENERS_CAP) {
        pare_reply_error(request, 503, "there are %d listeners, which is the limit", LISTENERS_CAP);
        return;
    }
    listener *const l = malloc(sizeof *l);
    if (!l) {
        pare_reply_response(request, 500, NULL, NULL);
        return;
    }
    *l = place;
    l->server = server;
    l->connection = request->connection;
    l->removed = server->jobs.removed_count;
    l->version = UINT64_MAX;
    l->next = server->listeners;
    if (server->listeners) server->listeners->previous = l;
    server->listeners = l;
    if (server->listener_count++ == 0) uv_timer_start(&server->tick, on_tick, TICK_MS, TICK_MS);
    struct MHD_Response *const response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_events, l, free_listener);
    if (!response) free_listener(l);
    pare_response_common(response);
    pare_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    pare_response_header(response, "X-Accel-Buffering", "no");
    pare_reply_response(request, 200, "text/event-stream", response);
}
