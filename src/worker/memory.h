// SPDX-License-Identifier: Apache-2.0
/* Memory that the allocator holds back; one file per allocator, chosen by meson. */
#ifndef PARE_WORKER_MEMORY_H
#define PARE_WORKER_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* What becomes of freed memory. */
typedef enum pare_worker_freed {
    PARE_FREED_GOES_SOON = 0, /* the default: after some seconds */
    /* For the next image. Spares page faults, a third of the time of an icon; the process stays as
     * large as its largest image, and grows with images of other sizes: see trim. */
    PARE_FREED_STAYS,
    PARE_FREED_GOES /* at once: the smallest peak, and most page faults */
} pare_worker_freed;
void pare_worker_memory_freed(pare_worker_freed what);

/* Let memory be had in pages of 2 MB where the kernel has them (the default), or only in small
 * ones. Large pages spare most page faults, a fifth to two fifths of the time of a large image, and
 * take a few MB more. */
void pare_worker_memory_huge(bool huge);

/* Give unused pages back to the system when there are more of them than most_bytes. */
void pare_worker_memory_trim(size_t most_bytes);

/* Give unused pages back to the system. */
void pare_worker_memory_purge(void);

#endif /* PARE_WORKER_MEMORY_H */
