// SPDX-License-Identifier: Apache-2.0
/* Pare's other programs: beside this one, or where they were installed. */
#ifndef PARE_BASE_PROGRAM_H
#define PARE_BASE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

enum { PARE_PROGRAM_PATH_CAP = 4096 };

/* The first program that can be executed: of near, count paths relative to the folder of this
 * program, then installed, an absolute path. False when there is none; path then holds installed.
 */
bool pare_program_find(const char *const *near, size_t count, const char *installed,
                       char path[PARE_PROGRAM_PATH_CAP]);

#endif /* PARE_BASE_PROGRAM_H */
