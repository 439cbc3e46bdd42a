/* SPDX-License-Identifier: MIT */
#include "train/fit/centres.h"

#include "cnn/int8/encoder.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PHOTOS = 8192, ROUNDS = 12, TASK_PHOTOS = 64, LANES = 16 };

struct clustering {
    const struct data_source *source; /* every stride-th photo counts */
    size_t photo_count, stride, width, count;
    float *centres;  /* [count][width] */
    float *sums;     /* [count][width]; owned */
    size_t *nearest; /* [photo_count]: of each photo; owned */
};

/* In LANES sums, so that the compiler may use its vectors and the order is fixed. */
static float dot(const float *a, const float *b, size_t count)
{
    float lanes[LANES] = {0}, sum = 0;
    size_t j = 0;

    for (; j + LANES <= count; j += LANES)
        for (size_t k = 0; k < LANES; k++)
            lanes[k] += a[j + k] * b[j + k];
    for (; j < count; j++)
        lanes[j % LANES] += a[j] * b[j];
    for (size_t k = 0; k < LANES; k++)
        sum += lanes[k];
    return sum;
}

/* Makes the length 1; that of nothing stays. */
static void normalise(float *v, size_t width)
{
    const float length = sqrtf(dot(v, v, width));

    for (size_t j = 0; j < width && length > 0; j++)
        v[j] /= length;
}

static void get(const struct clustering *c, size_t i, float *out)
{
    data_source_features(c->source, i * c->stride, out);
    normalise(out, c->width);
}

static void assign_task(void *context, size_t task, size_t thread)
{
    const struct clustering *c = context;
    float v[CNN_ENCODER_FEATURES];

    (void)thread;
    for (size_t i = task * TASK_PHOTOS; i < (task + 1) * TASK_PHOTOS && i < c->photo_count; i++) {
        float most = -2;

        get(c, i, v);
        for (size_t k = 0; k < c->count; k++) {
            const float cosine = dot(v, c->centres + k * c->width, c->width);

            if (cosine > most) {
                most = cosine;
                c->nearest[i] = k;
            }
        }
    }
}

/* Each centre to the mean direction of its photos; one without photos stays where it is. */
static void move(struct clustering *c)
{
    float v[CNN_ENCODER_FEATURES];

    memset(c->sums, 0, c->count * c->width * sizeof *c->sums);
    for (size_t i = 0; i < c->photo_count; i++) {
        float *sum = c->sums + c->nearest[i] * c->width;

        get(c, i, v);
        for (size_t j = 0; j < c->width; j++)
            sum[j] += v[j];
    }
    for (size_t k = 0; k < c->count; k++) {
        float *sum = c->sums + k * c->width;

        normalise(sum, c->width);
        if (dot(sum, sum, c->width) > 0)
            memcpy(c->centres + k * c->width, sum, c->width * sizeof *sum);
    }
}

static enum tn_status cluster(struct clustering *c, const struct centres_options *options,
                              struct tn_pool *pool, struct tn_error *err)
{
    const size_t tasks = (c->photo_count + TASK_PHOTOS - 1) / TASK_PHOTOS;

    for (size_t k = 0; k < c->count; k++)
        get(c, k * c->photo_count / c->count, c->centres + k * c->width);
    for (size_t round = 0; round < ROUNDS; round++) {
        tn_pool_run(pool, tasks, assign_task, c);
        move(c);
        if (tn_progress_stops(&options->progress, "centres, round", round + 1, ROUNDS))
            return tn_fail(err, TN_CANCELLED, "stopped after %zu of %d rounds", round + 1, ROUNDS);
    }
    return TN_OK;
}

enum tn_status train_centres_make(const struct data_source *source,
                                  const struct centres_options *options, struct tn_pool *pool,
                                  float *centres, struct tn_error *err)
{
    const size_t stride = (source->corpus->photo_count + MOST_PHOTOS - 1) / MOST_PHOTOS;
    struct clustering c = {.source = source,
                           .photo_count = source->corpus->photo_count / stride,
                           .stride = stride,
                           .width = source->features->width,
                           .count = options->count,
                           .centres = centres};
    enum tn_status status;

    assert(options->count > 0 && options->count <= c.photo_count);
    assert(c.width <= CNN_ENCODER_FEATURES);
    c.sums = malloc(c.count * c.width * sizeof *c.sums);
    c.nearest = calloc(c.photo_count, sizeof *c.nearest);
    if (c.sums && c.nearest)
        status = cluster(&c, options, pool, err);
    else
        status = tn_fail_nomem(err, c.count * c.width * sizeof *c.sums);
    free(c.sums);
    free(c.nearest);
    return status;
}
