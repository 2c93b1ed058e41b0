// SPDX-License-Identifier: Apache-2.0
/* What the server is: health, limits, roots. */
#include <string.h>
#include <unistd.h>

#include "base/json_text.h"
#include "http/api.h"
#include "http/safe_name.h"
#include "http/server_inside.h"

void pare_api_health(pare_request *request)
{
    pare_text json = {0};
    pare_json_open(&json, NULL, '{');
    pare_json_string(&json, "status", "ok");
    pare_json_string(&json, "version", PARE_VERSION);
    pare_json_close(&json, '}');
    pare_reply_json(request, 200, &json);
}

static void add_formats(pare_text *json, const char *key, bool written)
{
    static const struct {
        pare_format format;
        bool written;
    } FORMATS[] = {
        {PARE_FORMAT_JPEG, true}, {PARE_FORMAT_PNG, true},   {PARE_FORMAT_WEBP, true},
        {PARE_FORMAT_GIF, false}, {PARE_FORMAT_TIFF, false}, {PARE_FORMAT_BMP, false},
#ifdef PARE_HAVE_SVG
        {PARE_FORMAT_SVG, false},
#endif
#ifdef PARE_HAVE_AVIF
        {PARE_FORMAT_AVIF, true},
#endif
#ifdef PARE_HAVE_JXL
        {PARE_FORMAT_JXL, true},
#endif
    };
    pare_json_open(json, key, '[');
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        if (written && !FORMATS[i].written) continue;
        pare_json_string(json, NULL, pare_format_name(FORMATS[i].format));
    }
    pare_json_close(json, ']');
}

static void add_limits(pare_text *json, const pare_server *server)
{
    pare_json_open(json, "limits", '{');
    pare_json_uint(json, "max_upload_bytes", server->options.max_upload_bytes);
    pare_json_uint(json, "max_body_bytes", PARE_BODY_CAP);
    pare_json_uint(json, "max_jobs", server->options.max_jobs);
    pare_json_uint(json, "max_uploads", PARE_UPLOADS_CAP);
    pare_json_uint(json, "max_pixels", server->options.batch.image.max_pixels);
    pare_json_uint(json, "max_page", PARE_PAGE_CAP);
    pare_json_uint(json, "max_path_bytes", PARE_UPLOAD_PATH_CAP);
    pare_json_close(json, '}');
}

void pare_api_system(pare_request *request)
{
    const pare_server *server = request->server;
    pare_text json = {0};
    pare_json_open(&json, NULL, '{');
    pare_json_string(&json, "version", PARE_VERSION);
    pare_json_int(&json, "cores", sysconf(_SC_NPROCESSORS_ONLN));
    pare_json_uint(&json, "memory_bytes",
                   (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE));
    pare_json_open(&json, "roots", '[');
    for (unsigned i = 0; i < server->roots.count; i++) {
        const pare_root *root = &server->roots.all[i];
        pare_json_open(&json, NULL, '{');
        pare_json_string(&json, "id", root->id);
        pare_json_string(&json, "name", pare_root_name(root));
        pare_json_bool(&json, "writable", root->writable);
        pare_json_close(&json, '}');
    }
    pare_json_close(&json, ']');
    add_formats(&json, "formats_in", false);
    add_formats(&json, "formats_out", true);
    pare_json_bool(&json, "uploads", true);
    add_limits(&json, server);
    pare_json_open(&json, "defaults", '{');
    pare_json_string(&json, "quality", "auto");
    pare_json_string(&json, "format", "original");
    pare_json_int(&json, "effort", PARE_EFFORT_DEFAULT);
    pare_json_string(&json, "keep", "icc,copyright,gainmap");
    pare_json_close(&json, '}');
    pare_json_int(&json, "started_unix_s", server->started_unix_s);
    pare_json_close(&json, '}');
    pare_reply_json(request, 200, &json);
}

void pare_api_entries(pare_request *request)
{
    pare_server *const server = request->server;
    const char *path = pare_request_query(request, "path");
    uint64_t offset, limit;
    char id[8] = "";
    pare_text json = {0};
    pare_diag diag = {0};
    const size_t len = strcspn(request->rest, "/");
    if (strcmp(request->rest + len, "/entries") != 0 || len >= sizeof id) {
        pare_reply_error(request, 404, "there is nothing at %.200s", request->url);
        return;
    }
    memcpy(id, request->rest, len);
    const pare_root *root = pare_roots_find(&server->roots, id);
    if (!root) {
        pare_reply_error(request, 404, "there is no root %s", id);
        return;
    }
    if (!pare_request_number(request, "offset", 0, UINT32_MAX, 0, &offset)) return;
    if (!pare_request_number(request, "limit", 1, PARE_PAGE_CAP, 100, &limit)) return;
    const pare_err err = pare_root_list(root, path ? path : "", offset, limit, &json, &diag);
    if (err == PARE_OK) {
        pare_reply_json(request, 200, &json);
    } else {
        pare_text_deinit(&json);
        pare_reply_fail(request, err, &diag);
    }
}
