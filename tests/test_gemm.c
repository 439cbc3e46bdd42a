/* SPDX-License-Identifier: MIT */
/* The matrix product against its definition: all transposes, odd sizes, strides, alpha and beta. */
#include "tests/support/suite.h"

#include "tensor/blas.h"
#include "tensor/gemm.h"
#include "tensor/kernels.h"
#include "tensor/memory.h"
#include "tensor/rng.h"

#include <dirent.h>
#include <math.h>
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

/* A product's operands, with rows GAP longer than they need be. */
struct operands {
    struct shape shape;
    bool trans_a, trans_b;
    size_t lda, ldb, ldc, c_count;
    float *a, *b, *c, *truth;
};

static float *random_floats(struct tn_rng *rng, size_t count)
{
    float *x = malloc((count + 1) * sizeof *x);

    ck_assert_ptr_nonnull(x);
    tn_rng_fill_uniform(rng, x, count, 1);
    return x;
}

static void make_operands(struct operands *o, struct shape shape, bool trans_a, bool trans_b)
{
    struct tn_rng rng;

    tn_rng_init(&rng, 11);
    *o = (struct operands){.shape = shape, .trans_a = trans_a, .trans_b = trans_b};
    o->lda = (trans_a ? shape.m : shape.k) + GAP;
    o->ldb = (trans_b ? shape.k : shape.n) + GAP;
    o->ldc = shape.n + GAP;
    o->c_count = shape.m * o->ldc;
    o->a = random_floats(&rng, (trans_a ? shape.k : shape.m) * o->lda);
    o->b = random_floats(&rng, (trans_b ? shape.n : shape.k) * o->ldb);
    o->c = random_floats(&rng, o->c_count);
    o->truth = random_floats(&rng, o->c_count);
    memcpy(o->truth, o->c, o->c_count * sizeof(float));
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

START_TEST(products_match_the_definition)
{
    static const float factors[][2] = {{1, 0}, {1, 1}, {-0.5F, 0.25F}};
    struct tn_pool *pool;

    ck_assert_int_eq(tn_pool_create(3, &pool, NULL), TN_OK);
    /* Large shapes are slow by the definition: the last four variants have everything. */
    for (int variant = shapes[_i].m * shapes[_i].n > 10000 ? 8 : 0; variant < 12; variant++) {
        const float alpha = factors[variant / 4][0], beta = factors[variant / 4][1];
        struct operands o;

        make_operands(&o, shapes[_i], variant & 1, variant & 2);
        tn_gemm_naive(o.trans_a, o.trans_b, o.shape.m, o.shape.n, o.shape.k, alpha, o.a, o.lda, o.b,
                      o.ldb, beta, o.truth, o.ldc);
        tn_gemm(pool, o.trans_a, o.trans_b, o.shape.m, o.shape.n, o.shape.k, alpha, o.a, o.lda, o.b,
                o.ldb, beta, o.c, o.ldc);
        check_product(&o, "tn_gemm");
        free_operands(&o);
    }
    tn_pool_destroy(pool);
}
END_TEST

START_TEST(serial_products_match_the_definition)
{
    struct operands o;

    make_operands(&o, shapes[_i], true, false);
    tn_gemm_naive(true, false, o.shape.m, o.shape.n, o.shape.k, 1, o.a, o.lda, o.b, o.ldb, 1,
                  o.truth, o.ldc);
    tn_gemm_serial(true, false, o.shape.m, o.shape.n, o.shape.k, 1, o.a, o.lda, o.b, o.ldb, 1, o.c,
                   o.ldc);
    check_product(&o, "tn_gemm_serial");
    free_operands(&o);
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
    struct tn_product packed = product;
    float *panels;

    if (!pack_first) {
        tn_gemm_by(kernels, pool, &product);
        return;
    }
    panels = tn_memory_create(kernels->packed_floats(product.n, product.k) * sizeof *panels);
    ck_assert_ptr_nonnull(panels);
    kernels->pack(panels, &product, 0, product.k / 2, 0, product.n);
    kernels->pack(panels, &product, product.k / 2, product.k - product.k / 2, 0, product.n);
    packed.packed = panels;
    packed.b = NULL;
    tn_gemm_by(kernels, pool, &packed);
    free(panels);
}

static void check_by(const struct tn_gemm_kernels *kernels, const char *name, struct tn_pool *pool,
                     const struct operands *truth, float beta, bool packed)
{
    struct operands own;

    make_operands(&own, truth->shape, truth->trans_a, truth->trans_b);
    multiply_by(kernels, pool, &own, -0.5F, beta, packed);
    memcpy(truth->c, own.c, truth->c_count * sizeof(float));
    check_product(truth, name);
    free_operands(&own);
}

/* OpenBLAS too. */
START_TEST(every_kernel_set_multiplies_as_defined)
{
    const struct shape shape = shapes[_i];
    struct tn_pool *pool;

    ck_assert_int_eq(tn_pool_create(2, &pool, NULL), TN_OK);
    for (int variant = shape.m * shape.n > 10000 ? 4 : 0; variant < 8; variant++) {
        const float beta = variant & 4 ? 0.25F : 0;
        struct operands o;

        make_operands(&o, shape, variant & 1, variant & 2);
        tn_gemm_naive(o.trans_a, o.trans_b, shape.m, shape.n, shape.k, -0.5F, o.a, o.lda, o.b,
                      o.ldb, beta, o.truth, o.ldc);
        for (size_t s = 0; tn_kernels_at(s); s++)
            check_by(tn_kernels_at(s)->gemm, tn_kernels_at(s)->name, pool, &o, beta,
                     variant % 3 == 0);
        if (tn_blas())
            check_by(tn_blas(), "OpenBLAS", pool, &o, beta, false);
        free_operands(&o);
    }
    tn_pool_destroy(pool);
}
END_TEST

START_TEST(packed_products_match_the_definition)
{
    const struct shape shape = shapes[_i];
    struct tn_packed packed;
    struct tn_pool *pool;
    struct operands o;
    float *panels = tn_memory_create(tn_packed_floats(shape.n, shape.k) * sizeof *panels);

    ck_assert_ptr_nonnull(panels);
    ck_assert_int_eq(tn_pool_create(2, &pool, NULL), TN_OK);
    make_operands(&o, shape, false, true);
    tn_gemm_naive(false, true, shape.m, shape.n, shape.k, 1, o.a, o.lda, o.b, o.ldb, 1, o.truth,
                  o.ldc);
    tn_pack(pool, &packed, true, shape.n, shape.k, o.b, o.ldb, panels);
    tn_gemm_packed(pool, false, shape.m, 1, o.a, o.lda, &packed, 1, o.c, o.ldc);
    check_product(&o, "tn_gemm_packed");
    free_operands(&o);
    tn_pool_destroy(pool);
    free(panels);
}
END_TEST

START_TEST(with_beta_0_what_was_there_does_not_matter)
{
    for (size_t s = 0; tn_kernels_at(s); s++) {
        struct operands o;

        make_operands(&o, (struct shape){41, 50, 60}, false, false);
        for (size_t i = 0; i < o.c_count; i++)
            o.c[i] = NAN;
        multiply_by(tn_kernels_at(s)->gemm, NULL, &o, 1, 0, false);
        for (size_t i = 0; i < o.c_count; i++)
            ck_assert(i % o.ldc >= 50 || isfinite(o.c[i]));
        free_operands(&o);
    }
}
END_TEST

/* Without a pool there is no memory to share either, and blocks pack B on their own. */
START_TEST(the_number_of_threads_does_not_change_a_bit)
{
    static const struct shape in_pieces = {600, 1040, 1100};
    const struct shape shape = _i < SHAPES ? shapes[_i] : in_pieces;

    for (size_t threads = 1; threads <= 5; threads += 2) {
        struct tn_pool *pool;
        struct operands o;

        make_operands(&o, shape, false, true);
        ck_assert_int_eq(tn_pool_create(threads, &pool, NULL), TN_OK);
        tn_gemm(NULL, false, true, o.shape.m, o.shape.n, o.shape.k, 1, o.a, o.lda, o.b, o.ldb, 1,
                o.truth, o.ldc);
        tn_gemm(pool, false, true, o.shape.m, o.shape.n, o.shape.k, 1, o.a, o.lda, o.b, o.ldb, 1,
                o.c, o.ldc);
        ck_assert_msg(memcmp(o.c, o.truth, o.c_count * sizeof(float)) == 0,
                      "%zux%zux%zu differs with %zu threads", o.shape.m, o.shape.n, o.shape.k,
                      threads);
        tn_pool_destroy(pool);
        free_operands(&o);
    }
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
    tcase_add_test(kernels, with_beta_0_what_was_there_does_not_matter);
    suite_add_tcase(suite, products);
    suite_add_tcase(suite, kernels);
    return suite;
}
