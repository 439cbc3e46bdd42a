/* SPDX-License-Identifier: MIT */
/*
 * Self-critical sequence training (Rennie 2017): each of the captions that the beam search finds
 * for a photo is made likelier by as much as it scored better than the others.
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

#include "data/batch.h"
#include "train/task.h"

struct reward_options {
    size_t photos;    /* a step */
    size_t samples;   /* captions of each, the width of the beam; at least 2 */
    size_t max_words; /* of a caption that is found */
};

struct reward;

/* decoder and source are borrowed for the reward's life; prefix, of the decoder's tensors, for the
 * call.  The caller destroys it.  Errors: TN_NOMEM, TN_RANGE for a vocabulary that metrics/cider.h
 * cannot number or impossible sizes. */
TN_NODISCARD enum tn_status reward_create(const struct reward_options *options,
                                          const struct decoder *decoder, const char *prefix,
                                          const struct train_source *source, struct tn_pool *pool,
                                          struct reward **ret_reward, struct tn_error *err);
void reward_destroy(struct reward *reward);

size_t reward_steps(const struct reward *reward); /* in an epoch */
/* As the functions of struct train_task_ops.  The loss of a step is the negative sum of the
 * photos' mean rewards, its tokens are the photos. */
void reward_measure(struct reward *reward, const struct tn_pass *pass);
void reward_begin_epoch(struct reward *reward, struct tn_rng *rng);
double reward_step(struct reward *reward, const struct tn_pass *pass, size_t number,
                   size_t *ret_photos);

#endif
