/* SPDX-License-Identifier: MIT */
/* The norm of all gradients together, and clipping by it. */
#include "rnn/kernels.h"

#include <math.h>

/* The blocks grow with the array, so that their partial sums fit on the stack. */
enum { MAX_BLOCKS = 256, GRAIN = 4096, LANES = 8 };

struct flat_job {
    const float *x;
    float *scaled;
    size_t count, block;
    float factor;
    double partial[MAX_BLOCKS];
};

static size_t plan(struct flat_job *job, size_t count)
{
    const size_t block = (count + MAX_BLOCKS - 1) / MAX_BLOCKS;

    job->count = count;
    job->block = (block / GRAIN + 1) * GRAIN;
    return (count + job->block - 1) / job->block;
}

static void square_block(void *context, size_t index, size_t thread)
{
    struct flat_job *job = context;
    const size_t start = index * job->block, rest = job->count - start;
    const size_t length = rest < job->block ? rest : job->block;
    const float *x = job->x + start;
    double lane[LANES] = {0}, total = 0;
    size_t i = 0;

    (void)thread;
    for (; i + LANES <= length; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lane[j] += (double)x[i + j] * (double)x[i + j];
    for (; i < length; i++)
        lane[0] += (double)x[i] * (double)x[i];
    for (size_t j = 0; j < LANES; j++)
        total += lane[j];
    job->partial[index] = total;
}

double rnn_norm(struct tn_pool *pool, const float *x, size_t count)
{
    struct flat_job job = {.x = x};
    const size_t blocks = plan(&job, count);
    double total = 0;

    tn_pool_run(pool, blocks, square_block, &job);
    for (size_t i = 0; i < blocks; i++)
        total += job.partial[i];
    return sqrt(total);
}

static void scale_block(void *context, size_t index, size_t thread)
{
    const struct flat_job *job = context;
    const size_t start = index * job->block, rest = job->count - start;
    const size_t length = rest < job->block ? rest : job->block;

    (void)thread;
    for (size_t i = start; i < start + length; i++)
        job->scaled[i] *= job->factor;
}

double rnn_clip(struct tn_pool *pool, float *x, size_t count, double limit)
{
    const double norm = rnn_norm(pool, x, count);

    if (limit > 0 && norm > limit) {
        struct flat_job job = {.scaled = x, .factor = (float)(limit / norm)};

        tn_pool_run(pool, plan(&job, count), scale_block, &job);
    }
    return norm;
}
