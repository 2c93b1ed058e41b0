// SPDX-License-Identifier: Apache-2.0
/* Calls that change a disk, replaced for one test program: the n-th of them fails, or ends the
 * process as a kill would. Link the fault.c of this folder into the test. */
#ifndef PARE_TESTS_SUPPORT_FAULT_H
#define PARE_TESTS_SUPPORT_FAULT_H

#include <stdbool.h>

#define FAULT_KILL (-1)
#define FAULT_EXIT_CODE 99

/* Arm: the at-th call (from 1) fails with cause, an errno or FAULT_KILL; sticky: all later ones
 * too. at 0: only count. */
void fault_arm(long at, int cause, bool sticky);
/* Disarm; the number of calls since fault_arm(). */
long fault_disarm(void);
/* Did the fault hit a call that removes a file? Then a temporary file may stay. */
bool fault_hit_removal(void);

/* Before the next exchange of two names act(user) is called, once; NULL: nothing. */
void fault_before_exchange(void (*act)(void *user), void *user);
/* As on a file system that cannot exchange names. */
void fault_no_exchange(bool none);

#endif /* PARE_TESTS_SUPPORT_FAULT_H */
