// SPDX-License-Identifier: Apache-2.0
/* Settings of jobs, presets and single images: the command line's words as JSON. Reads text and
 * numbers only; knows no files. */
#ifndef PARE_HTTP_SETTINGS_H
#define PARE_HTTP_SETTINGS_H

#include <jansson.h>

#include <pare/batch.h>

#include "base/err.h"

enum { PARE_EXCLUDES_CAP = 64 };

/* What settings say beside pare_options. Strings are borrowed from the JSON. */
typedef struct pare_settings {
    pare_options image;
    pare_output_mode mode;
    const char *output_root, *output_path, *suffix; /* NULL: not given */
    bool has_output, backup, keep_dates, force;
    const char *excludes[PARE_EXCLUDES_CAP];
    size_t exclude_count;
} pare_settings;

/* json: an object, or NULL for the defaults; borrowed for as long as out is used.
 * Errors: PARE_ERR_INVALID; diag names the member and what it may be. */
PARE_NODISCARD pare_err pare_settings_read(json_t *json, uint64_t max_pixels, pare_settings *out,
                                           pare_diag *diag);

/* Another quality for one image: `delta` steps on the scale of what made it, which is the score
 * that it has, or the encoder's quality when the settings fix one. Writes the
 * members "quality" (and drops those per format) into json.
 *   quality, score  of the result to be changed; 0 and -1 when it has none. */
PARE_NODISCARD pare_err pare_settings_shift(json_t *json, int delta, int quality, double score,
                                            pare_diag *diag);

#endif /* PARE_HTTP_SETTINGS_H */
