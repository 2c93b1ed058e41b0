// SPDX-License-Identifier: Apache-2.0
/* Numbers of the engine and the server, for the page and for Prometheus. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/json_text.h"
#include "http/api.h"
#include "http/jobs.h"
#include "http/metrics_json.h"
#include "http/server_inside.h"

enum { FRESH_US = 400 * 1000 };

static void add_worker(pare_text *json, const pare_engine_worker *worker)
{
    const pare_worker_view *view = &worker->view;
    pare_json_open(json, NULL, '{');
    pare_json_uint(json, "number", view->number);
    pare_json_string(json, "step", pare_step_name(view->step));
    pare_json_string(json, "name", view->name ? view->name : "");
    pare_json_uint(json, "tasks_done", view->tasks_done);
    pare_json_uint(json, "step_ms", view->step_ms);
    pare_json_real(json, "cpu_pct", view->cpu_pct, 1);
    pare_json_uint(json, "rss_bytes", view->rss_bytes);
    pare_json_uint(json, "mean_ms", worker->mean_ms);
    pare_json_uint(json, "p95_ms", worker->p95_ms);
    pare_json_uint(json, "bytes", worker->bytes_in);
    pare_json_uint(json, "restarts", worker->restarts);
    pare_json_close(json, '}');
}

const char *pare_metrics_json(pare_server *server, uint64_t now_us)
{
    pare_text *const json = &server->metrics_text;
    pare_engine_metrics *const m = server->metrics;
    if (json->buf.len > 0 && now_us - server->metrics_us < FRESH_US) return pare_text_string(json);
    server->metrics_us = now_us;
    pare_engine_metrics_get(server->engine, m);
    pare_text_clear(json);
    pare_json_open(json, NULL, '{');
    pare_json_real(json, "cpu_pct", m->cpu_pct, 1);
    pare_json_open(json, "cores_pct", '[');
    for (uint32_t i = 0; i < m->core_count; i++) {
        pare_json_real(json, NULL, m->cores_pct[i], 1);
    }
    pare_json_close(json, ']');
    pare_json_uint(json, "memory_used_bytes", m->memory_used_bytes);
    pare_json_uint(json, "memory_budget_bytes", m->memory_budget_bytes);
    pare_json_uint(json, "rss_bytes", m->rss_bytes);
    pare_json_uint(json, "queue_count", m->queue_count);
    pare_json_uint(json, "queue_cap", m->queue_cap);
    pare_json_real(json, "images_per_s", m->images_per_s, 2);
    pare_json_real(json, "bytes_in_per_s", m->bytes_in_per_s, 0);
    pare_json_uint(json, "jobs_running", m->jobs_running);
    pare_json_uint(json, "jobs_waiting", m->jobs_waiting);
    pare_json_uint(json, "listeners", server->listener_count);
    pare_json_uint(json, "files_done", m->files_done);
    pare_json_open(json, "workers", '[');
    for (uint32_t i = 0; i < m->worker_count; i++) {
        add_worker(json, &m->workers[i]);
    }
    pare_json_close(json, ']');
    pare_json_close(json, '}');
    return pare_text_string(json);
}

void pare_api_metrics(pare_request *request)
{
    pare_text json = {0};
    pare_text_add(&json, "%s", pare_metrics_json(request->server, pare_clock_us()));
    pare_reply_json(request, 200, &json);
}

/* ---- Prometheus ---- */

static void add_metric(pare_text *text, const char *name, const char *type, const char *help,
                       double value)
{
    pare_text_add(text, "# HELP pare_%s %s\n# TYPE pare_%s %s\npare_%s %.17g\n", name, help, name,
                  type, name, value);
}

static void add_engine(pare_text *text, const pare_engine_metrics *m)
{
    static const char COUNTER[] = "counter", GAUGE[] = "gauge";
    const struct {
        const char *name, *type, *help;
        double value;
    } ROWS[] = {
        {"files_optimized_total", COUNTER, "Files made smaller.", (double)m->optimized},
        {"files_kept_total", COUNTER, "Files left alone.", (double)m->kept},
        {"files_skipped_total", COUNTER, "Files skipped.", (double)m->skipped},
        {"files_failed_total", COUNTER, "Files that failed.", (double)m->failed},
        {"input_bytes_total", COUNTER, "Bytes of files done.", (double)m->bytes_in},
        {"output_bytes_total", COUNTER, "Bytes after.", (double)m->bytes_out},
        {"retries_total", COUNTER, "Tasks tried again.", (double)m->retries},
        {"timeouts_total", COUNTER, "Tasks over their time.", (double)m->timeouts},
        {"worker_crashes_total", COUNTER, "Workers that died.", (double)m->crashes},
        {"worker_restarts_total", COUNTER, "Workers started again.", (double)m->restarts},
        {"duplicates_total", COUNTER, "Files equal to another.", (double)m->duplicates},
        {"ledger_hits_total", COUNTER, "Results known already.", (double)m->ledger_hits},
        {"jobs_running", GAUGE, "Jobs at work.", m->jobs_running},
        {"jobs_waiting", GAUGE, "Jobs that wait for a turn.", m->jobs_waiting},
        {"single_images", GAUGE, "Single images not answered yet.", m->ones},
        {"queue_images", GAUGE, "Images that wait for a worker.", m->queue_count},
        {"queue_capacity_images", GAUGE, "Room of the queue.", m->queue_cap},
        {"memory_used_bytes", GAUGE, "Admitted estimates.", (double)m->memory_used_bytes},
        {"memory_budget_bytes", GAUGE, "Budget of all workers.", (double)m->memory_budget_bytes},
        {"resident_bytes", GAUGE, "Server and workers.", (double)m->rss_bytes},
        {"cpu_ratio", GAUGE, "Of the whole machine, 0 to 1.", m->cpu_pct / 100},
        {"workers", GAUGE, "Worker processes.", m->worker_count},
        {"task_mean_seconds", GAUGE, "Mean time of a task.", (double)m->task_mean_ms / 1000},
        {"task_p95_seconds", GAUGE, "95th percentile.", (double)m->task_p95_ms / 1000},
        {"queue_wait_mean_seconds", GAUGE, "Mean wait.", (double)m->queue_wait_mean_ms / 1000},
        {"commit_mean_seconds", GAUGE, "Mean time on disk.", (double)m->commit_mean_ms / 1000},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        add_metric(text, ROWS[i].name, ROWS[i].type, ROWS[i].help, ROWS[i].value);
    }
}

void pare_api_prometheus(pare_request *request)
{
    pare_server *const server = request->server;
    const pare_server_counts *counts = &server->counts;
    pare_text text = {0};
    pare_engine_metrics_get(server->engine, server->metrics);
    add_engine(&text, server->metrics);
    add_metric(&text, "http_requests_total", "counter", "Requests.", (double)counts->requests);
    add_metric(&text, "http_refused_total", "counter", "No token, wrong Host or Origin.",
               (double)counts->refused);
    add_metric(&text, "http_dropped_total", "counter", "Slow or greedy clients.",
               (double)counts->dropped);
    add_metric(&text, "http_connections", "gauge", "Open connections.", server->client_count);
    add_metric(&text, "http_listeners", "gauge", "Open event streams.", server->listener_count);
    pare_text_add(&text, "# HELP pare_http_answers_total Answers by class of status.\n"
                         "# TYPE pare_http_answers_total counter\n");
    for (int i = 2; i < 6; i++) {
        pare_text_add(&text, "pare_http_answers_total{class=\"%dxx\"} %llu\n", i,
                      (unsigned long long)counts->answers[i]);
    }
    pare_reply_text(request, 200, "text/plain; version=0.0.4; charset=utf-8", &text);
}
