/* SPDX-License-Identifier: MIT */
/* The beam search against a plain one, which lists and orders all that a step could choose. */
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "models/decoder_step.h"
#include "models/search.h"
#include "tensor/pointwise.h"
#include "vocab/vocab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = 5, VOCABULARY = 300, IMAGES = 9, BEAM = 7, MAX_WORDS = 6 };

static struct tiny_model tiny;
static float *features;

struct sentence {
    int words[MAX_WORDS];
    size_t count;
    double total, score;
};

struct plain {
    struct sentence live[BEAM], ended[BEAM];
    size_t live_count, ended_count;
    double totals[BEAM][VOCABULARY]; /* what each live sentence and word come to; NAN: chosen */
};

/* Every second word is exactly as probable as the word before it. */
static void set_up(const char *cell)
{
    float *output, *bias;

    tiny_model_init(&tiny, cell, 1, VOCABULARY, FEATURES, 5);
    features = tiny_features(IMAGES, FEATURES, 4);
    output = tiny.theta + ((const float *)tiny.weights.output.data - tiny.theta);
    bias = tiny.theta + (tiny.weights.output_bias - tiny.theta);
    for (size_t word = VOCAB_FIRST_WORD; word + 1 < VOCABULARY; word += 2) {
        const size_t columns = tiny.weights.output.columns;

        memcpy(output + (word + 1) * columns, output + word * columns, columns * sizeof *output);
        bias[word + 1] = bias[word];
    }
}

static void tear_down(void)
{
    free(features);
    tiny_model_finish(&tiny);
}

/* The logits after a sentence, word by word. */
static void find_logits(const float *v, const struct sentence *s, float *logits)
{
    struct decoder_step step;
    struct decoder_work work;
    struct tn_arena arena;

    tn_arena_measure(&arena);
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1)
            ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
        decoder_step_init(&step, &tiny.weights, 1, 0, NULL, &arena);
        decoder_work_init(&work, &step, 1, NULL, &arena);
    }
    decoder_step_reset(&step, 1);
    for (size_t t = 0; t <= s->count; t++) {
        const int word = t == 0 ? VOCAB_START : s->words[t - 1];

        decoder_step_run(&step, &work, 1, &word, t == 0 ? v : NULL, logits);
    }
    tn_arena_finish(&arena);
}

static bool repeats(const struct sentence *s, int word)
{
    int words[MAX_WORDS + 1];

    memcpy(words, s->words, s->count * sizeof *words);
    words[s->count] = word;
    for (size_t run = 1; 2 * run <= s->count + 1; run++)
        if (memcmp(words + s->count + 1 - run, words + s->count + 1 - 2 * run,
                   run * sizeof *words) == 0)
            return true;
    return false;
}

static void rank_all(struct plain *p, const float *v, size_t t)
{
    float logits[VOCABULARY];

    for (size_t i = 0; i < p->live_count; i++) {
        double log_sum;

        find_logits(v, &p->live[i], logits);
        log_sum = (double)tn_logsumexp(logits, VOCABULARY);
        for (int word = 0; word < VOCABULARY; word++) {
            const bool ends = word == VOCAB_END;
            const bool may = ends ? t > 0 : t < MAX_WORDS && word >= VOCAB_FIRST_WORD;

            p->totals[i][word] = may && (ends || !repeats(&p->live[i], word))
                                     ? p->live[i].total + ((double)logits[word] - log_sum)
                                     : (double)NAN;
        }
    }
}

/* Takes the best of what is left. */
static bool take(struct plain *p, size_t *ret_row, int *ret_word)
{
    double best = -INFINITY;

    for (size_t i = 0; i < p->live_count; i++)
        for (int word = 0; word < VOCABULARY; word++)
            if (p->totals[i][word] > best) {
                best = p->totals[i][word];
                *ret_row = i;
                *ret_word = word;
            }
    return best > -INFINITY;
}

static void finish(struct plain *p, struct sentence s)
{
    size_t i = p->ended_count < BEAM ? p->ended_count++ : BEAM;

    s.score = s.total / pow((double)s.count + 1, (double)CAPTIONER_USUAL_EXPONENT);
    for (; i > 0 && p->ended[i - 1].score < s.score; i--)
        if (i < BEAM)
            p->ended[i] = p->ended[i - 1];
    if (i < BEAM)
        p->ended[i] = s;
}

static void advance(struct plain *p)
{
    struct sentence next[BEAM];
    size_t count = 0, row;
    int word;

    for (size_t rank = 0; rank < (size_t)2 * BEAM && count < BEAM && take(p, &row, &word); rank++) {
        struct sentence s = p->live[row];

        s.total = p->totals[row][word];
        p->totals[row][word] = (double)NAN;
        if (word != VOCAB_END) {
            s.words[s.count++] = word;
            next[count++] = s;
        } else if (rank < BEAM) {
            finish(p, s);
        }
    }
    memcpy(p->live, next, count * sizeof *next);
    p->live_count = count;
}

static void search_plainly(struct plain *p, const float *v)
{
    p->live[0] = (struct sentence){.count = 0};
    p->live_count = 1;
    p->ended_count = 0;
    for (size_t t = 0; t <= MAX_WORDS && p->live_count > 0; t++) {
        rank_all(p, v, t);
        advance(p);
        if (p->ended_count == BEAM && p->live_count > 0 &&
            p->live[0].total / pow((double)t + 2, (double)CAPTIONER_USUAL_EXPONENT) <=
                p->ended[BEAM - 1].score)
            break;
    }
}

START_TEST(the_results_are_those_of_a_plain_search)
{
    const struct search_limits limits = {.images = IMAGES, .beam = BEAM, .max_words = MAX_WORDS};
    struct search_options options = SEARCH_OPTIONS_DEFAULT;
    struct plain *plain = malloc(sizeof *plain);
    struct tn_pool *pool = NULL;
    struct search *search;

    ck_assert_ptr_nonnull(plain);
    set_up(rnn_cell_at((size_t)_i / 3)->name);
    if (_i % 3 > 0)
        ck_assert_int_eq(tn_pool_create(_i % 3 == 1 ? 2 : 8, &pool, NULL), TN_OK);
    options.beam = BEAM;
    options.max_words = MAX_WORDS;
    ck_assert_int_eq(search_create(&tiny.weights, &limits, pool, &search, NULL), TN_OK);
    ck_assert_int_eq(search_run(search, &options, IMAGES, features, NULL), TN_OK);
    for (size_t i = 0; i < IMAGES; i++) {
        search_plainly(plain, features + i * FEATURES);
        ck_assert_uint_eq(search_result_count(search, i), plain->ended_count);
        for (size_t rank = 0; rank < plain->ended_count; rank++) {
            const struct search_hypothesis found = search_result(search, i, rank);
            const struct sentence *s = &plain->ended[rank];

            ck_assert_double_eq(found.log_prob, s->total);
            ck_assert_uint_eq(found.count, s->count);
            ck_assert_mem_eq(found.words, s->words, s->count * sizeof *s->words);
        }
    }
    search_destroy(search);
    tn_pool_destroy(pool);
    tear_down();
    free(plain);
}
END_TEST

START_TEST(the_products_of_words_are_each_words_own)
{
    enum { STEPS = 9, ROWS = 270, ROOM = 200 }; /* some words are forgotten, and all do not fit */
    const size_t numbers[] = {190, 3, 150, 3, ROWS, 190, 3, 40, ROWS};
    const struct decoder_layer_weights *w = &tiny.weights.layers[0];
    struct word_products products;
    struct tn_arena arena;
    float *expected, x[64];
    int tokens[ROWS];
    struct tn_rng rng;

    set_up("lstm");
    tn_rng_init(&rng, 1);
    expected = malloc(w->input.rows * sizeof *expected);
    ck_assert_ptr_nonnull(expected);
    ck_assert_uint_le(w->input.columns, sizeof x / sizeof *x);
    tn_arena_measure(&arena);
    word_products_init(&products, &tiny.weights, ROOM, NULL, &arena);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    word_products_init(&products, &tiny.weights, ROOM, NULL, &arena);
    for (size_t step = 0; step < STEPS; step++) {
        const size_t rows = numbers[step];

        for (size_t r = 0; r < rows; r++)
            tokens[r] = rows == ROWS ? (int)r : (int)tn_rng_below(&rng, VOCABULARY);
        ck_assert(word_products_add(&products, rows, tokens, NULL, &arena) == (rows < ROWS));
        for (size_t r = 0; r < rows && rows < ROWS; r++) {
            tn_matrix_row(&tiny.weights.embedding, (size_t)tokens[r], x);
            tn_linear(NULL, expected, x, &w->input, w->input_bias, false, 1, &arena);
            ck_assert_mem_eq(word_products_of(&products, tokens[r]), expected,
                             w->input.rows * sizeof *expected);
        }
    }
    tn_arena_finish(&arena);
    free(expected);
    tear_down();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("beam");
    TCase *tests = tcase_create("plain");

    tcase_add_loop_test(tests, the_results_are_those_of_a_plain_search, 0,
                        3 * (int)rnn_cell_count());
    tcase_add_test(tests, the_products_of_words_are_each_words_own);
    suite_add_tcase(suite, tests);
    return suite;
}
