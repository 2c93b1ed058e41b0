// SPDX-License-Identifier: Apache-2.0
/* Inside of the plan, for plan*.c only. */
#ifndef PARE_HOST_PLAN_INSIDE_H
#define PARE_HOST_PLAN_INSIDE_H

#include "host/plan.h"

/* Bits of pare_plan_entry.ours and .foreign: KEEP for the own format, 1 << format for the others
 * that Pare likes to write, OTHER for the rest. */
enum { PARE_PLAN_KEEP = 1 << 0, PARE_PLAN_OTHER = 1 << 5 };

typedef struct pare_plan_chunk {
    struct pare_plan_chunk *next;
    size_t used;
    char data[];
} pare_plan_chunk;

struct pare_plan {
    const pare_batch_options *options;
    pare_folders *folders;
    pare_ledger *ledger;
    pare_plan_entry *entries;
    size_t count, cap;
    pare_plan_chunk *chunks; /* names and texts */
    uint32_t *order;         /* indices of what is to do, most expensive first */
    size_t order_count, order_next;
    uint32_t out_root;     /* mode FOLDER */
    uint32_t salvage_root; /* or PARE_FOLDER_NONE */
    uint64_t settings_key;
    int64_t resolved_ns;     /* wall clock */
    pare_buf unused_backups; /* see pare_ledger_unfinished_backups() */
    bool unused_backups_read;
    uint32_t notices;
    int64_t began_unix_s; /* of a run that goes on; 0: it does not */
    int64_t cut_unix_s;   /* when a run began that was cut off; 0: none */
    bool redoes;
};

/* size bytes that live until clear; NULL without memory. */
void *pare_plan_alloc(pare_plan *plan, size_t size);
/* A copy of text that lives until clear; "" without memory. */
const char *pare_plan_text(pare_plan *plan, const char *text);
/* Bit of an output in format_out. */
uint8_t pare_plan_bit(const pare_plan_entry *entry, pare_format format_out);
/* Name of the output; false when it would be too long. */
bool pare_plan_name(const pare_plan *plan, const pare_plan_entry *entry, pare_format format_out,
                    char name[PARE_NAME_CAP]);
/* Other formats than its own that an entry may become; how many. */
int pare_plan_formats(const pare_plan *plan, const pare_plan_entry *entry, pare_format formats[4]);
/* Give entries of one output folder (sorted by name) names that do not collide. */
PARE_NODISCARD pare_err pare_plan_name_group(pare_plan *plan, pare_plan_entry *entries,
                                             size_t count);
/* At most 100 notices a window; NULL: tells how many were left out. */
void pare_plan_notice(pare_plan *plan, const char *text);

#endif /* PARE_HOST_PLAN_INSIDE_H */
