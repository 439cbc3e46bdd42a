/* SPDX-License-Identifier: MIT */
/* Mini-batches of (V, caption) pairs in the layout that models/decoder.h wants. */
#ifndef DATA_BATCH_H
#define DATA_BATCH_H

#include "data/corpus.h"
#include "data/photo_features.h"
#include "models/decoder.h"
#include "models/decoder_input.h"

/* Where the pairs come from; borrowed by everything that is given it. */
struct data_source {
    const struct data_corpus *corpus;
    const struct data_features *features; /* rows for all photos of the dataset */
    struct decoder_input input;           /* what of V enters the decoder */
    size_t max_words; /* longer captions are cut, and then do not end in the end token */
};

/* Buffers for batches of up to `size` captions. */
struct data_batch {
    struct decoder_batch batch; /* points into the buffers below */
    float *features;
    int *inputs, *targets;
    size_t *lengths;
    size_t tokens; /* targets in the batch */
};

TN_NODISCARD enum tn_status data_batch_init(struct data_batch *batch,
                                            const struct data_source *source, size_t size,
                                            struct tn_error *err);
void data_batch_finish(struct data_batch *batch);
/* z of one view of a photo of the source's corpus. */
void data_source_view(const struct data_source *source, size_t photo, size_t view, float *z);
/* z of a photo of the source's corpus as a caption is written from it: of the mean over the views
 * where the decoder wants it, else of the first. */
void data_source_features(const struct data_source *source, size_t photo, float *z);
/* Fills the batch with captions[count], the views chosen by rng; NULL: data_source_features. */
void data_batch_fill(struct data_batch *batch, const struct data_source *source,
                     const size_t *captions, size_t count, struct tn_pool *pool,
                     struct tn_rng *rng);
/* All of that but the features, which the caller puts into batch->features. */
void data_batch_fill_words(struct data_batch *batch, const struct data_source *source,
                           const size_t *captions, size_t count);

#endif
