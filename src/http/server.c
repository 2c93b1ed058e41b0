// SPDX-License-Identifier: Apache-2.0
/* libmicrohttpd on the libuv loop: its epoll descriptor is polled, its timeout is a timer. */
#include "http/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/ledger.h"
#include "http/request.h"
#include "http/server_inside.h"
#include "http/target.h"

enum {
    IDLE_TIMEOUT_S = 60, /* nothing moves on a connection */
    HEAD_S = 20,         /* for a request line and headers */
    HEAD_CROWDED_S = 2,  /* when three of four connections are taken */
    BODY_GRACE_S = 20,   /* before the rate counts */
    BODY_BYTES_PER_S = 4096,
};

void pare_server_options_init(pare_server_options *options)
{
    *options = (pare_server_options){
        .max_upload_bytes = (uint64_t)512 << 20,
        .max_jobs = 100,
    };
    pare_batch_options_init(&options->batch);
}

/* ---- connections ---- */

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    pare_server *const server = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        pare_client *const client = calloc(1, sizeof *client);
        *context = client;
        if (!client) return;
        client->fd = info ? info->connect_fd : -1;
        client->since_us = pare_clock_us();
        client->next = server->clients;
        if (server->clients) server->clients->previous = client;
        server->clients = client;
        server->client_count++;
        return;
    }
    pare_client *const client = *context;
    if (!client) return;
    if (client->previous) {
        client->previous->next = client->next;
    } else {
        server->clients = client->next;
    }
    if (client->next) client->next->previous = client->previous;
    server->client_count--;
    free(client);
    *context = NULL;
}

static bool is_too_slow(const pare_server *server, const pare_client *client, uint64_t now_us)
{
    const uint64_t seconds = (now_us - client->since_us) / 1000000;
    const bool crowded = server->client_count > PARE_CONNECTIONS_CAP / 4 * 3;
    switch (client->phase) {
    case PARE_CLIENT_HEAD: return seconds >= (crowded ? HEAD_CROWDED_S : HEAD_S);
    case PARE_CLIENT_BODY:
        return seconds >= BODY_GRACE_S && client->body_bytes / seconds < BODY_BYTES_PER_S;
    case PARE_CLIENT_ANSWER: break; /* libmicrohttpd's own limit */
    }
    return false;
}

static void on_sweep(uv_timer_t *timer)
{
    pare_server *const server = timer->data;
    const uint64_t now_us = pare_clock_us();
    for (pare_client *client = server->clients; client; client = client->next) {
        if (client->dropped || client->fd < 0 || !is_too_slow(server, client, now_us)) continue;
        client->dropped = true;
        server->counts.dropped++;
        shutdown(client->fd, SHUT_RDWR);
    }
}

/* ---- the loop ---- */

static void on_soon(uv_timer_t *timer);

static void run(pare_server *server)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    unsigned before;
    if (!server->daemon) return;
    /* At its limit libmicrohttpd stops listening, and begins again only in the run after the one
     * in which connections went: without that run nobody would ever come in again. */
    do {
        before = server->client_count;
        MHD_run(server->daemon);
    } while (server->client_count < before && !server->closing);
    if (server->closing) return;
    if (MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES) {
        uv_timer_start(&server->soon, on_soon, wait_ms, 0);
    } else {
        uv_timer_stop(&server->soon);
    }
}

static void on_soon(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    run(poll->data);
}

void pare_server_kick(pare_server *server)
{
    if (!server->closing) uv_timer_start(&server->soon, on_soon, 0, 0);
}

static pare_err open_handles(pare_server *server, pare_diag *diag)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info || uv_poll_init(server->loop, &server->poll, info->epoll_fd) != 0) {
        return pare_fail(diag, PARE_ERR_INTERNAL, "libmicrohttpd has no epoll descriptor");
    }
    uv_timer_init(server->loop, &server->soon);
    uv_timer_init(server->loop, &server->sweep);
    uv_timer_init(server->loop, &server->tick);
    server->handles += 4;
    server->handles_open = true;
    server->poll.data = server->soon.data = server->sweep.data = server->tick.data = server;
    uv_poll_start(&server->poll, UV_READABLE, on_poll);
    uv_timer_start(&server->sweep, on_sweep, 1000, 1000);
    run(server);
    return PARE_OK;
}

/* ---- the daemon ---- */

static size_t unescape(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls, (void)connection;
    return pare_target_unescape(text);
}

static void log_nothing(void *cls, const char *format, va_list args)
{
    (void)cls, (void)format, (void)args;
}

static pare_err start_daemon(pare_server *server, pare_diag *diag)
{
    int fd;
    PARE_TRY(pare_server_listen(server, &fd, diag));
    /* clang-format off */
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        pare_request_handle, server,
        MHD_OPTION_EXTERNAL_LOGGER, log_nothing, NULL, /* before all others */
        MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)PARE_CONNECTIONS_CAP,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)PARE_HEADER_CAP,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
        MHD_OPTION_NOTIFY_COMPLETED, pare_request_completed, server,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
    /* clang-format on */
    if (server->daemon) return PARE_OK;
    close(fd);
    return pare_fail(diag, PARE_ERR_IO, "libmicrohttpd does not start");
}

/* ---- the state folder ---- */

static pare_err find_state_dir(pare_server *server, pare_diag *diag)
{
    char *const out = server->state_dir;
    if (server->options.state_dir) {
        snprintf(out, sizeof server->state_dir, "%s", server->options.state_dir);
        return PARE_OK;
    }
    pare_buf path = {0};
    PARE_TRY(pare_ledger_default_path(&path, diag));
    snprintf(out, sizeof server->state_dir, "%s", (const char *)path.data);
    pare_buf_deinit(&path);
    char *const slash = strrchr(out, '/');
    if (slash) *slash = '\0';
    return PARE_OK;
}

static void make_folders(char *path)
{
    for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    mkdir(path, 0700);
}

/* Two servers must not go on with the same jobs. */
static pare_err lock_state(pare_server *server, pare_diag *diag)
{
    server->lock_fd =
        openat(server->state_fd, "serve.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (server->lock_fd < 0) return pare_fail_errno(diag, "open", "serve.lock");
    if (flock(server->lock_fd, LOCK_EX | LOCK_NB) == 0) return PARE_OK;
    return pare_fail(diag, PARE_ERR_EXISTS,
                     "another `pare serve` uses %s; give this one its own with --state-dir",
                     server->state_dir);
}

/* The ledger is in the state folder, unless the user names another. */
static pare_err open_engine(pare_server *server, pare_diag *diag)
{
    const pare_batch_options *batch = &server->options.batch;
    pare_engine_options options;
    if (batch->ledger_path) {
        snprintf(server->ledger_path, sizeof server->ledger_path, "%s", batch->ledger_path);
    } else if (snprintf(server->ledger_path, sizeof server->ledger_path, "%s/ledger.db",
                        server->state_dir) >= (int)sizeof server->ledger_path) {
        return pare_fail(diag, PARE_ERR_INVALID, "the state folder has too long a path");
    }
    pare_engine_options_init(&options);
    options.loop = server->loop;
    options.workers = batch->jobs;
    options.memory_bytes = batch->memory_bytes;
    options.low_priority = batch->priority == PARE_PRIORITY_LOW;
    options.require_sandbox = batch->require_sandbox;
    options.ledger_path = server->ledger_path;
    options.worker_path = batch->worker_path;
    options.trace_path = batch->trace_path;
    options.on_notice = server->options.on_notice;
    options.user = server->options.user;
    server->metrics = calloc(1, sizeof *server->metrics);
    if (!server->metrics) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for metrics");
    PARE_TRY(pare_engine_create(&options, &server->engine, diag));
    return pare_jobs_load(server, diag);
}

static pare_err open_state(pare_server *server, pare_diag *diag)
{
    PARE_TRY(find_state_dir(server, diag));
    make_folders(server->state_dir);
    server->state_fd = open(server->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (server->state_fd < 0) return pare_fail_errno(diag, "open", server->state_dir);
    PARE_TRY(pare_fd_path(server->state_fd, server->state_dir, sizeof server->state_dir, diag));
    return lock_state(server, diag);
}

/* ---- life ---- */

static pare_err start(pare_server *server, pare_diag *diag)
{
    const pare_server_options *options = &server->options;
    if (options->token_file) {
        PARE_TRY(pare_token_read(options->token_file, server->access.token, diag));
    } else {
        PARE_TRY(pare_token_random(server->access.token, diag));
    }
    for (size_t i = 0; i < options->root_count; i++) {
        PARE_TRY(pare_roots_add(&server->roots, options->roots[i], diag));
    }
    PARE_TRY(open_state(server, diag));
    pare_areas_clear(server);
    PARE_TRY(open_engine(server, diag));
    PARE_TRY(start_daemon(server, diag));
    return open_handles(server, diag);
}

pare_err pare_server_create(uv_loop_t *loop, const pare_server_options *options, pare_server **out,
                            pare_diag *diag)
{
    *out = NULL;
    pare_server *server = calloc(1, sizeof *server);
    if (!server) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for a server");
    server->options = *options;
    server->loop = loop;
    server->state_fd = server->lock_fd = -1;
    server->started_unix_s = (int64_t)time(NULL);
    const pare_err err = start(server, diag);
    if (err != PARE_OK) {
        pare_server_close(server, NULL, NULL);
        uv_run(loop, UV_RUN_DEFAULT);
        pare_server_destroy(&server);
        return err;
    }
    *out = server;
    return PARE_OK;
}

const char *pare_server_url(const pare_server *server)
{
    return server->url;
}

/* One of the things that keep the loop busy is closed; at the last one the server is. */
static void closed_one(pare_server *server)
{
    if (--server->handles == 0 && server->on_closed) server->on_closed(server->closed_user);
}

static void on_handle_closed(uv_handle_t *handle)
{
    closed_one(handle->data);
}

static void on_engine_closed(void *user)
{
    closed_one(user);
}

static void close_handles(pare_server *server)
{
    uv_handle_t *const handles[] = {(uv_handle_t *)&server->poll, (uv_handle_t *)&server->soon,
                                    (uv_handle_t *)&server->sweep, (uv_handle_t *)&server->tick};
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) {
        uv_close(handles[i], on_handle_closed);
    }
}

/* libmicrohttpd wants nobody asleep when it stops. */
static void close_connections(pare_server *server)
{
    while (server->asleep) {
        pare_reply_error(server->asleep, 503, "the server is closing");
    }
    pare_listeners_wake_all(server);
    MHD_run(server->daemon);
    MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
}

void pare_server_close(pare_server *server, void (*on_closed)(void *user), void *user)
{
    if (server->closing) return;
    server->closing = true;
    server->on_closed = on_closed;
    server->closed_user = user;
    server->handles++; /* so that the end comes once, below or later */
    if (server->handles_open) close_handles(server); /* before the descriptor they watch */
    if (server->daemon) close_connections(server);
    if (server->engine) {
        server->handles++;
        pare_engine_close(server->engine, on_engine_closed, server);
    }
    closed_one(server);
}

void pare_server_destroy(pare_server **server_io)
{
    pare_server *const server = *server_io;
    if (!server) return;
    pare_jobs_deinit(server);
    pare_engine_destroy(&server->engine);
    pare_text_deinit(&server->metrics_text);
    free(server->metrics);
    pare_roots_deinit(&server->roots);
    if (server->lock_fd >= 0) close(server->lock_fd);
    if (server->state_fd >= 0) close(server->state_fd);
    free(server);
    *server_io = NULL;
}
