// SPDX-License-Identifier: Apache-2.0
/* Names that come in and go out. */
#include "http/safe_name.h"

#include <string.h>

enum { PART_MAX = 200, DEPTH_MAX = 32 };

static bool is_dots(const char *part, size_t len)
{
    return (len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.');
}

static const char *part_problem(const char *part, size_t len)
{
    if (len == 0) return "has an empty part";
    if (is_dots(part, len)) return "has a part that is . or ..";
    if (len > PART_MAX) return "has a part of more than 200 bytes";
    if (part[0] == ' ' || part[len - 1] == ' ' || part[len - 1] == '.') {
        return "has a part that begins or ends with a blank, or ends with a dot";
    }
    return NULL;
}

static bool is_bad_letter(uint32_t code)
{
    /* control characters, what separates or names drives elsewhere, and what turns the direction
     * of writing so that a name reads as another */
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == '\\' || code == ':' ||
           (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0x200e || code == 0x200f;
}

const char *pare_upload_path_problem(const char *path)
{
    int depth = 0;
    if (strlen(path) > PARE_UPLOAD_PATH_CAP) return "is longer than 1024 bytes";
    for (const char *at = path; *at;) {
        uint32_t code = 0;
        const size_t len = pare_utf8_decode(at, &code);
        if (len == 0) return "is not UTF-8";
        if (is_bad_letter(code)) return "has a control character, a backslash or a colon";
        at += len;
    }
    for (const char *part = path;; depth++) {
        const size_t len = strcspn(part, "/");
        const char *problem = part_problem(part, len);
        if (problem) return problem;
        if (depth >= DEPTH_MAX) return "has more than 32 folders";
        if (part[len] == '\0') return NULL;
        part += len + 1;
    }
}

bool pare_root_path_ok(const char *path)
{
    if (*path == '\0') return true;
    if (strlen(path) >= PARE_PATH_CAP) return false;
    for (;;) {
        const size_t len = strcspn(path, "/");
        if (len == 0 || len > 255 || is_dots(path, len)) return false;
        if (path[len] == '\0') return true;
        path += len + 1;
    }
}

static void add_part(pare_text *text, const char *part, size_t len)
{
    size_t begin = text->buf.len;
    if (len > PART_MAX) { /* the ending tells the format: keep the tail */
        part += len - PART_MAX;
        len = PART_MAX;
    }
    for (size_t i = 0; i < len;) {
        uint32_t code = 0;
        char letter[5] = {0};
        memcpy(letter, part + i, len - i < 4 ? len - i : 4);
        const size_t bytes = pare_utf8_decode(letter, &code);
        const bool at_end = i == 0 || i + 1 == len;
        if (bytes == 0 || is_bad_letter(code) || strchr("<>\"|?*", letter[0]) ||
            (at_end && (code == ' ' || (code == '.' && i + 1 == len)))) {
            pare_text_add_bytes(text, "_", 1);
            i += bytes > 0 ? bytes : 1;
        } else {
            pare_text_add_bytes(text, part + i, bytes);
            i += bytes;
        }
    }
    if (text->buf.len == begin) pare_text_add_bytes(text, "_", 1);
}

void pare_safe_name_add(pare_text *text, const char *path)
{
    bool first = true;
    while (*path) {
        const size_t len = strcspn(path, "/");
        if (len > 0 && !is_dots(path, len)) {
            if (!first) pare_text_add_bytes(text, "/", 1);
            add_part(text, path, len);
            first = false;
        }
        path += len;
        if (*path == '/') path++;
    }
    if (first) pare_text_add_bytes(text, "_", 1);
}

void pare_disposition_add(pare_text *text, const char *kind, const char *path)
{
    const char *slash = strrchr(path, '/');
    pare_text name = {0};
    pare_safe_name_add(&name, slash ? slash + 1 : path);
    const char *plain = pare_text_string(&name);
    pare_text_add(text, "%s; filename=\"", kind);
    for (const char *c = plain; *c; c++) {
        const bool ok = *c >= ' ' && *c <= '~' && *c != '"' && *c != '%';
        pare_text_add_bytes(text, ok ? c : "_", 1);
    }
    pare_text_add(text, "\"; filename*=UTF-8''");
    for (const char *c = plain; *c; c++) {
        const bool ok = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
                        (*c >= 'A' && *c <= 'Z') || strchr("-_.", *c);
        if (ok) {
            pare_text_add_bytes(text, c, 1);
        } else {
            pare_text_add(text, "%%%02X", (unsigned)(unsigned char)*c);
        }
    }
    pare_text_deinit(&name);
}
