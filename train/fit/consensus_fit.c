/* SPDX-License-Identifier: MIT */
#include "train/fit/consensus_fit.h"

#include "base/memory.h"
#include "base/rng.h"
#include "tensor/cholesky.h"
#include "tensor/gemm.h"
#include "tensor/pointwise.h"
#include "train/fit/components.h"
#include "train/fit/consensus_grams.h"
#include "train/fit/consensus_space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The ridge is this share of the variance of F, in V or in the likeness that it stands for; these
 * were best on photos held out. */
static const float RIDGE = 0.0006F, RIDGE_OF_LIKENESS = 0.00015F, JITTER = 1e-6F;

enum { MORE = 32, ROUNDS = 4 };

struct fitting {
    const struct data_source *source;
    const struct consensus_fit_options *options;
    struct tn_pool *pool;
    size_t *photos;                           /* [count]: numbers in the corpus */
    size_t count, width, directions, columns; /* columns: of U, MORE than directions */
    struct consensus_grams grams;
    double total;      /* of the weights */
    float *roots;      /* [count]: of the photos' weights */
    struct consensus_space space;
    float *v;          /* V [count][features], until F is made of it */
    float *f, *mean;   /* F [count][width], [width] */
    float *system;     /* [width][width] */
    float *between;    /* [width][width]: the likeness of the landmarks; NULL: F is V */
    float *r;          /* R [width][count] */
    float *u, *x, *y;  /* [columns][count]: U' and what becomes of it */
    float *middle;     /* [columns][width] */
    float *h;          /* [columns][columns] */
    const float *from; /* of the tasks at hand */
    float *to;
};

static void fitting_finish(struct fitting *f)
{
    consensus_grams_finish(&f->grams);
    free(f->photos);
    free(f->roots);
    consensus_space_finish(&f->space);
    free(f->v);
    free(f->between);
    free(f->f);
    free(f->mean);
    free(f->system);
    free(f->r);
    free(f->u);
    free(f->x);
    free(f->y);
    free(f->middle);
    free(f->h);
}

static enum tn_status report_stage(const struct fitting *f, const char *doing, size_t done,
                                   size_t count, struct tn_error *err)
{
    return tn_progress_stops(&f->options->progress, doing, done, count)
               ? tn_fail(err, TN_CANCELLED, "interrupted")
               : TN_OK;
}

/* ---- Photos ---- */

static enum tn_status choose_references(struct fitting *f, struct tn_error *err)
{
    const struct data_corpus *corpus = f->source->corpus;
    size_t all = 0;

    f->photos = malloc((corpus->photo_count + 1) * sizeof *f->photos);
    if (!f->photos)
        return tn_fail_nomem(err, corpus->photo_count * sizeof *f->photos);
    for (size_t p = 0; p < corpus->photo_count; p++)
        if (corpus->firsts[p + 1] > corpus->firsts[p])
            f->photos[all++] = p;
    f->count = all < CONSENSUS_MOST_PHOTOS ? all : CONSENSUS_MOST_PHOTOS;
    f->roots = malloc((f->count + 1) * sizeof *f->roots);
    if (!f->roots)
        return tn_fail_nomem(err, f->count * sizeof *f->roots);
    for (size_t i = 0; i < f->count; i++) {
        float weight;

        f->photos[i] = f->photos[i * all / f->count];
        weight = f->options->weights ? f->options->weights[corpus->photos[f->photos[i]]] : 1;
        f->roots[i] = sqrtf(weight);
        f->total += (double)weight;
    }
    if (f->count < CONSENSUS_FEWEST_PHOTOS)
        return tn_fail(err, TN_RANGE, "%zu captioned photos to fit a consensus to; expected %d",
                       f->count, CONSENSUS_FEWEST_PHOTOS);
    return TN_OK;
}

static enum tn_status allocate_fit(struct fitting *f, struct tn_error *err)
{
    const size_t n = f->count, width = f->width;

    f->directions = f->options->directions < n / 4 ? f->options->directions : n / 4;
    f->columns = f->directions + MORE < n ? f->directions + MORE : n;
    f->mean = tn_memory_create(width * sizeof *f->mean);
    f->system = tn_memory_create(width * width * sizeof *f->system);
    f->r = tn_memory_create(width * n * sizeof *f->r);
    f->u = tn_memory_create(f->columns * n * sizeof *f->u);
    f->x = tn_memory_create(f->columns * n * sizeof *f->x);
    f->y = tn_memory_create(f->columns * n * sizeof *f->y);
    f->middle = tn_memory_create(f->columns * width * sizeof *f->middle);
    f->h = tn_memory_create(f->columns * f->columns * sizeof *f->h);
    if (!f->f || !f->mean || !f->system || !f->r || !f->u || !f->x || !f->y || !f->middle || !f->h)
        return tn_fail_nomem(err, (2 * n + width) * width * sizeof *f->f);
    return TN_OK;
}

/* V of the photos. */
static enum tn_status read_photos(struct fitting *f, struct tn_error *err)
{
    const size_t features = f->source->features->width;
    bool alike = true; /* bit by bit: the mean is rounded, and hides it */

    f->v = tn_memory_create(f->count * features * sizeof *f->v);
    if (!f->v)
        return tn_fail_nomem(err, f->count * features * sizeof *f->v);
    for (size_t i = 0; i < f->count; i++) {
        float *row = f->v + i * features;

        data_source_features(f->source, f->photos[i], row);
        alike = alike && memcmp(row, f->v, features * sizeof *row) == 0;
    }
    return alike ? tn_fail(err, TN_FORMAT,
                           "the photos are all alike: nothing can be learnt from them")
                 : TN_OK;
}

/* F: V, or the likeness to landmarks. */
static enum tn_status make_f(struct fitting *f, struct tn_error *err)
{
    const struct tn_matrix *like = f->options->like ? &f->options->like->space : NULL;
    enum tn_status status;

    f->width = f->source->features->width;
    if (f->options->landmarks == 0 || (like && like->rows == 0)) {
        f->f = f->v;
        f->v = NULL;
        return TN_OK;
    }
    TN_TRY(consensus_space_find(f->pool, f->v, f->count, f->width, f->roots, CONSENSUS_SPACE,
                                f->options->landmarks, like, &f->space, err));
    f->width = f->space.landmarks.rows;
    f->f = tn_memory_create(f->count * f->width * sizeof *f->f);
    f->between = tn_memory_create(f->width * f->width * sizeof *f->between);
    if (!f->f || !f->between)
        return tn_fail_nomem(err, f->count * f->width * sizeof *f->f);
    status = consensus_space_compare(&f->space, f->pool, f->v, f->count, f->f, f->between, err);
    free(f->v);
    f->v = NULL;
    return status;
}

/* Takes the mean off F, and gives each row the root of its weight. */
static void weigh_f(struct fitting *f)
{
    const size_t width = f->width;

    memset(f->mean, 0, width * sizeof *f->mean);
    for (size_t i = 0; i < f->count; i++)
        tn_axpy(f->mean, f->roots[i] * f->roots[i] / (float)f->total, f->f + i * width, width);
    for (size_t i = 0; i < f->count; i++) {
        tn_axpy(f->f + i * width, -1, f->mean, width);
        tn_scale(f->f + i * width, f->roots[i], width);
    }
}

/* t I, or t L with L the landmarks' likeness, which is 1 of each to itself: the ridge that a
 * regression on the likeness to all photos has (Williams and Seeger 2000). */
static enum tn_status add_ridge(struct fitting *f, struct tn_error *err)
{
    const size_t width = f->width;
    double variance = 0;

    for (size_t i = 0; i < f->count && !f->between; i++)
        variance += (double)tn_dot(f->f + i * width, f->f + i * width, width);
    for (size_t j = 0; j < width && f->between; j++)
        variance += f->total * (1 - (double)f->mean[j]) / (double)width;
    if (!(variance > 0))
        return tn_fail(err, TN_FORMAT, "the photos are all alike: nothing can be learnt from them");
    if (f->between)
        tn_axpy(f->system, RIDGE_OF_LIKENESS * (float)variance, f->between, width * width);
    for (size_t j = 0; j < width; j++)
        f->system[j * width + j] += (f->between ? JITTER : RIDGE) * (float)variance;
    return TN_OK;
}

/* R. */
static enum tn_status regress(struct fitting *f, struct tn_error *err)
{
    const size_t n = f->count, width = f->width;

    weigh_f(f);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < width; j++)
            f->r[j * n + i] = f->f[i * width + j];
    tn_gemm(f->pool, f->system, width, 0, tn_turned(f->f, width), tn_plain(f->f, width), width,
            width, n);
    TN_TRY(add_ridge(f, err));
    return train_cholesky_solve(f->pool, width, f->system, n, f->r, err);
}

/* ---- Products with the rows of x[rows][count] ---- */

/* out = x S = x R' F' */
static void times_s(struct fitting *f, size_t rows, const float *x, float *out)
{
    const size_t n = f->count, width = f->width;

    tn_gemm(f->pool, f->middle, width, 0, tn_plain(x, n), tn_turned(f->r, n), rows, width, n);
    tn_gemm(f->pool, out, n, 0, tn_plain(f->middle, width), tn_turned(f->f, width), rows, n, width);
}

/* A row of x G G', a task of the pool. */
static void times_k_row(void *context, size_t row, size_t thread)
{
    const struct fitting *f = context;
    const struct consensus_grams *grams = &f->grams;
    const float *x = f->from + row * f->count;
    float *out = f->to + row * f->count;

    (void)thread;
    memset(out, 0, f->count * sizeof *out);
    for (size_t g = 0; g < grams->count; g++) {
        float sum = 0;

        for (size_t e = grams->starts[g]; e < grams->starts[g + 1]; e++)
            sum += x[grams->photos[e]] * f->roots[grams->photos[e]] * grams->values[e];
        for (size_t e = grams->starts[g]; e < grams->starts[g + 1]; e++)
            out[grams->photos[e]] += sum * f->roots[grams->photos[e]] * grams->values[e];
    }
}

static void times_k(struct fitting *f, size_t rows, const float *x, float *out)
{
    f->from = x;
    f->to = out;
    tn_pool_run(f->pool, rows, times_k_row, f);
}

/* ---- The strongest directions ---- */

static enum tn_status find_directions(struct fitting *f, struct tn_error *err)
{
    struct tn_rng rng;

    tn_rng_init(&rng, 1);
    for (size_t i = 0; i < f->columns * f->count; i++)
        f->u[i] = tn_rng_normal(&rng);
    for (size_t round = 0; round < ROUNDS; round++) {
        TN_TRY(report_stage(f, "finding directions", round, ROUNDS, err));
        times_s(f, f->columns, f->u, f->x);
        times_k(f, f->columns, f->x, f->y);
        times_s(f, f->columns, f->y, f->u);
        train_orthonormalise(f->columns, f->count, f->u);
    }
    return TN_OK;
}

/* Solves U' S K S U X = x in place, with `ridge` of the mean diagonal added. */
static enum tn_status solve_directions(struct fitting *f, double ridge, struct tn_error *err)
{
    const size_t d = f->directions, n = f->count;
    double trace = 0;

    tn_gemm(f->pool, f->h, d, 0, tn_plain(f->x, n), tn_turned(f->y, n), d, d, n);
    for (size_t j = 0; j < d; j++)
        trace += (double)f->h[j * d + j];
    if (!(trace > 0))
        return tn_fail(err, TN_FORMAT,
                       "the photos' captions are all alike: nothing can be learnt from them");
    for (size_t j = 0; j < d; j++)
        f->h[j * d + j] += (float)(ridge * trace / (double)d);
    return train_cholesky_solve(f->pool, d, f->h, n, f->x, err);
}

/* From U: P [directions][width] into middle, A' [directions][count] into x.  Where many photos are
 * the same, some directions are only rounding, and need a larger ridge. */
static enum tn_status find_weights(struct fitting *f, struct tn_error *err)
{
    const size_t d = f->directions, n = f->count, width = f->width;
    enum tn_status status;
    double ridge = 1e-6;

    times_s(f, d, f->u, f->x);
    times_k(f, d, f->x, f->y);
    status = solve_directions(f, ridge, err);
    while (status == TN_RANGE && ridge < 1e-2) {
        ridge *= 10;
        status = solve_directions(f, ridge, err);
    }
    if (status == TN_RANGE)
        return tn_fail(err, TN_FORMAT,
                       "what the captions say does not depend on the photos: nothing can be learnt "
                       "from them");
    TN_TRY(status);
    tn_gemm(f->pool, f->middle, width, 0, tn_plain(f->y, n), tn_turned(f->r, n), d, width, n);
    return TN_OK;
}

/* Gives each direction the variance 1 over the photos, that int8 suits all of them alike. */
static void balance(struct fitting *f)
{
    const size_t d = f->directions, n = f->count, width = f->width;

    tn_gemm(f->pool, f->y, n, 0, tn_plain(f->middle, width), tn_turned(f->f, width), d, n, width);
    for (size_t j = 0; j < d; j++) {
        const float deviation = sqrtf(tn_dot(f->y + j * n, f->y + j * n, n) / (float)n);

        tn_scale(f->middle + j * width, deviation > 0 ? 1 / deviation : 0, width);
        tn_scale(f->x + j * n, deviation, n);
    }
}

/* ---- The result ---- */

static enum tn_status allocate_result(const struct fitting *f, struct consensus_fit *fit,
                                      struct tn_error *err)
{
    const size_t d = f->directions, entries = f->grams.starts[f->grams.count];

    fit->directions = malloc(d * f->width);
    fit->photos = malloc(f->count * d);
    fit->scales = calloc(d + f->count, sizeof *fit->scales);
    fit->offsets = calloc(d, sizeof *fit->offsets);
    fit->shares = calloc(f->count, sizeof *fit->shares);
    fit->keys = calloc(f->grams.count, sizeof *fit->keys);
    fit->starts = calloc(f->grams.count + 1, sizeof *fit->starts);
    fit->postings = malloc(entries * CONSENSUS_POSTING_BYTES);
    if (!fit->directions || !fit->photos || !fit->scales || !fit->offsets || !fit->shares ||
        !fit->keys || !fit->starts || !fit->postings)
        return tn_fail_nomem(err, d * f->width + entries * CONSENSUS_POSTING_BYTES);
    return TN_OK;
}

static void put_grams(const struct fitting *f, struct consensus_fit *fit)
{
    const struct consensus_grams *grams = &f->grams;

    for (size_t g = 0; g < grams->count; g++) {
        fit->keys[g] = grams->keys[g];
        fit->starts[g + 1] = (int32_t)grams->starts[g + 1];
    }
    for (size_t e = 0; e < grams->starts[grams->count]; e++)
        consensus_put_posting(fit->postings, e, grams->photos[e], grams->values[e]);
}

/* P times the mean, of the P that the file has: of all that is alike in photos nothing is left. */
static void put_offsets(struct fitting *f, struct consensus_fit *fit)
{
    const struct tn_matrix p = {TN_I8, f->directions, f->width, fit->directions, fit->scales};

    for (size_t j = 0; j < p.rows; j++) {
        tn_matrix_row(&p, j, f->middle);
        fit->offsets[j] = tn_dot(f->middle, f->mean, p.columns);
    }
}

/* The fit takes the space over. */
static void put_space(struct fitting *f, struct consensus_fit *fit)
{
    fit->space = f->space;
    fit->consensus.space = f->space.space;
    fit->consensus.landmarks = f->space.landmarks;
    f->space = (struct consensus_space){.codes = NULL};
}

static void put_result(struct fitting *f, struct consensus_fit *fit)
{
    const size_t d = f->directions, n = f->count, width = f->width;
    float *a = f->y; /* [n][d] */

    for (size_t j = 0; j < d; j++) {
        for (size_t i = 0; i < n; i++)
            a[i * d + j] = f->roots[i] * f->x[j * n + i];
    }
    for (size_t i = 0; i < n; i++)
        fit->shares[i] = f->roots[i] * f->roots[i] / (float)f->total;
    tn_quantise_rows(f->middle, d, width, fit->directions, fit->scales);
    put_offsets(f, fit);
    tn_quantise_rows(a, n, d, fit->photos, fit->scales + d);
    put_grams(f, fit);
    fit->consensus = (struct consensus){
        .directions = {TN_I8, d, width, fit->directions, fit->scales},
        .offsets = fit->offsets,
        .shares = fit->shares,
        .photos = {TN_I8, n, d, fit->photos, fit->scales + d},
        .grams = f->grams.count,
        .keys = fit->keys,
        .starts = fit->starts,
        .postings = fit->postings,
    };
    put_space(f, fit);
}

static enum tn_status fit_consensus(struct fitting *f, struct consensus_fit *fit,
                                    struct tn_error *err)
{
    const struct data_corpus *corpus = f->source->corpus;

    for (size_t t = 0; t < corpus->token_count; t++)
        if (corpus->ids[t] > CONSENSUS_MAX_ID)
            return tn_fail(err, TN_RANGE, "a vocabulary of more than %d words", CONSENSUS_MAX_ID);
    TN_TRY(choose_references(f, err));
    TN_TRY(report_stage(f, "counting n-grams", 0, 1, err));
    TN_TRY(consensus_grams_make(corpus, f->photos, f->count, f->options->seen, &f->grams, err));
    TN_TRY(report_stage(f, "telling captions from V", 0, 1, err));
    TN_TRY(read_photos(f, err));
    TN_TRY(make_f(f, err));
    TN_TRY(allocate_fit(f, err));
    TN_TRY(regress(f, err));
    TN_TRY(find_directions(f, err));
    TN_TRY(find_weights(f, err));
    balance(f);
    TN_TRY(allocate_result(f, fit, err));
    put_result(f, fit);
    return TN_OK;
}

enum tn_status consensus_fit(const struct data_source *source,
                             const struct consensus_fit_options *options, struct tn_pool *pool,
                             struct consensus_fit *ret_fit, struct tn_error *err)
{
    struct fitting f = {.source = source, .options = options, .pool = pool};
    struct consensus_fit fit = {.directions = NULL};
    const enum tn_status status = fit_consensus(&f, &fit, err);

    fitting_finish(&f);
    if (status == TN_OK)
        *ret_fit = fit;
    else
        consensus_fit_finish(&fit);
    return status;
}

void consensus_fit_finish(struct consensus_fit *fit)
{
    consensus_space_finish(&fit->space);
    free(fit->directions);
    free(fit->photos);
    free(fit->scales);
    free(fit->offsets);
    free(fit->shares);
    free(fit->keys);
    free(fit->starts);
    free(fit->postings);
}
