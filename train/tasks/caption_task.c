/* SPDX-License-Identifier: MIT */
#include "train/tasks/caption_task.h"

#include "train/tasks/reward.h"
#include "train/tasks/scoring.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct caption_task {
    struct train_task task;
    struct caption_task_options options;
    const struct train_source *train, *dev;
    const struct vocab *vocab;
    struct decoder *decoder;
    struct train_batch batch;
    size_t *order;             /* [captions] of this epoch */
    struct reward *reward;     /* NULL: batch and order are used instead, but with */
    struct finetune *finetune; /* the encoder trained too; NULL: it is not */
};

/* A task's struct begins with its struct train_task. */
static struct caption_task *whole(struct train_task *task)
{
    return (struct caption_task *)task;
}

static const struct tn_layout *layout(struct train_task *task)
{
    const struct caption_task *t = whole(task);

    return t->finetune ? finetune_layout(t->finetune) : decoder_layout(t->decoder);
}

/* Where the decoder's parameters begin in theta. */
static size_t decoder_offset(const struct caption_task *t)
{
    return t->finetune ? finetune_decoder_offset(t->finetune) : 0;
}

static void init(struct train_task *task, struct tn_rng *rng, float *theta)
{
    const struct caption_task *t = whole(task);

    if (t->finetune)
        finetune_init(t->finetune, theta);
    theta += decoder_offset(t);
    decoder_init(t->decoder, rng, theta);
    if (t->options.start)
        memcpy(theta, t->options.start, decoder_layout(t->decoder)->floats * sizeof(float));
}

static double loss_of_batch(struct caption_task *t, const struct tn_pass *pass, float scale)
{
    return decoder_loss(t->decoder, pass, &t->batch.batch, scale, t->options.label_smoothing);
}

static void measure(struct train_task *task, const struct tn_pass *pass)
{
    struct caption_task *t = whole(task);

    if (t->reward)
        reward_measure(t->reward, pass);
    else if (t->finetune)
        finetune_measure(t->finetune, pass);
    else
        loss_of_batch(t, pass, 1); /* the batch is still as large as it can be */
}

static void begin_epoch(struct train_task *task, struct tn_rng *rng)
{
    struct caption_task *t = whole(task);
    const size_t count = t->train->corpus->caption_count;

    if (t->reward) {
        reward_begin_epoch(t->reward, rng);
        return;
    }
    if (t->finetune) {
        finetune_begin_epoch(t->finetune, rng);
        return;
    }
    for (size_t i = 0; i < count; i++)
        t->order[i] = i;
    tn_rng_shuffle(rng, t->order, count);
}

static double step(struct train_task *task, const struct tn_pass *pass, size_t number,
                   size_t *ret_tokens)
{
    struct caption_task *t = whole(task);
    const size_t start = number * t->options.batch;
    const size_t left = t->train->corpus->caption_count - start;

    if (t->reward)
        return reward_step(t->reward, pass, number, ret_tokens);
    if (t->finetune)
        return finetune_step(t->finetune, pass, t->options.label_smoothing, number, ret_tokens);
    train_batch_fill(&t->batch, t->train, t->order + start,
                     left < t->options.batch ? left : t->options.batch, pass->pool, pass->rng);
    *ret_tokens = t->batch.tokens;
    return loss_of_batch(t, pass, 1 / (float)t->batch.tokens);
}

static enum tn_status score(struct train_task *task, struct tn_pool *pool, float *theta,
                            float *scores, struct tn_error *err)
{
    const struct caption_task *t = whole(task);
    const struct train_score_options options = {.search = t->options.search};
    struct train_source dev = *t->dev;
    struct decoder_weights weights;
    struct train_scores s;

    if (t->finetune)
        TN_TRY(finetune_encode(t->finetune, pool, theta, dev.corpus, &dev.features, err));
    theta += decoder_offset(t);
    TN_TRY(decoder_weights_from_theta(decoder_layout(t->decoder), theta, t->options.prefix,
                                      decoder_config(t->decoder), &weights, err));
    TN_TRY(train_score(&weights, t->decoder, theta, &dev, t->vocab, &options, pool, &s, NULL, err));
    scores[CAPTION_PERPLEXITY] = (float)s.perplexity;
    scores[CAPTION_BLEU4] = (float)s.metrics.bleu[3];
    scores[CAPTION_ROUGE_L] = (float)s.metrics.rouge_l;
    scores[CAPTION_CIDER] = (float)s.metrics.cider;
    scores[CAPTION_DISTINCT] = (float)s.metrics.distinct;
    return TN_OK;
}

static void write_scores(const struct caption_task *t, const float *scores, char *out, size_t size)
{
    snprintf(out, size,
             "{\"dev\": {\"photos\": %zu, \"beam\": %zu, \"bleu4\": %.4f, \"rouge_l\": %.4f, "
             "\"cider\": %.4f, \"distinct\": %.4f, \"perplexity\": %.3f}}",
             t->dev->corpus->photo_count, t->options.search.beam, (double)scores[CAPTION_BLEU4],
             (double)scores[CAPTION_ROUGE_L], (double)scores[CAPTION_CIDER],
             (double)scores[CAPTION_DISTINCT], (double)scores[CAPTION_PERPLEXITY]);
}

static enum tn_status save(struct train_task *task, const struct train_result *result,
                           struct tn_error *err)
{
    const struct caption_task *t = whole(task);
    struct model_save what = t->options.save;
    char scores[512], training[1600];
    const struct tn_metadata metadata[] = {{"training", training}, {"scores", scores}};

    if (!t->options.output)
        return TN_OK;
    if (task->scored)
        write_scores(t, result->epoch->scores, scores, sizeof scores);
    snprintf(training, sizeof training, "%s epoch=%zu", result->identity, result->epochs);
    what.vocab = t->vocab;
    what.input = t->train->input;
    what.config = decoder_config(t->decoder);
    what.layout = decoder_layout(t->decoder);
    what.theta = result->theta + decoder_offset(t);
    if (t->finetune) {
        what.encoder_layout = cnn_network_layout(t->options.finetune->network);
        what.encoder_theta = result->theta;
    }
    what.metadata = metadata;
    what.metadata_count = task->scored ? 2 : 1;
    return model_save(t->options.output, &what, err);
}

static const struct train_score_kind kinds[CAPTION_SCORES] = {
    [CAPTION_PERPLEXITY] = {"perplexity", 1, 2, "", TRAIN_WITH_PERPLEXITY},
    [CAPTION_BLEU4] = {"BLEU-4", 100, 1, "", TRAIN_WITH_SCORES},
    [CAPTION_ROUGE_L] = {"ROUGE-L", 100, 1, "", TRAIN_NOT_DRAWN},
    [CAPTION_CIDER] = {"CIDEr", 1, 3, "", TRAIN_WITH_SCORES},
    [CAPTION_DISTINCT] = {"distinct", 100, 0, " %", TRAIN_NOT_DRAWN},
};

/* The same task, whatever its loss. */
#define SHARED_OPS                                                                                 \
    .scores = kinds, .score_count = CAPTION_SCORES, .leading = CAPTION_CIDER, .layout = layout,    \
    .init = init, .measure = measure, .begin_epoch = begin_epoch, .step = step, .score = score,    \
    .save = save

static const struct train_task_ops ops = {.unit = "words", SHARED_OPS};
static const struct train_task_ops reward_ops = {.unit = "photos", .rewarded = true, SHARED_OPS};

static enum tn_status build_finetune(struct caption_task *t, struct tn_error *err)
{
    TN_TRY(finetune_create(t->options.finetune, t->options.batch, t->decoder, t->train,
                           &t->finetune, err));
    t->task.steps = finetune_steps(t->finetune);
    t->task.part_count = finetune_parts(t->finetune, t->task.parts);
    return TN_OK;
}

static enum tn_status build(struct caption_task *t, struct tn_error *err)
{
    const size_t captions = t->train->corpus->caption_count;
    struct decoder_config config = t->options.decoder;

    if (captions == 0)
        return tn_fail(err, TN_NOTFOUND, "there is no caption to train on");
    config.vocabulary = vocab_count(t->vocab);
    config.features = t->train->features->width;
    t->task.steps = (captions + t->options.batch - 1) / t->options.batch;
    t->order = calloc(captions, sizeof *t->order);
    if (!t->order)
        return tn_fail_nomem(err, captions * sizeof *t->order);
    TN_TRY(decoder_create(&config, t->options.prefix, &t->decoder, err));
    if (t->options.finetune)
        return build_finetune(t, err);
    if (t->options.samples == 0)
        return train_batch_init(&t->batch, t->train, t->options.batch, err);
    TN_TRY(reward_create(
        &(struct reward_options){t->options.batch, t->options.samples, t->options.sample_words},
        t->decoder, t->options.prefix, t->train, t->options.pool, &t->reward, err));
    t->task.steps = reward_steps(t->reward);
    return TN_OK;
}

enum tn_status caption_task_create(const struct caption_task_options *options,
                                   const struct train_source *train, const struct train_source *dev,
                                   const struct vocab *vocab, struct train_task **ret_task,
                                   struct tn_error *err)
{
    struct caption_task *t = calloc(1, sizeof *t);
    enum tn_status status;

    assert(options->batch > 0 && !(options->finetune && options->samples > 0));
    if (!t)
        return tn_fail_nomem(err, sizeof *t);
    *t = (struct caption_task){.task = {.ops = options->samples > 0 ? &reward_ops : &ops,
                                        .scored = dev && dev->corpus->caption_count > 0},
                               .options = *options,
                               .train = train,
                               .dev = dev,
                               .vocab = vocab};
    status = build(t, err);
    if (status == TN_OK)
        *ret_task = &t->task;
    else
        caption_task_destroy(&t->task);
    return status;
}

void caption_task_destroy(struct train_task *task)
{
    struct caption_task *t = whole(task);

    if (!task)
        return;
    finetune_destroy(t->finetune);
    decoder_destroy(t->decoder);
    reward_destroy(t->reward);
    train_batch_finish(&t->batch);
    free(t->order);
    free(t);
}
