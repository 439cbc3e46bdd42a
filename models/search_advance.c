/* SPDX-License-Identifier: MIT */
/* At the end of a step of a search: what has ended, and what goes on. */
#include "models/search_private.h"

#include "vocab/vocab.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static void copy_hypothesis(struct hypothesis *to, const struct hypothesis *from,
                            const struct extension *e)
{
    memcpy(to->words, from->words, from->count * sizeof *to->words);
    memcpy(to->log_probs, from->log_probs, from->count * sizeof *to->log_probs);
    to->log_probs[from->count] = e->log_prob;
    to->count = from->count;
    to->log_prob = e->total;
    to->worth = e->worth;
    to->rng = e->rng;
    if (e->word != VOCAB_END)
        to->words[to->count++] = e->word;
}

/* What orders the results. */
static double score_of(const struct search *search, double log_prob, double worth, size_t tokens)
{
    const struct search_guide *guide = search->options.guide;
    const double score = log_prob / pow((double)tokens, (double)search->options.length_exponent);

    return guide ? worth + guide->likelihood * score : score;
}

/* Puts an ended hypothesis among the best `beam` of its image, if it belongs there. */
static void finish(const struct search *search, struct beam *beam, const struct extension *e)
{
    const struct hypothesis *from = &search->live[e->row];
    const double score = score_of(search, e->total, e->worth.worth, from->count + 1);
    const bool full = beam->finished == search->options.beam;
    size_t i = full ? beam->finished - 1 : beam->finished;
    struct hypothesis slot = beam->ended[i];

    if (full && !(score > slot.score))
        return;
    for (; i > 0 && beam->ended[i - 1].score < score; i--)
        beam->ended[i] = beam->ended[i - 1];
    copy_hypothesis(&slot, from, e);
    slot.score = score;
    beam->ended[i] = slot;
    beam->finished += !full;
}

/* Adds a live row to the next step. */
static void go_on(struct search *search, const struct beam *beam, const struct extension *e,
                  size_t *rows)
{
    copy_hypothesis(&search->next[*rows], &search->live[e->row], e);
    search->parents[*rows] = (int)e->row;
    search->tokens[*rows] = e->word;
    search->texts[*rows] = (int)(beam - search->beams);
    (*rows)++;
}

/* Whether nothing that goes on can be expected to enter the results: they are full, and none of the
 * next rows would even if it ended now for nothing (a greedy search just ends). */
static bool is_done(const struct search *search, const struct beam *beam, size_t first, size_t rows)
{
    bool done = beam->finished == search->options.beam;

    for (size_t row = first; done && search->options.beam > 1 && row < rows; row++) {
        const struct hypothesis *h = &search->next[row];

        done = score_of(search, h->log_prob, h->worth.worth, h->count + 1) <=
               beam->ended[beam->finished - 1].score;
    }
    return done;
}

/* One image's step: the first `beam` extensions end or go on. */
static void advance_beam(struct search *search, struct beam *beam, size_t *rows)
{
    const size_t first = *rows;

    for (size_t i = 0; i < beam->count && *rows - first < search->options.beam; i++) {
        const struct extension *e = &beam->extensions[i];

        if (e->word != VOCAB_END)
            go_on(search, beam, e, rows);
        else if (i < search->options.beam)
            finish(search, beam, e);
    }
    if (!search->options.sample && is_done(search, beam, first, *rows))
        *rows = first;
    beam->first = first;
    beam->live = *rows - first;
}

void search_advance(struct search *search)
{
    struct hypothesis *swap = search->live;
    size_t rows = 0;

    for (size_t i = 0; i < search->images; i++)
        if (search->beams[i].live > 0)
            advance_beam(search, &search->beams[i], &rows);
    search->live = search->next;
    search->next = swap;
    search->rows = rows;
}
