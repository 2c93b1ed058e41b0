// SPDX-License-Identifier: Apache-2.0
/* The handlers of the routes, by the names of docs/api/openapi.json. Internal to src/http. */
#ifndef PARE_HTTP_API_H
#define PARE_HTTP_API_H

#include "http/request.h"

void pare_api_page(pare_request *request); /* api_asset.c */
void pare_api_asset(pare_request *request);
void pare_api_openapi(pare_request *request);

void pare_api_health(pare_request *request); /* api_system.c */
void pare_api_system(pare_request *request);
void pare_api_entries(pare_request *request);

#endif /* PARE_HTTP_API_H */
