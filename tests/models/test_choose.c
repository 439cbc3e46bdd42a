/* SPDX-License-Identifier: MIT */
/* Choosing words: against a sort, and against distributions that are known. */
#include "tests/support/suite.h"

#include "models/choose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 300, K = 10 };

START_TEST(the_largest_logits_are_those_of_a_sort)
{
    float logits[COUNT];
    struct choice top[K];
    struct tn_rng rng;

    tn_rng_init(&rng, (uint64_t)_i);
    for (size_t i = 0; i < COUNT; i++)
        logits[i] = (float)tn_rng_below(&rng, 300); /* with ties */
    logits[3] = -INFINITY;
    ck_assert_uint_eq(choose_top(logits, COUNT, K, top), K);
    for (size_t k = 0; k < K; k++) {
        size_t before = 0; /* how many should stand before it */

        for (size_t i = 0; i < COUNT; i++)
            before +=
                logits[i] > top[k].logit || (logits[i] == top[k].logit && (int)i < top[k].word);
        ck_assert_uint_eq(before, k);
        ck_assert_float_eq(logits[top[k].word], top[k].logit);
    }
    ck_assert_uint_eq(choose_top((float[]){-INFINITY, NAN, 2}, 3, 3, top), 1);
}
END_TEST

/* ---- The words that a rule leaves ---- */

static int compare(const void *a, const void *b)
{
    const struct choice *x = a, *y = b;

    if (x->logit != y->logit)
        return x->logit > y->logit ? -1 : 1;
    return x->word - y->word;
}

static double share(const struct choice *choices, size_t from, size_t to, double temperature)
{
    double sum = 0;

    for (size_t i = from; i < to; i++)
        sum += exp(((double)choices[i].logit - (double)choices[0].logit) / temperature);
    return sum;
}

/* By the definition: sort, cut to top_k, and take the shortest beginning that has top_p. */
static size_t choose_by_sorting(const struct choose_rule *rule, const float *logits, size_t count,
                                struct choice *choices)
{
    size_t found = 0, kept = 0;

    for (size_t i = 0; i < count; i++)
        if (isfinite(logits[i]))
            choices[found++] = (struct choice){logits[i], (int)i};
    qsort(choices, found, sizeof *choices, compare);
    if (rule->top_k > 0 && rule->top_k < found)
        found = rule->top_k;
    if (rule->top_p == 0 || rule->top_p == 1)
        return found;
    while (kept < found &&
           share(choices, 0, kept, (double)rule->temperature) <
               (double)rule->top_p * share(choices, 0, found, (double)rule->temperature))
        kept++;
    return kept;
}

START_TEST(a_rule_leaves_the_words_that_its_definition_names)
{
    static const float temperatures[] = {0.05F, 0.7F, 1, 3, 100};
    static const float shares[] = {0, 1e-6F, 0.1F, 0.5F, 0.9F, 0.999F, 1};
    static const size_t tops[] = {0, 1, 2, 7, COUNT - 1, COUNT, 100000};
    const size_t count = _i < 12 ? (size_t)_i : COUNT;
    struct choice chosen[COUNT], expected[COUNT];
    float logits[COUNT];
    struct tn_rng rng;

    tn_rng_init(&rng, (uint64_t)_i);
    for (size_t i = 0; i < COUNT; i++)
        logits[i] = _i % 2 == 0 ? (float)tn_rng_below(&rng, 9) : tn_rng_uniform(&rng) * 12;
    logits[1] = NAN;
    logits[4] = -INFINITY;
    for (size_t t = 0; t < sizeof tops / sizeof tops[0]; t++) {
        for (size_t n = 0; n < 35; n++) {
            const struct choose_rule rule = {temperatures[n % 5], tops[t], shares[n / 5]};
            const size_t kept = choose_among(&rule, logits, count, chosen);

            ck_assert_uint_eq(kept, choose_by_sorting(&rule, logits, count, expected));
            qsort(chosen, kept, sizeof *chosen, compare);
            for (size_t i = 0; i < kept; i++)
                ck_assert_int_eq(chosen[i].word, expected[i].word);
        }
    }
}
END_TEST

/* ---- How often each is drawn ---- */

/* Words with the probabilities 0.5, 0.3, 0.15 and 0.05, in another order. */
static const float four[] = {0.15F, 0.5F, 0.05F, 0.3F};

static const struct {
    struct choose_rule rule;
    double expected[4];
} draws[] = {
    {{1, 0, 0}, {0.15, 0.5, 0.05, 0.3}},
    {{1, 0, 1}, {0.15, 0.5, 0.05, 0.3}},
    {{1, 0, 0.4F}, {0, 1, 0, 0}},
    {{1, 0, 0.75F}, {0, 0.625, 0, 0.375}},
    {{1, 0, 0.9F}, {0.15 / 0.95, 0.5 / 0.95, 0, 0.3 / 0.95}},
    {{1, 2, 0}, {0, 0.625, 0, 0.375}},
    {{1, 2, 0.6F}, {0, 1, 0, 0}},                        /* 0.625 of the two */
    {{1, 3, 0.5F}, {0, 1, 0, 0}},                        /* 0.526 of the three */
    {{1, 0, 0.51F}, {0, 0.625, 0, 0.375}},               /* but 0.5 of all */
    {{0.5F, 0, 0.7F}, {0, 0.25 / 0.34, 0, 0.09 / 0.34}}, /* 0.685 of the squares */
    {{0.5F, 0, 0.6F}, {0, 1, 0, 0}},
    {{1, 4, 0.99F}, {0.15, 0.5, 0.05, 0.3}},
};

START_TEST(words_are_drawn_as_often_as_the_rule_says)
{
    enum { DRAWS = 40000 };
    const struct choose_rule *rule = &draws[_i].rule;
    struct choice choices[4];
    size_t hits[4] = {0}, count;
    struct tn_rng rng;
    float logits[4];

    for (size_t i = 0; i < 4; i++)
        logits[i] = logf(four[i]) + 3;
    tn_rng_init(&rng, 7);
    count = choose_among(rule, logits, 4, choices);
    for (size_t i = 0; i < DRAWS; i++)
        hits[choices[choose_random(choices, count, rule->temperature, &rng)].word]++;
    for (size_t i = 0; i < 4; i++) {
        const double p = draws[_i].expected[i];

        ck_assert_double_le(fabs((double)hits[i] / DRAWS - p), 4.5 * sqrt(p * (1 - p) / DRAWS));
    }
}
END_TEST

START_TEST(a_rule_that_means_nothing_is_an_error)
{
    static const struct choose_rule bad[] = {{0, 0, 0},        {-1, 0, 0},       {NAN, 0, 0},
                                             {INFINITY, 0, 0}, {1, 0, -0.1F},    {1, 0, 1.1F},
                                             {1, 0, NAN},      {1, 0, -INFINITY}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(choose_rule_check(&bad[i], NULL), TN_RANGE);
    ck_assert_int_eq(choose_rule_check(&(struct choose_rule){1e-30F, SIZE_MAX, 1e-30F}, NULL),
                     TN_OK);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("choose");
    TCase *tcase = tcase_create("choose");

    tcase_add_loop_test(tcase, the_largest_logits_are_those_of_a_sort, 0, 8);
    tcase_add_loop_test(tcase, a_rule_leaves_the_words_that_its_definition_names, 0, 16);
    tcase_add_loop_test(tcase, words_are_drawn_as_often_as_the_rule_says, 0,
                        (int)(sizeof draws / sizeof draws[0]));
    tcase_add_test(tcase, a_rule_that_means_nothing_is_an_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
