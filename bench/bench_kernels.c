/* SPDX-License-Identifier: MIT */
/*
 * bench_kernels [--threads N] [--seconds S]: inference products (tensor/matrix.h) with float32,
 * float16 and int8 rows beside gemm on the same shapes, and elementwise kernels of every kernel set
 * this processor runs.  One JSON line a measurement.
 */
#include "tensor/gemm.h"
#include "tensor/half.h"
#include "tensor/kernels.h"
#include "tensor/matrix.h"
#include "tensor/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    const double p = *(const double *)a, q = *(const double *)b;

    return (p > q) - (p < q);
}

/* The median and the best time of a call, in seconds. */
static double median(struct bench *bench, void (*run)(struct bench *), double budget,
                     double *ret_best)
{
    double seconds[MAX_RUNS];
    const double begin = now();
    size_t runs = 0;

    run(bench);
    while (runs < MAX_RUNS && (runs < MIN_RUNS || now() - begin < budget)) {
        const double start = now();

        run(bench);
        seconds[runs++] = now() - start;
    }
    qsort(seconds, runs, sizeof *seconds, by_value);
    *ret_best = seconds[0];
    return seconds[runs / 2];
}

static void run_linear(struct bench *b)
{
    tn_linear(b->pool, b->batch, &b->matrix, x, NULL, false, y, &b->arena);
}

static void run_gemm(struct bench *b)
{
    const size_t rows = b->matrix.rows, columns = b->matrix.columns;

    tn_gemm(b->pool, false, true, b->batch, rows, columns, 1, x, columns, w, columns, 0, y, rows);
}

static void run_elementwise(struct bench *b)
{
    b->elementwise(y, x, MAX_COLUMNS * 8);
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
