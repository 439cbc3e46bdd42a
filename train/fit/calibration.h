/* SPDX-License-Identifier: MIT */
/*
 * Fitting the confidence of models/captioner/confidence.h: where photos and pictures that show
 * nothing lie, the weights of its two factors, each a logistic regression, and the threshold below
 * which a picture is no photo.  The first factor separates photos (1) from empty pictures (0), the
 * second estimates the content precision of the photos' captions.
 */
#ifndef TRAIN_CALIBRATION_H
#define TRAIN_CALIBRATION_H

#include "models/captioner/confidence.h"
#include "train/fit/centres.h"
#include "train/tasks/scoring.h"

#include <stdint.h>

enum { CALIBRATION_PHOTO_CENTRES = 52, CALIBRATION_EMPTY_CENTRES = 36 };

/* The share of photos that the threshold may take for no photo, at most. */
#define CALIBRATION_FALSE_ALARMS 0.001

/* A calibration that owns what its confidence shows. */
struct calibration {
    struct confidence confidence;
    signed char *centres; /* [photo centres + empty centres][features] */
    float *scales;
    float weights[CONFIDENCE_FACTORS * CONFIDENCE_WEIGHTS];
};

/* Makes the centres of photos and of empty pictures, CALIBRATION_PHOTO_CENTRES and
 * CALIBRATION_EMPTY_CENTRES of them or as many as there are, and weights of 0.  The photos must not
 * be those that the weights are fitted to: one that has its part in a centre lies nearer to it than
 * another would. options->count is not looked at.  The caller finishes the calibration.  Errors:
 * TN_NOMEM, TN_CANCELLED. */
TN_NODISCARD enum tn_status
calibration_begin(const struct data_source *photos, const struct data_source *empty,
                  const struct centres_options *options, struct tn_pool *pool,
                  struct calibration *ret_calibration, struct tn_error *err);
void calibration_finish(struct calibration *calibration);

/* A caption: what is known of it when it is written, and what it turned out to be worth. */
struct calibration_example {
    struct confidence_evidence evidence;
    double score; /* its content precision */
};

/* What V alone shows of the photos in source->corpus: evidence without words. */
void calibration_look(const struct confidence *confidence, const struct data_source *source,
                      struct calibration_example *examples);
/* The examples [hypotheses->photos] of the photos in source->corpus. */
void calibration_examples(const struct confidence *confidence, const struct data_source *source,
                          const struct train_hypotheses *hypotheses,
                          struct calibration_example *examples);

/* Photos with captions; empty pictures, whose scores are not looked at; and further photos that
 * only the threshold has to let pass, of which nothing but V is known. */
struct calibration_set {
    const struct calibration_example *photos, *empty, *further;
    size_t photo_count, empty_count; /* at least 1 */
    size_t further_count;
};

/* Fits the weights and the threshold of a calibration with centres.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status calibration_fit(const struct calibration_set *set,
                                            struct calibration *calibration, struct tn_error *err);

/* What a fit says of examples that it has not seen. */
struct calibration_estimates {
    double *photos, *empty;             /* confidences [photo_count], [empty_count]; the caller's */
    size_t photos_denied, empty_denied; /* how many are taken for no photo */
};

/* What the fit is worth: fitted to every other example and asked for the rest, and the other way
 * round.  Of photos and of empty pictures at least 2.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status calibration_cross_fit(const struct calibration_set *set,
                                                  struct calibration_estimates *estimates,
                                                  struct tn_error *err);

#endif
