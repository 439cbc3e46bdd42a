/* SPDX-License-Identifier: MIT */
/* Translations of texts, some of them side by side. */
#include "models/attention_step.h"
#include "models/reader_rows.h"
#include "models/translator.h"
#include "vocab/vocab.h"

#include <stdlib.h>
#include <string.h>

enum { TOGETHER = 64 };

/* A run of translate_texts with all that it holds. */
struct translation {
    const struct translator *translator;
    const struct text_column *sources;
    struct tn_pool *pool;
    struct reader_rows encoder;
    struct tn_arena rows; /* the decoder's weights as int8 rows */
    struct decoder_weights weights;
    struct search *search;
    struct tn_arena arena; /* of the encoder, and of what attention looks at */
    int *tokens;           /* [longest][TOGETHER] */
    size_t lengths[TOGETHER];
    float *both, *states; /* that the encoder leaves, and that the decoder begins with */
    struct search_hypothesis *found; /* [beam], of one text */
    struct rnn_packing packing;
    struct attention_memory memory;
    struct attention_sources looks; /* with attention */
};

/* Takes what attention looks at from the arena, where it stays; returns the encoder's outputs. */
static float *take_outputs(struct translation *r, size_t count, size_t steps)
{
    const size_t width = r->weights.config.attention_width;
    float *outputs;

    rnn_pack(&r->packing, count, steps, r->lengths, &r->arena);
    outputs = tn_arena_floats(&r->arena, r->packing.total * width);
    r->memory = (struct attention_memory){.packing = &r->packing, .values = outputs, .ld = width};
    return outputs;
}

static void encode_sources(struct translation *r, size_t count, size_t steps, size_t beam)
{
    const struct reader_batch batch = {
        .size = count, .steps = steps, .tokens = r->tokens, .lengths = r->lengths};
    const bool attends = r->weights.config.attention != ATTENTION_NONE;
    float *outputs = NULL;

    tn_arena_release(&r->arena, 0);
    if (attends)
        outputs = take_outputs(r, count, steps);
    reader_rows_read(&r->encoder, r->pool, &batch, NULL, r->both, outputs, &r->arena);
    if (attends)
        attention_read(&r->looks, &r->weights, &r->memory, TOGETHER * beam, r->pool, &r->arena);
}

static enum tn_status load_weights(struct translation *r, const float *theta, struct tn_error *err)
{
    struct decoder_weights measured;

    TN_TRY(reader_rows_init(&r->encoder, &r->translator->encoder, theta, err));
    TN_TRY(translator_weights(r->translator, theta, &r->weights, err));
    measured = r->weights;
    tn_arena_measure(&r->rows);
    decoder_weights_to_int8(&measured, &r->rows);
    TN_TRY(tn_arena_reserve(&r->rows, err));
    decoder_weights_to_int8(&r->weights, &r->rows);
    return TN_OK;
}

static enum tn_status prepare_translation(struct translation *r, const float *theta,
                                          const struct search_options *options,
                                          struct tn_error *err)
{
    const struct search_limits limits = {TOGETHER, options->beam, options->max_words};
    const size_t floats = decoder_state_floats(r->translator->decoder, TOGETHER);
    const size_t longest = r->sources->longest;

    r->tokens = calloc(longest * TOGETHER + 1, sizeof *r->tokens);
    r->both = calloc(floats, sizeof *r->both);
    r->states = calloc(floats, sizeof *r->states);
    r->found = calloc(options->beam + 1, sizeof *r->found);
    if (!r->tokens || !r->both || !r->states || !r->found)
        return tn_fail_nomem(err, floats * sizeof *r->states);
    TN_TRY(load_weights(r, theta, err));
    TN_TRY(search_create(&r->weights, &limits, r->pool, &r->search, err));
    tn_arena_measure(&r->arena);
    encode_sources(r, TOGETHER, longest, options->beam);
    return tn_arena_reserve(&r->arena, err);
}

static void translation_finish(struct translation *r)
{
    search_destroy(r->search);
    reader_rows_finish(&r->encoder);
    tn_arena_finish(&r->rows);
    tn_arena_finish(&r->arena);
    free(r->tokens);
    free(r->both);
    free(r->states);
    free(r->found);
}

/* The next texts that have a token, from *at on; returns how many. */
static size_t next_texts(const struct text_column *sources, size_t *at, size_t texts[TOGETHER])
{
    size_t count = 0;

    for (; *at < sources->count && count < TOGETHER; ++*at)
        if (text_column_length(sources, *at) > 0)
            texts[count++] = *at;
    return count;
}

static void take_found(const struct translation *r, size_t i, size_t text, translate_take_fn *take,
                       void *context)
{
    const size_t count = search_result_count(r->search, i);

    for (size_t rank = 0; rank < count; rank++)
        r->found[rank] = search_result(r->search, i, rank);
    take(context, text, r->found, count);
}

enum tn_status translate_texts(const struct translator *translator, const float *theta,
                               const struct text_column *sources,
                               const struct search_options *options, struct tn_pool *pool,
                               translate_take_fn *take, void *context, struct tn_error *err)
{
    struct translation r = {.translator = translator, .sources = sources, .pool = pool};
    enum tn_status status = prepare_translation(&r, theta, options, err);
    size_t texts[TOGETHER], at = 0, count;

    while (status == TN_OK && (count = next_texts(sources, &at, texts)) > 0) {
        encode_sources(&r, count, text_column_fill(sources, texts, count, r.tokens, r.lengths),
                       options->beam);
        translator_join(translator, count, r.both, r.states);
        status = search_run_from(r.search, options, count, r.states, &r.looks, err);
        for (size_t i = 0; status == TN_OK && i < count; i++)
            take_found(&r, i, texts[i], take, context);
    }
    translation_finish(&r);
    return status;
}

/* ---- What a translation looked at ---- */

enum tn_status translate_weights(const struct translator *translator, const float *theta,
                                 const struct text_column *sources, size_t text, const int *words,
                                 size_t count, float *a, struct tn_error *err)
{
    const size_t length = text_column_length(sources, text), steps = count + 1;
    int *tokens = calloc(length + 2 * steps, sizeof *tokens);
    int *inputs = tokens + length, *targets = inputs + steps;
    struct tn_arena arena = {0};
    const struct tn_pass pass = {.theta = theta, .arena = &arena};
    const struct translator_batch batch = {
        .source = {.size = 1, .steps = length, .tokens = tokens, .lengths = &length},
        .target =
            {.size = 1, .steps = steps, .inputs = inputs, .targets = targets, .lengths = &steps},
        .weights = a};
    enum tn_status status;

    if (!tokens)
        return tn_fail_nomem(err, (length + 2 * steps) * sizeof *tokens);
    for (size_t i = 0; i < length; i++)
        tokens[i] = sources->ids[sources->starts[text] + i];
    inputs[0] = VOCAB_START;
    memcpy(inputs + 1, words, count * sizeof *words);
    memcpy(targets, words, count * sizeof *words);
    targets[count] = VOCAB_END;
    tn_arena_measure(&arena);
    translator_loss(translator, &pass, &batch, 0, 0);
    status = tn_arena_reserve(&arena, err);
    if (status == TN_OK)
        translator_loss(translator, &pass, &batch, 0, 0);
    tn_arena_finish(&arena);
    free(tokens);
    return status;
}
