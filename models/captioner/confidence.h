/* SPDX-License-Identifier: MIT */
/*
 * How well a caption fits its photo, as an estimate that has a meaning: the content precision
 * (metrics/metrics.h) that such captions of such photos have on average.
 *
 *     confidence = s(a_0 + a_1 n + a_2 m + a_3 (z - z_0)) s(b_0 + b_1 n + b_2 w),
 *     s(x) = 1 / (1 + exp(-x))
 *
 *     n   the largest cosine of V with a centre of photos that the model was trained on
 *     m   the largest cosine of V with a centre of pictures that show nothing
 *     z   the share of V's numbers that are not 0, and z_0, that of photos on average: a page or a
 *         plot activates fewer
 *     w   sum_t u_t log p_t / sum_t u_t over the words, u_t = log(2 + the word's place in the
 *         vocabulary): frequent words, which say little, weigh little
 *
 * The first factor is whether the picture is a photo at all; the second how much of the caption is
 * right if it is.  A picture whose first factor is below a threshold is said to be no photo.  V is
 * what the decoder reads, scaled or not.  train/fit/calibration.h fits the weights, docs/format.md
 * says where the model file has them.
 */
#ifndef MODELS_CONFIDENCE_H
#define MODELS_CONFIDENCE_H

#include "tensor/matrix.h"
#include "tensor/safetensors.h"

#include <stdbool.h>
#include <stddef.h>

enum { CONFIDENCE_FACTORS = 2, CONFIDENCE_WEIGHTS = 3, CONFIDENCE_MAX_CENTRES = 4096 };

/* A decoder's calibration; all is borrowed.  Zeroed: there is none. */
struct confidence {
    struct tn_matrix photos, empty; /* centres of length 1 as int8 rows, [centres][features] */
    const float *weights;           /* [CONFIDENCE_FACTORS][CONFIDENCE_WEIGHTS]: a, then b */
    float active[2];                /* a_3 and z_0; 0 in older calibrations */
    float least_photo;              /* below this first factor a picture is no photo */
};

/* The threshold of a calibration that has none of its own. */
#define CONFIDENCE_LEAST_PHOTO 0.5F

/* What an estimate is made of. */
struct confidence_evidence {
    double photo, empty; /* n and m */
    double active;       /* z */
    double words;        /* w */
};

/* n, m and z of V [features]; all 0 for a V of zeros. */
void confidence_look(const struct confidence *confidence, const float *features,
                     struct confidence_evidence *evidence);
/* w of a caption's words [count], as ids of the vocabulary, and their log-probabilities; 0 without
 * words. */
double confidence_words(const int *words, const float *log_probs, size_t count);
/* The confidence, 0 to 1, of a calibration that is there. */
double confidence_estimate(const struct confidence *confidence,
                           const struct confidence_evidence *evidence);
/* The first factor alone: the probability that the picture is a photo. */
double confidence_photo(const struct confidence *confidence,
                        const struct confidence_evidence *evidence);
/* Whether that is below the threshold. */
bool confidence_denies_photo(const struct confidence *confidence,
                             const struct confidence_evidence *evidence);
/* What stands in its place without a calibration: the geometric mean of the probabilities of
 * words [count] and end, whose logarithms sum to log_prob. */
double confidence_uncalibrated(double log_prob, size_t count);

/* The calibration of the decoder whose tensors' names begin with prefix ("decoder.en."), as views
 * of the file; zeroed when it has none.  Errors: TN_FORMAT, TN_SHAPE, TN_NOTFOUND for one that is
 * not whole. */
TN_NODISCARD enum tn_status confidence_get(const struct tn_file *file, const char *prefix,
                                           size_t features, struct confidence *ret_confidence,
                                           struct tn_error *err);

/* Writes a copy of the model file in which the decoder for a language has this calibration in the
 * place of any that it had; note is the metadata's "decoder.<language>.calibration".  Atomic: path
 * may be the file itself.  Errors: TN_NOMEM, TN_IO. */
TN_NODISCARD enum tn_status confidence_save(const char *path, const struct tn_file *file,
                                            const char *language,
                                            const struct confidence *confidence, const char *note,
                                            struct tn_error *err);

#endif
