// SPDX-License-Identifier: Apache-2.0
/* Lateness by made-up clocks: who is late, and who only got no CPU. */
#include "support/test.h"

#include "host/deadline.h"

enum { SECOND_US = 1000 * 1000, TICK_US = 50 * 1000 };

/* Seconds after which a worker with this share of a CPU is late; 0: not within half an hour. */
static double late_after(double limit_s, double cpu_share)
{
    pare_deadline deadline = {0};
    const uint64_t limit_us = (uint64_t)(limit_s * SECOND_US);
    const uint64_t before_us = 7 * (uint64_t)SECOND_US; /* by earlier images of the process */
    for (uint64_t passed_us = 0; passed_us < 1800ull * SECOND_US; passed_us += TICK_US) {
        /* as the kernel tells it: in steps of 10 ms */
        const uint64_t cpu_us = (uint64_t)((double)passed_us * cpu_share) / 10000 * 10000;
        if (pare_deadline_passed(&deadline, passed_us, limit_us, before_us + cpu_us)) {
            return (double)passed_us / SECOND_US;
        }
    }
    return 0;
}

TEST(one_that_computes_is_late_at_its_limit)
{
    CHECK_TRUE(late_after(60, 1) > 60 && late_after(60, 1) < 60.3);
    CHECK_TRUE(late_after(2, 1) > 2 && late_after(2, 1) < 2.3);
    CHECK_TRUE(late_after(60, 4) > 60 && late_after(60, 4) < 60.3); /* threads */
}

TEST(one_that_hangs_is_late_at_its_limit)
{
    CHECK_TRUE(late_after(60, 0) > 60 && late_after(60, 0) < 60.3);
    CHECK_TRUE(late_after(0.3, 0) > 0.3 && late_after(0.3, 0) < 0.6);
}

TEST(one_that_gets_little_cpu_has_longer_but_not_for_ever)
{
    CHECK_TRUE(late_after(60, 0.5) > 80 && late_after(60, 0.5) < 100);
    CHECK_TRUE(late_after(60, 0.1) > 300 && late_after(60, 0.1) < 350);
    const double starved = late_after(60, 0.01);
    CHECK_TRUE(starved >= 600 && starved < 601);
}

TEST(one_that_hangs_later_is_late_within_seconds)
{
    pare_deadline deadline = {0};
    const uint64_t limit_us = 60ull * SECOND_US;
    uint64_t passed_us = 0, cpu_us = 0;
    for (; passed_us < 90ull * SECOND_US; passed_us += TICK_US) {
        cpu_us = passed_us / 4;
        CHECK_TRUE(!pare_deadline_passed(&deadline, passed_us, limit_us, cpu_us));
    }
    const uint64_t hangs_us = passed_us;
    while (!pare_deadline_passed(&deadline, passed_us, limit_us, cpu_us))
        passed_us += TICK_US;
    CHECK_INT(passed_us - hangs_us, <=, 5 * SECOND_US);
}

TEST(no_limit_is_never_over)
{
    CHECK_TRUE(late_after(0, 1) == 0.0);
}

TEST(a_loop_that_was_stopped_leaves_that_time_out)
{
    CHECK_INT(pare_deadline_away_us(0, 100ull * SECOND_US), ==, 0);
    CHECK_INT(pare_deadline_away_us(SECOND_US, SECOND_US + TICK_US), ==, 0);
    CHECK_INT(pare_deadline_away_us(SECOND_US, 61ull * SECOND_US), ==, 60ll * SECOND_US);
}

RUN(one_that_computes_is_late_at_its_limit, one_that_hangs_is_late_at_its_limit,
    one_that_gets_little_cpu_has_longer_but_not_for_ever,
    one_that_hangs_later_is_late_within_seconds, no_limit_is_never_over,
    a_loop_that_was_stopped_leaves_that_time_out)
