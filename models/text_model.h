/* SPDX-License-Identifier: MIT */
/*
 * The file of a text model: the same safetensors file as a captioner's, of `kind` textrnn, with one
 * net for one task (docs/format.md).
 */
#ifndef MODELS_TEXT_MODEL_H
#define MODELS_TEXT_MODEL_H

#include "models/attention.h"
#include "rnn/sequence.h"
#include "tensor/layout.h"
#include "tensor/safetensors.h"
#include "vocab/units.h"
#include "vocab/vocab.h"

#include <stdbool.h>

/* The entry of the file that says in a line what the model knows. */
#define TEXT_KEY_ABOUT "text.about"

/* What the names of a text model's tensors begin with. */
#define TEXT_PREFIX "text."

enum text_task { TEXT_LM, TEXT_CLASSIFY, TEXT_CLOZE, TEXT_TRANSLATE };
/* "lm", "classify", "cloze", "translate", NULL */
extern const char *const text_task_names[];

struct text_config {
    enum text_task task;
    enum vocab_unit unit, target_unit; /* target_unit: of a translation */
    const struct rnn_cell_ops *cell;
    size_t layers, embedding, hidden;
    bool bidirectional; /* of the net that reads; a translator's encoder has hidden / 2 each way */
    bool pooled;        /* a classifier reads the mean of all steps, not the last */
    enum attention_score attention; /* of a translator */
    bool ends; /* a language model's: VOCAB_END stands behind a text, and before the next */
    bool tied; /* lm, translate: the words written have their embeddings as output weights */
    struct rnn_options options;
    /* Of the training alone; no file has them. */
    float embedding_deviation; /* at the start: word_net_init_embedding */
};

struct text_model {
    struct tn_file *file; /* owned */
    struct text_config config;
    struct vocab *vocab;   /* owned; of what is read */
    struct vocab *targets; /* owned; the labels, or the words of the translation; else NULL */
};

/* Opens and checks a model file; the caller finishes it after success.  Errors say in one line what
 * the file is when it is no text model; `task` (TEXT_LM ...) or -1 for any: another is TN_NOTFOUND.
 */
TN_NODISCARD enum tn_status text_model_load(struct text_model *model, const char *path, int task,
                                            struct tn_error *err);
void text_model_finish(struct text_model *model);
/* What somebody wrote that the model knows (text_model_pack); "" where nobody did.  Borrowed. */
const char *text_model_about(const struct text_model *model);

/* Whether what such a model answers can stand in a line: of labels, missing words and translations
 * none has a control character, unless they are bytes.  Errors: TN_FORMAT. */
TN_NODISCARD enum tn_status text_model_check_answers(const struct text_config *config,
                                                     const struct vocab *vocab,
                                                     const struct vocab *targets,
                                                     struct tn_error *err);

struct text_save {
    const struct text_config *config;
    const struct vocab *vocab, *targets; /* targets may be NULL */
    const struct tn_layout *layout;
    const float *theta;
    const char *training, *scores; /* for people; scores may be NULL */
};

/* Writes the model file atomically; weights are F32. */
TN_NODISCARD enum tn_status text_model_save(const char *path, const struct text_save *save,
                                            struct tn_error *err);

#endif
