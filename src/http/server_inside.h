// SPDX-License-Identifier: Apache-2.0
/* What the parts of the server share. Internal to src/http; one owner: pare_server. */
#ifndef PARE_HTTP_SERVER_INSIDE_H
#define PARE_HTTP_SERVER_INSIDE_H

#include "host/engine.h"
#include "http/access.h"
#include "http/jobs.h"
#include "http/request.h"
#include "http/roots.h"
#include "http/server.h"

enum {
    PARE_CONNECTIONS_CAP = 400,
    PARE_HEADER_CAP = 32 * 1024,
    PARE_UPLOADS_CAP = 32, /* at one time */
};

/* A connection. What it waits for decides how long it may take. */
typedef enum pare_client_phase {
    PARE_CLIENT_HEAD = 0, /* a request line and headers, or the next request */
    PARE_CLIENT_BODY,
    PARE_CLIENT_ANSWER
} pare_client_phase;

typedef struct pare_client {
    int fd; /* borrowed */
    pare_client_phase phase;
    uint64_t since_us;   /* of this phase */
    uint64_t body_bytes; /* in this phase */
    bool dropped;
    struct pare_client *previous, *next;
} pare_client;

typedef struct pare_server_counts {
    uint64_t requests, answers[6]; /* by the hundreds of the status */
    uint64_t dropped;              /* slow or greedy clients */
    uint64_t refused;              /* no token, wrong Host or Origin */
} pare_server_counts;

typedef struct pare_listener pare_listener;

struct pare_server {
    pare_server_options options;
    uv_loop_t *loop;
    struct MHD_Daemon *daemon;
    uv_poll_t poll;   /* libmicrohttpd's epoll descriptor */
    uv_timer_t soon;  /* when libmicrohttpd wants to be called */
    uv_timer_t sweep; /* once a second: slow clients */
    uv_timer_t tick;  /* while there are listeners */
    unsigned handles; /* what is open on the loop */
    bool closing, handles_open;
    void (*on_closed)(void *user);
    void *closed_user;

    pare_access access;
    char url[512];
    pare_roots roots;
    char state_dir[4096];
    int state_fd, lock_fd; /* owned; -1 */
    int64_t started_unix_s;

    pare_client *clients;
    unsigned client_count;
    pare_request *asleep;
    unsigned uploads, views, downloads; /* at this moment */
    uint64_t upload_number, one_bytes;  /* one_bytes: of single images in memory */
    pare_engine *engine;                /* owned */
    char ledger_path[4096];
    pare_jobs jobs;
    pare_listener *listeners;
    unsigned listener_count;
    pare_engine_metrics *metrics; /* owned; the last sample */
    pare_text metrics_text;       /* the same as JSON */
    uint64_t metrics_us;
    pare_server_counts counts;
};

/* Binds and listens; fills in access (but its token) and url. *fd is owned.
 * Errors: PARE_ERR_INVALID (no address; a network without a token file), PARE_ERR_IO. */
PARE_NODISCARD pare_err pare_server_listen(pare_server *server, int *fd, pare_diag *diag);

/* Listeners that sleep are told that the server closes. */
void pare_listeners_wake_all(pare_server *server);

/* libmicrohttpd has something to do: call it out of the loop. */
void pare_server_kick(pare_server *server);

#endif /* PARE_HTTP_SERVER_INSIDE_H */
