// SPDX-License-Identifier: Apache-2.0
/* One image in, the smaller one out. The bytes go from the socket into a memory file and from
 * there to a worker; the result comes back as a memory file and is sent from it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "http/accept.h"
#include "http/api.h"
#include "http/jobs.h"
#include "http/server_inside.h"
#include "http/settings.h"
#include "wire/header.h"

/* Memory of all bodies that have not been answered. */
static const uint64_t BODIES_CAP = (uint64_t)2 << 30;

typedef struct optimize {
    pare_server *server;
    pare_request *request; /* NULL: the client went away */
    pare_one *one;         /* in work */
    pare_options image;
    int fd; /* owned */
    uint64_t bytes;
} optimize;

static void free_optimize(optimize *o)
{
    o->server->one_bytes -= o->bytes;
    if (o->fd >= 0) close(o->fd);
    free(o);
}

/* The request ends. While a worker is busy with it, the rest waits for its answer. */
static void drop(void *work)
{
    optimize *const o = work;
    o->request = NULL;
    if (o->one) {
        pare_one_cancel(o->one);
    } else {
        free_optimize(o);
    }
}

typedef struct query {
    json_t *json;
} query;

static enum MHD_Result add_setting(void *user, enum MHD_ValueKind kind, const char *key,
                                   const char *value)
{
    query *const q = user;
    const bool is_switch = strcmp(key, "lossless") == 0 || strcmp(key, "enlarge") == 0 ||
                           strcmp(key, "downscale") == 0 || strcmp(key, "sanitize") == 0;
    (void)kind;
    if (!is_switch) {
        json_object_set_new(q->json, key, json_string(value ? value : ""));
    } else if (!value || strcmp(value, "true") == 0 || strcmp(value, "1") == 0) {
        json_object_set_new(q->json, key, json_true());
    } else {
        json_object_set_new(q->json, key,
                            strcmp(value, "false") == 0 || strcmp(value, "0") == 0
                                ? json_false()
                                : json_string(value));
    }
    return MHD_YES;
}

static bool read_settings(pare_request *request, pare_options *image)
{
    pare_settings settings;
    pare_diag diag = {0};
    query q = {json_object()};
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, add_setting, &q);
    pare_err err = pare_settings_read(q.json, request->server->options.batch.image.max_pixels,
                                      &settings, &diag);
    if (err == PARE_OK && (settings.has_output || settings.exclude_count > 0)) {
        err = pare_fail(&diag, PARE_ERR_INVALID, "settings: a single image has no output");
    }
    json_decref(q.json);
    *image = settings.image;
    if (err != PARE_OK) pare_reply_fail(request, err, &diag);
    return err == PARE_OK;
}

void pare_api_begin_optimize(pare_request *request)
{
    pare_server *const server = request->server;
    pare_options image;
    const int64_t length = pare_request_length(request);
    if (length >= 0 && (uint64_t)length > server->options.max_upload_bytes) {
        pare_reply_error(request, 413, "the image is larger than %llu bytes",
                         (unsigned long long)server->options.max_upload_bytes);
        return;
    }
    if (server->one_bytes + (uint64_t)(length > 0 ? length : 0) > BODIES_CAP) {
        pare_reply_error(request, 503, "too many images at a time; try again in a moment");
        return;
    }
    if (!read_settings(request, &image)) return;
    optimize *const o = calloc(1, sizeof *o);
    if (!o) {
        pare_reply_response(request, 500, NULL, NULL);
        return;
    }
    *o = (optimize){.server = server, .request = request, .image = image};
    o->fd = memfd_create("pare-body", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    request->work = o;
    request->free_work = drop;
    if (o->fd < 0) pare_reply_error(request, 503, "no memory file: %s", strerror(errno));
}

bool pare_api_take_optimize(pare_request *request, const void *data, size_t len)
{
    optimize *const o = request->work;
    const char *at = data;
    o->bytes += len;
    o->server->one_bytes += len;
    if (o->bytes > o->server->options.max_upload_bytes || o->server->one_bytes > BODIES_CAP) {
        return false;
    }
    while (len > 0) {
        const ssize_t put = write(o->fd, at, len);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        at += put;
        len -= (size_t)put;
    }
    return true;
}

static void add_number(struct MHD_Response *response, const char *name, const char *format,
                       double value)
{
    char text[32];
    snprintf(text, sizeof text, format, value);
    pare_response_header(response, name, text);
}

/* A drawing may hold scripts: it comes in a sandbox and as a download. Packed, it is one that is
 * packed on its way, or a packed file for those that do not take that. */
static const char *drawing_type(pare_request *request, int fd, struct MHD_Response *response)
{
    uint8_t head[32];
    const ssize_t len = pread(fd, head, sizeof head, 0);
    pare_response_header(response, "Content-Disposition", "attachment");
    if (len <= 0 || !pare_is_gzip(head, (size_t)len)) return "image/svg+xml";
    const char *accepted = pare_request_header(request, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    pare_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    if (!pare_accepts_encoding(accepted, "gzip")) return "application/gzip";
    pare_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    return "image/svg+xml";
}

static void reply_image(pare_request *request, const pare_file_result *result, int data_fd)
{
    const int fd = fcntl(data_fd, F_DUPFD_CLOEXEC, 0);
    struct MHD_Response *const response =
        fd < 0 ? NULL : MHD_create_response_from_fd64(result->bytes_out, fd);
    if (!response && fd >= 0) close(fd);
    pare_response_common(response);
    pare_response_isolate(response);
    pare_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    pare_response_header(response, "X-Pare-Outcome", pare_outcome_name(result->outcome));
    add_number(response, "X-Pare-Bytes-In", "%.0f", (double)result->bytes_in);
    add_number(response, "X-Pare-Bytes-Out", "%.0f", (double)result->bytes_out);
    if (result->score > 0) add_number(response, "X-Pare-Score", "%.2f", result->score);
    if (result->quality > 0) add_number(response, "X-Pare-Quality", "%.0f", result->quality);
    pare_response_header(response, "X-Pare-Format", pare_format_name(result->format_out));
    if (result->width_px > 0) {
        add_number(response, "X-Pare-Width", "%.0f", result->width_px);
        add_number(response, "X-Pare-Height", "%.0f", result->height_px);
    }
    if (result->err != PARE_OK) {
        pare_response_header(response, "X-Pare-Reason", pare_err_name(result->err));
    }
    add_number(response, "X-Pare-Ms", "%.0f", result->ms);
    const char *type = result->format_out == PARE_FORMAT_SVG
                           ? drawing_type(request, data_fd, response)
                           : pare_image_type(result->format_out);
    pare_reply_response(request, 200, type, response);
}

static void on_end(void *user, const pare_file_result *result, int data_fd)
{
    optimize *const o = user;
    pare_request *const request = o->request;
    o->one = NULL;
    if (!request) {
        free_optimize(o);
        return;
    }
    const bool has_bytes = data_fd >= 0 && (result->outcome == PARE_OUTCOME_OPTIMIZED ||
                                            result->outcome == PARE_OUTCOME_KEPT);
    if (has_bytes) {
        reply_image(request, result, data_fd);
        return;
    }
    pare_diag diag = {0};
    snprintf(diag.text, sizeof diag.text, "%s", result->text ? result->text : "");
    pare_reply_fail(request, result->err, &diag);
}

void pare_api_end_optimize(pare_request *request)
{
    optimize *const o = request->work;
    pare_diag diag = {0};
    if (o->bytes == 0) {
        pare_reply_error(request, 400, "the body is empty: send the bytes of an image");
        return;
    }
    if (lseek(o->fd, 0, SEEK_SET) != 0 ||
        fcntl(o->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) != 0) {
        pare_reply_error(request, 500, "cannot seal the image");
        return;
    }
    const pare_one_request one = {
        .image = &o->image,
        .in_fd = o->fd,
        .out_fd = -1,
        .timeout_ms = request->server->options.batch.timeout_ms,
        .name = "single image",
        .on_end = on_end,
        .user = o,
    };
    const pare_err err = pare_engine_one(request->server->engine, &one, &o->one, &diag);
    if (err != PARE_OK) pare_reply_fail(request, err, &diag);
}
