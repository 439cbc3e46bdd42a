/* SPDX-License-Identifier: MIT */
#include "train/tasks/reader_task.h"

#include "train/tasks/reader_filling_private.h"
#include "train/tasks/text_task_private.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEASURED_TOGETHER = 64, TOP = 5 };

struct reader_task {
    struct text_training shared;
    struct reader_texts train, dev;
    struct tn_layout layout;
    struct reader reader;
    struct reader_filling filling;
};

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

static enum tn_status prepare_measurement(struct measurement *m, const struct reader *reader,
                                          const float *theta, const struct reader_texts *data,
                                          struct tn_pool *pool, struct tn_error *err)
{
    TN_TRY(reader_list_usable(data, &m->usable, &m->count, err));
    if (m->count == 0)
        return tn_fail(err, TN_NOTFOUND,
                       data->labels
                           ? "of %zu texts none has a token, and a label that the model knows"
                           : "of %zu texts none has a token that could be missing, and another "
                             "beside it",
                       data->texts->count);
    TN_TRY(reader_filling_init(&m->filling, MEASURED_TOGETHER, data->texts->longest, err));
    m->probabilities = calloc(MEASURED_TOGETHER * reader->config.classes, sizeof *m->probabilities);
    if (!m->probabilities)
        return tn_fail_nomem(err, MEASURED_TOGETHER * reader->config.classes * sizeof(float));
    m->pass = (struct tn_pass){.pool = pool, .theta = theta, .arena = &m->arena};
    tn_arena_measure(&m->arena);
    reader_loss(reader, &m->pass, &m->filling.batch, 0, m->probabilities);
    return tn_arena_reserve(&m->arena, err);
}

/* Of what was hit among the m->count texts that were read. */
static struct reader_scores score_hits(const struct measurement *m, const struct reader_texts *data,
                                       const size_t hits[2], double nll)
{
    size_t unknown = 0;

    for (size_t i = 0; data->labels && i < data->labels->count; i++)
        unknown += data->labels->ids[i] == VOCAB_UNKNOWN;
    return (struct reader_scores){.perplexity = exp(nll / (double)m->count),
                                  .top1 = (double)hits[0] / (double)(m->count + unknown),
                                  .top5 = (double)hits[1] / (double)(m->count + unknown),
                                  .count = m->count + unknown,
                                  .unknown = unknown,
                                  .left_out = data->texts->count - m->count - unknown};
}

enum tn_status reader_measure(const struct reader *reader, const float *theta,
                              const struct reader_texts *data, struct tn_pool *pool,
                              const struct tn_progress *progress, struct reader_scores *ret_scores,
                              size_t *confusion, struct tn_error *err)
{
    struct measurement m = {.count = 0};
    enum tn_status status = prepare_measurement(&m, reader, theta, data, pool, err);
    size_t hits[2] = {0, 0};
    double nll = 0;

    for (size_t at = 0; status == TN_OK && at < m.count; at += MEASURED_TOGETHER) {
        const size_t left = m.count - at;

        reader_fill(&m.filling, data, m.usable + at,
                    left < MEASURED_TOGETHER ? left : MEASURED_TOGETHER, NULL);
        nll += reader_loss(reader, &m.pass, &m.filling.batch, 0, m.probabilities);
        count_hits(reader, &m.filling.batch, m.probabilities, hits, confusion);
        if (tn_progress_stops(progress, "measured", at + m.filling.batch.size, m.count))
            status = tn_fail(err, TN_CANCELLED, "stopped");
    }
    if (status == TN_OK)
        *ret_scores = score_hits(&m, data, hits, nll);
    reader_filling_finish(&m.filling);
    tn_arena_finish(&m.arena);
    free(m.usable);
    free(m.probabilities);
    return status;
}

/* A task's struct begins with its struct train_task. */
static struct reader_task *reader_of(struct train_task *task)
{
    return (struct reader_task *)task;
}

static void init_reader(struct train_task *task, struct tn_rng *rng, float *theta)
{
    if (!text_task_begin(&reader_of(task)->shared, theta))
        reader_init(&reader_of(task)->reader, rng, theta);
}

static double answers_loss(struct reader_task *t, const struct tn_pass *pass)
{
    return reader_loss(&t->reader, pass, &t->filling.batch, 1 / (float)t->filling.batch.size, NULL);
}

static void measure_answers(struct train_task *task, const struct tn_pass *pass)
{
    answers_loss(reader_of(task), pass); /* the batch is still as large as it can be */
}

static double learn_answers(struct train_task *task, const struct tn_pass *pass,
                            const struct train_slice *slice, size_t *ret_tokens)
{
    struct reader_task *t = reader_of(task);
    const size_t *texts = train_task_items(task, slice, ret_tokens);

    reader_fill(&t->filling, &t->train, texts, *ret_tokens, pass->rng);
    return answers_loss(t, pass);
}

enum { READER_PERPLEXITY, READER_TOP1, READER_TOP5, READER_SCORES };

static enum tn_status score_reader(struct train_task *task, struct tn_pool *pool, float *theta,
                                   float *scores, struct tn_error *err)
{
    struct reader_task *t = reader_of(task);
    struct reader_scores s = {0};

    TN_TRY(reader_measure(&t->reader, theta, &t->dev, pool, task->scoring, &s, NULL, err));
    scores[READER_PERPLEXITY] = (float)s.perplexity;
    scores[READER_TOP1] = (float)s.top1;
    scores[READER_TOP5] = (float)s.top5;
    return TN_OK;
}

static enum tn_status save_reader(struct train_task *task, const struct train_result *result,
                                  struct tn_error *err)
{
    const float *s = result->epoch->scores;
    char scores[128];

    snprintf(scores, sizeof scores,
             "{\"dev\": {\"perplexity\": %.3f, \"top1\": %.4f, \"top5\": %.4f}}",
             (double)s[READER_PERPLEXITY], (double)s[READER_TOP1], (double)s[READER_TOP5]);
    return text_task_save(&reader_of(task)->shared, result, scores, err);
}

static void destroy_reader(struct train_task *task)
{
    struct reader_task *t = reader_of(task);

    reader_filling_finish(&t->filling);
    tn_layout_finish(&t->layout);
    free(t);
}

static const struct train_score_kind kinds[READER_SCORES] = {
    [READER_PERPLEXITY] = {"perplexity", 1, 2, "", TRAIN_WITH_PERPLEXITY, true},
    [READER_TOP1] = {"top 1", 100, 1, " %", TRAIN_WITH_SCORES, false},
    [READER_TOP5] = {"top 5", 100, 1, " %", TRAIN_WITH_SCORES, false},
};

static const struct train_task_ops ops = {
    .unit = "texts",
    .scores = kinds,
    .score_count = READER_SCORES,
    .leading = READER_TOP1,
    .init = init_reader,
    .measure = measure_answers,
    .step = learn_answers,
    .score = score_reader,
    .save = save_reader,
    .destroy = destroy_reader,
};

static enum tn_status build_reader_task(struct reader_task *t, struct tn_error *err)
{
    const struct text_task_options *options = &t->shared.options;
    const struct vocab *answers = options->targets ? options->targets : options->vocab;
    struct train_task *task = &t->shared.task;
    size_t *usable, count;

    task->layout = &t->layout;
    TN_TRY(reader_list_usable(&t->train, &usable, &count, err));
    TN_TRY(train_task_set_order(task, usable, count, options->batch, err));
    if (count == 0)
        return tn_fail(err, TN_NOTFOUND, "there is no text to learn from");
    for (size_t i = 0; i < t->dev.texts->count && !task->scored; i++)
        task->scored = reader_is_usable(&t->dev, i);
    TN_TRY(reader_filling_init(&t->filling, options->batch, t->train.texts->longest, err));
    return text_reader_declare(&options->config, vocab_count(options->vocab), vocab_count(answers),
                               options->dropout, &t->reader, &t->layout, err);
}

enum tn_status reader_task_create(const struct text_task_options *options,
                                  const struct reader_texts *train, const struct reader_texts *dev,
                                  struct train_task **ret_task, struct tn_error *err)
{
    struct reader_task *t = calloc(1, sizeof *t);
    enum tn_status status;

    assert(options->batch > 0);
    if (!t)
        return tn_fail_nomem(err, sizeof *t);
    *t = (struct reader_task){
        .shared = {.task = {.ops = &ops, .started = options->start != NULL}, .options = *options},
        .train = *train,
        .dev = *dev};
    status = build_reader_task(t, err);
    if (status == TN_OK)
        *ret_task = &t->shared.task;
    else
        train_task_destroy(&t->shared.task);
    return status;
}
