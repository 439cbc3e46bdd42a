/* SPDX-License-Identifier: MIT */
/* Scheduled sampling: what a decoder draws, and what becomes of it. */
#include "tests/support/suite.h"
#include "train/tasks/lm_task.h"
#include "train/tasks/own_words.h"
#include "vocab/vocab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 9, SIZE = 3, STEPS = 4 };

static const size_t lengths[SIZE] = {2, 4, 1};
static const int inputs[STEPS * SIZE] = {1, 1, 1, 5, 6, -1, -1, 7, -1, -1, 8, -1};
static const int targets[STEPS * SIZE] = {5, 6, 4, 7, 8, -1, -1, 4, -1, -1, 5, -1};

struct scene {
    struct decoder *decoder;
    float *theta;
    struct tn_arena arena;
};

static double run(struct scene *s, struct tn_pool *pool, const struct decoder_batch *batch)
{
    const struct tn_pass pass = {.pool = pool, .theta = s->theta, .arena = &s->arena};

    if (!s->arena.base) {
        tn_arena_measure(&s->arena);
        decoder_loss(s->decoder, &pass, batch, 0, 0);
        ck_assert_int_eq(tn_arena_reserve(&s->arena, NULL), TN_OK);
    }
    return decoder_loss(s->decoder, &pass, batch, 0, 0);
}

static void begin(struct scene *s)
{
    const struct text_config config = {
        .cell = rnn_cell_find("gru"), .layers = 1, .embedding = 3, .hidden = 4};
    struct tn_rng rng;

    memset(s, 0, sizeof *s);
    ck_assert_int_eq(lm_decoder_create(&config, WORDS, 0, &s->decoder, NULL), TN_OK);
    s->theta = calloc(decoder_layout(s->decoder)->floats, sizeof *s->theta);
    tn_rng_init(&rng, 3);
    tn_rng_fill_uniform(&rng, s->theta, decoder_layout(s->decoder)->floats, 1);
}

static void end(struct scene *s)
{
    tn_arena_finish(&s->arena);
    decoder_destroy(s->decoder);
    free(s->theta);
}

static struct decoder_batch whole_batch(int *draws, uint64_t seed)
{
    return (struct decoder_batch){.size = SIZE,
                                  .steps = STEPS,
                                  .inputs = inputs,
                                  .targets = targets,
                                  .lengths = lengths,
                                  .draws = draws,
                                  .draw_seed = seed};
}

/* The probability of a word at step t of text b: the loss up to there, with and without it. */
static double probability(struct scene *s, size_t b, size_t t, int word)
{
    int in[STEPS], out[STEPS];
    size_t length = t + 1;
    struct decoder_batch one = {
        .size = 1, .steps = STEPS, .inputs = in, .targets = out, .lengths = &length};
    double before;

    for (size_t i = 0; i <= t; i++) {
        in[i] = inputs[i * SIZE + b];
        out[i] = i < t ? targets[i * SIZE + b] : word;
    }
    length = t;
    before = t > 0 ? run(s, NULL, &one) : 0;
    length = t + 1;
    return exp(before - run(s, NULL, &one));
}

START_TEST(words_are_drawn_with_their_probabilities)
{
    enum { DRAWS = 4000 };
    static size_t seen[STEPS * SIZE][WORDS];
    int draws[STEPS * SIZE];
    struct scene s;

    begin(&s);
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        const struct decoder_batch batch = whole_batch(draws, seed * 1000);

        run(&s, NULL, &batch);
        for (size_t b = 0; b < SIZE; b++)
            for (size_t t = 0; t < lengths[b]; t++)
                seen[t * SIZE + b][draws[t * SIZE + b]]++;
    }
    for (size_t b = 0; b < SIZE; b++)
        for (size_t t = 0; t < lengths[b]; t++)
            for (int word = 0; word < WORDS; word++) {
                const double p = probability(&s, b, t, word);
                const double share = (double)seen[t * SIZE + b][word] / DRAWS;

                /* five standard deviations */
                ck_assert_double_le(fabs(share - p), 5 * sqrt(p * (1 - p) / DRAWS));
            }
    end(&s);
}
END_TEST

START_TEST(draws_leave_the_loss_and_depend_on_the_seed_alone)
{
    int draws[3][STEPS * SIZE];
    struct tn_pool *pool;
    struct scene s;
    struct decoder_batch batch;
    double loss;

    memset(draws, 0, sizeof draws);
    begin(&s);
    ck_assert_int_eq(tn_pool_create(3, &pool, NULL), TN_OK);
    batch = whole_batch(draws[0], 1);
    loss = run(&s, NULL, &batch);
    batch = whole_batch(draws[1], 1);
    run(&s, pool, &batch);
    batch = whole_batch(draws[2], 2);
    run(&s, NULL, &batch);
    ck_assert_mem_eq(draws[0], draws[1], sizeof draws[0]);
    ck_assert(memcmp(draws[0], draws[2], sizeof draws[0]) != 0);
    batch = whole_batch(NULL, 0);
    ck_assert_double_eq_tol(loss, run(&s, NULL, &batch), 1e-5);
    tn_pool_destroy(pool);
    end(&s);
}
END_TEST

START_TEST(own_words_take_the_place_of_their_share)
{
    const int draws[STEPS * SIZE] = {7, VOCAB_END, 8, 4, 5, -1, -1, 6, -1, -1, 4, -1};
    const struct decoder_batch batch = whole_batch(NULL, 0);
    int mixed[STEPS * SIZE];
    struct tn_rng rng;
    size_t replaced = 0;

    tn_rng_init(&rng, 1);
    memcpy(mixed, inputs, sizeof mixed);
    own_words_mix(&batch, draws, 0, &rng, mixed);
    ck_assert_mem_eq(mixed, inputs, sizeof mixed);
    own_words_mix(&batch, draws, 1, &rng, mixed);
    for (size_t b = 0; b < SIZE; b++)
        for (size_t t = 0; t < STEPS; t++) {
            const size_t i = t * SIZE + b;
            const bool own = t > 0 && t < lengths[b] && draws[i - SIZE] >= VOCAB_FIRST_WORD;

            ck_assert_int_eq(mixed[i], own ? draws[i - SIZE] : inputs[i]);
        }
    for (size_t i = 0; i < 1000; i++) {
        memcpy(mixed, inputs, sizeof mixed);
        own_words_mix(&batch, draws, own_words_share(0.5F, 0.5F), &rng, mixed);
        replaced += mixed[1 * SIZE] == 7;
    }
    ck_assert_uint_gt(replaced, 200);
    ck_assert_uint_lt(replaced, 300);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("own words");
    TCase *tcase = tcase_create("own words");

    tcase_add_test(tcase, words_are_drawn_with_their_probabilities);
    tcase_add_test(tcase, draws_leave_the_loss_and_depend_on_the_seed_alone);
    tcase_add_test(tcase, own_words_take_the_place_of_their_share);
    suite_add_tcase(suite, tcase);
    return suite;
}
