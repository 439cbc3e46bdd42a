/* SPDX-License-Identifier: MIT */
/* Within a step of a search: each row ranks its words, each image chooses among its rows' words. */
#include "models/search_private.h"

#include "tensor/pointwise.h"
#include "vocab/vocab.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* ---- What a row may choose ---- */

/* A word that would end a run of words equal to the run before it is forbidden, as is what is no
 * word. */
static void forbid(const struct search *search, const struct hypothesis *h, float *logits)
{
    const size_t n = h->count; /* words so far; the next would be words[n] */

    logits[VOCAB_PAD] = logits[VOCAB_START] = logits[VOCAB_UNKNOWN] = -INFINITY;
    if (n < search->options.min_words)
        logits[VOCAB_END] = -INFINITY;
    if (!search->options.block_repeats)
        return;
    for (size_t run = 1; 2 * run <= n + 1; run++)
        if (memcmp(h->words + n - (run - 1), h->words + n - (2 * run - 1),
                   (run - 1) * sizeof *h->words) == 0)
            logits[h->words[n - run]] = -INFINITY;
}

void search_rank_row(void *context, size_t row, size_t thread)
{
    const struct search *search = context;
    const size_t vocabulary = search->weights.config.vocabulary;
    float *logits = search->logits + row * vocabulary;
    struct choice *choices = search->choices + row * search->choices_a_row;
    size_t wanted = 2 * search->options.beam;

    (void)thread;
    search->log_sums[row] = (double)tn_logsumexp(logits, vocabulary);
    if (search->t == search->options.max_words) {
        choices[0] = (struct choice){logits[VOCAB_END], VOCAB_END};
        search->choice_counts[row] = 1;
        return;
    }
    forbid(search, &search->live[row], logits);
    if (search->options.sample)
        wanted = search->options.top_k;
    search->choice_counts[row] = wanted > 0 ? choose_top(logits, vocabulary, wanted, choices) : 0;
}

/* ---- What an image chooses ---- */

static struct extension extend(const struct search *search, size_t row, struct choice choice)
{
    const double log_prob = (double)choice.logit - search->log_sums[row];

    return (struct extension){row, choice.word, (float)log_prob,
                              search->live[row].log_prob + log_prob};
}

/* The 2 * beam best extensions of the image's rows, best first; ties go to the row and the word
 * that come first.  Twice the beam, so that beam of them go on even if all others end. */
static size_t best_extensions(const struct search *search, const struct beam *beam)
{
    const size_t wanted = 2 * search->options.beam;
    struct extension *best = search->extensions;
    size_t count = 0;

    for (size_t row = beam->first; row < beam->first + beam->live; row++) {
        for (size_t c = 0; c < search->choice_counts[row]; c++) {
            const struct extension e =
                extend(search, row, search->choices[row * search->choices_a_row + c]);
            size_t i = count < wanted ? count : wanted - 1;

            if (!isfinite(e.log_prob) || (count == wanted && e.total <= best[wanted - 1].total))
                break;
            for (; i > 0 && best[i - 1].total < e.total; i--)
                best[i] = best[i - 1];
            best[i] = e;
            count += count < wanted;
        }
    }
    return count;
}

static void copy_hypothesis(struct hypothesis *to, const struct hypothesis *from,
                            const struct extension *e)
{
    memcpy(to->words, from->words, from->count * sizeof *to->words);
    memcpy(to->log_probs, from->log_probs, from->count * sizeof *to->log_probs);
    to->log_probs[from->count] = e->log_prob;
    to->count = from->count;
    to->log_prob = e->total;
    to->rng = from->rng;
    if (e->word != VOCAB_END)
        to->words[to->count++] = e->word;
}

static double normalised(const struct search *search, double log_prob, size_t tokens)
{
    return log_prob / pow((double)tokens, (double)search->options.length_exponent);
}

/* Puts an ended hypothesis among the best `beam` of its image, if it belongs there. */
static void finish(const struct search *search, struct beam *beam, const struct extension *e)
{
    const struct hypothesis *from = &search->live[e->row];
    const double score = normalised(search, e->total, from->count + 1);
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
static void go_on(struct search *search, const struct extension *e, size_t *rows)
{
    copy_hypothesis(&search->next[*rows], &search->live[e->row], e);
    search->parents[*rows] = e->row;
    search->tokens[*rows] = e->word;
    (*rows)++;
}

/* Whether nothing that goes on can be expected to enter the results: they are full, and the best
 * live row would not even if it ended now for nothing (a greedy search just ends). */
static bool is_done(const struct search *search, const struct beam *beam, double best_live,
                    size_t tokens)
{
    if (beam->finished < search->options.beam)
        return false;
    return search->options.beam == 1 ||
           normalised(search, best_live, tokens + 1) <= beam->ended[beam->finished - 1].score;
}

/* One image's beam step: the first `beam` extensions end or go on. */
static void advance_beam(struct search *search, struct beam *beam, size_t *rows)
{
    const size_t count = best_extensions(search, beam), first = *rows;

    for (size_t i = 0; i < count && *rows - first < search->options.beam; i++) {
        const struct extension *e = &search->extensions[i];

        if (e->word != VOCAB_END)
            go_on(search, e, rows);
        else if (i < search->options.beam)
            finish(search, beam, e);
    }
    if (*rows > first && is_done(search, beam, search->next[first].log_prob, search->t + 1))
        *rows = first;
    beam->first = first;
    beam->live = *rows - first;
}

static bool draw(const struct search *search, size_t row, struct tn_rng *rng,
                 struct extension *ret_extension)
{
    const struct choice *choices = search->choices + row * search->choices_a_row;
    const size_t count = search->choice_counts[row], vocabulary = search->weights.config.vocabulary;
    const float *logits = search->logits + row * vocabulary;
    const float temperature = search->options.temperature;

    if (count > 0) {
        *ret_extension =
            extend(search, row, choices[choose_random(choices, count, temperature, rng)]);
    } else {
        const int word = choose_random_word(logits, vocabulary, temperature, rng);

        if (word < 0)
            return false;
        *ret_extension = extend(search, row, (struct choice){logits[word], word});
    }
    return isfinite(ret_extension->log_prob);
}

/* One image's sampling step: every row draws its next word; at the first step the one row is drawn
 * from `beam` times, each with a generator of its own. */
static void advance_samples(struct search *search, size_t image, size_t *rows)
{
    const struct search_options *options = &search->options;
    struct beam *beam = &search->beams[image];
    const size_t first = *rows, draws = search->t == 0 ? search->options.beam : beam->live;

    for (size_t i = 0; i < draws; i++) {
        const size_t row = search->t == 0 ? beam->first : beam->first + i;
        struct hypothesis *from = &search->live[row];
        struct extension e;

        if (search->t == 0)
            tn_rng_init(&from->rng, options->seed + 0x9E3779B97F4A7C15U * i);
        if (!draw(search, row, &from->rng, &e))
            continue;
        if (e.word == VOCAB_END)
            finish(search, beam, &e);
        else
            go_on(search, &e, rows);
    }
    beam->first = first;
    beam->live = *rows - first;
}

void search_advance(struct search *search)
{
    struct hypothesis *swap = search->live;
    size_t rows = 0;

    for (size_t i = 0; i < search->images; i++) {
        if (search->beams[i].live == 0)
            continue;
        if (search->options.sample)
            advance_samples(search, i, &rows);
        else
            advance_beam(search, &search->beams[i], &rows);
    }
    search->live = search->next;
    search->next = swap;
    search->rows = rows;
    decoder_step_gather(&search->step, rows, search->parents);
}
