// SPDX-License-Identifier: Apache-2.0
/* The only place with mutable statics: a signal handler has no argument of its own. */
#include "cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "cli/arguments.h"

static _Atomic(pare_batch *) watched;
static atomic_int asked;

static void on_signal(int number)
{
    const int kept_errno = errno;
    (void)number;
    if (atomic_fetch_add(&asked, 1) > 0) _exit(PARE_EXIT_SIGNAL);
    pare_batch *const batch = atomic_load(&watched);
    if (batch) pare_batch_cancel(batch);
    errno = kept_errno;
}

void pare_signals_watch(pare_batch *batch)
{
    struct sigaction stop = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&stop.sa_mask);
    sigemptyset(&ignore.sa_mask);
    atomic_store(&watched, batch);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

void pare_signals_release(void)
{
    atomic_store(&watched, NULL);
}

int pare_signals_count(void)
{
    return atomic_load(&asked);
}
