// SPDX-License-Identifier: Apache-2.0
/* Files of a job, piece by piece to the disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json_text.h"
#include "http/api.h"
#include "http/jobs.h"
#include "http/safe_name.h"
#include "http/server_inside.h"

typedef struct upload {
    pare_server *server;
    int64_t job_id;
    int area_fd, fd; /* owned */
    char part[32];   /* name in the area until it is whole; "" when it is gone */
    char *path;      /* owned */
    uint64_t bytes;
    pare_err err;
    pare_diag diag;
} upload;

static void free_upload(void *work)
{
    upload *const u = work;
    u->server->uploads--;
    if (u->fd >= 0) close(u->fd);
    if (u->part[0]) unlinkat(u->area_fd, u->part, 0);
    if (u->area_fd >= 0) close(u->area_fd);
    free(u->path);
    free(u);
}

static upload *begin(pare_request *request, const pare_web_job *job, const char *path)
{
    upload *const u = calloc(1, sizeof *u);
    if (!u) return NULL;
    u->server = request->server;
    u->server->uploads++;
    u->job_id = job->id;
    u->path = strdup(path);
    u->area_fd = fcntl(job->area_fd, F_DUPFD_CLOEXEC, 0);
    snprintf(u->part, sizeof u->part, "part-%llu", (unsigned long long)++u->server->upload_number);
    u->fd = openat(u->area_fd, u->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (u->fd < 0) u->part[0] = '\0';
    return u;
}

void pare_api_begin_upload(pare_request *request)
{
    pare_server *const server = request->server;
    const char *path = pare_request_query(request, "path");
    const char *problem = path ? pare_upload_path_problem(path) : "is missing";
    const int64_t length = pare_request_length(request);
    pare_web_job *const job = pare_request_job(request);
    if (!job) return;
    if (job->state != PARE_JOB_COLLECTING) {
        pare_reply_error(request, 409, "job %lld is %s and takes no more files", (long long)job->id,
                         pare_job_state_name(job->state));
    } else if (problem) {
        pare_reply_error(request, 400, "path: it %s", problem);
    } else if (length >= 0 && (uint64_t)length > server->options.max_upload_bytes) {
        pare_reply_error(request, 413, "the file is larger than %llu bytes",
                         (unsigned long long)server->options.max_upload_bytes);
    } else if (server->uploads >= PARE_UPLOADS_CAP) {
        pare_reply_error(request, 503, "%d files are being uploaded; try again in a moment",
                         PARE_UPLOADS_CAP);
    } else {
        upload *const u = begin(request, job, path);
        request->work = u;
        request->free_work = u ? free_upload : NULL;
        if (!u || u->fd < 0 || !u->path) pare_reply_error(request, 500, "cannot store the file");
    }
}

bool pare_api_take_upload(pare_request *request, const void *data, size_t len)
{
    upload *const u = request->work;
    const char *at = data;
    if (!u) return false;
    u->bytes += len;
    if (u->bytes > request->server->options.max_upload_bytes) return false;
    while (len > 0 && u->err == PARE_OK) {
        const ssize_t put = write(u->fd, at, len);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) {
            u->err = pare_fail_errno(&u->diag, "store", u->path);
            break;
        }
        at += put;
        len -= (size_t)put;
    }
    return true; /* an error is told at the end: the client still speaks */
}

/* Give the whole file its name. */
static pare_err finish(upload *u, bool *is_new, pare_diag *diag)
{
    int in_fd, folder_fd;
    char *const slash = strrchr(u->path, '/');
    const char *name = slash ? slash + 1 : u->path;
    if (u->err != PARE_OK) return pare_fail(diag, u->err, "%s", u->diag.text);
    PARE_TRY(pare_beneath_open(u->area_fd, "in", O_RDONLY | O_DIRECTORY, 0, &in_fd, diag));
    if (slash) *slash = '\0';
    const pare_err err = pare_beneath_make(in_fd, slash ? u->path : "", &folder_fd, diag);
    if (slash) *slash = '/';
    close(in_fd);
    if (err != PARE_OK) return err;
    struct stat st;
    *is_new = fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0;
    const bool named = renameat(u->area_fd, u->part, folder_fd, name) == 0;
    const int rename_errno = errno;
    close(folder_fd);
    errno = rename_errno;
    if (!named) return pare_fail_errno(diag, "store", u->path);
    u->part[0] = '\0';
    return PARE_OK;
}

void pare_api_end_upload(pare_request *request)
{
    upload *const u = request->work;
    pare_diag diag = {0};
    pare_text json = {0};
    bool is_new = false;
    pare_web_job *const job = pare_request_job(request); /* it may be gone meanwhile */
    if (!job) return;
    if (job->state != PARE_JOB_COLLECTING) {
        pare_reply_error(request, 409, "job %lld was started meanwhile", (long long)job->id);
        return;
    }
    const pare_err err = finish(u, &is_new, &diag);
    if (err != PARE_OK) {
        pare_reply_fail(request, err, &diag);
        return;
    }
    job->uploaded += is_new;
    pare_json_open(&json, NULL, '{');
    pare_json_string(&json, "path", u->path);
    pare_json_uint(&json, "size_bytes", u->bytes);
    pare_json_uint(&json, "uploaded", job->uploaded);
    pare_json_close(&json, '}');
    pare_reply_json(request, 201, &json);
}
