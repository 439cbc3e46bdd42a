/* SPDX-License-Identifier: MIT */
#include "train/tasks/caption_task_private.h"

#include "train/tasks/image_rank.h"
#include "train/tasks/scoring.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct train_score_kind caption_score_kinds[CAPTION_SCORES] = {
    [CAPTION_PERPLEXITY] = {"perplexity", 1, 2, "", TRAIN_WITH_PERPLEXITY, true},
    [CAPTION_BLEU4] = {"BLEU-4", 100, 1, "", TRAIN_WITH_SCORES, false},
    [CAPTION_ROUGE_L] = {"ROUGE-L", 100, 1, "", TRAIN_NOT_DRAWN, false},
    [CAPTION_CIDER] = {"CIDEr", 1, 3, "", TRAIN_WITH_SCORES, false},
    [CAPTION_DISTINCT] = {"distinct", 100, 0, " %", TRAIN_NOT_DRAWN, false},
};

static void choose_leading(struct caption_task *t)
{
    t->ops = *t->task.ops;
    if (t->task.scored && t->options.dev->corpus->photo_count < CAPTION_CIDER_PHOTOS &&
        !t->ops.rewarded) {
        t->ops.leading = CAPTION_PERPLEXITY;
        t->ops.lower_is_better = true;
    }
    t->task.ops = &t->ops;
}

enum tn_status caption_task_init(struct caption_task *t, const struct caption_task_options *options,
                                 size_t items, struct tn_error *err)
{
    assert(options->batch > 0);
    t->options = *options;
    if (options->train->corpus->caption_count == 0)
        return tn_fail(err, TN_NOTFOUND, "there is no caption to train on");
    t->options.decoder.vocabulary = vocab_count(options->vocab);
    t->options.decoder.features = options->train->features->width;
    if (options->image_rank > 0)
        TN_TRY(image_rank_check(&t->options.decoder, options->image_rank, err));
    TN_TRY(decoder_create(&t->options.decoder, options->prefix, &t->decoder, err));
    t->task.layout = decoder_layout(t->decoder);
    t->task.scored = options->dev && options->dev->corpus->caption_count > 0;
    t->task.started = options->start;
    choose_leading(t);
    return train_task_set_order(&t->task, NULL, items, options->batch, err);
}

void caption_task_finish(struct caption_task *t)
{
    decoder_destroy(t->decoder);
}

/* A task's struct begins with its struct train_task. */
static struct caption_task *caption_of(struct train_task *task)
{
    return (struct caption_task *)task;
}

void caption_task_init_theta(struct train_task *task, struct tn_rng *rng, float *theta)
{
    const struct caption_task *t = caption_of(task);

    theta += t->decoder_offset;
    decoder_init(t->decoder, rng, theta);
    if (t->options.start)
        memcpy(theta, t->options.start, decoder_layout(t->decoder)->floats * sizeof(float));
}

enum tn_status caption_task_score_features(const struct caption_task *t,
                                           const struct data_features *features,
                                           struct tn_pool *pool, float *theta, float *scores,
                                           struct tn_error *err)
{
    struct train_score_options options = {.search = t->options.search, .team = t->task.team};
    struct data_source dev = *t->options.dev;
    struct decoder_weights weights;
    struct train_scores s;

    if (t->task.scoring)
        options.progress = *t->task.scoring;
    dev.features = features;
    theta += t->decoder_offset;
    TN_TRY(decoder_weights_from_theta(decoder_layout(t->decoder), theta, t->options.prefix,
                                      decoder_config(t->decoder), &weights, err));
    TN_TRY(train_score(&weights, t->decoder, theta, &dev, t->options.vocab, &options, pool, &s,
                       NULL, err));
    scores[CAPTION_PERPLEXITY] = (float)s.perplexity;
    scores[CAPTION_BLEU4] = (float)s.metrics.bleu[3];
    scores[CAPTION_ROUGE_L] = (float)s.metrics.rouge_l;
    scores[CAPTION_CIDER] = (float)s.metrics.cider;
    scores[CAPTION_DISTINCT] = (float)s.metrics.distinct;
    return TN_OK;
}

enum tn_status caption_task_score(struct train_task *task, struct tn_pool *pool, float *theta,
                                  float *scores, struct tn_error *err)
{
    const struct caption_task *t = caption_of(task);

    return caption_task_score_features(t, t->options.dev->features, pool, theta, scores, err);
}

static void write_scores(const struct caption_task *t, const float *scores, char *out, size_t size)
{
    snprintf(out, size,
             "{\"dev\": {\"photos\": %zu, \"beam\": %zu, \"bleu4\": %.4f, \"rouge_l\": %.4f, "
             "\"cider\": %.4f, \"distinct\": %.4f, \"perplexity\": %.3f}}",
             t->options.dev->corpus->photo_count, t->options.search.beam,
             (double)scores[CAPTION_BLEU4], (double)scores[CAPTION_ROUGE_L],
             (double)scores[CAPTION_CIDER], (double)scores[CAPTION_DISTINCT],
             (double)scores[CAPTION_PERPLEXITY]);
}

static enum tn_status save_rounded(const struct caption_task *t, struct model_save *what,
                                   struct tn_error *err)
{
    struct image_rank rounded;
    enum tn_status status;

    TN_TRY(image_rank_round(t->decoder, what->theta, t->options.prefix, t->options.image_rank,
                            t->decoder_offset == 0 ? t->options.train : NULL, &rounded, err));
    what->config = decoder_config(rounded.decoder);
    what->layout = decoder_layout(rounded.decoder);
    what->theta = rounded.theta;
    status = model_save(t->options.output, what, err);
    image_rank_finish(&rounded);
    return status;
}

enum tn_status caption_task_save(struct train_task *task, const struct train_result *result,
                                 struct tn_error *err)
{
    const struct caption_task *t = caption_of(task);
    struct model_save what = t->options.save;
    char scores[512];

    if (!t->options.output)
        return TN_OK;
    if (task->scored)
        write_scores(t, result->epoch->scores, scores, sizeof scores);
    what.vocab = t->options.vocab;
    what.input = t->options.train->input;
    what.config = decoder_config(t->decoder);
    what.layout = decoder_layout(t->decoder);
    what.theta = result->theta + t->decoder_offset;
    what.encoder_theta = result->theta; /* where encoder_layout says that it is trained */
    what.training = result->training;
    what.scores = task->scored ? scores : NULL;
    return t->options.image_rank > 0 ? save_rounded(t, &what, err)
                                     : model_save(t->options.output, &what, err);
}
