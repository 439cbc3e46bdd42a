/* SPDX-License-Identifier: MIT */
#include "train/optimiser.h"

#include "base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Floats a task: large against the cost of handing it out, small against a cache. */
enum { PIECE = 32768 };

/* The loops below are plain so that the compiler makes vectors of them, for AVX2 too where the
 * linker can choose at load time.  No clone contracts or reorders arithmetic: all give the same
 * bits. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) &&             \
    !defined(__SANITIZE_THREAD__) && (defined(__GNUC__) && !defined(__clang__))
#define VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define VECTOR_CLONES
#endif

/* Kingma and Ba 2015:  m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2,
 *     theta -= rate * m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon) */
VECTOR_CLONES
static void adam(size_t count, float *restrict theta, float *restrict dtheta, float *restrict first,
                 float *restrict second, struct train_update u)
{
    const float rate = u.rate * u.correction1;

    for (size_t i = 0; i < count; i++) {
        const float g = dtheta[i] * u.scale;
        const float m = u.beta1 * first[i] + (1 - u.beta1) * g;
        const float v = u.beta2 * second[i] + (1 - u.beta2) * g * g;

        first[i] = m;
        second[i] = v;
        theta[i] = u.shrink * theta[i] - rate * m / (sqrtf(v * u.correction2) + u.epsilon);
        dtheta[i] = 0;
    }
}

static void adam_update(size_t count, float *theta, float *dtheta, float *const *moments,
                        const struct train_update *update)
{
    adam(count, theta, dtheta, moments[0], moments[1], *update);
}

/* Hinton's lecture 6e, 2012:  v = b2 v + (1 - b2) g^2,  theta -= rate * g / (sqrt(v) + epsilon) */
VECTOR_CLONES
static void rmsprop(size_t count, float *restrict theta, float *restrict dtheta,
                    float *restrict second, struct train_update u)
{
    for (size_t i = 0; i < count; i++) {
        const float g = dtheta[i] * u.scale;
        const float v = u.beta2 * second[i] + (1 - u.beta2) * g * g;

        second[i] = v;
        theta[i] = u.shrink * theta[i] - u.rate * g / (sqrtf(v) + u.epsilon);
        dtheta[i] = 0;
    }
}

static void rmsprop_update(size_t count, float *theta, float *dtheta, float *const *moments,
                           const struct train_update *update)
{
    rmsprop(count, theta, dtheta, moments[0], *update);
}

/* Polyak 1964:  m = b1 m + g,  theta -= rate * m */
VECTOR_CLONES
static void momentum(size_t count, float *restrict theta, float *restrict dtheta,
                     float *restrict first, struct train_update u)
{
    for (size_t i = 0; i < count; i++) {
        const float m = u.beta1 * first[i] + dtheta[i] * u.scale;

        first[i] = m;
        theta[i] = u.shrink * theta[i] - u.rate * m;
        dtheta[i] = 0;
    }
}

static void momentum_update(size_t count, float *theta, float *dtheta, float *const *moments,
                            const struct train_update *update)
{
    momentum(count, theta, dtheta, moments[0], *update);
}

/* theta -= rate * g */
VECTOR_CLONES
static void sgd(size_t count, float *restrict theta, float *restrict dtheta, struct train_update u)
{
    for (size_t i = 0; i < count; i++) {
        theta[i] = u.shrink * theta[i] - u.rate * (dtheta[i] * u.scale);
        dtheta[i] = 0;
    }
}

static void sgd_update(size_t count, float *theta, float *dtheta, float *const *moments,
                       const struct train_update *update)
{
    (void)moments;
    sgd(count, theta, dtheta, *update);
}

static const struct train_optimiser_ops optimisers[] = {
    {"adam", 2, 1e-3F, adam_update},
    {"rmsprop", 1, 1e-3F, rmsprop_update},
    {"momentum", 1, 0.03F, momentum_update},
    {"sgd", 0, 0.3F, sgd_update},
};

size_t train_optimiser_count(void)
{
    return sizeof optimisers / sizeof optimisers[0];
}

const struct train_optimiser_ops *train_optimiser_at(size_t index)
{
    return &optimisers[index];
}

const struct train_optimiser_ops *train_optimiser_find(const char *name)
{
    for (size_t i = 0; i < train_optimiser_count(); i++)
        if (strcmp(optimisers[i].name, name) == 0)
            return &optimisers[i];
    return NULL;
}

static size_t count_pieces(size_t count)
{
    return (count + PIECE - 1) / PIECE;
}

enum tn_status train_optimiser_init(struct train_optimiser *optimiser,
                                    const struct train_optimiser_ops *ops,
                                    const struct train_optimiser_options *options,
                                    struct team *team, size_t count, struct tn_error *err)
{
    const size_t size = team_size(team), pieces = count_pieces(count);
    struct train_optimiser made = {.ops = ops, .options = *options, .team = team, .count = count};

    assert(count > 0 && ops->moments <= TRAIN_MAX_MOMENTS);
    made.stretches = calloc(size + 1, sizeof *made.stretches);
    made.starts = calloc(size + 1, sizeof *made.starts);
    made.partial = malloc((count / PIECE + 1) * sizeof *made.partial);
    made.moments = tn_memory_create(ops->moments * count * sizeof *made.moments);
    if (!made.stretches || !made.starts || !made.partial || !made.moments) {
        train_optimiser_finish(&made);
        return tn_fail_nomem(err, ops->moments * count * sizeof *made.moments);
    }
    for (size_t r = 1; r <= size; r++)
        made.stretches[r] = r < size ? pieces * r / size * PIECE : count;
    *optimiser = made;
    return TN_OK;
}

void train_optimiser_finish(struct train_optimiser *optimiser)
{
    free(optimiser->stretches);
    free(optimiser->starts);
    free(optimiser->moments);
    free(optimiser->partial);
    memset(optimiser, 0, sizeof *optimiser);
}

struct pass {
    const struct train_optimiser *optimiser;
    size_t first; /* piece of this process' stretch */
    float *theta, *dtheta;
    struct train_update update;
};

static size_t piece_length(size_t count, size_t piece)
{
    return count - piece * PIECE < PIECE ? count - piece * PIECE : PIECE;
}

/* The sum of squares in eight sums side by side: a fixed order that is still a vector's. */
VECTOR_CLONES
static double sum_squares(const float *x, size_t count)
{
    double sums[8] = {0}, total = 0;
    size_t i = 0;

    for (; i + 8 <= count; i += 8)
        for (size_t lane = 0; lane < 8; lane++)
            sums[lane] += (double)x[i + lane] * (double)x[i + lane];
    for (; i < count; i++)
        sums[0] += (double)x[i] * (double)x[i];
    for (size_t lane = 0; lane < 8; lane++)
        total += sums[lane];
    return total;
}

static void square_task(void *context, size_t index, size_t thread)
{
    const struct pass *pass = context;

    (void)thread;
    index += pass->first;
    pass->optimiser->partial[index] =
        sum_squares(pass->dtheta + index * PIECE, piece_length(pass->optimiser->count, index));
}

/* Where the part that holds `at` ends, and its factor. */
static struct train_part part_at(const struct train_optimiser *optimiser, size_t at)
{
    const struct train_optimiser_options *options = &optimiser->options;

    for (size_t i = 0; i < options->part_count; i++)
        if (at < options->parts[i].end)
            return options->parts[i];
    return (struct train_part){optimiser->count, 1};
}

static void update_task(void *context, size_t index, size_t thread)
{
    const struct pass *pass = context;
    const struct train_optimiser *optimiser = pass->optimiser;
    const size_t piece = pass->first + index;
    const size_t end = piece * PIECE + piece_length(optimiser->count, piece);

    (void)thread;
    for (size_t start = piece * PIECE, stop; start < end; start = stop) {
        const struct train_part part = part_at(optimiser, start);
        struct train_update update = pass->update;
        float *moments[TRAIN_MAX_MOMENTS] = {NULL};

        stop = part.end < end ? part.end : end;
        update.rate *= part.factor;
        update.shrink = 1 - update.rate * optimiser->options.weight_decay;
        for (size_t i = 0; i < optimiser->ops->moments; i++)
            moments[i] = optimiser->moments + i * optimiser->count + start;
        optimiser->ops->update(stop - start, pass->theta + start, pass->dtheta + start, moments,
                               &update);
    }
}

/* The team's parts of an array of items that lie one per `floats` floats of theta, to all. */
static void gather_stretches(const struct train_optimiser *optimiser, void *items, size_t floats,
                             size_t bytes)
{
    for (size_t r = 0; r <= team_size(optimiser->team); r++)
        optimiser->starts[r] = (optimiser->stretches[r] + floats - 1) / floats * bytes;
    team_gather(optimiser->team, items, optimiser->starts);
}

void train_optimiser_gather(struct train_optimiser *optimiser)
{
    for (size_t i = 0; i < optimiser->ops->moments; i++)
        gather_stretches(optimiser, optimiser->moments + i * optimiser->count, 1, sizeof(float));
}

/* What an update needs to know, whose gradient has that norm and is still to be divided. */
static struct train_update prepare_update(struct train_optimiser *optimiser, float rate,
                                          double norm, float divisor)
{
    const struct train_optimiser_options *options = &optimiser->options;
    const double step = (double)++optimiser->step;
    const double clip =
        options->clip > 0 && norm > (double)options->clip ? (double)options->clip / norm : 1;

    return (struct train_update){
        .rate = rate,
        .scale = (float)(clip / (double)divisor),
        .beta1 = options->beta1,
        .beta2 = options->beta2,
        .epsilon = options->epsilon,
        .correction1 = (float)(1 / (1 - pow((double)options->beta1, step))),
        .correction2 = (float)(1 / (1 - pow((double)options->beta2, step))),
    };
}

double train_optimiser_step(struct train_optimiser *optimiser, struct tn_pool *pool, float rate,
                            float *theta, float *dtheta, float divisor)
{
    const size_t *stretch = optimiser->stretches + team_rank(optimiser->team);
    const size_t first = stretch[0] / PIECE, pieces = count_pieces(stretch[1]) - first;
    struct pass pass = {.optimiser = optimiser, .first = first, .theta = theta, .dtheta = dtheta};
    double norm = 0;

    tn_pool_run(pool, pieces, square_task, &pass);
    gather_stretches(optimiser, optimiser->partial, PIECE, sizeof *optimiser->partial);
    for (size_t i = 0; i < count_pieces(optimiser->count); i++)
        norm += optimiser->partial[i];
    norm = sqrt(norm) / (double)divisor;
    if (!isfinite(norm))
        return norm;
    pass.update = prepare_update(optimiser, rate, norm, divisor);
    tn_pool_run(pool, pieces, update_task, &pass);
    gather_stretches(optimiser, theta, 1, sizeof *theta);
    return norm;
}
