// SPDX-License-Identifier: Apache-2.0
/* Put back the originals of an in-place run, one file at a time, each atomically. Every step may
 * be cut off by a kill: the same undo, run again, goes on from what it finds. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/exchange.h"
#include "host/folders.h"
#include "host/intake.h"
#include "host/temp.h"
#include "host/undo.h"

/* One file, while it is put back. */
typedef struct restore {
    const pare_backup_record *record;
    int dir_fd;       /* folder of the original */
    const char *name; /* of the original in it */
    int keep_fd;      /* folder of the backup; -1 when it is gone */
    const char *keep_name;
    struct stat keep; /* of the backup; st_ino 0 when it is gone */
} restore;

typedef enum present {
    PRESENT_NOTHING,  /* no file */
    PRESENT_MADE,     /* what the run wrote */
    PRESENT_ORIGINAL, /* the original itself, or the same bytes and date */
    PRESENT_OTHER
} present;

/* What the backup's place holds. */
typedef enum kept {
    KEEPS_NOTHING,
    KEEPS_ORIGINAL, /* or a copy, which has its date */
    KEEPS_MADE,     /* it has been exchanged with what the run wrote */
    KEEPS_OTHER     /* somebody's file, of whom a kill kept us from giving it back */
} kept;

static pare_err look_at_keep(restore *one, pare_diag *diag)
{
    if (fstatat(one->keep_fd, one->keep_name, &one->keep, AT_SYMLINK_NOFOLLOW) == 0) return PARE_OK;
    one->keep.st_ino = 0;
    return errno == ENOENT ? PARE_OK : pare_fail_errno(diag, "look at backup of", one->name);
}

static kept keeps(const restore *one)
{
    const pare_backup_record *const record = one->record;
    const pare_ident now = pare_ident_of(&one->keep);
    if (now.ino == 0) return KEEPS_NOTHING;
    if (pare_ident_same_content(&now, &record->made)) return KEEPS_MADE;
    const bool dated =
        now.size_bytes == record->original.size_bytes && now.mtime_ns == record->original.mtime_ns;
    return dated ? KEEPS_ORIGINAL : KEEPS_OTHER;
}

static bool has_bytes_of_backup(const restore *one, const char *name)
{
    pare_intake a = {.fd = -1}, b = {.fd = -1};
    const bool same = pare_intake_open(one->dir_fd, name, NULL, &a, NULL) == PARE_OK &&
                      pare_intake_open(one->keep_fd, one->keep_name, NULL, &b, NULL) == PARE_OK &&
                      pare_hash_same(&a.hash, &b.hash);
    pare_intake_close(&a);
    pare_intake_close(&b);
    return same;
}

/* Is the file there the original? A copied-back one has another inode: then its content decides.
 */
static bool is_original(const restore *one, const char *name, const struct stat *st)
{
    const pare_ident now = pare_ident_of(st);
    const pare_ident *was = &one->record->original;
    if (now.size_bytes != was->size_bytes || now.mtime_ns != was->mtime_ns) return false;
    if (now.ino == was->ino) return true;
    if (one->keep.st_ino == 0) return true;    /* copied back, and the backup was removed */
    if (keeps(one) == KEEPS_MADE) return true; /* the two were exchanged, and a kill came */
    return has_bytes_of_backup(one, name);
}

static present look(const restore *one, const char *name)
{
    struct stat st;
    if (fstatat(one->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? PRESENT_NOTHING : PRESENT_OTHER;
    }
    const pare_ident now = pare_ident_of(&st);
    if (!S_ISREG(st.st_mode)) return PRESENT_OTHER;
    if (pare_ident_same_content(&now, &one->record->made)) return PRESENT_MADE;
    return is_original(one, name, &st) ? PRESENT_ORIGINAL : PRESENT_OTHER;
}

static pare_err sync_folder(int fd, const char *name, pare_diag *diag)
{
    if (fsync(fd) == 0 || errno == EINVAL) return PARE_OK;
    return pare_fail_errno(diag, "fsync folder of", name);
}

/* The backup is on another file system: copy it to a temporary file first. */
static pare_err copy_back(restore *one, bool over, pare_diag *diag)
{
    pare_temp temp = PARE_TEMP_CLOSED;
    pare_ident made = one->record->made;
    struct stat folder;
    uint64_t bytes;
    if (fstat(one->dir_fd, &folder) != 0) return pare_fail_errno(diag, "stat folder of", one->name);
    made.dev = folder.st_dev; /* as mounted today */
    const int fd = openat(one->keep_fd, one->keep_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return pare_fail_errno(diag, "open backup of", one->name);
    pare_err err = pare_temp_create(one->dir_fd, &temp, diag);
    if (err == PARE_OK) err = pare_temp_copy(temp.write_fd, fd, &bytes, diag);
    if (err == PARE_OK) err = pare_temp_settle(&temp, diag);
    if (err == PARE_OK) {
        pare_temp_dress(&temp, fd, true);
        if (fsync(temp.fd) != 0) err = pare_fail_errno(diag, "fsync", one->name);
    }
    if (err == PARE_OK) {
        err = over ? pare_exchange(&temp, one->name, &made, diag)
                   : pare_temp_rename(&temp, one->name, false, diag);
    }
    pare_temp_deinit(&temp);
    close(fd);
    if (err == PARE_OK) err = sync_folder(one->dir_fd, one->name, diag);
    if (err == PARE_OK && unlinkat(one->keep_fd, one->keep_name, 0) != 0) {
        err = pare_fail_errno(diag, "remove backup of", one->name);
    }
    if (err == PARE_OK) one->keep.st_ino = 0;
    return err;
}

static int exchange(const restore *one)
{
    return renameat2(one->keep_fd, one->keep_name, one->dir_fd, one->name, RENAME_EXCHANGE);
}

/* What came out is not what the run wrote: it gets its name back. */
static pare_err give_back(restore *one, pare_diag *diag)
{
    const bool given = exchange(one) == 0;
    const bool again = given && look_at_keep(one, NULL) == PARE_OK && keeps(one) == KEEPS_OTHER;
    if (again) (void)exchange(one); /* a second file came in between: the later one stays */
    (void)sync_folder(one->dir_fd, one->name, NULL);
    return pare_fail(diag, PARE_ERR_CHANGED,
                     given && !again ? "%s changed meanwhile; its backup stays"
                                     : "%s changed meanwhile; what was there is in the backup",
                     one->name);
}

/* over: what the run wrote, else nothing has the name. Afterwards the backup is gone, or in its
 * place is what the run wrote. */
static pare_err move_back(restore *one, bool over, pare_diag *diag)
{
    const unsigned flags = over ? RENAME_EXCHANGE : RENAME_NOREPLACE;
    int done = renameat2(one->keep_fd, one->keep_name, one->dir_fd, one->name, flags);
    if (done != 0 && errno == EXDEV) return copy_back(one, over, diag);
    if (done != 0 && (errno == EINVAL || errno == ENOSYS)) { /* a small gap, where it must be */
        if (!over) return copy_back(one, over, diag);
        done = renameat(one->keep_fd, one->keep_name, one->dir_fd, one->name);
    }
    if (done != 0 && over && errno == ENOENT) {
        return pare_fail(diag, PARE_ERR_CHANGED, "%s changed meanwhile; its backup stays",
                         one->name);
    }
    if (done != 0) return pare_fail_errno(diag, "put back", one->name);
    PARE_TRY(look_at_keep(one, diag));
    if (keeps(one) == KEEPS_OTHER) return give_back(one, diag);
    return sync_folder(one->dir_fd, one->name, diag);
}

/* The original has its place; drop what is left of backup and result. */
static pare_err tidy(restore *one, pare_diag *diag)
{
    const char *made = one->record->new_name;
    struct stat st;
    if (keeps(one) == KEEPS_OTHER && !has_bytes_of_backup(one, one->name)) {
        return pare_fail(diag, PARE_ERR_CHANGED, "%s is back; its backup is now another file, kept",
                         one->name);
    }
    if (one->keep.st_ino != 0 && unlinkat(one->keep_fd, one->keep_name, 0) != 0 &&
        errno != ENOENT) {
        return pare_fail_errno(diag, "remove backup of", one->name);
    }
    /* A kill amid a replace left the original a second name beside it. */
    if (fstatat(one->dir_fd, one->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink > 1) {
        pare_temp_sweep_folder(one->dir_fd, pare_exchange_sweep);
    }
    if (strcmp(made, one->name) == 0 || look(one, made) != PRESENT_MADE) return PARE_OK;
    if (unlinkat(one->dir_fd, made, 0) != 0) return pare_fail_errno(diag, "remove", made);
    return sync_folder(one->dir_fd, made, diag);
}

static pare_err put_back(restore *one, bool *moved, pare_diag *diag)
{
    const char *made = one->record->new_name;
    const bool renamed = strcmp(made, one->name) != 0;
    const present here = look(one, one->name);
    if (here == PRESENT_ORIGINAL) return tidy(one, diag);
    if (one->keep.st_ino == 0) {
        return pare_fail(diag, PARE_ERR_NOT_FOUND, "the backup of %s is gone", one->name);
    }
    if (keeps(one) == KEEPS_MADE) { /* an undo that was killed, and then somebody */
        return pare_fail(diag, PARE_ERR_CHANGED, "%s was back already, and is another file now",
                         one->name);
    }
    const bool changed = here == PRESENT_OTHER || (renamed && here == PRESENT_MADE) ||
                         (renamed && look(one, made) == PRESENT_OTHER);
    if (changed) {
        return pare_fail(diag, PARE_ERR_CHANGED, "%s changed after the run; its backup stays",
                         one->name);
    }
    PARE_TRY(move_back(one, here == PRESENT_MADE, diag));
    *moved = true;
    return tidy(one, diag);
}

pare_err pare_undo_record(const char *run_path, const pare_backup_record *record, bool *moved,
                          pare_diag *diag)
{
    restore one = {.record = record, .dir_fd = -1, .keep_fd = -1};
    const char *slash = strrchr(record->path, '/');
    char *parent = strndup(record->path, (size_t)(slash - record->path) + 1);
    one.name = slash + 1;
    *moved = false;
    if (!parent) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for undo");
    pare_err err = pare_folders_walk_absolute(parent, false, &one.dir_fd, diag);
    free(parent);
    if (err != PARE_OK) return err;
    err = pare_backup_place(run_path, record->path, &one.keep_fd, &one.keep_name);
    if (err == PARE_OK)
        err = look_at_keep(&one, diag);
    else if (err == PARE_ERR_NOT_FOUND)
        err = PARE_OK; /* its folder is gone, and so it is */
    if (err == PARE_OK) err = put_back(&one, moved, diag);
    if (one.keep_fd >= 0) close(one.keep_fd);
    close(one.dir_fd);
    return err;
}

void pare_undo_result(const pare_backup_record *record, uint64_t seq, pare_err err, bool moved,
                      const char *text, pare_file_result *result)
{
    *result = (pare_file_result){
        .seq = seq,
        .input = record->path,
        .output = err == PARE_OK ? record->path : NULL,
        .outcome = err != PARE_OK ? PARE_OUTCOME_FAILED
                   : moved        ? PARE_OUTCOME_OPTIMIZED
                                  : PARE_OUTCOME_KEPT,
        .err = err,
        .text = text,
        .bytes_in = record->made.size_bytes,
        .bytes_out = err == PARE_OK ? record->original.size_bytes : record->made.size_bytes,
        .score = -1,
    };
}

pare_err pare_undo_forget(pare_ledger *ledger, const pare_backup_record *record, pare_diag *diag)
{
    const char *slash = strrchr(record->path, '/');
    pare_buf made = {0};
    pare_err err = pare_buf_append(&made, record->path, (size_t)(slash - record->path) + 1);
    if (err == PARE_OK)
        err = pare_buf_append(&made, record->new_name, strlen(record->new_name) + 1);
    if (err == PARE_OK) err = pare_ledger_forget(ledger, (char *)made.data, diag);
    if (err == PARE_OK) err = pare_ledger_forget(ledger, record->path, diag);
    pare_buf_deinit(&made);
    return err;
}

pare_err pare_undo_one(const char *run_path, const char *path, pare_diag *diag)
{
    pare_buf storage = {0};
    pare_backup_record *records = NULL;
    size_t count = 0, at = 0;
    pare_err err = pare_backup_read(run_path, &storage, &records, &count, diag);
    while (err == PARE_OK && at < count && strcmp(records[at].path, path) != 0)
        at++;
    if (err == PARE_OK && at == count) {
        err = pare_fail(diag, PARE_ERR_NOT_FOUND, "no backup of %s was kept", path);
    }
    bool moved;
    if (err == PARE_OK) err = pare_undo_record(run_path, &records[at], &moved, diag);
    free(records);
    pare_buf_deinit(&storage);
    return err;
}

/* An undo, which may look at more than one run. */
typedef struct undo {
    pare_ledger *ledger;
    pare_result_fn on_result;
    void *user;
    uint64_t files, restored;
    bool finished;     /* a run has nothing left to put back */
    uint64_t troubled; /* could not be put back now, but perhaps another time */
} undo;

static pare_err undo_run(undo *u, int64_t run_id, const char *run_path, pare_diag *diag)
{
    pare_buf storage = {0};
    pare_backup_record *records = NULL;
    size_t count = 0, failed = 0;
    pare_backup_sweep(run_path);
    pare_err err = pare_backup_read(run_path, &storage, &records, &count, diag);
    for (size_t i = 0; i < count && err == PARE_OK; i++) {
        pare_diag why = {0};
        pare_file_result result;
        bool moved;
        const pare_err one = pare_undo_record(run_path, &records[i], &moved, &why);
        pare_undo_result(&records[i], ++u->files, one, moved, why.text, &result);
        if (one == PARE_OK) {
            u->restored += moved;
            err = pare_undo_forget(u->ledger, &records[i], diag);
        } else {
            failed++;
            u->troubled += one != PARE_ERR_CHANGED && one != PARE_ERR_NOT_FOUND;
        }
        if (u->on_result) u->on_result(u->user, &result);
    }
    /* With failures it can be undone again, for the files that are left. */
    if (err == PARE_OK && failed == 0) err = pare_ledger_mark_undone(u->ledger, run_id, diag);
    u->finished = failed == 0 && count > 0;
    free(records);
    pare_buf_deinit(&storage);
    return err;
}

/* The last run that still has something to put back: files that are left alone for good (changed,
 * gone) do not keep anybody from the runs before. */
static pare_err undo_last(undo *u, pare_buf *run_path, pare_diag *diag)
{
    int64_t run_id = INT64_MAX;
    pare_err err = PARE_OK;
    while (err == PARE_OK && u->restored == 0 && u->troubled == 0 && !u->finished) {
        err = pare_ledger_find_undo_before(u->ledger, run_id, &run_id, run_path, diag);
        if (err == PARE_ERR_NOT_FOUND && u->files > 0) return PARE_OK; /* each was told of */
        if (err == PARE_OK) err = undo_run(u, run_id, (char *)run_path->data, diag);
    }
    return err;
}

pare_err pare_undo(const char *ledger_path, int64_t run_id, pare_result_fn on_result, void *user,
                   pare_diag *diag)
{
    undo u = {.on_result = on_result, .user = user};
    pare_buf run_path = {0};
    pare_err err = pare_ledger_open(ledger_path, NULL, NULL, &u.ledger, diag);
    if (err == PARE_OK && run_id == 0) {
        err = undo_last(&u, &run_path, diag);
    } else if (err == PARE_OK) {
        err = pare_ledger_find_undo(u.ledger, &run_id, &run_path, diag);
        if (err == PARE_OK) err = undo_run(&u, run_id, (char *)run_path.data, diag);
    }
    if (err == PARE_OK) err = pare_ledger_flush(u.ledger, diag);
    pare_ledger_close(&u.ledger);
    pare_buf_deinit(&run_path);
    return err;
}
