/* SPDX-License-Identifier: MIT */
/* The matrix product against its definition: all transposes, odd sizes, strides, alpha and beta. */
#include "tests/support/suite.h"

#include "base/memory.h"
#include "base/rng.h"
#include "tensor/blas.h"
#include "tensor/gemm.h"
#include "tensor/kernels/kernels.h"
#include "tensor/pass.h"

#include <dirent.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct shape {
    size_t m, n, k;
};

/* Few rows, for which B is not packed, with k in one part and in several; and the last ones are
 * cut: into blocks by rows, by columns, both ways, with a rest; k into parts, and into pieces that
 * are packed one by one. */
static const struct shape shapes[] = {
    {1, 1, 1},       {1, 7, 3},       {5, 1, 9},      {3, 4, 0},
    {17, 13, 31},    {64, 64, 64},    {65, 129, 33},  {2, 1000, 77},
    {999, 3, 50},    {3, 18, 1100},   {11, 100, 600}, {1100, 66, 500},
    {66, 1100, 500}, {613, 587, 101}, {20, 50, 1100}, {70, 1040, 1100},
};

enum { SHAPES = sizeof shapes / sizeof *shapes, GAP = 3 };

/* A product's operands, with rows GAP longer than they need be, and what C is to become. */
struct operands {
    struct shape shape;
    bool trans_a, trans_b;
    size_t lda, ldb, ldc, c_count;
    float *a, *b, *c, *truth;
};

/* A shape's op(A), [m][k], op(B), [k][n], and their product by the definition. */
struct problem {
    struct shape shape;
    float *a, *b, *product;
};

static float *zeros(size_t count)
{
    float *x = calloc(count + 1, sizeof *x);

    ck_assert_ptr_nonnull(x);
    return x;
}

/* The definition, three loops and a double accumulator. */
static void multiply(struct problem *p)
{
    for (size_t i = 0; i < p->shape.m; i++) {
        for (size_t j = 0; j < p->shape.n; j++) {
            double sum = 0;

            for (size_t k = 0; k < p->shape.k; k++)
                sum += (double)p->a[i * p->shape.k + k] * (double)p->b[k * p->shape.n + j];
            p->product[i * p->shape.n + j] = (float)sum;
        }
    }
}

/* `solved`: also the product. */
static void make_problem(struct problem *p, struct shape shape, bool solved)
{
    struct tn_rng rng;

    tn_rng_init(&rng, 11);
    p->shape = shape;
    p->a = zeros(shape.m * shape.k);
    p->b = zeros(shape.k * shape.n);
    p->product = zeros(shape.m * shape.n);
    tn_rng_fill_uniform(&rng, p->a, shape.m * shape.k, 1);
    tn_rng_fill_uniform(&rng, p->b, shape.k * shape.n, 1);
    if (solved)
        multiply(p);
}

static void free_problem(struct problem *p)
{
    free(p->a);
    free(p->b);
    free(p->product);
}

/* x as it lies in memory: transposed or not, its rows `stride` apart. */
static float *laid_out(const float *x, size_t rows, size_t columns, bool transposed, size_t stride)
{
    float *y = zeros((transposed ? columns : rows) * stride);

    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            y[transposed ? j * stride + i : i * stride + j] = x[i * columns + j];
    return y;
}

static void make_operands(struct operands *o, const struct problem *p, bool trans_a, bool trans_b,
                          float alpha, float beta)
{
    const struct shape shape = p->shape;
    struct tn_rng rng;

    tn_rng_init(&rng, 12);
    *o = (struct operands){.shape = shape, .trans_a = trans_a, .trans_b = trans_b};
    o->lda = (trans_a ? shape.m : shape.k) + GAP;
    o->ldb = (trans_b ? shape.k : shape.n) + GAP;
    o->ldc = shape.n + GAP;
    o->c_count = shape.m * o->ldc;
    o->a = laid_out(p->a, shape.m, shape.k, trans_a, o->lda);
    o->b = laid_out(p->b, shape.k, shape.n, trans_b, o->ldb);
    o->c = zeros(o->c_count);
    o->truth = zeros(o->c_count);
    tn_rng_fill_uniform(&rng, o->c, o->c_count, 1);
    for (size_t i = 0; i < o->c_count; i++)
        o->truth[i] = i % o->ldc >= shape.n
                          ? o->c[i]
                          : alpha * p->product[i / o->ldc * shape.n + i % o->ldc] + beta * o->c[i];
}

static void free_operands(struct operands *o)
{
    free(o->a);
    free(o->b);
    free(o->c);
    free(o->truth);
}

static void check_product(const struct operands *o, const char *what)
{
    const double tolerance = 1e-6 * (1 + (double)o->shape.k / 4);

    for (size_t i = 0; i < o->c_count; i++) {
        const bool gap = i % o->ldc >= o->shape.n;
        const double error = fabs((double)o->c[i] - (double)o->truth[i]);

        if (!(gap ? o->c[i] == o->truth[i] : error <= tolerance))
            ck_abort_msg("%s %zux%zux%zu (%d %d): element %zu is %g, not %g", what, o->shape.m,
                         o->shape.n, o->shape.k, o->trans_a, o->trans_b, i, (double)o->c[i],
                         (double)o->truth[i]);
    }
}

static struct tn_factor factor(const float *x, size_t ld, bool turned)
{
    return turned ? tn_turned(x, ld) : tn_plain(x, ld);
}

START_TEST(products_match_the_definition)
{
    static const float betas[] = {0, 1, 0.25F};
    struct problem problem;
    struct tn_pool *pool;

    ck_assert_int_eq(tn_pool_create(3, &pool, NULL), TN_OK);
    make_problem(&problem, shapes[_i], true);
    for (int variant = 0; variant < 16; variant++) {
        const bool subtracts = variant >= 12;
        const float beta = subtracts ? 1 : betas[variant / 4];
        struct tn_factor a, b;
        struct operands o;

        make_operands(&o, &problem, variant & 1, variant & 2, subtracts ? -1 : 1, beta);
        a = factor(o.a, o.lda, o.trans_a);
        b = factor(o.b, o.ldb, o.trans_b);
        if (subtracts)
            tn_gemm_subtract(pool, o.c, o.ldc, a, b, o.shape.m, o.shape.n, o.shape.k);
        else
            tn_gemm(pool, o.c, o.ldc, beta, a, b, o.shape.m, o.shape.n, o.shape.k);
        check_product(&o, "tn_gemm");
        free_operands(&o);
    }
    free_problem(&problem);
    tn_pool_destroy(pool);
}
END_TEST

START_TEST(serial_products_match_the_definition)
{
    const struct tn_pass pass = {.bf16 = false};
    struct problem problem;
    struct operands o;

    make_problem(&problem, shapes[_i], true);
    make_operands(&o, &problem, true, false, 1, 1);
    tn_pass_gemm_serial(&pass, o.c, o.ldc, 1, tn_turned(o.a, o.lda), tn_plain(o.b, o.ldb),
                        o.shape.m, o.shape.n, o.shape.k);
    check_product(&o, "tn_pass_gemm_serial");
    free_operands(&o);
    free_problem(&problem);
}
END_TEST

static void multiply_by(const struct tn_gemm_kernels *kernels, struct tn_pool *pool,
                        const struct operands *o, float alpha, float beta, bool pack_first)
{
    const struct tn_product product = {
        .trans_a = o->trans_a,
        .trans_b = o->trans_b,
        .m = o->shape.m,
        .n = o->shape.n,
        .k = o->shape.k,
        .alpha = alpha,
        .a = o->a,
        .lda = o->lda,
        .b = o->b,
        .ldb = o->ldb,
        .beta = beta,
        .c = o->c,
        .ldc = o->ldc,
    };
    const size_t first = product.k / 4 * 2;
    struct tn_product packed = product;
    float *panels;

    if (!pack_first) {
        tn_gemm_by(kernels, pool, &product);
        return;
    }
    panels = tn_memory_create(kernels->packed_floats(product.n, product.k) * sizeof *panels);
    ck_assert_ptr_nonnull(panels);
    kernels->pack(panels, &product, 0, first, 0, product.n);
    kernels->pack(panels, &product, first, product.k - first, 0, product.n);
    packed.packed = panels;
    packed.b = NULL;
    tn_gemm_by(kernels, pool, &packed);
    free(panels);
}

static void check_by(const struct tn_gemm_kernels *kernels, const char *name, struct tn_pool *pool,
                     const struct problem *problem, int variant)
{
    const float beta = variant & 4 ? 0.25F : 0;
    struct operands o;

    make_operands(&o, problem, variant & 1, variant & 2, -0.5F, beta);
    multiply_by(kernels, pool, &o, -0.5F, beta, kernels->pack && variant % 3 == 0);
    check_product(&o, name);
    free_operands(&o);
}

/* OpenBLAS too. */
START_TEST(every_kernel_set_multiplies_as_defined)
{
    struct problem problem;
    struct tn_pool *pool;

    ck_assert_int_eq(tn_pool_create(2, &pool, NULL), TN_OK);
    make_problem(&problem, shapes[_i], true);
    for (int variant = 0; variant < 8; variant++) {
        for (size_t s = 0; tn_kernels_at(s); s++)
            check_by(tn_kernels_at(s)->gemm, tn_kernels_at(s)->name, pool, &problem, variant);
        if (tn_blas())
            check_by(tn_blas(), "OpenBLAS", pool, &problem, variant);
    }
    free_problem(&problem);
    tn_pool_destroy(pool);
}
END_TEST

/* To the nearer bf16, the even one of two. */
static void round_to_bf16(float *x, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;

        memcpy(&bits, &x[i], sizeof bits);
        bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
        memcpy(&x[i], &bits, sizeof bits);
    }
}

START_TEST(bf16_products_are_those_of_rounded_factors)
{
    const struct shape shape = shapes[_i];
    struct problem problem, rounded;
    struct tn_pool *pool;

    if (!tn_kernels_bf16())
        return;
    ck_assert_int_eq(tn_pool_create(2, &pool, NULL), TN_OK);
    make_problem(&problem, shape, false);
    make_problem(&rounded, shape, false);
    round_to_bf16(rounded.a, shape.m * shape.k);
    round_to_bf16(rounded.b, shape.k * shape.n);
    multiply(&rounded);
    memcpy(problem.product, rounded.product, shape.m * shape.n * sizeof(float));
    for (int variant = 0; variant < 8; variant++)
        check_by(tn_kernels_bf16(), "bf16", pool, &problem, variant);
    free_problem(&problem);
    free_problem(&rounded);
    tn_pool_destroy(pool);
}
END_TEST

START_TEST(packed_products_match_the_definition)
{
    const struct shape shape = shapes[_i];
    struct tn_packed packed;
    struct problem problem;
    struct tn_pool *pool;
    struct operands o;
    float *panels = tn_memory_create(tn_packed_floats(shape.n, shape.k) * sizeof *panels);

    ck_assert_ptr_nonnull(panels);
    ck_assert_int_eq(tn_pool_create(2, &pool, NULL), TN_OK);
    make_problem(&problem, shape, true);
    make_operands(&o, &problem, false, true, 1, 1);
    tn_pack(tn_gemm_best(), pool, &packed, panels, tn_turned(o.b, o.ldb), shape.n, shape.k);
    tn_gemm_packed(pool, o.c, o.ldc, 1, tn_plain(o.a, o.lda), &packed, shape.m);
    check_product(&o, "tn_gemm_packed");
    free_operands(&o);
    free_problem(&problem);
    tn_pool_destroy(pool);
    free(panels);
}
END_TEST

START_TEST(with_beta_0_what_was_there_does_not_matter)
{
    struct problem problem;

    make_problem(&problem, (struct shape){41, 50, 60}, true);
    for (size_t s = 0; tn_kernels_at(s); s++) {
        struct operands o;

        make_operands(&o, &problem, false, false, 1, 0);
        for (size_t i = 0; i < o.c_count; i++)
            o.c[i] = i % o.ldc < 50 ? NAN : o.c[i];
        multiply_by(tn_kernels_at(s)->gemm, NULL, &o, 1, 0, false);
        check_product(&o, tn_kernels_at(s)->name);
        free_operands(&o);
    }
    free_problem(&problem);
}
END_TEST

/* Without a pool there is no memory to share either, and blocks pack B on their own. */
static void check_threads(const struct tn_gemm_kernels *kernels, struct shape shape)
{
    struct problem problem;
    struct operands alone;

    make_problem(&problem, shape, false);
    make_operands(&alone, &problem, false, true, 1, 1);
    multiply_by(kernels, NULL, &alone, 1, 1, false);
    for (size_t threads = 1; threads <= 5; threads += 2) {
        struct tn_pool *pool;
        struct operands o;

        make_operands(&o, &problem, false, true, 1, 1);
        ck_assert_int_eq(tn_pool_create(threads, &pool, NULL), TN_OK);
        multiply_by(kernels, pool, &o, 1, 1, false);
        ck_assert_msg(memcmp(o.c, alone.c, o.c_count * sizeof(float)) == 0,
                      "%zux%zux%zu differs with %zu threads", shape.m, shape.n, shape.k, threads);
        tn_pool_destroy(pool);
        free_operands(&o);
    }
    free_operands(&alone);
    free_problem(&problem);
}

START_TEST(the_number_of_threads_does_not_change_a_bit)
{
    static const struct shape in_pieces = {600, 1040, 1100};
    const struct shape shape = _i < SHAPES ? shapes[_i] : in_pieces;

    check_threads(tn_gemm_best(), shape);
    if (tn_kernels_bf16())
        check_threads(tn_kernels_bf16(), shape);
}
END_TEST

static size_t threads_of_the_process(void)
{
    size_t count = 0;
    DIR *tasks = opendir("/proc/self/task");

    ck_assert_ptr_nonnull(tasks);
    while (readdir(tasks))
        count++;
    closedir(tasks);
    return count;
}

START_TEST(openblas_starts_no_threads)
{
    const size_t before = threads_of_the_process();

    tn_blas();
    ck_assert_uint_eq(threads_of_the_process(), before);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("gemm");
    TCase *products = tcase_create("products"), *kernels = tcase_create("kernels");

    tcase_add_loop_test(products, products_match_the_definition, 0, SHAPES);
    tcase_add_loop_test(products, serial_products_match_the_definition, 0, SHAPES);
    tcase_add_loop_test(products, packed_products_match_the_definition, 0, SHAPES);
    tcase_add_loop_test(products, the_number_of_threads_does_not_change_a_bit, 0, SHAPES + 1);
    tcase_add_test(products, openblas_starts_no_threads);
    tcase_add_loop_test(kernels, every_kernel_set_multiplies_as_defined, 0, SHAPES);
    tcase_add_loop_test(kernels, bf16_products_are_those_of_rounded_factors, 0, SHAPES);
    tcase_add_test(kernels, with_beta_0_what_was_there_does_not_matter);
    suite_add_tcase(suite, products);
    suite_add_tcase(suite, kernels);
    return suite;
}
