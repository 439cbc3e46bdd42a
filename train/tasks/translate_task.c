/* SPDX-License-Identifier: MIT */
#include "train/tasks/translate_task.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOGETHER = 64 };

/* A batch and its memory. */
struct filling {
    struct translator_batch batch; /* points into the arrays */
    int *sources, *inputs, *targets;
    size_t *source_lengths, *lengths;
    size_t tokens; /* targets in the batch */
};

struct translate_task {
    struct train_task task;
    struct translate_options options;
    struct translate_pairs train, dev;
    const struct vocab *vocab, *targets;
    struct translator translator;
    struct filling filling;
};

static void filling_finish(struct filling *f)
{
    free(f->sources);
    free(f->inputs);
    free(f->targets);
    free(f->source_lengths);
    free(f->lengths);
}

/* targets may be NULL: sources alone. */
static enum tn_status filling_init(struct filling *f, size_t size,
                                   const struct text_column *sources,
                                   const struct text_column *targets, struct tn_error *err)
{
    const size_t longest = sources->longest, steps = (targets ? targets->longest : 0) + 1;

    *f = (struct filling){.sources = calloc(size * longest + 1, sizeof *f->sources),
                          .inputs = calloc(size * steps, sizeof *f->inputs),
                          .targets = calloc(size * steps, sizeof *f->targets),
                          .source_lengths = calloc(size, sizeof *f->source_lengths),
                          .lengths = calloc(size, sizeof *f->lengths)};
    f->batch.source = (struct reader_batch){
        .size = size, .steps = longest, .tokens = f->sources, .lengths = f->source_lengths};
    f->batch.target = (struct decoder_batch){.size = size,
                                             .steps = steps,
                                             .inputs = f->inputs,
                                             .targets = f->targets,
                                             .lengths = f->lengths};
    if (f->sources && f->inputs && f->targets && f->source_lengths && f->lengths)
        return TN_OK;
    filling_finish(f);
    *f = (struct filling){.tokens = 0};
    return tn_fail_nomem(err, size * (longest + steps) * sizeof(int));
}

/* Column b: the source's tokens. */
static void fill_source(struct filling *f, const struct text_column *sources, size_t i, size_t b,
                        size_t count)
{
    const size_t start = sources->starts[i], length = sources->starts[i + 1] - start;

    f->source_lengths[b] = length;
    for (size_t t = 0; t < length; t++)
        f->sources[t * count + b] = sources->ids[start + t];
    if (length > f->batch.source.steps)
        f->batch.source.steps = length;
}

/* Column b: <start> w1 ... wn in, w1 ... wn <end> out. */
static void fill_target(struct filling *f, const struct text_column *targets, size_t i, size_t b,
                        size_t count)
{
    const size_t start = targets->starts[i], words = targets->starts[i + 1] - start;

    f->lengths[b] = words + 1;
    for (size_t t = 0; t <= words; t++) {
        f->inputs[t * count + b] = t == 0 ? VOCAB_START : targets->ids[start + t - 1];
        f->targets[t * count + b] = t < words ? targets->ids[start + t] : VOCAB_END;
    }
    f->tokens += words + 1;
    if (words + 1 > f->batch.target.steps)
        f->batch.target.steps = words + 1;
}

static void fill(struct filling *f, const struct text_column *sources,
                 const struct text_column *targets, const size_t *wanted, size_t count)
{
    f->batch.source.size = f->batch.target.size = count;
    f->batch.source.steps = f->batch.target.steps = 0;
    f->tokens = 0;
    for (size_t b = 0; b < count; b++) {
        fill_source(f, sources, wanted[b], b, count);
        if (targets)
            fill_target(f, targets, wanted[b], b, count);
    }
}

/* The numbers of the pairs with tokens on both sides (of one, without targets). */
static enum tn_status list_usable(const struct text_column *sources,
                                  const struct text_column *targets, size_t **ret_list,
                                  size_t *ret_count, struct tn_error *err)
{
    size_t *list = calloc(sources->count + 1, sizeof *list), count = 0;

    if (!list)
        return tn_fail_nomem(err, sources->count * sizeof *list);
    for (size_t i = 0; i < sources->count; i++)
        if (sources->starts[i + 1] > sources->starts[i] &&
            (!targets || targets->starts[i + 1] > targets->starts[i]))
            list[count++] = i;
    *ret_list = list;
    *ret_count = count;
    return TN_OK;
}

enum tn_status translate_measure(const struct translator *translator, const float *theta,
                                 const struct translate_pairs *pairs, struct tn_pool *pool,
                                 double *ret_nll, struct tn_error *err)
{
    struct filling f = {.tokens = 0};
    struct tn_arena arena = {0};
    const struct tn_pass pass = {.pool = pool, .theta = theta, .arena = &arena};
    size_t *usable, count, tokens = 0;
    enum tn_status status;
    double sum = 0;

    TN_TRY(list_usable(pairs->sources, pairs->targets, &usable, &count, err));
    status = filling_init(&f, TOGETHER, pairs->sources, pairs->targets, err);
    if (status == TN_OK) {
        tn_arena_measure(&arena);
        translator_loss(translator, &pass, &f.batch, 0, 0);
        status = tn_arena_reserve(&arena, err);
    }
    for (size_t at = 0; status == TN_OK && at < count; at += TOGETHER) {
        fill(&f, pairs->sources, pairs->targets, usable + at,
             count - at < TOGETHER ? count - at : TOGETHER);
        sum += translator_loss(translator, &pass, &f.batch, 0, 0);
        tokens += f.tokens;
    }
    if (status == TN_OK)
        *ret_nll = sum / (double)(tokens > 0 ? tokens : 1);
    tn_arena_finish(&arena);
    filling_finish(&f);
    free(usable);
    return status;
}

/* A run of translate_texts with all that it holds. */
struct translation {
    const struct translator *translator;
    struct tn_pass pass;
    const struct text_column *sources;
    struct filling filling;
    struct decoder_weights weights;
    struct search *search;
    struct tn_arena arena;
    float *states;
    size_t *usable, count;
};

static enum tn_status prepare(struct translation *r, const struct search_options *options,
                              struct tn_error *err)
{
    const struct search_limits limits = {TOGETHER, options->beam, options->max_words,
                                         options->top_k};

    TN_TRY(list_usable(r->sources, NULL, &r->usable, &r->count, err));
    TN_TRY(filling_init(&r->filling, TOGETHER, r->sources, NULL, err));
    r->states = calloc(decoder_state_floats(r->translator->decoder, TOGETHER), sizeof *r->states);
    if (!r->states)
        return tn_fail_nomem(err, decoder_state_floats(r->translator->decoder, TOGETHER));
    TN_TRY(translator_weights(r->translator, r->pass.theta, &r->weights, err));
    TN_TRY(search_create(&r->weights, &limits, r->pass.pool, &r->search, err));
    tn_arena_measure(&r->arena);
    translator_encode(r->translator, &r->pass, &r->filling.batch.source, r->states);
    return tn_arena_reserve(&r->arena, err);
}

static enum tn_status translate_all(struct translation *r, const struct search_options *options,
                                    translate_take_fn *take, void *context, struct tn_error *err)
{
    for (size_t at = 0; at < r->count; at += TOGETHER) {
        const size_t count = r->count - at < TOGETHER ? r->count - at : TOGETHER;

        fill(&r->filling, r->sources, NULL, r->usable + at, count);
        translator_encode(r->translator, &r->pass, &r->filling.batch.source, r->states);
        TN_TRY(search_run_from(r->search, options, count, r->states, err));
        for (size_t i = 0; i < count; i++) {
            const struct search_hypothesis best = search_result(r->search, i, 0);

            take(context, r->usable[at + i], best.words, best.count);
        }
    }
    return TN_OK;
}

enum tn_status translate_texts(const struct translator *translator, const float *theta,
                               const struct text_column *sources,
                               const struct search_options *options, struct tn_pool *pool,
                               translate_take_fn *take, void *context, struct tn_error *err)
{
    struct translation r = {.translator = translator,
                            .pass = {.pool = pool, .theta = theta, .arena = &r.arena},
                            .sources = sources};
    enum tn_status status = prepare(&r, options, err);

    if (status == TN_OK)
        status = translate_all(&r, options, take, context, err);
    filling_finish(&r.filling);
    search_destroy(r.search);
    tn_arena_finish(&r.arena);
    free(r.states);
    free(r.usable);
    return status;
}

/* A task's struct begins with its struct train_task. */
static struct translate_task *whole(struct train_task *task)
{
    return (struct translate_task *)task;
}

static void init(struct train_task *task, struct tn_rng *rng, float *theta)
{
    translator_init_theta(&whole(task)->translator, rng, theta);
}

static double loss_of_batch(struct translate_task *t, const struct tn_pass *pass, size_t tokens)
{
    return translator_loss(&t->translator, pass, &t->filling.batch, 1 / (float)tokens,
                           t->options.label_smoothing);
}

static void measure(struct train_task *task, const struct tn_pass *pass)
{
    loss_of_batch(whole(task), pass, 1); /* the batch is still as large as it can be */
}

static double step(struct train_task *task, const struct tn_pass *pass, size_t number,
                   size_t *ret_tokens)
{
    struct translate_task *t = whole(task);
    size_t count;
    const size_t *pairs = train_task_items(task, number, &count);

    fill(&t->filling, t->train.sources, t->train.targets, pairs, count);
    *ret_tokens = t->filling.tokens;
    return loss_of_batch(t, pass, t->filling.tokens);
}

static enum tn_status score(struct train_task *task, struct tn_pool *pool, float *theta,
                            float *scores, struct tn_error *err)
{
    struct translate_task *t = whole(task);
    double nll;

    TN_TRY(translate_measure(&t->translator, theta, &t->dev, pool, &nll, err));
    scores[0] = (float)exp(nll);
    return TN_OK;
}

static enum tn_status save(struct train_task *task, const struct train_result *result,
                           struct tn_error *err)
{
    const struct translate_task *t = whole(task);
    char scores[128];
    const struct text_save what = {.config = &t->options.config,
                                   .vocab = t->vocab,
                                   .targets = t->targets,
                                   .layout = &t->translator.layout,
                                   .theta = result->theta,
                                   .training = result->training,
                                   .scores = task->scored ? scores : NULL};

    if (!t->options.output)
        return TN_OK;
    snprintf(scores, sizeof scores, "{\"dev\": {\"perplexity\": %.3f}}",
             (double)result->epoch->scores[0]);
    return text_model_save(t->options.output, &what, err);
}

static void destroy(struct train_task *task)
{
    struct translate_task *t = whole(task);

    translator_finish(&t->translator);
    filling_finish(&t->filling);
    free(t);
}

static const struct train_score_kind kind = {"perplexity", 1, 3, "", TRAIN_WITH_PERPLEXITY};

static const struct train_task_ops ops = {
    .unit = "tokens",
    .scores = &kind,
    .score_count = 1,
    .lower_is_better = true,
    .init = init,
    .measure = measure,
    .step = step,
    .score = score,
    .save = save,
    .destroy = destroy,
};

static enum tn_status build(struct translate_task *t, struct tn_error *err)
{
    size_t *usable, count;

    t->task.layout = &t->translator.layout;
    TN_TRY(list_usable(t->train.sources, t->train.targets, &usable, &count, err));
    TN_TRY(train_task_set_order(&t->task, usable, count, t->options.batch, err));
    if (count == 0)
        return tn_fail(err, TN_NOTFOUND, "there is no pair of texts to learn from");
    TN_TRY(filling_init(&t->filling, t->options.batch, t->train.sources, t->train.targets, err));
    return translator_init(&t->translator, &t->options.config, vocab_count(t->vocab),
                           vocab_count(t->targets), t->options.dropout, err);
}

enum tn_status translate_task_create(const struct translate_options *options,
                                     const struct translate_pairs *train,
                                     const struct translate_pairs *dev, const struct vocab *vocab,
                                     const struct vocab *targets, struct train_task **ret_task,
                                     struct tn_error *err)
{
    struct translate_task *t = calloc(1, sizeof *t);
    enum tn_status status;

    assert(options->batch > 0);
    if (!t)
        return tn_fail_nomem(err, sizeof *t);
    *t = (struct translate_task){.task = {.ops = &ops, .scored = dev->sources->count > 0},
                                 .options = *options,
                                 .train = *train,
                                 .dev = *dev,
                                 .vocab = vocab,
                                 .targets = targets};
    status = build(t, err);
    if (status == TN_OK)
        *ret_task = &t->task;
    else
        train_task_destroy(&t->task);
    return status;
}
