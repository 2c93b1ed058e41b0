// SPDX-License-Identifier: Apache-2.0
/* The worker's conversation with the host over one SOCK_SEQPACKET socket. */
#ifndef PARE_WORKER_SERVE_H
#define PARE_WORKER_SERVE_H

#include <stdint.h>

/* Say HELLO, then take tasks and answer them until the host closes the socket. sandbox: bits for
 * HELLO. Returns the exit status of the process: 0 after a regular end. */
int pare_worker_serve(int socket, uint32_t sandbox);

#endif /* PARE_WORKER_SERVE_H */
