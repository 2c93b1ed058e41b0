// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <errno.h>

#include "base/err.h"

TEST(first_text_wins)
{
    pare_diag diag = {0};
    CHECK_INT(pare_fail(&diag, PARE_ERR_IO, "read %s", "a.png"), ==, PARE_ERR_IO);
    CHECK_INT(pare_fail(&diag, PARE_ERR_CODEC, "later"), ==, PARE_ERR_CODEC);
    CHECK_STR(diag.text, "read a.png");
}

TEST(text_cannot_move_the_cursor)
{
    pare_diag diag = {0};
    CHECK_INT(pare_fail(&diag, PARE_ERR_IO, "%s", "a\033[2J\nb"), ==, PARE_ERR_IO);
    CHECK_STR(diag.text, "a?[2J?b");
}

TEST(errno_becomes_a_code_and_a_sentence)
{
    pare_diag diag = {0};
    errno = ENOSPC;
    CHECK_INT(pare_fail_errno(&diag, "write", "a.png"), ==, PARE_ERR_NO_SPACE);
    CHECK_STR(diag.text, "write a.png: No space left on device");
}

TEST(skips_are_not_errors)
{
    CHECK_INT(pare_err_is_skip(PARE_OK), ==, 0);
    CHECK_INT(pare_err_is_skip(PARE_SKIP_UNSUPPORTED), ==, 1);
    CHECK_INT(pare_err_is_skip(PARE_ERR_IO), ==, 0);
    CHECK_STR(pare_err_class(PARE_ERR_TRUNCATED), "corrupt");
    CHECK_STR(pare_err_name((pare_err)9999), "unknown");
}

RUN(first_text_wins, text_cannot_move_the_cursor, errno_becomes_a_code_and_a_sentence,
    skips_are_not_errors)
