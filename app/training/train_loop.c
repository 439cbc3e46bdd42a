/* SPDX-License-Identifier: MIT */
#include "app/training/train_loop.h"

#include "app/cli/commands.h"
#include "app/cli/shared_options.h"
#include "app/cli/together.h"
#include "app/training/train_log.h"
#include "app/training/train_report.h"
#include "rnn/cell.h"
#include "tensor/kernels/kernels.h"
#include "train/curve.h"
#include "train/slices.h"
#include "train/trainer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void train_list_choices(struct train_choices *choices)
{
    for (size_t i = 0; i < rnn_cell_count() && i + 1 < TRAIN_MAX_CHOICES; i++)
        choices->cells[i] = rnn_cell_at(i)->name;
    for (size_t i = 0; i < train_optimiser_count() && i + 1 < TRAIN_MAX_CHOICES; i++)
        choices->optimisers[i] = train_optimiser_at(i)->name;
    for (size_t i = 0; i < train_schedule_count() && i + 1 < TRAIN_MAX_CHOICES; i++)
        choices->schedules[i] = train_schedule_at(i)->name;
}

void train_add_run_options(struct app_table *table, struct train_settings *s)
{
    const struct app_option rows[] = {
        app_option_file('o', "output", "FILE", APP_MODEL_OUTPUT, &s->output,
                        "the model file to write"),
        app_option_flag(0, "resume", &s->resume, "go on from OUTPUT.checkpoint, if it is there"),
        app_option_flag(0, "overwrite", &s->overwrite, "replace a model that is there"),
        app_option_file(0, "log", "FILE", APP_LOG_OUTPUT, &s->log,
                        "write the curve's numbers and more to this .csv or .jsonl"),
        app_option_number(0, "log-steps", "N", &s->log_steps, 1, 1000000,
                          "steps from one row of the log to the next (100)"),
        app_option_file(0, "curve", "FILE", APP_DRAWING_OUTPUT, &s->curve,
                        "draw the training here (OUTPUT.png)"),
        app_option_threads(&s->threads),
        app_option_flag('q', "quiet", &s->quiet, "print only errors"),
    };

    app_table_add(table, rows, APP_COUNT(rows));
}

void train_add_loop_options(struct app_table *table, struct train_settings *s,
                            const struct train_choices *choices)
{
    const struct app_option rows[] = {
        app_option_number('e', "epochs", "N", &s->epochs, 1, 10000, "passes over the data (12)"),
        app_option_choice(0, "optimiser", "NAME", &s->optimiser, choices->optimisers, "(adam)"),
        app_option_real(0, "rate", "X", &s->rate, 0, 100, "learning rate (the optimiser's own)"),
        app_option_choice(0, "schedule", "NAME", &s->schedule, choices->schedules,
                          "of the learning rate (cosine)"),
        app_option_real(0, "warmup", "X", &s->warmup, 0, 1,
                        "share of the training in which the rate grows (0.02)"),
        app_option_real(0, "weight-decay", "X", &s->weight_decay, 0, 1, "decoupled (0)"),
        app_option_real(0, "clip", "X", &s->clip, 0, 1e6,
                        "largest norm of the gradient, 0: any (5)"),
        app_option_number(0, "patience", "N", &s->patience, 0, 10000,
                          "epochs to wait for a better dev score, 0: all (5)"),
        app_option_number(0, "seed", "N", &s->seed, 0, 1000000000, "equal seeds, equal files (1)"),
        app_option_number(0, "slices", "N", &s->slices, 1, TRAIN_MAX_SLICES,
                          "parts of a step, which processes share: 1, 2, 4 ... (1; by mpirun 4)"),
        app_option_flag(0, "bf16", &s->bf16,
                        "multiply in bf16, where the processor can: faster, less exact"),
    };

    app_table_add(table, rows, APP_COUNT(rows));
}

static bool holds_something(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0;
}

static int check_bf16(const char *command, const struct train_settings *s)
{
    if (s->bf16 && !tn_kernels_bf16())
        return app_usage_error(command, "--bf16: this processor has no products of bf16");
    if (s->bf16 && !tn_kernels_bf16_pay() && !s->quiet)
        app_say("--bf16: this processor multiplies float32 as fast, and more exactly");
    return APP_PROCEED;
}

/* What is neither model nor checkpoint, and was drawn or written before. */
static int check_besides(const char *command, const struct train_settings *s, bool goes_on)
{
    char *curve = s->curve ? strdup(s->curve) : train_with_suffix(s->output, ".png");
    const char *there = curve && !goes_on && holds_something(curve) ? curve : NULL;
    int code = APP_PROCEED;

    if (s->log && !train_log_is_name(s->log))
        code = app_usage_error(command, "%s: expected a name in .csv or .jsonl", s->log);
    else if (there || (s->log && !s->overwrite && !s->resume && holds_something(s->log)))
        code = app_usage_error(command,
                               "%s: a %s is there already; --overwrite replaces it, another %s "
                               "spares it",
                               there ? there : s->log, there ? "drawing" : "log",
                               there ? "--curve" : "--log");
    free(curve);
    return code;
}

static int check_output(const char *command, const struct train_settings *s)
{
    char *checkpoint = train_with_suffix(s->output, ".checkpoint");
    const bool model = holds_something(s->output);
    const bool begun = checkpoint && holds_something(checkpoint);

    free(checkpoint);
    if (s->overwrite || (s->resume && begun) || (!model && !begun))
        return check_besides(command, s, s->overwrite || begun);
    if (!model)
        return app_usage_error(command,
                               "%s.checkpoint: a training is under way; --resume goes on with it, "
                               "--overwrite begins again",
                               s->output);
    return app_usage_error(
        command, "%s: a model is there already; --overwrite trains it again, %s", s->output,
        begun ? "--resume goes on with its training" : "another --output spares it");
}

/* The lock first: who waits for it finds the other's model.  Of a team its leader writes. */
int train_check_settings(const char *command, struct train_settings *s)
{
    struct tn_error err;
    const int code = check_bf16(command, s);

    if (code != APP_PROCEED || !team_leads(app_team()))
        return code;
    return train_lock_take(s->output, &s->lock, &err) == TN_OK ? check_output(command, s)
                                                               : app_fail(&err);
}

int train_check_overruled(const char *command, const struct train_overruled *options, size_t count)
{
    char names[256] = "";
    size_t used = 0;

    for (size_t i = 0; i < count; i++)
        if (options[i].given)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     used > 0 ? ", " : "", options[i].option);
    if (used == 0)
        return APP_PROCEED;
    return app_usage_error(command, "--start decides what %s would: leave out one or the other",
                           names);
}

void train_settings_finish(struct train_settings *settings)
{
    train_lock_release(&settings->lock);
}

size_t train_slices(const struct train_settings *s)
{
    size_t shared = 4; /* so that one, two and four processes make the same file */

    if (s->slices > 0 || !team_start().launched)
        return s->slices > 0 ? s->slices : 1;
    while (shared < team_size(app_team()))
        shared *= 2;
    return shared;
}

float train_rate(const struct train_settings *s)
{
    return s->rate > 0 ? (float)s->rate : train_optimiser_at(s->optimiser)->rate;
}

void train_settings_text(const struct train_settings *s, char *out, size_t size)
{
    char slices[32] = "";

    if (train_slices(s) > 1)
        snprintf(slices, sizeof slices, " slices=%zu", train_slices(s));
    snprintf(out, size,
             "epochs=%zu patience=%zu optimiser=%s rate=%g schedule=%s warmup=%g weight-decay=%g "
             "clip=%g%s%s",
             s->epochs, s->patience, train_optimiser_at(s->optimiser)->name, (double)train_rate(s),
             train_schedule_at(s->schedule)->name, s->warmup, (double)(float)s->weight_decay,
             (double)(float)s->clip, s->bf16 ? " products=bf16" : "", slices);
}

/* A run with all that it holds. */
struct loop {
    const struct train_settings *settings;
    struct trainer *trainer;
    struct train_log *log; /* or NULL */
    struct app_status status;
    char *checkpoint, *curve;
};

/* A log is no reason to end a training. */
static void check_logged(const struct loop *loop, bool logged)
{
    if (logged)
        return;
    if (!loop->settings->quiet)
        app_status_clear(&loop->status);
    app_warn("%s: cannot write; the log lacks a row", loop->settings->log);
}

static bool on_step(void *context, const struct train_progress *progress)
{
    struct loop *loop = context;

    check_logged(loop, !loop->log || train_log_step(loop->log, progress));
    if (!loop->settings->quiet)
        train_report_step(&loop->status, trainer_task(loop->trainer), progress);
    return !app_interrupted();
}

static bool on_scoring(void *context, const char *doing, size_t done, size_t count)
{
    struct loop *loop = context;

    if (!loop->settings->quiet)
        train_report_scoring(&loop->status, doing, done, count);
    return !app_interrupted();
}

static void on_epoch(void *context, const struct trainer *trainer)
{
    const struct loop *loop = context;

    check_logged(loop, !loop->log || train_log_epoch(loop->log, trainer));
    if (!loop->settings->quiet)
        train_report_epoch(&loop->status, trainer);
}

static void on_unsaved(void *context, const struct tn_error *why)
{
    const struct loop *loop = context;

    if (!loop->settings->quiet)
        app_status_clear(&loop->status);
    app_warn("%s; the training goes on, and tries again at the next checkpoint", why->text);
}

static enum tn_status make_trainer(struct loop *loop, struct train_task *task, const char *identity,
                                   struct tn_pool *pool, struct tn_error *err)
{
    const struct train_settings *s = loop->settings;
    struct train_options options = {
        .epochs = s->epochs,
        .patience = s->patience,
        .optimiser = train_optimiser_at(s->optimiser),
        .update = TRAIN_OPTIMISER_OPTIONS_DEFAULT,
        .schedule = train_schedule_at(s->schedule),
        .rate = train_rate(s),
        .warmup = s->warmup,
        .seed = s->seed,
        .slices = train_slices(s),
        .team = app_team(),
        .bf16 = s->bf16,
        .checkpoint = loop->checkpoint,
        .checkpoint_steps = 1000,
        .identity = identity,
    };

    options.update.weight_decay = (float)s->weight_decay;
    options.update.clip = (float)s->clip;
    return trainer_create(&options, task, pool, &loop->trainer, err);
}

static enum tn_status resume_trainer(struct loop *loop, struct tn_error *err)
{
    const struct train_settings *s = loop->settings;

    if (access(loop->checkpoint, F_OK) != 0 && errno == ENOENT) {
        if (!s->quiet)
            app_say("%s is not there: nothing to resume, the training begins", loop->checkpoint);
        return TN_OK;
    }
    TN_TRY(trainer_resume(loop->trainer, loop->checkpoint, err));
    return holds_something(s->output) ? TN_OK : trainer_save_model(loop->trainer, err);
}

static enum tn_status open_log(struct loop *loop, struct tn_error *err)
{
    const struct train_settings *s = loop->settings;
    enum tn_status status = TN_OK;
    size_t epochs, step;

    if (!s->log)
        return TN_OK;
    trainer_position(loop->trainer, &epochs, &step);
    if (team_leads(app_team()))
        status = train_log_open(s->log, s->log_steps,
                                epochs > 0 || step > 0 ? TRAIN_LOG_GOES_ON
                                : s->overwrite         ? TRAIN_LOG_REPLACED
                                                       : TRAIN_LOG_BEGINS,
                                loop->trainer, &loop->log, err);
    return team_follow(app_team(), status, err);
}

static enum tn_status draw_curve(const struct loop *loop, struct tn_error *err)
{
    size_t count;
    const struct train_epoch *history = trainer_history(loop->trainer, &count);
    const struct train_curve curve = {trainer_task(loop->trainer)->ops, history,
                                      trainer_start(loop->trainer), count,
                                      trainer_best(loop->trainer)};

    return train_curve_save(loop->curve, &curve, err);
}

/* How to go on: after an interrupt, from a checkpoint that was just written; with a full disk or a
 * rate that is too high, from the one of before. */
static enum tn_status say_how_to_go_on(const struct loop *loop, enum tn_status status,
                                       struct tn_error *err)
{
    const struct tn_error why = *err;

    if (status == TN_CANCELLED)
        return tn_fail(err, TN_CANCELLED,
                       "interrupted; the same command with --resume goes on from %s",
                       loop->checkpoint);
    if (status == TN_IO && access(loop->checkpoint, F_OK) == 0)
        return tn_fail(err, status,
                       "%s; once it can, the same command with --resume goes on from %s", why.text,
                       loop->checkpoint);
    if (status == TN_RANGE && holds_something(loop->settings->output))
        return tn_fail(err, status,
                       "%s; the best model so far is %s: --overwrite replaces it, another --output "
                       "spares it",
                       why.text, loop->settings->output);
    return status;
}

static enum tn_status run_loop(struct loop *loop, struct tn_error *err)
{
    const struct train_events events = {loop, on_step, on_epoch, {on_scoring, loop}, on_unsaved};
    enum tn_status status;

    app_status_begin(&loop->status);
    app_finish_first(
        "the step is finished and a checkpoint written; a second signal ends it at once");
    status = trainer_run(loop->trainer, &events, err);
    app_finish_first(NULL);
    if (!loop->settings->quiet)
        app_status_clear(&loop->status);
    if (status != TN_OK)
        return say_how_to_go_on(loop, status, err);
    if (team_leads(app_team()))
        TN_TRY(draw_curve(loop, err));
    if (!loop->settings->quiet)
        train_report_end(loop->trainer, loop->settings->output, loop->curve);
    return TN_OK;
}

enum tn_status train_loop(const struct train_settings *settings, struct train_task *task,
                          const char *identity, struct tn_pool *pool, struct tn_error *err)
{
    struct loop loop = {.settings = settings,
                        .checkpoint = train_with_suffix(settings->output, ".checkpoint"),
                        .curve = settings->curve ? strdup(settings->curve)
                                                 : train_with_suffix(settings->output, ".png")};
    enum tn_status status;

    if (!loop.checkpoint || !loop.curve)
        status = tn_fail_nomem(err, strlen(settings->output) + sizeof ".checkpoint");
    else
        status = team_agree(app_team(), "the training", identity, err);
    if (status == TN_OK)
        status = make_trainer(&loop, task, identity, pool, err);
    if (status == TN_OK && settings->resume)
        status = resume_trainer(&loop, err);
    if (status == TN_OK)
        status = open_log(&loop, err);
    if (status == TN_OK)
        status = run_loop(&loop, err);
    train_log_destroy(loop.log);
    trainer_destroy(loop.trainer);
    free(loop.checkpoint);
    free(loop.curve);
    return status;
}

char *train_with_suffix(const char *path, const char *suffix)
{
    char *out = malloc(strlen(path) + strlen(suffix) + 1);

    if (out)
        strcat(strcpy(out, path), suffix);
    return out;
}
