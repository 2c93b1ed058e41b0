// SPDX-License-Identifier: Apache-2.0
/* What the heap of one test program holds. Link the heap.c of this folder into the test. */
#ifndef PARE_TESTS_SUPPORT_HEAP_H
#define PARE_TESTS_SUPPORT_HEAP_H

#include <stddef.h>

/* Forget the peak: from now on it is counted above what is held now. */
void heap_mark(void);
/* Most bytes held since the mark, above what was held then. */
size_t heap_peak(void);

#endif /* PARE_TESTS_SUPPORT_HEAP_H */
