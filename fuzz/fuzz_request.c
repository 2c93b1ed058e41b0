// SPDX-License-Identifier: Apache-2.0
/* Fuzz what a stranger may write to the server: the lines of the input are the Host, Origin,
 * Authorization and Cookie of a request, its target and a name to upload; what follows is the JSON
 * of a job. Nobody without the token comes in, and no name leaves its folder. */
#include "fuzz.h"

#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "http/access.h"
#include "http/safe_name.h"
#include "http/settings.h"
#include "http/target.h"
#include "http/wanted.h"

enum { LINES = 6 };

static const char TOKEN[] = "0123456789abcdef";

static bool has_bad_part(const char *path)
{
    for (const char *part = path;; part++) {
        const size_t len = strcspn(part, "/");
        if (len == 0 || (len == 1 && part[0] == '.') || (len == 2 && strncmp(part, "..", 2) == 0)) {
            return true;
        }
        part += len;
        if (!*part) return false;
    }
}

static bool ends_with(const char *text, const char *end)
{
    const size_t len = strlen(text), wanted = strlen(end);
    return len >= wanted && strcmp(text + len - wanted, end) == 0;
}

static void check_access(char *const lines[LINES])
{
    static const char *const NAMES[] = {"photos.example"};
    pare_access access = {.address = "[::]",
                          .port = 8080,
                          .any_literal = true,
                          .cookie = "pare_session_8080",
                          .own_name = "nas.lan",
                          .names = NAMES,
                          .name_count = 1};
    memcpy(access.token, TOKEN, sizeof TOKEN);
    for (int changes = 0; changes < 2; changes++) {
        const pare_access_request request = {.host = lines[0],
                                             .origin = *lines[1] ? lines[1] : NULL,
                                             .authorization = lines[2],
                                             .cookie = lines[3],
                                             .changes = changes};
        if (pare_access_check(&access, &request) != PARE_ACCESS_OK) continue;
        const bool bearer = strlen(lines[2]) == 7 + strlen(TOKEN) && ends_with(lines[2], TOKEN);
        FUZZ_CHECK(pare_access_host_ok(&access, lines[0]));
        FUZZ_CHECK(bearer || strstr(lines[3], TOKEN) != NULL);
        FUZZ_CHECK(bearer || !changes || request.origin != NULL);
        const char *const slashes = request.origin ? strstr(request.origin, "//") : NULL;
        FUZZ_CHECK(!request.origin || (slashes && strcasecmp(slashes + 2, lines[0]) == 0));
    }
    access = (pare_access){.address = "127.0.0.1", .port = 8080}; /* at home, names are few */
    if (pare_access_host_ok(&access, lines[0])) {
        FUZZ_CHECK(strncasecmp(lines[0], "localhost:", 10) == 0 ||
                   strncmp(lines[0], "127.0.0.1:", 10) == 0 || strncmp(lines[0], "[::1]:", 6) == 0);
    }
}

static void check_target(char *target)
{
    static const char *const PATTERNS[] = {"/", "/*", "/api/v1/jobs/#", "/api/v1/presets/*",
                                           "/api/v1/jobs/#/results/#/output"};
    const size_t before = strlen(target);
    const size_t len = pare_target_unescape(target);
    FUZZ_CHECK(len <= before && len == strlen(target));
    for (size_t i = 0; i < sizeof PATTERNS / sizeof *PATTERNS; i++) {
        int64_t numbers[PARE_TARGET_NUMBERS] = {1, 1};
        const char *rest = target;
        if (!pare_target_matches(PATTERNS[i], target, numbers, &rest)) continue;
        FUZZ_CHECK(numbers[0] >= 1 && numbers[1] >= 1);
        FUZZ_CHECK(rest >= target && rest <= target + len);
    }
}

static void check_names(const char *name)
{
    pare_text safe = {0}, disposition = {0};
    if (!pare_upload_path_problem(name)) {
        FUZZ_CHECK(!has_bad_part(name));
        FUZZ_CHECK(pare_root_path_ok(name));
    }
    if (*name && pare_root_path_ok(name)) FUZZ_CHECK(!has_bad_part(name));
    pare_safe_name_add(&safe, name);
    FUZZ_CHECK(!has_bad_part(pare_text_string(&safe)));
    FUZZ_CHECK(!strpbrk(pare_text_string(&safe), "\\:\r\n"));
    pare_disposition_add(&disposition, "attachment", name);
    FUZZ_CHECK(!strpbrk(pare_text_string(&disposition), "\r\n"));
    pare_text_deinit(&safe);
    pare_text_deinit(&disposition);
}

static void check_job(const char *text)
{
    const pare_roots none = {0};
    char name[PARE_JOB_NAME_CAP] = "";
    pare_ledger_job row = {.name = name};
    pare_diag diag = {0};
    pare_settings settings;
    json_t *const json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(json)) {
        json_decref(json);
        return;
    }
    const pare_err err = pare_wanted_read(&none, json, &row, name, &diag);
    FUZZ_CHECK(err == PARE_OK || (err == PARE_ERR_INVALID && diag.text[0]));
    json_t *const wanted = json_object_get(json, "settings");
    if (err == PARE_OK) {
        FUZZ_CHECK(name[0] != '\0');
        FUZZ_CHECK(pare_settings_read(wanted, 0, &settings, NULL) == PARE_OK);
    }
    for (int delta = -40; delta <= 40 && err == PARE_OK && json_is_object(wanted); delta += 20) {
        json_t *const shifted = json_deep_copy(wanted);
        if (pare_settings_shift(shifted, delta, 80, 75, NULL) == PARE_OK) {
            FUZZ_CHECK(pare_settings_read(shifted, 0, &settings, NULL) == PARE_OK);
        }
        json_decref(shifted);
    }
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char empty[] = "", *lines[LINES];
    char *const text = malloc(len + 1);
    if (!text) return 0;
    memcpy(text, data, len);
    text[len] = '\0';
    char *at = text;
    for (int i = 0; i < LINES; i++) {
        char *const end = strchr(at, '\n');
        lines[i] = end ? at : empty;
        if (!end) continue;
        *end = '\0';
        at = end + 1;
    }
    check_access(lines);
    check_target(lines[4]);
    check_names(lines[5]);
    check_job(at);
    free(text);
    return 0;
}
