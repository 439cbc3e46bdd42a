/* SPDX-License-Identifier: MIT */
/*
 * A text model that is trained on: its net for larger vocabularies, of which its own are the
 * beginning.  What it knows keeps its weights; models/decoder_grow.h says how a new word begins.
 */
#ifndef MODELS_TEXT_GROW_H
#define MODELS_TEXT_GROW_H

#include "models/text_model.h"
#include "vocab/text_column.h"

/* What a model grows by.  All is borrowed; ids are those of the larger vocabularies. */
struct text_growth {
    const struct vocab *vocab, *targets;      /* targets NULL: there are none */
    const struct text_column *first, *second; /* the texts that the new words are from */
};

/* The parameters of the net, as training lays them out, whatever its task.  The caller finishes the
 * layout after success.  targets may be NULL.  Errors: TN_RANGE for a shape that is none. */
TN_NODISCARD enum tn_status text_model_layout(const struct text_config *config,
                                              const struct vocab *vocab,
                                              const struct vocab *targets,
                                              struct tn_layout *ret_layout, struct tn_error *err);

/* The parameters of the model for the larger vocabularies, floats[*ret_count], which the caller
 * frees.  Errors: what reading them from the file says, TN_NOMEM. */
TN_NODISCARD enum tn_status text_model_grow(const struct text_model *model,
                                            const struct text_growth *growth, float **ret_theta,
                                            size_t *ret_count, struct tn_error *err);

#endif
