// SPDX-License-Identifier: Apache-2.0
/* Numbers of the engine and the server, for the page and for Prometheus. Internal to src/http. */
#ifndef PARE_HTTP_METRICS_JSON_H
#define PARE_HTTP_METRICS_JSON_H

#include <stdint.h>

struct pare_server;

/* Metrics of openapi.json; made at most twice a second, borrowed until the next call. */
const char *pare_metrics_json(struct pare_server *server, uint64_t now_us);

#endif /* PARE_HTTP_METRICS_JSON_H */
