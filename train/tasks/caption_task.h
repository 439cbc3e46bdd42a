/* SPDX-License-Identifier: MIT */
/*
 * The trainings of captions: by the words that people wrote (here), by reward (reward.h), and of
 * the encoder too (finetune.h).  All are scored by the captions of the dev photos.
 */
#ifndef TRAIN_CAPTION_TASK_H
#define TRAIN_CAPTION_TASK_H

#include "data/batch.h"
#include "models/file/model_file.h"
#include "models/search.h"
#include "train/task.h"

enum caption_score {
    CAPTION_PERPLEXITY,
    CAPTION_BLEU4,
    CAPTION_ROUGE_L,
    CAPTION_CIDER,
    CAPTION_DISTINCT,
    CAPTION_SCORES
};

/* Of fewer dev photos, CIDEr-D says so little that the perplexity decides which epoch is the best,
 * but for a training by reward, which raises it. */
enum { CAPTION_CIDER_PHOTOS = 200 };

/* Everything is borrowed for the task's life. */
struct caption_task_options {
    /* dev NULL, or without captions: the last epoch counts as the best. */
    const struct data_source *train, *dev;
    const struct vocab *vocab;
    struct decoder_config decoder; /* vocabulary and features are filled in by the task */
    const char *prefix;            /* of the tensors' names: "decoder.en." */
    const float *start;            /* initial values of the decoder; NULL: random */
    size_t batch;                  /* captions (words) or photos per step */
    float label_smoothing;         /* of words; a reward has none */
    size_t image_rank;             /* of W_v in the file (image_rank.h); 0: as it is */
    struct search_options search;  /* for the dev score */
    /* The model file, NULL: none is written; and what goes into it beside the decoder: base,
     * language, tokenizer, storage and trained_on are read, the rest is filled in. */
    const char *output;
    struct model_save save;
};

/* Captions in mini-batches.  The caller destroys the task.  Errors, of all three: TN_NOTFOUND
 * without a caption to train on, TN_NOMEM, those of decoder_create and image_rank_check. */
TN_NODISCARD enum tn_status words_task_create(const struct caption_task_options *options,
                                              struct train_task **ret_task, struct tn_error *err);

#endif
