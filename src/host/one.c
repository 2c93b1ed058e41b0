// SPDX-License-Identifier: Apache-2.0
/* A single question to a sandboxed worker, waited for: optimize a stream, tell what a file is,
 * compare two. An engine of one worker answers it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/engine_inside.h"

/* A question and what came of it. */
typedef struct question {
    pare_task_kind kind;
    int fds[2];
    int out_fd;
    pare_one *one;
    pare_file_result result;
    pare_info info;
    pare_diag diag;
} question;

static void on_end(void *user, const pare_file_result *result, int data_fd)
{
    question *const q = user;
    (void)data_fd;
    q->result = *result;
    q->info = q->one->answer.result.info;
    if (result->err != PARE_OK) {
        pare_fail(&q->diag, result->err, "%s",
                  q->one->diag.text[0] ? q->one->diag.text : pare_err_text(result->err));
    }
}

static pare_err put_question(question *q, const pare_batch_options *options, pare_diag *diag)
{
    pare_engine *engine = NULL;
    const pare_engine_options engine_options = {
        .workers = 1,
        .memory_bytes = options->memory_bytes,
        .low_priority = options->priority == PARE_PRIORITY_LOW,
        .require_sandbox = options->require_sandbox,
        .worker_path = options->worker_path,
    };
    const pare_one_request request = {
        .image = &options->image,
        .in_fd = q->fds[0],
        .out_fd = q->out_fd,
        .timeout_ms = options->timeout_ms,
        .name = "",
        .on_end = on_end,
        .user = q,
    };
    pare_err err = pare_engine_create(&engine_options, &engine, diag);
    if (err == PARE_OK) err = pare_engine_ask(engine, &request, q->kind, q->fds[1], &q->one, diag);
    if (err == PARE_OK) {
        pare_engine_run(engine);
        err = q->result.err;
        if (err != PARE_OK) pare_fail(diag, err, "%s", q->diag.text);
    }
    pare_engine_destroy(&engine);
    return err;
}

static pare_err open_file(const char *path, int *fd, pare_diag *diag)
{
    struct stat st;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a pipe must not block us */
    if (*fd < 0) return pare_fail_errno(diag, "open", path);
    if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode)) return PARE_OK;
    close(*fd);
    *fd = -1;
    return pare_fail(diag, PARE_ERR_INVALID, "%s is not a file", path);
}

pare_err pare_file_info(const char *path, const char *worker_path, pare_info *out, pare_diag *diag)
{
    question q = {.kind = PARE_TASK_INFO, .fds = {-1, -1}, .out_fd = -1};
    pare_batch_options options;
    memset(out, 0, sizeof *out);
    pare_batch_options_init(&options);
    options.worker_path = worker_path;
    PARE_TRY(open_file(path, &q.fds[0], diag));
    const pare_err err = put_question(&q, &options, diag);
    close(q.fds[0]);
    if (err == PARE_OK) *out = q.info;
    return err;
}

pare_err pare_file_score(const char *a, const char *b, const char *worker_path, double *score,
                         pare_diag *diag)
{
    question q = {.kind = PARE_TASK_SCORE, .fds = {-1, -1}, .out_fd = -1};
    pare_batch_options options;
    *score = -1;
    pare_batch_options_init(&options);
    options.worker_path = worker_path;
    PARE_TRY(open_file(a, &q.fds[0], diag));
    pare_err err = open_file(b, &q.fds[1], diag);
    if (err == PARE_OK) {
        err = put_question(&q, &options, diag);
        close(q.fds[1]);
    }
    close(q.fds[0]);
    if (err == PARE_OK) *score = q.result.score;
    return err;
}

pare_err pare_batch_one(const pare_batch_options *options, int in_fd, int out_fd,
                        pare_file_result *out, pare_diag *diag)
{
    question q = {.kind = PARE_TASK_OPTIMIZE, .fds = {in_fd, -1}, .out_fd = out_fd};
    pare_diag own = {0};
    if (!diag) diag = &own;
    const pare_err err = put_question(&q, options, diag);
    *out = q.result;
    out->seq = 1;
    out->input = "-";
    if (err != q.result.err) { /* it was never asked */
        out->err = err;
        out->outcome = PARE_OUTCOME_FAILED;
        out->score = -1;
    }
    out->text = err == PARE_OK                  ? ""
                : diag->text[0] && diag != &own ? diag->text
                                                : pare_err_text(err);
    return err;
}
