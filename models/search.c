/* SPDX-License-Identifier: MIT */
/*
 * A run is a loop over steps.  In a step all live hypotheses of all images are the rows of one
 * batch: the decoder advances them, each row ranks its words (in parallel), each image picks what
 * goes on and what has ended, and the rows are packed again, the states following their parents.
 */
#include "models/search.h"

#include "models/search_private.h"
#include "vocab/vocab.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { MAX_IMAGES = 4096, MAX_BEAM = 1024, MAX_WORDS = 1024, MAX_TOP_K = 1 << 16 };

static size_t max_rows(const struct search *search)
{
    return search->limits.images * search->limits.beam;
}

/* ---- Memory ---- */

static struct hypothesis *take_hypotheses(struct search *search, size_t count)
{
    const size_t words = search->limits.max_words;
    struct hypothesis *h = tn_arena_alloc(&search->arena, count, sizeof *h);
    int *ids = tn_arena_ints(&search->arena, count * words);
    float *log_probs = tn_arena_floats(&search->arena, count * (words + 1));

    for (size_t i = 0; h && i < count; i++)
        h[i] =
            (struct hypothesis){.words = ids + i * words, .log_probs = log_probs + i * (words + 1)};
    return h;
}

/* Takes all buffers; the same for the measuring arena and the real one. */
static void take_buffers(struct search *search)
{
    const size_t rows = max_rows(search), beam = search->limits.beam;
    struct tn_arena *arena = &search->arena;
    struct hypothesis *ended;

    search->logits = tn_arena_floats(arena, rows * search->weights.config.vocabulary);
    search->log_sums = tn_arena_alloc(arena, rows, sizeof *search->log_sums);
    search->choices = tn_arena_alloc(arena, rows * search->choices_a_row, sizeof *search->choices);
    search->choice_counts = tn_arena_alloc(arena, rows, sizeof *search->choice_counts);
    search->extensions = tn_arena_alloc(arena, 2 * beam, sizeof *search->extensions);
    search->beams = tn_arena_alloc(arena, search->limits.images, sizeof *search->beams);
    search->live = take_hypotheses(search, rows);
    search->next = take_hypotheses(search, rows);
    search->parents = tn_arena_alloc(arena, rows, sizeof *search->parents);
    search->tokens = tn_arena_ints(arena, rows);
    ended = take_hypotheses(search, rows);
    for (size_t i = 0; ended && i < search->limits.images; i++)
        search->beams[i] = (struct beam){.ended = ended + i * beam};
    /* last, so that the scratch which it measures lies on top of all buffers */
    decoder_step_init(&search->step, &search->weights, rows, search->pool, arena);
}

enum tn_status search_create(const struct decoder_weights *weights,
                             const struct search_limits *limits, struct tn_pool *pool,
                             struct search **ret_search, struct tn_error *err)
{
    struct search *search;
    enum tn_status status;

    if (limits->images < 1 || limits->images > MAX_IMAGES || limits->beam < 1 ||
        limits->beam > MAX_BEAM || limits->max_words < 1 || limits->max_words > MAX_WORDS ||
        limits->top_k > MAX_TOP_K)
        return tn_fail(err, TN_RANGE,
                       "cannot search %zu images with a beam of %zu for %zu words; expected at "
                       "most %d, %d and %d",
                       limits->images, limits->beam, limits->max_words, MAX_IMAGES, MAX_BEAM,
                       MAX_WORDS);
    search = calloc(1, sizeof *search);
    if (!search)
        return tn_fail_nomem(err, sizeof *search);
    search->weights = *weights;
    search->limits = *limits;
    search->pool = pool;
    search->choices_a_row = limits->top_k > 2 * limits->beam ? limits->top_k : 2 * limits->beam;
    tn_arena_measure(&search->arena);
    take_buffers(search);
    status = tn_arena_reserve(&search->arena, err);
    if (status != TN_OK) {
        search_destroy(search);
        return status;
    }
    take_buffers(search);
    *ret_search = search;
    return TN_OK;
}

void search_destroy(struct search *search)
{
    if (!search)
        return;
    tn_arena_finish(&search->arena);
    free(search);
}

/* ---- The run ---- */

static enum tn_status check_options(const struct search *search,
                                    const struct search_options *options, size_t images,
                                    struct tn_error *err)
{
    const struct search_limits *limits = &search->limits;

    if (images < 1 || images > limits->images || options->beam < 1 ||
        options->beam > limits->beam || options->max_words < 1 ||
        options->max_words > limits->max_words || options->top_k > limits->top_k)
        return tn_fail(err, TN_RANGE,
                       "a search of %zu images with a beam of %zu for %zu words from the %zu best; "
                       "at most %zu, %zu, %zu and %zu were provided for",
                       images, options->beam, options->max_words, options->top_k, limits->images,
                       limits->beam, limits->max_words, limits->top_k);
    if (options->min_words > options->max_words)
        return tn_fail(err, TN_RANGE, "at least %zu and at most %zu words", options->min_words,
                       options->max_words);
    if (options->sample && !(options->temperature > 0 && isfinite(options->temperature)))
        return tn_fail(err, TN_RANGE, "temperature %g; expected above 0",
                       (double)options->temperature);
    if (!isfinite(options->length_exponent))
        return tn_fail(err, TN_RANGE, "length exponent %g; expected a number",
                       (double)options->length_exponent);
    return TN_OK;
}

/* One row an image, before the first word. */
static void start(struct search *search, const float *states)
{
    if (states)
        decoder_step_set(&search->step, search->images, states);
    else
        decoder_step_reset(&search->step, search->images);
    for (size_t i = 0; i < search->images; i++) {
        search->beams[i].first = i;
        search->beams[i].live = 1;
        search->beams[i].finished = 0;
        search->live[i].count = 0;
        search->live[i].log_prob = 0;
        search->tokens[i] = VOCAB_START;
    }
    search->rows = search->images;
}

static enum tn_status run(struct search *search, const struct search_options *options,
                          size_t images, const float *features, const float *states,
                          struct tn_error *err)
{
    TN_TRY(check_options(search, options, images, err));
    search->options = *options;
    search->images = images;
    start(search, states);
    for (search->t = 0; search->t <= options->max_words && search->rows > 0; search->t++) {
        decoder_step_run(&search->step, search->rows, search->tokens,
                         search->t == 0 ? features : NULL, search->logits, &search->arena);
        tn_pool_run(search->pool, search->rows, search_rank_row, search);
        search_advance(search);
    }
    for (size_t i = 0; i < images; i++)
        if (search->beams[i].finished == 0)
            return tn_fail(err, TN_FORMAT,
                           "the decoder's weights give no probabilities (numbers that are not)");
    return TN_OK;
}

enum tn_status search_run(struct search *search, const struct search_options *options,
                          size_t images, const float *features, struct tn_error *err)
{
    return run(search, options, images, features, NULL, err);
}

enum tn_status search_run_from(struct search *search, const struct search_options *options,
                               size_t texts, const float *states, struct tn_error *err)
{
    return run(search, options, texts, NULL, states, err);
}

size_t search_result_count(const struct search *search, size_t image)
{
    return search->beams[image].finished;
}

struct search_hypothesis search_result(const struct search *search, size_t image, size_t rank)
{
    const struct hypothesis *h = &search->beams[image].ended[rank];

    assert(rank < search->beams[image].finished);
    return (struct search_hypothesis){h->words, h->count, h->log_probs, h->log_prob, h->score};
}

void search_reorder(struct search *search, size_t image, const double *scores)
{
    struct hypothesis *ended = search->beams[image].ended;

    for (size_t i = 0; i < search->beams[image].finished; i++) {
        struct hypothesis h = ended[i];
        size_t at = i;

        h.score = scores[i];
        for (; at > 0 && ended[at - 1].score < h.score; at--)
            ended[at] = ended[at - 1];
        ended[at] = h;
    }
}
