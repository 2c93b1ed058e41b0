// SPDX-License-Identifier: Apache-2.0
/* The five steps of replacing a file: write a temporary one beside it, make that durable, keep the
 * old one if asked, rename, make the rename durable. */
#include "host/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/exchange.h"
#include "host/intake.h"
#include "host/temp.h"

struct pare_replace {
    pare_temp temp;
};

pare_err pare_replace_begin(int dir_fd, pare_replace **out, pare_diag *diag)
{
    pare_replace *rep = malloc(sizeof *rep);
    *out = NULL;
    if (!rep) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for a result");
    const pare_err err = pare_temp_create(dir_fd, &rep->temp, diag);
    if (err != PARE_OK)
        free(rep);
    else
        *out = rep;
    return err;
}

int pare_replace_fd(const pare_replace *rep)
{
    return rep->temp.write_fd;
}

pare_err pare_replace_copy(pare_replace *rep, int in_fd, uint64_t *bytes, pare_diag *diag)
{
    return pare_temp_copy(rep->temp.write_fd, in_fd, bytes, diag);
}

void pare_replace_abort(pare_replace **rep)
{
    if (!*rep) return;
    pare_temp_deinit(&(*rep)->temp);
    free(*rep);
    *rep = NULL;
}

bool pare_replace_is_temp(const char *name)
{
    return pare_temp_is_name(name) || pare_exchange_is_name(name);
}

bool pare_replace_sweep(int dir_fd, const char *name)
{
    return pare_temp_sweep(dir_fd, name) || pare_exchange_sweep(dir_fd, name);
}

/* The file that a worker made is what it said, and can no longer change. */
static pare_err check_made(pare_replace *rep, const pare_replace_request *request,
                           pare_replaced *out, pare_diag *diag)
{
    uint8_t first[4096];
    struct stat st;
    PARE_TRY(pare_temp_settle(&rep->temp, diag));
    PARE_TRY(pare_intake_hash(rep->temp.fd, &out->hash, diag));
    out->is_other = request->hash && !pare_hash_same(request->hash, &out->hash);
    if (out->is_other) {
        return pare_fail(diag, PARE_ERR_CHANGED, "what was copied to %s changed meanwhile",
                         request->name);
    }
    if (fstat(rep->temp.fd, &st) != 0) return pare_fail_errno(diag, "stat", "result");
    const uint64_t len = (uint64_t)st.st_size;
    if (len != request->bytes) {
        return pare_fail(diag, PARE_ERR_PROTOCOL, "the result has %llu bytes, not %llu",
                         (unsigned long long)len, (unsigned long long)request->bytes);
    }
    if (request->max_bytes && len > request->max_bytes) return PARE_SKIP_NOT_SMALLER;
    if (request->format != PARE_FORMAT_UNKNOWN) {
        const ssize_t got = pread(rep->temp.fd, first, sizeof first, 0);
        if (got < 0) return pare_fail_errno(diag, "read", "result");
        if (pare_format_sniff(first, (size_t)got) != request->format) {
            return pare_fail(diag, PARE_ERR_PROTOCOL, "the result is no %s file",
                             pare_format_name(request->format));
        }
    }
    return PARE_OK;
}

/* linked: we made a link to it just now, which changed its ctime. */
static pare_err check_original(const pare_replace_request *request, bool linked, pare_diag *diag)
{
    struct stat st;
    if (fstatat(request->original_dir_fd, request->original_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT) return pare_fail_errno(diag, "stat", request->original_name);
        return pare_fail(diag, PARE_ERR_CHANGED, "%s is gone", request->original_name);
    }
    pare_ident now = pare_ident_of(&st);
    if (linked) now.ctime_ns = request->original->ctime_ns;
    if (S_ISREG(st.st_mode) && pare_ident_same(&now, request->original)) return PARE_OK;
    return pare_fail(diag, PARE_ERR_CHANGED, "%s changed meanwhile", request->original_name);
}

static bool over_the_original(const pare_replace_request *request)
{
    return request->in_place && strcmp(request->name, request->original_name) == 0;
}

/* Does the file hold what the new one will hold, or zeros, and nothing else? A power cut leaves
 * such results (see sync_result), and a killed run some that it could not tell the ledger of. */
static bool holds_nothing_else(const pare_replace *rep, const char *name)
{
    uint8_t theirs[16384], ours[16384];
    bool same = true;
    ssize_t got = -1;
    off_t at = 0;
    const int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    const int fd = openat(rep->temp.dir_fd, name, flags);
    while (fd >= 0 && same && (got = pread(fd, theirs, sizeof theirs, at)) > 0) {
        same = pread(rep->temp.fd, ours, (size_t)got, at) == got;
        for (ssize_t i = 0; i < got && same; i++)
            same = theirs[i] == ours[i] || theirs[i] == 0;
        at += got;
    }
    if (fd >= 0) close(fd);
    return same && got == 0;
}

/* Decides whether what has the name may be replaced; *replace false: nothing may be there. */
static pare_err check_target(const pare_replace *rep, const pare_replace_request *request,
                             bool *replace, pare_diag *diag)
{
    struct stat st;
    *replace = over_the_original(request);
    if (*replace) return PARE_OK;
    if (fstatat(rep->temp.dir_fd, request->name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? PARE_OK : pare_fail_errno(diag, "stat", request->name);
    }
    const pare_ident there = pare_ident_of(&st);
    if (there.dev == request->original->dev && there.ino == request->original->ino) {
        return pare_fail(diag, PARE_ERR_EXISTS, "the output %s is the input", request->name);
    }
    const bool ours = there.ctime_ns <= request->replaceable_before_ns || there.size_bytes == 0 ||
                      (request->over_remains && holds_nothing_else(rep, request->name));
    *replace = request->overwrite || (S_ISREG(st.st_mode) && ours);
    if (*replace) return PARE_OK;
    return pare_fail(diag, PARE_ERR_EXISTS, "%s exists and is not Pare's", request->name);
}

static pare_err keep_backup(const pare_replace *rep, const pare_replace_request *request,
                            pare_diag *diag)
{
    struct stat st;
    if (fstat(rep->temp.fd, &st) != 0) return pare_fail_errno(diag, "stat", "result");
    const pare_backup_record record = {
        .path = request->original_path,
        .new_name = request->name,
        .original = *request->original,
        .made = pare_ident_of(&st),
    };
    return pare_backup_keep(request->backup, request->original_dir_fd, request->original_name,
                            request->original_fd, &record, diag);
}

/* A folder that cannot be synced (some network file systems say EINVAL) is as durable as it gets.
 */
static pare_err sync_folder(int dir_fd, pare_diag *diag)
{
    if (fsync(dir_fd) == 0 || errno == EINVAL) return PARE_OK;
    return pare_fail_errno(diag, "fsync", "folder of the result");
}

/* Before the rename: a crash must not leave an empty file under the old name. When the original
 * stays, waiting for the disk (2 ms and more a file) would protect what can be made again: writing
 * is only started, and pare_replace_sync() waits once for all. */
static pare_err sync_result(const pare_replace *rep, const pare_replace_request *request,
                            pare_diag *diag)
{
    if (!request->in_place) {
        (void)sync_file_range(rep->temp.fd, 0, 0, SYNC_FILE_RANGE_WRITE);
        return PARE_OK;
    }
    return fsync(rep->temp.fd) == 0 ? PARE_OK : pare_fail_errno(diag, "fsync", request->name);
}

pare_err pare_replace_sync(int dir_fd, pare_diag *diag)
{
    return syncfs(dir_fd) == 0 ? PARE_OK : pare_fail_errno(diag, "sync", "folder of results");
}

/* In place with another name: the original goes last, so that a kill leaves both. */
static pare_err remove_original(const pare_replace_request *request, pare_diag *diag)
{
    PARE_TRY(check_original(request, request->backup != NULL, diag));
    if (unlinkat(request->original_dir_fd, request->original_name, 0) != 0) {
        return pare_fail_errno(diag, "remove", request->original_name);
    }
    return sync_folder(request->original_dir_fd, diag);
}

/* From the backup to the new name. */
static pare_err rename_checked(pare_replace *rep, const pare_replace_request *request, bool replace,
                               pare_diag *diag)
{
    const bool backs_up = request->in_place && request->backup;
    if (backs_up) PARE_TRY(keep_backup(rep, request, diag));
    PARE_TRY(check_original(request, backs_up, diag));
    if (over_the_original(request)) {
        return pare_exchange(&rep->temp, request->name, request->original, diag);
    }
    return pare_temp_rename(&rep->temp, request->name, replace, diag);
}

/* The replace failed behind its backup, which goes while the original stands: else it may be the
 * last copy. A file that somebody writes to, but that has its name, needs no second one. */
static void drop_backup(const pare_replace_request *request, pare_err err)
{
    struct stat st;
    if (!request->in_place || !request->backup || err == PARE_ERR_EXISTS) return;
    if (check_original(request, true, NULL) == PARE_OK) {
        pare_backup_drop(request->backup, request->original_path, NULL);
    } else if (fstatat(request->original_dir_fd, request->original_name, &st,
                       AT_SYMLINK_NOFOLLOW) == 0) {
        const pare_ident there = pare_ident_of(&st);
        pare_backup_drop(request->backup, request->original_path, &there);
    }
}

static pare_err place(pare_replace *rep, const pare_replace_request *request, pare_replaced *out,
                      pare_diag *diag)
{
    struct stat st;
    bool replace;
    PARE_TRY(check_target(rep, request, &replace, diag));
    pare_temp_dress(&rep->temp, request->original_fd, request->keep_dates);
    PARE_TRY(sync_result(rep, request, diag));
    const pare_err err = rename_checked(rep, request, replace, diag);
    if (err != PARE_OK) {
        drop_backup(request, err);
        return err;
    }
    out->written = true;
    if (fstat(rep->temp.fd, &st) != 0) return pare_fail_errno(diag, "stat", request->name);
    out->ident = pare_ident_of(&st);
    if (!request->in_place) return PARE_OK;
    PARE_TRY(sync_folder(rep->temp.dir_fd, diag));
    if (over_the_original(request)) return PARE_OK;
    return remove_original(request, diag);
}

pare_err pare_replace_commit(pare_replace **rep, const pare_replace_request *request,
                             pare_replaced *out, pare_diag *diag)
{
    *out = (pare_replaced){0};
    pare_err err = PARE_OK;
    if (!*request->name || strchr(request->name, '/')) {
        err = pare_fail(diag, PARE_ERR_INVALID, "not a file name: %s", request->name);
    }
    /* A first try that failed behind its backup linked and unlinked the original. */
    if (err == PARE_OK) err = check_original(request, request->backup != NULL, diag);
    if (err == PARE_OK) err = check_made(*rep, request, out, diag);
    if (err == PARE_OK) err = place(*rep, request, out, diag);
    pare_replace_abort(rep); /* the one place that closes, unlinks and frees */
    return err;
}
