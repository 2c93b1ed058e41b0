// SPDX-License-Identifier: Apache-2.0
/* The tables of the ledger, and how an older file becomes a newer one. */
#ifndef PARE_HOST_LEDGER_SCHEMA_H
#define PARE_HOST_LEDGER_SCHEMA_H

#include <stddef.h>

#define PARE_LEDGER_VERSION 4

/* PARE_LEDGER_VERSION scripts: the one at i brings a database of version i to i + 1. Append only.
 */
extern const char *const pare_ledger_migrations[PARE_LEDGER_VERSION];

#endif /* PARE_HOST_LEDGER_SCHEMA_H */
