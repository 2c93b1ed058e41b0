// SPDX-License-Identifier: Apache-2.0
/* Names that come from outside, for uploads; and names that go out, for zip files and downloads. */
#ifndef PARE_HTTP_SAFE_NAME_H
#define PARE_HTTP_SAFE_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum { PARE_UPLOAD_PATH_CAP = 1024, PARE_PATH_CAP = 4096 };

/* A path for an upload: relative, UTF-8, at most 1024 bytes and 32 folders; no part is empty, "."
 * or "..", longer than 200 bytes, begins or ends with a blank or ends with a dot; no control
 * characters, no backslash and no colon. NULL when it is good, else what is wrong with it. */
const char *pare_upload_path_problem(const char *path);

/* A path inside a root as people may have made it: relative, no part "." or "..", no NUL. "" is
 * the root. The kernel is asked to keep inside in any case; this makes good messages. */
bool pare_root_path_ok(const char *path);

/* Add a name that is safe to unpack anywhere: as an upload path, whatever bytes it was. */
void pare_safe_name_add(pare_text *text, const char *path);

/* Add the value of a Content-Disposition header, "attachment" or "inline", with the last part of
 * path as file name (RFC 6266: ASCII and UTF-8). */
void pare_disposition_add(pare_text *text, const char *kind, const char *path);

#endif /* PARE_HTTP_SAFE_NAME_H */
