// SPDX-License-Identifier: Apache-2.0
/* Numbers about a run that progress does not show: how long tasks and waits take, and what
 * went wrong how often. Small, of fixed size. One thread. */
#ifndef PARE_HOST_METRICS_H
#define PARE_HOST_METRICS_H

#include <stdint.h>

#define PARE_METRICS_BUCKETS 128

/* Durations in buckets of four to the octave, so that a percentile is right within 19 %. */
typedef struct pare_histogram {
    uint64_t count, sum_us;
    uint32_t buckets[PARE_METRICS_BUCKETS];
} pare_histogram;

void pare_histogram_add(pare_histogram *histogram, uint64_t us);
/* 0 when empty. */
uint64_t pare_histogram_mean_us(const pare_histogram *histogram);
/* share: 0..1, e.g. 0.95; upper end of the bucket. 0 when empty. */
uint64_t pare_histogram_percentile_us(const pare_histogram *histogram, double share);

typedef struct pare_metrics {
    pare_histogram task, queue_wait, intake, commit;
    uint64_t ledger_hits, duplicates, retries, timeouts, crashes;
} pare_metrics;

#endif /* PARE_HOST_METRICS_H */
