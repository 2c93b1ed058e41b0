// SPDX-License-Identifier: Apache-2.0
/* One HTTP request, from its first line to its answer. Internal to src/http.
 *
 * A route's `run` either replies, or keeps the request and replies later; until then the
 * connection sleeps. A request that is dropped meanwhile (client gone, server closing) calls
 * `free_work`, after which nobody may touch it. */
#ifndef PARE_HTTP_REQUEST_H
#define PARE_HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>
#include <microhttpd.h>

#include "base/err.h"
#include "base/text.h"
#include "http/access.h"

struct pare_server;
struct pare_client;
typedef struct pare_request pare_request;

typedef enum pare_route_flag {
    PARE_ROUTE_OPEN = 1 << 0, /* no token needed */
    PARE_ROUTE_PAGE = 1 << 1, /* the page itself: errors are HTML */
} pare_route_flag;

typedef struct pare_route {
    const char *method;  /* GET also answers HEAD */
    const char *pattern; /* '#': a number, '*' (last): the rest */
    void (*run)(pare_request *request);
    /* For bodies that are not JSON of at most PARE_BODY_CAP bytes: */
    void (*begin)(pare_request *request); /* before the body; may reply with an error */
    bool (*take)(pare_request *request, const void *data, size_t len); /* false: drop it */
    unsigned flags;
} pare_route;

enum { PARE_BODY_CAP = 1 << 20, PARE_PAGE_CAP = 1000 };

struct pare_request {
    struct pare_server *server;
    struct MHD_Connection *connection;
    struct pare_client *client;
    const pare_route *route;
    char *url;           /* owned */
    int64_t numbers[2];  /* of '#' */
    const char *rest;    /* of '*'; into url */
    pare_buf body;       /* when the route has no take */
    uint64_t body_bytes; /* so far */
    bool head, begun_body, ended, suspended, queued;
    struct MHD_Response *response; /* owned until queued */
    unsigned status;
    void *work; /* of the route */
    void (*free_work)(void *work);
    pare_request *previous, *next; /* those that sleep */
};

/* ---- asking ---- */

/* A header, or NULL. */
const char *pare_request_header(const pare_request *request, const char *name);
/* A parameter of the query, or NULL. */
const char *pare_request_query(const pare_request *request, const char *name);
/* A number in the query, `otherwise` when it is not given. Replies with an error and returns false
 * when it is none, or not in min..max. */
bool pare_request_number(pare_request *request, const char *name, uint64_t min, uint64_t max,
                         uint64_t otherwise, uint64_t *out);
/* The JSON body (owned: json_decref), an object. Replies with an error and returns NULL otherwise.
 */
json_t *pare_request_json(pare_request *request);
/* Content-Length, or -1. */
int64_t pare_request_length(const pare_request *request);

/* ---- answering: once for each request ---- */

/* The text is consumed. */
void pare_reply_json(pare_request *request, unsigned status, pare_text *json);
void pare_reply_empty(pare_request *request, unsigned status);
/* {"error": ...}; the code follows from the status. */
void pare_reply_error(pare_request *request, unsigned status, const char *format, ...)
    PARE_PRINTF(3, 4);
/* The same for an error of the layers below; diag may be NULL. */
void pare_reply_fail(pare_request *request, pare_err err, const pare_diag *diag);
/* The status that goes with an error. */
unsigned pare_status_of(pare_err err);
/* Anything else: response is consumed, NULL replies 500. */
void pare_reply_response(pare_request *request, unsigned status, const char *content_type,
                         struct MHD_Response *response);
/* Text of any other type; consumed. */
void pare_reply_text(pare_request *request, unsigned status, const char *content_type,
                     pare_text *text);
/* The headers that every answer has; those above add them by themselves, but for responses given
 * to pare_reply_response(). */
void pare_response_common(struct MHD_Response *response);
void pare_response_header(struct MHD_Response *response, const char *name, const char *value);
/* As for content that others made: nothing in it is active. */
void pare_response_isolate(struct MHD_Response *response);

/* May it ask? And the answer when it may not. */
pare_access_verdict pare_request_verdict(const pare_request *request, const char *method);
void pare_request_refuse(pare_request *request, pare_access_verdict verdict);

/* ---- for server.c ---- */

enum MHD_Result pare_request_handle(void *server, struct MHD_Connection *connection,
                                    const char *url, const char *method, const char *version,
                                    const char *data, size_t *len, void **request);
void pare_request_completed(void *server, struct MHD_Connection *connection, void **request,
                            enum MHD_RequestTerminationCode code);
/* NULL-terminated by a route without a method. */
extern const pare_route PARE_ROUTES[];

#endif /* PARE_HTTP_REQUEST_H */
