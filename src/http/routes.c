// SPDX-License-Identifier: Apache-2.0
/* Every address of the server. The first that fits counts. */
#include "http/api.h"

const pare_route PARE_ROUTES[] = {
    {"GET", "/healthz", pare_api_health, .flags = PARE_ROUTE_OPEN},
    {"GET", "/api/v1/openapi.json", pare_api_openapi},
    {"GET", "/api/v1/system", pare_api_system},
    {"GET", "/api/v1/roots/*", pare_api_entries},
    {"GET", "/", pare_api_page, .flags = PARE_ROUTE_OPEN | PARE_ROUTE_PAGE},
    {"GET", "/*", pare_api_asset, .flags = PARE_ROUTE_OPEN},
    {0},
};
