// SPDX-License-Identifier: Apache-2.0
/* Style sheets in fewer bytes. */
#include "core/codec/svg_sheet.h"

#include <string.h>

enum { DEPTH_MAX = 16 };

typedef struct sheet {
    const char *at;
    pare_buf *out;
    size_t begin, prelude;     /* in out: of all, and of what stands before the next brace */
    bool is_nested[DEPTH_MAX]; /* does this block hold rules, as that of @media does? */
    unsigned depth;
    bool had_blank;
} sheet;

static bool is_blank(char c)
{
    return c == ' ' || (c >= 9 && c <= 13);
}

/* Declarations stand here: name:value. */
static bool is_in_declarations(const sheet *s)
{
    return s->depth > 0 && !s->is_nested[s->depth - 1];
}

/* Is a blank beside this without meaning? Beside + and > it may count inside of calc(). */
static bool separates(char c)
{
    return c == 0 || strchr("{};,", c);
}

/* Would a blank here, after what is written, say nothing? */
static bool is_after_separator(const sheet *s)
{
    if (s->out->len == s->begin) return true;
    const char before = (char)s->out->data[s->out->len - 1];
    return separates(before) || (before == ':' && is_in_declarations(s));
}

static bool put(sheet *s, const char *text, size_t len)
{
    return pare_buf_append(s->out, text, len) == PARE_OK;
}

/* A blank that was read is written when it is between two words. */
static bool put_blank(sheet *s, char next)
{
    const bool had = s->had_blank;
    s->had_blank = false;
    if (!had || separates(next) || is_after_separator(s)) return true;
    return put(s, " ", 1);
}

/* Between two words without a blank it keeps them apart: it stays. */
static bool put_comment(sheet *s, bool keeps, size_t len)
{
    const char next = s->at[len];
    const bool is_apart =
        s->had_blank || is_after_separator(s) || is_blank(next) || separates(next);
    const bool stays = keeps || s->at[2] == '!' || !is_apart;
    if (stays && !(put_blank(s, '/') && put(s, s->at, len))) return false;
    s->at += len;
    return true;
}

/* Length of the string or of the comment; 0: it does not end. */
static size_t quoted_len(const char *text)
{
    if (text[0] == '/') {
        const char *end = strstr(text + 2, "*/");
        return end ? (size_t)(end - text) + 2 : 0;
    }
    const char *end = strchr(text + 1, text[0]);
    return end ? (size_t)(end - text) + 1 : 0;
}

/* Opens and closes blocks. False: more or fewer than there can be. */
static bool note_brace(sheet *s, char c)
{
    if (c == '{') {
        const char *prelude = (const char *)s->out->data + s->prelude;
        if (s->depth == DEPTH_MAX || s->out->len == s->prelude) return false;
        s->is_nested[s->depth++] = prelude[0] == '@' && strncmp(prelude, "@font-face", 10) != 0 &&
                                   strncmp(prelude, "@page", 5) != 0;
    } else if (c == '}') {
        if (s->depth-- == 0) return false;
        if (s->out->data[s->out->len - 1] == ';') s->out->len--;
    }
    return true;
}

static bool put_next(sheet *s, bool keeps_comments)
{
    const char c = *s->at;
    if (is_blank(c)) {
        s->had_blank = true;
        s->at++;
        return true;
    }
    if (c == '"' || c == '\'' || (c == '/' && s->at[1] == '*')) {
        const size_t len = quoted_len(s->at);
        if (len == 0) return false;
        if (c == '/') return put_comment(s, keeps_comments, len);
        if (!put_blank(s, c) || !put(s, s->at, len)) return false;
        s->at += len;
        return true;
    }
    if (!put_blank(s, c) || !note_brace(s, c) || !put(s, &c, 1)) return false;
    if (strchr("{};", c)) s->prelude = s->out->len;
    s->at++;
    return true;
}

pare_err pare_svg_sheet_write(const char *text, bool keeps_comments, pare_buf *out)
{
    const size_t begin = out->len;
    sheet s = {.at = text, .out = out, .begin = begin, .prelude = begin};
    /* values in which blanks, quotes or braces mean something else */
    bool ok = !strchr(text, '\\') && !strstr(text, "url(data") && !strstr(text, "<!--") &&
              !strstr(text, "--");
    while (ok && *s.at)
        ok = put_next(&s, keeps_comments);
    if (ok && s.depth == 0 && out->len > begin) return PARE_OK;
    out->len = begin;
    return pare_buf_append(out, text, strlen(text));
}
