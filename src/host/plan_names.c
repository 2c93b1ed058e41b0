// SPDX-License-Identifier: Apache-2.0
/* Output names of one folder that do not collide, whatever the order in which files are finished,
 * and also not on file systems that ignore case (of ASCII letters). */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "host/plan_inside.h"

/* Hashes of the names taken; 0 is a free place. Two names with one 64-bit hash would only get
 * different spellings. */
typedef struct name_set {
    uint64_t *hashes;
    size_t mask;
} name_set;

enum { ALT_LAST = 60000 };

static uint64_t name_hash(const char *name)
{
    char folded[PARE_NAME_CAP];
    size_t len = 0;
    for (; name[len] && len < sizeof folded; len++)
        folded[len] = (char)tolower((unsigned char)name[len]);
    const uint64_t hash = XXH3_64bits(folded, len);
    return hash ? hash : 1;
}

/* The place of a hash, taken or free. */
static uint64_t *find_place(const name_set *set, uint64_t hash)
{
    size_t at = (size_t)hash & set->mask;
    while (set->hashes[at] && set->hashes[at] != hash)
        at = (at + 1) & set->mask;
    return &set->hashes[at];
}

static bool is_free(const name_set *set, const pare_plan *plan, const pare_plan_entry *entry,
                    pare_format format)
{
    char name[PARE_NAME_CAP];
    if (!pare_plan_name(plan, entry, format, name)) return true; /* refused later */
    return *find_place(set, name_hash(name)) == 0;
}

static void take(const name_set *set, const pare_plan *plan, const pare_plan_entry *entry,
                 pare_format format)
{
    char name[PARE_NAME_CAP];
    if (!pare_plan_name(plan, entry, format, name)) return;
    const uint64_t hash = name_hash(name);
    *find_place(set, hash) = hash;
}

static void tell(pare_plan *plan, const pare_plan_entry *entry, pare_format format)
{
    char name[PARE_NAME_CAP], text[2 * PARE_NAME_CAP + 64];
    if (!pare_plan_name(plan, entry, format, name)) return;
    snprintf(text, sizeof text, "%s: another file has its output name; it becomes %s", entry->name,
             name);
    for (char *at = text; *at; at++) {
        if ((unsigned char)*at < 32 || *at == 127) *at = '?';
    }
    pare_plan_notice(plan, text);
}

/* The own format: the name stays, unless two differ only in case. */
static void name_kept(pare_plan *plan, const name_set *set, pare_plan_entry *entry)
{
    const pare_format own = (pare_format)entry->format;
    const bool in_place = plan->options->output_mode == PARE_OUTPUT_IN_PLACE;
    entry->keep_alt = 0;
    if (!in_place && !is_free(set, plan, entry, own)) {
        for (entry->keep_alt = 2; entry->keep_alt < ALT_LAST; entry->keep_alt++) {
            if (is_free(set, plan, entry, own)) break;
        }
        tell(plan, entry, own);
    }
    take(set, plan, entry, own);
}

/* Other formats: one spelling for all that it may become. */
static void name_converted(pare_plan *plan, const name_set *set, pare_plan_entry *entry)
{
    pare_format formats[4];
    const int count = pare_plan_formats(plan, entry, formats);
    if (count == 0) return;
    for (entry->base_alt = 0; entry->base_alt < ALT_LAST; entry->base_alt++) {
        int ok = 0;
        while (ok < count && is_free(set, plan, entry, formats[ok]))
            ok++;
        if (ok == count) break;
    }
    if (entry->base_alt != 0) tell(plan, entry, formats[0]);
    for (int i = 0; i < count; i++)
        take(set, plan, entry, formats[i]);
}

pare_err pare_plan_name_group(pare_plan *plan, pare_plan_entry *entries, size_t count)
{
    name_set set = {.mask = 15};
    while (set.mask < count * 10) /* five names each, half full */
        set.mask = set.mask * 2 + 1;
    set.hashes = calloc(set.mask + 1, sizeof *set.hashes);
    if (!set.hashes) return PARE_ERR_NO_MEMORY;
    /* Names that stay come first, so that a.webp keeps its name and a.png gives way. */
    for (size_t i = 0; i < count; i++) {
        if (entries[i].err == PARE_OK) name_kept(plan, &set, &entries[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (entries[i].err == PARE_OK) name_converted(plan, &set, &entries[i]);
    }
    free(set.hashes);
    return PARE_OK;
}
