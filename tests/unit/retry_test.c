// SPDX-License-Identifier: Apache-2.0
/* Pauses of retries, by the numbers that are computed: nothing waits here. */
#include "support/test.h"

#include "host/retry.h"

TEST(only_the_disk_is_tried_again)
{
    static const pare_err ALL[] = {
#define CODE(name, number, text, class, sentence) name,
        PARE_ERR_MAP(CODE)
#undef CODE
    };
    int transient = 0;
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++) {
        const bool want = ALL[i] == PARE_ERR_IO || ALL[i] == PARE_ERR_NO_SPACE;
        CHECK_INT(pare_retry_is_transient(ALL[i]), ==, want);
        transient += pare_retry_is_transient(ALL[i]);
    }
    CHECK_INT(transient, ==, 2);
}

TEST(pauses_grow_fourfold_and_stay_in_their_bounds)
{
    static const uint64_t EDGES[] = {0, 1, 99999, 100000, UINT64_MAX - 1, UINT64_MAX};
    static const uint64_t MEANS_US[PARE_RETRIES_CAP] = {100000, 400000, 1600000};
    uint64_t random = 9;
    for (int retries = 0; retries < PARE_RETRIES_CAP; retries++) {
        const uint64_t least = MEANS_US[retries] / 2, most = MEANS_US[retries] * 3 / 2;
        for (size_t i = 0; i < 1000; i++) {
            const size_t edges = sizeof EDGES / sizeof *EDGES;
            const uint64_t pause =
                pare_retry_pause_us(retries, i < edges ? EDGES[i] : test_random(&random));
            CHECK_INT(pause, >=, least);
            CHECK_INT(pause, <, most);
        }
    }
}

TEST(all_pauses_of_a_task_together_are_below_four_seconds)
{
    uint64_t sum_us = 0;
    for (int retries = 0; retries < PARE_RETRIES_CAP; retries++) {
        uint64_t longest = 0, random = 1;
        for (int i = 0; i < 1000; i++) {
            const uint64_t pause = pare_retry_pause_us(retries, test_random(&random));
            if (pause > longest) longest = pause;
        }
        sum_us += longest;
    }
    CHECK_INT(sum_us, <, 4000000);
    /* and more tries than there may be do not shift numbers out of the type */
    CHECK_INT(pare_retry_pause_us(1000, UINT64_MAX), <, 2400000);
}

TEST(tasks_that_failed_together_come_back_apart)
{
    /* a hundred at once: in each tenth of the time some */
    uint64_t random = 3;
    int tenths[10] = {0};
    for (int i = 0; i < 100; i++) {
        const uint64_t pause = pare_retry_pause_us(0, test_random(&random));
        tenths[(pause - 50000) / 10000]++;
    }
    for (int i = 0; i < 10; i++) {
        CHECK_INT(tenths[i], >, 0);
        CHECK_INT(tenths[i], <, 30);
    }
}

RUN(only_the_disk_is_tried_again, pauses_grow_fourfold_and_stay_in_their_bounds,
    all_pauses_of_a_task_together_are_below_four_seconds,
    tasks_that_failed_together_come_back_apart)
