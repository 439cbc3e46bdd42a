/* SPDX-License-Identifier: MIT */
#include "models/language_model.h"

#include "tensor/pointwise.h"

#include <math.h>
#include <string.h>

struct decoder_config language_model_decoder(const struct text_config *config, size_t vocabulary)
{
    return (struct decoder_config){.cell = config->cell,
                                   .layers = config->layers,
                                   .embedding = config->embedding,
                                   .hidden = config->hidden,
                                   .vocabulary = vocabulary};
}

/* The buffers of a model; on a measuring arena the scratch of a step, too. */
static void plan(struct language_model *lm, struct tn_pool *pool)
{
    decoder_step_init(&lm->step, &lm->weights, 1, pool, &lm->arena);
    lm->logits = tn_arena_floats(&lm->arena, lm->weights.config.vocabulary);
}

static enum tn_status build(struct language_model *lm, struct tn_pool *pool, struct tn_error *err)
{
    const struct decoder_config config =
        language_model_decoder(&lm->model.config, vocab_count(lm->model.vocab));

    TN_TRY(decoder_weights_from_file(lm->model.file, TEXT_PREFIX, &config, &lm->weights, err));
    tn_arena_measure(&lm->arena);
    plan(lm, pool);
    TN_TRY(tn_arena_reserve(&lm->arena, err));
    plan(lm, pool);
    decoder_step_reset(&lm->step, 1);
    return TN_OK;
}

/* Where a text begins, a line does: that is the token that a model knows before any other. */
static int first_token(const struct language_model *lm)
{
    const int newline = vocab_id(lm->model.vocab, "\n", 1);

    return newline == VOCAB_UNKNOWN ? VOCAB_START : newline;
}

enum tn_status language_model_load(struct language_model *lm, const char *path,
                                   struct tn_pool *pool, struct tn_error *err)
{
    enum tn_status status;

    memset(lm, 0, sizeof *lm);
    TN_TRY(text_model_load(&lm->model, path, TEXT_LM, err));
    status = build(lm, pool, err);
    if (status == TN_OK)
        language_model_feed(lm, first_token(lm));
    else
        language_model_finish(lm);
    return status;
}

void language_model_finish(struct language_model *lm)
{
    tn_arena_finish(&lm->arena);
    text_model_finish(&lm->model);
}

void language_model_feed(struct language_model *lm, int token)
{
    decoder_step_run(&lm->step, 1, &token, NULL, lm->logits, &lm->arena);
    for (int id = 0; id < VOCAB_FIRST_WORD; id++)
        lm->logits[id] = -INFINITY;
}

enum tn_status language_model_read(struct language_model *lm, const char *text, size_t length,
                                   struct tn_error *err)
{
    const enum vocab_unit unit = lm->model.config.unit;
    struct vocab_cursor cursor = {.text = text, .length = length};

    TN_TRY(vocab_check_text(unit, text, length, err));
    while (vocab_next(unit, &cursor))
        language_model_feed(lm, vocab_id(lm->model.vocab, cursor.token, cursor.token_length));
    return TN_OK;
}

static enum tn_status refuse_logits(const struct language_model *lm, struct tn_error *err)
{
    return tn_fail(err, TN_RANGE, "%s: no token has a probability; are the weights numbers?",
                   tn_file_path(lm->model.file));
}

enum tn_status language_model_likeliest(const struct language_model *lm, size_t k,
                                        struct choice *choices, size_t *ret_count,
                                        struct tn_error *err)
{
    const size_t words = lm->weights.config.vocabulary;
    const float total = tn_logsumexp(lm->logits + VOCAB_FIRST_WORD, words - VOCAB_FIRST_WORD);
    const size_t count = choose_top(lm->logits, words, k, choices);

    if (count == 0 || !isfinite(total))
        return refuse_logits(lm, err);
    for (size_t i = 0; i < count; i++)
        choices[i].logit -= total;
    *ret_count = count;
    return TN_OK;
}

enum tn_status language_model_draw(const struct language_model *lm, float temperature, size_t top_k,
                                   struct choice *choices, struct tn_rng *rng, int *ret_token,
                                   struct tn_error *err)
{
    const size_t words = lm->weights.config.vocabulary;
    int token = -1;

    if (top_k > 0) {
        const size_t count = choose_top(lm->logits, words, top_k, choices);

        if (count > 0)
            token = choices[choose_random(choices, count, temperature, rng)].word;
    } else {
        token = choose_random_word(lm->logits, words, temperature, rng);
    }
    if (token < 0)
        return refuse_logits(lm, err);
    *ret_token = token;
    return TN_OK;
}
