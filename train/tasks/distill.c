/* SPDX-License-Identifier: MIT */
#include "train/tasks/distill.h"

#include "train/tasks/distill_private.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A task's struct begins with its struct train_task. */
static struct distill_task *distill_of(struct train_task *task)
{
    return (struct distill_task *)task;
}

/* ---- Photos on their way into the network ---- */

struct showing {
    const struct distill_task *t;
    const size_t *photos;
    float *x;
};

static void show_task(void *context, size_t index, size_t thread)
{
    const struct showing *s = context;
    const struct distill_options *o = &s->t->options;
    const struct data_view *view = &s->t->views[index];
    float *x = s->x + index * s->t->input;

    (void)thread;
    if (o->pool5)
        data_pool5_show(o->pool5, s->photos[index], view->mirrored, x);
    else
        data_pixels_show(o->pixels, s->photos[index], view, x);
}

void distill_show(struct distill_task *t, const struct tn_pass *pass, const size_t *photos,
                  size_t count, float *x)
{
    struct showing showing = {t, photos, x};

    tn_pass_run(pass, count, show_task, &showing);
}

/* ---- A step ---- */

static struct data_view draw_view(const struct distill_task *t, struct tn_rng *rng)
{
    if (!t->options.pool5)
        return data_view_draw(t->options.pixels->side, t->options.mirror, rng);
    return (struct data_view){.mirrored = tn_rng_uniform(rng) < 0.5F && t->options.mirror};
}

/* Dropout, inverted: element after element on the calling thread. */
static void draw_mask(float *mask, size_t count, float rate, struct tn_rng *rng)
{
    for (size_t i = 0; i < count; i++)
        mask[i] = tn_rng_uniform(rng) < rate ? 0 : 1 / (1 - rate);
}

static void apply_mask(float *x, const float *mask, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] *= mask[i];
}

/* The head's loss of V: dv becomes the gradient of its mean over the photos. */
static double learn_targets(const struct distill_task *t, const struct tn_pass *pass,
                            const size_t *photos, size_t count, const float *v, float *dv)
{
    const size_t before = tn_arena_mark(pass->arena), floats = count * t->width;
    float *u = tn_arena_floats(pass->arena, floats);
    float *mask = tn_arena_floats(pass->arena, floats);
    double loss;

    if (!tn_pass_measures(pass)) {
        memcpy(u, v, floats * sizeof *u);
        memset(dv, 0, floats * sizeof *dv);
        for (size_t i = 0; i < count; i++)
            decoder_input_apply(&t->unit, u + i * t->width, t->width);
        draw_mask(mask, floats, t->options.dropout, pass->rng);
        apply_mask(u, mask, floats);
    }
    loss = target_head_loss(&t->head, pass, t->train, photos, count, 1 / (float)count, u, dv);
    if (!tn_pass_measures(pass)) {
        apply_mask(dv, mask, floats);
        for (size_t i = 0; i < count; i++)
            decoder_input_backward(&t->unit, v + i * t->width, dv + i * t->width, t->width);
    }
    tn_arena_release(pass->arena, before);
    return loss;
}

/* photos: numbers among those that are trained on; shown: the same in the dataset. */
static double learn_photos(struct distill_task *t, const struct tn_pass *pass, const size_t *photos,
                           const size_t *shown, size_t count)
{
    const struct cnn_network *network = t->options.network;
    const size_t mark = tn_arena_mark(pass->arena);
    float *x = tn_arena_floats(pass->arena, count * t->input);
    float *dv = tn_arena_floats(pass->arena, count * t->width);
    struct cnn_tape tape;
    double loss;

    distill_show(t, pass, shown, count, x);
    cnn_network_forward_keep(network, pass, &tape, x, count);
    loss = learn_targets(t, pass, photos, count, tape.layers[cnn_network_count(network) - 1].y, dv);
    cnn_network_backward(network, pass, &tape, t->options.first, NULL, dv);
    tn_arena_release(pass->arena, mark);
    return loss;
}

static void measure_distill(struct train_task *task, const struct tn_pass *pass)
{
    struct distill_task *t = distill_of(task);

    tn_arena_alloc(pass->arena, t->options.batch, sizeof(size_t));
    learn_photos(t, pass, NULL, NULL, t->options.batch);
}

static double distill_step(struct train_task *task, const struct tn_pass *pass,
                           const struct train_slice *slice, size_t *ret_tokens)
{
    struct distill_task *t = distill_of(task);
    const size_t mark = tn_arena_mark(pass->arena);
    const size_t *photos = train_task_items(task, slice, ret_tokens);
    size_t *shown = tn_arena_alloc(pass->arena, *ret_tokens, sizeof *shown);
    double loss;

    for (size_t i = 0; i < *ret_tokens; i++) {
        shown[i] = t->train[photos[i]];
        t->views[i] = draw_view(t, pass->rng);
    }
    loss = learn_photos(t, pass, photos, shown, *ret_tokens);
    tn_arena_release(pass->arena, mark);
    return loss;
}

/* ---- The task ---- */

static void init_distill(struct train_task *task, struct tn_rng *rng, float *theta)
{
    const struct distill_task *t = distill_of(task);

    (void)rng;
    memcpy(theta, t->options.start, t->encoder_floats * sizeof *theta);
    if (t->start_head)
        memcpy(theta + t->encoder_floats, t->start_head,
               (t->layout.floats - t->encoder_floats) * sizeof *theta);
}

void distill_draw_weights(const struct cnn_network *network, size_t first, struct tn_rng *rng,
                          float *theta)
{
    for (size_t i = first; i < cnn_network_count(network); i++) {
        const struct cnn_layer *layer = cnn_network_layer(network, i);
        const size_t fan_in = layer->bias.count > 0 ? layer->weight.count / layer->bias.count : 1;

        for (size_t j = 0; j < layer->weight.count; j++)
            theta[layer->weight.offset + j] = sqrtf(2 / (float)fan_in) * tn_rng_normal(rng);
        memset(theta + layer->bias.offset, 0, layer->bias.count * sizeof *theta);
    }
}

static enum tn_status save_distill(struct train_task *task, const struct train_result *result,
                                   struct tn_error *err)
{
    const struct distill_task *t = distill_of(task);
    struct model_encoder_save what = t->options.save;
    char scores[512];
    const struct tn_metadata metadata[] = {{"encoder.training", result->training},
                                           {"encoder.scores", scores}};
    size_t used;

    if (!t->options.output)
        return TN_OK;
    used = (size_t)snprintf(scores, sizeof scores, "{\"dev\": {\"photos\": %zu", t->dev_count);
    for (size_t i = 0; i < t->ops.score_count && used < sizeof scores; i++)
        used += (size_t)snprintf(scores + used, sizeof scores - used, ", \"%s\": %.4f",
                                 t->kinds[i].name, (double)result->epoch->scores[i]);
    if (used < sizeof scores)
        snprintf(scores + used, sizeof scores - used, "}}");
    what.layout = cnn_network_layout(t->options.network);
    what.theta = result->theta;
    what.metadata = metadata;
    what.metadata_count = task->scored ? 2 : 1;
    return model_save_trained_encoder(t->options.output, &what, err);
}

static void destroy_distill(struct train_task *task)
{
    struct distill_task *t = distill_of(task);

    tn_layout_finish(&t->layout);
    free(t->start_head);
    free(t->train);
    free(t->dev);
    free(t->views);
    free(t);
}

static const struct train_task_ops ops = {
    .unit = "photos",
    .leading = 0,
    .errors = true,
    .init = init_distill,
    .measure = measure_distill,
    .step = distill_step,
    .score = distill_score,
    .save = save_distill,
    .destroy = destroy_distill,
};

/* The share of the variance that is explained: of all, of the first networks, and of words. */
static void set_scores(struct distill_task *t)
{
    const size_t count = targets_count(&t->options.targets);
    const size_t shown = count < TRAIN_MAX_SCORES ? count : TRAIN_MAX_SCORES - 1;

    t->kinds[0] = (struct train_score_kind){"explained", 100, 1, " %", TRAIN_WITH_SCORES, false};
    for (size_t i = 1; i <= shown; i++) {
        t->scored[i] = i < shown ? i - 1 : count - 1;
        t->kinds[i] = t->kinds[0];
        t->kinds[i].name = targets_part(&t->options.targets, t->scored[i]).name;
    }
    t->ops = ops;
    t->ops.scores = t->kinds;
    t->ops.score_count = shown + 1;
    t->task.ops = &t->ops;
}

/* Whether a target knows the photo. */
static bool is_known(const struct targets *targets, size_t photo, float *values)
{
    bool known = false;

    for (size_t p = 0; p < targets_count(targets) && !known; p++)
        known = targets_get(targets, p, photo, values);
    return known;
}

static enum tn_status list_photos(struct distill_task *t, struct tn_error *err)
{
    const struct data_set *set = t->options.dataset;
    float *values = malloc((targets_width(&t->options.targets) + 1) * sizeof *values);

    t->train = malloc((set->photo_count + 1) * sizeof *t->train);
    t->dev = malloc((set->photo_count + 1) * sizeof *t->dev);
    if (!values || !t->train || !t->dev) {
        free(values);
        return tn_fail_nomem(err, set->photo_count * sizeof *t->train);
    }
    for (size_t i = 0; i < set->photo_count; i++) {
        if (!is_known(&t->options.targets, i, values))
            continue;
        if (data_photo_is_train(&set->photos[i]))
            t->train[t->train_count++] = i;
        else if (data_photo_is_dev(&set->photos[i]))
            t->dev[t->dev_count++] = i;
    }
    free(values);
    return t->train_count > 0
               ? TN_OK
               : tn_fail(err, TN_NOTFOUND, "the teacher knows no photo that is to be trained on");
}

static enum tn_status make_layout(struct distill_task *t, struct tn_error *err)
{
    const size_t dims[] = {targets_width(&t->options.targets), t->width};

    t->task.layout = &t->layout;
    TN_TRY(tn_layout_append(&t->layout, cnn_network_layout(t->options.network), err));
    t->encoder_floats = t->layout.floats;
    t->head.targets = &t->options.targets;
    t->head.features = t->width;
    TN_TRY(tn_layout_add(&t->layout, "head.weight", 2, dims, &t->head.weight, err));
    return tn_layout_add(&t->layout, "head.bias", 1, dims, &t->head.bias, err);
}

/* The layers before the first stay as they are. */
static void freeze_layers(struct distill_task *t)
{
    size_t frozen = 0;

    for (size_t i = 0; i < t->options.first; i++) {
        const struct cnn_layer *layer = cnn_network_layer(t->options.network, i);

        if (layer->bias.count > 0)
            frozen = layer->bias.offset + layer->bias.count;
    }
    t->task.parts[0] = (struct train_part){frozen, 0};
    t->task.part_count = 1;
}

static enum tn_status build_distill(struct distill_task *t, struct tn_error *err)
{
    const struct cnn_network *network = t->options.network;
    const size_t views = t->options.batch > DISTILL_SHOWN ? t->options.batch : DISTILL_SHOWN;

    t->width = cnn_shape_floats(cnn_network_layer(network, cnn_network_count(network) - 1)->out);
    t->input = cnn_shape_floats(cnn_network_layer(network, 0)->in);
    t->unit = (struct decoder_input){.scale = sqrtf((float)t->width), .unit = true};
    t->views = calloc(views, sizeof *t->views);
    if (!t->views)
        return tn_fail_nomem(err, views * sizeof *t->views);
    TN_TRY(make_layout(t, err));
    freeze_layers(t);
    TN_TRY(list_photos(t, err));
    t->task.scored = t->dev_count > 0;
    return train_task_set_order(&t->task, NULL, t->train_count, t->options.batch, err);
}

enum tn_status distill_task_create(const struct distill_options *options,
                                   struct train_task **ret_task, struct tn_error *err)
{
    struct distill_task *t = calloc(1, sizeof *t);
    enum tn_status status;

    assert(options->batch > 0 && !options->pool5 != !options->pixels);
    if (!t)
        return tn_fail_nomem(err, sizeof *t);
    t->options = *options;
    set_scores(t);
    status = build_distill(t, err);
    if (status == TN_OK)
        *ret_task = &t->task;
    else
        train_task_destroy(&t->task);
    return status;
}

size_t distill_task_photos(const struct train_task *task, size_t *ret_dev)
{
    const struct distill_task *t = (const struct distill_task *)task;

    *ret_dev = t->dev_count;
    return t->train_count;
}
