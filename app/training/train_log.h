/* SPDX-License-Identifier: MIT */
/*
 * A training's log: the numbers of its curve and more, for programs, as CSV or JSON Lines by the
 * file's name.  docs/training.md describes the fields.
 *
 * A row is written at once and whole.  A run that goes on from a checkpoint cuts off the rows of
 * what it does again, so that no step has two.
 */
#ifndef APP_TRAIN_LOG_H
#define APP_TRAIN_LOG_H

#include "train/trainer.h"

struct train_log;

/* Whether the name is that of a log: .csv or .jsonl. */
bool train_log_is_name(const char *path);

/* How to treat a log that is there. */
enum train_log_old {
    TRAIN_LOG_GOES_ON, /* as far as the trainer has come */
    TRAIN_LOG_BEGINS,  /* it is replaced if no epoch is in it, and is otherwise an error */
    TRAIN_LOG_REPLACED,
};

/* A row each so many steps, one per epoch, and one for the start.  Errors: TN_FORMAT for a file
 * that is no log of such a training; TN_RANGE for one whose checkpoint is gone; TN_IO, TN_NOMEM. */
TN_NODISCARD enum tn_status train_log_open(const char *path, size_t every, enum train_log_old old,
                                           const struct trainer *trainer,
                                           struct train_log **ret_log, struct tn_error *err);
/* A row that cannot be written is left out; false: it is the first one. */
bool train_log_step(struct train_log *log, const struct train_progress *progress);
bool train_log_epoch(struct train_log *log, const struct trainer *trainer);
/* NULL is fine. */
void train_log_destroy(struct train_log *log);

#endif
