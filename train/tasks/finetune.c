/* SPDX-License-Identifier: MIT */
#include "train/tasks/finetune.h"

#include "tensor/half.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ENCODE_PHOTOS = 32 }; /* that finetune_encode runs together */

struct finetune {
    struct finetune_options options;
    const struct decoder *decoder;
    const struct train_source *source;
    size_t photos, width; /* of a step; of V */
    struct tn_layout layout;
    size_t decoder_offset;
    struct tn_span head_weight, head_bias; /* empty without a teacher */
    size_t *order;                         /* [count] photos of the corpus with captions */
    size_t count;
    struct train_batch batch;
    struct train_view *views; /* [max(photos, ENCODE_PHOTOS)] */
    size_t *captions;         /* [photos * captions]: numbers in the corpus */
    size_t *owners;           /* [photos * captions]: whose, as a number in the step */
    size_t caption_count;
    double teacher_loss;
    struct train_features encoded; /* by finetune_encode */
};

/* ---- Preparation ---- */

static enum tn_status append(struct tn_layout *layout, const struct tn_layout *other,
                             struct tn_error *err)
{
    for (size_t i = 0; i < other->count; i++) {
        const struct tn_parameter *p = &other->parameters[i];
        struct tn_span span;

        TN_TRY(tn_layout_add(layout, p->name, p->rank, p->dims, &span, err));
    }
    return TN_OK;
}

static enum tn_status make_layout(struct finetune *f, struct tn_error *err)
{
    const struct teacher *teacher = f->options.teacher;
    const size_t dims[] = {teacher ? teacher->width : 0, f->width};
    const struct tn_layout *decoder = decoder_layout(f->decoder);

    TN_TRY(append(&f->layout, cnn_network_layout(f->options.network), err));
    f->decoder_offset = f->layout.count;
    TN_TRY(append(&f->layout, decoder, err));
    f->decoder_offset =
        f->layout.parameters[f->decoder_offset].span.offset - decoder->parameters[0].span.offset;
    if (!teacher)
        return TN_OK;
    TN_TRY(tn_layout_add(&f->layout, "teacher.weight", 2, dims, &f->head_weight, err));
    return tn_layout_add(&f->layout, "teacher.bias", 1, dims, &f->head_bias, err);
}

static enum tn_status allocate(struct finetune *f, struct tn_error *err)
{
    const struct train_corpus *corpus = f->source->corpus;
    const size_t captions = f->photos * f->options.captions;
    const size_t views = f->photos > ENCODE_PHOTOS ? f->photos : ENCODE_PHOTOS;

    f->order = calloc(corpus->photo_count + 1, sizeof *f->order);
    f->views = calloc(views, sizeof *f->views);
    f->captions = calloc(captions, sizeof *f->captions);
    f->owners = calloc(captions, sizeof *f->owners);
    f->encoded.rows = calloc(f->source->features->photos + 1, sizeof *f->encoded.rows);
    if (!f->order || !f->views || !f->captions || !f->owners || !f->encoded.rows)
        return tn_fail_nomem(err, captions * sizeof *f->captions);
    f->count = corpus->photo_count;
    return train_batch_init(&f->batch, f->source, captions, err);
}

enum tn_status finetune_create(const struct finetune_options *options, size_t photos,
                               const struct decoder *decoder, const struct train_source *source,
                               struct finetune **ret_finetune, struct tn_error *err)
{
    struct finetune *f = calloc(1, sizeof *f);
    enum tn_status status;

    assert(photos > 0 && options->captions > 0);
    if (!f)
        return tn_fail_nomem(err, sizeof *f);
    *f = (struct finetune){.options = *options,
                           .decoder = decoder,
                           .source = source,
                           .photos = photos,
                           .width = source->features->width};
    status = make_layout(f, err);
    if (status == TN_OK)
        status = allocate(f, err);
    if (status == TN_OK)
        *ret_finetune = f;
    else
        finetune_destroy(f);
    return status;
}

void finetune_destroy(struct finetune *f)
{
    if (!f)
        return;
    tn_layout_finish(&f->layout);
    train_batch_finish(&f->batch);
    train_features_finish(&f->encoded);
    free(f->order);
    free(f->views);
    free(f->captions);
    free(f->owners);
    free(f);
}

const struct tn_layout *finetune_layout(const struct finetune *f)
{
    return &f->layout;
}

size_t finetune_decoder_offset(const struct finetune *f)
{
    return f->decoder_offset;
}

size_t finetune_steps(const struct finetune *f)
{
    return (f->count + f->photos - 1) / f->photos;
}

size_t finetune_parts(const struct finetune *f, struct train_part parts[TRAIN_MAX_PARTS])
{
    const struct cnn_network *network = f->options.network;
    size_t frozen = 0;

    for (size_t i = 0; i < f->options.first; i++) {
        const struct cnn_layer *layer = cnn_network_layer(network, i);

        if (layer->bias.count > 0)
            frozen = layer->bias.offset + layer->bias.count;
    }
    parts[0] = (struct train_part){frozen, 0};
    parts[1] = (struct train_part){f->decoder_offset, f->options.rate};
    return 2;
}

void finetune_init(const struct finetune *f, float *theta)
{
    memcpy(theta, f->options.start, cnn_network_layout(f->options.network)->floats * sizeof *theta);
    memset(theta + f->head_weight.offset, 0, f->head_weight.count * sizeof *theta);
}

void finetune_begin_epoch(struct finetune *f, struct tn_rng *rng)
{
    for (size_t p = 0; p < f->count; p++)
        f->order[p] = p;
    tn_rng_shuffle(rng, f->order, f->count);
}

/* ---- A step ---- */

/* Photos on their way into the encoder. */
struct showing {
    const struct finetune *f;
    const struct train_corpus *corpus;
    const size_t *photos; /* numbers in the corpus */
    float *x;
};

static void show_task(void *context, size_t index, size_t thread)
{
    const struct showing *s = context;
    const struct train_pixels *pixels = s->f->options.pixels;

    (void)thread;
    train_pixels_show(pixels, s->corpus->photos[s->photos[index]], &s->f->views[index],
                      s->x + index * 3 * pixels->side * pixels->side);
}

/* The step's captions: all of a photo, or so many of them as are wanted, drawn without repeats. */
static void draw_captions(struct finetune *f, const size_t *photos, size_t count,
                          struct tn_rng *rng)
{
    const size_t *firsts = f->source->corpus->firsts;

    f->caption_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t left = firsts[photos[i] + 1] - firsts[photos[i]];
        size_t wanted = left < f->options.captions ? left : f->options.captions;

        /* each caption with the chance that leaves all choices alike (Knuth's algorithm S) */
        for (size_t c = firsts[photos[i]]; wanted > 0; c++, left--) {
            if (tn_rng_below(rng, left) >= wanted)
                continue;
            f->captions[f->caption_count] = c;
            f->owners[f->caption_count++] = i;
            wanted--;
        }
    }
}

/* The words' loss: adds its gradient to dtheta, and sets dv. */
static double describe(struct finetune *f, const struct tn_pass *pass, float label_smoothing,
                       size_t count, const float *v, float *dv)
{
    const struct tn_pass decoding = tn_pass_at(pass, f->decoder_offset);
    const struct decoder_input *input = &f->source->input;
    const size_t width = f->width, mark = tn_arena_mark(pass->arena);
    struct decoder_batch batch = f->batch.batch;
    double loss;

    batch.dfeatures = tn_arena_floats(pass->arena, batch.size * width);
    if (!tn_pass_measures(pass))
        for (size_t c = 0; c < batch.size; c++) {
            memcpy(f->batch.features + c * width, v + f->owners[c] * width, width * sizeof *v);
            decoder_input_apply(input, f->batch.features + c * width, width);
        }
    loss = decoder_loss(f->decoder, &decoding, &batch, 1 / (float)f->batch.tokens, label_smoothing);
    if (!tn_pass_measures(pass)) {
        memset(dv, 0, count * width * sizeof *dv);
        for (size_t c = 0; c < batch.size; c++)
            for (size_t i = 0; i < width; i++)
                dv[f->owners[c] * width + i] += batch.dfeatures[c * width + i];
        for (size_t i = 0; i < count; i++)
            decoder_input_backward(input, v + i * width, dv + i * width, width);
    }
    tn_arena_release(pass->arena, mark);
    return loss;
}

/* Both losses of photos that are chosen, with their captions in the batch. */
static double run(struct finetune *f, const struct tn_pass *pass, float label_smoothing,
                  const size_t *photos, size_t count)
{
    const struct cnn_network *network = f->options.network;
    const size_t mark = tn_arena_mark(pass->arena), side = f->options.pixels->side;
    struct showing showing = {f, f->source->corpus, photos,
                              tn_arena_floats(pass->arena, count * 3 * side * side)};
    float *dv = tn_arena_floats(pass->arena, count * f->width);
    const struct teacher_head head = {f->head_weight, f->head_bias, f->width,
                                      f->options.teacher_weight};
    struct cnn_tape tape;
    const float *v;
    double loss;

    tn_pass_run(pass, count, show_task, &showing);
    cnn_network_forward_keep(network, pass, &tape, showing.x, count);
    v = tape.layers[cnn_network_count(network) - 1].y;
    loss = describe(f, pass, label_smoothing, count, v, dv);
    if (f->options.teacher)
        f->teacher_loss = teacher_teach(f->options.teacher, pass, &head, showing.corpus->photos,
                                        photos, count, v, dv);
    cnn_network_backward(network, pass, &tape, f->options.first, NULL, dv);
    tn_arena_release(pass->arena, mark);
    return loss;
}

void finetune_measure(struct finetune *f, const struct tn_pass *pass)
{
    f->batch.tokens = 1;
    run(f, pass, 0, NULL, f->photos); /* the batch is still as large as it can be */
}

double finetune_step(struct finetune *f, const struct tn_pass *pass, float label_smoothing,
                     size_t number, size_t *ret_tokens)
{
    const size_t start = number * f->photos, left = f->count - start;
    const size_t count = left < f->photos ? left : f->photos;
    const size_t *photos = f->order + start;

    for (size_t i = 0; i < count; i++)
        f->views[i] = train_view_draw(f->options.pixels->side, f->options.mirror, pass->rng);
    draw_captions(f, photos, count, pass->rng);
    train_batch_fill_words(&f->batch, f->source, f->captions, f->caption_count);
    *ret_tokens = f->batch.tokens;
    return run(f, pass, label_smoothing, photos, count);
}

double finetune_teacher_loss(const struct finetune *f)
{
    return f->teacher_loss;
}

/* ---- V of the dev photos ---- */

/* V of a view of the corpus' photos [first, first + count); with a measuring arena, measures. */
static void encode_batch(struct finetune *f, const struct tn_pass *pass,
                         const struct train_corpus *corpus, size_t first, size_t count, size_t view)
{
    const size_t mark = tn_arena_mark(pass->arena), side = f->options.pixels->side;
    float *x = tn_arena_floats(pass->arena, count * 3 * side * side);
    float *v = tn_arena_floats(pass->arena, count * f->width);
    size_t photos[ENCODE_PHOTOS];
    struct showing showing = {f, corpus, photos, x};

    for (size_t i = 0; i < count; i++) {
        photos[i] = first + i;
        f->views[i] = train_view_whole(side);
        f->views[i].mirrored = view == 1;
    }
    tn_pass_run(pass, count, show_task, &showing);
    cnn_network_forward(f->options.network, pass, cnn_network_count(f->options.network) - 1, v, x,
                        count);
    for (size_t i = 0; !tn_pass_measures(pass) && i < count; i++)
        tn_float_to_half(f->encoded.values + ((first + i) * f->encoded.views + view) * f->width,
                         v + i * f->width, f->width);
    tn_arena_release(pass->arena, mark);
}

static enum tn_status make_room(struct finetune *f, const struct train_corpus *corpus,
                                struct tn_error *err)
{
    struct train_features *e = &f->encoded;
    const size_t views = f->source->input.mirrored ? 2 : 1;
    const size_t floats = (corpus->photo_count + 1) * views * f->width;

    free(e->values);
    e->values = calloc(floats, sizeof *e->values);
    if (!e->values)
        return tn_fail_nomem(err, floats * sizeof *e->values);
    e->photos = f->source->features->photos;
    e->views = views;
    e->width = f->width;
    e->total = corpus->photo_count;
    for (size_t i = 0; i < e->photos; i++)
        e->rows[i] = SIZE_MAX;
    for (size_t i = 0; i < corpus->photo_count; i++)
        e->rows[corpus->photos[i]] = i;
    return TN_OK;
}

enum tn_status finetune_encode(struct finetune *f, struct tn_pool *pool, const float *theta,
                               const struct train_corpus *corpus,
                               const struct train_features **ret_features, struct tn_error *err)
{
    struct tn_arena arena;
    const struct tn_pass pass = {.pool = pool, .theta = theta, .arena = &arena};

    TN_TRY(make_room(f, corpus, err));
    tn_arena_measure(&arena);
    encode_batch(f, &pass, corpus, 0, ENCODE_PHOTOS, 0);
    TN_TRY(tn_arena_reserve(&arena, err));
    for (size_t first = 0; first < corpus->photo_count; first += ENCODE_PHOTOS) {
        const size_t left = corpus->photo_count - first;
        const size_t count = left < ENCODE_PHOTOS ? left : ENCODE_PHOTOS;

        for (size_t view = 0; view < f->encoded.views; view++)
            encode_batch(f, &pass, corpus, first, count, view);
    }
    tn_arena_finish(&arena);
    *ret_features = &f->encoded;
    return TN_OK;
}
