// SPDX-License-Identifier: Apache-2.0
/* Names and texts of errors, and the one writer of pare_diag. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *pare_err_name(pare_err err)
{
    switch (err) {
#define PARE_ERR_CASE(constant, number, name, kind, text)                                          \
    case constant: return name;
        PARE_ERR_MAP(PARE_ERR_CASE)
#undef PARE_ERR_CASE
    }
    return "unknown";
}

const char *pare_err_text(pare_err err)
{
    switch (err) {
#define PARE_ERR_CASE(constant, number, name, kind, text)                                          \
    case constant: return text;
        PARE_ERR_MAP(PARE_ERR_CASE)
#undef PARE_ERR_CASE
    }
    return "unknown error";
}

const char *pare_err_class(pare_err err)
{
    switch (err) {
#define PARE_ERR_CASE(constant, number, name, kind, text)                                          \
    case constant: return kind;
        PARE_ERR_MAP(PARE_ERR_CASE)
#undef PARE_ERR_CASE
    }
    return "processing";
}

int pare_err_is_skip(pare_err err)
{
    return err > 0 && err < 100;
}

/* Names of files may hold anything; a message must not move the cursor of a terminal. */
static void blank_controls(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        if (*c < 0x20 || *c == 0x7f) *c = '?';
    }
}

pare_err pare_fail(pare_diag *diag, pare_err err, const char *format, ...)
{
    if (diag && diag->text[0] == '\0') {
        va_list args;
        va_start(args, format);
        vsnprintf(diag->text, sizeof diag->text, format, args);
        va_end(args);
        blank_controls(diag->text);
    }
    return err;
}

pare_err pare_fail_errno(pare_diag *diag, const char *step, const char *name)
{
    const int number = errno;
    pare_err err = PARE_ERR_IO;
    if (number == ENOSPC || number == EDQUOT) err = PARE_ERR_NO_SPACE;
    if (number == EACCES || number == EPERM || number == EROFS) err = PARE_ERR_DENIED;
    if (number == ENOENT) err = PARE_ERR_NOT_FOUND;
    if (number == ENOMEM) err = PARE_ERR_NO_MEMORY;
    return pare_fail(diag, err, "%s %s: %s", step, name, strerror(number));
}
