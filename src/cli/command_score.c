// SPDX-License-Identifier: Apache-2.0
/* `pare score`: SSIMULACRA2 of one image against another, or of two folders file by file. */
#include "cli/command.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json_text.h"
#include "cli/report.h"

enum { DEPTH_MAX = 64 };

typedef struct tally {
    const pare_arguments *arguments;
    uint64_t count, failed;
    double sum, worst;
} tally;

static void complain_about(const char *path, pare_err err, const pare_diag *diag)
{
    const pare_file_result result = {
        .input = path, .outcome = PARE_OUTCOME_FAILED, .err = err, .text = diag->text};
    pare_text line = {0};
    pare_result_reason(&result, true, &line);
    pare_complain(pare_text_string(&line));
    pare_text_deinit(&line);
}

static void score_pair(tally *t, const char *a, const char *b, bool named)
{
    pare_diag diag = {0};
    pare_text out = {0};
    double score = 0;
    const pare_err err = pare_file_score(a, b, t->arguments->batch.worker_path, &score, &diag);
    if (t->arguments->json) {
        pare_json_begin(&out, "score");
        pare_json_string(&out, "a", a);
        pare_json_string(&out, "b", b);
        if (err == PARE_OK) {
            pare_json_real(&out, "score", score, 4);
        } else {
            pare_json_null(&out, "score");
        }
        pare_json_string(&out, "error", err == PARE_OK ? NULL : pare_err_name(err));
        pare_json_string(&out, "message", diag.text[0] ? diag.text : NULL);
        pare_json_end(&out);
    } else if (err != PARE_OK) {
        complain_about(a, err, &diag);
    } else {
        pare_text_add(&out, "%.4f", score);
        if (named) {
            pare_text_add(&out, "  ");
            pare_text_add_name(&out, b, 0, pare_locale_is_utf8());
        }
        pare_text_add(&out, "\n");
    }
    if (err != PARE_OK) {
        t->failed++;
    } else {
        t->worst = t->count == 0 || score < t->worst ? score : t->worst;
        t->sum += score;
        t->count++;
    }
    if (!pare_text_write(&out, STDOUT_FILENO)) t->failed++;
    pare_text_deinit(&out);
}

static char *join(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static bool is_kind(const char *path, mode_t kind)
{
    struct stat st;
    return lstat(path, &st) == 0 && (st.st_mode & S_IFMT) == kind;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* What a folder holds, in order of bytes. */
typedef struct listing {
    struct dirent **entries;
    int count; /* -1: it cannot be read, see errno */
} listing;

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static listing list(const char *folder)
{
    listing found = {0};
    found.count = scandir(folder, &found.entries, visible, by_bytes);
    return found;
}

static void forget(listing *l)
{
    for (int i = 0; i < l->count; i++)
        free(l->entries[i]);
    free(l->entries);
}

/* The first entry that begins with these bytes or comes after all that do. */
static int first_with(const listing *l, const char *name, size_t len)
{
    int low = 0, high = l->count;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (strncmp(l->entries[middle]->d_name, name, len) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static size_t stem_len(const char *name)
{
    const char *const dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) : strlen(name);
}

static bool is_image(const char *name)
{
    const char *const dot = strrchr(name, '.');
    return dot && pare_format_from_name(dot + 1) != PARE_FORMAT_UNKNOWN;
}

/* The only image with the stem of this name; NULL when there are none or several. */
static const char *only_image(const listing *l, const char *name)
{
    const size_t len = stem_len(name);
    const char *found = NULL;
    for (int i = first_with(l, name, len); i < l->count; i++) {
        const char *const other = l->entries[i]->d_name;
        if (strncmp(other, name, len) != 0) break;
        if (stem_len(other) != len || !is_image(other)) continue;
        if (found) return NULL;
        found = other;
    }
    return found;
}

static bool holds(const listing *l, const char *name)
{
    const int i = first_with(l, name, strlen(name) + 1);
    return i < l->count && strcmp(l->entries[i]->d_name, name) == 0;
}

/* The name in `theirs` that belongs to one of `ours`: the same or, as after a conversion, another
 * ending where it is clear which; NULL: none. */
static const char *name_beside(const listing *ours, const listing *theirs, const char *name)
{
    if (holds(theirs, name)) return name;
    return is_image(name) && only_image(ours, name) ? only_image(theirs, name) : NULL;
}

static void score_folders(tally *t, const char *a, const char *b, int depth);

/* Only files may have been converted: folders v1.0 and v1.1 do not belong together. */
static void score_beside(tally *t, const char *one, const char *other, int depth)
{
    const bool same = strcmp(strrchr(one, '/'), strrchr(other, '/')) == 0;
    if (is_kind(one, S_IFDIR) && is_kind(other, S_IFDIR)) {
        if (same && depth + 1 < DEPTH_MAX) score_folders(t, one, other, depth + 1);
    } else if (is_kind(one, S_IFREG) && is_kind(other, S_IFREG)) {
        score_pair(t, one, other, true);
    }
}

/* Every file that both trees hold, in order of names. */
static void score_folders(tally *t, const char *a, const char *b, int depth)
{
    listing ours = list(a), theirs = {0};
    const char *unread = ours.count < 0 ? a : NULL;
    if (!unread) {
        theirs = list(b);
        unread = theirs.count < 0 ? b : NULL;
    }
    if (unread) {
        pare_diag diag = {0};
        complain_about(unread, pare_fail_errno(&diag, "read folder", unread), &diag);
        t->failed++;
    }
    for (int i = 0; !unread && i < ours.count; i++) {
        const char *const name = ours.entries[i]->d_name;
        const char *const beside = name_beside(&ours, &theirs, name);
        char *const one = join(a, name), *const other = beside ? join(b, beside) : NULL;
        if (one && other) score_beside(t, one, other, depth);
        free(one);
        free(other);
    }
    forget(&ours);
    forget(&theirs);
}

int pare_command_score(const pare_arguments *arguments)
{
    tally t = {.arguments = arguments};
    const char *a = arguments->paths[0], *b = arguments->paths[1];
    struct stat st_a, st_b;
    const bool folders = stat(a, &st_a) == 0 && stat(b, &st_b) == 0 && S_ISDIR(st_a.st_mode) &&
                         S_ISDIR(st_b.st_mode);
    if (!folders) {
        score_pair(&t, a, b, false);
        return t.failed ? PARE_EXIT_FAILED : PARE_EXIT_OK;
    }
    score_folders(&t, a, b, 0);
    if (t.count == 0) {
        if (t.failed == 0) pare_complain("the two folders have no images of the same name");
        return PARE_EXIT_FAILED;
    }
    pare_text out = {0};
    if (arguments->json) {
        pare_json_begin(&out, "summary");
        pare_json_uint(&out, "count", t.count);
        pare_json_uint(&out, "failed", t.failed);
        pare_json_real(&out, "mean", t.sum / (double)t.count, 4);
        pare_json_real(&out, "worst", t.worst, 4);
        pare_json_end(&out);
    } else {
        pare_text_add(&out, "mean %.4f, worst %.4f of %llu images\n", t.sum / (double)t.count,
                      t.worst, (unsigned long long)t.count);
    }
    if (!pare_text_write(&out, STDOUT_FILENO)) t.failed++;
    pare_text_deinit(&out);
    return t.failed ? PARE_EXIT_FAILED : PARE_EXIT_OK;
}
