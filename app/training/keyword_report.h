/* SPDX-License-Identifier: MIT */
/* How good a model's keywords are on captioned photos: for `caption eval` and `caption calibrate`.
 */
#ifndef APP_KEYWORD_REPORT_H
#define APP_KEYWORD_REPORT_H

#include "app/training/trained.h"
#include "train/fit/keywords_fit.h"

#include <stdio.h>

/* Zero-initialise to begin; the caller finishes it in every case. */
struct keyword_report {
    struct keywords *keywords;
    struct keyword_examples examples; /* of the consensus; none without one */
    double *probabilities;            /* theirs */
    struct keyword_scores likely;     /* of those that --keywords auto takes */
    struct keyword_scores captions;   /* of the captions' words, for comparison */
};

/* Measures the keywords of photos with captions of people's and of the model's. */
TN_NODISCARD enum tn_status keyword_report_make(struct keyword_report *report,
                                                const struct app_trained *trained,
                                                const struct data_source *source,
                                                const struct train_hypotheses *hypotheses,
                                                struct tn_error *err);
/* Fits weights[KEYWORDS_WEIGHTS], and measures them on what the fit had not seen. */
TN_NODISCARD enum tn_status keyword_report_fit(struct keyword_report *report, float *weights,
                                               struct tn_error *err);
void keyword_report_finish(struct keyword_report *report);

/* Two lines, or one without a consensus. */
void keyword_report_print(const struct keyword_report *report, FILE *stream);
/* What other probabilities than that of auto would give. */
void keyword_report_print_curve(const struct keyword_report *report, FILE *stream);

enum { KEYWORD_NOTE_SIZE = 256 };
/* JSON for the model's metadata. */
void keyword_report_note(const struct keyword_report *report, char note[KEYWORD_NOTE_SIZE]);

#endif
