/* SPDX-License-Identifier: MIT */
#include "train/tasks/finetune.h"

#include "tensor/half.h"
#include "train/tasks/caption_task_private.h"
#include "train/tasks/target_head.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ENCODE_PHOTOS = 32 }; /* whose V is computed together */

struct finetune_task {
    struct caption_task shared;
    struct finetune_options options;
    size_t width; /* of V */
    struct tn_layout layout;
    struct targets targets;
    struct target_head head; /* empty without a teacher */
    struct data_batch batch;
    struct data_view *views; /* [max(photos of a step, ENCODE_PHOTOS)] */
    size_t *captions;        /* [photos * captions]: numbers in the corpus */
    size_t *owners;          /* [photos * captions]: whose, as a number in the step */
    size_t caption_count;
    double teacher_loss;
    struct data_features encoded; /* V of the dev photos */
};

/* A task's struct begins with its struct train_task. */
static struct finetune_task *finetune_of(struct train_task *task)
{
    return (struct finetune_task *)task;
}

/* ---- Preparation ---- */

static enum tn_status make_layout(struct finetune_task *t, struct tn_error *err)
{
    const struct teacher *teacher = t->options.teacher;
    const size_t dims[] = {teacher ? teacher->width : 0, t->width};

    t->shared.task.layout = &t->layout;
    TN_TRY(tn_layout_append(&t->layout, cnn_network_layout(t->options.network), err));
    t->shared.decoder_offset = t->layout.floats;
    TN_TRY(tn_layout_append(&t->layout, decoder_layout(t->shared.decoder), err));
    if (!teacher)
        return TN_OK;
    t->targets = (struct targets){.teacher = teacher, .teacher_weight = t->options.teacher_weight};
    t->head.targets = &t->targets;
    t->head.features = t->width;
    TN_TRY(tn_layout_add(&t->layout, "teacher.weight", 2, dims, &t->head.weight, err));
    return tn_layout_add(&t->layout, "teacher.bias", 1, dims, &t->head.bias, err);
}

static enum tn_status allocate_photos(struct finetune_task *t, struct tn_error *err)
{
    const struct data_source *source = t->shared.options.train;
    const size_t photos = t->shared.options.batch, captions = photos * t->options.captions;
    const size_t views = photos > ENCODE_PHOTOS ? photos : ENCODE_PHOTOS;

    t->views = calloc(views, sizeof *t->views);
    t->captions = calloc(captions, sizeof *t->captions);
    t->owners = calloc(captions, sizeof *t->owners);
    t->encoded.rows = calloc(source->features->photos + 1, sizeof *t->encoded.rows);
    if (!t->views || !t->captions || !t->owners || !t->encoded.rows)
        return tn_fail_nomem(err, captions * sizeof *t->captions);
    return data_batch_init(&t->batch, source, captions, err);
}

/* The layers before the first stay as they are, and the encoder has a rate of its own. */
static void set_parts(struct finetune_task *t)
{
    const struct cnn_network *network = t->options.network;
    size_t frozen = 0;

    for (size_t i = 0; i < t->options.first; i++) {
        const struct cnn_layer *layer = cnn_network_layer(network, i);

        if (layer->bias.count > 0)
            frozen = layer->bias.offset + layer->bias.count;
    }
    t->shared.task.parts[0] = (struct train_part){frozen, 0};
    t->shared.task.parts[1] = (struct train_part){t->shared.decoder_offset, t->options.rate};
    t->shared.task.part_count = 2;
}

static void init_finetune(struct train_task *task, struct tn_rng *rng, float *theta)
{
    const struct finetune_task *t = finetune_of(task);

    memcpy(theta, t->options.start, cnn_network_layout(t->options.network)->floats * sizeof *theta);
    caption_task_init_theta(task, rng, theta);
}

static void destroy_finetune(struct train_task *task)
{
    struct finetune_task *t = finetune_of(task);

    caption_task_finish(&t->shared);
    tn_layout_finish(&t->layout);
    data_batch_finish(&t->batch);
    data_features_finish(&t->encoded);
    free(t->views);
    free(t->captions);
    free(t->owners);
    free(t);
}

/* ---- A step ---- */

/* Photos on their way into the encoder. */
struct showing {
    const struct finetune_task *t;
    const struct data_corpus *corpus;
    const size_t *photos; /* numbers in the corpus */
    float *x;
};

static void show_task(void *context, size_t index, size_t thread)
{
    const struct showing *s = context;
    const struct data_pixels *pixels = s->t->options.pixels;

    (void)thread;
    data_pixels_show(pixels, s->corpus->photos[s->photos[index]], &s->t->views[index],
                     s->x + index * 3 * pixels->side * pixels->side);
}

/* The step's captions: all of a photo, or so many of them as are wanted, drawn without repeats. */
static void draw_captions(struct finetune_task *t, const size_t *photos, size_t count,
                          struct tn_rng *rng)
{
    const size_t *firsts = t->shared.options.train->corpus->firsts;

    t->caption_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t left = firsts[photos[i] + 1] - firsts[photos[i]];
        size_t wanted = left < t->options.captions ? left : t->options.captions;

        /* each caption with the chance that leaves all choices alike (Knuth's algorithm S) */
        for (size_t c = firsts[photos[i]]; wanted > 0; c++, left--) {
            if (tn_rng_below(rng, left) >= wanted)
                continue;
            t->captions[t->caption_count] = c;
            t->owners[t->caption_count++] = i;
            wanted--;
        }
    }
}

/* The words' loss: adds its gradient to dtheta, and sets dv. */
static double describe(struct finetune_task *t, const struct tn_pass *pass, size_t count,
                       const float *v, float *dv)
{
    const struct tn_pass decoding = tn_pass_at(pass, t->shared.decoder_offset);
    const struct decoder_input *input = &t->shared.options.train->input;
    const size_t width = t->width, mark = tn_arena_mark(pass->arena);
    struct decoder_batch batch = t->batch.batch;
    double loss;

    batch.dfeatures = tn_arena_floats(pass->arena, batch.size * width);
    if (!tn_pass_measures(pass))
        for (size_t c = 0; c < batch.size; c++) {
            memcpy(t->batch.features + c * width, v + t->owners[c] * width, width * sizeof *v);
            decoder_input_apply(input, t->batch.features + c * width, width);
        }
    loss = decoder_loss(t->shared.decoder, &decoding, &batch, 1 / (float)t->batch.tokens,
                        t->shared.options.label_smoothing);
    if (!tn_pass_measures(pass)) {
        memset(dv, 0, count * width * sizeof *dv);
        for (size_t c = 0; c < batch.size; c++)
            for (size_t i = 0; i < width; i++)
                dv[t->owners[c] * width + i] += batch.dfeatures[c * width + i];
        for (size_t i = 0; i < count; i++)
            decoder_input_backward(input, v + i * width, dv + i * width, width);
    }
    tn_arena_release(pass->arena, mark);
    return loss;
}

/* Both losses of photos that are chosen, with their captions in the batch. */
static double learn_photos(struct finetune_task *t, const struct tn_pass *pass,
                           const size_t *photos, size_t count)
{
    const struct cnn_network *network = t->options.network;
    const size_t mark = tn_arena_mark(pass->arena), side = t->options.pixels->side;
    struct showing showing = {t, t->shared.options.train->corpus, photos,
                              tn_arena_floats(pass->arena, count * 3 * side * side)};
    float *dv = tn_arena_floats(pass->arena, count * t->width);
    struct cnn_tape tape;
    const float *v;
    double loss;

    tn_pass_run(pass, count, show_task, &showing);
    cnn_network_forward_keep(network, pass, &tape, showing.x, count);
    v = tape.layers[cnn_network_count(network) - 1].y;
    loss = describe(t, pass, count, v, dv);
    if (t->options.teacher)
        t->teacher_loss = target_head_loss(&t->head, pass, showing.corpus->photos, photos, count,
                                           1 / (float)count, v, dv) /
                          (double)count;
    cnn_network_backward(network, pass, &tape, t->options.first, NULL, dv);
    tn_arena_release(pass->arena, mark);
    return loss;
}

static void measure_finetune(struct train_task *task, const struct tn_pass *pass)
{
    struct finetune_task *t = finetune_of(task);

    t->batch.tokens = 1;
    /* the batch is still as large as it can be */
    learn_photos(t, pass, NULL, t->shared.options.batch);
}

static double learn_step(struct train_task *task, const struct tn_pass *pass,
                         const struct train_slice *slice, size_t *ret_tokens)
{
    struct finetune_task *t = finetune_of(task);
    size_t count;
    const size_t *photos = train_task_items(task, slice, &count);

    for (size_t i = 0; i < count; i++)
        t->views[i] = data_view_draw(t->options.pixels->side, t->options.mirror, pass->rng);
    draw_captions(t, photos, count, pass->rng);
    data_batch_fill_words(&t->batch, t->shared.options.train, t->captions, t->caption_count);
    *ret_tokens = t->batch.tokens;
    return learn_photos(t, pass, photos, count);
}

double finetune_teacher_loss(const struct train_task *task)
{
    return ((const struct finetune_task *)task)->teacher_loss;
}

/* ---- The score ---- */

/* V of a view of the corpus' photos [first, first + count); with a measuring arena, measures. */
static void encode_some_photos(struct finetune_task *t, const struct tn_pass *pass,
                               const struct data_corpus *corpus, size_t first, size_t count,
                               size_t view)
{
    const size_t mark = tn_arena_mark(pass->arena), side = t->options.pixels->side;
    float *x = tn_arena_floats(pass->arena, count * 3 * side * side);
    float *v = tn_arena_floats(pass->arena, count * t->width);
    size_t photos[ENCODE_PHOTOS];
    struct showing showing = {t, corpus, photos, x};

    for (size_t i = 0; i < count; i++) {
        photos[i] = first + i;
        t->views[i] = data_view_whole(side);
        t->views[i].mirrored = view == 1;
    }
    tn_pass_run(pass, count, show_task, &showing);
    cnn_network_forward(t->options.network, pass, cnn_network_count(t->options.network) - 1, v, x,
                        count);
    for (size_t i = 0; !tn_pass_measures(pass) && i < count; i++)
        tn_float_to_half(t->encoded.values + ((first + i) * t->encoded.views + view) * t->width,
                         v + i * t->width, t->width);
    tn_arena_release(pass->arena, mark);
}

static enum tn_status make_room(struct finetune_task *t, const struct data_corpus *corpus,
                                struct tn_error *err)
{
    struct data_features *e = &t->encoded;
    const size_t views = t->shared.options.train->input.mirrored ? 2 : 1;
    const size_t floats = (corpus->photo_count + 1) * views * t->width;

    free(e->values);
    e->values = calloc(floats, sizeof *e->values);
    if (!e->values)
        return tn_fail_nomem(err, floats * sizeof *e->values);
    e->photos = t->shared.options.train->features->photos;
    e->views = views;
    e->width = t->width;
    e->total = corpus->photo_count;
    for (size_t i = 0; i < e->photos; i++)
        e->rows[i] = SIZE_MAX;
    for (size_t i = 0; i < corpus->photo_count; i++)
        e->rows[corpus->photos[i]] = i;
    return TN_OK;
}

/* V of the corpus's photos as they are, in float32 arithmetic, into t->encoded. */
static enum tn_status encode_photos(struct finetune_task *t, struct tn_pool *pool,
                                    const float *theta, const struct data_corpus *corpus,
                                    struct tn_error *err)
{
    struct tn_arena arena;
    const struct tn_pass pass = {.pool = pool, .theta = theta, .arena = &arena};
    enum tn_status status = TN_OK;

    TN_TRY(make_room(t, corpus, err));
    tn_arena_measure(&arena);
    encode_some_photos(t, &pass, corpus, 0, ENCODE_PHOTOS, 0);
    TN_TRY(tn_arena_reserve(&arena, err));
    for (size_t first = 0; first < corpus->photo_count; first += ENCODE_PHOTOS) {
        const size_t left = corpus->photo_count - first;
        const size_t count = left < ENCODE_PHOTOS ? left : ENCODE_PHOTOS;

        for (size_t view = 0; view < t->encoded.views; view++)
            encode_some_photos(t, &pass, corpus, first, count, view);
        if (tn_progress_stops(t->shared.task.scoring, "encoded", first + count,
                              corpus->photo_count)) {
            status = tn_fail(err, TN_CANCELLED, "stopped");
            break;
        }
    }
    tn_arena_finish(&arena);
    return status;
}

static enum tn_status score_finetune(struct train_task *task, struct tn_pool *pool, float *theta,
                                     float *scores, struct tn_error *err)
{
    struct finetune_task *t = finetune_of(task);

    TN_TRY(encode_photos(t, pool, theta, t->shared.options.dev->corpus, err));
    return caption_task_score_features(&t->shared, &t->encoded, pool, theta, scores, err);
}

static const struct train_task_ops ops = {
    .unit = "words",
    .scores = caption_score_kinds,
    .score_count = CAPTION_SCORES,
    .leading = CAPTION_CIDER,
    .init = init_finetune,
    .measure = measure_finetune,
    .step = learn_step,
    .score = score_finetune,
    .save = caption_task_save,
    .destroy = destroy_finetune,
};

static enum tn_status build_finetune(struct finetune_task *t,
                                     const struct caption_task_options *options,
                                     struct tn_error *err)
{
    TN_TRY(caption_task_init(&t->shared, options, options->train->corpus->photo_count, err));
    t->shared.options.save.encoder_layout = cnn_network_layout(t->options.network);
    TN_TRY(make_layout(t, err));
    set_parts(t);
    return allocate_photos(t, err);
}

enum tn_status finetune_task_create(const struct caption_task_options *options,
                                    const struct finetune_options *finetune,
                                    struct train_task **ret_task, struct tn_error *err)
{
    struct finetune_task *t = calloc(1, sizeof *t);
    enum tn_status status;

    assert(finetune->captions > 0);
    if (!t)
        return tn_fail_nomem(err, sizeof *t);
    *t = (struct finetune_task){.shared = {.task = {.ops = &ops}},
                                .options = *finetune,
                                .width = options->train->features->width};
    status = build_finetune(t, options, err);
    if (status == TN_OK)
        *ret_task = &t->shared.task;
    else
        train_task_destroy(&t->shared.task);
    return status;
}
