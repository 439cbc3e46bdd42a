/* SPDX-License-Identifier: MIT */
/* What `caption eval` writes: a table for people, JSON for programs. */
#ifndef APP_EVAL_REPORT_H
#define APP_EVAL_REPORT_H

#include "app/training/keyword_report.h"
#include "app/training/recall_report.h"
#include "train/fit/reliability.h"
#include "train/tasks/scoring.h"

#include <stdio.h>

/* Everything is borrowed. */
struct eval_report {
    const char *model, *split;
    bool without_splits; /* some of the photos are of sets that name none */
    bool known;          /* the model records its training photos */
    size_t trained;      /* photos here that it was trained on */
    size_t left_out;     /* photos that are not here, as they are not of the split: trained on, or,
                            of "train", not */
    size_t beam;
    const struct train_scores *scores;
    const struct data_set *dataset;
    const struct data_corpus *corpus;
    const struct train_hypotheses *hypotheses;
    const double *confidences;             /* [photos], of the captions */
    const bool *denied;                    /* [photos]: taken for no photo */
    const struct reliability *reliability; /* theirs; NULL: the model is not calibrated */
    const struct keyword_report *keywords;
    const struct recall_report *recall;
    const struct vocab *vocab;
    enum vocab_language language;
};

void eval_print_table(const struct eval_report *report, FILE *stream);
/* {"model", "split", "photos", "trained_on" (null: not known),
 * "scores": {...}, "keywords": {...}, "recall": {...}, "calibration": {...} of a calibrated model,
 * "captions": [{"photo", "caption", "confidence", "not_a_photo" (if so), "cider_d", ...}]}, written
 * atomically. */
TN_NODISCARD enum tn_status eval_save_json(const struct eval_report *report, const char *path,
                                           struct tn_error *err);

#endif
