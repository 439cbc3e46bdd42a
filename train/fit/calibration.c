/* SPDX-License-Identifier: MIT */
#include "train/fit/calibration.h"

#include "cnn/int8/encoder.h"
#include "train/fit/logistic.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PHOTO_FEATURES = 3, WORD_FEATURES = 2, MOST_FEATURES = PHOTO_FEATURES };

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

void calibration_look(const struct confidence *confidence, const struct data_source *source,
                      struct calibration_example *examples)
{
    float features[CNN_ENCODER_FEATURES];

    assert(source->features->width <= CNN_ENCODER_FEATURES);
    for (size_t i = 0; i < source->corpus->photo_count; i++) {
        examples[i] = (struct calibration_example){.score = 0};
        data_source_features(source, i, features);
        confidence_look(confidence, features, &examples[i].evidence);
    }
}

void calibration_examples(const struct confidence *confidence, const struct data_source *source,
                          const struct train_hypotheses *hypotheses,
                          struct calibration_example *examples)
{
    calibration_look(confidence, source, examples);
    for (size_t i = 0; i < hypotheses->photos; i++) {
        const size_t start = hypotheses->starts[i];

        examples[i].evidence.words =
            confidence_words(hypotheses->ids + start, hypotheses->word_log_probs + start,
                             hypotheses->starts[i + 1] - start);
        examples[i].score = hypotheses->content[i];
    }
}

/* ---- Fitting ---- */

/* Rows for a regression, and room for as many numbers as there are photos. */
struct rows {
    double *x; /* [count][features] */
    double *y; /* [count] */
    size_t count, features;
    double *chances;
};

/* Which examples: all, or every other one from 0 or 1 on. */
struct share {
    size_t first, step;
};

static void begin_rows(struct rows *rows, size_t features)
{
    rows->count = 0;
    rows->features = features;
}

static void add_row(struct rows *rows, const double *x, double y)
{
    memcpy(rows->x + rows->count * rows->features, x, rows->features * sizeof *x);
    rows->y[rows->count++] = y;
}

/* A row for the first factor: a photo or not.  z counts from z_0. */
static void add_picture(struct rows *rows, const struct calibration *calibration,
                        const struct confidence_evidence *evidence, double photo)
{
    const double usual = (double)calibration->confidence.active[1];
    const double x[] = {evidence->photo, evidence->empty, evidence->active - usual};

    add_row(rows, x, photo);
}

/* z_0 and the first factor, a: photos against empty pictures by where V lies. */
static void fit_photo_factor(const struct calibration_set *set, const struct share *share,
                             struct rows *rows, struct calibration *calibration)
{
    struct confidence *confidence = &calibration->confidence;
    double fitted[PHOTO_FEATURES + 1], sum = 0;
    size_t count = 0;

    for (size_t i = share->first; i < set->photo_count; i += share->step, count++)
        sum += set->photos[i].evidence.active;
    confidence->active[1] = (float)(sum / (double)count);
    begin_rows(rows, PHOTO_FEATURES);
    for (size_t i = share->first; i < set->photo_count; i += share->step)
        add_picture(rows, calibration, &set->photos[i].evidence, 1);
    for (size_t i = share->first; i < set->empty_count; i += share->step)
        add_picture(rows, calibration, &set->empty[i].evidence, 0);
    logistic_fit(rows->x, rows->y, rows->count, PHOTO_FEATURES, ridge, fitted);
    for (size_t j = 0; j < CONFIDENCE_WEIGHTS; j++)
        calibration->weights[j] = (float)fitted[j];
    confidence->active[0] = (float)fitted[PHOTO_FEATURES];
}

/* The second factor, b: the photos' scores. */
static void fit_word_factor(const struct calibration_set *set, const struct share *share,
                            struct rows *rows, struct calibration *calibration)
{
    double fitted[WORD_FEATURES + 1];

    begin_rows(rows, WORD_FEATURES);
    for (size_t i = share->first; i < set->photo_count; i += share->step) {
        const struct confidence_evidence *evidence = &set->photos[i].evidence;

        add_row(rows, (const double[]){evidence->photo, evidence->words}, set->photos[i].score);
    }
    logistic_fit(rows->x, rows->y, rows->count, WORD_FEATURES, ridge, fitted);
    for (size_t j = 0; j < CONFIDENCE_WEIGHTS; j++)
        calibration->weights[CONFIDENCE_WEIGHTS + j] = (float)fitted[j];
}

static int compare_chances(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* Where a picture is as likely a photo as not if there are as many of both: the fit takes photos
 * for as rare as they are in the set. */
static double even_chance(const struct calibration_set *set)
{
    return (double)set->photo_count / (double)(set->photo_count + set->empty_count);
}

/* The highest threshold that takes no more photos than allowed for none; never more than an even
 * chance, as a few photos do not show how low others may be. */
static void fit_threshold(const struct calibration_set *set, const struct share *share,
                          struct rows *rows, struct calibration *calibration)
{
    struct confidence *confidence = &calibration->confidence;
    const double most = fmin(even_chance(set), (double)CONFIDENCE_LEAST_PHOTO);
    size_t count = 0;
    double allowed;

    for (size_t i = share->first; i < set->photo_count; i += share->step)
        rows->chances[count++] = confidence_photo(confidence, &set->photos[i].evidence);
    for (size_t i = 0; i < set->further_count; i++)
        rows->chances[count++] = confidence_photo(confidence, &set->further[i].evidence);
    qsort(rows->chances, count, sizeof *rows->chances, compare_chances);
    allowed = rows->chances[(size_t)(CALIBRATION_FALSE_ALARMS * (double)count)];
    confidence->least_photo = nextafterf((float)fmin(allowed, most), 0);
}

static void fit(const struct calibration_set *set, const struct share *share, struct rows *rows,
                struct calibration *calibration)
{
    fit_photo_factor(set, share, rows, calibration);
    fit_word_factor(set, share, rows, calibration);
    fit_threshold(set, share, rows, calibration);
}

static enum tn_status rows_init(struct rows *rows, const struct calibration_set *set,
                                struct tn_error *err)
{
    const size_t most = set->photo_count + set->empty_count + set->further_count;

    rows->x = malloc(most * MOST_FEATURES * sizeof *rows->x);
    rows->y = malloc(most * sizeof *rows->y);
    rows->chances = malloc(most * sizeof *rows->chances);
    return rows->x && rows->y && rows->chances
               ? TN_OK
               : tn_fail_nomem(err, most * MOST_FEATURES * sizeof *rows->x);
}

static void rows_finish(struct rows *rows)
{
    free(rows->x);
    free(rows->y);
    free(rows->chances);
}

enum tn_status calibration_fit(const struct calibration_set *set, struct calibration *calibration,
                               struct tn_error *err)
{
    const struct share all = {0, 1};
    struct rows rows = {.count = 0};
    const enum tn_status status = rows_init(&rows, set, err);

    if (status == TN_OK)
        fit(set, &all, &rows, calibration);
    rows_finish(&rows);
    return status;
}

/* Returns how many are no photos. */
static size_t estimate(const struct confidence *confidence,
                       const struct calibration_example *examples, size_t count,
                       const struct share *share, double *out)
{
    size_t denied = 0;

    for (size_t i = share->first; i < count; i += share->step) {
        out[i] = confidence_estimate(confidence, &examples[i].evidence);
        denied += confidence_denies_photo(confidence, &examples[i].evidence);
    }
    return denied;
}

enum tn_status calibration_cross_fit(const struct calibration_set *set,
                                     struct calibration_estimates *estimates, struct tn_error *err)
{
    struct calibration c = {.centres = NULL};
    struct rows rows = {.count = 0};
    const enum tn_status status = rows_init(&rows, set, err);

    c.confidence.weights = c.weights;
    estimates->photos_denied = estimates->empty_denied = 0;
    for (size_t half = 0; half < 2 && status == TN_OK; half++) {
        const struct share seen = {half, 2}, unseen = {1 - half, 2};

        fit(set, &seen, &rows, &c);
        estimates->photos_denied +=
            estimate(&c.confidence, set->photos, set->photo_count, &unseen, estimates->photos);
        estimates->empty_denied +=
            estimate(&c.confidence, set->empty, set->empty_count, &unseen, estimates->empty);
    }
    rows_finish(&rows);
    return status;
}
