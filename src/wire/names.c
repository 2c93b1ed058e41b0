// SPDX-License-Identifier: Apache-2.0
/* Names of enums that appear in JSON, on the terminal and on the page. */
#include <pare/batch.h>

const char *pare_outcome_name(pare_outcome outcome)
{
    switch (outcome) {
    case PARE_OUTCOME_NONE: return "none";
    case PARE_OUTCOME_OPTIMIZED: return "optimized";
    case PARE_OUTCOME_KEPT: return "kept";
    case PARE_OUTCOME_SKIPPED: return "skipped";
    case PARE_OUTCOME_FAILED: return "failed";
    }
    return "none";
}

const char *pare_step_name(pare_step step)
{
    switch (step) {
    case PARE_STEP_IDLE: return "idle";
    case PARE_STEP_DECODE: return "decode";
    case PARE_STEP_TRANSFORM: return "transform";
    case PARE_STEP_ENCODE: return "encode";
    case PARE_STEP_VERIFY: return "verify";
    }
    return "idle";
}
