/* SPDX-License-Identifier: MIT */
/* Inference products with float32, float16 and int8 rows, against sums in double. */
#include "base/rng.h"
#include "tensor/half.h"
#include "tensor/kernels/kernels.h"
#include "tensor/matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

enum { MAX_ROWS = 150, MAX_COLUMNS = 700, MAX_BATCH = 101 };

static float w[MAX_ROWS * MAX_COLUMNS], x[MAX_BATCH * MAX_COLUMNS], y[MAX_BATCH * MAX_ROWS];
static float bias[MAX_ROWS], scale[MAX_ROWS];
static uint16_t halves[MAX_ROWS * MAX_COLUMNS];
static signed char quantised[MAX_ROWS * MAX_COLUMNS];
static struct tn_pool *pool;

static void setup(void)
{
    struct tn_rng rng;

    tn_rng_init(&rng, 7);
    tn_rng_fill_uniform(&rng, w, MAX_ROWS * MAX_COLUMNS, 0.5f);
    tn_rng_fill_uniform(&rng, x, MAX_BATCH * MAX_COLUMNS, 2.0f);
    tn_rng_fill_uniform(&rng, bias, MAX_ROWS, 1.0f);
    ck_assert_int_eq(tn_pool_create(2, &pool, NULL), TN_OK);
}

static void teardown(void)
{
    tn_pool_destroy(pool);
}

static struct tn_matrix matrix_of(enum tn_dtype dtype, size_t rows, size_t columns)
{
    struct tn_matrix m = {.dtype = dtype, .rows = rows, .columns = columns, .data = w};

    if (dtype == TN_F16) {
        tn_float_to_half(halves, w, rows * columns);
        m.data = halves;
    } else if (dtype == TN_I8) {
        tn_quantise_rows(w, rows, columns, quantised, scale);
        m.data = quantised;
        m.scale = scale;
    }
    return m;
}

static void run_linear(const struct tn_matrix *m, size_t batch, bool accumulate)
{
    struct tn_arena arena;

    tn_arena_measure(&arena);
    tn_linear(pool, y, x, m, bias, accumulate, batch, &arena);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    tn_linear(pool, y, x, m, bias, accumulate, batch, &arena);
    tn_arena_finish(&arena);
}

/* How far an input may be from the x that int8 rows multiply. */
static double rounding_of_input(const float *input, size_t columns)
{
    double largest = 0.0;
    bool negative = false;

    for (size_t k = 0; k < columns; k++) {
        largest = fmax(largest, fabs((double)input[k]));
        negative = negative || input[k] < 0.0f;
    }
    return 0.501 * largest / (negative ? 127 : 255);
}

/* Compares y with bias + x row + before. */
static void check_linear(const struct tn_matrix *m, size_t batch, float before)
{
    float row[MAX_COLUMNS];

    for (size_t b = 0; b < batch; b++) {
        const float *input = x + b * m->columns;
        const double rounding = m->dtype == TN_I8 ? rounding_of_input(input, m->columns) : 0.0;

        for (size_t r = 0; r < m->rows; r++) {
            double sum = bias[r] + before, magnitude = 0.0;

            tn_matrix_row(m, r, row);
            for (size_t k = 0; k < m->columns; k++) {
                sum += (double)row[k] * input[k];
                magnitude += fabs((double)row[k]);
            }
            ck_assert_msg(
                fabs(y[b * m->rows + r] - sum) <
                    rounding * magnitude + 4e-6 * sqrt((double)m->columns) + 2e-6 * fabs(sum),
                "%s %zux%zu batch %zu: y[%zu][%zu] is %g, expected %g", tn_dtype_name(m->dtype),
                m->rows, m->columns, batch, b, r, (double)y[b * m->rows + r], sum);
        }
    }
}

static void linear_of_type(enum tn_dtype dtype)
{
    static const size_t columns[] = {1, 3, 16, 63, 64, 100, 320, 700};
    static const size_t batches[] = {1, 2, 3, 4, 7, 16, 33, 101};

    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        const struct tn_matrix m = matrix_of(dtype, c % 2 ? MAX_ROWS : 67, columns[c]);

        for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
            memset(y, 0xff, sizeof y);
            run_linear(&m, batches[i], false);
            check_linear(&m, batches[i], 0.0f);
            for (size_t j = 0; j < MAX_BATCH * MAX_ROWS; j++)
                y[j] = 1.0f;
            run_linear(&m, batches[i], true);
            check_linear(&m, batches[i], 1.0f);
        }
    }
}

START_TEST(linear_f32_is_x_times_w_transposed)
{
    linear_of_type(TN_F32);
}
END_TEST

START_TEST(linear_f16_is_x_times_w_transposed)
{
    linear_of_type(TN_F16);
}
END_TEST

START_TEST(linear_i8_is_x_times_w_transposed)
{
    linear_of_type(TN_I8);
}
END_TEST

/* As behind a ReLU: int8 rows then multiply steps half as large. */
START_TEST(linear_i8_multiplies_inputs_without_negative_numbers)
{
    for (size_t i = 0; i < MAX_BATCH * MAX_COLUMNS; i++)
        x[i] = fmaxf(x[i], 0.0f);
    linear_of_type(TN_I8);
}
END_TEST

START_TEST(a_result_does_not_depend_on_the_batch)
{
    for (size_t i = 0; i < 300; i++)
        x[i] = fabsf(x[i]);
    for (int dtype = TN_F32; dtype <= TN_I8; dtype++) {
        const struct tn_matrix m = matrix_of((enum tn_dtype)dtype, MAX_ROWS, 300);
        float alone[2 * MAX_ROWS];

        run_linear(&m, 2, false);
        memcpy(alone, y, sizeof alone);
        run_linear(&m, 1, false);
        ck_assert_mem_eq(alone, y, sizeof alone / 2);
        for (size_t batch = 3; batch < 60; batch++) {
            run_linear(&m, batch, false);
            ck_assert_mem_eq(alone, y, sizeof alone);
        }
    }
}
END_TEST

/* out[batch][rows] = 1 + bias + x w^T by kernel set number `set`; false: there is no such set. */
static bool run_set(size_t set, const signed char *w8, const float *in, size_t rows, size_t columns,
                    size_t batch, float *out)
{
    const struct tn_kernels *kernels = tn_kernels_at(set);
    const size_t groups = (batch + TN_INT8_GROUP - 1) / TN_INT8_GROUP;
    struct tn_int8_input inputs[MAX_BATCH];
    void *prepared;

    if (!kernels)
        return false;
    prepared = aligned_alloc(64, groups * TN_INT8_GROUP * kernels->int8->row_bytes(columns));
    ck_assert_ptr_nonnull(prepared);
    for (size_t b = 0; b < batch; b += kernels->int8->group(b, batch))
        kernels->int8->prepare(prepared, inputs, in, columns, b, kernels->int8->group(b, batch));
    for (size_t i = 0; i < batch * rows; i++)
        out[i] = 1.0f;
    kernels->int8->linear(&(struct tn_int8_product){out, rows, w8, bias, rows, columns, prepared,
                                                    inputs, batch, bias, true});
    free(prepared);
    return true;
}

START_TEST(int8_sets_agree_to_the_last_bit)
{
    enum { COLUMNS = 1024 + 5, ROWS = 11, BATCH = 59 };
    static signed char q[ROWS * COLUMNS];
    static float in[BATCH * COLUMNS], first[BATCH * ROWS], out[BATCH * ROWS];
    struct tn_rng rng;

    tn_rng_init(&rng, 3);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        q[i] = i < 2 * COLUMNS ? 127 : (signed char)(tn_rng_below(&rng, 256) - 128);
    tn_rng_fill_uniform(&rng, in, BATCH * COLUMNS, 3.0f);
    for (size_t i = 0; i < COLUMNS; i++)
        in[i] = -3.0f;
    for (size_t b = 1; b < BATCH; b += 3)
        for (size_t i = b * COLUMNS; i < (b + 1) * COLUMNS; i++)
            in[i] = fabsf(in[i]);
    for (size_t batch = 1; batch <= BATCH; batch++) {
        run_set(0, q, in, ROWS, COLUMNS, batch, first);
        ck_assert_float_eq_tol(first[0], bias[0] * (-3.0f * 127 * COLUMNS + 1) + 1.0f, 1.0f);
        for (size_t s = 1; run_set(s, q, in, ROWS, COLUMNS, batch, out); s++)
            ck_assert_msg(memcmp(first, out, batch * ROWS * sizeof *out) == 0,
                          "%s differs in a batch of %zu", tn_kernels_at(s)->name, batch);
    }
}
END_TEST

/* The longest row, and sums as far from 0 as they get. */
START_TEST(int8_sums_do_not_overflow)
{
    enum { COLUMNS = TN_INT8_MAX_COLUMNS, BATCH = 9 };
    static signed char q[COLUMNS];
    static float in[BATCH * COLUMNS];
    float out[BATCH];

    memset(q, -128, sizeof q);
    for (size_t i = 0; i < BATCH * COLUMNS; i++)
        in[i] = i / COLUMNS % 2 ? -2.0f : 2.0f;
    for (size_t batch = 1; batch <= BATCH; batch += 8)
        for (size_t s = 0; run_set(s, q, in, 1, COLUMNS, batch, out); s++)
            for (size_t b = 0; b < batch; b++)
                ck_assert_float_eq_tol(out[b] / (bias[0] * -128.0f * COLUMNS), b % 2 ? -2.0f : 2.0f,
                                       1e-5f);
}
END_TEST

START_TEST(quantised_rows_are_within_half_a_step)
{
    memset(w, 0, 50 * sizeof *w);
    tn_quantise_rows(w, 20, 50, quantised, scale);
    ck_assert_float_eq(scale[0], 1.0f);
    for (size_t i = 0; i < 20 * 50; i++)
        ck_assert(fabsf((float)quantised[i] * scale[i / 50] - w[i]) <= 0.501f * scale[i / 50]);
}
END_TEST

/* In memory of the arena, if it can be; else as it was. */
static void quantise_matrix(struct tn_matrix *m, struct tn_arena *arena)
{
    struct tn_matrix measured = *m;

    tn_arena_measure(arena);
    tn_matrix_to_int8(&measured, arena);
    ck_assert_int_eq(tn_arena_reserve(arena, NULL), TN_OK);
    tn_matrix_to_int8(m, arena);
}

START_TEST(a_matrix_becomes_int8_rows)
{
    struct tn_matrix m = matrix_of((enum tn_dtype)_i, 20, 50);
    float row[50];
    struct tn_arena arena;

    for (size_t r = 0; r < m.rows; r++) {
        tn_matrix_row(&m, r, row);
        tn_quantise_rows(row, 1, 50, quantised + r * 50, scale + r);
    }
    quantise_matrix(&m, &arena);
    ck_assert_int_eq(m.dtype, TN_I8);
    ck_assert_mem_eq(m.data, quantised, 20 * 50);
    ck_assert_mem_eq(m.scale, scale, 20 * sizeof *scale);
    tn_arena_finish(&arena);
}
END_TEST

START_TEST(what_is_no_number_stays_one)
{
    struct tn_matrix m = matrix_of(TN_F32, 20, 50);
    struct tn_arena arena;

    w[19 * 50 + 7] = NAN;
    quantise_matrix(&m, &arena);
    ck_assert_int_eq(m.dtype, TN_F32);
    ck_assert_ptr_eq(m.data, w);
    tn_arena_finish(&arena);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("matrix");
    TCase *tc = tcase_create("linear");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, linear_f32_is_x_times_w_transposed);
    tcase_add_test(tc, linear_f16_is_x_times_w_transposed);
    tcase_add_test(tc, linear_i8_is_x_times_w_transposed);
    tcase_add_test(tc, linear_i8_multiplies_inputs_without_negative_numbers);
    tcase_add_test(tc, a_result_does_not_depend_on_the_batch);
    tcase_add_test(tc, int8_sets_agree_to_the_last_bit);
    tcase_add_test(tc, int8_sums_do_not_overflow);
    tcase_add_test(tc, quantised_rows_are_within_half_a_step);
    tcase_add_loop_test(tc, a_matrix_becomes_int8_rows, TN_F32, TN_F16 + 1);
    tcase_add_test(tc, what_is_no_number_stays_one);
    suite_add_tcase(suite, tc);
    return suite;
}
