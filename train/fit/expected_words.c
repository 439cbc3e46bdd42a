/* SPDX-License-Identifier: MIT */
#include "train/fit/expected_words.h"

#include "base/memory.h"
#include "tensor/half.h"
#include "tensor/pointwise.h"
#include "train/fit/ridge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS = 5, PREDICTED = 256 /* photos that are predicted together */ };

struct fitting {
    const struct expected_words_options *options;
    struct tn_pool *pool;
    struct expected_words *out;
    unsigned *networks; /* [photos]: a bit for each part of the teacher that knows it; owned */
    bool *fitted;       /* [photos]: in the fits of the combination at hand; owned */
    size_t *rows;       /* [row_count]: these photos; owned */
    size_t row_count;
    unsigned combination;
    size_t width;         /* of its networks' features */
    float *x, *y;         /* [max(rows, PREDICTED)][width], [..][words]; owned */
    double left, all;     /* squares: of what the fits left, and of y */
    double squares, many; /* of predictions, and how many */
};

static bool has_captions(const struct data_photo *photo)
{
    return photo->split != DATA_SPLIT_OUT && photo->caption_count > 0;
}

static bool is_fitted_to(const struct fitting *f, size_t photo)
{
    return f->out->said[photo] != SIZE_MAX &&
           data_photo_is_train(&f->options->dataset->photos[photo]);
}

/* ---- What was said ---- */

/* shares[words] of a photo of the corpus. */
static void count_words(const struct expected_words *w, size_t number, float *shares)
{
    const struct data_corpus *c = &w->corpus;
    const size_t first = c->firsts[number], end = c->firsts[number + 1];

    memset(shares, 0, w->words * sizeof *shares);
    for (size_t caption = first; caption < end; caption++)
        for (size_t t = c->starts[caption]; t < c->starts[caption + 1]; t++) {
            const size_t word = (size_t)(c->ids[t] - VOCAB_FIRST_WORD);
            bool again = c->ids[t] < VOCAB_FIRST_WORD || word >= w->words;

            for (size_t before = c->starts[caption]; before < t; before++)
                again = again || c->ids[before] == c->ids[t];
            if (!again)
                shares[word] += 1 / (float)(end - first);
        }
}

bool expected_words_said(const struct expected_words *w, size_t photo, float *out)
{
    if (w->said[photo] == SIZE_MAX)
        return false;
    count_words(w, w->said[photo], out);
    for (size_t i = 0; i < w->words; i++)
        out[i] = (out[i] - w->mean[i]) * w->scale;
    return true;
}

bool expected_words_get(const struct expected_words *w, size_t photo, float *out)
{
    if (!w->known[photo])
        return false;
    tn_half_to_float(out, w->values + photo * w->words, w->words);
    return true;
}

/* Each word's mean share over the photos that are fitted to. */
static enum tn_status measure_words(struct fitting *f, struct tn_error *err)
{
    struct expected_words *w = f->out;
    float *shares = malloc((w->words + 1) * sizeof *shares);
    size_t count = 0;

    if (!shares)
        return tn_fail_nomem(err, w->words * sizeof *shares);
    for (size_t photo = 0; photo < w->photos; photo++) {
        if (!is_fitted_to(f, photo))
            continue;
        count_words(w, w->said[photo], shares);
        tn_axpy(w->mean, 1, shares, w->words);
        count++;
    }
    if (count > 0)
        tn_scale(w->mean, 1 / (float)count, w->words);
    w->scale = 1;
    free(shares);
    return TN_OK;
}

/* ---- Fits ---- */

/* The features of the combination's networks, side by side. */
static void read_features(const struct fitting *f, size_t photo, float *x)
{
    const struct teacher *teacher = f->options->teacher;

    for (size_t p = 0; p < teacher->part_count; p++)
        if (f->combination >> p & 1) {
            teacher_get(teacher, &teacher->parts[p], photo, x);
            x += teacher->parts[p].width;
        }
}

/* Chooses the captioned photos that the combination's networks know; too many are thinned. */
static void choose_rows(struct fitting *f)
{
    const struct expected_words *w = f->out;
    size_t all = 0;

    memset(f->fitted, 0, w->photos * sizeof *f->fitted);
    for (size_t photo = 0; photo < w->photos; photo++)
        if (is_fitted_to(f, photo) && (f->networks[photo] & f->combination) == f->combination)
            f->rows[all++] = photo;
    f->row_count = all < EXPECTED_MOST_PHOTOS ? all : EXPECTED_MOST_PHOTOS;
    for (size_t i = 0; i < f->row_count; i++) {
        f->rows[i] = f->rows[i * all / f->row_count];
        f->fitted[f->rows[i]] = true;
    }
    f->width = 0;
    for (size_t p = 0; p < f->options->teacher->part_count; p++)
        f->width += f->combination >> p & 1 ? f->options->teacher->parts[p].width : 0;
}

/* Fits to the rows that are not in a fold; FOLDS: to all. */
static enum tn_status fit_rows(struct fitting *f, size_t fold, struct ridge *ret_ridge,
                               struct tn_error *err)
{
    size_t count = 0;

    for (size_t i = 0; i < f->row_count; i++) {
        if (i % FOLDS == fold)
            continue;
        read_features(f, f->rows[i], f->x + count * f->width);
        expected_words_said(f->out, f->rows[i], f->y + count++ * f->out->words);
    }
    return ridge_fit(f->pool, f->x, f->y, count, f->width, f->out->words, RIDGE_SHARE, ret_ridge,
                     err);
}

/* Puts predictions y of the photos into their rows. */
static void keep_predictions(struct fitting *f, const size_t *photos, size_t count, float *truth)
{
    struct expected_words *w = f->out;

    for (size_t i = 0; i < count; i++) {
        const float *y = f->y + i * w->words;

        w->known[photos[i]] = true;
        tn_float_to_half(w->values + photos[i] * w->words, y, w->words);
        if (!f->fitted[photos[i]])
            continue;
        expected_words_said(w, photos[i], truth);
        for (size_t j = 0; j < w->words; j++) {
            f->left += (double)(truth[j] - y[j]) * (double)(truth[j] - y[j]);
            f->all += (double)truth[j] * (double)truth[j];
            f->squares += (double)y[j] * (double)y[j];
        }
        f->many += (double)w->words;
    }
}

/* Predicts photos[count] of the combination, some at a time. */
static enum tn_status predict_photos(struct fitting *f, const struct ridge *ridge,
                                     const size_t *photos, size_t count, struct tn_error *err)
{
    float *truth = malloc((f->out->words + 1) * sizeof *truth);

    if (!truth)
        return tn_fail_nomem(err, f->out->words * sizeof *truth);
    for (size_t first = 0, some; first < count; first += some) {
        some = count - first < PREDICTED ? count - first : PREDICTED;
        for (size_t i = 0; i < some; i++)
            read_features(f, photos[first + i], f->x + i * f->width);
        ridge_predict(ridge, f->pool, f->x, some, f->y);
        keep_predictions(f, photos + first, some, truth);
    }
    free(truth);
    return TN_OK;
}

/* One fit, and the photos that it predicts: those of the fold, or for FOLDS those that no fit
 * saw. */
static enum tn_status fit_fold(struct fitting *f, size_t fold, size_t *photos, struct tn_error *err)
{
    struct ridge ridge;
    size_t count = 0;
    enum tn_status status;

    TN_TRY(fit_rows(f, fold, &ridge, err));
    for (size_t i = 0; i < f->row_count && fold < FOLDS; i++)
        if (i % FOLDS == fold && f->networks[f->rows[i]] == f->combination)
            photos[count++] = f->rows[i];
    for (size_t photo = 0; photo < f->out->photos && fold == FOLDS; photo++)
        if (!f->fitted[photo] && f->networks[photo] == f->combination)
            photos[count++] = photo;
    status = predict_photos(f, &ridge, photos, count, err);
    ridge_finish(&ridge);
    return status;
}

static enum tn_status fit_combination(struct fitting *f, size_t done, struct tn_error *err)
{
    const size_t words = f->out->words;
    size_t *photos = malloc((f->out->photos + 1) * sizeof *photos);
    const size_t most = f->row_count > PREDICTED ? f->row_count : PREDICTED;
    enum tn_status status = TN_OK;

    f->x = tn_memory_create(most * f->width * sizeof *f->x);
    f->y = tn_memory_create(most * words * sizeof *f->y);
    if (!photos || !f->x || !f->y)
        status = tn_fail_nomem(err, most * (f->width + words) * sizeof *f->x);
    for (size_t fold = 0; status == TN_OK && fold <= FOLDS; fold++) {
        if (tn_progress_stops(&f->options->progress, "telling words from the teacher, fits",
                              done + fold, done + FOLDS + 1))
            status = tn_fail(err, TN_CANCELLED, "interrupted");
        else
            status = fit_fold(f, fold, photos, err);
    }
    free(f->x);
    free(f->y);
    free(photos);
    return status;
}

/* All combinations that photos have, in the order of their numbers. */
static enum tn_status fit_combinations(struct fitting *f, struct tn_error *err)
{
    const unsigned all = 1U << f->options->teacher->part_count;
    size_t done = 0;

    for (f->combination = 1; f->combination < all; f->combination++) {
        bool wanted = false;

        for (size_t photo = 0; photo < f->out->photos && !wanted; photo++)
            wanted = f->networks[photo] == f->combination;
        if (!wanted)
            continue;
        choose_rows(f);
        if (f->row_count < EXPECTED_FEWEST_PHOTOS)
            continue;
        f->out->fitted = f->row_count > f->out->fitted ? f->row_count : f->out->fitted;
        TN_TRY(fit_combination(f, done, err));
        done += FOLDS + 1;
    }
    return f->many > 0 ? TN_OK
                       : tn_fail(err, TN_NOTFOUND,
                                 "the teacher knows fewer than %d captioned photos, too few to "
                                 "tell words from; --words 0 does without",
                                 EXPECTED_FEWEST_PHOTOS);
}

/* Multiplies all by the number that makes their mean square 1. */
static void scale_words(struct fitting *f, float *row)
{
    struct expected_words *w = f->out;

    w->scale = f->squares > 0 ? (float)sqrt(f->many / f->squares) : 1;
    for (size_t photo = 0; photo < w->photos; photo++)
        if (expected_words_get(w, photo, row)) {
            tn_scale(row, w->scale, w->words);
            tn_float_to_half(w->values + photo * w->words, row, w->words);
        }
    w->explained = f->all > 0 ? 1 - f->left / f->all : 0;
}

/* ---- The whole ---- */

static enum tn_status find_said(struct expected_words *w, struct tn_error *err)
{
    w->said = malloc((w->photos + 1) * sizeof *w->said);
    if (!w->said)
        return tn_fail_nomem(err, w->photos * sizeof *w->said);
    for (size_t i = 0; i < w->photos; i++)
        w->said[i] = SIZE_MAX;
    for (size_t i = 0; i < w->corpus.photo_count; i++)
        w->said[w->corpus.photos[i]] = i;
    return TN_OK;
}

static enum tn_status find_networks(struct fitting *f, struct tn_error *err)
{
    const struct teacher *teacher = f->options->teacher;
    const struct expected_words *w = f->out;
    float *values = malloc((teacher->width + 1) * sizeof *values);

    f->networks = calloc(w->photos + 1, sizeof *f->networks);
    f->fitted = calloc(w->photos + 1, sizeof *f->fitted);
    f->rows = malloc((w->photos + 1) * sizeof *f->rows);
    if (!values || !f->networks || !f->fitted || !f->rows) {
        free(values);
        return tn_fail_nomem(err, w->photos * sizeof *f->rows);
    }
    for (size_t photo = 0; photo < w->photos; photo++)
        for (size_t p = 0; p < teacher->part_count; p++)
            if (f->options->dataset->photos[photo].split != DATA_SPLIT_OUT &&
                teacher_get(teacher, &teacher->parts[p], photo, values))
                f->networks[photo] |= 1U << p;
    free(values);
    return TN_OK;
}

static enum tn_status make_words(struct fitting *f, struct tn_error *err)
{
    const struct expected_words_options *o = f->options;
    struct expected_words *w = f->out;
    const size_t words = vocab_count(o->vocab) - VOCAB_FIRST_WORD;

    w->photos = o->dataset->photo_count;
    w->words = words < o->words ? words : o->words;
    TN_TRY(data_corpus_make(o->dataset, has_captions, o->language, o->vocab, &w->corpus, err));
    w->values = tn_memory_create(w->photos * w->words * sizeof *w->values);
    w->known = calloc(w->photos + 1, sizeof *w->known);
    w->mean = calloc(w->words + 1, sizeof *w->mean);
    if (!w->values || !w->known || !w->mean)
        return tn_fail_nomem(err, w->photos * w->words * sizeof *w->values);
    TN_TRY(find_said(w, err));
    TN_TRY(find_networks(f, err));
    TN_TRY(measure_words(f, err));
    return fit_combinations(f, err);
}

enum tn_status expected_words_make(const struct expected_words_options *options,
                                   struct tn_pool *pool, struct expected_words *ret_words,
                                   struct tn_error *err)
{
    struct expected_words made = {0};
    struct fitting f = {.options = options, .pool = pool, .out = &made};
    enum tn_status status = make_words(&f, err);
    float *row = malloc((made.words + 1) * sizeof *row);

    if (status == TN_OK && !row)
        status = tn_fail_nomem(err, made.words * sizeof *row);
    if (status == TN_OK)
        scale_words(&f, row);
    free(row);
    free(f.networks);
    free(f.fitted);
    free(f.rows);
    if (status == TN_OK)
        *ret_words = made;
    else
        expected_words_finish(&made);
    return status;
}

void expected_words_finish(struct expected_words *w)
{
    free(w->values);
    free(w->known);
    free(w->mean);
    free(w->said);
    data_corpus_finish(&w->corpus);
    memset(w, 0, sizeof *w);
}
