/* SPDX-License-Identifier: MIT */
/*
 * A run is a loop over steps.  In a step all live hypotheses of all images are rows.  A group of
 * images after the other, or a group per thread, advances the decoder and ranks what its rows may
 * go on with, while their logits are in the cache.  Each image then picks what goes on and what has
 * ended, and the rows are packed again.
 */
#include "models/search.h"

#include "models/search_private.h"
#include "vocab/vocab.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* Rows of a group, if one image has not more: enough to multiply at once, and their logits do not
 * leave the cache. */
enum { GROUP_ROWS = 64 };
/* Different words in the captions of a photo, and of each further one. */
enum { USUAL_WORDS = 128, MORE_WORDS = 12 };
enum { MAX_IMAGES = 4096, MAX_BEAM = 1024, MAX_WORDS = 1024 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

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
    const size_t rows = max_rows(search), beam = search->limits.beam,
                 images = search->limits.images;
    struct tn_arena *arena = &search->arena;
    struct extension *extensions;
    struct hypothesis *ended;

    search->desks = tn_arena_alloc(arena, search->desk_count, sizeof *search->desks);
    search->groups = tn_arena_alloc(arena, images, sizeof *search->groups);
    search->beams = tn_arena_alloc(arena, images, sizeof *search->beams);
    extensions = tn_arena_alloc(arena, images * 2 * beam, sizeof *extensions);
    search->live = take_hypotheses(search, rows);
    search->next = take_hypotheses(search, rows);
    search->parents = tn_arena_ints(arena, rows);
    search->tokens = tn_arena_ints(arena, rows);
    search->texts = tn_arena_ints(arena, rows);
    ended = take_hypotheses(search, rows);
    for (size_t i = 0; ended && i < images; i++)
        search->beams[i] =
            (struct beam){.ended = ended + i * beam, .extensions = extensions + i * 2 * beam};
    /* last, so that the scratch which it measures lies on top of all buffers */
    decoder_step_init(&search->step, &search->weights, rows, USUAL_WORDS + MORE_WORDS * images,
                      search->pool, arena);
}

static void take_desk(const struct search *search, struct desk *desk)
{
    const size_t vocabulary = search->weights.config.vocabulary, rows = search->group_rows;
    struct tn_arena *arena = &desk->arena;

    desk->logits = tn_arena_floats(arena, rows * vocabulary);
    desk->largest = tn_arena_floats(arena, rows * search_blocks(vocabulary));
    desk->log_sums = tn_arena_alloc(arena, rows, sizeof *desk->log_sums);
    desk->choices = tn_arena_alloc(arena, vocabulary, sizeof *desk->choices);
    decoder_work_init(&desk->work, &search->step, rows, search->pool, arena);
}

static enum tn_status create_desks(struct search *search, struct tn_error *err)
{
    for (size_t i = 0; i < search->desk_count; i++) {
        struct desk *desk = &search->desks[i];

        tn_arena_measure(&desk->arena);
        take_desk(search, desk);
        TN_TRY(tn_arena_reserve(&desk->arena, err));
        take_desk(search, desk);
    }
    return TN_OK;
}

static enum tn_status create(struct search *search, struct tn_error *err)
{
    const size_t threads = tn_pool_threads(search->pool);

    search->group_rows = larger(search->limits.beam, smaller(max_rows(search), GROUP_ROWS));
    search->desk_count = search->limits.images >= 2 * threads ? threads : 1;
    tn_arena_measure(&search->arena);
    take_buffers(search);
    TN_TRY(tn_arena_reserve(&search->arena, err));
    take_buffers(search);
    return create_desks(search, err);
}

enum tn_status search_create(const struct decoder_weights *weights,
                             const struct search_limits *limits, struct tn_pool *pool,
                             struct search **ret_search, struct tn_error *err)
{
    struct search *search;
    enum tn_status status;

    if (limits->images < 1 || limits->images > MAX_IMAGES || limits->beam < 1 ||
        limits->beam > MAX_BEAM || limits->max_words < 1 || limits->max_words > MAX_WORDS)
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
    status = create(search, err);
    if (status != TN_OK) {
        search_destroy(search);
        return status;
    }
    *ret_search = search;
    return TN_OK;
}

void search_destroy(struct search *search)
{
    if (!search)
        return;
    for (size_t i = 0; search->arena.base && i < search->desk_count; i++)
        tn_arena_finish(&search->desks[i].arena);
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
        options->max_words > limits->max_words)
        return tn_fail(err, TN_RANGE,
                       "a search of %zu images with a beam of %zu for %zu words; at most %zu, %zu "
                       "and %zu were provided for",
                       images, options->beam, options->max_words, limits->images, limits->beam,
                       limits->max_words);
    if (options->min_words > options->max_words)
        return tn_fail(err, TN_RANGE, "at least %zu and at most %zu words", options->min_words,
                       options->max_words);
    if (options->sample)
        TN_TRY(choose_rule_check(&options->draw, err));
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
        search->live[i].worth = (struct search_worth){0};
        search->tokens[i] = VOCAB_START;
        search->texts[i] = (int)i;
    }
    search->rows = search->images;
    word_products_reset(&search->step.words); /* the weights may have been trained since */
}

/* Shares the images that go on out among groups; returns how many groups. */
static size_t form_groups(struct search *search)
{
    const size_t share = search->rows / (2 * tn_pool_threads(search->pool));
    const size_t most = smaller(larger(share, search->options.beam), search->group_rows);
    struct group *group = search->groups;

    *group = (struct group){0};
    for (size_t i = 0; i < search->images; i++) {
        const size_t live = search->beams[i].live;

        if (group->rows > 0 && group->rows + live > most) {
            group[1] = (struct group){.image = i, .first = group->first + group->rows};
            group++;
        }
        group->images = i + 1 - group->image;
        group->rows += live;
    }
    return (size_t)(group - search->groups) + 1;
}

/* A task of the pool, or a call while the pool has none. */
static void run_group(void *context, size_t index, size_t thread)
{
    struct search *search = context;
    const struct group *group = &search->groups[index];
    struct desk *desk = &search->desks[thread];
    const struct decoder_rows rows = {
        .tokens = search->tokens,
        .parents = search->t == 0 ? NULL : search->parents,
        .texts = search->texts,
        .first = group->first,
        .count = group->rows,
        .features = search->t == 0 && search->features
                        ? search->features + group->first * search->weights.config.features
                        : NULL};

    decoder_step_rows(&search->step, &desk->work, &rows, desk->logits);
    search_rank(search, group, desk);
}

/* Few groups are no work for all threads: then these share each group's. */
static void run_step(struct search *search)
{
    const size_t groups = form_groups(search);

    decoder_step_words(&search->step, search->rows, search->tokens, search->pool, &search->arena);
    if (search->desk_count > 1 && groups >= 2 * search->desk_count)
        tn_pool_run(search->pool, groups, run_group, search);
    else
        for (size_t i = 0; i < groups; i++)
            run_group(search, i, 0);
    decoder_step_end(&search->step);
    search_advance(search);
}

static enum tn_status run(struct search *search, const struct search_options *options,
                          size_t images, const float *features, const float *states,
                          struct tn_error *err)
{
    TN_TRY(check_options(search, options, images, err));
    search->options = *options;
    search->images = images;
    search->features = features;
    start(search, states);
    for (search->t = 0; search->t <= options->max_words && search->rows > 0; search->t++)
        run_step(search);
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
                               size_t texts, const float *states,
                               const struct attention_sources *sources, struct tn_error *err)
{
    search->step.sources = sources;
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
