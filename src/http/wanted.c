// SPDX-License-Identifier: Apache-2.0
/* What a request for a job may say. */
#include "http/wanted.h"

#include <stdio.h>
#include <string.h>

#include "host/engine.h"
#include "http/settings.h"

static pare_priority read_priority(json_t *value, bool *ok)
{
    static const char *const NAMES[] = {"normal", "low", "high"};
    *ok = !value;
    for (int i = 0; i < 3; i++) {
        if (json_is_string(value) && strcmp(json_string_value(value), NAMES[i]) == 0) {
            *ok = true;
            return (pare_priority)i;
        }
    }
    return PARE_PRIORITY_NORMAL;
}

static void default_name(const pare_roots *roots, json_t *source, char *name, size_t cap)
{
    const char *id = json_string_value(json_object_get(source, "root"));
    const pare_root *root = id ? pare_roots_find(roots, id) : NULL;
    json_t *const paths = json_object_get(source, "paths");
    const char *path = json_string_value(json_array_get(paths, 0));
    const size_t more = json_array_size(paths) - 1;
    if (!root) {
        snprintf(name, cap, "Upload");
    } else if (json_array_size(paths) > 1) {
        snprintf(name, cap, "%.150s and %zu more", path && *path ? path : pare_root_name(root),
                 more);
    } else {
        snprintf(name, cap, "%.190s", path && *path ? path : pare_root_name(root));
    }
}

static pare_err check_source(json_t *source, pare_diag *diag)
{
    json_t *const paths = json_object_get(source, "paths");
    const bool uploads = json_is_true(json_object_get(source, "uploads"));
    const size_t members = json_object_size(source);
    if (uploads && members == 1) return PARE_OK;
    if (members == 2 && json_is_string(json_object_get(source, "root")) && json_is_array(paths) &&
        json_array_size(paths) >= 1 && json_array_size(paths) <= 1000) {
        return PARE_OK;
    }
    return pare_fail(diag, PARE_ERR_INVALID,
                     "source must be {\"uploads\": true}, or {\"root\": ID, \"paths\": [...]} with "
                     "1 to 1000 paths");
}

pare_err pare_wanted_read(const pare_roots *roots, json_t *wanted, pare_ledger_job *row,
                          char name[PARE_JOB_NAME_CAP], pare_diag *diag)
{
    static const char *const KNOWN[] = {"name", "source", "settings", "priority"};
    const char *key;
    json_t *value;
    bool ok;
    pare_settings settings;
    json_object_foreach(wanted, key, value)
    {
        ok = false;
        for (int i = 0; i < 4; i++)
            ok |= strcmp(key, KNOWN[i]) == 0;
        if (!ok) return pare_fail(diag, PARE_ERR_INVALID, "there is no \"%.40s\"", key);
    }
    json_t *const source = json_object_get(wanted, "source");
    PARE_TRY(check_source(source, diag));
    PARE_TRY(pare_settings_read(json_object_get(wanted, "settings"), 0, &settings, diag));
    row->priority = (int)read_priority(json_object_get(wanted, "priority"), &ok);
    if (!ok) return pare_fail(diag, PARE_ERR_INVALID, "priority must be low, normal or high");
    value = json_object_get(wanted, "name");
    if (value && (!json_is_string(value) || json_string_length(value) > 200)) {
        return pare_fail(diag, PARE_ERR_INVALID, "name must be a text of at most 200 bytes");
    }
    default_name(roots, source, name, PARE_JOB_NAME_CAP);
    if (value && json_string_length(value) > 0) {
        snprintf(name, PARE_JOB_NAME_CAP, "%s", json_string_value(value));
    }
    row->state = json_object_get(source, "uploads") ? PARE_JOB_COLLECTING : PARE_JOB_QUEUED;
    return PARE_OK;
}
