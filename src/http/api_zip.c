// SPDX-License-Identifier: Apache-2.0
/* All results of a job in one zip file, made while it is sent. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/api.h"
#include "http/jobs.h"
#include "http/safe_name.h"
#include "http/server_inside.h"
#include "http/zip_writer.h"

enum { BLOCK = 128 * 1024, ZIPS_CAP = 8, SLOTS_MIN = 1024 };

typedef struct name_set {
    uint64_t *hashes; /* owned; 0: free */
    size_t count, cap;
} name_set;

typedef struct download {
    pare_server *server;
    int64_t job_id;
    uint64_t seq; /* rows up to here were taken */
    bool ended;   /* no row is left */
    pare_zip zip;
    pare_buf out; /* headers to be sent */
    size_t sent;
    int fd;        /* owned; the file at hand, -1 */
    uint64_t left; /* of it */
    bool in_file, finished;
    name_set names;
    pare_text missing; /* names of files that could not be read */
} download;

/* FNV-1a, over lower case: some file systems know no other. */
static uint64_t hash_name(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name; name++) {
        const uint8_t c = (uint8_t)*name;
        hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 0x100000001b3u;
    }
    return hash ? hash : 1;
}

/* False when the name was there, or memory ran out. */
static bool add_name(name_set *set, uint64_t hash)
{
    if (set->count * 2 >= set->cap) {
        name_set more = {.cap = set->cap ? 2 * set->cap : SLOTS_MIN};
        more.hashes = calloc(more.cap, sizeof *more.hashes);
        if (!more.hashes) return false;
        for (size_t i = 0; i < set->cap; i++) {
            if (set->hashes[i] && !add_name(&more, set->hashes[i])) break;
        }
        free(set->hashes);
        *set = more;
    }
    for (size_t at = hash % set->cap;; at = (at + 1) % set->cap) {
        if (set->hashes[at] == hash) return false;
        if (set->hashes[at] == 0) {
            set->hashes[at] = hash;
            set->count++;
            return true;
        }
    }
}

/* "a/b.jpg", or "a/b-2.jpg" when that is taken. */
static void unique_name(download *d, const char *path, pare_text *name)
{
    pare_text safe = {0};
    pare_safe_name_add(&safe, path);
    const char *text = pare_text_string(&safe);
    const char *slash = strrchr(text, '/'), *dot = strrchr(text, '.');
    if (!dot || dot == text || (slash && dot <= slash + 1)) dot = text + strlen(text);
    for (unsigned number = 1; number < 100000; number++) {
        pare_text_clear(name);
        pare_text_add_bytes(name, text, (size_t)(dot - text));
        if (number > 1) pare_text_add(name, "-%u", number);
        pare_text_add(name, "%s", dot);
        if (add_name(&d->names, hash_name(pare_text_string(name)))) break;
    }
    pare_text_deinit(&safe);
}

static bool begin_file(download *d, const pare_web_job *job, const char *path, bool output)
{
    struct stat st;
    int fd;
    pare_text name = {0};
    if (pare_web_job_open(job, path, &fd, NULL) != PARE_OK) return false;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return false;
    }
    unique_name(d, pare_web_job_relative(job, path, output), &name);
    const pare_err err = pare_zip_begin(&d->zip, pare_text_string(&name), (uint64_t)st.st_size,
                                        st.st_mtim.tv_sec, &d->out);
    pare_text_deinit(&name);
    if (err != PARE_OK) {
        close(fd);
        return false;
    }
    d->fd = fd;
    d->left = (uint64_t)st.st_size;
    d->in_file = true;
    return true;
}

typedef struct next_row {
    download *d;
    const pare_web_job *job;
} next_row;

/* The result of a file, or the file itself when there is nothing better. */
static void take_row(void *user, const pare_result_row *row)
{
    next_row *const n = user;
    download *const d = n->d;
    const pare_file_result *r = &row->result;
    d->seq = r->seq;
    if (r->outcome == PARE_OUTCOME_FAILED || r->outcome == PARE_OUTCOME_NONE) return;
    if (r->output && begin_file(d, n->job, r->output, true)) return;
    if (r->outcome != PARE_OUTCOME_OPTIMIZED && begin_file(d, n->job, r->input, false)) return;
    pare_text_add(&d->missing, "%s\n", pare_web_job_relative(n->job, r->input, false));
}

/* A list of what could not be read, so that nothing is missing in silence. */
static pare_err add_missing(download *d)
{
    const size_t len = d->missing.buf.len;
    if (len == 0) return PARE_OK;
    pare_err err =
        pare_zip_begin(&d->zip, "pare-missing.txt", len, d->server->started_unix_s, &d->out);
    if (err != PARE_OK) return err;
    pare_zip_data(&d->zip, d->missing.buf.data, len);
    err = pare_buf_append(&d->out, d->missing.buf.data, len);
    return err == PARE_OK ? pare_zip_end(&d->zip, &d->out) : err;
}

/* The header of the next file, or the end of the archive. */
static bool next_file(download *d)
{
    const pare_web_job *job = pare_jobs_find(d->server, d->job_id);
    if (!job) return false;
    while (!d->in_file && !d->ended) {
        const pare_result_query query = {.run_id = job->run_id, .after_seq = d->seq, .limit = 1};
        const uint64_t before = d->seq;
        next_row n = {d, job};
        if (pare_ledger_results(pare_engine_ledger(d->server->engine), &query, take_row, &n, NULL,
                                NULL) != PARE_OK) {
            return false;
        }
        d->ended = d->seq == before;
    }
    if (d->in_file) return true;
    d->finished = true;
    return add_missing(d) == PARE_OK && pare_zip_finish(&d->zip, &d->out) == PARE_OK;
}

static ssize_t read_download(void *user, uint64_t at, char *to, size_t cap)
{
    download *const d = user;
    (void)at;
    for (;;) {
        if (d->sent < d->out.len) {
            const size_t left = d->out.len - d->sent;
            const size_t len = left < cap ? left : cap;
            memcpy(to, d->out.data + d->sent, len);
            d->sent += len;
            return (ssize_t)len;
        }
        d->out.len = d->sent = 0;
        if (d->finished) return MHD_CONTENT_READER_END_OF_STREAM;
        if (d->in_file && d->left > 0) {
            const size_t want = d->left < cap ? (size_t)d->left : cap;
            const ssize_t got = read(d->fd, to, want);
            if (got <= 0) return MHD_CONTENT_READER_END_WITH_ERROR; /* cut off, not wrong */
            pare_zip_data(&d->zip, to, (size_t)got);
            d->left -= (uint64_t)got;
            return got;
        }
        if (d->in_file) {
            close(d->fd);
            d->fd = -1;
            d->in_file = false;
            if (pare_zip_end(&d->zip, &d->out) != PARE_OK) return MHD_CONTENT_READER_END_WITH_ERROR;
        } else if (!next_file(d)) {
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
    }
}

static void free_download(void *user)
{
    download *const d = user;
    d->server->downloads--;
    if (d->fd >= 0) close(d->fd);
    pare_zip_deinit(&d->zip);
    pare_buf_deinit(&d->out);
    pare_text_deinit(&d->missing);
    free(d->names.hashes);
    free(d);
}

void pare_api_download_zip(pare_request *request)
{
    pare_server *const server = request->server;
    const pare_web_job *job = pare_request_job(request);
    pare_text disposition = {0};
    if (!job) return;
    if (job->run_id == 0) {
        pare_reply_error(request, 409, "job %lld has no results yet", (long long)job->id);
        return;
    }
    if (pare_request_undone(request, job)) return; /* no result is left */
    if (server->downloads >= ZIPS_CAP) {
        pare_reply_error(request, 503, "%d zip files are being downloaded; try again later",
                         ZIPS_CAP);
        return;
    }
    download *const d = calloc(1, sizeof *d);
    if (!d) {
        pare_reply_response(request, 500, NULL, NULL);
        return;
    }
    *d = (download){.server = server, .job_id = job->id, .fd = -1};
    server->downloads++;
    struct MHD_Response *const response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_download, d, free_download);
    if (!response) free_download(d);
    pare_response_common(response);
    pare_response_isolate(response);
    pare_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    pare_text_add(&disposition, "attachment; filename=\"pare-%lld.zip\"", (long long)job->id);
    pare_response_header(response, "Content-Disposition", pare_text_string(&disposition));
    pare_text_deinit(&disposition);
    pare_reply_response(request, 200, "application/zip", response);
}
