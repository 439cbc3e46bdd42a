/* SPDX-License-Identifier: MIT */
/* Any bytes as the checkpoint of a small training: it is refused, or the training goes on from it,
 * ends, and what it reports are numbers. */
#include "fuzz/support.h"
#include "train/curve.h"
#include "train/trainer.h"

#include <math.h>
#include <string.h>

#ifdef FUZZ_ENGINE
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return fuzz_mutate_safetensors(data, size, max, seed);
}
#endif

enum { WIDTH = 4, STEPS = 3, EPOCHS = 4, STATE = 2 };

/* Draws theta to zero, in an order that is drawn again in each epoch. */
struct small_task {
    struct train_task task;
    struct tn_layout layout;
    struct tn_span theta;
    float state[STATE];
};

static struct small_task *whole(struct train_task *task)
{
    return (struct small_task *)task;
}

static void init(struct train_task *task, struct tn_rng *rng, float *theta)
{
    tn_rng_fill_uniform(rng, theta, whole(task)->theta.count, 1);
}

static void measure(struct train_task *task, const struct tn_pass *pass)
{
    (void)task;
    tn_arena_floats(pass->arena, 1);
}

static double step(struct train_task *task, const struct tn_pass *pass,
                   const struct train_slice *slice, size_t *ret_tokens)
{
    struct small_task *t = whole(task);
    const float wanted =
        (float)*train_task_items(task, slice, ret_tokens) + t->state[0] + tn_rng_uniform(pass->rng);
    double loss = 0;

    for (size_t i = 0; i < WIDTH; i++) {
        const double error = (double)pass->theta[i] - (double)wanted;

        pass->dtheta[i] += (float)(2 * error);
        loss += error * error;
    }
    t->state[1] = (float)slice->step;
    return loss;
}

static float *state(struct train_task *task, size_t number, size_t *ret_count)
{
    (void)number;
    *ret_count = STATE;
    return whole(task)->state;
}

static enum tn_status score(struct train_task *task, struct tn_pool *pool, float *theta,
                            float *scores, struct tn_error *err)
{
    (void)task, (void)pool, (void)err;
    scores[0] = fabsf(theta[0]);
    return TN_OK;
}

static enum tn_status save(struct train_task *task, const struct train_result *result,
                           struct tn_error *err)
{
    (void)task, (void)err;
    fuzz_require(isfinite(result->epoch->loss) && strstr(result->training, " epoch="));
    return TN_OK;
}

static void destroy(struct train_task *task)
{
    tn_layout_finish(&whole(task)->layout);
}

static const struct train_score_kind kind = {"distance", 1, 2, "", TRAIN_WITH_PERPLEXITY, true};

static const struct train_task_ops ops = {
    .unit = "numbers",
    .scores = &kind,
    .score_count = 1,
    .lower_is_better = true,
    .init = init,
    .measure = measure,
    .step = step,
    .state = state,
    .score = score,
    .save = save,
    .destroy = destroy,
};

/* The training ends, if only because its loss is no number any more. */
static void go_on(struct trainer *trainer)
{
    const enum tn_status status = trainer_run(trainer, &(struct train_events){0}, NULL);
    size_t count;
    const struct train_epoch *history = trainer_history(trainer, &count);
    const struct train_curve curve = {&ops, history, trainer_start(trainer), count,
                                      trainer_best(trainer)};

    fuzz_require(status == TN_OK || status == TN_RANGE);
    fuzz_require(count <= EPOCHS && (count == 0 || trainer_best(trainer) < count));
    for (size_t i = 0; i < count; i++)
        fuzz_require(isfinite(history[i].loss));
    fuzz_require(train_curve_save(fuzz_path("curve.png"), &curve, NULL) == TN_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct small_task small = {.task = {.ops = &ops, .layout = &small.layout, .scored = true}};
    const size_t dims[] = {WIDTH};
    const struct train_options options = {.epochs = EPOCHS,
                                          .patience = 2,
                                          .optimiser = train_optimiser_find("adam"),
                                          .update = TRAIN_OPTIMISER_OPTIONS_DEFAULT,
                                          .schedule = train_schedule_at(0),
                                          .rate = 0.1F,
                                          .seed = 1,
                                          .identity = "task=small seed=1"};
    struct fuzz_file file = fuzz_file_open(data, size);
    struct trainer *trainer;

    fuzz_require(tn_layout_add(&small.layout, "theta", 1, dims, &small.theta, NULL) == TN_OK);
    fuzz_require(train_task_set_order(&small.task, NULL, STEPS, 1, NULL) == TN_OK);
    fuzz_require(trainer_create(&options, &small.task, NULL, &trainer, NULL) == TN_OK);
    if (trainer_resume(trainer, file.path, NULL) == TN_OK)
        go_on(trainer);
    trainer_destroy(trainer);
    train_task_destroy(&small.task);
    fuzz_file_close(&file);
    return 0;
}
