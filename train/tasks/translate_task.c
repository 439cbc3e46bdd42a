/* SPDX-License-Identifier: MIT */
#include "train/tasks/translate_task.h"

#include "train/tasks/own_words.h"
#include "train/tasks/text_task_private.h"

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
    struct text_training shared;
    struct translate_pairs train, dev;
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

static enum tn_status filling_init(struct filling *f, size_t size,
                                   const struct translate_pairs *pairs, struct tn_error *err)
{
    const size_t longest = pairs->sources->longest, steps = pairs->targets->longest + 1;

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

/* Column b: <start> w1 ... wn in, w1 ... wn <end> out. */
static void fill_target(struct filling *f, const struct text_column *targets, size_t i, size_t b,
                        size_t count)
{
    const size_t start = targets->starts[i], words = text_column_length(targets, i);

    f->lengths[b] = words + 1;
    for (size_t t = 0; t <= words; t++) {
        f->inputs[t * count + b] = t == 0 ? VOCAB_START : targets->ids[start + t - 1];
        f->targets[t * count + b] = t < words ? targets->ids[start + t] : VOCAB_END;
    }
    f->tokens += words + 1;
    if (words + 1 > f->batch.target.steps)
        f->batch.target.steps = words + 1;
}

static void fill_pairs(struct filling *f, const struct translate_pairs *pairs, const size_t *wanted,
                       size_t count)
{
    f->batch.source.size = f->batch.target.size = count;
    f->batch.source.steps =
        text_column_fill(pairs->sources, wanted, count, f->sources, f->source_lengths);
    f->batch.target.steps = 0;
    f->tokens = 0;
    for (size_t b = 0; b < count; b++)
        fill_target(f, pairs->targets, wanted[b], b, count);
}

/* The numbers of the pairs with tokens on both sides. */
static enum tn_status list_usable_pairs(const struct translate_pairs *pairs, size_t **ret_list,
                                        size_t *ret_count, struct tn_error *err)
{
    size_t *list = calloc(pairs->sources->count + 1, sizeof *list), count = 0;

    if (!list)
        return tn_fail_nomem(err, pairs->sources->count * sizeof *list);
    for (size_t i = 0; i < pairs->sources->count; i++)
        if (text_column_length(pairs->sources, i) > 0 && text_column_length(pairs->targets, i) > 0)
            list[count++] = i;
    *ret_list = list;
    *ret_count = count;
    return TN_OK;
}

enum tn_status translate_measure(const struct translator *translator, const float *theta,
                                 const struct translate_pairs *pairs, struct tn_pool *pool,
                                 const struct tn_progress *progress, double *ret_nll,
                                 struct tn_error *err)
{
    struct filling f = {.tokens = 0};
    struct tn_arena arena = {0};
    const struct tn_pass pass = {.pool = pool, .theta = theta, .arena = &arena};
    size_t *usable, count, tokens = 0;
    enum tn_status status;
    double sum = 0;

    TN_TRY(list_usable_pairs(pairs, &usable, &count, err));
    status = filling_init(&f, TOGETHER, pairs, err);
    if (status == TN_OK) {
        tn_arena_measure(&arena);
        translator_loss(translator, &pass, &f.batch, 0, 0);
        status = tn_arena_reserve(&arena, err);
    }
    for (size_t at = 0; status == TN_OK && at < count; at += TOGETHER) {
        const size_t some = count - at < TOGETHER ? count - at : TOGETHER;

        fill_pairs(&f, pairs, usable + at, some);
        sum += translator_loss(translator, &pass, &f.batch, 0, 0);
        tokens += f.tokens;
        if (tn_progress_stops(progress, "measured", at + some, count))
            status = tn_fail(err, TN_CANCELLED, "stopped");
    }
    if (status == TN_OK)
        *ret_nll = sum / (double)(tokens > 0 ? tokens : 1);
    tn_arena_finish(&arena);
    filling_finish(&f);
    free(usable);
    return status;
}

/* A task's struct begins with its struct train_task. */
static struct translate_task *translation_of(struct train_task *task)
{
    return (struct translate_task *)task;
}

static void init_translator(struct train_task *task, struct tn_rng *rng, float *theta)
{
    if (!text_task_begin(&translation_of(task)->shared, theta))
        translator_init_theta(&translation_of(task)->translator, rng, theta);
}

static double pairs_loss(struct translate_task *t, const struct tn_pass *pass, size_t tokens)
{
    return translator_loss(&t->translator, pass, &t->filling.batch, 1 / (float)tokens,
                           t->shared.options.label_smoothing);
}

/* Some of the inputs become words that the net draws. */
static void mix_own_words(struct translate_task *t, const struct tn_pass *pass)
{
    const struct tn_pass drawing = {
        .pool = pass->pool, .theta = pass->theta, .arena = pass->arena, .bf16 = pass->bf16};
    const size_t mark = tn_arena_mark(pass->arena);
    struct translator_batch batch = t->filling.batch;

    batch.target.draws = tn_arena_ints(pass->arena, batch.target.size * batch.target.steps);
    if (!tn_pass_measures(pass))
        batch.target.draw_seed = tn_rng_next(pass->rng);
    translator_loss(&t->translator, &drawing, &batch, 0, 0);
    if (!tn_pass_measures(pass))
        own_words_mix(&batch.target, batch.target.draws,
                      own_words_share(t->shared.options.own_words, t->shared.task.progress),
                      pass->rng, t->filling.inputs);
    tn_arena_release(pass->arena, mark);
}

static void measure_pairs(struct train_task *task, const struct tn_pass *pass)
{
    struct translate_task *t = translation_of(task);

    if (t->shared.options.own_words > 0)
        mix_own_words(t, pass);
    pairs_loss(t, pass, 1); /* the batch is still as large as it can be */
}

static double learn_pairs(struct train_task *task, const struct tn_pass *pass,
                          const struct train_slice *slice, size_t *ret_tokens)
{
    struct translate_task *t = translation_of(task);
    size_t count;
    const size_t *pairs = train_task_items(task, slice, &count);

    fill_pairs(&t->filling, &t->train, pairs, count);
    *ret_tokens = t->filling.tokens;
    if (t->shared.options.own_words > 0)
        mix_own_words(t, pass);
    return pairs_loss(t, pass, t->filling.tokens);
}

static enum tn_status score_translator(struct train_task *task, struct tn_pool *pool, float *theta,
                                       float *scores, struct tn_error *err)
{
    struct translate_task *t = translation_of(task);
    double nll;

    TN_TRY(translate_measure(&t->translator, theta, &t->dev, pool, task->scoring, &nll, err));
    scores[0] = (float)exp(nll);
    return TN_OK;
}

static enum tn_status save_translator(struct train_task *task, const struct train_result *result,
                                      struct tn_error *err)
{
    char scores[128];

    snprintf(scores, sizeof scores, "{\"dev\": {\"perplexity\": %.3f}}",
             (double)result->epoch->scores[0]);
    return text_task_save(&translation_of(task)->shared, result, scores, err);
}

static void destroy_translator(struct train_task *task)
{
    struct translate_task *t = translation_of(task);

    translator_finish(&t->translator);
    filling_finish(&t->filling);
    free(t);
}

static const struct train_score_kind kind = {"perplexity", 1, 3, "", TRAIN_WITH_PERPLEXITY, true};

static const struct train_task_ops ops = {
    .unit = "tokens",
    .scores = &kind,
    .score_count = 1,
    .lower_is_better = true,
    .init = init_translator,
    .measure = measure_pairs,
    .step = learn_pairs,
    .score = score_translator,
    .save = save_translator,
    .destroy = destroy_translator,
};

static enum tn_status build_translate_task(struct translate_task *t, struct tn_error *err)
{
    const struct text_task_options *options = &t->shared.options;
    size_t *usable, count;

    t->shared.task.layout = &t->translator.layout;
    TN_TRY(list_usable_pairs(&t->train, &usable, &count, err));
    TN_TRY(train_task_set_order(&t->shared.task, usable, count, options->batch, err));
    if (count == 0)
        return tn_fail(err, TN_NOTFOUND, "there is no pair of texts to learn from");
    TN_TRY(filling_init(&t->filling, options->batch, &t->train, err));
    return translator_init(&t->translator, &options->config, vocab_count(options->vocab),
                           vocab_count(options->targets), options->dropout, err);
}

enum tn_status translate_task_create(const struct text_task_options *options,
                                     const struct translate_pairs *train,
                                     const struct translate_pairs *dev,
                                     struct train_task **ret_task, struct tn_error *err)
{
    struct translate_task *t = calloc(1, sizeof *t);
    enum tn_status status;

    assert(options->batch > 0);
    if (!t)
        return tn_fail_nomem(err, sizeof *t);
    *t = (struct translate_task){.shared = {.task = {.ops = &ops,
                                                     .scored = dev->sources->count > 0,
                                                     .started = options->start != NULL},
                                            .options = *options},
                                 .train = *train,
                                 .dev = *dev};
    status = build_translate_task(t, err);
    if (status == TN_OK)
        *ret_task = &t->shared.task;
    else
        train_task_destroy(&t->shared.task);
    return status;
}
