/* SPDX-License-Identifier: MIT */
/*
 * A run is a loop over steps.  In a step all live hypotheses of all images are the rows of one
 * batch: the decoder advances them, each row ranks its words (in parallel), each image picks what
 * goes on and what has ended, and the rows are packed anew, the states following their parents.
 */
#include "models/search.h"

#include "models/choose.h"
#include "models/decoder_step.h"
#include "tensor/arena.h"
#include "tensor/pointwise.h"
#include "vocab/vocab.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_IMAGES = 4096, MAX_BEAM = 1024, MAX_WORDS = 1024, MAX_TOP_K = 1 << 16 };

struct hypothesis {
    int *words;       /* [max_words], in a slot of its own */
    float *log_probs; /* [max_words + 1] */
    size_t count;
    double log_prob, score;
    struct tn_rng rng; /* sampling */
};

/* How one hypothesis may go on. */
struct extension {
    size_t row;
    int word;
    float log_prob; /* of the word */
    double total;   /* of the hypothesis with it */
};

struct beam {           /* one image's */
    size_t first, live; /* rows first .. first + live - 1 */
    size_t finished;
    struct hypothesis *ended; /* [limits.beam], the best first */
};

struct search {
    struct decoder_weights weights;
    struct search_limits limits;
    struct search_options options; /* of the present run */
    struct tn_pool *pool;
    struct tn_arena arena;
    struct decoder_step step;
    size_t t, images, rows;
    size_t choices_a_row;
    float *logits;                  /* [rows][vocabulary] */
    double *log_sums;               /* [rows]: log sum exp of the logits */
    struct choice *choices;         /* [rows][choices_a_row] */
    size_t *choice_counts;          /* [rows] */
    struct extension *extensions;   /* [2 * beam], of the image at hand */
    struct beam *beams;             /* [images] */
    struct hypothesis *live, *next; /* [rows] */
    size_t *parents;                /* [rows] */
    int *tokens;                    /* [rows] */
};

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

/* ---- What a row may choose ---- */

static void forbid(const struct search *search, const struct hypothesis *h, float *logits)
{
    const size_t n = h->count;

    logits[VOCAB_PAD] = logits[VOCAB_START] = logits[VOCAB_UNKNOWN] = -INFINITY;
    if (n < search->options.min_words)
        logits[VOCAB_END] = -INFINITY;
    if (!search->options.block_repeats || n == 0)
        return;
    logits[h->words[n - 1]] = -INFINITY;
    if (n >= 3 && h->words[n - 1] == h->words[n - 3])
        logits[h->words[n - 2]] = -INFINITY;
}

static void rank_row(void *context, size_t row, size_t thread)
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

            if (isnan(e.total) || (count == wanted && e.total <= best[wanted - 1].total))
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
    return !isnan(ret_extension->total);
}

/* One image's sampling step: every row draws its next word; at the first step the one row is drawn
 * from `beam` times, each with a generator of its own. */
static void advance_samples(struct search *search, struct beam *beam, size_t *rows)
{
    const size_t first = *rows, draws = search->t == 0 ? search->options.beam : beam->live;

    for (size_t i = 0; i < draws; i++) {
        const size_t row = search->t == 0 ? beam->first : beam->first + i;
        struct hypothesis *from = &search->live[row];
        struct extension e;

        if (search->t == 0)
            tn_rng_init(&from->rng, search->options.seed + 0x9E3779B97F4A7C15U * i);
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
static void start(struct search *search)
{
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

/* The images choose, in their order, and the rows are packed anew. */
static void advance(struct search *search)
{
    struct hypothesis *swap = search->live;
    size_t rows = 0;

    for (size_t i = 0; i < search->images; i++) {
        if (search->beams[i].live == 0)
            continue;
        if (search->options.sample)
            advance_samples(search, &search->beams[i], &rows);
        else
            advance_beam(search, &search->beams[i], &rows);
    }
    search->live = search->next;
    search->next = swap;
    search->rows = rows;
    decoder_step_gather(&search->step, rows, search->parents);
}

enum tn_status search_run(struct search *search, const struct search_options *options,
                          size_t images, const float *features, struct tn_error *err)
{
    TN_TRY(check_options(search, options, images, err));
    search->options = *options;
    search->images = images;
    start(search);
    for (search->t = 0; search->t <= options->max_words && search->rows > 0; search->t++) {
        decoder_step_run(&search->step, search->rows, search->tokens,
                         search->t == 0 ? features : NULL, search->logits, &search->arena);
        tn_pool_run(search->pool, search->rows, rank_row, search);
        advance(search);
    }
    for (size_t i = 0; i < images; i++)
        if (search->beams[i].finished == 0)
            return tn_fail(err, TN_FORMAT,
                           "the decoder's weights give no probabilities (numbers that are not)");
    return TN_OK;
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
