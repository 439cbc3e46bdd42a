/* SPDX-License-Identifier: MIT */
#include "models/language_model.h"

#include "tensor/pointwise.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct decoder_config language_model_decoder(const struct text_config *config, size_t vocabulary)
{
    return (struct decoder_config){.cell = config->cell,
                                   .layers = config->layers,
                                   .embedding = config->embedding,
                                   .hidden = config->hidden,
                                   .vocabulary = vocabulary,
                                   .embedding_deviation = config->embedding_deviation,
                                   .tied = config->tied,
                                   .options = config->options};
}

/* The buffers of a model; on a measuring arena the scratch of a step, too. */
static void plan(struct language_model *lm, const struct decoder_weights *stored,
                 const struct language_model_use *use)
{
    struct tn_arena *arena = &lm->arena;
    const size_t words = stored->config.vocabulary;

    lm->weights = *stored;
    if (!use->exact)
        decoder_weights_to_int8(&lm->weights, arena);
    lm->logits = tn_arena_floats(arena, use->texts * words);
    lm->weight = tn_arena_floats(arena, words);
    lm->choices = tn_arena_alloc(arena, words, sizeof *lm->choices);
    decoder_step_init(&lm->step, &lm->weights, use->texts, words, use->pool, arena);
    /* last, so that the scratch which it measures lies on top of all buffers */
    decoder_work_init(&lm->work, &lm->step, use->texts, use->pool, arena);
}

static enum tn_status build(struct language_model *lm, const struct language_model_use *use,
                            struct tn_error *err)
{
    const struct decoder_config config =
        language_model_decoder(&lm->model.config, vocab_count(lm->model.vocab));
    struct decoder_weights stored;

    TN_TRY(decoder_weights_from_file(lm->model.file, TEXT_PREFIX, &config, &stored, err));
    tn_arena_measure(&lm->arena);
    plan(lm, &stored, use);
    TN_TRY(tn_arena_reserve(&lm->arena, err));
    plan(lm, &stored, use);
    return TN_OK;
}

int language_model_first(const struct text_config *config, const struct vocab *vocab)
{
    const int newline = vocab_id(vocab, "\n", 1);

    if (config->ends)
        return VOCAB_END;
    return newline == VOCAB_UNKNOWN ? VOCAB_START : newline;
}

enum tn_status language_model_load(struct language_model *lm, const char *path,
                                   const struct language_model_use *use, struct tn_error *err)
{
    enum tn_status status;

    memset(lm, 0, sizeof *lm);
    TN_TRY(text_model_load(&lm->model, path, TEXT_LM, err));
    status = build(lm, use, err);
    if (status == TN_OK)
        language_model_restart(lm);
    else
        language_model_finish(lm);
    return status;
}

void language_model_finish(struct language_model *lm)
{
    tn_arena_finish(&lm->arena);
    text_model_finish(&lm->model);
}

/* The logits of a text's next token. */
static float *logits_of(const struct language_model *lm, size_t text)
{
    return lm->logits + text * lm->weights.config.vocabulary;
}

/* What is no token has no probability. */
static void mask_logits(struct language_model *lm)
{
    for (size_t i = 0; i < lm->texts; i++)
        for (int id = 0; id < VOCAB_FIRST_WORD; id++)
            if (id != VOCAB_END || !lm->model.config.ends)
                logits_of(lm, i)[id] = -INFINITY;
}

void language_model_branch(struct language_model *lm, size_t texts, const int *tokens,
                           const int *parents)
{
    const struct decoder_rows rows = {.tokens = tokens, .parents = parents, .count = texts};

    assert(texts <= lm->step.max_rows);
    decoder_step_words(&lm->step, texts, tokens, lm->work.pool, lm->work.arena);
    decoder_step_rows(&lm->step, &lm->work, &rows, lm->logits);
    decoder_step_end(&lm->step);
    lm->texts = texts;
    mask_logits(lm);
}

void language_model_feed(struct language_model *lm, const int *tokens)
{
    language_model_branch(lm, lm->texts, tokens, NULL);
}

void language_model_restart(struct language_model *lm)
{
    const int first = language_model_first(&lm->model.config, lm->model.vocab);

    lm->texts = 1;
    decoder_step_reset(&lm->step, 1);
    language_model_feed(lm, &first);
}

/* What comes next is wanted after the last token only. */
enum tn_status language_model_read(struct language_model *lm, const char *text, size_t length,
                                   struct tn_error *err)
{
    const enum vocab_unit unit = lm->model.config.unit;
    struct vocab_cursor cursor = {.text = text, .length = length};
    int ids[VOCAB_MOST_IDS], token = -1;

    assert(lm->texts == 1);
    TN_TRY(vocab_check_text(unit, text, length, err));
    while (vocab_next(unit, &cursor)) {
        const size_t count = vocab_unit_ids(unit, lm->model.vocab, &cursor, ids);

        for (size_t i = 0; i < count; i++) {
            if (token >= 0)
                decoder_step_run(&lm->step, &lm->work, 1, &token, NULL, NULL);
            token = ids[i];
        }
    }
    if (token >= 0)
        language_model_feed(lm, &token);
    return TN_OK;
}

void language_model_fork(struct language_model *lm, size_t texts)
{
    assert(lm->texts == 1 && texts <= lm->step.max_rows);
    for (size_t i = 1; i < texts; i++)
        memcpy(logits_of(lm, i), lm->logits, lm->weights.config.vocabulary * sizeof *lm->logits);
    decoder_step_fork(&lm->step, texts);
    lm->texts = texts;
}

static enum tn_status refuse_logits(const struct language_model *lm, struct tn_error *err)
{
    return tn_fail(err, TN_RANGE, "%s: no token has a probability; are the weights numbers?",
                   tn_file_path(lm->model.file));
}

enum tn_status language_model_likeliest(const struct language_model *lm, size_t text, size_t k,
                                        struct choice *choices, size_t *ret_count,
                                        struct tn_error *err)
{
    const float *logits = logits_of(lm, text);
    const size_t words = lm->weights.config.vocabulary;
    const size_t first = lm->model.config.ends ? VOCAB_END : VOCAB_FIRST_WORD;
    const float total = tn_logsumexp(logits + first, words - first);
    const size_t count = choose_top(logits, words, k, choices);

    if (count == 0 || !isfinite(total))
        return refuse_logits(lm, err);
    for (size_t i = 0; i < count; i++)
        choices[i].logit -= total;
    *ret_count = count;
    return TN_OK;
}

/* ---- Scores ---- */

/* The texts first .. first + count - 1, the longest first, so that those which go on are the first
 * rows. */
static void order_by_length(const struct text_column *texts, size_t first, size_t count,
                            size_t *order)
{
    for (size_t i = 0; i < count; i++) {
        const size_t length = text_column_length(texts, first + i);
        size_t at = i;

        for (; at > 0 && text_column_length(texts, order[at - 1]) < length; at--)
            order[at] = order[at - 1];
        order[at] = first + i;
    }
}

static enum tn_status score_rows(struct language_model *lm, const struct text_column *texts,
                                 const size_t *order, size_t rows, int *tokens, float *log_probs,
                                 struct tn_error *err)
{
    const size_t words = lm->weights.config.vocabulary;

    decoder_step_reset(&lm->step, rows);
    for (size_t i = 0; i < rows; i++)
        tokens[i] = language_model_first(&lm->model.config, lm->model.vocab);
    for (size_t t = 0;; t++) {
        while (rows > 0 && text_column_length(texts, order[rows - 1]) == t)
            rows--;
        if (rows == 0)
            return TN_OK;
        decoder_step_run(&lm->step, &lm->work, rows, tokens, NULL, lm->logits);
        for (size_t i = 0; i < rows; i++) {
            const size_t at = texts->starts[order[i]] + t;
            const float *logits = logits_of(lm, i);

            tokens[i] = texts->ids[at];
            log_probs[at] = logits[tokens[i]] - tn_logsumexp(logits, words);
            if (!isfinite(log_probs[at]))
                return refuse_logits(lm, err);
        }
    }
}

enum tn_status language_model_score(struct language_model *lm, const struct text_column *texts,
                                    float *log_probs, struct tn_error *err)
{
    const size_t most = lm->step.max_rows;
    size_t *order = calloc(most, sizeof *order);
    int *tokens = calloc(most, sizeof *tokens);
    enum tn_status status =
        order && tokens ? TN_OK : tn_fail_nomem(err, most * (sizeof *order + sizeof *tokens));

    for (size_t first = 0; status == TN_OK && first < texts->count; first += most) {
        const size_t rows = texts->count - first < most ? texts->count - first : most;

        order_by_length(texts, first, rows, order);
        status = score_rows(lm, texts, order, rows, tokens, log_probs, err);
    }
    language_model_restart(lm);
    free(order);
    free(tokens);
    return status;
}

/* ---- Draws ---- */

/* A token of all, or -1.  What is no number is never drawn. */
static int draw_token(struct language_model *lm, const float *logits, float temperature,
                      struct tn_rng *rng)
{
    const size_t words = lm->weights.config.vocabulary;
    const float largest = tn_max(logits, words);
    double sum = 0, point;
    int token = -1;

    for (size_t i = 0; i < words; i++)
        lm->weight[i] = (logits[i] - largest) / temperature;
    tn_exp(lm->weight, lm->weight, words);
    for (size_t i = 0; i < words; i++)
        sum += lm->weight[i] > 0 ? (double)lm->weight[i] : 0;
    point = sum * (double)tn_rng_uniform(rng);
    for (size_t i = 0; i < words && point >= 0; i++) {
        if (!(lm->weight[i] > 0))
            continue;
        token = (int)i;
        point -= (double)lm->weight[i];
    }
    return token;
}

enum tn_status language_model_draw(struct language_model *lm, size_t text,
                                   const struct choose_rule *rule, struct tn_rng *rng,
                                   int *ret_token, struct tn_error *err)
{
    const size_t words = lm->weights.config.vocabulary;
    const float *logits = logits_of(lm, text);
    int token = -1;

    if (choose_rule_limits(rule)) {
        const size_t count = choose_among(rule, logits, words, lm->choices);

        if (count > 0)
            token = lm->choices[choose_random(lm->choices, count, rule->temperature, rng)].word;
    } else {
        token = draw_token(lm, logits, rule->temperature, rng);
    }
    if (token < 0)
        return refuse_logits(lm, err);
    *ret_token = token;
    return TN_OK;
}
