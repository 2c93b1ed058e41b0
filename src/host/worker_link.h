// SPDX-License-Identifier: Apache-2.0
/* One worker process and the socket to it, on a libuv loop. Knows nothing of queues; what the
 * worker says is decoded and range-checked before anybody sees it. One thread: that of the loop. */
#ifndef PARE_HOST_WORKER_LINK_H
#define PARE_HOST_WORKER_LINK_H

#include <uv.h>

#include "wire/message.h"

typedef struct pare_worker_link pare_worker_link;

typedef struct pare_worker_link_events {
    void (*on_message)(pare_worker_link *link, const pare_message *message);
    /* It sent something that is no message. Usual answer: pare_worker_link_kill(). */
    void (*on_nonsense)(pare_worker_link *link);
    /* The process ended; every message it sent was delivered before. */
    void (*on_exit)(pare_worker_link *link, int64_t status, int signal);
    /* The link may be used for another spawn. */
    void (*on_closed)(pare_worker_link *link);
} pare_worker_link_events;

/* Held by the caller; zero it and set events and user before the first spawn. */
struct pare_worker_link {
    const pare_worker_link_events *events; /* borrowed */
    void *user;
    int socket; /* of a link in use */
    int pid;    /* 0 when there is no process */
    /* internal */
    uv_process_t process;
    uv_poll_t poll;
    uint32_t open_handles;
    bool in_use, exited;
};

typedef struct pare_worker_command {
    const char *path;
    int nice;
    uint64_t memory_bytes; /* writable memory; 0: no limit */
    bool require_sandbox;  /* a worker whose seccomp layer does not hold gets no task */
} pare_worker_command;

/* Start a worker. Errors: PARE_ERR_IO, PARE_ERR_NOT_FOUND, PARE_ERR_NO_MEMORY; then on_closed
 * may still come before the link can be used again when link->in_use is true. */
PARE_NODISCARD pare_err pare_worker_link_spawn(pare_worker_link *link, uv_loop_t *loop,
                                               const pare_worker_command *command, pare_diag *diag);

/* Send a message with descriptors (borrowed). Never blocks. Errors: PARE_ERR_IO (also: the socket
 * is full), PARE_ERR_INTERNAL (the message is out of range). */
PARE_NODISCARD pare_err pare_worker_link_send(pare_worker_link *link, const pare_message *message,
                                              const int *fds, int fd_count);

/* Ask for a regular end: the worker sees the end of its socket after its last task. */
void pare_worker_link_finish(pare_worker_link *link);
/* SIGKILL; on_exit follows. */
void pare_worker_link_kill(pare_worker_link *link);

#endif /* PARE_HOST_WORKER_LINK_H */
