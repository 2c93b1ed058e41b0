// SPDX-License-Identifier: Apache-2.0
/* Replace a file only while it is the one that was planned. Between the last look at a name and
 * rename(2) somebody may put another file there, which the rename would delete. So the new file
 * and the old one exchange their names (renameat2(2), RENAME_EXCHANGE), then what came out is
 * looked at, and it goes back when it is another file.
 *
 * While what came out is looked at, it has the name ".pare-" + random + numbers of both files +
 * ".old". Whatever a kill leaves under it says by that name what it is. */
#ifndef PARE_HOST_EXCHANGE_H
#define PARE_HOST_EXCHANGE_H

#include "host/ident.h"
#include "host/temp.h"

/* The temporary file takes `name` in its folder, and the file `planned` is gone. Where the file
 * system cannot exchange names, as pare_temp_rename().
 *
 * PARE_ERR_CHANGED  something else has the name, or nothing: it was left so. temp is as before,
 *                   perhaps under another name.
 * PARE_ERR_IO, PARE_ERR_EXISTS  the name holds what it held. */
PARE_NODISCARD pare_err pare_exchange(pare_temp *temp, const char *name, const pare_ident *planned,
                                      pare_diag *diag);

bool pare_exchange_is_name(const char *name);
/* Tidy what a killed run left under such a name: the planned file and the new one are removed, the
 * file of somebody else gets its name back. True when there is nothing left under that name. */
bool pare_exchange_sweep(int dir_fd, const char *name);

#endif /* PARE_HOST_EXCHANGE_H */
