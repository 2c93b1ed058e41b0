// SPDX-License-Identifier: Apache-2.0
/* Originals and results as bytes, as thumbnails, and as something that a browser shows. Pictures
 * are made by workers; the server opens files and looks at their first bytes, no more. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/api.h"
#include "http/jobs.h"
#include "http/safe_name.h"
#include "http/server_inside.h"

enum { VIEWS_CAP = 64 };

const char *pare_image_type(pare_format format)
{
    switch (format) {
    case PARE_FORMAT_JPEG: return "image/jpeg";
    case PARE_FORMAT_PNG: return "image/png";
    case PARE_FORMAT_WEBP: return "image/webp";
    case PARE_FORMAT_AVIF: return "image/avif";
    case PARE_FORMAT_GIF: return "image/gif";
    case PARE_FORMAT_TIFF: return "image/tiff";
    case PARE_FORMAT_BMP: return "image/bmp";
    case PARE_FORMAT_JXL: return "image/jxl";
    default: return "application/octet-stream"; /* SVG too: it may hold scripts */
    }
}

static bool browsers_show(pare_format format)
{
    return format == PARE_FORMAT_JPEG || format == PARE_FORMAT_PNG || format == PARE_FORMAT_WEBP ||
           format == PARE_FORMAT_AVIF || format == PARE_FORMAT_GIF;
}

typedef struct view {
    pare_request *request; /* NULL: the client went away */
    pare_server *server;
    pare_one *one;
    int fd; /* owned; of the file */
    pare_format format;
    uint64_t bytes;
    char etag[96];
} view;

static void free_view(view *v)
{
    v->server->views--;
    if (v->fd >= 0) close(v->fd);
    free(v);
}

static void drop(void *work)
{
    view *const v = work;
    v->request = NULL;
    if (v->one) {
        pare_one_cancel(v->one);
    } else {
        free_view(v);
    }
}

/* fd is borrowed. */
static void reply_file(view *v, int from_fd, uint64_t bytes, pare_format format, const char *name)
{
    const int fd = fcntl(from_fd, F_DUPFD_CLOEXEC, 0);
    struct MHD_Response *const response = fd < 0 ? NULL : MHD_create_response_from_fd64(bytes, fd);
    pare_text disposition = {0};
    if (!response && fd >= 0) close(fd);
    pare_response_common(response);
    pare_response_isolate(response);
    pare_response_header(response, MHD_HTTP_HEADER_ETAG, v->etag);
    pare_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "private, max-age=600");
    if (name || !browsers_show(format)) {
        pare_disposition_add(&disposition, "attachment", name ? name : "image");
        pare_response_header(response, "Content-Disposition", pare_text_string(&disposition));
        pare_text_deinit(&disposition);
    }
    pare_reply_response(v->request, 200, pare_image_type(format), response);
}

static void on_end(void *user, const pare_file_result *result, int data_fd)
{
    view *const v = user;
    v->one = NULL;
    if (!v->request) {
        free_view(v);
        return;
    }
    if (result->outcome == PARE_OUTCOME_OPTIMIZED && data_fd >= 0) {
        reply_file(v, data_fd, result->bytes_out, result->format_out, NULL);
    } else if (result->outcome != PARE_OUTCOME_FAILED && browsers_show(v->format)) {
        reply_file(v, v->fd, v->bytes, v->format, NULL); /* small or simple enough as it is */
    } else {
        pare_reply_error(v->request, 415, "the image cannot be shown: %s",
                         result->text && *result->text ? result->text : pare_err_text(result->err));
    }
}

/* Let a worker make a picture of it: small, or as it is in a format that browsers show. */
static void show(view *v, uint32_t edge_px)
{
    pare_options image;
    pare_diag diag = {0};
    pare_options_init(&image);
    image.max_pixels = v->server->options.batch.image.max_pixels;
    image.effort = 0;
    image.target = PARE_TARGET_FORMAT;
    image.keep = 0;
    if (edge_px > 0) {
        image.format = PARE_FORMAT_WEBP;
        image.quality = (pare_quality){.mode = PARE_QUALITY_FIXED, .value = 70};
        image.resize = (pare_resize){.mode = PARE_RESIZE_LONGEST, .width_px = edge_px};
    } else {
        image.format = PARE_FORMAT_PNG;
        image.quality = (pare_quality){.mode = PARE_QUALITY_LOSSLESS};
    }
    const pare_one_request one = {
        .image = &image,
        .in_fd = v->fd,
        .out_fd = -1,
        .timeout_ms = v->server->options.batch.timeout_ms,
        .name = "preview",
        .on_end = on_end,
        .user = v,
    };
    const pare_err err = pare_engine_one(v->server->engine, &one, &v->one, &diag);
    if (err != PARE_OK) pare_reply_fail(v->request, err, &diag);
}

typedef struct wanted {
    const pare_web_job *job;
    bool output;
    int fd;
    bool found;
    pare_err err;
    pare_diag diag;
    pare_text name;
} wanted;

static void open_row(void *user, const pare_result_row *row)
{
    wanted *const w = user;
    const pare_file_result *r = &row->result;
    const bool made = w->output && r->output && r->outcome == PARE_OUTCOME_OPTIMIZED;
    w->found = true;
    pare_text_add(&w->name, "%s", made ? r->output : r->input);
    if (made && w->job->undone) { /* what has its name now is not the result */
        w->err = pare_fail(&w->diag, PARE_ERR_NOT_FOUND, "the run was undone");
    } else if (made) {
        w->err = pare_web_job_open(w->job, r->output, &w->fd, &w->diag);
    } else {
        w->err = pare_web_job_open_original(w->job, r, &w->fd, &w->diag);
    }
}

static pare_format sniff(int fd)
{
    uint8_t head[1024];
    const ssize_t len = pread(fd, head, sizeof head, 0);
    return len > 0 ? pare_format_sniff(head, (size_t)len) : PARE_FORMAT_UNKNOWN;
}

static view *make_view(pare_request *request, int fd, const struct stat *st)
{
    view *const v = calloc(1, sizeof *v);
    if (!v) return NULL;
    *v = (view){.request = request,
                .server = request->server,
                .fd = fd,
                .format = sniff(fd),
                .bytes = (uint64_t)st->st_size};
    snprintf(v->etag, sizeof v->etag, "\"%llx-%llx-%llx\"", (unsigned long long)st->st_ino,
             (unsigned long long)st->st_size,
             (unsigned long long)st->st_mtim.tv_sec * 1000000000u +
                 (unsigned long long)st->st_mtim.tv_nsec);
    request->server->views++;
    request->work = v;
    request->free_work = drop;
    return v;
}

static void reply_not_modified(view *v)
{
    struct MHD_Response *const response =
        MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    pare_response_common(response);
    pare_response_header(response, MHD_HTTP_HEADER_ETAG, v->etag);
    pare_reply_response(v->request, 304, NULL, response);
}

static void answer(view *v, uint64_t thumbnail, bool display, const char *name)
{
    const char *known = pare_request_header(v->request, MHD_HTTP_HEADER_IF_NONE_MATCH);
    if (known && strstr(known, v->etag)) {
        reply_not_modified(v);
    } else if (thumbnail > 0 && !v->request->head) {
        show(v, (uint32_t)thumbnail);
    } else if (display && !browsers_show(v->format) && !v->request->head) {
        show(v, 0);
    } else {
        reply_file(v, v->fd, v->bytes, v->format, display || thumbnail ? NULL : name);
    }
}

static void reply_view(pare_request *request, bool output)
{
    const pare_web_job *job = pare_request_job(request);
    uint64_t thumbnail, display, download;
    struct stat st;
    if (!job) return;
    if (!pare_request_number(request, "thumbnail", 16, 2048, 0, &thumbnail) ||
        !pare_request_number(request, "display", 0, 1, 0, &display) ||
        !pare_request_number(request, "download", 0, 1, 0, &download)) {
        return;
    }
    if (request->server->views >= VIEWS_CAP) {
        pare_reply_error(request, 503, "too many pictures at a time; try again in a moment");
        return;
    }
    wanted w = {.job = job, .output = output, .fd = -1};
    const pare_result_query query = {
        .run_id = job->run_id, .seq = (uint64_t)request->numbers[1], .with_replaced = true};
    if (job->run_id > 0) {
        w.err = pare_ledger_results(pare_engine_ledger(request->server->engine), &query, open_row,
                                    &w, NULL, &w.diag);
    }
    if (!w.found) {
        pare_reply_error(request, 404, "job %lld has no result %lld", (long long)job->id,
                         (long long)request->numbers[1]);
    } else if (w.fd < 0) {
        pare_reply_error(request, 410, "the file is not there any more: %s",
                         w.diag.text[0] ? w.diag.text : pare_err_text(w.err));
    } else if (fstat(w.fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(w.fd);
        pare_reply_error(request, 410, "the file is not there any more");
    } else {
        view *const v = make_view(request, w.fd, &st);
        if (v) {
            answer(v, thumbnail, display, download ? pare_text_string(&w.name) : NULL);
        } else {
            close(w.fd);
            pare_reply_response(request, 500, NULL, NULL);
        }
    }
    pare_text_deinit(&w.name);
}

void pare_api_original(pare_request *request)
{
    reply_view(request, false);
}

void pare_api_output(pare_request *request)
{
    reply_view(request, true);
}
