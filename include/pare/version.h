// SPDX-License-Identifier: Apache-2.0
/* The version of Pare that a program was compiled against.
 *
 * The version is part of the key under which the ledger remembers outcomes: a release that changes
 * output bytes changes the version. */
#ifndef PARE_VERSION_H
#define PARE_VERSION_H

#define PARE_VERSION_MAJOR 0
#define PARE_VERSION_MINOR 1
#define PARE_VERSION_PATCH 0
#define PARE_VERSION "0.1.0"

#endif /* PARE_VERSION_H */
