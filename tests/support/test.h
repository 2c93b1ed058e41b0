// SPDX-License-Identifier: Apache-2.0
/* A small TAP harness: each TEST runs in a process of its own with a time limit, and prints what it
 * had and what it wanted.
 *
 *   TEST(the_promise_it_keeps) { CHECK_INT(1 + 1, ==, 2); }
 *   RUN(the_promise_it_keeps)
 */
#ifndef PARE_TESTS_SUPPORT_TEST_H
#define PARE_TESTS_SUPPORT_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <pare/error.h>

#define TEST_SECONDS 60

#define TEST(name) static void name(void)

typedef struct test_case {
    const char *name;
    void (*run)(void);
} test_case;

int test_main(const test_case *cases, size_t count, const char *only);

/* Marks the running test as failed and goes on. */
void test_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Ends the running test at once, as skipped, for a reason that the machine gives. */
_Noreturn void test_skip(const char *reason);

#define CHECK_INT(expression, op, wanted)                                                          \
    do {                                                                                           \
        const long long have_ = (long long)(expression), want_ = (long long)(wanted);              \
        if (!(have_ op want_)) {                                                                   \
            test_fail(__FILE__, __LINE__, "%s: have %lld, want %s %lld", #expression, have_, #op,  \
                      want_);                                                                      \
        }                                                                                          \
    } while (0)

#define CHECK_DOUBLE(expression, op, wanted)                                                       \
    do {                                                                                           \
        const double have_ = (expression), want_ = (wanted);                                       \
        if (!(have_ op want_)) {                                                                   \
            test_fail(__FILE__, __LINE__, "%s: have %.9g, want %s %.9g", #expression, have_, #op,  \
                      want_);                                                                      \
        }                                                                                          \
    } while (0)

#define CHECK_STR(expression, wanted)                                                              \
    do {                                                                                           \
        const char *have_ = (expression), *want_ = (wanted);                                       \
        if (!have_ || strcmp(have_, want_) != 0) {                                                 \
            test_fail(__FILE__, __LINE__, "%s: have \"%s\", want \"%s\"", #expression,             \
                      have_ ? have_ : "(null)", want_);                                            \
        }                                                                                          \
    } while (0)

#define CHECK_TRUE(expression) CHECK_INT(!!(expression), ==, 1)

/* For set-up steps: a pare_err that must be PARE_OK, or the test ends. */
#define MUST(expression) test_must(__FILE__, __LINE__, #expression, (expression))
void test_must(const char *file, int line, const char *expression, pare_err err);

/* A fresh scratch folder, removed at the end of the test. Borrowed descriptor. */
int test_dir(void);
/* Path of the folder that test_dir() made last. */
const char *test_dir_path(void);
void test_put(int dir_fd, const char *name, const char *text);
void test_put_bytes(int dir_fd, const char *name, const void *data, size_t len);
/* Contents of a file, or NULL when there is none; valid until the end of the test. */
char *test_get(int dir_fd, const char *name);
/* As test_get for bytes. */
void *test_get_bytes(int dir_fd, const char *name, size_t *len);
/* Number of entries in a folder. */
int test_count(int dir_fd);

/* Repeatable random numbers (xorshift64*). */
uint64_t test_random(uint64_t *state);

#define TEST_FIRST_(a, ...) a
#define TEST_MAP_1(f, a) f(a)
#define TEST_MAP_2(f, a, ...) f(a) TEST_MAP_1(f, __VA_ARGS__)
#define TEST_MAP_3(f, a, ...) f(a) TEST_MAP_2(f, __VA_ARGS__)
#define TEST_MAP_4(f, a, ...) f(a) TEST_MAP_3(f, __VA_ARGS__)
#define TEST_MAP_5(f, a, ...) f(a) TEST_MAP_4(f, __VA_ARGS__)
#define TEST_MAP_6(f, a, ...) f(a) TEST_MAP_5(f, __VA_ARGS__)
#define TEST_MAP_7(f, a, ...) f(a) TEST_MAP_6(f, __VA_ARGS__)
#define TEST_MAP_8(f, a, ...) f(a) TEST_MAP_7(f, __VA_ARGS__)
#define TEST_MAP_9(f, a, ...) f(a) TEST_MAP_8(f, __VA_ARGS__)
#define TEST_MAP_10(f, a, ...) f(a) TEST_MAP_9(f, __VA_ARGS__)
#define TEST_MAP_11(f, a, ...) f(a) TEST_MAP_10(f, __VA_ARGS__)
#define TEST_MAP_12(f, a, ...) f(a) TEST_MAP_11(f, __VA_ARGS__)
#define TEST_MAP_13(f, a, ...) f(a) TEST_MAP_12(f, __VA_ARGS__)
#define TEST_MAP_14(f, a, ...) f(a) TEST_MAP_13(f, __VA_ARGS__)
#define TEST_MAP_15(f, a, ...) f(a) TEST_MAP_14(f, __VA_ARGS__)
#define TEST_MAP_16(f, a, ...) f(a) TEST_MAP_15(f, __VA_ARGS__)
#define TEST_MAP_17(f, a, ...) f(a) TEST_MAP_16(f, __VA_ARGS__)
#define TEST_MAP_18(f, a, ...) f(a) TEST_MAP_17(f, __VA_ARGS__)
#define TEST_COUNT_(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17,    \
                    _18, n, ...)                                                                   \
    TEST_MAP_##n
#define TEST_PICK_(...)                                                                            \
    TEST_COUNT_(__VA_ARGS__, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define TEST_CASE_(test) {#test, test},

/* Up to 18 tests a file. An argument runs only the test of that name. */
#define RUN(...)                                                                                   \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        static const test_case CASES_[] = {TEST_PICK_(__VA_ARGS__)(TEST_CASE_, __VA_ARGS__)};      \
        return test_main(CASES_, sizeof CASES_ / sizeof *CASES_, argc > 1 ? argv[1] : NULL);       \
    }

#endif /* PARE_TESTS_SUPPORT_TEST_H */
