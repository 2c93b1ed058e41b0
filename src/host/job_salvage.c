// SPDX-License-Identifier: Apache-2.0
/* What is left of a damaged file, written to another place. The file stays a failed one: nothing
 * that goes wrong here changes that. */
#include <stdio.h>
#include <string.h>

#include "host/engine_inside.h"

bool pare_job_salvage(pare_task *task, pare_err damage)
{
    const pare_job *const job = task->job;
    if (!job->options.salvage_dir || job->options.check || job->cancelled || task->salvages ||
        (damage != PARE_ERR_CORRUPT && damage != PARE_ERR_TRUNCATED)) {
        return false;
    }
    task->salvages = true;
    task->outcome = PARE_OUTCOME_FAILED;
    task->err = damage;
    task->damage = task->diag;
    memset(&task->diag, 0, sizeof task->diag);
    task->sent.kind = PARE_TASK_SALVAGE;
    pare_job_enqueue(task);
    return true;
}

void pare_job_salvage_answered(pare_task *task, pare_err err)
{
    if (err == PARE_OK && task->result.len > 0 && task->result.salvaged > 0) {
        pare_job_commit(task);
    } else {
        pare_job_salvage_end(task);
    }
}

void pare_job_salvage_end(pare_task *task)
{
    const bool written = task->commit && task->commit->made.written;
    pare_diag why = task->diag;
    task->diag = task->damage;
    const size_t len = strlen(task->diag.text);
    const size_t room = sizeof task->diag.text - len;
    if (!written && why.text[0] && strcmp(why.text, task->damage.text) != 0) {
        snprintf(task->diag.text + len, room, "; nothing salvaged: %s", why.text);
    }
    pare_job_finish_task(task);
}
