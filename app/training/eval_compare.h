/* SPDX-License-Identifier: MIT */
/* Two models on the same photos, photo by photo. */
#ifndef APP_EVAL_COMPARE_H
#define APP_EVAL_COMPARE_H

#include "app/training/eval_report.h"

/* The mean of what each photo gained, and its standard error. */
struct eval_paired {
    double difference, error;
    size_t better, worse, equal;
};
struct eval_paired eval_pair(const double *now, const double *before, size_t photos);

/* Rows of both models below those of the new one. */
void eval_print_comparison(const struct eval_report *report, FILE *stream);
struct json_object;
/* {"model", "scores", "cider_d": {"difference", "standard_error"}, "content_precision": the same,
 * "better", "worse", "equal"} */
struct json_object *eval_comparison_json(const struct eval_report *report);

#endif
