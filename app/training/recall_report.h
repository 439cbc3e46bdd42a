/* SPDX-License-Identifier: MIT */
/* How well a model finds photos by what people said about them, and the other way round: for
 * `caption eval`. */
#ifndef APP_RECALL_REPORT_H
#define APP_RECALL_REPORT_H

#include "app/training/trained.h"

#include <stdio.h>

/* RECALL_PHOTOS: at most so many, the first ones, are searched, since more are harder to find. */
enum { RECALL_PHOTOS = 1000, RECALL_DEPTHS = 3 };

/* The share of searches that find what they should among the first 1, 5 and 10, and its median
 * place, 1 for the first. */
struct recall_scores {
    double at[RECALL_DEPTHS], median;
};

/*
 * s(q, V) of each caption q and each photo (models/captioner/relevance.h), which
 *
 *     photos     orders the photos for each caption; its own one is to be found
 *     captions   orders the captions for each photo by  s(q, V) - log sum_j exp s(q, V_j), j all
 *                photos: how probable the photo is, given the caption; one of its own is to be
 * found
 */
struct recall_report {
    size_t photo_count; /* 0: the model has no consensus */
    struct recall_scores photos, captions;
};

TN_NODISCARD enum tn_status recall_report_make(struct recall_report *ret_report,
                                               const struct app_trained *trained,
                                               const struct data_source *source,
                                               struct tn_error *err);
/* Two lines; none without a consensus. */
void recall_report_print(const struct recall_report *report, FILE *stream);

#endif
