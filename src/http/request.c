// SPDX-License-Identifier: Apache-2.0
/* From the first line of a request to its route. */
#include "http/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/server_inside.h"
#include "http/target.h"
#include "wire/parse.h"

const char *pare_request_header(const pare_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *pare_request_query(const pare_request *request, const char *name)
{
    const char *value =
        MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
    return value;
}

bool pare_request_number(pare_request *request, const char *name, uint64_t min, uint64_t max,
                         uint64_t otherwise, uint64_t *out)
{
    const char *text = pare_request_query(request, name);
    *out = otherwise;
    if (!text || pare_parse_count(text, min, max, out)) return true;
    pare_reply_error(request, 400, "%s: \"%.40s\" is not a number of %llu to %llu", name, text,
                     (unsigned long long)min, (unsigned long long)max);
    return false;
}

int64_t pare_request_length(const pare_request *request)
{
    const char *text = pare_request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    uint64_t length;
    return text && pare_parse_count(text, 0, INT64_MAX, &length) ? (int64_t)length : -1;
}

json_t *pare_request_json(pare_request *request)
{
    json_error_t error;
    json_t *const json = json_loadb((const char *)request->body.data, request->body.len,
                                    JSON_REJECT_DUPLICATES, &error);
    if (json && json_is_object(json)) return json;
    if (json) {
        json_decref(json);
        pare_reply_error(request, 400, "the body must be a JSON object");
    } else {
        pare_reply_error(request, 400, "the body is no JSON: %s (line %d)", error.text, error.line);
    }
    return NULL;
}

/* ---- routes ---- */

/* Does the path fit the pattern? Fills numbers and rest. */
static bool matches(pare_request *request, const char *pattern)
{
    return pare_target_matches(pattern, request->url, request->numbers, &request->rest);
}

static void find_route(pare_request *request, const char *method)
{
    bool other_method = false;
    for (const pare_route *route = PARE_ROUTES; route->method; route++) {
        if (!matches(request, route->pattern)) continue;
        if (strcmp(route->method, method) == 0 ||
            (request->head && strcmp(route->method, "GET") == 0)) {
            request->route = route;
            return;
        }
        if (route->pattern[1] != '*') other_method = true;
    }
    if (other_method) {
        pare_reply_error(request, 405, "%s cannot be used on %.200s", method, request->url);
    } else {
        pare_reply_error(request, 404, "there is nothing at %.200s", request->url);
    }
}

static const char *asked_host(const pare_request *request)
{
    const char *const host = pare_request_header(request, MHD_HTTP_HEADER_HOST);
    return host ? host : "";
}

void pare_request_refuse(pare_request *request, pare_access_verdict verdict)
{
    request->server->counts.refused++;
    switch (verdict) {
    case PARE_ACCESS_OK: break;
    case PARE_ACCESS_BAD_HOST:
        pare_reply_error(request, 403,
                         "\"%.100s\" is no name of this server; if it should be one, start "
                         "`pare serve` with --host NAME",
                         asked_host(request));
        break;
    case PARE_ACCESS_BAD_ORIGIN:
        pare_reply_error(request, 403,
                         "the request does not come from the page of this server; programs send "
                         "the token as \"Authorization: Bearer TOKEN\"");
        break;
    case PARE_ACCESS_NO_TOKEN:
        if ((request->route->flags & PARE_ROUTE_PAGE) != 0) {
            pare_text text = {0};
            pare_text_add(&text, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
                                 "<title>Pare</title><h1>Pare</h1><p>Open the address that "
                                 "<code>pare serve</code> printed, with its token.");
            pare_reply_text(request, 401, "text/html; charset=utf-8", &text);
        } else {
            pare_reply_error(request, 401,
                             "the token is missing or wrong: open the address that `pare serve` "
                             "printed, or send \"Authorization: Bearer TOKEN\"");
        }
        break;
    }
}

pare_access_verdict pare_request_verdict(const pare_request *request, const char *method)
{
    const pare_access_request asked = {
        .host = pare_request_header(request, MHD_HTTP_HEADER_HOST),
        .origin = pare_request_header(request, MHD_HTTP_HEADER_ORIGIN),
        .authorization = pare_request_header(request, MHD_HTTP_HEADER_AUTHORIZATION),
        .cookie = pare_request_header(request, MHD_HTTP_HEADER_COOKIE),
        .fetch_site = pare_request_header(request, "Sec-Fetch-Site"),
        .changes = strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0,
    };
    return pare_access_check(&request->server->access, &asked);
}

/* Everything that can be decided before the body. */
static void admit(pare_request *request, const char *method)
{
    const pare_access_verdict verdict = pare_request_verdict(request, method);
    if (verdict == PARE_ACCESS_BAD_HOST) {
        pare_request_refuse(request, verdict);
        return;
    }
    find_route(request, method);
    if (request->response) return;
    if ((request->route->flags & PARE_ROUTE_OPEN) == 0 && verdict != PARE_ACCESS_OK) {
        pare_request_refuse(request, verdict);
        return;
    }
    if (request->route->begin) {
        request->route->begin(request);
    } else if (pare_request_length(request) > PARE_BODY_CAP) {
        pare_reply_error(request, 413, "the body is larger than %d bytes", PARE_BODY_CAP);
    }
}

/* ---- libmicrohttpd's callbacks ---- */

static pare_request *make(pare_server *server, struct MHD_Connection *connection, const char *url,
                          const char *method)
{
    pare_request *const request = calloc(1, sizeof *request);
    if (!request) return NULL;
    request->server = server;
    request->connection = connection;
    request->head = strcmp(method, "HEAD") == 0;
    request->url = strdup(url);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    request->client = info ? info->socket_context : NULL;
    if (!request->url || !request->client) {
        free(request->url);
        free(request);
        return NULL;
    }
    return request;
}

static void enter(pare_client *client, pare_client_phase phase)
{
    client->phase = phase;
    client->since_us = pare_clock_us();
    client->body_bytes = 0;
}

static enum MHD_Result queue(pare_request *request)
{
    enter(request->client, PARE_CLIENT_ANSWER);
    request->queued = true;
    request->server->counts.answers[request->status / 100 % 6]++;
    const enum MHD_Result result =
        MHD_queue_response(request->connection, request->status, request->response);
    MHD_destroy_response(request->response);
    request->response = NULL;
    return result;
}

static bool take(pare_request *request, const char *data, size_t len)
{
    request->client->body_bytes += len;
    request->body_bytes += len;
    if (request->response) return false; /* decided already: the rest is not read */
    if (request->route->take) return request->route->take(request, data, len);
    return request->body_bytes <= PARE_BODY_CAP &&
           pare_buf_append(&request->body, data, len) == PARE_OK;
}

static void sleep_until_reply(pare_request *request)
{
    pare_server *const server = request->server;
    request->suspended = true;
    request->next = server->asleep;
    if (server->asleep) server->asleep->previous = request;
    server->asleep = request;
    MHD_suspend_connection(request->connection);
}

static void unlink_asleep(pare_request *request)
{
    if (request->previous) {
        request->previous->next = request->next;
    } else if (request->server->asleep == request) {
        request->server->asleep = request->next;
    }
    if (request->next) request->next->previous = request->previous;
    request->previous = request->next = NULL;
}

void pare_reply_response(pare_request *request, unsigned status, const char *content_type,
                         struct MHD_Response *response)
{
    if (!response) {
        static const char TEXT[] = "{\"error\":{\"code\":\"internal\",\"message\":\"no memory\","
                                   "\"status\":500}}";
        response = MHD_create_response_from_buffer(sizeof TEXT - 1, (void *)(uintptr_t)TEXT,
                                                   MHD_RESPMEM_PERSISTENT);
        content_type = "application/json";
        status = 500;
    }
    if (request->response || request->queued) { /* the first answer counts */
        if (response) MHD_destroy_response(response);
        return;
    }
    if (content_type) pare_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    request->response = response;
    request->status = status;
    if (request->suspended) {
        request->suspended = false;
        unlink_asleep(request);
        MHD_resume_connection(request->connection);
        pare_server_kick(request->server);
    }
}

enum MHD_Result pare_request_handle(void *server, struct MHD_Connection *connection,
                                    const char *url, const char *method, const char *version,
                                    const char *data, size_t *len, void **context)
{
    pare_request *request = *context;
    (void)version;
    if (!request) {
        request = make(server, connection, url, method);
        *context = request;
        if (!request) return MHD_NO;
        request->server->counts.requests++;
        enter(request->client, PARE_CLIENT_BODY);
        admit(request, method);
        return request->response ? queue(request) : MHD_YES;
    }
    if (request->queued) return MHD_YES;
    if (*len > 0) {
        const bool ok = take(request, data, *len);
        *len = 0;
        if (!ok) request->server->counts.dropped++;
        return ok ? MHD_YES : MHD_NO;
    }
    if (!request->ended && !request->response) {
        request->ended = true;
        enter(request->client, PARE_CLIENT_ANSWER);
        request->route->run(request);
    }
    if (request->response) return queue(request);
    if (request->server->closing) return MHD_NO;
    sleep_until_reply(request);
    return MHD_YES;
}

void pare_request_completed(void *server, struct MHD_Connection *connection, void **context,
                            enum MHD_RequestTerminationCode code)
{
    pare_request *const request = *context;
    (void)server, (void)connection, (void)code;
    if (!request) return;
    *context = NULL;
    enter(request->client, PARE_CLIENT_HEAD);
    unlink_asleep(request);
    if (request->free_work) request->free_work(request->work);
    if (request->response) MHD_destroy_response(request->response);
    pare_buf_deinit(&request->body);
    free(request->url);
    free(request);
}
