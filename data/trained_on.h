/* SPDX-License-Identifier: MIT */
/* Which photos a training is on: a model keeps them (struct model_photos), so that what measures it
 * knows them again. */
#ifndef DATA_TRAINED_ON_H
#define DATA_TRAINED_ON_H

#include "data/corpus.h"
#include "data/photo_features.h"
#include "models/file/model_file.h"

/* The corpus's photos and those that were trained on before: ret_hashes[*ret_count], rising, each
 * once.  The caller frees them. */
TN_NODISCARD enum tn_status trained_on_make(const struct data_corpus *corpus,
                                            const struct data_features *features,
                                            const struct model_photos *before, int64_t **ret_hashes,
                                            size_t *ret_count, struct tn_error *err);

bool trained_on_photo(const struct model_photos *known, const struct data_features *features,
                      size_t photo);

/* Gives photos `first` to `end` - 1, those of one set, that have no split one: TRAIN to those that
 * a model was trained on, and DEV to the others.  Returns how many photos, also of those that had a
 * split, it was trained on; where there are none the photos stay as they are. */
size_t trained_on_split(const struct model_photos *known, const struct data_features *features,
                        struct data_set *dataset, size_t first, size_t end);

#endif
