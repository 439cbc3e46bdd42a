/* SPDX-License-Identifier: MIT */
/* Small text models of random weights, for the targets that ask one. */
#ifndef FUZZ_TEXT_MODELS_H
#define FUZZ_TEXT_MODELS_H

#include "models/text_model.h"

/* Such a net: a GRU of a few units, in both directions but for a language model. */
struct text_config fuzz_text_config(enum text_task task, enum vocab_unit unit);
/* Weights between -1 and 1, always the same; the caller frees them. */
float *fuzz_text_theta(const struct tn_layout *layout);

/* The file of a model that reads by the unit, made when it is first asked for.  Labels are pets and
 * ships; translations are characters, of which none is a newline. */
const char *fuzz_text_model(enum text_task task, enum vocab_unit unit);

#endif
