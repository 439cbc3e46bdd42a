/* SPDX-License-Identifier: MIT */
/* The training of a caption decoder, and of the encoder before it: shuffled captions or photos in
 * mini-batches, scored by the captions of dev photos. */
#ifndef TRAIN_CAPTION_TASK_H
#define TRAIN_CAPTION_TASK_H

#include "models/file/model_file.h"
#include "models/search.h"
#include "data/batch.h"
#include "train/tasks/finetune.h"
#include "train/task.h"

enum caption_score {
    CAPTION_PERPLEXITY,
    CAPTION_BLEU4,
    CAPTION_ROUGE_L,
    CAPTION_CIDER,
    CAPTION_DISTINCT,
    CAPTION_SCORES
};

struct caption_task_options {
    struct decoder_config decoder; /* vocabulary and features are filled in by the task */
    const char *prefix;            /* of the tensors' names: "decoder.en." */
    size_t batch;                  /* captions a step; with samples or finetune, photos */
    float label_smoothing;
    size_t samples;      /* captions found for each photo, to train by their reward instead of by
                            people's captions (train/tasks/reward.h); 0: not */
    size_t sample_words; /* the longest of them */
    const float *start;  /* initial values of the decoder, borrowed; NULL: random */
    /* Trains the encoder too (train/tasks/finetune.h); not with samples.  NULL: V stays as it
     * is. */
    const struct finetune_options *finetune;
    struct tn_pool *pool;         /* searches with it; borrowed for the task's life */
    struct search_options search; /* for the dev score */
    /* The model file, NULL: none is written; and what goes into it beside the decoder: base,
     * language, tokenizer and storage are read, the rest is filled in. */
    const char *output;
    struct model_save save;
};

/* train and dev (NULL, or without captions: the last epoch counts as the best) and vocab are
 * borrowed for the task's life; options' texts too.  The caller destroys the task.  Errors:
 * TN_NOTFOUND without a caption to train on, TN_NOMEM, those of decoder_create. */
TN_NODISCARD enum tn_status caption_task_create(const struct caption_task_options *options,
                                                const struct train_source *train,
                                                const struct train_source *dev,
                                                const struct vocab *vocab,
                                                struct train_task **ret_task, struct tn_error *err);
void caption_task_destroy(struct train_task *task);

#endif
