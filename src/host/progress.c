// SPDX-License-Identifier: Apache-2.0
/* Fraction, time left and rate. */
#include "host/progress.h"

#include <math.h>

enum { SAMPLE_EVERY_US = 250 * 1000, WARM_UP_US = 500 * 1000 };

void pare_progress_begin(pare_progress_meter *m, uint64_t now_us)
{
    *m = (pare_progress_meter){.start_us = now_us, .last_us = now_us, .eta_us = -1};
}

void pare_progress_plan(pare_progress_meter *m, double cost)
{
    m->cost_total += cost;
}

void pare_progress_done(pare_progress_meter *m, double cost)
{
    m->cost_done += cost;
    m->files_done++;
}

/* What the ring holds: about the last eight seconds. */
static void read_ring(const pare_progress_meter *m, double *us, double *files, double *cost)
{
    *us = *files = *cost = 0;
    if (m->sample_count < 2) return;
    const uint64_t held =
        m->sample_count < PARE_PROGRESS_SAMPLES ? m->sample_count : PARE_PROGRESS_SAMPLES;
    const uint64_t newest = (m->sample_count - 1) % PARE_PROGRESS_SAMPLES;
    const uint64_t oldest = (m->sample_count - held) % PARE_PROGRESS_SAMPLES;
    *us = (double)(m->samples[newest].at_us - m->samples[oldest].at_us);
    *files = (double)(m->samples[newest].files - m->samples[oldest].files);
    *cost = m->samples[newest].cost - m->samples[oldest].cost;
}

static void keep_sample(pare_progress_meter *m, uint64_t now_us, double cost)
{
    if (m->sample_count > 0) {
        const uint64_t newest = (m->sample_count - 1) % PARE_PROGRESS_SAMPLES;
        if (now_us - m->samples[newest].at_us < SAMPLE_EVERY_US) return;
    }
    const uint64_t at = m->sample_count++ % PARE_PROGRESS_SAMPLES;
    m->samples[at].at_us = now_us;
    m->samples[at].files = m->files_done;
    m->samples[at].cost = cost;
}

void pare_progress_update(pare_progress_meter *m, uint64_t now_us, double partial_cost,
                          int scan_done)
{
    const double done = fmin(m->cost_done + partial_cost, m->cost_total);
    const double step_us = (double)(now_us - m->last_us);
    m->last_us = now_us;
    keep_sample(m, now_us, done);
    if (scan_done && m->cost_total > 0) m->fraction = fmax(m->fraction, done / m->cost_total);
    if (m->fraction > 1) m->fraction = 1;

    const double elapsed = (double)(now_us - m->start_us);
    double us, files, cost;
    read_ring(m, &us, &files, &cost);
    if (!scan_done || elapsed < WARM_UP_US || done <= 0) return;
    /* Half the whole run, half the last seconds: steady, but not blind to a change. */
    const double whole = done / elapsed, recent = us > 0 && cost > 0 ? cost / us : whole;
    m->rate = 0.5 * whole + 0.5 * recent;
    const double want_us = (m->cost_total - done) / m->rate;
    if (m->eta_us < 0) {
        m->eta_us = want_us;
        return;
    }
    /* Count down with the clock, and lean towards the new estimate within about two seconds. */
    m->eta_us = fmax(0, m->eta_us - step_us);
    m->eta_us += (want_us - m->eta_us) * (1 - exp(-step_us / 2e6));
}

int64_t pare_progress_eta_ms(const pare_progress_meter *m)
{
    return m->eta_us < 0 ? -1 : (int64_t)(m->eta_us / 1000);
}

double pare_progress_images_per_s(const pare_progress_meter *m)
{
    double us, files, cost;
    read_ring(m, &us, &files, &cost);
    if (us > 0) return files * 1e6 / us;
    const double elapsed = (double)(m->last_us - m->start_us);
    return elapsed > 0 ? (double)m->files_done * 1e6 / elapsed : 0;
}

double pare_progress_cost_per_s(const pare_progress_meter *m)
{
    double us, files, cost;
    read_ring(m, &us, &files, &cost);
    return us > 0 ? cost * 1e6 / us : 0;
}
