// SPDX-License-Identifier: Apache-2.0
/* `pare serve`: the web page and the HTTP API, on a libuv loop of the caller.
 *
 * One thread, that of the loop. Everything a stranger sends is limited in size, time and number,
 * and nothing outside the roots and the server's own state folder is opened for a request. */
#ifndef PARE_HTTP_SERVER_H
#define PARE_HTTP_SERVER_H

#include <uv.h>

#include <pare/batch.h>

typedef struct pare_server pare_server;

/* Fill with pare_server_options_init() first. Strings are borrowed until destroy. */
typedef struct pare_server_options {
    const char *address;    /* literal to bind to; NULL: 127.0.0.1 */
    uint16_t port;          /* 0: the system picks one */
    const char *token_file; /* NULL: a new random token; needed for addresses of a network */
    const char *const *roots;
    size_t root_count;
    const char *const *hosts; /* names that a Host header may have besides the machine's own */
    size_t host_count;
    const char *state_dir;     /* uploads and backups; NULL: $XDG_STATE_HOME/pare */
    uint64_t max_upload_bytes; /* one file; default 512 MiB */
    uint32_t max_jobs;         /* not ended; default 100 */
    /* Of these count: jobs (workers), memory_bytes, timeout_ms, priority, require_sandbox,
     * ledger_path, worker_path, trace_path and image.max_pixels. */
    pare_batch_options batch;
    pare_notice_fn on_notice; /* for the log; may be NULL */
    void *user;
} pare_server_options;

void pare_server_options_init(pare_server_options *options);

/* Listens and goes on with the jobs of the last server. *out is owned: pare_server_close(), run
 * the loop until on_closed, then pare_server_destroy().
 * Errors: PARE_ERR_INVALID, PARE_ERR_IO (address in use, state folder, ledger),
 * PARE_ERR_NOT_FOUND (a root, worker program), PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_server_create(uv_loop_t *loop, const pare_server_options *options,
                                           pare_server **out, pare_diag *diag);
/* http://127.0.0.1:PORT/?token=...; borrowed. */
const char *pare_server_url(const pare_server *server);
/* Ends all connections; jobs stop where they are and go on with the next server. */
void pare_server_close(pare_server *server, void (*on_closed)(void *user), void *user);
/* Accepts a pointer to NULL; sets *server to NULL. */
void pare_server_destroy(pare_server **server);

#endif /* PARE_HTTP_SERVER_H */
