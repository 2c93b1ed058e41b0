// SPDX-License-Identifier: Apache-2.0
/* Memory that the allocator holds back; one file per allocator, chosen by meson. */
#ifndef PARE_WORKER_MEMORY_H
#define PARE_WORKER_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Keep what is freed for the next image, or let it go after a while (the default). Keeping spares
 * page faults, a third of the time of an icon; the process stays
 * as large as its largest image, and grows with images of other sizes: see trim. */
void pare_worker_memory_keep(bool keep);

/* Let memory be had in pages of 2 MB where the kernel has them (the default), or only in small
 * ones. Large pages spare most page faults, a fifth to two fifths of the time of a large image, and
 * take a few MB more. */
void pare_worker_memory_huge(bool huge);

/* Give unused pages back to the system when there are more of them than most_bytes. */
void pare_worker_memory_trim(size_t most_bytes);

/* Give unused pages back to the system. */
void pare_worker_memory_purge(void);

#endif /* PARE_WORKER_MEMORY_H */
