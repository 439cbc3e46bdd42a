/* SPDX-License-Identifier: MIT */
#include "train/trainer.h"

#include "train/trainer_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct train_options *trainer_options(const struct trainer *trainer)
{
    return &trainer->options;
}

const struct decoder *trainer_decoder(const struct trainer *trainer)
{
    return trainer->decoder;
}

const float *trainer_theta(const struct trainer *trainer)
{
    return trainer->theta;
}

const struct train_epoch *trainer_history(const struct trainer *trainer, size_t *ret_count)
{
    *ret_count = trainer->history_count;
    return trainer->history;
}

size_t trainer_best(const struct trainer *trainer)
{
    return trainer->position.best;
}

static bool is_exhausted(const struct trainer *trainer)
{
    return trainer->options.patience > 0 && trainer->dev && trainer->history_count > 0 &&
           trainer->history_count - 1 - trainer->position.best >= trainer->options.patience;
}

bool trainer_stopped_early(const struct trainer *trainer)
{
    return trainer->history_count < trainer->options.epochs && is_exhausted(trainer);
}

static enum tn_status allocate(struct trainer *trainer, struct tn_error *err)
{
    const struct train_options *options = &trainer->options;
    const size_t captions = trainer->train->corpus->caption_count;

    trainer->theta = calloc(trainer->floats, sizeof(float));
    trainer->dtheta = calloc(trainer->floats, sizeof(float));
    trainer->order = calloc(captions, sizeof *trainer->order);
    trainer->history = calloc(options->epochs, sizeof *trainer->history);
    if (!trainer->theta || !trainer->dtheta || !trainer->order || !trainer->history)
        return tn_fail_nomem(err, trainer->floats * sizeof(float));
    TN_TRY(train_optimiser_init(&trainer->optimiser, options->optimiser, &options->update,
                                trainer->floats, err));
    TN_TRY(train_batch_init(&trainer->batch, trainer->train, options->batch, err));
    tn_arena_measure(&trainer->arena);
    decoder_loss(trainer->decoder, trainer->pool, trainer->theta, trainer->dtheta, NULL,
                 &trainer->batch.batch, 1, options->label_smoothing, &trainer->position.rng,
                 &trainer->arena);
    return tn_arena_reserve(&trainer->arena, err);
}

static enum tn_status build(struct trainer *trainer, struct tn_error *err)
{
    struct train_options *options = &trainer->options;

    if (trainer->train->corpus->caption_count == 0)
        return tn_fail(err, TN_NOTFOUND, "there is no caption to train on");
    options->decoder.vocabulary = vocab_count(trainer->vocab);
    options->decoder.features = trainer->train->features->width;
    TN_TRY(decoder_create(&options->decoder, options->prefix, &trainer->decoder, err));
    trainer->floats = decoder_layout(trainer->decoder)->floats;
    trainer->steps =
        (trainer->train->corpus->caption_count + options->batch - 1) / options->batch;
    TN_TRY(allocate(trainer, err));
    TN_TRY(decoder_weights_from_theta(decoder_layout(trainer->decoder), trainer->theta,
                                      options->prefix, &options->decoder, &trainer->weights, err));
    tn_rng_init(&trainer->position.rng, options->seed);
    decoder_init(trainer->decoder, &trainer->position.rng, trainer->theta);
    return TN_OK;
}

enum tn_status trainer_create(const struct train_options *options,
                              const struct train_source *train, const struct train_source *dev,
                              const struct vocab *vocab, struct tn_pool *pool,
                              struct trainer **ret_trainer, struct tn_error *err)
{
    struct trainer *trainer = calloc(1, sizeof *trainer);
    enum tn_status status;

    assert(options->batch > 0 && options->epochs > 0);
    if (!trainer)
        return tn_fail_nomem(err, sizeof *trainer);
    trainer->options = *options;
    trainer->train = train;
    trainer->dev = dev && dev->corpus->caption_count > 0 ? dev : NULL;
    trainer->vocab = vocab;
    trainer->pool = pool;
    status = build(trainer, err);
    if (status != TN_OK) {
        trainer_destroy(trainer);
        return status;
    }
    *ret_trainer = trainer;
    return TN_OK;
}

void trainer_destroy(struct trainer *trainer)
{
    if (!trainer)
        return;
    decoder_destroy(trainer->decoder);
    train_optimiser_finish(&trainer->optimiser);
    train_batch_finish(&trainer->batch);
    tn_arena_finish(&trainer->arena);
    free(trainer->theta);
    free(trainer->dtheta);
    free(trainer->order);
    free(trainer->history);
    free(trainer);
}

/* The captions in this epoch's order.  The shuffle draws from the generator as it was when the
 * epoch began, so a run that is resumed within it finds the same order. */
static void order_captions(struct trainer *trainer)
{
    struct trainer_position *at = &trainer->position;
    const size_t count = trainer->train->corpus->caption_count;
    struct tn_rng rng;

    if (at->step == 0)
        at->epoch_rng = at->rng;
    rng = at->epoch_rng;
    for (size_t i = 0; i < count; i++)
        trainer->order[i] = i;
    tn_rng_shuffle(&rng, trainer->order, count);
    if (at->step == 0)
        at->rng = rng;
}

static float rate_now(const struct trainer *trainer)
{
    const struct train_options *options = &trainer->options;
    const double done = (double)(trainer->position.epoch * trainer->steps + trainer->position.step);
    const double all = (double)(options->epochs * trainer->steps);

    return options->rate * (float)train_schedule_factor(options->schedule, options->warmup,
                                                        (done + 0.5) / all);
}

static enum tn_status run_step(struct trainer *trainer, struct tn_error *err)
{
    const struct train_options *options = &trainer->options;
    struct trainer_position *at = &trainer->position;
    const size_t start = at->step * options->batch;
    const size_t left = trainer->train->corpus->caption_count - start;
    double loss, norm;

    train_batch_fill(&trainer->batch, trainer->train, trainer->order + start,
                     left < options->batch ? left : options->batch, trainer->pool, &at->rng);
    loss = decoder_loss(trainer->decoder, trainer->pool, trainer->theta, trainer->dtheta, NULL,
                        &trainer->batch.batch, 1 / (float)trainer->batch.tokens,
                        options->label_smoothing, &at->rng, &trainer->arena);
    norm = train_optimiser_step(&trainer->optimiser, trainer->pool, rate_now(trainer),
                                trainer->theta, trainer->dtheta);
    if (!isfinite(loss) || !isfinite(norm))
        return tn_fail(err, TN_RANGE,
                       "the loss is no longer a number in epoch %zu, step %zu; try a lower --rate",
                       at->epoch + 1, at->step + 1);
    at->loss += loss;
    at->tokens += trainer->batch.tokens;
    trainer->words += trainer->batch.tokens;
    trainer->run_steps++;
    at->step++;
    return TN_OK;
}

/* Tells the step and writes the checkpoint when it is due. */
static enum tn_status after_step(struct trainer *trainer, const struct train_events *events,
                                 struct tn_error *err)
{
    const struct train_options *options = &trainer->options;
    const struct trainer_position *at = &trainer->position;
    const struct train_progress progress = {
        at->epoch,          options->epochs, at->step, trainer->steps,
        trainer->run_steps, trainer->words,  at->loss / (double)at->tokens};
    const bool on = !events->step || events->step(events->context, &progress);

    if (!on || (options->checkpoint_steps > 0 && at->step < trainer->steps &&
                at->step % options->checkpoint_steps == 0))
        TN_TRY(trainer_save_checkpoint(trainer, err));
    if (on)
        return TN_OK;
    return tn_fail(err, TN_CANCELLED, "stopped in epoch %zu after step %zu of %zu", at->epoch + 1,
                   at->step, trainer->steps);
}

static enum tn_status score_dev(struct trainer *trainer, struct train_epoch *epoch,
                                struct tn_error *err)
{
    const struct train_score_options options = {.search = trainer->options.search};
    struct train_scores scores;

    if (!trainer->dev)
        return TN_OK;
    TN_TRY(train_score(&trainer->weights, trainer->decoder, trainer->theta, trainer->dev,
                       trainer->vocab, &options, trainer->pool, &scores, NULL, err));
    epoch->dev_perplexity = (float)scores.perplexity;
    epoch->bleu4 = (float)scores.metrics.bleu[3];
    epoch->rouge_l = (float)scores.metrics.rouge_l;
    epoch->cider = (float)scores.metrics.cider;
    epoch->distinct = (float)scores.metrics.distinct;
    return TN_OK;
}

static enum tn_status end_epoch(struct trainer *trainer, const struct train_events *events,
                                struct tn_error *err)
{
    struct trainer_position *at = &trainer->position;
    const double loss = at->loss / (double)at->tokens;
    struct train_epoch epoch = {.loss = (float)loss, .perplexity = (float)exp(loss)};
    const size_t number = trainer->history_count;

    at->step--; /* the rate of the step just done */
    epoch.rate = rate_now(trainer);
    at->step++;
    TN_TRY(score_dev(trainer, &epoch, err));
    trainer->history[trainer->history_count++] = epoch;
    at->epoch++;
    at->step = 0;
    at->loss = 0;
    at->tokens = 0;
    if (number == 0 || !trainer->dev || epoch.cider > trainer->history[at->best].cider) {
        at->best = number;
        if (events->best)
            TN_TRY(events->best(events->context, trainer, err));
    }
    TN_TRY(trainer_save_checkpoint(trainer, err));
    if (events->epoch)
        events->epoch(events->context, trainer);
    return TN_OK;
}

enum tn_status trainer_run(struct trainer *trainer, const struct train_events *events,
                           struct tn_error *err)
{
    struct trainer_position *at = &trainer->position;

    while (at->epoch < trainer->options.epochs && !is_exhausted(trainer)) {
        order_captions(trainer);
        while (at->step < trainer->steps) {
            TN_TRY(run_step(trainer, err));
            TN_TRY(after_step(trainer, events, err));
        }
        TN_TRY(end_epoch(trainer, events, err));
    }
    return TN_OK;
}
