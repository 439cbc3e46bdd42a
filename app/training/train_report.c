/* SPDX-License-Identifier: MIT */
#include "app/training/train_report.h"

#include "app/cli/commands.h"

#include <math.h>
#include <stdio.h>

/* "loss 2.945, perplexity 19.01", or "reward 0.871". */
static void print_loss(const struct train_task_ops *ops, double loss)
{
    char perplexity[APP_NUMBER_SIZE];

    if (ops->rewarded) {
        fprintf(stderr, "reward %.3f", -loss);
        return;
    }
    fprintf(stderr, "loss %.3f", loss);
    if (ops->errors)
        return;
    app_number_text(exp(loss), 2, perplexity);
    fprintf(stderr, ", perplexity %s", perplexity);
}

void train_report_step(struct app_status *status, const struct train_task *task,
                       const struct train_progress *p)
{
    const double seconds = app_status_seconds(status);
    const double steps = (double)((p->epochs - p->epoch) * p->steps - p->step);
    char left[32];

    if (!app_status_due(status))
        return;
    app_duration_text(steps * seconds / (double)p->run_steps, left, sizeof left);
    fprintf(stderr, "\r\033[Kepoch %zu of %zu, step %zu of %zu: ", p->epoch + 1, p->epochs, p->step,
            p->steps);
    print_loss(task->ops, p->loss);
    fprintf(stderr, ", %.0f %s/s, %s left", (double)p->tokens / seconds, task->ops->unit, left);
}

void train_report_scoring(struct app_status *status, const char *doing, size_t done, size_t count)
{
    if (app_status_due(status))
        fprintf(stderr, "\r\033[Kdev: %s %zu of %zu", doing, done, count);
}

/* "; dev: perplexity 9.59, BLEU-4 20.0" */
static void print_scores(const struct train_task_ops *ops, const float *scores)
{
    for (size_t i = 0; i < ops->score_count; i++) {
        const struct train_score_kind *kind = &ops->scores[i];
        char number[APP_NUMBER_SIZE];

        app_number_text(kind->factor * (double)scores[i], kind->decimals, number);
        fprintf(stderr, "%s%s %s%s", i == 0 ? "; dev: " : ", ", kind->name, number, kind->unit);
    }
}

/* "; gradient 1.42 (most 9.81, 3 % clipped)"; nothing of an epoch that an older program trained. */
static void print_gradients(const struct train_epoch *epoch)
{
    if (!(epoch->mean_norm > 0))
        return;
    fprintf(stderr, "; gradient %.3g (most %.3g", (double)epoch->mean_norm,
            (double)epoch->largest_norm);
    if (epoch->clipped > 0)
        fprintf(stderr, ", %.3g %% clipped", 100 * (double)epoch->clipped);
    fputc(')', stderr);
}

void train_report_epoch(const struct app_status *status, const struct trainer *trainer)
{
    const struct train_task *task = trainer_task(trainer);
    size_t count;
    const struct train_epoch *epoch = trainer_history(trainer, &count);

    app_status_clear(status);
    if (count == 0) {
        fputs("start", stderr);
        print_scores(task->ops, trainer_start(trainer)->scores);
        fprintf(stderr, " [%.0f s]\n", app_status_seconds(status));
        return;
    }
    epoch += count - 1;
    fprintf(stderr, "epoch %zu: ", count);
    print_loss(task->ops, (double)epoch->loss);
    print_gradients(epoch);
    if (task->scored) {
        print_scores(task->ops, epoch->scores);
        if (trainer_best(trainer) == count - 1)
            fputs(" (best)", stderr);
    }
    fprintf(stderr, " [%.0f s]\n", app_status_seconds(status));
}

/* "dev, of the start and of epoch 3: perplexity 10.40 to 9.71, BLEU-4 18.2 to 20.0" */
static void print_gain(const struct trainer *trainer)
{
    const struct train_task_ops *ops = trainer_task(trainer)->ops;
    size_t count;
    const struct train_epoch *best = trainer_history(trainer, &count) + trainer_best(trainer);
    const struct train_epoch *start = trainer_start(trainer);

    fprintf(stderr, "dev, of the start and of epoch %zu", trainer_best(trainer) + 1);
    for (size_t i = 0; i < ops->score_count; i++) {
        const struct train_score_kind *kind = &ops->scores[i];
        char numbers[2][APP_NUMBER_SIZE];

        app_number_text(kind->factor * (double)start->scores[i], kind->decimals, numbers[0]);
        app_number_text(kind->factor * (double)best->scores[i], kind->decimals, numbers[1]);
        fprintf(stderr, "%s%s %s to %s%s", i == 0 ? ": " : ", ", kind->name, numbers[0], numbers[1],
                kind->unit);
    }
    fputc('\n', stderr);
}

static bool is_worse(const struct train_score_kind *kind, float before, float after)
{
    return kind->panel != TRAIN_NOT_DRAWN && (kind->falls ? after > before : after < before);
}

/* A person who sees only that a training ended would use a model that may be the worse one. */
static void warn_of_losses(const struct trainer *trainer)
{
    const struct train_task_ops *ops = trainer_task(trainer)->ops;
    size_t count;
    const struct train_epoch *best = trainer_history(trainer, &count) + trainer_best(trainer);
    const struct train_epoch *start = trainer_start(trainer);
    char names[128] = "";
    size_t used = 0;

    for (size_t i = 0; i < ops->score_count; i++)
        if (is_worse(&ops->scores[i], start->scores[i], best->scores[i]) && used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     used > 0 ? ", " : "", ops->scores[i].name);
    if (used > 0)
        app_warn("by %s the start is the better one on this dev set: compare both on other data "
                 "before you use the new one",
                 names);
}

void train_report_end(const struct trainer *trainer, const char *model, const char *curve)
{
    if (trainer_stopped_early(trainer))
        fputs("stopped: the dev score no longer grows\n", stderr);
    if (trainer_start(trainer)) {
        print_gain(trainer);
        warn_of_losses(trainer);
    }
    app_say("%s: the model of epoch %zu; %s: the curve", model, trainer_best(trainer) + 1, curve);
}
