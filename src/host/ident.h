// SPDX-License-Identifier: Apache-2.0
/* What says that a file is still the same file, and the hash of what is in it. */
#ifndef PARE_HOST_IDENT_H
#define PARE_HOST_IDENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include <pare/pare.h>

typedef struct pare_ident {
    uint64_t dev, ino, size_bytes;
    int64_t mtime_ns, ctime_ns; /* since 1970 */
} pare_ident;

/* XXH3-128 of a whole content; all zero: not known. */
typedef struct pare_hash {
    uint64_t low, high;
} pare_hash;

static inline int64_t pare_ident_ns(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

pare_ident pare_ident_of(const struct stat *st);
/* All five fields are equal: nothing wrote to it, and it is the same inode. */
bool pare_ident_same(const pare_ident *a, const pare_ident *b);
/* As above but for ctime and dev: renaming and linking change the first, mounting the second. */
bool pare_ident_same_content(const pare_ident *a, const pare_ident *b);
bool pare_hash_same(const pare_hash *a, const pare_hash *b);

/* Hash of this version and of every option that can change the bytes, in one canonical encoding:
 * equal hashes promise equal results. AUTO is resolved first; fields that the chosen modes do not
 * read do not count. */
pare_hash pare_settings_hash(const pare_options *options);

#endif /* PARE_HOST_IDENT_H */
