// SPDX-License-Identifier: Apache-2.0
/* The page and its files, out of the program. */
#include <stdlib.h>
#include <string.h>

#include "http/accept.h"
#include "http/api.h"
#include "http/assets.h"
#include "http/server_inside.h"

/* No script, style or request but our own; scripts and styles only from files. */
static const char PAGE_POLICY[] =
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

static const pare_asset *find_asset(const char *path)
{
    for (const pare_asset *asset = PARE_ASSETS; asset->path; asset++) {
        if (strcmp(asset->path, path) == 0) return asset;
    }
    return NULL;
}

static void reply_asset(pare_request *request, const pare_asset *asset)
{
    const char *known = pare_request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);
    const bool same = known && strstr(known, asset->etag);
    const char *accepted = pare_request_header(request, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    const char *encoding = NULL;
    pare_asset_bytes bytes = asset->plain;
    if (asset->brotli.data && pare_accepts_encoding(accepted, "br")) {
        bytes = asset->brotli;
        encoding = "br";
    } else if (asset->gzip.data && pare_accepts_encoding(accepted, "gzip")) {
        bytes = asset->gzip;
        encoding = "gzip";
    }
    if (same) bytes.len = 0;
    struct MHD_Response *const response = MHD_create_response_from_buffer(
        bytes.len, (void *)(uintptr_t)bytes.data, MHD_RESPMEM_PERSISTENT);
    pare_response_common(response);
    pare_response_header(response, "Content-Security-Policy", PAGE_POLICY);
    pare_response_header(response, MHD_HTTP_HEADER_ETAG, asset->etag);
    pare_response_header(response, MHD_HTTP_HEADER_VARY, "Accept-Encoding");
    pare_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                         asset->immutable ? "private, max-age=31536000, immutable"
                                          : "private, no-cache");
    if (encoding && !same) {
        pare_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, encoding);
    }
    pare_reply_response(request, same ? 304 : 200, asset->type, response);
}

void pare_api_asset(pare_request *request)
{
    const pare_asset *asset = find_asset(request->url);
    if (!asset || strcmp(asset->path, "/openapi.json") == 0) {
        pare_reply_error(request, 404, "there is nothing at %.200s", request->url);
        return;
    }
    reply_asset(request, asset);
}

void pare_api_openapi(pare_request *request)
{
    const pare_asset *asset = find_asset("/openapi.json");
    if (asset) {
        reply_asset(request, asset);
    } else {
        pare_reply_error(request, 404, "this build has no description of its interface");
    }
}

/* The token becomes a cookie, and leaves the address: it must not stay in the history. */
static void open_session(pare_request *request)
{
    const pare_server *server = request->server;
    pare_text cookie = {0};
    struct MHD_Response *const response =
        MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    pare_response_common(response);
    pare_text_add(&cookie, "%s=%s; Path=/; HttpOnly; SameSite=Strict", server->access.cookie,
                  server->access.token);
    if (server->options.token_file) pare_text_add(&cookie, "; Max-Age=2592000");
    pare_response_header(response, MHD_HTTP_HEADER_SET_COOKIE, pare_text_string(&cookie));
    pare_response_header(response, MHD_HTTP_HEADER_LOCATION, "/");
    pare_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    pare_text_deinit(&cookie);
    pare_reply_response(request, 303, NULL, response);
}

void pare_api_page(pare_request *request)
{
    const char *token = pare_request_query(request, "token");
    const pare_asset *page = find_asset("/index.html");
    if (token && pare_token_equal(request->server->access.token, token)) {
        open_session(request);
    } else if (pare_request_verdict(request, "GET") != PARE_ACCESS_OK) {
        pare_request_refuse(request, PARE_ACCESS_NO_TOKEN);
    } else if (page) {
        reply_asset(request, page);
    } else {
        pare_reply_error(request, 404, "this build has no page");
    }
}
