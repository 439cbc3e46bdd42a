/* SPDX-License-Identifier: MIT */
#include "train/tasks/reader_task.h"

#include "train/tasks/reader_filling.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEASURED_TOGETHER = 64, TOP = 5 };

struct reader_task {
    struct train_task task;
    struct reader_task_options options;
    struct reader_texts train, dev;
    const struct vocab *vocab, *labels;
    struct tn_layout layout;
    struct reader reader;
    struct reader_filling filling;
};

enum tn_status text_reader_declare(const struct text_config *config, size_t vocabulary,
                                   size_t classes, float dropout, struct reader *reader,
                                   struct tn_layout *layout, struct tn_error *err)
{
    const struct reader_config c = {
        .cell = config->cell,
        .layers = config->layers,
        .embedding = config->embedding,
        .hidden = config->hidden,
        .vocabulary = vocabulary,
        .bidirectional = config->bidirectional,
        .classes = classes,
        .readout = config->task == TEXT_CLOZE ? READ_PLACE
                   : config->pooled           ? READ_MEAN
                                              : READ_LAST,
        .dropout = dropout,
    };

    return reader_declare(reader, &c, layout, TEXT_PREFIX, err);
}

/* Counts how the answers of a batch hit. */
static void count_hits(const struct reader *reader, const struct reader_batch *batch,
                       const float *probabilities, size_t hits[2], size_t *confusion)
{
    const size_t classes = reader->config.classes;

    for (size_t b = 0; b < batch->size; b++) {
        const float *p = probabilities + b * classes;
        struct choice best[TOP];
        const size_t count =
            choose_top(p + VOCAB_FIRST_WORD, classes - VOCAB_FIRST_WORD, TOP, best);

        for (size_t i = 0; i < count; i++)
            if (best[i].word + VOCAB_FIRST_WORD == batch->targets[b]) {
                hits[0] += i == 0;
                hits[1]++;
            }
        if (confusion && count > 0) /* none of the probabilities may be a number */
            confusion[(size_t)batch->targets[b] * classes +
                      (size_t)(best[0].word + VOCAB_FIRST_WORD)]++;
    }
}

/* A measurement with all that it holds. */
struct measurement {
    struct reader_filling filling;
    struct tn_arena arena;
    struct tn_pass pass;
    size_t *usable, count;
    float *probabilities;
};

static enum tn_status prepare(struct measurement *m, const struct reader *reader,
                              const float *theta, const struct reader_texts *data,
                              struct tn_pool *pool, struct tn_error *err)
{
    TN_TRY(reader_list_usable(data, &m->usable, &m->count, err));
    if (m->count == 0)
        return tn_fail(err, TN_NOTFOUND, "there is no text to measure on");
    TN_TRY(reader_filling_init(&m->filling, MEASURED_TOGETHER, data->texts->longest, err));
    m->probabilities = calloc(MEASURED_TOGETHER * reader->config.classes, sizeof *m->probabilities);
    if (!m->probabilities)
        return tn_fail_nomem(err, MEASURED_TOGETHER * reader->config.classes * sizeof(float));
    m->pass = (struct tn_pass){.pool = pool, .theta = theta, .arena = &m->arena};
    tn_arena_measure(&m->arena);
    reader_loss(reader, &m->pass, &m->filling.batch, 0, m->probabilities);
    return tn_arena_reserve(&m->arena, err);
}

enum tn_status reader_measure(const struct reader *reader, const float *theta,
                              const struct reader_texts *data, struct tn_pool *pool,
                              const struct train_watch *watch, struct reader_scores *ret_scores,
                              size_t *confusion, struct tn_error *err)
{
    struct measurement m = {.count = 0};
    enum tn_status status = prepare(&m, reader, theta, data, pool, err);
    size_t hits[2] = {0, 0};
    double nll = 0;

    for (size_t at = 0; status == TN_OK && at < m.count; at += MEASURED_TOGETHER) {
        const size_t left = m.count - at;

        reader_fill(&m.filling, data, m.usable + at,
                    left < MEASURED_TOGETHER ? left : MEASURED_TOGETHER, NULL);
        nll += reader_loss(reader, &m.pass, &m.filling.batch, 0, m.probabilities);
        count_hits(reader, &m.filling.batch, m.probabilities, hits, confusion);
        if (watch && !watch->progress(watch->context, at + m.filling.batch.size, m.count))
            status = tn_fail(err, TN_CANCELLED, "stopped");
    }
    if (status == TN_OK)
        *ret_scores =
            (struct reader_scores){exp(nll / (double)m.count), (double)hits[0] / (double)m.count,
                                   (double)hits[1] / (double)m.count, m.count};
    reader_filling_finish(&m.filling);
    tn_arena_finish(&m.arena);
    free(m.usable);
    free(m.probabilities);
    return status;
}

/* One text alone. */
static void answer_one(const struct reader *reader, struct measurement *m,
                       const struct text_column *texts, size_t i, const size_t *places)
{
    struct reader_filling *f = &m->filling;
    const size_t length = text_column_length(texts, i);

    for (size_t t = 0; t < length; t++)
        f->tokens[t] = texts->ids[texts->starts[i] + t];
    f->lengths[0] = length;
    if (places) {
        f->places[0] = places[i];
        f->tokens[places[i]] = TEXT_BLANK;
    }
    f->batch.size = 1;
    f->batch.steps = length;
    f->batch.targets = NULL;
    reader_loss(reader, &m->pass, &f->batch, 0, m->probabilities);
}

/* The `top` likeliest answers of text i, which has a token, into choices[top]. */
static enum tn_status choose_answers(const struct reader *reader, const struct measurement *m,
                                     size_t i, size_t top, struct choice *choices,
                                     struct tn_error *err)
{
    const size_t count = choose_top(m->probabilities + VOCAB_FIRST_WORD,
                                    reader->config.classes - VOCAB_FIRST_WORD, top, choices);

    for (size_t n = 0; n < count; n++)
        choices[n].word += VOCAB_FIRST_WORD;
    if (count == 0)
        return tn_fail(err, TN_RANGE,
                       "text %zu: no answer has a probability; are the model's weights numbers?",
                       i + 1);
    return TN_OK;
}

static enum tn_status check_places(const struct text_column *texts, const size_t *places,
                                   struct tn_error *err)
{
    for (size_t i = 0; i < texts->count; i++)
        if (text_column_length(texts, i) > 0 && places[i] >= text_column_length(texts, i))
            return tn_fail(err, TN_RANGE, "text %zu has %zu tokens, and none at place %zu", i + 1,
                           text_column_length(texts, i), places[i]);
    return TN_OK;
}

enum tn_status reader_answer(const struct reader *reader, const float *theta,
                             const struct text_column *texts, const size_t *places, size_t top,
                             struct choice *choices, struct tn_pool *pool, struct tn_error *err)
{
    struct measurement m = {.count = 0};
    enum tn_status status;

    if (places)
        TN_TRY(check_places(texts, places, err));
    status = reader_filling_init(&m.filling, 1, texts->longest, err);
    m.probabilities = calloc(reader->config.classes, sizeof *m.probabilities);
    if (status == TN_OK && !m.probabilities)
        status = tn_fail_nomem(err, reader->config.classes * sizeof *m.probabilities);
    if (status == TN_OK) {
        m.pass = (struct tn_pass){.pool = pool, .theta = theta, .arena = &m.arena};
        tn_arena_measure(&m.arena);
        reader_loss(reader, &m.pass, &m.filling.batch, 0, m.probabilities);
        status = tn_arena_reserve(&m.arena, err);
    }
    for (size_t i = 0; status == TN_OK && i < texts->count; i++) {
        memset(choices + i * top, 0, top * sizeof *choices);
        if (text_column_length(texts, i) == 0)
            continue;
        answer_one(reader, &m, texts, i, places);
        status = choose_answers(reader, &m, i, top, choices + i * top, err);
    }
    tn_arena_finish(&m.arena);
    reader_filling_finish(&m.filling);
    free(m.probabilities);
    return status;
}

/* A task's struct begins with its struct train_task. */
static struct reader_task *whole(struct train_task *task)
{
    return (struct reader_task *)task;
}

static void init(struct train_task *task, struct tn_rng *rng, float *theta)
{
    reader_init(&whole(task)->reader, rng, theta);
}

static double loss_of_batch(struct reader_task *t, const struct tn_pass *pass)
{
    return reader_loss(&t->reader, pass, &t->filling.batch, 1 / (float)t->filling.batch.size, NULL);
}

static void measure(struct train_task *task, const struct tn_pass *pass)
{
    loss_of_batch(whole(task), pass); /* the batch is still as large as it can be */
}

static double step(struct train_task *task, const struct tn_pass *pass, size_t number,
                   size_t *ret_tokens)
{
    struct reader_task *t = whole(task);
    const size_t *texts = train_task_items(task, number, ret_tokens);

    reader_fill(&t->filling, &t->train, texts, *ret_tokens, pass->rng);
    return loss_of_batch(t, pass);
}

enum { READER_PERPLEXITY, READER_TOP1, READER_TOP5, READER_SCORES };

static enum tn_status score(struct train_task *task, struct tn_pool *pool, float *theta,
                            float *scores, struct tn_error *err)
{
    struct reader_task *t = whole(task);
    struct reader_scores s = {0};

    TN_TRY(reader_measure(&t->reader, theta, &t->dev, pool, NULL, &s, NULL, err));
    scores[READER_PERPLEXITY] = (float)s.perplexity;
    scores[READER_TOP1] = (float)s.top1;
    scores[READER_TOP5] = (float)s.top5;
    return TN_OK;
}

static enum tn_status save(struct train_task *task, const struct train_result *result,
                           struct tn_error *err)
{
    const struct reader_task *t = whole(task);
    const float *s = result->epoch->scores;
    char scores[128];
    const struct text_save what = {.config = &t->options.config,
                                   .vocab = t->vocab,
                                   .targets = t->labels,
                                   .layout = &t->layout,
                                   .theta = result->theta,
                                   .training = result->training,
                                   .scores = task->scored ? scores : NULL};

    if (!t->options.output)
        return TN_OK;
    snprintf(scores, sizeof scores,
             "{\"dev\": {\"perplexity\": %.3f, \"top1\": %.4f, \"top5\": %.4f}}",
             (double)s[READER_PERPLEXITY], (double)s[READER_TOP1], (double)s[READER_TOP5]);
    return text_model_save(t->options.output, &what, err);
}

static void destroy(struct train_task *task)
{
    struct reader_task *t = whole(task);

    reader_filling_finish(&t->filling);
    tn_layout_finish(&t->layout);
    free(t);
}

static const struct train_score_kind kinds[READER_SCORES] = {
    [READER_PERPLEXITY] = {"perplexity", 1, 2, "", TRAIN_WITH_PERPLEXITY},
    [READER_TOP1] = {"top 1", 100, 1, " %", TRAIN_WITH_SCORES},
    [READER_TOP5] = {"top 5", 100, 1, " %", TRAIN_WITH_SCORES},
};

static const struct train_task_ops ops = {
    .unit = "texts",
    .scores = kinds,
    .score_count = READER_SCORES,
    .leading = READER_TOP1,
    .init = init,
    .measure = measure,
    .step = step,
    .score = score,
    .save = save,
    .destroy = destroy,
};

static enum tn_status build(struct reader_task *t, struct tn_error *err)
{
    const size_t classes = vocab_count(t->labels ? t->labels : t->vocab);
    size_t *usable, count;

    t->task.layout = &t->layout;
    TN_TRY(reader_list_usable(&t->train, &usable, &count, err));
    TN_TRY(train_task_set_order(&t->task, usable, count, t->options.batch, err));
    if (count == 0)
        return tn_fail(err, TN_NOTFOUND, "there is no text to learn from");
    for (size_t i = 0; i < t->dev.texts->count && !t->task.scored; i++)
        t->task.scored = reader_is_usable(&t->dev, i);
    TN_TRY(reader_filling_init(&t->filling, t->options.batch, t->train.texts->longest, err));
    return text_reader_declare(&t->options.config, vocab_count(t->vocab), classes,
                               t->options.dropout, &t->reader, &t->layout, err);
}

enum tn_status reader_task_create(const struct reader_task_options *options,
                                  const struct reader_texts *train, const struct reader_texts *dev,
                                  const struct vocab *vocab, const struct vocab *labels,
                                  struct train_task **ret_task, struct tn_error *err)
{
    struct reader_task *t = calloc(1, sizeof *t);
    enum tn_status status;

    assert(options->batch > 0);
    if (!t)
        return tn_fail_nomem(err, sizeof *t);
    *t = (struct reader_task){.task = {.ops = &ops},
                              .options = *options,
                              .train = *train,
                              .dev = *dev,
                              .vocab = vocab,
                              .labels = labels};
    status = build(t, err);
    if (status == TN_OK)
        *ret_task = &t->task;
    else
        train_task_destroy(&t->task);
    return status;
}
