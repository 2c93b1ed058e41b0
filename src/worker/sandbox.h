// SPDX-License-Identifier: Apache-2.0
/* The door that a worker closes behind itself before it reads the first untrusted byte.
 *
 * Afterwards the process can use the descriptors it holds, memory and the clock, and nothing else:
 * no path, socket, process, signal to others, or executable memory. A forbidden system call kills
 * the process. The layers are independent, so that one that the kernel lacks does not open the
 * others. */
#ifndef PARE_WORKER_SANDBOX_H
#define PARE_WORKER_SANDBOX_H

#include <stdint.h>

/* Close the door, for good. All libraries must be initialised before; memory limits are set by
 * pare_worker_limits_apply(). Returns the layers that hold, PARE_SANDBOX_* of wire/message.h; none
 * in builds with a sanitizer, whose runtime needs more calls. */
uint32_t pare_sandbox_enter(void);

#endif /* PARE_WORKER_SANDBOX_H */
