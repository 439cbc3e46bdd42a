/* SPDX-License-Identifier: MIT */
/* The training of a decoder by the words of people's captions. */
#include "train/tasks/caption_task_private.h"

#include <stdlib.h>

struct words_task {
    struct caption_task shared;
    struct data_batch batch;
};

/* A task's struct begins with its struct train_task. */
static struct words_task *words_of(struct train_task *task)
{
    return (struct words_task *)task;
}

static double add_words_gradient(struct words_task *t, const struct tn_pass *pass, float scale)
{
    return decoder_loss(t->shared.decoder, pass, &t->batch.batch, scale,
                        t->shared.options.label_smoothing);
}

static void measure_words(struct train_task *task, const struct tn_pass *pass)
{
    add_words_gradient(words_of(task), pass, 1); /* the batch is still as large as it can be */
}

static double learn_words(struct train_task *task, const struct tn_pass *pass,
                          const struct train_slice *slice, size_t *ret_tokens)
{
    struct words_task *t = words_of(task);
    size_t count;
    const size_t *captions = train_task_items(task, slice, &count);

    data_batch_fill(&t->batch, t->shared.options.train, captions, count, pass->pool, pass->rng);
    *ret_tokens = t->batch.tokens;
    return add_words_gradient(t, pass, 1 / (float)t->batch.tokens);
}

static void destroy_words(struct train_task *task)
{
    struct words_task *t = words_of(task);

    caption_task_finish(&t->shared);
    data_batch_finish(&t->batch);
    free(t);
}

static const struct train_task_ops ops = {
    .unit = "words",
    .scores = caption_score_kinds,
    .score_count = CAPTION_SCORES,
    .leading = CAPTION_CIDER,
    .init = caption_task_init_theta,
    .measure = measure_words,
    .step = learn_words,
    .score = caption_task_score,
    .save = caption_task_save,
    .destroy = destroy_words,
};

enum tn_status words_task_create(const struct caption_task_options *options,
                                 struct train_task **ret_task, struct tn_error *err)
{
    struct words_task *t = calloc(1, sizeof *t);
    enum tn_status status;

    if (!t)
        return tn_fail_nomem(err, sizeof *t);
    t->shared.task.ops = &ops;
    status = caption_task_init(&t->shared, options, options->train->corpus->caption_count, err);
    if (status == TN_OK)
        status = data_batch_init(&t->batch, options->train, options->batch, err);
    if (status == TN_OK)
        *ret_task = &t->shared.task;
    else
        train_task_destroy(&t->shared.task);
    return status;
}
