/* SPDX-License-Identifier: MIT */
/*
 * The training of nets that read a text and give one answer: its label (classify), or the word that
 * was taken out of it (cloze), a new one each time in training, and in the dev set always the same.
 */
#ifndef TRAIN_READER_TASK_H
#define TRAIN_READER_TASK_H

#include "models/captioner/choose.h"
#include "models/reader.h"
#include "models/text_model.h"
#include "train/task.h"
#include "data/text_column.h"

/* The reader of a model, behind TEXT_PREFIX. */
TN_NODISCARD enum tn_status text_reader_declare(const struct text_config *config, size_t vocabulary,
                                                size_t classes, float dropout,
                                                struct reader *reader, struct tn_layout *layout,
                                                struct tn_error *err);

/* Texts and their answers; labels is NULL for cloze. */
struct reader_texts {
    const struct text_column *texts, *labels;
};

struct reader_task_options {
    struct text_config config;
    float dropout;
    size_t batch;
    const char *output; /* the model file; NULL: none is written */
};

/* train, dev (its texts may be none: no score), vocab and labels (NULL for cloze) are borrowed for
 * the task's life, like the output's name.  The caller destroys the task.  Errors: TN_NOTFOUND when
 * no text can be used, TN_NOMEM. */
TN_NODISCARD enum tn_status
reader_task_create(const struct reader_task_options *options, const struct reader_texts *train,
                   const struct reader_texts *dev, const struct vocab *vocab,
                   const struct vocab *labels, struct train_task **ret_task, struct tn_error *err);

struct reader_scores {
    double perplexity, top1, top5; /* of the answers; shares */
    size_t count;
};
/* Measures a reader.  confusion [classes][classes] (answer given, in the row of the right one) or
 * NULL; watch may be NULL, too.  Errors: TN_NOMEM, TN_CANCELLED. */
TN_NODISCARD enum tn_status reader_measure(const struct reader *reader, const float *theta,
                                           const struct reader_texts *data, struct tn_pool *pool,
                                           const struct train_watch *watch,
                                           struct reader_scores *ret_scores, size_t *confusion,
                                           struct tn_error *err);

/* The `top` likeliest answers of each text into choices[count][top], the best first, their
 * probabilities as `logit`; a text of no token has answers of word 0.  With places (cloze) the
 * token at places[i] is taken for the gap.  Errors: TN_RANGE for a place outside of its text, and
 * for a net that gives no answer a probability; TN_NOMEM. */
TN_NODISCARD enum tn_status reader_answer(const struct reader *reader, const float *theta,
                                          const struct text_column *texts, const size_t *places,
                                          size_t top, struct choice *choices, struct tn_pool *pool,
                                          struct tn_error *err);

#endif
