/* SPDX-License-Identifier: MIT */
#include "models/decoder_score.h"

#include "models/decoder_step.h"
#include "tensor/pointwise.h"
#include "vocab/vocab.h"

#include <assert.h>
#include <stdlib.h>

struct decoder_score {
    struct decoder_weights weights;
    struct tn_pool *pool;
    size_t max_rows;
    struct tn_arena arena;
    struct decoder_step step;
    struct decoder_work work;
    float *logits; /* [max_rows][vocabulary] */
    int *tokens;   /* [max_rows] */
};

static void take_buffers(struct decoder_score *score)
{
    struct tn_arena *arena = &score->arena;

    score->logits = tn_arena_floats(arena, score->max_rows * score->weights.config.vocabulary);
    score->tokens = tn_arena_ints(arena, score->max_rows);
    decoder_step_init(&score->step, &score->weights, score->max_rows, 1, score->pool, arena);
    /* last, so that the scratch which it measures lies on top of all buffers */
    decoder_work_init(&score->work, &score->step, score->max_rows, score->pool, arena);
}

enum tn_status decoder_score_create(const struct decoder_weights *weights, size_t max_rows,
                                    struct tn_pool *pool, struct decoder_score **ret_score,
                                    struct tn_error *err)
{
    struct decoder_score *score = calloc(1, sizeof *score);
    enum tn_status status;

    assert(max_rows > 0);
    if (!score)
        return tn_fail_nomem(err, sizeof *score);
    score->weights = *weights;
    score->pool = pool;
    score->max_rows = max_rows;
    tn_arena_measure(&score->arena);
    take_buffers(score);
    status = tn_arena_reserve(&score->arena, err);
    if (status != TN_OK) {
        decoder_score_destroy(score);
        return status;
    }
    take_buffers(score);
    *ret_score = score;
    return TN_OK;
}

void decoder_score_destroy(struct decoder_score *score)
{
    if (!score)
        return;
    tn_arena_finish(&score->arena);
    free(score);
}

/* One word of one row, a task of the pool. */
struct scoring {
    const struct decoder_score *score;
    size_t count, t;
    int word;
    float *log_probs; /* [rows][count] */
};

static void score_row(void *context, size_t row, size_t thread)
{
    const struct scoring *s = context;
    const size_t vocabulary = s->score->weights.config.vocabulary;
    const float *logits = s->score->logits + row * vocabulary;

    (void)thread;
    s->log_probs[row * s->count + s->t] = logits[s->word] - tn_logsumexp(logits, vocabulary);
}

void decoder_score_run(struct decoder_score *score, size_t rows, const float *features,
                       const int *words, size_t count, float *log_probs)
{
    struct scoring scoring = {.score = score, .count = count, .log_probs = log_probs};

    assert(rows <= score->max_rows);
    decoder_step_reset(&score->step, rows);
    word_products_reset(&score->step.words); /* the weights may have been trained since */
    for (size_t t = 0; t < count; t++) {
        for (size_t r = 0; r < rows; r++)
            score->tokens[r] = t == 0 ? VOCAB_START : words[t - 1];
        decoder_step_run(&score->step, &score->work, rows, score->tokens, t == 0 ? features : NULL,
                         score->logits);
        scoring.t = t;
        scoring.word = words[t];
        tn_pool_run(score->pool, rows, score_row, &scoring);
    }
}
