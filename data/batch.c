/* SPDX-License-Identifier: MIT */
#include "data/batch.h"

#include "vocab/vocab.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum tn_status data_batch_init(struct data_batch *batch, const struct data_source *source,
                               size_t size, struct tn_error *err)
{
    const size_t width = source->features->width, steps = source->max_words + 1;
    struct data_batch made = {0};

    made.features = malloc(size * width * sizeof *made.features);
    made.inputs = calloc(size * steps, sizeof *made.inputs);
    made.targets = calloc(size * steps, sizeof *made.targets);
    made.lengths = calloc(size, sizeof *made.lengths);
    if (!made.features || !made.inputs || !made.targets || !made.lengths) {
        data_batch_finish(&made);
        return tn_fail_nomem(err, size * width * sizeof *made.features);
    }
    made.batch = (struct decoder_batch){.size = size,
                                        .steps = steps,
                                        .features = made.features,
                                        .inputs = made.inputs,
                                        .targets = made.targets,
                                        .lengths = made.lengths};
    *batch = made;
    return TN_OK;
}

void data_batch_finish(struct data_batch *batch)
{
    free(batch->features);
    free(batch->inputs);
    free(batch->targets);
    free(batch->lengths);
    memset(batch, 0, sizeof *batch);
}

void data_source_view(const struct data_source *source, size_t photo, size_t view, float *z)
{
    data_features_get(source->features, source->corpus->photos[photo], view, z);
    decoder_input_apply(&source->input, z, source->features->width);
}

void data_source_features(const struct data_source *source, size_t photo, float *z)
{
    if (!source->input.mirrored) {
        data_source_view(source, photo, 0, z);
        return;
    }
    data_features_mean(source->features, source->corpus->photos[photo], z);
    decoder_input_apply(&source->input, z, source->features->width);
}

struct fill {
    struct data_batch *batch;
    const struct data_source *source;
    const size_t *captions;
    bool drawn;            /* views at random */
    uint64_t mirrored[16]; /* one bit per caption, 1024 at most */
};

static void features_task(void *context, size_t index, size_t thread)
{
    const struct fill *fill = context;
    const struct data_source *source = fill->source;
    const size_t photo = source->corpus->owners[fill->captions[index]];
    float *z = fill->batch->features + index * source->features->width;

    (void)thread;
    if (fill->drawn)
        data_source_view(source, photo, fill->mirrored[index / 64] >> (index % 64) & 1, z);
    else
        data_source_features(source, photo, z);
}

/* Column b: <start> w1 ... wn in, w1 ... wn <end> out. */
static void fill_tokens(struct data_batch *batch, const struct data_source *source, size_t caption,
                        size_t column, size_t size)
{
    const struct data_corpus *corpus = source->corpus;
    const int *ids = corpus->ids + corpus->starts[caption];
    const size_t words = corpus->starts[caption + 1] - corpus->starts[caption];
    const size_t length = words < source->max_words ? words + 1 : source->max_words;

    for (size_t t = 0; t < length; t++) {
        batch->inputs[t * size + column] = t == 0 ? VOCAB_START : ids[t - 1];
        batch->targets[t * size + column] = t < words ? ids[t] : VOCAB_END;
    }
    batch->lengths[column] = length;
    batch->tokens += length;
    if (length > batch->batch.steps)
        batch->batch.steps = length;
}

void data_batch_fill_words(struct data_batch *batch, const struct data_source *source,
                           const size_t *captions, size_t count)
{
    batch->batch.size = count;
    batch->batch.steps = 0;
    batch->tokens = 0;
    for (size_t i = 0; i < count; i++)
        fill_tokens(batch, source, captions[i], i, count);
}

void data_batch_fill(struct data_batch *batch, const struct data_source *source,
                     const size_t *captions, size_t count, struct tn_pool *pool, struct tn_rng *rng)
{
    struct fill fill = {.batch = batch, .source = source, .captions = captions, .drawn = rng};

    assert(count <= 64 * sizeof fill.mirrored / sizeof fill.mirrored[0]);
    if (rng && source->features->views == 2)
        for (size_t i = 0; i < count; i += 64)
            fill.mirrored[i / 64] = tn_rng_next(rng);
    data_batch_fill_words(batch, source, captions, count);
    tn_pool_run(pool, count, features_task, &fill);
}
