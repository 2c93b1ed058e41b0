// SPDX-License-Identifier: Apache-2.0
/* The rules of lateness. */
#include "host/deadline.h"

#define HANG_US (5 * 1000 * 1000u)
#define AWAY_US (3 * 1000 * 1000u)

bool pare_deadline_looks(const pare_deadline *deadline, uint64_t passed_us, uint64_t limit_us)
{
    if (limit_us == 0) return false;
    return passed_us > limit_us || (!deadline->has_base && passed_us > limit_us / 2);
}

bool pare_deadline_passed(pare_deadline *deadline, uint64_t passed_us, uint64_t limit_us,
                          uint64_t cpu_us)
{
    if (!pare_deadline_looks(deadline, passed_us, limit_us)) return false;
    if (!deadline->has_base || cpu_us < deadline->base_cpu_us) {
        *deadline = (pare_deadline){
            .has_base = true, .base_cpu_us = cpu_us, .cpu_us = cpu_us, .moved_us = passed_us};
    }
    if (cpu_us > deadline->cpu_us) {
        deadline->cpu_us = cpu_us;
        deadline->moved_us = passed_us;
    }
    if (passed_us <= limit_us) return false;
    const uint64_t hang_us = limit_us / 2 < HANG_US ? limit_us / 2 : HANG_US;
    return cpu_us - deadline->base_cpu_us >= limit_us / 2 ||
           passed_us - deadline->moved_us >= hang_us ||
           passed_us / PARE_DEADLINE_STRETCH >= limit_us;
}

uint64_t pare_deadline_away_us(uint64_t last_look_us, uint64_t now_us)
{
    const uint64_t gap_us = last_look_us > 0 && now_us > last_look_us ? now_us - last_look_us : 0;
    return gap_us > AWAY_US ? gap_us : 0;
}
