// SPDX-License-Identifier: Apache-2.0
/* Progress of a run: a fraction by estimated cost that never falls, a smooth time left, and the
 * rate of the last seconds. No clock of its own. One thread. */
#ifndef PARE_HOST_PROGRESS_H
#define PARE_HOST_PROGRESS_H

#include <stdint.h>

#define PARE_PROGRESS_SAMPLES 32

typedef struct pare_progress_meter {
    uint64_t start_us, last_us;
    double cost_total, cost_done;
    uint64_t files_done;
    double fraction;
    double rate;   /* cost per us, smoothed; 0 unknown */
    double eta_us; /* as shown last; negative unknown */
    struct {
        uint64_t at_us, files;
        double cost;
    } samples[PARE_PROGRESS_SAMPLES]; /* a ring, newest at (sample_count - 1) % SAMPLES */
    uint64_t sample_count;
} pare_progress_meter;

void pare_progress_begin(pare_progress_meter *meter, uint64_t now_us);
/* Work was found; or done. */
void pare_progress_plan(pare_progress_meter *meter, double cost);
void pare_progress_done(pare_progress_meter *meter, double cost);

/* Take a reading. partial_cost: estimate of what running tasks have done of theirs.
 * scan_done false: no estimate of the end is made. */
void pare_progress_update(pare_progress_meter *meter, uint64_t now_us, double partial_cost,
                          int scan_done);

/* -1 unknown. */
int64_t pare_progress_eta_ms(const pare_progress_meter *meter);
/* Files a second over the last seconds. */
double pare_progress_images_per_s(const pare_progress_meter *meter);
/* Cost a second over the last seconds. */
double pare_progress_cost_per_s(const pare_progress_meter *meter);

#endif /* PARE_HOST_PROGRESS_H */
