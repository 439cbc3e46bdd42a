/* SPDX-License-Identifier: MIT */
#include "train/trainer.h"

#include "base/memory.h"
#include "tensor/pointwise.h"
#include "train/trainer_private.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct train_task *trainer_task(const struct trainer *trainer)
{
    return trainer->task;
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

const struct train_epoch *trainer_start(const struct trainer *trainer)
{
    return trainer->start_scored ? &trainer->start : NULL;
}

void trainer_position(const struct trainer *trainer, size_t *ret_epochs, size_t *ret_step)
{
    *ret_epochs = trainer->position.epoch;
    *ret_step = trainer->position.step;
}

size_t trainer_best(const struct trainer *trainer)
{
    return trainer->position.best;
}

static bool is_exhausted(const struct trainer *trainer)
{
    return trainer->options.patience > 0 && trainer->task->scored && trainer->history_count > 0 &&
           trainer->history_count - 1 - trainer->position.best >= trainer->options.patience;
}

bool trainer_stopped_early(const struct trainer *trainer)
{
    return trainer->history_count < trainer->options.epochs && is_exhausted(trainer);
}

/* What a pass of the task works with; rng is the run's. */
static struct tn_pass pass_of(struct trainer *trainer)
{
    return (struct tn_pass){trainer->pool,          trainer->theta,  trainer->dtheta,
                            &trainer->position.rng, &trainer->arena, trainer->options.bf16};
}

static enum tn_status build_trainer(struct trainer *trainer, struct tn_error *err)
{
    const struct train_options *options = &trainer->options;
    struct train_task *task = trainer->task;
    struct train_optimiser_options update = options->update;
    struct tn_pass pass;

    update.parts = task->parts;
    update.part_count = task->part_count;
    trainer->floats = task->layout->floats;
    trainer->theta = tn_memory_create(trainer->floats * sizeof(float));
    trainer->dtheta = tn_memory_create(trainer->floats * sizeof(float));
    trainer->history = calloc(options->epochs, sizeof *trainer->history);
    if (!trainer->theta || !trainer->dtheta || !trainer->history)
        return tn_fail_nomem(err, trainer->floats * sizeof(float));
    TN_TRY(train_optimiser_init(&trainer->optimiser, options->optimiser, &update, options->team,
                                trainer->floats, err));
    TN_TRY(train_slices_init(&trainer->slices, options->team, options->slices, trainer->floats,
                             trainer->optimiser.stretches, err));
    tn_arena_measure(&trainer->arena);
    pass = pass_of(trainer);
    task->ops->measure(task, &pass);
    TN_TRY(tn_arena_reserve(&trainer->arena, err));
    tn_rng_init(&trainer->position.rng, options->seed);
    task->ops->init(task, &trainer->position.rng, trainer->theta);
    /* A checkpoint may come before the first epoch: while the start is scored. */
    trainer->position.epoch_rng = trainer->position.rng;
    return TN_OK;
}

enum tn_status trainer_create(const struct train_options *options, struct train_task *task,
                              struct tn_pool *pool, struct trainer **ret_trainer,
                              struct tn_error *err)
{
    struct trainer *trainer = calloc(1, sizeof *trainer);
    enum tn_status status;

    assert(options->epochs > 0 && task->steps > 0);
    assert(task->ops->score_count <= TRAIN_MAX_SCORES);
    if (!trainer)
        return tn_fail_nomem(err, sizeof *trainer);
    trainer->options = *options;
    trainer->options.slices = options->slices > 0 ? options->slices : 1;
    trainer->task = task;
    trainer->task->team = options->team;
    trainer->pool = pool;
    status = build_trainer(trainer, err);
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
    train_optimiser_finish(&trainer->optimiser);
    train_slices_finish(&trainer->slices);
    tn_arena_finish(&trainer->arena);
    free(trainer->theta);
    free(trainer->dtheta);
    free(trainer->kept);
    free(trainer->history);
    free(trainer);
}

/* Order and beginning are drawn from the generator as it was when the epoch began, so a run that is
 * resumed within it finds the same. */
static void begin_trainer_epoch(struct trainer *trainer)
{
    struct trainer_position *at = &trainer->position;
    struct tn_rng rng;

    if (at->step == 0)
        at->epoch_rng = at->rng;
    rng = at->epoch_rng;
    train_task_shuffle(trainer->task, &rng);
    if (trainer->task->ops->begin)
        trainer->task->ops->begin(trainer->task, &rng);
    if (at->step == 0)
        at->rng = rng;
}

/* The share of the training that is done in the middle of the step at hand. */
static double progress_now(const struct trainer *trainer)
{
    const double done =
        (double)(trainer->position.epoch * trainer->task->steps + trainer->position.step);

    return (done + 0.5) / (double)(trainer->options.epochs * trainer->task->steps);
}

static float rate_now(const struct trainer *trainer)
{
    const struct train_options *options = &trainer->options;

    return options->rate *
           (float)train_schedule_factor(options->schedule, options->warmup, progress_now(trainer));
}

static enum tn_status refuse_divergence(const struct trainer *trainer, const char *what,
                                        struct tn_error *err)
{
    const struct trainer_position *at = &trainer->position;

    return tn_fail(err, TN_RANGE,
                   "the training diverges: %s in epoch %zu, step %zu; begin again with a lower "
                   "learning rate, such as --rate %.3g",
                   what, at->epoch + 1, at->step, (double)trainer->options.rate / 10);
}

/* Adds the norm of the step just done to those of the epoch. */
static void note_gradient(struct trainer *trainer)
{
    struct trainer_gradients *g = &trainer->position.gradients;
    const double norm = trainer->done.norm, clip = (double)trainer->options.update.clip;

    g->steps++;
    g->clipped += clip > 0 && norm > clip;
    g->sum += norm;
    g->largest = fmax(g->largest, norm);
}

static enum tn_status run_step(struct trainer *trainer, struct tn_error *err)
{
    const struct tn_pass pass = pass_of(trainer);
    struct trainer_position *at = &trainer->position;
    struct train_progress *done = &trainer->done;
    float divisor;

    done->rate = rate_now(trainer);
    trainer->task->progress = (float)progress_now(trainer);
    done->step_loss = train_slices_learn(&trainer->slices, trainer->task, &pass, at->step,
                                         &done->step_tokens, &divisor);
    done->norm = train_optimiser_step(&trainer->optimiser, trainer->pool, done->rate,
                                      trainer->theta, trainer->dtheta, divisor);
    note_gradient(trainer);
    at->loss += done->step_loss;
    at->tokens += done->step_tokens;
    trainer->run_tokens += done->step_tokens;
    trainer->run_steps++;
    at->step++;
    if (!isfinite(done->norm))
        return refuse_divergence(trainer, "the gradient is no longer a number", err);
    return done->step_loss <= TRAINER_ABSURD_LOSS * (double)done->step_tokens
               ? TN_OK
               : refuse_divergence(trainer, "the loss is beyond that of blind guesses", err);
}

/* What is not sound replaces no checkpoint and no model. */
static enum tn_status check_theta(const struct trainer *trainer, struct tn_error *err)
{
    return tn_all_finite(trainer->theta, trainer->floats)
               ? TN_OK
               : refuse_divergence(trainer, "a weight is no longer a number", err);
}

/* ---- What is written ---- */

/* The best model, of that theta; the leader alone writes it. */
static enum tn_status save_model(struct trainer *trainer, const float *theta, struct tn_error *err)
{
    const size_t best = trainer->position.best;
    char training[1600];
    const struct train_result result = {theta, &trainer->history[best], training};

    snprintf(training, sizeof training, "%s epoch=%zu", trainer->options.identity, best + 1);
    return team_leads(trainer->options.team) ? trainer->task->ops->save(trainer->task, &result, err)
                                             : TN_OK;
}

/* The last epoch's model.  What cannot be written now is kept, and owed. */
static enum tn_status save_best(struct trainer *trainer, struct tn_error *err)
{
    const size_t bytes = trainer->floats * sizeof(float);
    enum tn_status status;

    trainer->position.best = trainer->history_count - 1;
    status = team_follow(trainer->options.team, save_model(trainer, trainer->theta, err), err);
    trainer->owed = status == TN_IO;
    if (status != TN_IO)
        return status;
    if (!trainer->kept)
        trainer->kept = tn_memory_create(bytes);
    if (!trainer->kept)
        return tn_fail_nomem(err, bytes);
    memcpy(trainer->kept, trainer->theta, bytes);
    return TN_OK;
}

/* The checkpoint, and before it the model that is owed: a run that goes on from a checkpoint before
 * it comes by that model again, and from a later one it would not. */
static enum tn_status save_state(struct trainer *trainer, struct tn_error *err)
{
    if (trainer->owed)
        TN_TRY(team_follow(trainer->options.team, save_model(trainer, trainer->kept, err), err));
    trainer->owed = false;
    TN_TRY(trainer_save_checkpoint(trainer, err));
    trainer->unsaved = false;
    return TN_OK;
}

/* The same on the way, where a full disk is no reason to stop. */
static enum tn_status try_to_save(struct trainer *trainer, const struct train_events *events,
                                  struct tn_error *err)
{
    struct tn_error why;
    const enum tn_status status = save_state(trainer, &why);

    if (status == TN_OK)
        return TN_OK;
    if (status != TN_IO) {
        if (err)
            *err = why;
        return status;
    }
    if (!trainer->unsaved && events->unsaved)
        events->unsaved(events->context, &why);
    trainer->unsaved = true;
    return TN_OK;
}

/* ---- A step ---- */

/* Reports the step and writes the checkpoint when it is due. */
static enum tn_status after_step(struct trainer *trainer, const struct train_events *events,
                                 struct tn_error *err)
{
    const struct train_options *options = &trainer->options;
    const struct trainer_position *at = &trainer->position;
    struct train_progress *done = &trainer->done;
    bool on;

    done->epoch = at->epoch;
    done->epochs = options->epochs;
    done->step = at->step;
    done->steps = trainer->task->steps;
    done->run_steps = trainer->run_steps;
    done->tokens = trainer->run_tokens;
    done->loss = at->loss / (double)at->tokens;
    on = !team_any(options->team, events->step && !events->step(events->context, done));
    if (!on || (options->checkpoint_steps > 0 && at->step < trainer->task->steps &&
                at->step % options->checkpoint_steps == 0)) {
        TN_TRY(check_theta(trainer, err));
        TN_TRY(on ? try_to_save(trainer, events, err) : save_state(trainer, err));
    }
    if (on)
        return TN_OK;
    return tn_fail(err, TN_CANCELLED, "stopped in epoch %zu after step %zu of %zu", at->epoch + 1,
                   at->step, trainer->task->steps);
}

/* Whether the last epoch is the best so far. */
static bool is_best(const struct trainer *trainer)
{
    const struct train_task *task = trainer->task;
    const size_t last = trainer->history_count - 1, leading = task->ops->leading;
    const float now = trainer->history[last].scores[leading];
    const float before = trainer->history[trainer->position.best].scores[leading];

    if (last == 0 || !task->scored)
        return true;
    return task->ops->lower_is_better ? now < before : now > before;
}

enum tn_status trainer_save_model(struct trainer *trainer, struct tn_error *err)
{
    const struct trainer_position *at = &trainer->position;

    if (trainer->history_count == 0 || (!trainer->task->scored && at->step > 0))
        return TN_OK; /* this epoch's end writes one */
    if (at->step == 0 && at->best + 1 == trainer->history_count)
        return save_model(trainer, trainer->theta, err);
    return tn_fail(err, TN_NOTFOUND,
                   "%s: the model of epoch %zu, the best one, is lost, and the checkpoint has a "
                   "later one; --overwrite begins again",
                   trainer->options.checkpoint, at->best + 1);
}

static enum tn_status score_epoch(struct trainer *trainer, const struct tn_progress *progress,
                                  float *scores, struct tn_error *err)
{
    struct train_task *task = trainer->task;
    struct team *team = trainer->options.team;
    enum tn_status status = TN_OK;

    task->scoring = progress;
    if (task->scored)
        status = task->ops->score(task, trainer->pool, trainer->theta, scores, err);
    task->scoring = NULL;
    if (status != TN_OK && status != TN_CANCELLED)
        return status;
    if (team_any(team, status == TN_CANCELLED)) {
        TN_TRY(save_state(trainer, err));
        return tn_fail(err, TN_CANCELLED, "stopped");
    }
    team_broadcast(team, scores, TRAIN_MAX_SCORES * sizeof *scores); /* they all decide alike */
    return TN_OK;
}

static enum tn_status end_epoch(struct trainer *trainer, const struct train_events *events,
                                struct tn_error *err)
{
    struct trainer_position *at = &trainer->position;
    const double loss = at->loss / (double)at->tokens;
    const struct trainer_gradients *g = &at->gradients;
    const double steps = g->steps > 0 ? (double)g->steps : 1;
    struct train_epoch epoch = {.loss = (float)loss,
                                .perplexity = (float)exp(loss),
                                .mean_norm = (float)(g->sum / steps),
                                .largest_norm = (float)g->largest,
                                .clipped = (float)((double)g->clipped / steps)};

    TN_TRY(check_theta(trainer, err));
    if (trainer->history_count == 0) /* no model without a checkpoint to go on from */
        TN_TRY(try_to_save(trainer, events, err));
    at->step--; /* the rate of the step just done */
    epoch.rate = rate_now(trainer);
    at->step++;
    TN_TRY(score_epoch(trainer, &events->scoring, epoch.scores, err));
    if (!tn_all_finite(epoch.scores, TRAIN_MAX_SCORES))
        return refuse_divergence(trainer, "the dev score is no longer a number", err);
    trainer->history[trainer->history_count++] = epoch;
    at->epoch++;
    at->step = 0;
    at->loss = 0;
    at->tokens = 0;
    at->gradients = (struct trainer_gradients){0};
    if (is_best(trainer))
        TN_TRY(save_best(trainer, err));
    TN_TRY(try_to_save(trainer, events, err));
    if (events->epoch)
        events->epoch(events->context, trainer);
    return TN_OK;
}

/* Before the first step: how good the model is that the training begins from. */
static enum tn_status score_start(struct trainer *trainer, const struct train_events *events,
                                  struct tn_error *err)
{
    const struct trainer_position *at = &trainer->position;
    struct train_epoch start = {.loss = 0};

    if (!trainer->task->started || !trainer->task->scored || at->epoch > 0 || at->step > 0)
        return TN_OK;
    TN_TRY(score_epoch(trainer, &events->scoring, start.scores, err));
    if (!tn_all_finite(start.scores, TRAIN_MAX_SCORES))
        return TN_OK; /* nothing to compare with */
    trainer->start = start;
    trainer->start_scored = true;
    if (events->epoch)
        events->epoch(events->context, trainer);
    return TN_OK;
}

enum tn_status trainer_run(struct trainer *trainer, const struct train_events *events,
                           struct tn_error *err)
{
    struct trainer_position *at = &trainer->position;

    TN_TRY(score_start(trainer, events, err));
    while (at->epoch < trainer->options.epochs && !is_exhausted(trainer)) {
        begin_trainer_epoch(trainer);
        while (at->step < trainer->task->steps) {
            TN_TRY(run_step(trainer, err));
            TN_TRY(after_step(trainer, events, err));
        }
        TN_TRY(end_epoch(trainer, events, err));
    }
    return trainer->unsaved ? save_state(trainer, err) : TN_OK;
}
