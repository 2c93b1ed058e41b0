// SPDX-License-Identifier: Apache-2.0
/* Pages of results, one image done again, and whole lists as CSV and JSON, streamed. */
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "http/api.h"
#include "http/jobs.h"
#include "http/server_inside.h"
#include "http/settings.h"

enum { STREAM_ROWS = 200, BLOCK = 64 * 1024 };

static bool read_outcome(const char *name, pare_outcome *out)
{
    for (int i = PARE_OUTCOME_OPTIMIZED; i <= PARE_OUTCOME_FAILED; i++) {
        if (strcmp(name, pare_outcome_name((pare_outcome)i)) == 0) {
            *out = (pare_outcome)i;
            return true;
        }
    }
    return false;
}

/* Sorting and filters of the query; replies with an error and returns false when one is wrong.
 * Texts are borrowed from the request. */
static bool read_query(pare_request *request, const pare_web_job *job, pare_result_query *query)
{
    const char *sort = pare_request_query(request, "sort");
    const char *order = pare_request_query(request, "order");
    const char *outcome = pare_request_query(request, "outcome");
    const char *format = pare_request_query(request, "format");
    const char *text = pare_request_query(request, "q");
    *query = (pare_result_query){.run_id = job->run_id};
    if (sort && !pare_result_sort_from_name(sort, &query->sort)) {
        pare_reply_error(request, 400, "sort: there is no order by \"%.40s\"", sort);
        return false;
    }
    if (order && strcmp(order, "asc") != 0 && strcmp(order, "desc") != 0) {
        pare_reply_error(request, 400, "order must be asc or desc");
        return false;
    }
    if (outcome && *outcome && !read_outcome(outcome, &query->outcome)) {
        pare_reply_error(request, 400, "outcome must be optimized, kept, skipped or failed");
        return false;
    }
    if (format && *format &&
        (query->format = pare_format_from_name(format)) == PARE_FORMAT_UNKNOWN) {
        pare_reply_error(request, 400, "format: there is no \"%.40s\"", format);
        return false;
    }
    if (text && strlen(text) > 256) {
        pare_reply_error(request, 400, "q is longer than 256 bytes");
        return false;
    }
    query->descending = order && strcmp(order, "desc") == 0;
    query->text = text && *text ? text : NULL;
    return true;
}

typedef struct page {
    const pare_web_job *job;
    pare_text *json;
} page;

static void add_row(void *user, const pare_result_row *row)
{
    page *const p = user;
    pare_result_json(p->job, row, p->json);
}

void pare_api_results(pare_request *request)
{
    pare_web_job *const job = pare_request_job(request);
    pare_result_query query;
    pare_text rows = {0}, json = {0};
    page p = {job, &rows};
    uint64_t total = 0;
    pare_diag diag = {0};
    if (!job || !read_query(request, job, &query)) return;
    if (!pare_request_number(request, "offset", 0, INT32_MAX, 0, &query.offset)) return;
    if (!pare_request_number(request, "limit", 1, PARE_PAGE_CAP, 100, &query.limit)) return;
    pare_json_open(&rows, NULL, '[');
    pare_err err = PARE_OK;
    if (job->run_id > 0) {
        err = pare_ledger_results(pare_engine_ledger(request->server->engine), &query, add_row, &p,
                                  &total, &diag);
    }
    pare_json_close(&rows, ']');
    if (err != PARE_OK) {
        pare_text_deinit(&rows);
        pare_reply_fail(request, err, &diag);
        return;
    }
    pare_json_open(&json, NULL, '{');
    pare_json_uint(&json, "total", total);
    pare_json_uint(&json, "offset", query.offset);
    pare_json_raw(&json, "results", pare_text_string(&rows));
    pare_json_close(&json, '}');
    pare_text_deinit(&rows);
    pare_reply_json(request, 200, &json);
}

/* ---- whole lists ---- */

typedef struct list_stream {
    pare_server *server;
    int64_t job_id;
    pare_result_query query;
    char *text; /* owned */
    bool csv, ended;
    uint64_t rows;           /* in the block at hand */
    const pare_web_job *job; /* while rows are added */
    pare_text out;
    size_t sent;
} list_stream;

static void free_list(void *user)
{
    list_stream *const s = user;
    pare_text_deinit(&s->out);
    free(s->text);
    free(s);
}

static const char CSV_HEAD[] =
    "seq,replaces,input,output,outcome,format_in,format_out,width,height,bytes_in,bytes_out,"
    "saved_bytes,ratio,score,quality,lossless,ms,worker,error,reason,message\r\n";

/* A text of a CSV file; what a spreadsheet would take for a formula is made plain. */
static void add_csv_text(pare_text *out, const char *text)
{
    pare_text_add_bytes(out, ",\"", 2);
    if (text && *text && strchr("=+-@\t\r", *text)) pare_text_add_bytes(out, "'", 1);
    for (; text && *text; text++) {
        if (*text == '"') pare_text_add_bytes(out, "\"", 1);
        pare_text_add_bytes(out, text, 1);
    }
    pare_text_add_bytes(out, "\"", 1);
}

static void add_csv_row(list_stream *s, const pare_result_row *row)
{
    const pare_file_result *r = &row->result;
    const bool failed = r->outcome == PARE_OUTCOME_FAILED;
    pare_text *const out = &s->out;
    pare_text_add(out, "%llu,", (unsigned long long)r->seq);
    if (r->replaces) pare_text_add(out, "%llu", (unsigned long long)r->replaces);
    add_csv_text(out, pare_web_job_relative(s->job, r->input, false));
    add_csv_text(out, r->output ? pare_web_job_relative(s->job, r->output, true) : "");
    pare_text_add(out, ",%s,%s,%s,%u,%u,%llu,%llu,%lld", pare_outcome_name(r->outcome),
                  r->format_in ? pare_format_name(r->format_in) : "",
                  r->format_out ? pare_format_name(r->format_out) : "", r->width_px, r->height_px,
                  (unsigned long long)r->bytes_in, (unsigned long long)r->bytes_out,
                  (long long)(r->bytes_in - r->bytes_out));
    pare_text_add(out, ",%.5f,", r->bytes_in ? (double)r->bytes_out / (double)r->bytes_in : 1.0);
    if (r->score > 0) pare_text_add(out, "%.2f", r->score);
    pare_text_add(out, ",");
    if (r->quality > 0) pare_text_add(out, "%d", r->quality);
    pare_text_add(out, ",%s,%u,%u,%s,%s", r->lossless ? "true" : "false", r->ms, r->worker,
                  failed ? pare_err_class(r->err) : "",
                  r->err == PARE_OK ? "" : pare_err_name(r->err));
    add_csv_text(out, r->text);
    pare_text_add(out, "\r\n");
}

static void add_list_row(void *user, const pare_result_row *row)
{
    list_stream *const s = user;
    s->rows++;
    if (s->csv) {
        add_csv_row(s, row);
    } else {
        pare_result_json(s->job, row, &s->out);
        pare_text_add_bytes(&s->out, "\n", 1); /* hides the comma from the next row */
    }
}

/* The next rows. JSON rows are separated here: "\n" before each but the first. */
static bool fill(list_stream *s)
{
    pare_text_clear(&s->out);
    s->sent = 0;
    s->job = pare_jobs_find(s->server, s->job_id);
    if (!s->job) return false;
    s->rows = 0;
    if (s->job->run_id > 0 && pare_ledger_results(pare_engine_ledger(s->server->engine), &s->query,
                                                  add_list_row, s, NULL, NULL) != PARE_OK) {
        return false;
    }
    if (!s->csv && s->rows > 0) {
        const bool first = s->query.offset == 0;
        uint8_t *const data = s->out.buf.data;
        for (size_t i = 0; i + 1 < s->out.buf.len; i++) {
            if (data[i] == '\n') data[i] = ',';
        }
        s->out.buf.len--;
        if (!first) {
            pare_text later = {0};
            pare_text_add_bytes(&later, ",", 1);
            pare_text_add_bytes(&later, s->out.buf.data, s->out.buf.len);
            pare_text_deinit(&s->out);
            s->out = later;
        }
    }
    s->query.offset += s->rows;
    if (s->rows < STREAM_ROWS) {
        s->ended = true;
        if (!s->csv) pare_text_add_bytes(&s->out, "]\n", 2);
    }
    return !s->out.lost;
}

static ssize_t read_list(void *user, uint64_t at, char *to, size_t cap)
{
    list_stream *const s = user;
    (void)at;
    while (s->sent == s->out.buf.len) {
        if (s->ended) return MHD_CONTENT_READER_END_OF_STREAM;
        if (!fill(s)) return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    const size_t left = s->out.buf.len - s->sent;
    const size_t len = left < cap ? left : cap;
    memcpy(to, s->out.buf.data + s->sent, len);
    s->sent += len;
    return (ssize_t)len;
}

static void reply_list(pare_request *request, bool csv)
{
    pare_web_job *const job = pare_request_job(request);
    pare_result_query query;
    if (!job || !read_query(request, job, &query)) return;
    list_stream *const s = calloc(1, sizeof *s);
    if (!s || (query.text && !(s->text = strdup(query.text)))) {
        free(s);
        pare_reply_response(request, 500, NULL, NULL);
        return;
    }
    s->server = request->server;
    s->job_id = job->id;
    s->query = query;
    s->query.text = s->text;
    s->query.limit = STREAM_ROWS;
    s->csv = csv;
    pare_text_add(&s->out, "%s", csv ? CSV_HEAD : "[");
    struct MHD_Response *const response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_list, s, free_list);
    if (!response) free_list(s);
    pare_response_common(response);
    pare_response_isolate(response);
    pare_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    pare_response_header(response, "Content-Disposition",
                         csv ? "attachment; filename=\"results.csv\""
                             : "attachment; filename=\"results.json\"");
    pare_reply_response(request, 200, csv ? "text/csv; charset=utf-8" : "application/json",
                        response);
}

void pare_api_results_csv(pare_request *request)
{
    reply_list(request, true);
}

void pare_api_results_json(pare_request *request)
{
    reply_list(request, false);
}

/* ---- one again ---- */

static void copy_row(void *user, const pare_result_row *row)
{
    pare_result_row *const out = user;
    *out = *row;
    out->result.input = out->result.output = out->result.text = NULL;
}

/* The settings of the job, changed as the body wants; owned, or NULL after a reply. */
static json_t *redo_settings(pare_request *request, const pare_web_job *job,
                             const pare_file_result *result)
{
    pare_diag diag = {0};
    pare_settings checked;
    json_t *const body = pare_request_json(request);
    if (!body) return NULL;
    json_t *const delta = json_object_get(body, "quality_delta");
    json_t *const own = json_object_get(body, "settings");
    json_t *settings = json_loads(job->settings, 0, NULL);
    pare_err err = PARE_ERR_INVALID;
    if (json_is_integer(delta) && json_object_size(body) == 1) {
        err = pare_settings_shift(settings, (int)json_integer_value(delta) % 100, result->quality,
                                  result->score, &diag);
    } else if (json_is_object(own) && json_object_size(body) == 1) {
        json_t *const output = json_incref(json_object_get(settings, "output"));
        json_decref(settings);
        settings = json_deep_copy(own);
        if (output) {
            json_object_set(settings, "output", output);
        } else {
            json_object_del(settings, "output");
        }
        json_decref(output);
        err = pare_settings_read(settings, 0, &checked, &diag);
    } else {
        err = pare_fail(&diag, PARE_ERR_INVALID,
                        "the body must be {\"quality_delta\": N} or {\"settings\": {...}}");
    }
    json_decref(body);
    if (err == PARE_OK) return settings;
    json_decref(settings);
    pare_reply_fail(request, err, &diag);
    return NULL;
}

void pare_api_redo(pare_request *request)
{
    pare_web_job *const job = pare_request_job(request);
    pare_result_row row = {0};
    pare_diag diag = {0};
    if (!job) return;
    const pare_result_query query = {
        .run_id = job->run_id, .seq = (uint64_t)request->numbers[1], .with_replaced = true};
    pare_err err = PARE_OK;
    if (job->run_id > 0) {
        err = pare_ledger_results(pare_engine_ledger(request->server->engine), &query, copy_row,
                                  &row, NULL, &diag);
    }
    if (err != PARE_OK) {
        pare_reply_fail(request, err, &diag);
        return;
    }
    if (row.result.seq == 0) {
        pare_reply_error(request, 404, "job %lld has no result %lld", (long long)job->id,
                         (long long)request->numbers[1]);
        return;
    }
    if (row.replaced_by > 0) {
        pare_reply_error(request, 409, "result %lld was replaced by %llu",
                         (long long)request->numbers[1], (unsigned long long)row.replaced_by);
        return;
    }
    if (pare_request_undone(request, job)) return;
    json_t *const settings = redo_settings(request, job, &row.result);
    if (!settings) return;
    err = pare_web_job_redo(job, row.result.seq, settings, &diag);
    if (err != PARE_OK) {
        pare_reply_fail(request, err, &diag);
        return;
    }
    pare_text json = {0};
    pare_web_job_json(job, &json, NULL);
    pare_reply_json(request, 202, &json);
}
