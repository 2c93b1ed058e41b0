// SPDX-License-Identifier: Apache-2.0
/* The handlers of the routes, by the names of docs/api/openapi.json. Internal to src/http. */
#ifndef PARE_HTTP_API_H
#define PARE_HTTP_API_H

#include <pare/pare.h>

#include "http/request.h"

void pare_api_page(pare_request *request); /* api_asset.c */
void pare_api_asset(pare_request *request);
void pare_api_openapi(pare_request *request);

void pare_api_health(pare_request *request); /* api_system.c */
void pare_api_system(pare_request *request);
void pare_api_entries(pare_request *request);

void pare_api_metrics(pare_request *request); /* api_metrics.c */
void pare_api_prometheus(pare_request *request);

void pare_api_jobs(pare_request *request); /* api_jobs.c */
void pare_api_create_job(pare_request *request);
void pare_api_job(pare_request *request);
void pare_api_delete_job(pare_request *request);
void pare_api_start_job(pare_request *request);
void pare_api_pause_job(pare_request *request);
void pare_api_resume_job(pare_request *request);
void pare_api_cancel_job(pare_request *request);
void pare_api_retry_job(pare_request *request);

void pare_api_begin_upload(pare_request *request); /* api_upload.c */
bool pare_api_take_upload(pare_request *request, const void *data, size_t len);
void pare_api_end_upload(pare_request *request);

void pare_api_results(pare_request *request); /* api_results.c */
void pare_api_results_csv(pare_request *request);
void pare_api_results_json(pare_request *request);
void pare_api_redo(pare_request *request);

void pare_api_original(pare_request *request); /* api_view.c */
void pare_api_output(pare_request *request);
/* The Content-Type of an image that is downloaded; SVG has none of its own. */
const char *pare_image_type(pare_format format);

void pare_api_download_zip(pare_request *request); /* api_zip.c */

void pare_api_events(pare_request *request); /* api_events.c */

void pare_api_history(pare_request *request); /* api_history.c */
void pare_api_undo_job(pare_request *request);
void pare_api_undo_run(pare_request *request);
void pare_api_presets(pare_request *request);
void pare_api_put_preset(pare_request *request);
void pare_api_delete_preset(pare_request *request);

void pare_api_begin_optimize(pare_request *request); /* api_optimize.c */
bool pare_api_take_optimize(pare_request *request, const void *data, size_t len);
void pare_api_end_optimize(pare_request *request);

#endif /* PARE_HTTP_API_H */
