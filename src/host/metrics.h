// SPDX-License-Identifier: Apache-2.0
/* Numbers about a run that progress does not show: how long tasks take, by worker, and how full
 * queue and sockets are. Small, of fixed size. One thread. */
#ifndef PARE_HOST_METRICS_H
#define PARE_HOST_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include <pare/batch.h>

#define PARE_METRICS_BUCKETS 64

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
    uint32_t queue_count, queue_cap, in_flight;
} pare_metrics;

/* One line for people: task times and waits. */
void pare_metrics_line(const pare_metrics *metrics, char *text, size_t cap);

#endif /* PARE_HOST_METRICS_H */
