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

#include "base/err.h"

enum {
    PARE_SANDBOX_NO_NEW_PRIVS = 1 << 0,
    PARE_SANDBOX_RLIMITS = 1 << 1,
    PARE_SANDBOX_LANDLOCK = 1 << 2, /* Linux 5.13 and later */
    PARE_SANDBOX_SECCOMP = 1 << 3,
    PARE_SANDBOX_ALL = 0xf
};

/* Close the door, for good. All libraries must be initialised before.
 *
 *   address_space_bytes  ceiling of the whole process, 0: none.
 *
 * Returns the layers that hold, PARE_SANDBOX_*; the cause for each missing one is the kernel's. */
uint32_t pare_sandbox_enter(uint64_t address_space_bytes);

#endif /* PARE_WORKER_SANDBOX_H */
