// SPDX-License-Identifier: Apache-2.0
/* The golden table: what Pare makes of generated images, so that a change of bytes is seen.
 *
 *   golden_sizes TABLE           compares; TAP, one test for each sample and a total
 *   golden_sizes --write TABLE   rewrites the table and prints what changed
 *   golden_sizes --one SAMPLE PRESET   only does it: for tools/profile-instructions
 *
 * Bytes, scores and checksums hold for one set of libraries; the table names it. With others only
 * the promises that hold everywhere are checked: smaller, and lossless has the input's pixels. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden/golden_rows.h"

#ifndef GOLDEN_LIBRARIES
#error "the build names the libraries"
#endif

enum { LINE_CAP = 1024 };
#define SCORE_TOLERANCE 0.02 /* the C library may round a power differently */
#define HEADING "sample,preset,outcome,format,bytes_in,bytes,score,pixels"

typedef struct table {
    golden_row rows[GOLDEN_ROWS_CAP];
    size_t count;
    char libraries[LINE_CAP];
} table;

static bool parse_row(const char *line, golden_row *row)
{
    return sscanf(line, "%31[^,],%31[^,],%31[^,],%31[^,],%" SCNu64 ",%" SCNu64 ",%lf,%" SCNx64,
                  row->sample, row->preset, row->outcome, row->format, &row->bytes_in, &row->bytes,
                  &row->score, &row->pixels) == 8;
}

static bool read_table(const char *path, table *out)
{
    char line[LINE_CAP];
    FILE *const file = fopen(path, "re");
    *out = (table){0};
    if (!file) return false;
    while (fgets(line, sizeof line, file) && out->count < GOLDEN_ROWS_CAP) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "# made with ", 12) == 0) {
            snprintf(out->libraries, sizeof out->libraries, "%s", line + 12);
        } else if (parse_row(line, &out->rows[out->count])) {
            out->count++;
        }
    }
    fclose(file);
    return true;
}

static bool write_table(const char *path, const table *t)
{
    FILE *const file = fopen(path, "we");
    if (!file) return false;
    fprintf(file, "# made with %s\n%s\n", t->libraries, HEADING);
    for (size_t i = 0; i < t->count; i++) {
        const golden_row *row = &t->rows[i];
        fprintf(file, "%s,%s,%s,%s,%" PRIu64 ",%" PRIu64 ",%.2f,%016" PRIx64 "\n", row->sample,
                row->preset, row->outcome, row->format, row->bytes_in, row->bytes, row->score,
                row->pixels);
    }
    return fclose(file) == 0;
}

static const golden_row *find(const table *t, const golden_row *like)
{
    for (size_t i = 0; i < t->count; i++) {
        const golden_row *row = &t->rows[i];
        if (strcmp(row->sample, like->sample) == 0 && strcmp(row->preset, like->preset) == 0) {
            return row;
        }
    }
    return NULL;
}

static double percent(uint64_t have, uint64_t want)
{
    return want ? 100.0 * ((double)have - (double)want) / (double)want : 0;
}

/* Prints each value that is not as in the table; returns their number. */
static int differences(const golden_row *have, const golden_row *want)
{
    int count = 0;
    if (!want) {
        printf("# %s %s: not in the table\n", have->sample, have->preset);
        return 1;
    }
    if (strcmp(have->outcome, want->outcome) != 0 || strcmp(have->format, want->format) != 0) {
        count++;
        printf("# %s %s: have %s %s, want %s %s\n", have->sample, have->preset, have->outcome,
               have->format, want->outcome, want->format);
    }
    if (have->bytes_in != want->bytes_in || have->bytes != want->bytes) {
        count++;
        printf("# %s %s: have %" PRIu64 " of %" PRIu64 " bytes, want %" PRIu64 " of %" PRIu64
               " (%+.2f %%)\n",
               have->sample, have->preset, have->bytes, have->bytes_in, want->bytes, want->bytes_in,
               percent(have->bytes, want->bytes));
    }
    if (!(fabs(have->score - want->score) <= SCORE_TOLERANCE)) {
        count++;
        printf("# %s %s: have score %.2f, want %.2f (%+.2f)\n", have->sample, have->preset,
               have->score, want->score, have->score - want->score);
    }
    if (have->pixels != want->pixels) {
        count++;
        printf("# %s %s: other pixels: have %016" PRIx64 ", want %016" PRIx64 "\n", have->sample,
               have->preset, have->pixels, want->pixels);
    }
    return count;
}

/* A JPEG in JPEG XL has the same coefficients, of which another decoder makes the pixels. */
static bool is_jpeg_elsewhere(const golden_row *row)
{
    return strcmp(row->format, "jxl") == 0 && strstr(row->sample, ".jpg");
}

/* Promises that need no table: a result is smaller, and lossless means the same pixels. */
static int broken_promises(const golden_row *row, bool resized)
{
    int count = 0;
    if (row->bytes && row->bytes >= row->bytes_in) {
        count++;
        printf("# %s %s: have %" PRIu64 " bytes, want less than %" PRIu64 "\n", row->sample,
               row->preset, row->bytes, row->bytes_in);
    }
    if (row->lossless && !resized && !is_jpeg_elsewhere(row) && row->pixels != row->pixels_in) {
        count++;
        printf("# %s %s: lossless: have pixels %016" PRIx64 ", want %016" PRIx64 "\n", row->sample,
               row->preset, row->pixels, row->pixels_in);
    }
    return count;
}

static int compare(const table *have, const table *want)
{
    const bool same = strcmp(have->libraries, want->libraries) == 0;
    int failed = 0, number = 0;
    if (!same) {
        printf("# the table was made with %s\n# this build has %s\n", want->libraries,
               have->libraries);
        printf("# so bytes are not compared, only what holds with any library\n");
    }
    for (size_t i = 0; i < have->count;) {
        int wrong = 0;
        const char *sample = have->rows[i].sample;
        for (; i < have->count && strcmp(have->rows[i].sample, sample) == 0; i++) {
            const golden_row *row = &have->rows[i];
            wrong += broken_promises(row, strncmp(row->preset, "resize", 6) == 0);
            if (same) wrong += differences(row, find(want, row));
        }
        printf("%s %d - %s%s\n", wrong ? "not ok" : "ok", ++number, sample,
               same ? " is as in the table" : " keeps its promises (other libraries)");
        failed += wrong > 0;
    }
    const bool all = !same || have->count == want->count;
    if (!all) printf("# rows: have %zu, want %zu\n", have->count, want->count);
    printf("%s %d - the table has no other rows\n", all ? "ok" : "not ok", ++number);
    printf("1..%d\n", number);
    if (failed || !all) printf("# if this is meant: make golden, and commit the difference\n");
    return failed || !all;
}

static int rewrite(const char *path, const table *have)
{
    table want;
    uint64_t sum_have = 0, sum_want = 0;
    int changed = 0;
    if (!read_table(path, &want)) want = (table){0};
    for (size_t i = 0; i < have->count; i++) {
        const golden_row *old = find(&want, &have->rows[i]);
        changed += differences(&have->rows[i], old) > 0;
        if (old && old->bytes && have->rows[i].bytes) {
            sum_have += have->rows[i].bytes;
            sum_want += old->bytes;
        }
    }
    if (strcmp(have->libraries, want.libraries) != 0) {
        printf("# libraries were %s\n# and are now  %s\n", want.libraries, have->libraries);
    }
    printf("golden: %d of %zu rows changed; bytes %" PRIu64 " -> %" PRIu64 " (%+.2f %%)\n", changed,
           have->count, sum_want, sum_have, percent(sum_have, sum_want));
    if (!write_table(path, have)) {
        perror(path);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static table have, want;
    const bool write = argc == 3 && strcmp(argv[1], "--write") == 0;
    if (argc == 4 && strcmp(argv[1], "--one") == 0) {
        return golden_make_some(have.rows, argv[2], argv[3]) == 1 ? 0 : 1;
    }
    if (argc != 2 && !write) {
        fprintf(stderr, "usage: golden_sizes [--write] TABLE | --one SAMPLE PRESET\n");
        return 2;
    }
    if (!write && !read_table(argv[1], &want)) {
        perror(argv[1]);
        return 1;
    }
    snprintf(have.libraries, sizeof have.libraries, "%s", GOLDEN_LIBRARIES);
    have.count = golden_make(have.rows);
    return write ? rewrite(argv[2], &have) : compare(&have, &want);
}
