/* SPDX-License-Identifier: MIT */
/* binary16: every value there and back, and rounding at the middles, in every kernel set. */
#include "tensor/kernels/kernels.h"

#include <math.h>
#include <stdbool.h>

#include "tests/support/suite.h"

enum { HALVES = 65536 };

static uint16_t halves[HALVES], back[HALVES];
static float floats[HALVES];

/* The value of a finite half by its definition. */
static double value_of(uint16_t half)
{
    const int exponent = half >> 10 & 31, fraction = half & 1023;
    const double magnitude =
        exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);

    return half & 0x8000 ? -magnitude : magnitude;
}

static bool is_nan(uint16_t half)
{
    return (half & 0x7fff) > 0x7c00;
}

START_TEST(every_half_goes_there_and_back)
{
    for (size_t s = 0; tn_kernels_at(s); s++) {
        for (size_t i = 0; i < HALVES; i++)
            halves[i] = (uint16_t)i;
        tn_kernels_at(s)->floats->half_to_float(floats, halves, HALVES);
        tn_kernels_at(s)->floats->float_to_half(back, floats, HALVES);
        for (size_t i = 0; i < HALVES; i++) {
            if (is_nan(halves[i])) {
                ck_assert(isnan(floats[i]) && is_nan(back[i]));
                continue;
            }
            if ((i & 0x7c00) != 0x7c00)
                ck_assert_double_eq(floats[i], value_of(halves[i]));
            else
                ck_assert(isinf(floats[i]));
            ck_assert_uint_eq(back[i], halves[i]);
        }
    }
}
END_TEST

/* Between two neighbours: below the middle down, above it up, on it to the even one. */
START_TEST(rounds_to_nearest_even)
{
    for (size_t s = 0; tn_kernels_at(s); s++) {
        const struct tn_float_kernels *k = tn_kernels_at(s)->floats;

        for (size_t i = 0; i < 0x7bff; i++) {
            const double low = value_of((uint16_t)i), high = value_of((uint16_t)(i + 1));
            const float middle = (float)((low + high) / 2);

            floats[3 * (i % 1024)] = nextafterf(middle, 0.0f);
            floats[3 * (i % 1024) + 1] = middle;
            floats[3 * (i % 1024) + 2] = nextafterf(middle, 1e9f);
            k->float_to_half(back, floats + 3 * (i % 1024), 3);
            ck_assert_uint_eq(back[0], i);
            ck_assert_uint_eq(back[1], i + (i & 1));
            ck_assert_uint_eq(back[2], i + 1);
        }
    }
}
END_TEST

START_TEST(large_values_become_infinite)
{
    const float x[4] = {65519.0f, 65520.0f, 1e30f, -INFINITY};

    for (size_t s = 0; tn_kernels_at(s); s++) {
        tn_kernels_at(s)->floats->float_to_half(back, x, 4);
        ck_assert_uint_eq(back[0], 0x7bff);
        ck_assert_uint_eq(back[1], 0x7c00);
        ck_assert_uint_eq(back[2], 0x7c00);
        ck_assert_uint_eq(back[3], 0xfc00);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("half");
    TCase *tc = tcase_create("conversion");

    tcase_add_test(tc, every_half_goes_there_and_back);
    tcase_add_test(tc, rounds_to_nearest_even);
    tcase_add_test(tc, large_values_become_infinite);
    suite_add_tcase(suite, tc);
    return suite;
}
