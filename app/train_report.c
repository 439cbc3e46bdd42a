/* SPDX-License-Identifier: MIT */
/* What `caption train` prints: a progress line on a terminal, and a line an epoch anywhere. */
#include "app/train_run.h"

#include <math.h>
#include <stdio.h>

void train_report_data(const struct train_report *report, const struct train_source *train,
                       const struct train_source *dev, const struct vocab *vocab)
{
    if (report->quiet)
        return;
    fprintf(stderr, "train: %zu photos, %zu captions; dev: %zu photos; vocabulary: %zu words\n",
            train->corpus->photo_count, train->corpus->caption_count, dev->corpus->photo_count,
            vocab_count(vocab) - VOCAB_FIRST_WORD);
}

void train_report_step(struct train_report *report, const struct train_progress *p)
{
    const double seconds = app_status_seconds(&report->status);
    const double steps = (double)((p->epochs - p->epoch) * p->steps - p->step);
    char left[32];

    if (report->quiet || !app_status_due(&report->status))
        return;
    app_duration_text(steps * seconds / (double)p->run_steps, left, sizeof left);
    fprintf(stderr,
            "\r\033[Kepoch %zu of %zu, step %zu of %zu: loss %.3f, perplexity %.2f, %.0f words/s, "
            "%s left",
            p->epoch + 1, p->epochs, p->step, p->steps, p->loss, exp(p->loss),
            (double)p->words / seconds, left);
}

void train_report_epoch(const struct train_report *report, const struct trainer *trainer)
{
    size_t count;
    const struct train_epoch *epoch = trainer_history(trainer, &count);

    if (report->quiet)
        return;
    epoch += count - 1;
    app_status_clear(&report->status);
    fprintf(stderr, "epoch %zu: loss %.3f, perplexity %.2f", count, (double)epoch->loss,
            (double)epoch->perplexity);
    if (report->scored)
        fprintf(stderr,
                "; dev: perplexity %.2f, BLEU-4 %.1f, ROUGE-L %.1f, CIDEr %.3f, distinct %.0f %%%s",
                (double)epoch->dev_perplexity, 100 * (double)epoch->bleu4,
                100 * (double)epoch->rouge_l, (double)epoch->cider, 100 * (double)epoch->distinct,
                trainer_best(trainer) == count - 1 ? " (best)" : "");
    fprintf(stderr, " [%.0f s]\n", app_status_seconds(&report->status));
}

void train_report_end(const struct train_report *report, const struct trainer *trainer,
                      const char *model, const char *curve)
{
    if (report->quiet)
        return;
    if (trainer_stopped_early(trainer))
        fputs("stopped: the dev score no longer grows\n", stderr);
    fprintf(stderr, "%s: the model of epoch %zu; %s: the curve\n", model,
            trainer_best(trainer) + 1, curve);
}
