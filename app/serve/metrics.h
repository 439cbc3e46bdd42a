/* SPDX-License-Identifier: MIT */
/* What the server has done, in Prometheus' text format. */
#ifndef APP_METRICS_H
#define APP_METRICS_H

#include "base/status.h"

#include <stddef.h>

struct serve_metrics;

TN_NODISCARD enum tn_status serve_metrics_create(struct serve_metrics **ret_metrics,
                                                 struct tn_error *err);
void serve_metrics_destroy(struct serve_metrics *metrics);

/* A request has come, and has ended: its route's path ("other": of no route; static), the code (0:
 * cut off). */
void serve_metrics_begin(struct serve_metrics *metrics);
void serve_metrics_end(struct serve_metrics *metrics, const char *path, unsigned code,
                       double seconds);
void serve_metrics_photos(struct serve_metrics *metrics, size_t captioned, size_t failed);
/* A batch of so many photos; context: the metrics. */
void serve_metrics_batch(void *context, size_t photos);

/* From malloc; NULL: no memory. */
char *serve_metrics_text(struct serve_metrics *metrics, size_t *ret_size);

#endif
