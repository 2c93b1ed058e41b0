// SPDX-License-Identifier: Apache-2.0
/* Histograms of durations. */
#include "host/metrics.h"

/* Bucket of a duration: 4 a factor of two, from 16 us on; all longer than 16 hours fit the last. */
static unsigned bucket_of(uint64_t us)
{
    if (us < 16) return 0;
    const unsigned octave = 63u - (unsigned)__builtin_clzll(us); /* 4 or more */
    const unsigned quarter = (unsigned)(us >> (octave - 2)) & 3;
    const unsigned bucket = (octave - 4) * 4 + quarter + 1;
    return bucket < PARE_METRICS_BUCKETS ? bucket : PARE_METRICS_BUCKETS - 1;
}

static uint64_t upper_end_us(unsigned bucket)
{
    if (bucket == 0) return 15;
    const unsigned octave = (bucket - 1) / 4 + 4, quarter = (bucket - 1) % 4;
    return ((uint64_t)(4 + quarter + 1) << (octave - 2)) - 1;
}

void pare_histogram_add(pare_histogram *h, uint64_t us)
{
    h->count++;
    h->sum_us += us;
    h->buckets[bucket_of(us)]++;
}

uint64_t pare_histogram_mean_us(const pare_histogram *h)
{
    return h->count > 0 ? h->sum_us / h->count : 0;
}

uint64_t pare_histogram_percentile_us(const pare_histogram *h, double share)
{
    const double wanted = share * (double)h->count;
    uint64_t seen = 0;
    if (h->count == 0) return 0;
    for (unsigned i = 0; i < PARE_METRICS_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen > 0 && (double)seen >= wanted) return upper_end_us(i);
    }
    return upper_end_us(PARE_METRICS_BUCKETS - 1);
}
