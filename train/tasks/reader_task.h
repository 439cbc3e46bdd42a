/* SPDX-License-Identifier: MIT */
/*
 * The training of nets that read a text and give one answer: its label (classify), or the word that
 * was taken out of it (cloze), a new one each time in training, and in the dev set always the same.
 */
#ifndef TRAIN_READER_TASK_H
#define TRAIN_READER_TASK_H

#include "base/progress.h"
#include "models/text_reader.h"
#include "train/tasks/text_task.h"
#include "vocab/text_column.h"

/* Texts and their answers; labels is NULL for cloze. */
struct reader_texts {
    const struct text_column *texts, *labels;
};

/* train and dev (its texts may be none: no score) are borrowed for the task's life; the options'
 * targets are the labels (NULL for cloze).  The caller destroys the task.  Errors: TN_NOTFOUND when
 * no text can be used, TN_NOMEM. */
TN_NODISCARD enum tn_status reader_task_create(const struct text_task_options *options,
                                               const struct reader_texts *train,
                                               const struct reader_texts *dev,
                                               struct train_task **ret_task, struct tn_error *err);

/* top1 and top5 are shares of `count` texts.  A text whose label the net has not learnt is one of
 * them, and wrong; it has no part in the perplexity.  A text that asks nothing is left out: it has
 * no token, or (cloze) none that the vocabulary knows, or only one. */
struct reader_scores {
    double perplexity, top1, top5;
    size_t count, unknown /* labels, of count */, left_out;
};
/* Measures a reader.  confusion [classes][classes] (answer given, in the row of the right one) or
 * NULL; progress may be NULL, too.  Errors: TN_NOTFOUND when no text can be measured, TN_NOMEM,
 * TN_CANCELLED. */
TN_NODISCARD enum tn_status reader_measure(const struct reader *reader, const float *theta,
                                           const struct reader_texts *data, struct tn_pool *pool,
                                           const struct tn_progress *progress,
                                           struct reader_scores *ret_scores, size_t *confusion,
                                           struct tn_error *err);

#endif
