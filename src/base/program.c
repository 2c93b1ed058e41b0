// SPDX-License-Identifier: Apache-2.0
#include "base/program.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The length of this program's folder with its slash, 0 when the kernel does not tell. */
static size_t own_folder(char path[PARE_PROGRAM_PATH_CAP])
{
    const ssize_t len = readlink("/proc/self/exe", path, PARE_PROGRAM_PATH_CAP - 1);
    if (len <= 0) return 0;
    path[len] = '\0';
    const char *const slash = strrchr(path, '/');
    return slash ? (size_t)(slash + 1 - path) : 0;
}

bool pare_program_find(const char *const *near, size_t count, const char *installed,
                       char path[PARE_PROGRAM_PATH_CAP])
{
    const size_t folder_len = own_folder(path);
    for (size_t i = 0; i < count && folder_len > 0; i++) {
        const size_t left = PARE_PROGRAM_PATH_CAP - folder_len;
        const int need = snprintf(path + folder_len, left, "%s", near[i]);
        if (need > 0 && (size_t)need < left && access(path, X_OK) == 0) return true;
    }
    snprintf(path, PARE_PROGRAM_PATH_CAP, "%s", installed);
    return access(path, X_OK) == 0;
}
