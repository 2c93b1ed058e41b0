// SPDX-License-Identifier: Apache-2.0
/* Writes the events of the "Trace Event Format" (Google, 2016): M names, X spans, C counters. */
#include "base/trace.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { BUFFER_CAP = 64 * 1024, EVENT_CAP = 4096, DETAIL_CAP = 400 };

struct pare_trace {
    int fd;
    uint64_t zero_us;
    off_t at; /* in the file: where the closing bracket is */
    size_t len;
    pare_err err;
    pare_diag diag;
    char buffer[BUFFER_CAP];
};

/* Events and the closing bracket; the next flush writes over the bracket. */
static void flush(pare_trace *t)
{
    static const char END[] = "\n]\n";
    if (t->err != PARE_OK) return;
    memcpy(t->buffer + t->len, END, sizeof END - 1);
    const size_t len = t->len + sizeof END - 1;
    for (size_t done = 0; done < len;) {
        const ssize_t put = pwrite(t->fd, t->buffer + done, len - done, t->at + (off_t)done);
        if (put < 0) {
            t->err = pare_fail_errno(&t->diag, "write", "trace");
            return;
        }
        done += (size_t)put;
    }
    t->at += (off_t)t->len;
    t->len = 0;
}

/* As a JSON string without its quotes; bytes outside printable ASCII as \u00XX. */
static void escape(const char *text, char *out, size_t cap)
{
    size_t at = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c && at + 7 < cap; c++) {
        if (*c == '"' || *c == '\\') {
            out[at++] = '\\';
            out[at++] = (char)*c;
        } else if (*c < 0x20 || *c >= 0x7f) {
            at += (size_t)snprintf(out + at, cap - at, "\\u%04x", *c);
        } else {
            out[at++] = (char)*c;
        }
    }
    out[at] = '\0';
}

static void PARE_PRINTF(2, 3) event(pare_trace *t, const char *format, ...)
{
    if (!t || t->err != PARE_OK) return;
    if (t->len + EVENT_CAP > BUFFER_CAP) flush(t);
    if (t->at + (off_t)t->len > 2) {
        t->buffer[t->len++] = ',';
        t->buffer[t->len++] = '\n';
    }
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(t->buffer + t->len, EVENT_CAP - 8, format, args);
    va_end(args);
    if (len > 0) t->len += (size_t)len < EVENT_CAP - 8 ? (size_t)len : EVENT_CAP - 9;
}

pare_err pare_trace_open(const char *path, pare_trace **out, pare_diag *diag)
{
    *out = NULL;
    pare_trace *const t = calloc(1, sizeof *t);
    if (!t) return pare_fail(diag, PARE_ERR_NO_MEMORY, "no memory for the trace");
    t->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    if (t->fd < 0) {
        free(t);
        return pare_fail_errno(diag, "make trace", path);
    }
    t->zero_us = pare_clock_us();
    memcpy(t->buffer, "[\n", 2);
    t->len = 2;
    flush(t);
    *out = t;
    return PARE_OK;
}

void pare_trace_lane(pare_trace *t, uint32_t lane, const char *name)
{
    char text[DETAIL_CAP];
    escape(name, text, sizeof text);
    event(t,
          "{\"ph\":\"M\",\"pid\":1,\"tid\":%u,\"name\":\"thread_name\",\"args\":{\"name\":\"%s\"}}",
          lane, text);
}

void pare_trace_span(pare_trace *t, uint32_t lane, const char *name, uint64_t start_us,
                     uint64_t end_us, const char *detail)
{
    char text[DETAIL_CAP];
    if (!t) return;
    escape(detail ? detail : "", text, sizeof text);
    const uint64_t from = start_us > t->zero_us ? start_us - t->zero_us : 0;
    event(t, "{\"ph\":\"X\",\"pid\":1,\"tid\":%u,\"name\":\"%s\",\"ts\":%llu,\"dur\":%llu%s%s%s}",
          lane, name, (unsigned long long)from,
          (unsigned long long)(end_us > start_us ? end_us - start_us : 0),
          detail ? ",\"args\":{\"file\":\"" : "", text, detail ? "\"}" : "");
}

void pare_trace_overlapping(pare_trace *t, const char *name, uint64_t id, uint64_t start_us,
                            uint64_t end_us)
{
    if (!t || start_us == 0 || end_us < start_us) return;
    const uint64_t times[2] = {start_us, end_us};
    for (int i = 0; i < 2; i++) {
        event(t,
              "{\"ph\":\"%s\",\"cat\":\"task\",\"pid\":1,\"id\":%llu,\"name\":\"%s\",\"ts\":%llu}",
              i == 0 ? "b" : "e", (unsigned long long)id, name,
              (unsigned long long)(times[i] > t->zero_us ? times[i] - t->zero_us : 0));
    }
}

void pare_trace_counter(pare_trace *t, const char *name, uint64_t at_us, double value)
{
    if (!t) return;
    event(t, "{\"ph\":\"C\",\"pid\":1,\"name\":\"%s\",\"ts\":%llu,\"args\":{\"value\":%.6g}}", name,
          (unsigned long long)(at_us > t->zero_us ? at_us - t->zero_us : 0), value);
}

pare_err pare_trace_close(pare_trace **trace, pare_diag *diag)
{
    pare_trace *const t = *trace;
    if (!t) return PARE_OK;
    *trace = NULL;
    flush(t);
    if (close(t->fd) != 0 && t->err == PARE_OK) {
        t->err = pare_fail_errno(&t->diag, "close", "trace");
    }
    const pare_err err = t->err;
    if (err != PARE_OK) pare_fail(diag, err, "%s", t->diag.text);
    free(t);
    return err;
}
