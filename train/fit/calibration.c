/* SPDX-License-Identifier: MIT */
#include "train/fit/calibration.h"

#include "cnn/int8/encoder.h"
#include "train/fit/logistic.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = CONFIDENCE_WEIGHTS - 1 }; /* of each factor */

static const double ridge = 1;

/* ---- Centres ---- */

static size_t fewer(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The group's centres as int8 rows. */
static enum tn_status make_centres(const struct data_source *group, size_t count,
                                   const struct centres_options *options, struct tn_pool *pool,
                                   signed char *q, float *scales, struct tn_matrix *ret_centres,
                                   struct tn_error *err)
{
    const size_t width = group->features->width;
    struct centres_options wanted = *options;
    float *centres = malloc(count * width * sizeof *centres);
    enum tn_status status;

    if (!centres)
        return tn_fail_nomem(err, count * width * sizeof *centres);
    wanted.count = count;
    status = train_centres_make(group, &wanted, pool, centres, err);
    if (status == TN_OK) {
        tn_quantise_rows(centres, count, width, q, scales);
        *ret_centres = (struct tn_matrix){TN_I8, count, width, q, scales};
    }
    free(centres);
    return status;
}

enum tn_status calibration_begin(const struct data_source *photos, const struct data_source *empty,
                                 const struct centres_options *options, struct tn_pool *pool,
                                 struct calibration *ret_calibration, struct tn_error *err)
{
    const size_t width = photos->features->width;
    const size_t known = fewer(photos->corpus->photo_count, CALIBRATION_PHOTO_CENTRES);
    const size_t nothing = fewer(empty->corpus->photo_count, CALIBRATION_EMPTY_CENTRES);
    struct calibration c = {.centres = malloc((known + nothing) * width),
                            .scales = malloc((known + nothing) * sizeof *c.scales)};
    enum tn_status status;

    if (!c.centres || !c.scales)
        status = tn_fail_nomem(err, (known + nothing) * width);
    else
        status = make_centres(photos, known, options, pool, c.centres, c.scales,
                              &c.confidence.photos, err);
    if (status == TN_OK)
        status = make_centres(empty, nothing, options, pool, c.centres + known * width,
                              c.scales + known, &c.confidence.empty, err);
    if (status == TN_OK) {
        *ret_calibration = c;
        ret_calibration->confidence.weights = ret_calibration->weights;
        ret_calibration->confidence.least_photo = CONFIDENCE_LEAST_PHOTO;
    } else {
        calibration_finish(&c);
    }
    return status;
}

void calibration_finish(struct calibration *calibration)
{
    free(calibration->centres);
    free(calibration->scales);
    memset(calibration, 0, sizeof *calibration);
}

/* ---- Examples ---- */

void calibration_examples(const struct confidence *confidence, const struct data_source *source,
                          const struct train_hypotheses *hypotheses,
                          struct calibration_example *examples)
{
    float features[CNN_ENCODER_FEATURES];

    assert(source->features->width <= CNN_ENCODER_FEATURES);
    for (size_t i = 0; i < hypotheses->photos; i++) {
        const size_t start = hypotheses->starts[i];

        data_source_features(source, i, features);
        confidence_look(confidence, features, &examples[i].evidence);
        examples[i].evidence.words =
            confidence_words(hypotheses->ids + start, hypotheses->word_log_probs + start,
                             hypotheses->starts[i + 1] - start);
        examples[i].score = hypotheses->content[i];
    }
}

/* ---- Fitting ---- */

/* Rows for a regression. */
struct rows {
    double *x; /* [count][FEATURES] */
    double *y; /* [count] */
    size_t count;
};

static void add(struct rows *rows, double first, double second, double y)
{
    rows->x[rows->count * FEATURES] = first;
    rows->x[rows->count * FEATURES + 1] = second;
    rows->y[rows->count++] = y;
}

/* Which examples: all, or every other one from 0 or 1 on. */
struct share {
    size_t first, step;
};

/* Photos against empty pictures by where V lies, then the photos' scores. */
static void fit(const struct calibration_set *set, const struct share *share, struct rows *rows,
                float *weights)
{
    double fitted[CONFIDENCE_FACTORS * CONFIDENCE_WEIGHTS];

    rows->count = 0;
    for (size_t i = share->first; i < set->photo_count; i += share->step)
        add(rows, set->photos[i].evidence.photo, set->photos[i].evidence.empty, 1);
    for (size_t i = share->first; i < set->empty_count; i += share->step)
        add(rows, set->empty[i].evidence.photo, set->empty[i].evidence.empty, 0);
    logistic_fit(rows->x, rows->y, rows->count, FEATURES, ridge, fitted);
    rows->count = 0;
    for (size_t i = share->first; i < set->photo_count; i += share->step)
        add(rows, set->photos[i].evidence.photo, set->photos[i].evidence.words,
            set->photos[i].score);
    logistic_fit(rows->x, rows->y, rows->count, FEATURES, ridge, fitted + CONFIDENCE_WEIGHTS);
    for (size_t i = 0; i < CONFIDENCE_FACTORS * CONFIDENCE_WEIGHTS; i++)
        weights[i] = (float)fitted[i];
}

static enum tn_status rows_init(struct rows *rows, const struct calibration_set *set,
                                struct tn_error *err)
{
    const size_t most = set->photo_count + set->empty_count;

    rows->x = malloc(most * FEATURES * sizeof *rows->x);
    rows->y = malloc(most * sizeof *rows->y);
    return rows->x && rows->y ? TN_OK : tn_fail_nomem(err, most * FEATURES * sizeof *rows->x);
}

static void rows_finish(struct rows *rows)
{
    free(rows->x);
    free(rows->y);
}

enum tn_status calibration_fit(const struct calibration_set *set, float *weights,
                               struct tn_error *err)
{
    const struct share all = {0, 1};
    struct rows rows = {.count = 0};
    const enum tn_status status = rows_init(&rows, set, err);

    if (status == TN_OK)
        fit(set, &all, &rows, weights);
    rows_finish(&rows);
    return status;
}

static void estimate(const float *weights, const struct calibration_example *examples, size_t count,
                     const struct share *share, double *out)
{
    for (size_t i = share->first; i < count; i += share->step)
        out[i] = confidence_estimate(weights, &examples[i].evidence);
}

enum tn_status calibration_cross_fit(const struct calibration_set *set, double *estimates,
                                     double *empty_estimates, struct tn_error *err)
{
    float weights[CONFIDENCE_FACTORS * CONFIDENCE_WEIGHTS];
    struct rows rows = {.count = 0};
    const enum tn_status status = rows_init(&rows, set, err);

    for (size_t half = 0; half < 2 && status == TN_OK; half++) {
        const struct share seen = {half, 2}, unseen = {1 - half, 2};

        fit(set, &seen, &rows, weights);
        estimate(weights, set->photos, set->photo_count, &unseen, estimates);
        estimate(weights, set->empty, set->empty_count, &unseen, empty_estimates);
    }
    rows_finish(&rows);
    return status;
}
