/* SPDX-License-Identifier: MIT */
/* What the training commands of both programs share: the options about the loop, and its run. */
#ifndef APP_TRAIN_LOOP_H
#define APP_TRAIN_LOOP_H

#include "app/cli/options.h"
#include "app/training/train_lock.h"
#include "base/pool.h"
#include "train/task.h"

struct train_settings {
    const char *output, *curve, *log; /* curve NULL: OUTPUT.png; log NULL: none */
    bool resume, overwrite, quiet, bf16;
    size_t threads, log_steps;
    size_t optimiser, schedule; /* choices */
    size_t epochs, patience, seed;
    size_t slices; /* 0: 1, or as many as several processes can share */
    double rate, warmup, weight_decay, clip;
    struct train_lock lock; /* of the output, from train_check_settings on */
};
#define TRAIN_SETTINGS_DEFAULT                                                                     \
    {                                                                                              \
        .epochs = 12, .patience = 5, .seed = 1, .warmup = 0.02, .clip = 5, .log_steps = 100        \
    }

/* Names of the library's tables, as choices of options. */
enum { TRAIN_MAX_CHOICES = 16 };
struct train_choices {
    const char *cells[TRAIN_MAX_CHOICES], *optimisers[TRAIN_MAX_CHOICES],
        *schedules[TRAIN_MAX_CHOICES];
};
void train_list_choices(struct train_choices *choices);

/* The rows for what is written and how the run goes; and for the loop itself. */
void train_add_run_options(struct app_table *table, struct train_settings *settings);
void train_add_loop_options(struct app_table *table, struct train_settings *settings,
                            const struct train_choices *choices);

/* Whether the processor can multiply as wanted, and the output may be written: no other training is
 * writing it, and no model, checkpoint, curve or log is lost that --overwrite does not give up and
 * --resume does not go on with.  Returns APP_PROCEED, or the exit code after a message.  Call
 * train_settings_finish at the end in every case. */
int train_check_settings(const char *command, struct train_settings *settings);

/* An option whose value --start would decide. */
struct train_overruled {
    const char *option;
    bool given;
};
/* Whether none of them is given: APP_PROCEED, or APP_USAGE after a message that names those that
 * are. */
int train_check_overruled(const char *command, const struct train_overruled *options, size_t count);
void train_settings_finish(struct train_settings *settings);

/* How many slices a step has (train/slices.h). */
size_t train_slices(const struct train_settings *settings);
/* The rate asked for, or the optimiser's own. */
float train_rate(const struct train_settings *settings);

/* "epochs=12 patience=5 ...": what of the settings but the seed decides the result. */
void train_settings_text(const struct train_settings *settings, char *out, size_t size);

/* Trains the task, printing what happens on stderr, with the checkpoint OUTPUT.checkpoint, and
 * draws the curve.  An interrupt ends it with TN_CANCELLED and a message that says how to go on. */
TN_NODISCARD enum tn_status train_loop(const struct train_settings *settings,
                                       struct train_task *task, const char *identity,
                                       struct tn_pool *pool, struct tn_error *err);

/* path and suffix joined; the caller frees it; NULL when out of memory. */
char *train_with_suffix(const char *path, const char *suffix);

#endif
