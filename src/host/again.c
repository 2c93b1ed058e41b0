// SPDX-License-Identifier: Apache-2.0
/* A hash table of paths by their hash, as in the ledger's out_path_key. */
#include "host/again.h"

#include <stdlib.h>
#include <string.h>

#include "host/ledger_results.h"

typedef struct loader {
    pare_earlier *earlier;
    pare_err err;
} loader;

static size_t place_of(const pare_earlier *e, uint64_t key)
{
    size_t at = key & e->mask;
    while (e->rows[at].key && e->rows[at].key != key)
        at = (at + 1) & e->mask;
    return at;
}

static pare_err grow(pare_earlier *e)
{
    pare_earlier bigger = {.mask = e->mask ? e->mask * 2 + 1 : 255};
    bigger.rows = calloc(bigger.mask + 1, sizeof *bigger.rows);
    if (!bigger.rows) return PARE_ERR_NO_MEMORY;
    for (size_t i = 0; e->rows && i <= e->mask; i++) {
        if (e->rows[i].key) bigger.rows[place_of(&bigger, e->rows[i].key)] = e->rows[i];
    }
    free(e->rows);
    e->rows = bigger.rows;
    e->mask = bigger.mask;
    return PARE_OK;
}

static pare_err put(pare_earlier *e, const char *path, const pare_file_result *result)
{
    if (!e->rows || e->count * 2 > e->mask) PARE_TRY(grow(e));
    const uint64_t key = pare_ledger_path_key(path, strlen(path));
    const size_t at = place_of(e, key);
    e->count += e->rows[at].key == 0;
    e->rows[at] = (pare_earlier_row){.key = key,
                                     .seq = result->seq,
                                     .bytes_in = result->bytes_in,
                                     .bytes_out = result->bytes_out,
                                     .outcome = result->outcome};
    return PARE_OK;
}

static pare_err set_path(pare_buf *buf, const char *path)
{
    buf->len = 0;
    return pare_buf_append(buf, path, strlen(path) + 1);
}

static void on_row(void *user, const pare_result_row *row)
{
    loader *const l = user;
    pare_earlier *const e = l->earlier;
    const pare_file_result *const result = &row->result;
    if (l->err != PARE_OK) return;
    l->err = put(e, result->input, result);
    /* In place the result is what a second scan finds. */
    if (l->err == PARE_OK && e->again == PARE_AGAIN_RESUME && result->output) {
        l->err = put(e, result->output, result);
    }
    if (e->again != PARE_AGAIN_ONE || l->err != PARE_OK) return;
    e->outcome = result->outcome;
    e->format_in = result->format_in;
    l->err = row->replaced_by ? PARE_ERR_NOT_FOUND : set_path(&e->path, result->input);
    if (l->err == PARE_OK) l->err = set_path(&e->made, result->output ? result->output : "");
}

pare_err pare_earlier_load(pare_earlier *e, pare_ledger *ledger, int64_t run_id, pare_again again,
                           uint64_t seq, pare_diag *diag)
{
    loader l = {.earlier = e};
    const pare_result_query query = {
        .run_id = run_id,
        .seq = again == PARE_AGAIN_ONE ? seq : 0,
        .outcome = again == PARE_AGAIN_FAILED ? PARE_OUTCOME_FAILED : PARE_OUTCOME_NONE,
    };
    e->active = true;
    e->again = again;
    PARE_TRY(pare_ledger_totals(ledger, run_id, &e->totals, diag));
    PARE_TRY(pare_ledger_results(ledger, &query, on_row, &l, NULL, diag));
    if (again == PARE_AGAIN_ONE && e->count == 0) l.err = PARE_ERR_NOT_FOUND;
    if (l.err == PARE_ERR_NOT_FOUND) {
        return pare_fail(diag, l.err, "run %lld has no result %llu that counts", (long long)run_id,
                         (unsigned long long)seq);
    }
    if (l.err != PARE_OK) return pare_fail(diag, l.err, "no memory for earlier results");
    return PARE_OK;
}

void pare_earlier_deinit(pare_earlier *e)
{
    free(e->rows);
    pare_buf_deinit(&e->path);
    pare_buf_deinit(&e->made);
    *e = (pare_earlier){0};
}

static const pare_earlier_row *find(const pare_earlier *e, const char *path)
{
    if (!e->rows) return NULL;
    const pare_earlier_row *const row =
        &e->rows[place_of(e, pare_ledger_path_key(path, strlen(path)))];
    return row->key ? row : NULL;
}

bool pare_earlier_wants(const pare_earlier *e, const char *path, bool is_folder)
{
    if (!e->active) return true;
    switch (e->again) {
    case PARE_AGAIN_RESUME: return is_folder || !find(e, path);
    case PARE_AGAIN_FAILED: return is_folder || find(e, path);
    case PARE_AGAIN_ONE: break;
    }
    const char *const one = (const char *)e->path.data;
    const size_t len = strlen(path);
    if (!is_folder) return strcmp(one, path) == 0;
    return strncmp(one, path, len) == 0 && (one[len] == '/' || (len > 0 && path[len - 1] == '/'));
}

const pare_earlier_row *pare_earlier_of(const pare_earlier *e, const char *path)
{
    return e->active && e->again != PARE_AGAIN_RESUME ? find(e, path) : NULL;
}
