/* SPDX-License-Identifier: MIT */
/* What `caption eval` writes: a table for people, JSON for programs. */
#ifndef APP_EVAL_REPORT_H
#define APP_EVAL_REPORT_H

#include "app/training/keyword_report.h"
#include "app/training/recall_report.h"
#include "train/fit/reliability.h"
#include "train/tasks/people_score.h"
#include "train/tasks/scoring.h"

#include <stdio.h>

/* A model that the other one is compared with, on the same photos.  Everything is borrowed. */
struct eval_rival {
    const char *model;
    const struct train_scores *scores;
    const struct train_hypotheses *hypotheses;
    const struct vocab *vocab;
};

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
    const struct train_people *people; /* NULL: not asked for */
    const struct vocab *vocab;
    enum vocab_language language;
    const char *language_name;      /* "en" */
    const struct eval_rival *rival; /* NULL: there is none */
};

/* The caption of a photo as a sentence. */
enum { EVAL_CAPTION_SIZE = 4096 };
void eval_caption_text(const struct train_hypotheses *said, const struct vocab *vocab,
                       enum vocab_language language, size_t photo, char *out, size_t size);

struct json_object;
struct json_object *eval_scores_json(const struct train_scores *scores);

void eval_print_table(const struct eval_report *report, FILE *stream);
/* {"model", "split", "photos", "trained_on" (null: not known),
 * "scores": {...}, "people": {...} (if asked for), "keywords": {...}, "recall": {...},
 * "calibration": {...} of a calibrated model, "compared": {...} with a rival, "captions":
 * [{"photo", "caption", "confidence", "not_a_photo" (if so), "cider_d", ..., "compared":
 * {"caption", "cider_d", ...} with a rival}]}, written atomically.
 */
TN_NODISCARD enum tn_status eval_save_json(const struct eval_report *report, const char *path,
                                           struct tn_error *err);

#endif
