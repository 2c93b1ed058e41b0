// SPDX-License-Identifier: Apache-2.0
/* The options of a batch or a job: checked, and copied with their strings. Any thread. */
#ifndef PARE_HOST_OPTIONS_H
#define PARE_HOST_OPTIONS_H

#include <pare/batch.h>

#include "base/err.h"

/* Errors: PARE_ERR_INVALID (an option is out of range; the text names it). */
PARE_NODISCARD pare_err pare_batch_options_check(const pare_batch_options *options,
                                                 pare_diag *diag);

/* *to gets the same values, its strings and patterns point into *texts (owned: free()).
 * Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_batch_options_copy(const pare_batch_options *from,
                                                pare_batch_options *to, void **texts,
                                                pare_diag *diag);

#endif /* PARE_HOST_OPTIONS_H */
