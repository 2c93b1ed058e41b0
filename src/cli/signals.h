// SPDX-License-Identifier: Apache-2.0
/* Ctrl-C: once ends a run cleanly, twice ends the program. */
#ifndef PARE_CLI_SIGNALS_H
#define PARE_CLI_SIGNALS_H

#include <pare/batch.h>

/* SIGINT and SIGTERM cancel the batch from now on; a second one ends the program with 130. SIGPIPE
 * is ignored: writing says what happened. The batch is borrowed until pare_signals_release(). */
void pare_signals_watch(pare_batch *batch);
void pare_signals_release(void);
/* How often the user asked to stop. */
int pare_signals_count(void);

#endif /* PARE_CLI_SIGNALS_H */
