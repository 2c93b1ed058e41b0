// SPDX-License-Identifier: Apache-2.0
/* What is to be done with each file, decided before anything is written.
 *
 * The scan adds entries until the window is full (or all is scanned); pare_plan_resolve() then
 * decides every output name, finds collisions, files that are done, missing permissions and
 * missing space; the entries are worked off, largest first; pare_plan_clear() makes room for the
 * next window. A dry run stops after resolve. One thread; blocks on the disk only for metadata. */
#ifndef PARE_HOST_PLAN_H
#define PARE_HOST_PLAN_H

#include <pare/batch.h>

#include "host/folders.h"
#include "host/ident.h"
#include "host/ledger.h"

#define PARE_PLAN_WINDOW 131072 /* entries; a folder is never split, so it may be exceeded */
#define PARE_NAME_CAP 512       /* room for any name with a suffix and an extension */

typedef struct pare_plan_entry {
    pare_ident ident;
    const char *name;             /* one component; lives until pare_plan_clear() */
    const char *text;             /* about err, or ""; lives as long */
    const pare_ledger_file *done; /* what the ledger knows of this very file; NULL: nothing */
    uint64_t memory_bytes;
    float cost;          /* arbitrary unit, proportional to time */
    uint32_t folder;     /* of the input */
    uint32_t root;       /* folder given by the user, above or equal to folder */
    uint32_t out_folder; /* PARE_FOLDER_NONE before resolve and when nothing can be written */
    uint32_t width_px, height_px; /* as stored; 0 unknown */
    uint32_t mode;                /* st_mode */
    uint32_t nlink;
    uint16_t err;      /* pare_err: PARE_OK means to do; else the outcome is known */
    uint16_t keep_alt; /* which spelling of the output names is free, see plan.c */
    uint16_t base_alt;
    uint8_t format;     /* pare_format */
    uint8_t ours;       /* bits by output: it exists and an earlier run wrote it */
    uint8_t foreign;    /* bits by output: it exists and is not Pare's */
    bool explicit_file; /* named by the user, not found in a folder */
    bool is_animated;
} pare_plan_entry;

typedef struct pare_plan pare_plan;

/* options, folders and ledger (may be NULL) are borrowed until destroy.
 * Errors: PARE_ERR_NO_MEMORY, PARE_ERR_NOT_FOUND and PARE_ERR_IO (output_dir's parent). */
PARE_NODISCARD pare_err pare_plan_create(const pare_batch_options *options, pare_folders *folders,
                                         pare_ledger *ledger, pare_plan **out, pare_diag *diag);
void pare_plan_destroy(pare_plan **plan);
/* The run goes on after it was cut off: outputs that came into being since then are its own, also
 * those whose rows did not reach the ledger. */
void pare_plan_resumes(pare_plan *plan, int64_t began_unix_s);
/* Files that are done are done again. Unlike force it replaces nothing that is not Pare's. */
void pare_plan_redoes(pare_plan *plan);

/* For the scan: copies the entry, its name and text. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_plan_add(pare_plan *plan, const pare_plan_entry *entry);
bool pare_plan_full(const pare_plan *plan);

/* Decide everything. Collisions, names given up, too little space are told to options->on_notice.
 * Afterwards an entry with err == PARE_OK is to be done; the others have their outcome:
 * PARE_SKIP_ALREADY_DONE, PARE_SKIP_UNSUPPORTED, another skip, or an error.
 * Errors: PARE_ERR_NO_MEMORY, PARE_ERR_IO (ledger). */
PARE_NODISCARD pare_err pare_plan_resolve(pare_plan *plan, pare_diag *diag);

size_t pare_plan_count(const pare_plan *plan);
/* index < count, in the order of folder and name after resolve. Borrowed until clear. */
const pare_plan_entry *pare_plan_at(const pare_plan *plan, size_t index);
/* The entries to do, most expensive first; NULL at the end. Any order of ties is by index. */
const pare_plan_entry *pare_plan_next(pare_plan *plan);
size_t pare_plan_left(const pare_plan *plan); /* how many pare_plan_next() will still give */

/* Where the result of an entry goes. */
typedef struct pare_plan_output {
    char name[PARE_NAME_CAP]; /* in folder */
    uint32_t folder;
    bool in_place;                 /* the original goes away (or is replaced) */
    bool overwrite;                /* replace whatever has this name: --force, or the original */
    int64_t replaceable_before_ns; /* an existing file is replaced only when it is Pare's and not
                                      changed since: ctime <= this; 0: it must not exist */
} pare_plan_output;

/* Output for a result in format_out. Pass the entry's own format for bytes that are kept and
 * copied. Errors: PARE_ERR_EXISTS, PARE_ERR_INVALID (the output would be the input). */
PARE_NODISCARD pare_err pare_plan_output_for(const pare_plan *plan, const pare_plan_entry *entry,
                                             pare_format format_out, pare_plan_output *out,
                                             pare_diag *diag);
/* Where what is left of a damaged file goes: its name under options->salvage_dir, with the same
 * tree of folders. out->folder has a reference. Errors: PARE_ERR_INVALID (too long a name),
 * PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_plan_salvage_for(const pare_plan *plan, const pare_plan_entry *entry,
                                              pare_format format_out, pare_plan_output *out,
                                              pare_diag *diag);
/* Are kept bytes copied to the output in this mode? (FOLDER and BESIDE.) */
bool pare_plan_copies_kept(const pare_plan *plan);

/* Forget all entries and their names. */
void pare_plan_clear(pare_plan *plan);

#endif /* PARE_HOST_PLAN_H */
