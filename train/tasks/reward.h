/* SPDX-License-Identifier: MIT */
/*
 * Self-critical sequence training (Rennie 2017): each of the captions that the beam search finds
 * for a photo is made likelier in proportion to how much better than the others it scored.
 *
 *     dL = -sum_i (r_i - b_i) d log p(caption_i)      b_i = mean of r_j, j != i, of the same photo
 *
 * with r the caption's CIDEr-D against what people wrote about the photo.  The beam's captions in
 * the place of drawn ones (Cornia 2020) are those that will be chosen from; drawn ones, of a small
 * data set, are mostly wrong, and taught short captions that say little.  Some of V is hidden, at
 * the rate of the decoder's image_dropout.  The end token is a word of captions and references, or
 * the reward would teach captions that break off ("a man in a").
 */
#ifndef TRAIN_REWARD_H
#define TRAIN_REWARD_H

#include "train/tasks/caption_task.h"

struct reward_options {
    size_t samples;       /* captions of each photo, the width of the beam; at least 2 */
    size_t max_words;     /* of a caption that is found */
    struct tn_pool *pool; /* searches with it; borrowed for the task's life; may be NULL */
};

/* Photos in mini-batches: the loss of a step is the negative sum of the photos' mean rewards, its
 * tokens are the photos.  The caller destroys the task.  Errors: those of words_task_create, and
 * TN_RANGE for a vocabulary that metrics/cider.h cannot number or impossible sizes. */
TN_NODISCARD enum tn_status reward_task_create(const struct caption_task_options *options,
                                               const struct reward_options *reward,
                                               struct train_task **ret_task, struct tn_error *err);

#endif
