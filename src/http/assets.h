// SPDX-License-Identifier: Apache-2.0
/* The files of the page, as the build found them. tools/embed_assets.py writes the table. */
#ifndef PARE_HTTP_ASSETS_H
#define PARE_HTTP_ASSETS_H

#include <stddef.h>
#include <stdint.h>

typedef struct pare_asset_bytes {
    const uint8_t *data; /* NULL: there is none */
    size_t len;
} pare_asset_bytes;

typedef struct pare_asset {
    const char *path; /* "/index.html", "/main-7K2J.js" */
    const char *type; /* Content-Type */
    const char *etag; /* with its quotes */
    int immutable;    /* its name holds a hash of its contents */
    pare_asset_bytes plain, gzip, brotli;
} pare_asset;

/* In the order of path; ends with a NULL path. The page is "/index.html", the description of the
 * interface "/openapi.json". */
extern const pare_asset PARE_ASSETS[];

#endif /* PARE_HTTP_ASSETS_H */
