// SPDX-License-Identifier: Apache-2.0
/* Inside of the scan, for scan*.c only. */
#ifndef PARE_HOST_SCAN_INSIDE_H
#define PARE_HOST_SCAN_INSIDE_H

#include <dirent.h>

#include "host/replace.h"
#include "host/scan.h"

#define PARE_SCAN_HEAD_BYTES (64 * 1024)

/* A set of pairs of numbers: device and inode of folders, hashes of names. */
typedef struct pare_scan_key {
    uint64_t a, b;
} pare_scan_key;

typedef struct pare_scan_set {
    pare_scan_key *keys; /* {0, 0} is free; no folder has that */
    size_t mask, count;
} pare_scan_set;

/* *fresh: it was not there. Errors: PARE_ERR_NO_MEMORY. */
PARE_NODISCARD pare_err pare_scan_set_add(pare_scan_set *set, pare_scan_key key, bool *fresh);
bool pare_scan_set_has(const pare_scan_set *set, pare_scan_key key);
void pare_scan_set_deinit(pare_scan_set *set);

struct pare_scan {
    const pare_batch_options *options;
    pare_folders *folders;
    pare_ledger *ledger;
    pare_buf files, tops; /* char *, owned: what the user named */
    size_t files_next, tops_next;
    pare_buf pending;      /* folders to visit, the last one first */
    pare_scan_set visited; /* folders */
    pare_scan_set named;   /* files that the user named, by folder and name */
    DIR *dir;              /* of folder; NULL between folders */
    pare_scan_key dir_key; /* device and inode of folder */
    uint32_t folder, root;
    pare_buf path;     /* absolute path of folder with a slash, then a name */
    size_t path_len;   /* without the name */
    pare_buf relative; /* scratch */
    uint8_t *head;     /* PARE_SCAN_HEAD_BYTES */
    bool own_known[3]; /* output, backup and salvage folder */
    dev_t own_dev[3];
    ino_t own_ino[3];
    pare_scan_counts counts;
    pare_scan_filter filter; /* NULL: everything is wanted */
    const void *filter_user;
};

/* A regular file, or any kind of file that the user named. Borrowed. */
typedef struct pare_scan_found {
    int dir_fd;
    const char *name;
    const struct stat *st;
    bool by_name;
} pare_scan_found;

/* Put a file of scan->folder into the plan if it is an image. */
PARE_NODISCARD pare_err pare_scan_file(pare_scan *scan, pare_plan *plan,
                                       const pare_scan_found *found, pare_diag *diag);
/* Does the filter want this name in scan->folder, whose path is in scan->path? */
bool pare_scan_wants(pare_scan *scan, const char *name, bool is_folder);
/* Does an exclude pattern match this name in scan->folder? */
bool pare_scan_excluded(pare_scan *scan, const char *name, bool is_folder);

#endif /* PARE_HOST_SCAN_INSIDE_H */
