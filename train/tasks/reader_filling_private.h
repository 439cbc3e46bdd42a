/* SPDX-License-Identifier: MIT */
/* The batches that train/tasks/reader_task.c trains and measures with. */
#ifndef TRAIN_READER_FILLING_PRIVATE_H
#define TRAIN_READER_FILLING_PRIVATE_H

#include "base/rng.h"
#include "train/tasks/reader_task.h"

/* A batch and its memory. */
struct reader_filling {
    struct reader_batch batch; /* points into the arrays */
    int *tokens, *targets;
    size_t *lengths, *places;
};

/* Memory for `size` texts of up to `longest` tokens. */
TN_NODISCARD enum tn_status reader_filling_init(struct reader_filling *f, size_t size,
                                                size_t longest, struct tn_error *err);
void reader_filling_finish(struct reader_filling *f);

/* Whether text i has a token, and a known label or a known word to take out. */
bool reader_is_usable(const struct reader_texts *data, size_t i);
/* The numbers of the usable texts; the caller frees them. */
TN_NODISCARD enum tn_status reader_list_usable(const struct reader_texts *data, size_t **ret_list,
                                               size_t *ret_count, struct tn_error *err);
/* Texts wanted[count] into the batch.  rng chooses the words that are taken out; NULL: by the
 * text's number, so that all nets are measured on the same. */
void reader_fill(struct reader_filling *f, const struct reader_texts *data, const size_t *wanted,
                 size_t count, struct tn_rng *rng);

#endif
