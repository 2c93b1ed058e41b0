// SPDX-License-Identifier: Apache-2.0
/* Memory that the allocator holds back; one file per allocator, chosen by meson. */
#ifndef PARE_WORKER_MEMORY_H
#define PARE_WORKER_MEMORY_H

/* Give unused pages back to the system. */
void pare_worker_memory_purge(void);

#endif /* PARE_WORKER_MEMORY_H */
