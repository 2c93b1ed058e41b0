// SPDX-License-Identifier: Apache-2.0
/* The plan as a container: entries, their names, their order. */
#include "host/plan.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/plan_inside.h"

enum { CHUNK_BYTES = 256 * 1024, NOTICE_CAP = 100 };

pare_err pare_plan_create(const pare_batch_options *options, pare_folders *folders,
                          pare_ledger *ledger, pare_plan **out, pare_diag *diag)
{
    pare_plan *plan = calloc(1, sizeof *plan);
    *out = NULL;
    if (!plan) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the plan");
    plan->options = options;
    plan->folders = folders;
    plan->ledger = ledger;
    plan->out_root = plan->salvage_root = PARE_FOLDER_NONE;
    plan->settings_key = pare_settings_hash(&options->image).high;
    pare_err err = PARE_OK;
    if (options->output_mode == PARE_OUTPUT_FOLDER) {
        err = pare_folders_add_root(folders, options->output_dir, true, &plan->out_root, diag);
    }
    if (err == PARE_OK && options->salvage_dir) {
        err = pare_folders_add_root(folders, options->salvage_dir, true, &plan->salvage_root, diag);
    }
    if (err == PARE_OK && ledger) {
        err = pare_ledger_unfinished_since(ledger, &plan->cut_unix_s, diag);
    }
    if (err != PARE_OK) {
        free(plan);
        return err;
    }
    *out = plan;
    return PARE_OK;
}

void pare_plan_destroy(pare_plan **plan)
{
    if (!*plan) return;
    pare_plan_clear(*plan);
    free((*plan)->entries);
    pare_buf_deinit(&(*plan)->unused_backups);
    free(*plan);
    *plan = NULL;
}

void pare_plan_resumes(pare_plan *plan, int64_t began_unix_s)
{
    plan->began_unix_s = began_unix_s;
}

void pare_plan_redoes(pare_plan *plan)
{
    plan->redoes = true;
}

void pare_plan_clear(pare_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const pare_plan_entry *entry = &plan->entries[i];
        pare_folders_unref(plan->folders, entry->folder);
        if (entry->root != entry->folder) pare_folders_unref(plan->folders, entry->root);
        if (entry->out_folder != PARE_FOLDER_NONE) {
            pare_folders_unref(plan->folders, entry->out_folder);
        }
    }
    while (plan->chunks) {
        pare_plan_chunk *next = plan->chunks->next;
        free(plan->chunks);
        plan->chunks = next;
    }
    free(plan->order);
    plan->order = NULL;
    plan->count = plan->order_count = plan->order_next = 0;
    plan->notices = 0;
}

void *pare_plan_alloc(pare_plan *plan, size_t size)
{
    size = (size + 7) & ~(size_t)7; /* for the structs among the texts */
    if (!plan->chunks || plan->chunks->used + size > CHUNK_BYTES) {
        const size_t cap = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        pare_plan_chunk *chunk = malloc(sizeof *chunk + cap);
        if (!chunk) return NULL;
        chunk->next = plan->chunks;
        chunk->used = 0;
        plan->chunks = chunk;
    }
    void *place = plan->chunks->data + plan->chunks->used;
    plan->chunks->used += size;
    return place;
}

const char *pare_plan_text(pare_plan *plan, const char *text)
{
    if (!text || !*text) return "";
    const size_t size = strlen(text) + 1;
    char *copy = pare_plan_alloc(plan, size);
    return copy ? memcpy(copy, text, size) : "";
}

pare_err pare_plan_add(pare_plan *plan, const pare_plan_entry *entry)
{
    if (plan->count == plan->cap) {
        const size_t cap = plan->cap ? plan->cap * 2 : 256;
        pare_plan_entry *entries =
            cap < UINT32_MAX ? realloc(plan->entries, cap * sizeof *entries) : NULL;
        if (!entries) return PARE_ERR_NO_MEMORY;
        plan->entries = entries;
        plan->cap = cap;
    }
    pare_plan_entry *added = &plan->entries[plan->count];
    *added = *entry;
    const size_t size = strlen(entry->name) + 1;
    char *name = pare_plan_alloc(plan, size);
    if (!name) return PARE_ERR_NO_MEMORY;
    added->name = memcpy(name, entry->name, size);
    added->text = pare_plan_text(plan, entry->text);
    if (entry->done) {
        pare_ledger_file *done = pare_plan_alloc(plan, sizeof *done);
        if (done) *done = *entry->done;
        added->done = done;
    }
    added->out_folder = PARE_FOLDER_NONE;
    pare_folders_ref(plan->folders, entry->folder);
    if (entry->root != entry->folder) pare_folders_ref(plan->folders, entry->root);
    plan->count++;
    return PARE_OK;
}

bool pare_plan_full(const pare_plan *plan)
{
    return plan->count >= PARE_PLAN_WINDOW;
}

size_t pare_plan_count(const pare_plan *plan)
{
    return plan->count;
}

const pare_plan_entry *pare_plan_at(const pare_plan *plan, size_t index)
{
    return &plan->entries[index];
}

const pare_plan_entry *pare_plan_next(pare_plan *plan)
{
    if (plan->order_next == plan->order_count) return NULL;
    return &plan->entries[plan->order[plan->order_next++]];
}

size_t pare_plan_left(const pare_plan *plan)
{
    return plan->order_count - plan->order_next;
}

bool pare_plan_copies_kept(const pare_plan *plan)
{
    return plan->options->output_mode == PARE_OUTPUT_FOLDER ||
           plan->options->output_mode == PARE_OUTPUT_BESIDE;
}

uint8_t pare_plan_bit(const pare_plan_entry *entry, pare_format format_out)
{
    if (format_out == (pare_format)entry->format || format_out == PARE_FORMAT_UNKNOWN) {
        return PARE_PLAN_KEEP;
    }
    if (format_out <= PARE_FORMAT_AVIF) return (uint8_t)(1u << format_out);
    return PARE_PLAN_OTHER;
}

/* Length of a name without an extension that names a format. */
static size_t stem_len(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name || pare_format_from_name(dot + 1) == PARE_FORMAT_UNKNOWN) {
        return strlen(name);
    }
    return (size_t)(dot - name);
}

/* Spellings: 0 is "a.webp" for a.png, 1 is "a.png.webp", 2 and more are "a-2.webp". In the own
 * format 0 is the name itself and 2 and more are "a-2.png". The suffix comes after the stem. */
bool pare_plan_name(const pare_plan *plan, const pare_plan_entry *entry, pare_format format_out,
                    char name[PARE_NAME_CAP])
{
    const bool keeps = pare_plan_bit(entry, format_out) == PARE_PLAN_KEEP;
    const unsigned alt = keeps ? entry->keep_alt : entry->base_alt;
    const bool suffixed = plan->options->output_mode == PARE_OUTPUT_SUFFIX;
    const size_t stem = alt == 1 ? strlen(entry->name) : stem_len(entry->name);
    char number[16] = "";
    if (alt >= 2) snprintf(number, sizeof number, "-%u", alt);
    const int len = snprintf(name, PARE_NAME_CAP, "%.*s%s%s%s%s", (int)stem, entry->name,
                             suffixed ? plan->options->suffix : "", number, keeps ? "" : ".",
                             keeps ? entry->name + stem : pare_format_extension(format_out));
    return len > 0 && len <= NAME_MAX;
}

int pare_plan_formats(const pare_plan *plan, const pare_plan_entry *entry, pare_format formats[4])
{
    static const pare_format WEB[] = {PARE_FORMAT_JPEG, PARE_FORMAT_PNG, PARE_FORMAT_WEBP,
                                      PARE_FORMAT_AVIF};
    const pare_format own = (pare_format)entry->format;
    int count = 0;
    switch (plan->options->image.target) {
    case PARE_TARGET_ORIGINAL: break;
    case PARE_TARGET_AUTO:
        if (own == PARE_FORMAT_JPEG || own == PARE_FORMAT_WEBP || own == PARE_FORMAT_AVIF) break;
        formats[count++] = PARE_FORMAT_JPEG;
        if (own != PARE_FORMAT_PNG) formats[count++] = PARE_FORMAT_PNG;
        break;
    case PARE_TARGET_SMALLEST:
        for (int i = 0; i < 4; i++) {
            if (WEB[i] != own) formats[count++] = WEB[i];
        }
        break;
    case PARE_TARGET_FORMAT:
        if (plan->options->image.format != own) formats[count++] = plan->options->image.format;
        break;
    }
    return count;
}

void pare_plan_notice(pare_plan *plan, const char *text)
{
    char more[64];
    if (!plan->options->on_notice) return;
    if (text && ++plan->notices <= NOTICE_CAP) {
        plan->options->on_notice(plan->options->user, text);
    } else if (!text && plan->notices > NOTICE_CAP) {
        snprintf(more, sizeof more, "and %u more notices", plan->notices - NOTICE_CAP);
        plan->options->on_notice(plan->options->user, more);
    }
}

pare_err pare_plan_output_for(const pare_plan *plan, const pare_plan_entry *entry,
                              pare_format format_out, pare_plan_output *out, pare_diag *diag)
{
    const uint8_t bit = pare_plan_bit(entry, format_out);
    *out = (pare_plan_output){
        .folder = entry->out_folder,
        .in_place = plan->options->output_mode == PARE_OUTPUT_IN_PLACE,
        .overwrite = plan->options->force,
        .replaceable_before_ns = (entry->ours & bit) ? plan->resolved_ns : 0,
    };
    if (!pare_plan_name(plan, entry, format_out, out->name)) {
        return pare_fail(diag, PARE_ERR_INVALID, "the name of the output would be too long");
    }
    if (out->in_place && bit == PARE_PLAN_KEEP) {
        out->overwrite = true;
        return PARE_OK;
    }
    if ((entry->foreign & bit) && !plan->options->force) {
        return pare_fail(diag, PARE_ERR_EXISTS, "%s exists and is not Pare's; --force replaces it",
                         out->name);
    }
    return PARE_OK;
}
