// SPDX-License-Identifier: Apache-2.0
/* `pare -`: one image from standard input, the smaller one (or the same bytes) to standard output.
 *
 * The image makes the same way as every other one, through a private folder that is removed. */
#include "cli/command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#include "cli/report.h"
#include "cli/signals.h"

enum { CHUNK = 65536, SNIFF = 4096, PATH_CAP = 4096 };

typedef struct stream {
    char folder[PATH_CAP];      /* "" until it is made */
    char input[PATH_CAP + 32];  /* folder/image.jpg */
    char output[PATH_CAP + 32]; /* folder/out */
    char result[2 * PATH_CAP];  /* file to print; "" none */
    pare_outcome outcome;
    pare_err err;
    char text[512];
    uint64_t bytes_in, bytes_out;
    double score;
} stream;

static pare_err copy(int from, int to, const char *name, pare_diag *diag)
{
    char chunk[CHUNK];
    for (;;) {
        const ssize_t got = read(from, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR && pare_signals_count() == 0) continue;
        if (got < 0) return pare_fail_errno(diag, "read", name);
        if (got == 0) return PARE_OK;
        for (ssize_t done = 0; done < got;) {
            const ssize_t wrote = write(to, chunk + done, (size_t)(got - done));
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote < 0) return pare_fail_errno(diag, "write", name);
            done += wrote;
        }
    }
}

static pare_err make_folder(stream *s, pare_diag *diag)
{
    const char *base = getenv("TMPDIR");
    const int len = snprintf(s->folder, sizeof s->folder, "%s/pare-stream-XXXXXX",
                             base && *base ? base : "/tmp");
    if (len < 0 || (size_t)len >= sizeof s->folder) {
        s->folder[0] = '\0';
        return pare_fail(diag, PARE_ERR_INVALID, "TMPDIR is too long");
    }
    if (!mkdtemp(s->folder)) {
        const pare_err err = pare_fail_errno(diag, "make folder", s->folder);
        s->folder[0] = '\0';
        return err;
    }
    snprintf(s->output, sizeof s->output, "%s/out", s->folder);
    return PARE_OK;
}

/* Standard input as a file whose ending tells its format. */
static pare_err store_input(stream *s, pare_diag *diag)
{
    char part[PATH_CAP + 32];
    uint8_t head[SNIFF];
    snprintf(part, sizeof part, "%s/part", s->folder);
    const int fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return pare_fail_errno(diag, "open", part);
    pare_err err = copy(STDIN_FILENO, fd, "standard input", diag);
    const ssize_t len = pread(fd, head, sizeof head, 0);
    if (close(fd) != 0 && err == PARE_OK) err = pare_fail_errno(diag, "write", part);
    if (err != PARE_OK) return err;
    if (len <= 0) return pare_fail(diag, PARE_ERR_CORRUPT, "standard input is empty");
    const char *extension = pare_format_extension(pare_format_sniff(head, (size_t)len));
    snprintf(s->input, sizeof s->input, "%s/image.%s", s->folder, *extension ? extension : "bin");
    if (rename(part, s->input) != 0) return pare_fail_errno(diag, "rename", part);
    return PARE_OK;
}

static void on_result(void *user, const pare_file_result *result)
{
    stream *const s = user;
    s->outcome = result->outcome;
    s->err = result->err;
    s->bytes_in = result->bytes_in;
    s->bytes_out = result->bytes_out;
    s->score = result->score;
    snprintf(s->text, sizeof s->text, "%s", result->text ? result->text : "");
    if (result->outcome == PARE_OUTCOME_OPTIMIZED && result->output) {
        snprintf(s->result, sizeof s->result, "%s", result->output);
    } else if (result->outcome == PARE_OUTCOME_KEPT) {
        snprintf(s->result, sizeof s->result, "%s", s->input);
    }
}

static pare_err run_one(stream *s, const pare_arguments *arguments, pare_diag *diag)
{
    pare_batch *batch = NULL;
    pare_batch_options options = arguments->batch;
    options.output_mode = PARE_OUTPUT_FOLDER;
    options.output_dir = s->output;
    options.use_ledger = false;
    options.on_result = on_result;
    options.user = s;
    pare_err err = pare_batch_create(&options, &batch, diag);
    if (err == PARE_OK) {
        pare_signals_watch(batch);
        err = pare_batch_add(batch, s->input, diag);
    }
    if (err == PARE_OK) err = pare_batch_run(batch, diag);
    pare_signals_release();
    pare_batch_destroy(&batch);
    if (err == PARE_OK && s->result[0] == '\0') {
        err = s->err == PARE_OK ? PARE_ERR_INTERNAL : s->err;
        return pare_fail(diag, err, "standard input: %s",
                         pare_err_is_skip(err) || !s->text[0] ? pare_err_text(err) : s->text);
    }
    return err;
}

static pare_err print_result(const stream *s, pare_diag *diag)
{
    const int fd = open(s->result, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return pare_fail_errno(diag, "open", s->result);
    const pare_err err = copy(fd, STDOUT_FILENO, "standard output", diag);
    close(fd);
    return err;
}

static void remove_folder(const char *path)
{
    DIR *const dir = opendir(path);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        char name[2 * PATH_CAP];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (unlink(name) != 0 && errno == EISDIR) remove_folder(name);
    }
    if (dir) closedir(dir);
    rmdir(path);
}

static void print_summary(const stream *s)
{
    char in[16], out[16], line[128];
    if (s->outcome != PARE_OUTCOME_OPTIMIZED) {
        snprintf(line, sizeof line, "kept: %s", pare_err_text(s->err));
    } else {
        pare_format_bytes(s->bytes_in, in);
        pare_format_bytes(s->bytes_out, out);
        snprintf(line, sizeof line, "%s -> %s, saved %.1f%%", in, out,
                 pare_saved_pct(s->bytes_in, s->bytes_out));
    }
    pare_complain(line);
}

int pare_command_stream(const pare_arguments *arguments)
{
    stream s = {0};
    pare_diag diag = {0};
    if (isatty(STDOUT_FILENO)) {
        pare_complain("standard output is a terminal; say where the image goes: pare - > out.jpg");
        return PARE_EXIT_USAGE;
    }
    pare_signals_watch(NULL);
    pare_err err = make_folder(&s, &diag);
    if (err == PARE_OK) err = store_input(&s, &diag);
    if (err == PARE_OK) err = run_one(&s, arguments, &diag);
    if (err == PARE_OK) err = print_result(&s, &diag);
    if (s.folder[0]) remove_folder(s.folder);
    if (err == PARE_OK) {
        if (arguments->verbose) print_summary(&s);
        return PARE_EXIT_OK;
    }
    if (err == PARE_ERR_CANCELLED || pare_signals_count() > 0) return PARE_EXIT_SIGNAL;
    pare_complain(diag.text[0] ? diag.text : pare_err_text(err));
    return PARE_EXIT_FAILED;
}
