// SPDX-License-Identifier: Apache-2.0
/* What the scan does with one file: exclude, recognise, describe. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "host/scan_inside.h"
#include "wire/header.h"

enum { FIRST_BYTES = 4096 }; /* enough to recognise and mostly to measure */

/* ---- sets ---- */

static size_t place_of(const pare_scan_set *set, pare_scan_key key)
{
    size_t at = (size_t)XXH3_64bits(&key, sizeof key) & set->mask;
    while ((set->keys[at].a || set->keys[at].b) &&
           (set->keys[at].a != key.a || set->keys[at].b != key.b)) {
        at = (at + 1) & set->mask;
    }
    return at;
}

bool pare_scan_set_has(const pare_scan_set *set, pare_scan_key key)
{
    if (!set->keys) return false;
    const size_t at = place_of(set, key);
    return set->keys[at].a || set->keys[at].b;
}

pare_err pare_scan_set_add(pare_scan_set *set, pare_scan_key key, bool *fresh)
{
    if (!set->keys || set->count * 2 > set->mask) {
        pare_scan_set bigger = {.mask = set->keys ? set->mask * 2 + 1 : 63, .count = set->count};
        bigger.keys = calloc(bigger.mask + 1, sizeof *bigger.keys);
        if (!bigger.keys) return PARE_ERR_NO_MEMORY;
        for (size_t i = 0; set->keys && i <= set->mask; i++) {
            const pare_scan_key old = set->keys[i];
            if (old.a || old.b) bigger.keys[place_of(&bigger, old)] = old;
        }
        free(set->keys);
        *set = bigger;
    }
    const size_t at = place_of(set, key);
    *fresh = !set->keys[at].a && !set->keys[at].b;
    if (*fresh) {
        set->keys[at] = key;
        set->count++;
    }
    return PARE_OK;
}

void pare_scan_set_deinit(pare_scan_set *set)
{
    free(set->keys);
    *set = (pare_scan_set){0};
}

/* ---- what is left out ---- */

/* Path of name below the folder that the user gave; NULL without memory. */
static const char *relative_to_root(pare_scan *scan, const char *name)
{
    size_t skip = 0;
    if (pare_folders_path(scan->folders, scan->root, "", true, &scan->relative) == PARE_OK) {
        skip = scan->relative.len;
    }
    scan->relative.len = 0;
    if (skip > scan->path_len) return NULL;
    if (pare_buf_append(&scan->relative, scan->path.data + skip, scan->path_len - skip) !=
            PARE_OK ||
        pare_buf_append(&scan->relative, name, strlen(name) + 1) != PARE_OK) {
        return NULL;
    }
    return (const char *)scan->relative.data;
}

static bool matches(pare_scan *scan, const char *pattern, const char *name, bool is_folder)
{
    char trimmed[PARE_NAME_CAP];
    size_t len = strlen(pattern);
    if (len > 0 && pattern[len - 1] == '/') { /* folders only */
        if (!is_folder || --len >= sizeof trimmed) return false;
        memcpy(trimmed, pattern, len);
        trimmed[len] = '\0';
        pattern = trimmed;
    }
    if (!strchr(pattern, '/')) return fnmatch(pattern, name, 0) == 0;
    if (*pattern == '/') pattern++;
    const char *path = relative_to_root(scan, name);
    /* "**" may span folders: so may every '*' of such a pattern. */
    return path && fnmatch(pattern, path, strstr(pattern, "**") ? 0 : FNM_PATHNAME) == 0;
}

bool pare_scan_excluded(pare_scan *scan, const char *name, bool is_folder)
{
    for (size_t i = 0; i < scan->options->exclude_count; i++) {
        if (matches(scan, scan->options->excludes[i], name, is_folder)) return true;
    }
    return false;
}

/* Is it named as a result of mode SUFFIX? */
static bool has_suffix(const pare_scan *scan, const char *name)
{
    if (scan->options->output_mode != PARE_OUTPUT_SUFFIX) return false;
    const char *dot = strrchr(name, '.');
    const size_t stem = dot ? (size_t)(dot - name) : strlen(name);
    const size_t len = strlen(scan->options->suffix);
    return stem > len && memcmp(name + stem - len, scan->options->suffix, len) == 0;
}

/* ---- recognising ---- */

static pare_scan_key name_key(const pare_scan *scan, const char *name)
{
    const uint64_t seed = XXH3_64bits(&scan->dir_key, sizeof scan->dir_key);
    const XXH128_hash_t hash = XXH3_128bits_withSeed(name, strlen(name), seed);
    return (pare_scan_key){hash.low64, hash.high64};
}

/* The format that the name tells. */
static pare_format named_format(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? pare_format_from_name(dot + 1) : PARE_FORMAT_UNKNOWN;
}

/* Reads as much of the file as its header needs. 0, or an errno. */
static int read_header(pare_scan *scan, const pare_scan_found *found, pare_header *header)
{
    const int fd = openat(found->dir_fd, found->name,
                          O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return errno;
    *header = (pare_header){.frames = 1, .depth_bits = 8, .channels = 3};
    ssize_t len = pread(fd, scan->head, FIRST_BYTES, 0);
    int cause = len < 0 ? errno : 0;
    if (len > 0 && pare_format_sniff(scan->head, (size_t)len) != PARE_FORMAT_UNKNOWN) {
        pare_header_read(scan->head, (size_t)len, header);
        if (header->width_px == 0 && len == FIRST_BYTES) {
            len = pread(fd, scan->head, PARE_SCAN_HEAD_BYTES, 0);
            cause = len < 0 ? errno : 0;
            if (len > 0) pare_header_read(scan->head, (size_t)len, header);
        }
    }
    close(fd);
    return cause;
}

static void estimate(const pare_scan *scan, pare_plan_entry *entry, const pare_header *header)
{
    const pare_options *options = &scan->options->image;
    const uint64_t len = entry->ident.size_bytes;
    entry->format = (uint8_t)header->format;
    entry->width_px = header->width_px;
    entry->height_px = header->height_px;
    entry->is_animated = header->frames > 1;
    entry->memory_bytes = pare_header_memory_bytes(header, len, options);
    entry->cost = (float)pare_header_cost(header, len, options);
}

/* Fills format, size and estimates. *image is false for what is silently left out. */
static pare_err recognise(pare_scan *scan, const pare_scan_found *found, pare_plan_entry *entry,
                          bool *image)
{
    pare_header header;
    *image = found->by_name;
    if (!S_ISREG(found->st->st_mode)) {
        entry->err = PARE_SKIP_UNSUPPORTED;
        return PARE_OK;
    }
    const int cause = read_header(scan, found, &header);
    if (cause != 0) {
        *image |= named_format(found->name) != PARE_FORMAT_UNKNOWN;
        entry->err = cause == ENOENT                     ? PARE_ERR_NOT_FOUND
                     : cause == EACCES || cause == EPERM ? PARE_ERR_DENIED
                                                         : PARE_ERR_IO;
        entry->text = strerror(cause); /* copied by the plan at once */
        return PARE_OK;
    }
    if (header.format == PARE_FORMAT_UNKNOWN) {
        entry->err = PARE_SKIP_UNSUPPORTED;
        return PARE_OK;
    }
    /* of the many things that are packed with gzip, those are meant that are named as drawings */
    if (header.is_gzipped && !found->by_name && named_format(found->name) != PARE_FORMAT_SVG) {
        return PARE_OK;
    }
    *image = true;
    estimate(scan, entry, &header);
    return PARE_OK;
}

static pare_err look_up(pare_scan *scan, const pare_scan_found *found, const pare_ident *ident,
                        bool *known, pare_ledger_file *done, pare_diag *diag)
{
    *known = false;
    if (!scan->ledger || !S_ISREG(found->st->st_mode)) return PARE_OK;
    scan->path.len = scan->path_len;
    PARE_TRY(pare_buf_append(&scan->path, found->name, strlen(found->name) + 1));
    return pare_ledger_find_file(scan->ledger, (const char *)scan->path.data, ident, known, done,
                                 diag);
}

/* Files that the user named come once and are not excluded by pattern. */
static pare_err wanted(pare_scan *scan, const pare_scan_found *found, bool *yes)
{
    *yes = true;
    if (found->by_name) return pare_scan_set_add(&scan->named, name_key(scan, found->name), yes);
    if (scan->named.count && pare_scan_set_has(&scan->named, name_key(scan, found->name))) {
        *yes = false;
        return PARE_OK;
    }
    if (pare_scan_excluded(scan, found->name, false) || has_suffix(scan, found->name)) {
        scan->counts.excluded++;
        *yes = false;
    } else if (found->st->st_size == 0) {
        scan->counts.ignored++;
        *yes = false;
    }
    return PARE_OK;
}

pare_err pare_scan_file(pare_scan *scan, pare_plan *plan, const pare_scan_found *found,
                        pare_diag *diag)
{
    bool yes, known;
    pare_ledger_file done;
    scan->counts.files++;
    PARE_TRY(wanted(scan, found, &yes));
    if (!yes || !pare_scan_wants(scan, found->name, false)) return PARE_OK;
    pare_plan_entry entry = {
        .ident = pare_ident_of(found->st),
        .name = found->name,
        .folder = scan->folder,
        .root = scan->root,
        .mode = found->st->st_mode,
        .nlink = (uint32_t)found->st->st_nlink,
        .explicit_file = found->by_name,
    };
    PARE_TRY(look_up(scan, found, &entry.ident, &known, &done, diag));
    if (known && done.format_in != PARE_FORMAT_UNKNOWN) {
        const pare_header header = {.format = (pare_format)done.format_in,
                                    .width_px = done.width_px,
                                    .height_px = done.height_px,
                                    .frames = 1,
                                    .depth_bits = 8,
                                    .channels = 3};
        entry.done = &done;
        estimate(scan, &entry, &header);
    } else {
        PARE_TRY(recognise(scan, found, &entry, &yes));
    }
    if (!yes) {
        scan->counts.ignored++;
        return PARE_OK;
    }
    scan->counts.images++;
    return pare_plan_add(plan, &entry);
}
