/* SPDX-License-Identifier: MIT */
/* Within a step of a search: what the hypotheses of a group's images may go on with. */
#include "models/search_private.h"

#include "tensor/pointwise.h"
#include "vocab/vocab.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- What a row may choose ---- */

/* Whether the words of h end in all words of the phrase but its last. */
static bool ends_before_last(const struct hypothesis *h, const struct search_phrase *phrase)
{
    const size_t before = phrase->count - 1;

    return h->count >= before &&
           memcmp(h->words + h->count - before, phrase->words, before * sizeof *h->words) == 0;
}

/* A word that would end a run of words equal to the run before it is forbidden, as is one that
 * would end a phrase which nobody wants, and what is no word. */
static void forbid(const struct search *search, const struct hypothesis *h, float *logits)
{
    const size_t n = h->count; /* words so far; the next would be words[n] */

    logits[VOCAB_PAD] = logits[VOCAB_START] = logits[VOCAB_UNKNOWN] = -INFINITY;
    if (n < search->options.min_words)
        logits[VOCAB_END] = -INFINITY;
    for (size_t i = 0; i < search->options.forbidden_count; i++) {
        const struct search_phrase *phrase = &search->options.forbidden[i];

        if (ends_before_last(h, phrase))
            logits[phrase->words[phrase->count - 1]] = -INFINITY;
    }
    if (!search->options.block_repeats)
        return;
    for (size_t run = 1; 2 * run <= n + 1; run++)
        if (memcmp(h->words + n - (run - 1), h->words + n - (2 * run - 1),
                   (run - 1) * sizeof *h->words) == 0)
            logits[h->words[n - run]] = -INFINITY;
}

struct group_run {
    const struct search *search;
    const struct group *group;
    const struct desk *desk;
};

/* Sums up a row of the group, a task of the pool. */
static void sum_row(void *context, size_t row, size_t thread)
{
    const struct group_run *run = context;
    const size_t vocabulary = run->search->weights.config.vocabulary;
    const size_t blocks = search_blocks(vocabulary);
    float *logits = run->desk->logits + row * vocabulary;
    float *largest = run->desk->largest + row * blocks;

    (void)thread;
    for (size_t b = 0; b < blocks; b++)
        largest[b] =
            tn_max(logits + b * SEARCH_BLOCK, smaller(vocabulary - b * SEARCH_BLOCK, SEARCH_BLOCK));
    run->desk->log_sums[row] =
        (double)tn_logsumexp_below(logits, tn_max(largest, blocks), vocabulary);
    if (run->search->t < run->search->options.max_words)
        forbid(run->search, &run->search->live[run->group->first + row], logits);
}

/* Row `row` of the group with a word. */
static struct extension extend(const struct group_run *run, size_t row, int word)
{
    const struct search *search = run->search;
    const float logit = run->desk->logits[row * search->weights.config.vocabulary + (size_t)word];
    const double log_prob = (double)logit - run->desk->log_sums[row];
    const double total = search->live[run->group->first + row].log_prob + log_prob;

    return (struct extension){.row = run->group->first + row,
                              .word = word,
                              .log_prob = (float)log_prob,
                              .total = total,
                              .rank = total};
}

/* ---- Beam search ---- */

static bool is_full(const struct search *search, const struct beam *beam)
{
    return beam->going == search->options.beam;
}

/* Puts an extension where it belongs among the image's, which end with the last that can go on:
 * nothing behind it would be chosen.  Ties go to the row and the word that come first. */
static void offer(const struct search *search, struct beam *beam, const struct extension *e)
{
    struct extension *list = beam->extensions;
    const bool goes_on = e->word != VOCAB_END;
    size_t i;

    if (!isfinite(e->log_prob) ||
        (is_full(search, beam) && !(e->rank > list[beam->count - 1].rank)))
        return;
    if (is_full(search, beam) && goes_on) {
        beam->count--;
        beam->going--;
    }
    for (i = beam->count++; i > 0 && list[i - 1].rank < e->rank; i--)
        list[i] = list[i - 1];
    list[i] = *e;
    beam->going += goes_on;
    while (is_full(search, beam) && list[beam->count - 1].word == VOCAB_END)
        beam->count--;
}

/* A logit that is not above this one is not worth an offer: the error of the float is less than
 * what is taken off. */
static float find_floor(const struct group_run *run, size_t row, const struct beam *beam)
{
    const double log_prob = run->search->live[run->group->first + row].log_prob;
    double logit;

    if (!is_full(run->search, beam))
        return -INFINITY;
    logit = beam->extensions[beam->count - 1].rank - log_prob + run->desk->log_sums[row];
    return (float)(logit - 1e-6 * (1 + fabs(logit)));
}

/* Offers the words of a row. */
static void offer_row(const struct group_run *run, size_t row, struct beam *beam)
{
    const size_t vocabulary = run->search->weights.config.vocabulary;
    const size_t blocks = search_blocks(vocabulary);
    const float *logits = run->desk->logits + row * vocabulary;
    float floor = find_floor(run, row, beam);

    for (size_t b = 0; b < blocks; b++) {
        const size_t start = b * SEARCH_BLOCK, end = smaller(start + SEARCH_BLOCK, vocabulary);

        if (!(run->desk->largest[row * blocks + b] > floor))
            continue;
        for (size_t word = start; word < end; word++) {
            if (logits[word] > floor) {
                const struct extension e = extend(run, row, (int)word);

                offer(run->search, beam, &e);
                floor = find_floor(run, row, beam);
            }
        }
    }
}

/* Offers the likeliest words of a row by what the guide says of them, too. */
static void offer_guided(const struct group_run *run, size_t row, size_t image, struct beam *beam)
{
    const struct search_guide *guide = run->search->options.guide;
    const struct hypothesis *h = &run->search->live[run->group->first + row];
    const size_t vocabulary = run->search->weights.config.vocabulary;
    const struct choice *choices = run->desk->choices;
    const size_t count = choose_top(run->desk->logits + row * vocabulary, vocabulary,
                                    guide->choices, run->desk->choices);

    for (size_t i = 0; i < count; i++) {
        struct extension e = extend(run, row, choices[i].word);

        e.worth = h->worth;
        if (e.word != VOCAB_END) {
            h->words[h->count] = e.word; /* behind those that count */
            guide->add_word(guide->context, image, h->words, h->count + 1, &e.worth);
        }
        e.rank += guide->weight * e.worth.worth;
        offer(run->search, beam, &e);
    }
}

static void rank_beam(const struct group_run *run, size_t image, struct beam *beam)
{
    const size_t first = beam->first - run->group->first;
    const bool must_end = run->search->t == run->search->options.max_words;

    for (size_t row = first; row < first + beam->live; row++) {
        if (must_end) {
            struct extension end = extend(run, row, VOCAB_END);

            end.worth = run->search->live[run->group->first + row].worth;
            offer(run->search, beam, &end);
        } else if (run->search->options.guide) {
            offer_guided(run, row, image, beam);
        } else {
            offer_row(run, row, beam);
        }
    }
}

/* ---- Sampling ---- */

/* The words among which a row draws, at the desk; returns how many. */
static size_t choose_words(const struct group_run *run, size_t row)
{
    const struct search *search = run->search;
    const size_t vocabulary = search->weights.config.vocabulary;
    const float *logits = run->desk->logits + row * vocabulary;

    if (search->t == search->options.max_words) {
        run->desk->choices[0] = (struct choice){logits[VOCAB_END], VOCAB_END};
        return 1;
    }
    return choose_among(&search->options.draw, logits, vocabulary, run->desk->choices);
}

/* Every row draws its next word; at the first step the one row is drawn from `beam` times, each
 * with a generator of its own. */
static void rank_samples(const struct group_run *run, struct beam *beam)
{
    const struct search *search = run->search;
    const struct search_options *options = &search->options;
    const size_t draws = search->t == 0 ? options->beam : 1;

    for (size_t row = beam->first; row < beam->first + beam->live; row++) {
        const size_t count = choose_words(run, row - run->group->first);

        for (size_t i = 0; count > 0 && i < draws; i++) {
            const struct choice *choices = run->desk->choices;
            struct tn_rng rng = search->live[row].rng;
            struct extension e;
            size_t chosen;

            if (search->t == 0)
                tn_rng_init(&rng, options->seed + 0x9E3779B97F4A7C15U * i);
            chosen = choose_random(choices, count, options->draw.temperature, &rng);
            e = extend(run, row - run->group->first, choices[chosen].word);
            e.rng = rng;
            if (isfinite(e.log_prob))
                beam->extensions[beam->count++] = e;
        }
    }
}

/* ---- Both ---- */

void search_rank(struct search *search, const struct group *group, struct desk *desk)
{
    struct group_run run = {search, group, desk};

    tn_pool_run(search->pool, group->rows, sum_row, &run);
    for (size_t i = group->image; i < group->image + group->images; i++) {
        struct beam *beam = &search->beams[i];

        beam->count = beam->going = 0;
        if (search->options.sample)
            rank_samples(&run, beam);
        else
            rank_beam(&run, i, beam);
    }
}
