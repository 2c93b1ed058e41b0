// SPDX-License-Identifier: Apache-2.0
/* Answers, each with the headers that keep browsers from doing more than they should. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "http/request.h"
#include "http/server_inside.h"

void pare_response_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (response) MHD_add_response_header(response, name, value);
}

void pare_response_common(struct MHD_Response *response)
{
    static const char *const HEADERS[][2] = {
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
    };
    for (size_t i = 0; i < sizeof HEADERS / sizeof *HEADERS; i++) {
        pare_response_header(response, HEADERS[i][0], HEADERS[i][1]);
    }
}

void pare_response_isolate(struct MHD_Response *response)
{
    pare_response_header(response, "Content-Security-Policy", "default-src 'none'; sandbox");
}

static void free_data(void *data)
{
    free(data);
}

/* Takes the bytes of the text. */
static struct MHD_Response *response_of(pare_text *text)
{
    if (text->lost) {
        pare_text_deinit(text);
        return NULL;
    }
    struct MHD_Response *const response = MHD_create_response_from_buffer_with_free_callback(
        text->buf.len, text->buf.len > 0 ? text->buf.data : (void *)(uintptr_t) "",
        text->buf.len > 0 ? free_data : NULL);
    if (response && text->buf.len > 0) {
        *text = (pare_text){0};
    } else {
        pare_text_deinit(text);
    }
    pare_response_common(response);
    return response;
}

void pare_reply_text(pare_request *request, unsigned status, const char *content_type,
                     pare_text *text)
{
    struct MHD_Response *const response = response_of(text);
    pare_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    pare_response_isolate(response);
    pare_reply_response(request, status, content_type, response);
}

void pare_reply_json(pare_request *request, unsigned status, pare_text *json)
{
    pare_text_add_bytes(json, "\n", 1);
    pare_reply_text(request, status, "application/json", json);
}

void pare_reply_empty(pare_request *request, unsigned status)
{
    pare_text none = {0};
    pare_reply_text(request, status, NULL, &none);
}

static const char *code_of(unsigned status)
{
    switch (status) {
    case 400: return "bad_request";
    case 401: return "unauthorized";
    case 403: return "forbidden";
    case 404: return "not_found";
    case 405: return "method_not_allowed";
    case 409: return "conflict";
    case 410: return "gone";
    case 413: return "too_large";
    case 415: return "unsupported";
    case 422: return "invalid";
    case 429: return "too_many";
    case 503: return "busy";
    case 504: return "unavailable";
    case 507: return "no_space";
    default: return "internal";
    }
}

static void reply_error_text(pare_request *request, unsigned status, const char *message)
{
    pare_text json = {0};
    pare_json_open(&json, NULL, '{');
    pare_json_open(&json, "error", '{');
    pare_json_string(&json, "code", code_of(status));
    pare_json_string(&json, "message", message);
    pare_json_uint(&json, "status", status);
    pare_json_close(&json, '}');
    pare_json_close(&json, '}');
    pare_reply_json(request, status, &json);
    if (status == 401 && request->response) {
        pare_response_header(request->response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    }
}

void pare_reply_error(pare_request *request, unsigned status, const char *format, ...)
{
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    reply_error_text(request, status, message);
}

unsigned pare_status_of(pare_err err)
{
    switch (err) {
    case PARE_OK: return 200;
    case PARE_ERR_INVALID: return 400;
    case PARE_ERR_NOT_FOUND: return 404;
    case PARE_ERR_EXISTS:
    case PARE_ERR_CHANGED: return 409;
    case PARE_ERR_TOO_LARGE: return 413;
    case PARE_ERR_NO_SPACE: return 507;
    case PARE_ERR_CANCELLED: return 503;
    case PARE_ERR_TIMEOUT: return 504;
    case PARE_ERR_CORRUPT:
    case PARE_ERR_TRUNCATED: return 422;
    case PARE_SKIP_UNSUPPORTED: return 415;
    default: return 500;
    }
}

void pare_reply_fail(pare_request *request, pare_err err, const pare_diag *diag)
{
    const bool told = diag && diag->text[0];
    reply_error_text(request, pare_status_of(err), told ? diag->text : pare_err_text(err));
}
