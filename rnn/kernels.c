/* SPDX-License-Identifier: MIT */
#include "rnn/kernels.h"

#include "tensor/pointwise.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Columns, rows and elements a task. */
enum { COLUMN_BLOCK = 64, ROW_BLOCK = 8, FLAT_BLOCK = 1 << 16, LANES = 16 };

static size_t blocks_of(size_t count, size_t block)
{
    return (count + block - 1) / block;
}

static size_t block_end(size_t start, size_t block, size_t count)
{
    return count - start < block ? count : start + block;
}

struct embedding_job {
    float *out;
    const float *in;
    const int *tokens;
    size_t rows, width;
};

static void embed_rows(void *context, size_t index, size_t thread)
{
    const struct embedding_job *job = context;
    const size_t start = index * ROW_BLOCK, end = block_end(start, ROW_BLOCK, job->rows);

    (void)thread;
    for (size_t r = start; r < end; r++)
        memcpy(job->out + r * job->width, job->in + (size_t)job->tokens[r] * job->width,
               job->width * sizeof(float));
}

void rnn_embed(struct tn_pool *pool, float *x, const float *embedding, const int *tokens,
               size_t rows, size_t width)
{
    struct embedding_job job = {x, embedding, tokens, rows, width};

    tn_pool_run(pool, blocks_of(rows, ROW_BLOCK), embed_rows, &job);
}

/* A token may occur many times: a task owns columns, and adds the rows in their order. */
static void scatter_columns(void *context, size_t index, size_t thread)
{
    const struct embedding_job *job = context;
    const size_t start = index * COLUMN_BLOCK, end = block_end(start, COLUMN_BLOCK, job->width);

    (void)thread;
    for (size_t r = 0; r < job->rows; r++) {
        const float *restrict from = job->in + r * job->width;
        float *restrict to = job->out + (size_t)job->tokens[r] * job->width;

        for (size_t j = start; j < end; j++)
            to[j] += from[j];
    }
}

void rnn_embed_backward(struct tn_pool *pool, float *dembedding, const float *dx, const int *tokens,
                        size_t rows, size_t width)
{
    struct embedding_job job = {dembedding, dx, tokens, rows, width};

    tn_pool_run(pool, blocks_of(width, COLUMN_BLOCK), scatter_columns, &job);
}

struct draw_job {
    unsigned char *mask;
    size_t count;
    unsigned threshold; /* of 2^16 */
    uint64_t seed;
};

/* Each block has a generator of its own, so that blocks may be drawn in any order. */
static void draw_block(void *context, size_t index, size_t thread)
{
    const struct draw_job *job = context;
    const size_t start = index * FLAT_BLOCK, end = block_end(start, FLAT_BLOCK, job->count);
    struct tn_rng rng;
    uint64_t bits = 0;

    (void)thread;
    tn_rng_init(&rng, job->seed ^ (0x9E3779B97F4A7C15U * (index + 1)));
    for (size_t i = start; i < end; i++) {
        bits = (i - start) % 4 == 0 ? tn_rng_next(&rng) : bits >> 16;
        job->mask[i] = (bits & 0xFFFF) >= job->threshold;
    }
}

struct rnn_dropout rnn_dropout_draw(const struct tn_pass *pass, size_t rows, size_t columns,
                                    float rate)
{
    const size_t count = rows * columns;
    struct rnn_dropout dropout = {.rate = rate, .rows = rows, .columns = columns};
    struct draw_job job;

    assert(rate >= 0 && rate < 1);
    if (!pass->dtheta || !pass->rng || rate <= 0)
        return (struct rnn_dropout){.rate = 0};
    dropout.mask = tn_arena_alloc(pass->arena, rows * columns, 1);
    if (tn_pass_measures(pass))
        return dropout;
    job = (struct draw_job){dropout.mask, count, (unsigned)lrintf(rate * 65536.0F),
                            tn_rng_next(pass->rng)};
    tn_pool_run(pass->pool, blocks_of(count, FLAT_BLOCK), draw_block, &job);
    return dropout;
}

struct dropout_job {
    float *y;
    const float *x;
    size_t ldy, ldx;
    const struct rnn_dropout *dropout;
    float keep;
};

static void apply_rows(void *context, size_t index, size_t thread)
{
    const struct dropout_job *job = context;
    const size_t columns = job->dropout->columns, start = index * ROW_BLOCK;
    const size_t end = block_end(start, ROW_BLOCK, job->dropout->rows);

    (void)thread;
    for (size_t r = start; r < end; r++) {
        const unsigned char *mask = job->dropout->mask + r * columns;
        const float *x = job->x + r * job->ldx;
        float *y = job->y + r * job->ldy;

        for (size_t j = 0; j < columns; j++)
            y[j] = x[j] * ((float)mask[j] * job->keep);
    }
}

void rnn_dropout_apply(struct tn_pool *pool, float *y, size_t ldy, const float *x, size_t ldx,
                       const struct rnn_dropout *dropout)
{
    struct dropout_job job = {y, x, ldy, ldx, dropout, 1 / (1 - dropout->rate)};

    if (dropout->rate > 0)
        tn_pool_run(pool, blocks_of(dropout->rows, ROW_BLOCK), apply_rows, &job);
}

struct bias_job {
    float *db;
    const float *dy;
    size_t rows, columns;
};

static void sum_columns(void *context, size_t index, size_t thread)
{
    const struct bias_job *job = context;
    const size_t start = index * COLUMN_BLOCK, end = block_end(start, COLUMN_BLOCK, job->columns);
    float sum[COLUMN_BLOCK] = {0};

    (void)thread;
    for (size_t r = 0; r < job->rows; r++) {
        const float *dy = job->dy + r * job->columns;

        for (size_t j = start; j < end; j++)
            sum[j - start] += dy[j];
    }
    for (size_t j = start; j < end; j++)
        job->db[j] += sum[j - start];
}

void rnn_bias_backward(struct tn_pool *pool, float *db, const float *dy, size_t rows,
                       size_t columns)
{
    struct bias_job job = {db, dy, rows, columns};

    tn_pool_run(pool, blocks_of(columns, COLUMN_BLOCK), sum_columns, &job);
}

struct softmax_job {
    float *logits;
    double *nll;
    const struct rnn_softmax *softmax;
};

static double sum(const float *x, size_t count)
{
    float lane[LANES] = {0};
    double total = 0;
    size_t i = 0;

    for (; i + LANES <= count; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lane[j] += x[i + j];
    for (; i < count; i++)
        lane[i % LANES] += x[i];
    for (size_t j = 0; j < LANES; j++)
        total += (double)lane[j];
    return total;
}

/* One pass of exp per row: softmax from exp(x - max), the loss from the same sum. */
static void softmax_row(const struct softmax_job *job, size_t r)
{
    const struct rnn_softmax *s = job->softmax;
    const size_t classes = s->classes, target = (size_t)s->targets[r];
    float *row = job->logits + r * classes, max, target_logit, factor;
    double total;

    tn_axpy(row, 1, s->bias, classes);
    max = tn_max(row, classes);
    target_logit = row[target] - max;
    for (size_t j = 0; j < classes; j++)
        row[j] -= max;
    tn_exp(row, row, classes);
    total = sum(row, classes);
    job->nll[r] = log(total) - (double)target_logit;
    if (!s->gradient)
        return;
    factor = (float)((double)s->scale / total);
    if (s->smoothing > 0) {
        const float share = s->scale * s->smoothing / (float)classes;

        for (size_t j = 0; j < classes; j++)
            row[j] = row[j] * factor - share;
    } else {
        tn_scale(row, factor, classes);
    }
    row[target] -= s->scale * (1 - s->smoothing);
}

static void softmax_rows(void *context, size_t index, size_t thread)
{
    const struct softmax_job *job = context;
    const size_t start = index * ROW_BLOCK, end = block_end(start, ROW_BLOCK, job->softmax->rows);

    (void)thread;
    for (size_t r = start; r < end; r++)
        softmax_row(job, r);
}

void rnn_softmax_loss(struct tn_pool *pool, float *logits, double *nll,
                      const struct rnn_softmax *softmax)
{
    struct softmax_job job = {logits, nll, softmax};

    tn_pool_run(pool, blocks_of(softmax->rows, ROW_BLOCK), softmax_rows, &job);
}
