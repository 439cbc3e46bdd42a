/* SPDX-License-Identifier: MIT */
/* What a training prints: a progress line on a terminal, and one line per epoch anywhere. */
#ifndef APP_TRAIN_REPORT_H
#define APP_TRAIN_REPORT_H

#include "app/training/training.h"
#include "train/trainer.h"

void train_report_step(struct app_status *status, const struct train_task *task,
                       const struct train_progress *progress);
void train_report_scoring(struct app_status *status, const char *doing, size_t done, size_t count);
void train_report_epoch(const struct app_status *status, const struct trainer *trainer);
void train_report_end(const struct trainer *trainer, const char *model, const char *curve);

#endif
