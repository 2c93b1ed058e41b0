// SPDX-License-Identifier: Apache-2.0
/* Order of the queue, admission by memory, and the numbers that steer the pool. */
#include "support/test.h"

#include <unistd.h>

#include "host/governor.h"
#include "host/metrics.h"
#include "host/progress.h"
#include "host/queue.h"
#include "host/task.h"

static void push(pare_queue *q, uint64_t id, int priority, float cost, uint64_t memory_bytes)
{
    const pare_queue_item item = {priority, cost, id, memory_bytes, NULL};
    MUST(pare_queue_push(q, &item));
}

static uint64_t pop(pare_queue *q, uint64_t room_bytes)
{
    pare_queue_item item;
    return pare_queue_pop(q, room_bytes, &item) ? item.id : 0;
}

TEST(priority_first_then_the_largest_then_the_oldest)
{
    pare_queue q = {0};
    push(&q, 1, 0, 5, 1);
    push(&q, 2, 0, 9, 1);
    push(&q, 3, 1, 1, 1);
    push(&q, 4, 0, 9, 1);
    push(&q, 5, -1, 99, 1);
    const uint64_t want[] = {3, 2, 4, 1, 5, 0};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        CHECK_INT(pop(&q, 10), ==, want[i]);
    }
    pare_queue_deinit(&q);
}

TEST(many_items_come_out_sorted)
{
    pare_queue q = {0};
    uint64_t random = 5;
    for (uint64_t i = 1; i <= 1000; i++) {
        push(&q, i, 0, (float)(test_random(&random) % 500), test_random(&random) % 100);
    }
    float last = 1e9f;
    pare_queue_item item;
    for (int i = 0; i < 1000; i++) {
        CHECK_TRUE(pare_queue_pop(&q, UINT64_MAX, &item));
        CHECK_TRUE(item.cost <= last);
        last = item.cost;
    }
    CHECK_TRUE(!pare_queue_pop(&q, UINT64_MAX, &item));
    pare_queue_deinit(&q);
}

TEST(what_does_not_fit_is_passed_but_not_forever)
{
    pare_queue q = {0};
    push(&q, 1, 0, 100, 1000);
    for (uint64_t i = 2; i < 100; i++) {
        push(&q, i, 0, 1, 10);
    }
    int passed = 0;
    while (pop(&q, 500) != 0) {
        passed++;
    }
    CHECK_INT(passed, ==, PARE_QUEUE_PASS_CAP);
    CHECK_INT(pop(&q, 1000), ==, 1);
    CHECK_INT(pop(&q, 500), ==, 18); /* the others go on in their order */
    pare_queue_deinit(&q);
}

TEST(a_task_beyond_the_budget_runs_alone)
{
    pare_governor g;
    pare_governor_init(&g, 1000, 4);
    CHECK_TRUE(pare_governor_room(&g) >= 5000);
    pare_governor_admit(&g, 5000);
    CHECK_INT(pare_governor_room(&g), ==, 0);
    pare_governor_release(&g, 5000);
    pare_governor_admit(&g, 400);
    CHECK_INT(pare_governor_room(&g), ==, 600);
    pare_governor_release(&g, 400);
    CHECK_INT(g.used_bytes, ==, 0);
}

TEST(the_pool_follows_demand_and_memory)
{
    pare_governor g;
    pare_governor_init(&g, 0, 4);
    g.memory_low = false;
    CHECK_INT(g.budget_bytes, >, 1 << 20);
    CHECK_INT(pare_governor_pool_size(&g, 0), ==, 1);
    CHECK_INT(pare_governor_pool_size(&g, 3), ==, 3);
    CHECK_INT(pare_governor_pool_size(&g, 1000), ==, 4);
    g.memory_low = true;
    CHECK_INT(pare_governor_pool_size(&g, 1000), ==, 2);
    uint64_t rss = 0, cpu_us = 0;
    CHECK_TRUE(pare_governor_process(getpid(), &rss, &cpu_us));
    CHECK_INT(rss, >, 100 * 1024);
    CHECK_TRUE(!pare_governor_process(0, &rss, &cpu_us));
}

TEST(only_legal_steps_and_nothing_is_lost)
{
    pare_task_counts counts = {0};
    pare_task_state state = PARE_STATE_PLANNED;
    pare_diag diag = {0};
    pare_task_counts_add(&counts, 3);
    MUST(pare_task_move(&counts, &state, PARE_STATE_INTAKE, NULL));
    MUST(pare_task_move(&counts, &state, PARE_STATE_QUEUED, NULL));
    CHECK_INT(pare_task_move(&counts, &state, PARE_STATE_COMMITTING, &diag), ==, PARE_ERR_INTERNAL);
    CHECK_STR(diag.text, "a task cannot go from queued to committing");
    CHECK_INT(state, ==, PARE_STATE_QUEUED);
    MUST(pare_task_move(&counts, &state, PARE_STATE_RUNNING, NULL));
    CHECK_INT(pare_task_counts_active(&counts), ==, 1);
    MUST(pare_task_move(&counts, &state, PARE_STATE_DONE, NULL));
    for (int to = 0; to < PARE_STATE_COUNT; to++) { /* a result is given once */
        CHECK_INT(pare_task_move(&counts, &state, (pare_task_state)to, NULL), ==,
                  PARE_ERR_INTERNAL);
    }
    CHECK_INT(pare_task_counts_check(&counts, NULL), ==, PARE_OK);
    counts.in[PARE_STATE_QUEUED]++;
    CHECK_INT(pare_task_counts_check(&counts, NULL), ==, PARE_ERR_INTERNAL);
}

TEST(progress_never_falls_and_the_time_left_shrinks)
{
    pare_progress_meter m;
    pare_progress_begin(&m, 1000);
    pare_progress_plan(&m, 1000);
    double last = 0;
    for (int i = 1; i <= 100; i++) {
        if (i == 50) pare_progress_plan(&m, 500); /* another window was found */
        pare_progress_done(&m, 10);
        pare_progress_update(&m, 1000 + (uint64_t)i * 100000, i % 3, 1);
        CHECK_TRUE(m.fraction >= last);
        last = m.fraction;
    }
    CHECK_DOUBLE(m.fraction, <, 0.7);
    CHECK_INT(pare_progress_eta_ms(&m), >, 4000); /* 500 left at 100 a second */
    CHECK_INT(pare_progress_eta_ms(&m), <, 6500);
    CHECK_DOUBLE(pare_progress_images_per_s(&m), >, 9.0);
    CHECK_DOUBLE(pare_progress_images_per_s(&m), <, 11.0);
}

TEST(percentiles_are_right_within_a_fifth)
{
    pare_histogram h = {0};
    for (uint64_t us = 1; us <= 10000; us++) {
        pare_histogram_add(&h, us);
    }
    CHECK_INT(pare_histogram_mean_us(&h), ==, 5000);
    CHECK_INT(pare_histogram_percentile_us(&h, 0.5), >=, 5000);
    CHECK_INT(pare_histogram_percentile_us(&h, 0.5), <=, 6200);
    CHECK_INT(pare_histogram_percentile_us(&h, 0.95), >=, 9500);
    CHECK_INT(pare_histogram_percentile_us(&h, 0.95), <=, 11500);
    pare_histogram_add(&h, UINT64_MAX / 2);
    CHECK_INT(pare_histogram_percentile_us(&h, 0.0), >, 0);

    pare_histogram slow = {0};
    pare_histogram_add(&slow, 900ull * 1000 * 1000); /* a large image takes minutes */
    CHECK_INT(pare_histogram_percentile_us(&slow, 0.95), >=, 900ull * 1000 * 1000);
    CHECK_INT(pare_histogram_percentile_us(&slow, 0.95), <=, 1080ull * 1000 * 1000);
}

RUN(priority_first_then_the_largest_then_the_oldest, many_items_come_out_sorted,
    what_does_not_fit_is_passed_but_not_forever, a_task_beyond_the_budget_runs_alone,
    the_pool_follows_demand_and_memory, only_legal_steps_and_nothing_is_lost,
    progress_never_falls_and_the_time_left_shrinks, percentiles_are_right_within_a_fifth)
