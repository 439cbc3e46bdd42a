/* SPDX-License-Identifier: MIT */
#include "models/language_search.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void language_texts_finish(struct language_texts *texts)
{
    free(texts->tokens);
    free(texts->lengths);
    free(texts->log_probs);
    memset(texts, 0, sizeof *texts);
}

/* A text so far. */
struct hypothesis {
    double log_prob;
    size_t count;
    int row; /* of the model; ENDED: it has none */
};
enum { ENDED = -1 };

/* What a hypothesis can become: it itself, if it has ended, or longer by a token. */
struct candidate {
    double log_prob;
    size_t from;
    int token; /* ENDED: none */
};

struct beam_search {
    struct language_model *lm;
    size_t beam, length, count;
    struct hypothesis *now, *next; /* [beam] */
    int *now_tokens, *next_tokens; /* [beam][length] */
    struct candidate *candidates;  /* [beam], the most probable first */
    size_t candidate_count;
    struct choice *choices; /* [beam] */
    int *tokens, *parents;  /* [beam], of the model's next rows */
};

static void beam_search_finish(struct beam_search *s)
{
    free(s->now);
    free(s->next);
    free(s->now_tokens);
    free(s->next_tokens);
    free(s->candidates);
    free(s->choices);
    free(s->tokens);
    free(s->parents);
}

static enum tn_status beam_search_init(struct beam_search *s, struct language_model *lm,
                                       size_t beam, size_t length, struct tn_error *err)
{
    *s = (struct beam_search){.lm = lm,
                              .beam = beam,
                              .length = length,
                              .count = 1,
                              .now = calloc(beam, sizeof *s->now),
                              .next = calloc(beam, sizeof *s->next),
                              .now_tokens = calloc(beam * length, sizeof *s->now_tokens),
                              .next_tokens = calloc(beam * length, sizeof *s->next_tokens),
                              .candidates = calloc(beam, sizeof *s->candidates),
                              .choices = calloc(beam, sizeof *s->choices),
                              .tokens = calloc(beam, sizeof *s->tokens),
                              .parents = calloc(beam, sizeof *s->parents)};
    if (s->now && s->next && s->now_tokens && s->next_tokens && s->candidates && s->choices &&
        s->tokens && s->parents)
        return TN_OK;
    return tn_fail_nomem(err, 2 * beam * length * sizeof(int));
}

/* Of equals the one that came first stays ahead. */
static void add_candidate(struct beam_search *s, double log_prob, size_t from, int token)
{
    const bool full = s->candidate_count == s->beam;
    size_t i = full ? s->beam - 1 : s->candidate_count;

    if (full && !(log_prob > s->candidates[i].log_prob))
        return;
    for (; i > 0 && s->candidates[i - 1].log_prob < log_prob; i--)
        s->candidates[i] = s->candidates[i - 1];
    s->candidates[i] = (struct candidate){log_prob, from, token};
    s->candidate_count += !full;
}

/* What the hypothesis can become. */
static enum tn_status add_candidates(struct beam_search *s, size_t number, struct tn_error *err)
{
    const struct hypothesis *h = &s->now[number];
    size_t count;

    if (h->row == ENDED) {
        add_candidate(s, h->log_prob, number, ENDED);
        return TN_OK;
    }
    TN_TRY(language_model_likeliest(s->lm, (size_t)h->row, s->beam, s->choices, &count, err));
    for (size_t i = 0; i < count; i++)
        add_candidate(s, h->log_prob + (double)s->choices[i].logit, number, s->choices[i].word);
    return TN_OK;
}

/* The candidates become the hypotheses; returns how many go on, as rows of the model. */
static size_t take_candidates(struct beam_search *s)
{
    struct hypothesis *const old = s->now;
    int *const old_tokens = s->now_tokens;
    int rows = 0;

    for (size_t i = 0; i < s->candidate_count; i++) {
        const struct candidate *c = &s->candidates[i];
        const struct hypothesis *from = &s->now[c->from];
        const bool goes_on = c->token != ENDED && c->token != VOCAB_END;
        int *tokens = s->next_tokens + i * s->length;

        memcpy(tokens, s->now_tokens + c->from * s->length, from->count * sizeof *tokens);
        s->next[i] = (struct hypothesis){c->log_prob, from->count, ENDED};
        if (!goes_on)
            continue;
        tokens[s->next[i].count++] = c->token;
        s->tokens[rows] = c->token;
        s->parents[rows] = from->row;
        s->next[i].row = rows++;
    }
    s->count = s->candidate_count;
    s->now = s->next;
    s->now_tokens = s->next_tokens;
    s->next = old;
    s->next_tokens = old_tokens;
    return (size_t)rows;
}

static enum tn_status advance_search(struct beam_search *s, size_t *ret_rows, struct tn_error *err)
{
    s->candidate_count = 0;
    for (size_t i = 0; i < s->count; i++)
        TN_TRY(add_candidates(s, i, err));
    *ret_rows = take_candidates(s);
    return TN_OK;
}

static enum tn_status search_texts(struct beam_search *s, const struct tn_progress *progress,
                                   struct tn_error *err)
{
    size_t rows = 1;

    for (size_t n = 0; n < s->length && rows > 0; n++) {
        if (n > 0)
            language_model_branch(s->lm, rows, s->tokens, s->parents);
        TN_TRY(advance_search(s, &rows, err));
        if (tn_progress_stops(progress, "searched", n + 1, s->length))
            return tn_fail(err, TN_CANCELLED, "stopped");
    }
    return TN_OK;
}

/* The hypotheses, which are in order. */
static enum tn_status take_texts(struct beam_search *s, struct language_texts *ret_texts,
                                 struct tn_error *err)
{
    struct language_texts texts = {.lengths = calloc(s->count, sizeof *texts.lengths),
                                   .log_probs = calloc(s->count, sizeof *texts.log_probs),
                                   .count = s->count,
                                   .length = s->length};

    if (!texts.lengths || !texts.log_probs) {
        language_texts_finish(&texts);
        return tn_fail_nomem(err, s->count * sizeof(double));
    }
    for (size_t i = 0; i < s->count; i++) {
        texts.lengths[i] = s->now[i].count;
        texts.log_probs[i] = s->now[i].log_prob;
    }
    texts.tokens = s->now_tokens;
    s->now_tokens = NULL;
    *ret_texts = texts;
    return TN_OK;
}

enum tn_status language_model_search(struct language_model *lm, size_t beam, size_t length,
                                     const struct tn_progress *progress,
                                     struct language_texts *ret_texts, struct tn_error *err)
{
    struct beam_search s;
    enum tn_status status;

    assert(lm->texts == 1 && beam > 0 && beam <= lm->step.max_rows && length > 0);
    status = beam_search_init(&s, lm, beam, length, err);
    if (status == TN_OK)
        status = search_texts(&s, progress, err);
    if (status == TN_OK)
        status = take_texts(&s, ret_texts, err);
    beam_search_finish(&s);
    return status;
}
