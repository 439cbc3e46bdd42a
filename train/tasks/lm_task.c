/* SPDX-License-Identifier: MIT */
#include "train/tasks/lm_task.h"

#include "models/language_model.h"
#include "train/tasks/own_words.h"
#include "train/tasks/text_task_private.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text that is read in parts side by side, a chunk at a time; of the parts, those of a slice. */
struct stream {
    const struct text_column *text;
    size_t first, parts;
    size_t length; /* tokens predicted in each part */
    size_t shift;  /* where the first part begins; behind the text's end is its beginning */
    size_t steps;  /* of a chunk */
    int *inputs, *targets;
    size_t *lengths;
    float *state;
    size_t state_floats;
    bool learned_start; /* the net has its own first state */
};

struct lm_task {
    struct text_training shared;
    struct train_task_ops ops; /* with the scores that the unit has */
    const struct text_column *dev;
    struct decoder *decoder;
    struct stream *streams; /* [slices] */
    size_t slices;
};

static void stream_finish(struct stream *r)
{
    free(r->inputs);
    free(r->targets);
    free(r->lengths);
    free(r->state);
}

/* Takes as many parts as the text fills, and of these the slice's. */
static enum tn_status stream_init(struct stream *r, const struct decoder *decoder,
                                  const struct text_column *text, size_t parts, size_t steps,
                                  const struct train_slice *slice, struct tn_error *err)
{
    const size_t predicted = text->total - 1, all = predicted < parts ? predicted : parts;

    *r = (struct stream){.text = text,
                         .learned_start = decoder_config(decoder)->options.learned_start};
    r->first = train_slice_start(slice, all, &r->parts);
    r->length = predicted / all;
    r->steps = r->length < steps ? r->length : steps;
    r->inputs = calloc(r->parts * r->steps + 1, sizeof *r->inputs);
    r->targets = calloc(r->parts * r->steps + 1, sizeof *r->targets);
    r->lengths = calloc(r->parts + 1, sizeof *r->lengths);
    r->state_floats = r->parts > 0 ? decoder_state_floats(decoder, r->parts) : 0;
    r->state = calloc(r->state_floats + 1, sizeof *r->state);
    if (r->inputs && r->targets && r->lengths && r->state)
        return TN_OK;
    stream_finish(r);
    *r = (struct stream){0};
    return tn_fail_nomem(err, r->state_floats * sizeof(float));
}

static size_t stream_chunks(const struct stream *r)
{
    return (r->length + r->steps - 1) / r->steps;
}

/* The text as a ring. */
static int id_at(const struct text_column *text, size_t at)
{
    return text->ids[at < text->total ? at : at - text->total];
}

/* Chunk number `chunk`; its batch points into the reader, and carries the state on. */
static struct decoder_batch stream_fill(struct stream *r, size_t chunk)
{
    const size_t start = chunk * r->steps;
    const size_t steps = r->length - start < r->steps ? r->length - start : r->steps;

    for (size_t p = 0; p < r->parts; p++) {
        const size_t from = r->shift + (r->first + p) * r->length + start;

        r->lengths[p] = steps;
        for (size_t t = 0; t < steps; t++) {
            r->inputs[t * r->parts + p] = id_at(r->text, from + t);
            r->targets[t * r->parts + p] = id_at(r->text, from + t + 1);
        }
    }
    if (chunk == 0)
        memset(r->state, 0, r->state_floats * sizeof *r->state);
    return (struct decoder_batch){.size = r->parts,
                                  .steps = steps,
                                  .inputs = r->inputs,
                                  .targets = r->targets,
                                  .lengths = r->lengths,
                                  .initial = chunk == 0 && r->learned_start ? NULL : r->state,
                                  .final = r->state};
}

enum tn_status lm_decoder_create(const struct text_config *config, size_t vocabulary, float dropout,
                                 struct decoder **ret_decoder, struct tn_error *err)
{
    struct decoder_config c = language_model_decoder(config, vocabulary);

    c.dropout = dropout;
    return decoder_create(&c, TEXT_PREFIX, ret_decoder, err);
}

double lm_character_bits(const struct text_column *text, double nll)
{
    return nll / log(2) * (double)text->total / (double)text->characters;
}

/* A text that is measured, a chunk after the other. */
struct measured {
    const struct text_column *text;
    int ids[128 + 1]; /* of a chunk, behind the one before it */
    size_t at, steps; /* where the chunk begins, and its length */
    float *state;     /* owned */
};

/* The chunk from m->at on; its batch points into m, and carries the state on. */
static struct decoder_batch fill_measured(struct measured *m, int first)
{
    const size_t left = m->text->total - m->at, most = sizeof m->ids / sizeof *m->ids - 1;

    m->steps = left < most ? left : most;
    m->ids[0] = m->at > 0 ? m->text->ids[m->at - 1] : first;
    for (size_t t = 0; t < m->steps; t++)
        m->ids[1 + t] = m->text->ids[m->at + t];
    return (struct decoder_batch){.size = 1,
                                  .steps = m->steps,
                                  .inputs = m->ids,
                                  .targets = m->ids + 1,
                                  .lengths = &m->steps,
                                  .initial = m->at > 0 ? m->state : NULL,
                                  .final = m->state};
}

enum tn_status lm_measure(const struct decoder *decoder, const float *theta, int first,
                          const struct text_column *text, struct tn_pool *pool,
                          const struct tn_progress *progress, double *ret_nll, struct tn_error *err)
{
    const size_t floats = decoder_state_floats(decoder, 1);
    struct measured m = {.text = text, .state = calloc(floats, sizeof *m.state)};
    struct decoder_batch batch = fill_measured(&m, first);
    struct tn_arena arena;
    const struct tn_pass pass = {.pool = pool, .theta = theta, .arena = &arena};
    enum tn_status status = TN_OK;
    double sum = 0;

    if (!m.state)
        return tn_fail_nomem(err, floats * sizeof *m.state);
    tn_arena_measure(&arena);
    decoder_loss(decoder, &pass, &batch, 0, 0);
    status = tn_arena_reserve(&arena, err);
    for (; status == TN_OK && m.at < text->total; m.at += m.steps) {
        batch = fill_measured(&m, first);
        sum += decoder_loss(decoder, &pass, &batch, 0, 0);
        if (tn_progress_stops(progress, "measured", m.at + m.steps, text->total))
            status = tn_fail(err, TN_CANCELLED, "stopped");
    }
    if (status == TN_OK)
        *ret_nll = sum / (double)text->total;
    tn_arena_finish(&arena);
    free(m.state);
    return status;
}

/* A task's struct begins with its struct train_task. */
static struct lm_task *lm_of(struct train_task *task)
{
    return (struct lm_task *)task;
}

static void init_lm(struct train_task *task, struct tn_rng *rng, float *theta)
{
    if (!text_task_begin(&lm_of(task)->shared, theta))
        decoder_init(lm_of(task)->decoder, rng, theta);
}

static void begin_lm(struct train_task *task, struct tn_rng *rng)
{
    struct lm_task *t = lm_of(task);
    const size_t shift =
        t->shared.options.shifted ? tn_rng_below(rng, t->streams[0].text->total) : 0;

    for (size_t i = 0; i < t->slices; i++)
        t->streams[i].shift = shift;
}

/* Some of the inputs become words that the net draws. */
static void mix_own_words(struct lm_task *t, const struct tn_pass *pass, struct stream *stream,
                          struct decoder_batch batch)
{
    const struct tn_pass drawing = {
        .pool = pass->pool, .theta = pass->theta, .arena = pass->arena, .bf16 = pass->bf16};
    const size_t mark = tn_arena_mark(pass->arena);

    batch.final = NULL;
    batch.draws = tn_arena_ints(pass->arena, batch.size * batch.steps);
    if (!tn_pass_measures(pass))
        batch.draw_seed = tn_rng_next(pass->rng);
    decoder_loss(t->decoder, &drawing, &batch, 0, 0);
    if (!tn_pass_measures(pass))
        own_words_mix(&batch, batch.draws,
                      own_words_share(t->shared.options.own_words, t->shared.task.progress),
                      pass->rng, stream->inputs);
    tn_arena_release(pass->arena, mark);
}

static void measure_chunk(struct train_task *task, const struct tn_pass *pass)
{
    struct lm_task *t = lm_of(task);
    struct stream *last = &t->streams[t->slices - 1]; /* none has more parts */
    const struct decoder_batch batch = stream_fill(last, 0);

    if (t->shared.options.own_words > 0)
        mix_own_words(t, pass, last, batch);
    decoder_loss(t->decoder, pass, &batch, 1, 0);
}

static double learn_chunk(struct train_task *task, const struct tn_pass *pass,
                          const struct train_slice *slice, size_t *ret_tokens)
{
    struct lm_task *t = lm_of(task);
    const struct decoder_batch batch = stream_fill(&t->streams[slice->number], slice->step);

    *ret_tokens = batch.size * batch.steps;
    if (batch.size > 0 && t->shared.options.own_words > 0)
        mix_own_words(t, pass, &t->streams[slice->number], batch);
    return batch.size > 0 ? decoder_loss(t->decoder, pass, &batch, 1 / (float)*ret_tokens, 0) : 0;
}

static float *lm_state(struct train_task *task, size_t number, size_t *ret_count)
{
    const struct stream *stream = &lm_of(task)->streams[number];

    *ret_count = stream->state_floats;
    return stream->state;
}

enum { LM_PERPLEXITY, LM_BITS, LM_CHARACTER_BITS, LM_SCORES };

static enum tn_status score_lm(struct train_task *task, struct tn_pool *pool, float *theta,
                               float *scores, struct tn_error *err)
{
    const struct lm_task *t = lm_of(task);
    double nll;

    TN_TRY(lm_measure(t->decoder, theta,
                      language_model_first(&t->shared.options.config, t->shared.options.vocab),
                      t->dev, pool, task->scoring, &nll, err));
    scores[LM_PERPLEXITY] = (float)exp(nll);
    scores[LM_BITS] = (float)(nll / log(2));
    if (task->ops->score_count > LM_CHARACTER_BITS)
        scores[LM_CHARACTER_BITS] = (float)lm_character_bits(t->dev, nll);
    return TN_OK;
}

static enum tn_status save_lm(struct train_task *task, const struct train_result *result,
                              struct tn_error *err)
{
    char scores[128];

    snprintf(scores, sizeof scores, "{\"dev\": {\"perplexity\": %.4f, \"bits\": %.4f}}",
             (double)result->epoch->scores[LM_PERPLEXITY], (double)result->epoch->scores[LM_BITS]);
    return text_task_save(&lm_of(task)->shared, result, scores, err);
}

static void destroy_lm(struct train_task *task)
{
    struct lm_task *t = lm_of(task);

    decoder_destroy(t->decoder);
    for (size_t i = 0; t->streams && i < t->slices; i++)
        stream_finish(&t->streams[i]);
    free(t->streams);
    free(t);
}

static const struct train_score_kind kinds[LM_SCORES] = {
    [LM_PERPLEXITY] = {"perplexity", 1, 3, "", TRAIN_WITH_PERPLEXITY, true},
    [LM_BITS] = {"bits a token", 1, 3, "", TRAIN_WITH_SCORES, true},
    [LM_CHARACTER_BITS] = {"bits a character", 1, 3, "", TRAIN_WITH_SCORES, true},
};

static const struct train_task_ops ops = {
    .unit = "tokens",
    .scores = kinds,
    .score_count = LM_SCORES,
    .leading = LM_PERPLEXITY,
    .lower_is_better = true,
    .init = init_lm,
    .begin = begin_lm,
    .measure = measure_chunk,
    .step = learn_chunk,
    .state = lm_state,
    .score = score_lm,
    .save = save_lm,
    .destroy = destroy_lm,
};

/* A character's bits are its token's where it is one, and what a byte's would be is unknown. */
static size_t count_scores(enum vocab_unit unit)
{
    return unit == VOCAB_WORDS || unit == VOCAB_SUBWORDS ? LM_SCORES : LM_CHARACTER_BITS;
}

static enum tn_status make_streams(struct lm_task *t, const struct text_column *text, size_t steps,
                                   struct tn_error *err)
{
    t->slices = t->shared.options.slices > 0 ? t->shared.options.slices : 1;
    t->streams = calloc(t->slices, sizeof *t->streams);
    if (!t->streams)
        return tn_fail_nomem(err, t->slices * sizeof *t->streams);
    for (size_t i = 0; i < t->slices; i++)
        TN_TRY(stream_init(&t->streams[i], t->decoder, text, t->shared.options.batch, steps,
                           &(struct train_slice){0, i, t->slices}, err));
    return TN_OK;
}

enum tn_status lm_task_create(const struct text_task_options *options, size_t steps,
                              const struct text_column *train, const struct text_column *dev,
                              struct train_task **ret_task, struct tn_error *err)
{
    struct lm_task *t = calloc(1, sizeof *t);
    struct train_task *task;
    enum tn_status status;

    assert(train->total >= 2);
    if (!t)
        return tn_fail_nomem(err, sizeof *t);
    task = &t->shared.task;
    t->ops = ops;
    t->ops.score_count = count_scores(options->config.unit);
    *task = (struct train_task){
        .ops = &t->ops, .scored = dev->total >= 2, .started = options->start != NULL};
    t->shared.options = *options;
    t->dev = dev;
    status = lm_decoder_create(&options->config, vocab_count(options->vocab), options->dropout,
                               &t->decoder, err);
    if (status == TN_OK)
        status = make_streams(t, train, steps, err);
    if (status != TN_OK) {
        train_task_destroy(task);
        return status;
    }
    task->layout = decoder_layout(t->decoder);
    task->steps = stream_chunks(t->streams);
    *ret_task = task;
    return TN_OK;
}
