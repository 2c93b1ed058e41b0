// SPDX-License-Identifier: Apache-2.0
/* Backups of one run, and their journal.
 *
 * The journal is "pare-journal 1\n" and then records of text fields that end with a NUL, which no
 * path can hold: "" "R" "numbers" "path" "new name" "E". Each record is one write to the end of
 * the file. The empty field first ends whatever a full disk may have cut off before it. */
#include "host/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "host/folders.h"
#include "host/temp.h"

#define JOURNAL_HEAD "pare-journal 1\n"

struct pare_backup {
    int files_fd, journal_fd;
    char *path;
};

const char *pare_backup_path(const pare_backup *backup)
{
    return backup->path;
}

void pare_backup_destroy(pare_backup **backup_io)
{
    pare_backup *backup = *backup_io;
    if (!backup) return;
    if (backup->files_fd >= 0) close(backup->files_fd);
    if (backup->journal_fd >= 0) close(backup->journal_fd);
    free(backup->path);
    free(backup);
    *backup_io = NULL;
}

/* A new folder in dir_fd, named after time and run. */
static pare_err make_run_folder(int dir_fd, int64_t run_id, char name[64], int *fd, pare_diag *diag)
{
    char stamp[32];
    struct tm utc;
    const time_t now = time(NULL);
    gmtime_r(&now, &utc);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
    int made = -1;
    for (int i = 1; i <= 1000 && made != 0; i++) {
        if (i == 1)
            snprintf(name, 64, "%s-%" PRId64, stamp, run_id);
        else
            snprintf(name, 64, "%s-%" PRId64 "-%d", stamp, run_id, i);
        made = mkdirat(dir_fd, name, 0700);
        if (made != 0 && errno != EEXIST) break;
    }
    if (made != 0) return pare_fail_errno(diag, "make backup folder", name);
    if (fsync(dir_fd) != 0 && errno != EINVAL) return pare_fail_errno(diag, "fsync", name);
    return pare_folders_walk(dir_fd, name, false, fd, diag);
}

static pare_err fill_run_folder(pare_backup *backup, int run_fd, pare_diag *diag)
{
    const int flags = O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    PARE_TRY(pare_folders_walk(run_fd, "files", true, &backup->files_fd, diag));
    backup->journal_fd = openat(run_fd, "journal", flags, 0600);
    if (backup->journal_fd < 0) return pare_fail_errno(diag, "create", "backup journal");
    (void)flock(backup->journal_fd, LOCK_SH | LOCK_NB); /* while it is held, the run goes on */
    const ssize_t len = (ssize_t)strlen(JOURNAL_HEAD);
    if (write(backup->journal_fd, JOURNAL_HEAD, (size_t)len) != len ||
        fsync(backup->journal_fd) != 0 || (fsync(run_fd) != 0 && errno != EINVAL)) {
        return pare_fail_errno(diag, "write", "backup journal");
    }
    return PARE_OK;
}

pare_err pare_backup_create(const char *backup_dir, int64_t run_id, pare_backup **out,
                            pare_diag *diag)
{
    pare_folders *folders = NULL;
    pare_buf path = {0};
    char name[64];
    uint32_t root;
    int dir_fd, run_fd = -1;
    pare_backup *backup = calloc(1, sizeof *backup);
    *out = NULL;
    if (!backup) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for backups");
    backup->files_fd = backup->journal_fd = -1;
    pare_err err = pare_folders_create(2, &folders);
    if (err == PARE_OK) err = pare_folders_add_root(folders, backup_dir, true, &root, diag);
    if (err == PARE_OK) err = pare_folders_borrow(folders, root, true, &dir_fd, diag);
    if (err == PARE_OK) err = make_run_folder(dir_fd, run_id, name, &run_fd, diag);
    if (err == PARE_OK) err = pare_folders_path(folders, root, name, true, &path);
    if (err == PARE_OK) err = fill_run_folder(backup, run_fd, diag);
    if (run_fd >= 0) close(run_fd);
    pare_folders_destroy(&folders);
    backup->path = (char *)path.data;
    if (err != PARE_OK) pare_backup_destroy(&backup);
    *out = backup;
    return err;
}

pare_err pare_backup_open(const char *run_path, pare_backup **out, pare_diag *diag)
{
    int run_fd = -1;
    pare_backup *backup = calloc(1, sizeof *backup);
    *out = NULL;
    if (!backup) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for backups");
    backup->files_fd = backup->journal_fd = -1;
    backup->path = strdup(run_path);
    pare_err err = backup->path ? PARE_OK : PARE_ERR_NO_MEMORY;
    if (err == PARE_OK) err = pare_folders_walk_absolute(run_path, false, &run_fd, diag);
    if (err == PARE_OK) err = pare_folders_walk(run_fd, "files", true, &backup->files_fd, diag);
    if (err == PARE_OK) {
        backup->journal_fd =
            openat(run_fd, "journal", O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
        if (backup->journal_fd < 0) err = pare_fail_errno(diag, "open", "backup journal");
    }
    if (backup->journal_fd >= 0) (void)flock(backup->journal_fd, LOCK_SH | LOCK_NB);
    if (run_fd >= 0) close(run_fd);
    if (err != PARE_OK) pare_backup_destroy(&backup);
    *out = backup;
    return err;
}

/* The folder of path below files_fd, and the last component of path. */
static pare_err open_place(int files_fd, const char *path, bool make, int *fd, const char **base)
{
    pare_buf parent = {0};
    const char *slash = strrchr(path, '/');
    *fd = -1;
    if (!slash || !slash[1]) return PARE_ERR_INVALID;
    *base = slash + 1;
    pare_err err = pare_buf_append(&parent, path, (size_t)(slash - path));
    if (err == PARE_OK) err = pare_buf_append_byte(&parent, 0);
    if (err == PARE_OK) err = pare_folders_walk(files_fd, (char *)parent.data, make, fd, NULL);
    pare_buf_deinit(&parent);
    return err;
}

/* The temporary file lies where pare_backup_sweep() looks, not somewhere deep below. */
static pare_err keep_copy(int files_fd, int place_fd, const char *base, int original_fd,
                          pare_diag *diag)
{
    pare_temp temp;
    uint64_t bytes;
    PARE_TRY(pare_temp_create(files_fd, &temp, diag));
    pare_err err = pare_temp_copy(temp.write_fd, original_fd, &bytes, diag);
    if (err == PARE_OK) err = pare_temp_settle(&temp, diag);
    if (err == PARE_OK) {
        pare_temp_dress(&temp, original_fd, true);
        if (fsync(temp.fd) != 0) err = pare_fail_errno(diag, "fsync backup", base);
    }
    if (err == PARE_OK) err = pare_temp_move(&temp, place_fd, base, false, diag);
    pare_temp_deinit(&temp);
    return err;
}

static bool same_inode(int dir_fd, const char *name, const pare_ident *ident)
{
    struct stat st;
    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           (uint64_t)st.st_dev == ident->dev && (uint64_t)st.st_ino == ident->ino;
}

static pare_err write_record(int journal_fd, const pare_backup_record *record, pare_diag *diag)
{
    char numbers[256];
    pare_buf buf = {0};
    const pare_ident *was = &record->original, *made = &record->made;
    snprintf(numbers, sizeof numbers,
             "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 " %" PRId64 " %" PRIu64 " %" PRIu64
             " %" PRIu64 " %" PRId64 " %" PRId64,
             was->dev, was->ino, was->size_bytes, was->mtime_ns, was->ctime_ns, made->dev,
             made->ino, made->size_bytes, made->mtime_ns, made->ctime_ns);
    const char *const fields[] = {"", "R", numbers, record->path, record->new_name, "E"};
    pare_err err = PARE_OK;
    for (size_t i = 0; i < sizeof fields / sizeof *fields && err == PARE_OK; i++)
        err = pare_buf_append(&buf, fields[i], strlen(fields[i]) + 1);
    if (err == PARE_OK) {
        const ssize_t put = write(journal_fd, buf.data, buf.len);
        if (put >= 0 && put != (ssize_t)buf.len) errno = ENOSPC;
        if (put != (ssize_t)buf.len || fdatasync(journal_fd) != 0) {
            err = pare_fail_errno(diag, "write", "backup journal");
        }
    }
    pare_buf_deinit(&buf);
    return err;
}

pare_err pare_backup_keep(const pare_backup *backup, int dir_fd, const char *name, int original_fd,
                          const pare_backup_record *record, pare_diag *diag)
{
    int place_fd;
    const char *base;
    pare_err err = open_place(backup->files_fd, record->path, true, &place_fd, &base);
    if (err != PARE_OK) return pare_fail(diag, err, "no backup of %s is possible", name);
    if (linkat(dir_fd, name, place_fd, base, 0) != 0) {
        const int cause = errno;
        if (cause == EEXIST) {
            if (!same_inode(place_fd, base, &record->original)) {
                err = pare_fail(diag, PARE_ERR_EXISTS, "%s was backed up already", name);
            }
        } else if (cause == EXDEV || cause == EPERM || cause == EMLINK || cause == EOPNOTSUPP ||
                   cause == ENOSYS) {
            err = keep_copy(backup->files_fd, place_fd, base, original_fd, diag);
        } else {
            err = pare_fail_errno(diag, "back up", name);
        }
    } else if (!same_inode(place_fd, base, &record->original)) {
        unlinkat(place_fd, base, 0);
        err = pare_fail(diag, PARE_ERR_CHANGED, "%s changed meanwhile", name);
    }
    if (err == PARE_OK && fsync(place_fd) != 0 && errno != EINVAL) {
        err = pare_fail_errno(diag, "fsync backup", name);
    }
    if (err == PARE_OK) err = write_record(backup->journal_fd, record, diag);
    close(place_fd);
    return err;
}

void pare_backup_drop(const pare_backup *backup, const char *path, const pare_ident *only)
{
    int place_fd;
    const char *base;
    if (open_place(backup->files_fd, path, false, &place_fd, &base) != PARE_OK) return;
    if (!only || same_inode(place_fd, base, only)) (void)unlinkat(place_fd, base, 0);
    close(place_fd);
}

static pare_err read_journal(const char *run_path, pare_buf *storage, pare_diag *diag)
{
    int run_fd;
    PARE_TRY(pare_folders_walk_absolute(run_path, false, &run_fd, diag));
    const int fd = openat(run_fd, "journal", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    pare_err err = fd >= 0 ? PARE_OK : pare_fail_errno(diag, "open", "backup journal");
    close(run_fd);
    while (err == PARE_OK) {
        err = pare_buf_reserve(storage, 64 * 1024);
        if (err != PARE_OK) break;
        const ssize_t got = read(fd, storage->data + storage->len, 64 * 1024);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) err = pare_fail_errno(diag, "read", "backup journal");
        if (got <= 0) break;
        storage->len += (size_t)got;
    }
    if (fd >= 0) close(fd);
    const size_t head_len = strlen(JOURNAL_HEAD);
    if (err == PARE_OK &&
        (storage->len < head_len || memcmp(storage->data, JOURNAL_HEAD, head_len) != 0)) {
        err = pare_fail(diag, PARE_ERR_CORRUPT, "the backup journal is damaged");
    }
    return err;
}

static const char *field_after(const char *field, const char *end)
{
    const char *nul = field < end ? memchr(field, 0, (size_t)(end - field)) : NULL;
    return nul ? nul + 1 : NULL;
}

/* Reads the record whose "R" is at field. The fields behind it end inside the journal. */
static bool parse_record(const char *field, const char *end, pare_backup_record *out)
{
    const char *at[5] = {field};
    for (int i = 1; i < 5; i++) {
        at[i] = at[i - 1] ? field_after(at[i - 1], end) : NULL;
    }
    if (!at[4] || !field_after(at[4], end)) return false;
    pare_ident *was = &out->original, *made = &out->made;
    if (strcmp(at[0], "R") != 0 || strcmp(at[4], "E") != 0 || at[2][0] != '/') return false;
    if (!*at[3] || strchr(at[3], '/')) return false;
    out->path = at[2];
    out->new_name = at[3];
    return sscanf(at[1],
                  "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNd64 " %" SCNd64 " %" SCNu64 " %" SCNu64
                  " %" SCNu64 " %" SCNd64 " %" SCNd64,
                  &was->dev, &was->ino, &was->size_bytes, &was->mtime_ns, &was->ctime_ns,
                  &made->dev, &made->ino, &made->size_bytes, &made->mtime_ns,
                  &made->ctime_ns) == 10;
}

static int by_path_then_age(const void *a, const void *b)
{
    const pare_backup_record *const *x = a, *const *y = b;
    const int order = strcmp((*x)->path, (*y)->path);
    if (order != 0) return order;
    return *x < *y ? -1 : *x > *y; /* they lie in the order of the journal */
}

/* A file that was tried again has several records; earlier ones tell of results that never got
 * their name. */
static pare_err drop_superseded(pare_backup_record *records, size_t *count)
{
    const pare_backup_record **order = calloc(*count + 1, sizeof *order);
    if (!order) return PARE_ERR_NO_MEMORY;
    for (size_t i = 0; i < *count; i++)
        order[i] = &records[i];
    qsort(order, *count, sizeof *order, by_path_then_age);
    for (size_t i = 0; i + 1 < *count; i++) {
        if (strcmp(order[i]->path, order[i + 1]->path) == 0) {
            records[order[i] - records].new_name = NULL;
        }
    }
    free(order);
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        if (records[i].new_name) records[kept++] = records[i];
    }
    *count = kept;
    return PARE_OK;
}

pare_err pare_backup_read(const char *run_path, pare_buf *storage, pare_backup_record **records,
                          size_t *count, pare_diag *diag)
{
    pare_buf list = {0};
    *records = NULL;
    *count = 0;
    storage->len = 0;
    pare_err err = read_journal(run_path, storage, diag);
    if (err == PARE_OK) err = pare_buf_append_byte(storage, 0); /* ends a torn last field */
    if (err != PARE_OK) return err;
    const char *end = (const char *)storage->data + storage->len - 1;
    const char *field = (const char *)storage->data + strlen(JOURNAL_HEAD);
    for (; field && field < end; field = field_after(field, end)) {
        pare_backup_record record;
        if (!parse_record(field, end, &record)) continue;
        err = pare_buf_append(&list, &record, sizeof record);
        if (err != PARE_OK) {
            pare_buf_deinit(&list);
            return pare_fail(diag, err, "no memory for the backup journal");
        }
        ++*count;
    }
    err = drop_superseded((pare_backup_record *)(void *)list.data, count);
    if (err != PARE_OK) {
        pare_buf_deinit(&list);
        return pare_fail(diag, err, "no memory for the backup journal");
    }
    *records = (pare_backup_record *)(void *)list.data;
    return PARE_OK;
}

pare_err pare_backup_place(const char *run_path, const char *path, int *fd, const char **base)
{
    int run_fd, files_fd;
    *fd = -1;
    PARE_TRY(pare_folders_walk_absolute(run_path, false, &run_fd, NULL));
    pare_err err = pare_folders_walk(run_fd, "files", false, &files_fd, NULL);
    close(run_fd);
    if (err != PARE_OK) return err;
    err = open_place(files_fd, path, false, fd, base);
    close(files_fd);
    return err;
}

/* Does somebody hold the journal? Where there are no locks (some network file systems) nobody
 * seems to. */
static bool is_live(const char *run_path)
{
    int run_fd;
    if (pare_folders_walk_absolute(run_path, false, &run_fd, NULL) != PARE_OK) return false;
    const int fd = openat(run_fd, "journal", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    close(run_fd);
    if (fd < 0) return false;
    const bool live = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return live;
}

void pare_backup_sweep(const char *run_path)
{
    int run_fd, files_fd;
    if (pare_folders_walk_absolute(run_path, false, &run_fd, NULL) != PARE_OK) return;
    if (pare_folders_walk(run_fd, "files", false, &files_fd, NULL) == PARE_OK) {
        pare_temp_sweep_folder(files_fd, pare_temp_sweep);
        close(files_fd);
    }
    close(run_fd);
}

bool pare_backup_forget_unused(const char *run_path, const char *path, const pare_ident *ident)
{
    int fd;
    const char *base;
    if (is_live(run_path) || pare_backup_place(run_path, path, &fd, &base) != PARE_OK) return false;
    const bool removed = same_inode(fd, base, ident) && unlinkat(fd, base, 0) == 0;
    close(fd);
    return removed;
}
