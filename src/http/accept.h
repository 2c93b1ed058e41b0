// SPDX-License-Identifier: Apache-2.0
/* What a client takes, from its Accept-Encoding header (RFC 9110, 12.5.3). */
#ifndef PARE_HTTP_ACCEPT_H
#define PARE_HTTP_ACCEPT_H

#include <stdbool.h>

/* Does it take this encoding? `header` may be NULL: no encoding then. A weight of zero means no;
 * "*" stands for all that are not named. Other weights are not compared. */
bool pare_accepts_encoding(const char *header, const char *encoding);

#endif /* PARE_HTTP_ACCEPT_H */
