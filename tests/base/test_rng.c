/* SPDX-License-Identifier: MIT */
#include "tests/support/suite.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

START_TEST(the_generator_is_the_published_one)
{
    /* xoshiro256** from the state {1, 2, 3, 4}, as computed by its authors' code */
    static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240};
    struct tn_rng rng = {{1, 2, 3, 4}};

    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        ck_assert_uint_eq(tn_rng_next(&rng), expected[i]);
    /* splitmix64 from seed 0 */
    tn_rng_init(&rng, 0);
    ck_assert_uint_eq(rng.state[0], 0xE220A8397B1DCDAFU);
    ck_assert_uint_eq(rng.state[1], 0x6E789E6AA1B965F4U);
}
END_TEST

START_TEST(numbers_below_a_bound_are_uniform)
{
    enum { BOUND = 7, DRAWS = 70000 };
    struct tn_rng rng;
    int counts[BOUND] = {0};
    double chi = 0;

    tn_rng_init(&rng, 1);
    for (int i = 0; i < DRAWS; i++)
        counts[tn_rng_below(&rng, BOUND)]++;
    for (int i = 0; i < BOUND; i++)
        chi += pow(counts[i] - DRAWS / BOUND, 2) / (DRAWS / BOUND);
    ck_assert_double_lt(chi, 22.46); /* 0.1 % for 6 degrees of freedom */
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(tn_rng_below(&rng, 1), 0);
        ck_assert_uint_lt(tn_rng_below(&rng, UINT64_MAX), UINT64_MAX);
    }
}
END_TEST

START_TEST(moments_are_right)
{
    enum { DRAWS = 100000 };
    struct tn_rng rng;
    double mean = 0, square = 0, fourth = 0, uniform = 0;

    tn_rng_init(&rng, 2);
    for (int i = 0; i < DRAWS; i++) {
        const float u = tn_rng_uniform(&rng);
        const double x = (double)tn_rng_normal(&rng);

        ck_assert(u >= 0 && u < 1);
        uniform += (double)u / DRAWS;
        mean += x / DRAWS;
        square += x * x / DRAWS;
        fourth += x * x * x * x / DRAWS;
    }
    ck_assert_double_eq_tol(uniform, 0.5, 0.005);
    ck_assert_double_eq_tol(mean, 0, 0.015);
    ck_assert_double_eq_tol(square, 1, 0.02);
    ck_assert_double_eq_tol(fourth, 3, 0.15);
}
END_TEST

START_TEST(a_shuffle_is_a_fair_permutation)
{
    enum { COUNT = 5, DRAWS = 20000 };
    size_t order[COUNT];
    int first[COUNT] = {0};
    struct tn_rng rng;

    tn_rng_init(&rng, 3);
    for (int draw = 0; draw < DRAWS; draw++) {
        unsigned seen = 0;

        for (size_t i = 0; i < COUNT; i++)
            order[i] = i;
        tn_rng_shuffle(&rng, order, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            seen |= 1U << order[i];
        ck_assert_uint_eq(seen, (1U << COUNT) - 1);
        first[order[0]]++;
    }
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_int_lt(abs(first[i] - DRAWS / COUNT), 300);
    tn_rng_shuffle(&rng, order, 0);
}
END_TEST

START_TEST(equal_seeds_give_equal_sequences)
{
    struct tn_rng a, b;
    float x[64], y[64];

    tn_rng_init(&a, 42);
    tn_rng_init(&b, 42);
    tn_rng_fill_uniform(&a, x, 64, 0.5F);
    tn_rng_fill_uniform(&b, y, 64, 0.5F);
    ck_assert_mem_eq(x, y, sizeof x);
    for (int i = 0; i < 64; i++)
        ck_assert(x[i] >= -0.5F && x[i] < 0.5F);
    tn_rng_init(&b, 43);
    ck_assert_uint_ne(tn_rng_next(&a), tn_rng_next(&b));
}
END_TEST

START_TEST(a_state_comes_back_unless_it_is_dead)
{
    static const uint64_t dead[4] = {0};
    struct tn_rng a, b;
    uint64_t next;

    tn_rng_init(&a, 42);
    tn_rng_init(&b, 43);
    ck_assert(tn_rng_restore(&b, a.state));
    ck_assert(!tn_rng_restore(&b, dead));
    next = tn_rng_next(&a);
    ck_assert_uint_eq(tn_rng_next(&b), next);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("rng");
    TCase *tcase = tcase_create("rng");

    tcase_add_test(tcase, the_generator_is_the_published_one);
    tcase_add_test(tcase, numbers_below_a_bound_are_uniform);
    tcase_add_test(tcase, moments_are_right);
    tcase_add_test(tcase, a_shuffle_is_a_fair_permutation);
    tcase_add_test(tcase, equal_seeds_give_equal_sequences);
    tcase_add_test(tcase, a_state_comes_back_unless_it_is_dead);
    suite_add_tcase(suite, tcase);
    return suite;
}
