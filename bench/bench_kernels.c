/* SPDX-License-Identifier: MIT */
/*
 * bench_kernels [--threads N] [--seconds S]: inference products (tensor/matrix.h) with float32,
 * float16 and int8 rows beside gemm on the same shapes; those with int8 rows and the products of
 * training by the kernels of every set this processor runs, the latter also by OpenBLAS; and the
 * elementwise kernels of the sets.  One JSON
 * line a measurement.
 */
#include "base/memory.h"
#include "base/rng.h"
#include "bench/support.h"
#include "tensor/blas.h"
#include "tensor/gemm.h"
#include "tensor/half.h"
#include "tensor/kernels/kernels.h"
#include "tensor/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 8000, MAX_COLUMNS = 1024, MAX_BATCH = 96, MIN_RUNS = 5, MAX_RUNS = 2000 };

static float *w, *x, *y;
static uint16_t *halves;
static signed char *quantised;
static float scale[MAX_ROWS];

struct bench {
    struct tn_pool *pool;
    struct tn_matrix matrix; /* data NULL: gemm */
    size_t batch;
    struct tn_arena arena;
    void (*elementwise)(float *y, const float *x, size_t count);
    struct tn_product product;
    const struct tn_gemm_kernels *kernels;
    const struct tn_int8_kernels *int8;
    void *prepared;
};

/* The median and the best time of a call, in seconds. */
static double median(struct bench *bench, void (*run)(struct bench *), double budget,
                     double *ret_best)
{
    double seconds[MAX_RUNS];
    const double begin = bench_now();
    size_t runs = 0;

    run(bench);
    while (runs < MAX_RUNS && (runs < MIN_RUNS || bench_now() - begin < budget)) {
        const double start = bench_now();

        run(bench);
        seconds[runs++] = bench_now() - start;
    }
    bench_sort(seconds, runs);
    *ret_best = seconds[0];
    return seconds[runs / 2];
}

static void run_linear(struct bench *b)
{
    tn_linear(b->pool, y, x, &b->matrix, NULL, false, b->batch, &b->arena);
}

static void run_gemm(struct bench *b)
{
    const size_t rows = b->matrix.rows, columns = b->matrix.columns;

    tn_gemm(b->pool, y, rows, 0, tn_plain(x, columns), tn_turned(w, columns), b->batch, rows,
            columns);
}

/* As tn_linear does it, on one thread. */
static void run_int8(struct bench *b)
{
    enum { ROWS = 64 };
    const struct tn_matrix *m = &b->matrix;
    struct tn_int8_input inputs[MAX_BATCH];
    struct tn_int8_product product = {.y_stride = m->rows,
                                      .columns = m->columns,
                                      .prepared = b->prepared,
                                      .inputs = inputs,
                                      .batch = b->batch};

    for (size_t i = 0; i < b->batch; i += b->int8->group(i, b->batch))
        b->int8->prepare(b->prepared, inputs, x, m->columns, i, b->int8->group(i, b->batch));
    for (size_t row = 0; row < m->rows; row += ROWS) {
        product.y = y + row;
        product.w = quantised + row * m->columns;
        product.w_scale = scale + row;
        product.rows = m->rows - row < ROWS ? m->rows - row : ROWS;
        b->int8->linear(&product);
    }
}

static void run_elementwise(struct bench *b)
{
    b->elementwise(y, x, MAX_COLUMNS * 8);
}

static void run_product(struct bench *b)
{
    tn_gemm_by(b->kernels, b->pool, &b->product);
}

static void bench_set(struct bench *b, const char *what, const char *set, double seconds)
{
    const struct tn_product *p = &b->product;
    double best;
    const double time = median(b, run_product, seconds, &best);

    printf("{\"bench\": \"product\", \"what\": \"%s\", \"m\": %zu, \"n\": %zu, \"k\": %zu, "
           "\"by\": \"%s\", \"packed before\": %s, \"threads\": %zu, \"us_med\": %.1f, "
           "\"us_best\": %.1f, \"gflops_best\": %.1f}\n",
           what, p->m, p->n, p->k, set, p->packed ? "true" : "false", tn_pool_threads(b->pool),
           time * 1e6, best * 1e6, 2e-9 * (double)(p->m * p->n * p->k) / best);
}

/* One shape by kernels, also with op(B) packed before. */
static void bench_shape_by(struct bench *b, const char *what, const struct tn_gemm_kernels *kernels,
                           const char *set, float *panels, double seconds)
{
    b->kernels = kernels;
    bench_set(b, what, set, seconds);
    kernels->pack(panels, &b->product, 0, b->product.k, 0, b->product.n);
    b->product.packed = panels;
    bench_set(b, what, set, seconds);
    b->product.packed = NULL;
}

/* One shape by OpenBLAS, by every set, and in bf16. */
static void bench_shape(struct bench *b, const char *what, float *panels, double seconds)
{
    b->kernels = tn_blas();
    b->product.packed = NULL;
    if (b->kernels)
        bench_set(b, what, "openblas", seconds);
    for (size_t s = 0; tn_kernels_at(s); s++)
        bench_shape_by(b, what, tn_kernels_at(s)->gemm, tn_kernels_at(s)->name, panels, seconds);
    if (tn_kernels_bf16())
        bench_shape_by(b, what, tn_kernels_bf16(), "bf16", panels, seconds);
}

/* The products of a decoder's training step (512 units, 8000 words), the recurrent ones for several
 * batches; and of a layer of AlexNet, for one image. */
static enum tn_status bench_training(struct bench *b, double seconds, struct tn_error *err)
{
    static const struct {
        const char *what;
        bool trans_a, trans_b;
        size_t m, n, k;
    } shapes[] = {
        {"recurrent", false, true, 8, 2048, 512},
        {"recurrent", false, true, 16, 2048, 512},
        {"recurrent", false, true, 32, 2048, 512},
        {"recurrent", false, true, 64, 2048, 512},
        {"recurrent back", false, false, 16, 512, 2048},
        {"recurrent back", false, false, 64, 512, 2048},
        {"gates", false, true, 1024, 2048, 512},
        {"gates' weights", true, false, 2048, 512, 1024},
        {"gates' inputs", false, false, 1024, 512, 2048},
        {"image's weights", true, false, 2048, 4096, 64},
        {"logits", false, true, 512, 8000, 512},
        {"words' weights", true, false, 8000, 512, 512},
        {"words' inputs", false, false, 512, 512, 8000},
        {"conv3", false, false, 384, 169, 2304},
        {"conv3's weights", false, true, 384, 2304, 169},
        {"conv3's inputs", true, false, 2304, 169, 384},
    };
    enum { LARGEST = 4096 * 2048 };
    float *memory = tn_memory_create((size_t)4 * LARGEST * sizeof *memory);

    if (!memory)
        return tn_fail_nomem(err, (size_t)4 * LARGEST * sizeof *memory);
    for (size_t i = 0; i < 2 * LARGEST; i++)
        memory[i] = (float)(i % 1000) * 1e-3f;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const size_t m = shapes[i].m, n = shapes[i].n, k = shapes[i].k;

        b->product = (struct tn_product){.trans_a = shapes[i].trans_a,
                                         .trans_b = shapes[i].trans_b,
                                         .m = m,
                                         .n = n,
                                         .k = k,
                                         .alpha = 1,
                                         .a = memory,
                                         .lda = shapes[i].trans_a ? m : k,
                                         .b = memory + LARGEST,
                                         .ldb = shapes[i].trans_b ? k : n,
                                         .c = memory + 2 * LARGEST,
                                         .ldc = n};
        bench_shape(b, shapes[i].what, memory + 3 * LARGEST, seconds);
    }
    free(memory);
    return TN_OK;
}

static void bench_products(struct bench *b, size_t rows, size_t columns, double seconds)
{
    static const size_t batches[] = {1, 3, 8, 32, 96};
    const struct tn_matrix matrices[] = {
        {TN_F32, rows, columns, w, NULL},
        {TN_F16, rows, columns, halves, NULL},
        {TN_I8, rows, columns, quantised, scale},
        {TN_F32, rows, columns, NULL, NULL},
    };

    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        for (size_t j = 0; j < sizeof matrices / sizeof *matrices; j++) {
            const char *kind = matrices[j].data ? tn_dtype_name(matrices[j].dtype) : "gemm";
            double time, best;

            b->matrix = matrices[j];
            b->batch = batches[i];
            time = median(b, matrices[j].data ? run_linear : run_gemm, seconds, &best);
            printf("{\"bench\": \"linear\", \"weights\": \"%s\", \"rows\": %zu, \"columns\": %zu, "
                   "\"batch\": %zu, \"threads\": %zu, \"us_med\": %.1f, \"us_best\": %.1f, "
                   "\"gflops_best\": %.1f}\n",
                   kind, rows, columns, b->batch, tn_pool_threads(b->pool), time * 1e6, best * 1e6,
                   2e-9 * (double)(rows * columns * b->batch) / best);
        }
    }
}

/* int8 rows by every set. */
static void bench_int8(struct bench *b, double seconds)
{
    static const size_t batches[] = {1, 3, 96};

    b->matrix = (struct tn_matrix){TN_I8, 2048, 512, quantised, scale};
    for (size_t s = 0; tn_kernels_at(s); s++) {
        b->int8 = tn_kernels_at(s)->int8;
        for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
            double time, best;

            b->batch = batches[i];
            b->prepared = aligned_alloc(64, MAX_BATCH * b->int8->row_bytes(b->matrix.columns));
            bench_require(b->prepared != NULL);
            time = median(b, run_int8, seconds, &best);
            free(b->prepared);
            printf("{\"bench\": \"int8\", \"set\": \"%s\", \"rows\": %zu, \"columns\": %zu, "
                   "\"batch\": %zu, \"threads\": 1, \"us_med\": %.1f, \"us_best\": %.1f, "
                   "\"gmacs_best\": %.1f}\n",
                   tn_kernels_at(s)->name, b->matrix.rows, b->matrix.columns, b->batch, time * 1e6,
                   best * 1e6,
                   1e-9 * (double)(b->matrix.rows * b->matrix.columns * b->batch) / best);
        }
    }
}

static void bench_elementwise(struct bench *b, double seconds)
{
    for (size_t s = 0; tn_kernels_at(s); s++) {
        const struct tn_float_kernels *k = tn_kernels_at(s)->floats;
        void (*const functions[])(float *, const float *, size_t) = {k->exp, k->sigmoid, k->tanh};
        static const char *const names[] = {"exp", "sigmoid", "tanh"};

        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            double time, best;

            b->elementwise = functions[i];
            time = median(b, run_elementwise, seconds, &best) * 1e9 / (MAX_COLUMNS * 8);
            printf("{\"bench\": \"%s\", \"set\": \"%s\", \"ns_element_med\": %.3f, "
                   "\"ns_element_best\": %.3f}\n",
                   names[i], tn_kernels_at(s)->name, time, best * 1e9 / (MAX_COLUMNS * 8));
        }
    }
}

static enum tn_status prepare(struct bench *b, struct tn_error *err)
{
    const size_t weights = (size_t)MAX_ROWS * MAX_COLUMNS;
    struct tn_rng rng;

    w = malloc(weights * sizeof *w);
    halves = malloc(weights * sizeof *halves);
    quantised = malloc(weights);
    x = malloc((size_t)MAX_BATCH * MAX_COLUMNS * sizeof *x);
    y = malloc((size_t)MAX_BATCH * MAX_ROWS * sizeof *y);
    if (!w || !halves || !quantised || !x || !y)
        return tn_fail_nomem(err, weights * sizeof *w);
    tn_rng_init(&rng, 1);
    tn_rng_fill_uniform(&rng, w, weights, 0.1f);
    tn_rng_fill_uniform(&rng, x, (size_t)MAX_BATCH * MAX_COLUMNS, 1.0f);
    tn_float_to_half(halves, w, weights);
    tn_quantise_rows(w, MAX_ROWS, MAX_COLUMNS, quantised, scale);
    tn_arena_measure(&b->arena);
    b->batch = MAX_BATCH;
    b->matrix = (struct tn_matrix){TN_I8, MAX_ROWS, MAX_COLUMNS, quantised, scale};
    run_linear(b);
    return tn_arena_reserve(&b->arena, err);
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    struct tn_error err;
    size_t threads = 0;
    double seconds = 0.2;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--threads") == 0)
            threads = (size_t)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            seconds = strtod(argv[i + 1], NULL);
    }
    if (tn_pool_create(threads, &bench.pool, &err) != TN_OK || prepare(&bench, &err) != TN_OK) {
        fprintf(stderr, "bench_kernels: %s\n", err.text);
        return EXIT_FAILURE;
    }
    bench_products(&bench, 2048, 512, seconds);
    bench_products(&bench, MAX_ROWS, 512, seconds);
    bench_int8(&bench, seconds);
    if (bench_training(&bench, seconds, &err) != TN_OK) {
        fprintf(stderr, "bench_kernels: %s\n", err.text);
        return EXIT_FAILURE;
    }
    bench_elementwise(&bench, seconds);
    tn_arena_finish(&bench.arena);
    tn_pool_destroy(bench.pool);
    free(w);
    free(halves);
    free(quantised);
    free(x);
    free(y);
    return EXIT_SUCCESS;
}
