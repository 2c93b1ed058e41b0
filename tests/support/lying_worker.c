// SPDX-License-Identifier: Apache-2.0
/* A worker as a hostile image would make it: it obeys "do:lie-..." in the input, and answers
 * honestly with the first half of the input otherwise.
 *
 *   lie-size lie-format lie-bigger lie-silence lie-twice lie-id lie-garbage lie-exit lie-step
 *   lie-hold (keeps the result mapped, to change it after it was checked)
 *
 * With PARE_TEST_LIE_FIRST in the environment it says nonsense before hello. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/message.h"

enum { SOCKET_FD = 3, INPUT_CAP = 65536 };

static void say(const pare_message *message)
{
    uint8_t data[PARE_MESSAGE_CAP];
    size_t len = 0;
    if (pare_message_encode(message, data, sizeof data, &len) != PARE_OK) _exit(5);
    if (send(SOCKET_FD, data, len, MSG_NOSIGNAL) < 0) _exit(6);
}

static bool hear(pare_message *task, int fds[2])
{
    uint8_t data[PARE_MESSAGE_CAP];
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control;
    struct iovec iov = {data, sizeof data};
    struct msghdr header = {.msg_iov = &iov,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    const ssize_t got = recvmsg(SOCKET_FD, &header, 0);
    if (got <= 0 || pare_message_decode(data, (size_t)got, task) != PARE_OK) return false;
    memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&header)), 2 * sizeof(int));
    return true;
}

static void put(int fd, const uint8_t *data, size_t len)
{
    if (pwrite(fd, data, len, 0) != (ssize_t)len) _exit(7);
}

/* Keeps the result mapped, also when this worker is ended before the result is looked at. */
static void hold(int fd, size_t len)
{
    if (mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED) _exit(4);
    const pid_t keeper = fork();
    if (keeper < 0) _exit(7);
    if (keeper > 0) return;
    for (int i = 0; i < 64; i++)
        close(i);
    sleep(5);
    _exit(0);
}

static void answer(const pare_message *task, const char *lie, uint8_t *data, size_t len, int fd)
{
    pare_message reply = {.kind = PARE_MESSAGE_RESULT, .task_id = task->task_id};
    pare_result *const result = &reply.result.result;
    result->format_in = result->format_out = PARE_FORMAT_PNG;
    result->width_out_px = result->height_out_px = 8;
    result->score = -1;
    result->len = len / 2;
    if (strcmp(lie, "size") == 0) result->len -= 1;
    if (strcmp(lie, "format") == 0) data[0] = 'x';
    if (strcmp(lie, "bigger") == 0) result->len = len + 100;
    if (strcmp(lie, "silence") == 0) pause();
    if (strcmp(lie, "exit") == 0) _exit(0);
    if (strcmp(lie, "id") == 0) reply.task_id += 1;
    if (strcmp(lie, "garbage") == 0) (void)!send(SOCKET_FD, "nonsense", 8, MSG_NOSIGNAL);
    if (strcmp(lie, "step") == 0) {
        pare_message step = {.kind = PARE_MESSAGE_STEP, .task_id = task->task_id + 7};
        say(&step);
    }
    put(fd, data, strcmp(lie, "bigger") == 0 ? len + 100 : len / 2);
    if (strcmp(lie, "hold") == 0) hold(fd, len);
    say(&reply);
    if (strcmp(lie, "twice") == 0) say(&reply);
}

int main(void)
{
    pare_message hello = {.kind = PARE_MESSAGE_HELLO};
    hello.hello.version = PARE_MESSAGE_VERSION;
    hello.hello.sandbox = PARE_SANDBOX_ALL; /* it lies about this too */
    if (getenv("PARE_TEST_LIE_FIRST")) (void)!send(SOCKET_FD, "nonsense", 8, MSG_NOSIGNAL);
    say(&hello);
    static uint8_t data[INPUT_CAP + 128];
    pare_message task;
    for (int fds[2]; hear(&task, fds);) {
        const ssize_t len = pread(fds[0], data, INPUT_CAP, 0);
        char lie[32] = "";
        if (len < 60) _exit(8);
        sscanf((const char *)data + 33, "do:lie-%31[a-z]", lie);
        answer(&task, lie, data, (size_t)len, fds[1]);
        close(fds[0]);
        close(fds[1]);
    }
    return 0;
}
