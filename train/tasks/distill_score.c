/* SPDX-License-Identifier: MIT */
/* How much of what is predicted V explains: on the dev photos, and before the training begins. */
#include "base/memory.h"
#include "train/fit/ridge.h"
#include "train/tasks/distill_private.h"

#include <stdlib.h>
#include <string.h>

enum { FIT_MOST_PHOTOS = 16384, FIT_FEWEST_PHOTOS = 20 };

/* ---- V ---- */

/* u[count][width] of photos as a decoder reads it, of the mean over both views.  NULL: measures. */
static void encode_some(struct distill_task *t, const struct tn_pass *pass, const size_t *photos,
                        size_t count, float *u)
{
    const struct cnn_network *network = t->options.network;
    const size_t mark = tn_arena_mark(pass->arena), views = t->options.mirror ? 2 : 1;
    const size_t side = t->options.pool5 ? 0 : t->options.pixels->side;
    float *x = tn_arena_floats(pass->arena, count * t->input);
    float *v = tn_arena_floats(pass->arena, count * t->width);

    if (u)
        memset(u, 0, count * t->width * sizeof *u);
    for (size_t view = 0; view < views; view++) {
        for (size_t i = 0; i < count; i++) {
            t->views[i] = data_view_whole(side);
            t->views[i].mirrored = view == 1;
        }
        distill_show(t, pass, photos, count, x);
        cnn_network_forward(network, pass, cnn_network_count(network) - 1, v, x, count);
        for (size_t i = 0; u && i < count * t->width; i++)
            u[i] += v[i];
    }
    for (size_t i = 0; u && i < count; i++)
        decoder_input_apply(&t->unit, u + i * t->width, t->width);
    tn_arena_release(pass->arena, mark);
}

/* What is done with u of some photos, numbers first to first + count - 1 of those encoded. */
typedef void use_fn(void *context, const struct tn_pass *pass, size_t first, size_t count,
                    const float *u);

/* Encodes photos in blocks. */
static enum tn_status encode_photos(struct distill_task *t, struct tn_pool *pool,
                                    const float *theta, const size_t *photos, size_t total,
                                    const struct tn_progress *progress, use_fn *use, void *context,
                                    struct tn_error *err)
{
    struct tn_arena arena;
    const struct tn_pass pass = {.pool = pool, .theta = theta, .arena = &arena};
    enum tn_status status = TN_OK;
    float *u;

    tn_arena_measure(&arena);
    tn_arena_floats(&arena, DISTILL_SHOWN * t->width);
    encode_some(t, &pass, NULL, DISTILL_SHOWN, NULL);
    use(context, &pass, 0, DISTILL_SHOWN, NULL);
    TN_TRY(tn_arena_reserve(&arena, err));
    u = tn_arena_floats(&arena, DISTILL_SHOWN * t->width);
    for (size_t first = 0, count; status == TN_OK && first < total; first += count) {
        count = total - first < DISTILL_SHOWN ? total - first : DISTILL_SHOWN;
        encode_some(t, &pass, photos + first, count, u);
        use(context, &pass, first, count, u);
        if (tn_progress_stops(progress, "encoded", first + count, total))
            status = tn_fail(err, TN_CANCELLED, "interrupted");
    }
    tn_arena_finish(&arena);
    return status;
}

/* ---- Scores ---- */

/* Sums over photos of each column: of the squared errors, of what is true, and of its squares. */
struct tally {
    const struct distill_task *t;
    double *left, *sum, *squares; /* [width of the targets] */
    size_t photos[TARGETS_MAX_PARTS];
    float *truth;
};

/* What is true of a dev photo: of words, what people said, not what was expected. */
static bool get_truth(const struct targets *targets, size_t part, size_t photo, float *out)
{
    if (part == targets->teacher->part_count)
        return expected_words_said(targets->words, photo, out);
    return targets_get(targets, part, photo, out);
}

static void tally_photos(void *context, const struct tn_pass *pass, size_t first, size_t count,
                         const float *u)
{
    struct tally *c = context;
    const struct targets *targets = c->t->head.targets;
    const size_t width = targets_width(targets), mark = tn_arena_mark(pass->arena);
    float *y = tn_arena_floats(pass->arena, count * width);

    if (tn_pass_measures(pass)) {
        tn_arena_release(pass->arena, mark);
        return;
    }
    target_head_predict(&c->t->head, pass, u, count, y);
    for (size_t i = 0; i < count; i++)
        for (size_t p = 0; p < targets_count(targets); p++) {
            const struct target_part part = targets_part(targets, p);
            const float *said = y + i * width + part.first;

            if (!get_truth(targets, p, c->t->dev[first + i], c->truth))
                continue;
            c->photos[p]++;
            for (size_t j = 0; j < part.width; j++) {
                const double wanted = (double)c->truth[j], error = (double)said[j] - wanted;

                c->left[part.first + j] += error * error;
                c->sum[part.first + j] += wanted;
                c->squares[part.first + j] += wanted * wanted;
            }
        }
    tn_arena_release(pass->arena, mark);
}

/* The share of the variance of a part's columns that is explained; 0 where there is none. */
static double explained(const struct tally *c, size_t index)
{
    const struct target_part part = targets_part(c->t->head.targets, index);
    double left = 0, all = 0;

    for (size_t j = part.first; j < part.first + part.width && c->photos[index] > 0; j++) {
        left += c->left[j];
        all += c->squares[j] - c->sum[j] * c->sum[j] / (double)c->photos[index];
    }
    return all > 0 ? 1 - left / all : 0;
}

static void put_scores(const struct tally *c, float *scores)
{
    const struct targets *targets = c->t->head.targets;
    double sum = 0, weights = 0;

    for (size_t p = 0; p < targets_count(targets); p++) {
        const double weight = c->photos[p] > 0 ? (double)targets_part(targets, p).weight : 0;

        sum += weight * explained(c, p);
        weights += weight;
    }
    scores[0] = weights > 0 ? (float)(sum / weights) : 0;
    for (size_t i = 1; i < c->t->ops.score_count; i++)
        scores[i] = (float)explained(c, c->t->scored[i]);
}

enum tn_status distill_score(struct train_task *task, struct tn_pool *pool, float *theta,
                             float *scores, struct tn_error *err)
{
    struct distill_task *t = (struct distill_task *)task;
    const size_t width = targets_width(t->head.targets);
    double *sums = calloc(3 * width + 1, sizeof *sums);
    struct tally tally = {
        t, sums, sums + width, sums + 2 * width, {0}, malloc((width + 1) * sizeof *tally.truth)};
    enum tn_status status;

    if (!sums || !tally.truth)
        status = tn_fail_nomem(err, 3 * width * sizeof *sums);
    else
        status = encode_photos(t, pool, theta, t->dev, t->dev_count, task->scoring, tally_photos,
                               &tally, err);
    if (status == TN_OK)
        put_scores(&tally, scores);
    free(sums);
    free(tally.truth);
    return status;
}

/* ---- The head's start ---- */

struct collecting {
    size_t width;
    float *u; /* [photos][width] */
};

static void collect_photos(void *context, const struct tn_pass *pass, size_t first, size_t count,
                           const float *u)
{
    const struct collecting *c = context;

    if (!tn_pass_measures(pass))
        memcpy(c->u + first * c->width, u, count * c->width * sizeof *u);
}

/* From u[count][width] of photos to one part of the head, which begins where theta has it. */
static enum tn_status fit_part(const struct distill_task *t, struct tn_pool *pool, size_t index,
                               const size_t *photos, size_t count, const float *u, float *head,
                               struct tn_error *err)
{
    float *weight = head + (t->head.weight.offset - t->encoder_floats);
    float *bias = head + (t->head.bias.offset - t->encoder_floats);
    const struct target_part part = targets_part(t->head.targets, index);
    float *x = tn_memory_create(count * t->width * sizeof *x);
    float *y = tn_memory_create(count * part.width * sizeof *y);
    struct ridge ridge = {0};
    size_t known = 0;
    enum tn_status status = TN_OK;

    if (!x || !y)
        status = tn_fail_nomem(err, count * (t->width + part.width) * sizeof *x);
    for (size_t i = 0; status == TN_OK && i < count; i++)
        if (targets_get(t->head.targets, index, photos[i], y + known * part.width))
            memcpy(x + known++ * t->width, u + i * t->width, t->width * sizeof *x);
    if (status == TN_OK && known >= FIT_FEWEST_PHOTOS) {
        status = ridge_fit(pool, x, y, known, t->width, part.width, RIDGE_SHARE, &ridge, err);
        if (status == TN_OK) {
            memcpy(weight + part.first * t->width, ridge.weights,
                   part.width * t->width * sizeof *weight);
            memcpy(bias + part.first, ridge.bias, part.width * sizeof *bias);
        }
    }
    ridge_finish(&ridge);
    free(x);
    free(y);
    return status;
}

/* Fits all parts, to as many of the photos as a fit takes. */
static enum tn_status fit_parts(struct distill_task *t, struct tn_pool *pool,
                                const struct tn_progress *progress, float *head,
                                struct tn_error *err)
{
    const size_t all = t->train_count, count = all < FIT_MOST_PHOTOS ? all : FIT_MOST_PHOTOS;
    size_t *photos = malloc((count + 1) * sizeof *photos);
    struct collecting collecting = {t->width, tn_memory_create(count * t->width * sizeof(float))};
    enum tn_status status;

    if (!photos || !collecting.u) {
        status = tn_fail_nomem(err, count * t->width * sizeof(float));
    } else {
        for (size_t i = 0; i < count; i++)
            photos[i] = t->train[i * all / count];
        status = encode_photos(t, pool, t->options.start, photos, count, progress, collect_photos,
                               &collecting, err);
    }
    for (size_t p = 0; status == TN_OK && p < targets_count(t->head.targets); p++)
        status = fit_part(t, pool, p, photos, count, collecting.u, head, err);
    free(photos);
    free(collecting.u);
    return status;
}

enum tn_status distill_task_fit_head(struct train_task *task, struct tn_pool *pool,
                                     const struct tn_progress *progress, struct tn_error *err)
{
    struct distill_task *t = (struct distill_task *)task;
    const size_t floats = t->layout.floats - t->encoder_floats;
    /* zeros for a network that knows too few of the photos */
    float *head = tn_memory_create(floats * sizeof *head);
    enum tn_status status;

    if (!head)
        return tn_fail_nomem(err, floats * sizeof *head);
    status = fit_parts(t, pool, progress, head, err);
    if (status != TN_OK) {
        free(head);
        return status;
    }
    free(t->start_head);
    t->start_head = head;
    task->started = true;
    return TN_OK;
}
