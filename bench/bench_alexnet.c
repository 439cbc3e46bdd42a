/* SPDX-License-Identifier: MIT */
/*
 * bench_alexnet [--float] [--train] [--batch N] [--threads N] [--seconds S]: photos per second
 * through AlexNet to V, all layers, with random weights (the speed does not depend on them).
 *   --float   the float32 net, forward
 *   --train   the float32 net, forward and backward to every parameter
 * One JSON line a measurement; without a choice, all of them.
 */
#include "bench/support.h"
#include "cnn/alexnet.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { MIN_RUNS = 5, MAX_RUNS = 1024, WARM_RUNS = 2 };

struct options {
    bool with_float, with_train;
    size_t batch, threads;
    double seconds;
};

struct bench {
    struct options options;
    struct tn_pool *pool;
    struct cnn_network *network;
    struct tn_pass pass;
    struct tn_arena arena;
    struct tn_rng rng;
    float *theta, *dtheta, *x, *y;
};

/* Times run(bench) over and over and prints its line. */
static void measure(struct bench *bench, const char *mode, void (*run)(struct bench *))
{
    const struct options *o = &bench->options;
    double seconds[MAX_RUNS];
    const double begin = bench_now();
    struct rusage usage;
    size_t runs = 0;

    for (size_t i = 0; i < WARM_RUNS; i++)
        run(bench);
    while (runs < MAX_RUNS && (runs < MIN_RUNS || bench_now() - begin < o->seconds)) {
        const double start = bench_now();

        run(bench);
        seconds[runs++] = bench_now() - start;
    }
    bench_sort(seconds, runs);
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"bench\": \"alexnet\", \"mode\": \"%s\", \"batch\": %zu, \"threads\": %zu, "
           "\"ms_med\": %.3f, \"ms_best\": %.3f, \"img_s_med\": %.1f, \"img_s_best\": %.1f, "
           "\"n\": %zu, \"maxrss_mb\": %.1f}\n",
           mode, o->batch, tn_pool_threads(bench->pool), seconds[runs / 2] * 1e3, seconds[0] * 1e3,
           (double)o->batch / seconds[runs / 2], (double)o->batch / seconds[0], runs,
           (double)usage.ru_maxrss / 1024);
    fflush(stdout);
}

static void run_float(struct bench *bench)
{
    cnn_network_forward(bench->network, &bench->pass, cnn_network_count(bench->network) - 1,
                        bench->y, bench->x, bench->options.batch);
}

static void run_train(struct bench *bench)
{
    const size_t mark = tn_arena_mark(&bench->arena);
    struct cnn_tape tape;

    cnn_network_forward_keep(bench->network, &bench->pass, &tape, bench->x, bench->options.batch);
    cnn_network_backward(bench->network, &bench->pass, &tape, 0, NULL, bench->y);
    tn_arena_release(&bench->arena, mark);
}

/* Weights small enough that activations neither vanish nor overflow on their way. */
static void fill_weights(struct bench *bench)
{
    const struct tn_layout *layout = cnn_network_layout(bench->network);

    for (size_t i = 0; i < layout->count; i++) {
        const struct tn_parameter *p = &layout->parameters[i];
        const double in = (double)p->span.count / (double)p->dims[0];

        tn_rng_fill_uniform(&bench->rng, bench->theta + p->span.offset, p->span.count,
                            p->rank > 1 ? (float)sqrt(6 / in) : 0.1f);
    }
}

static enum tn_status bench_init(struct bench *bench, struct tn_error *err)
{
    const size_t batch = bench->options.batch;
    const size_t in = batch * 3 * ALEXNET_SIDE * ALEXNET_SIDE, out = batch * ALEXNET_FEATURES;
    size_t floats;

    TN_TRY(tn_pool_create(bench->options.threads, &bench->pool, err));
    TN_TRY(alexnet_create("", 0.5f, &bench->network, err));
    floats = cnn_network_layout(bench->network)->floats;
    bench->pass = (struct tn_pass){.pool = bench->pool, .rng = &bench->rng, .arena = &bench->arena};
    tn_rng_init(&bench->rng, 1);
    tn_arena_measure(&bench->arena);
    run_float(bench);
    if (bench->options.with_train)
        run_train(bench);
    TN_TRY(tn_arena_reserve(&bench->arena, err));
    bench->theta = malloc(floats * sizeof(float));
    bench->dtheta = calloc(bench->options.with_train ? floats : 1, sizeof(float));
    bench->x = malloc(in * sizeof(float));
    bench->y = malloc(out * sizeof(float));
    if (!bench->theta || !bench->dtheta || !bench->x || !bench->y)
        return tn_fail_nomem(err, (2 * floats + in + out) * sizeof(float));
    bench->pass.theta = bench->theta;
    bench->pass.dtheta = bench->dtheta;
    fill_weights(bench);
    tn_rng_fill_uniform(&bench->rng, bench->x, in, 128);
    return TN_OK;
}

static void bench_finish(struct bench *bench)
{
    free(bench->theta);
    free(bench->dtheta);
    free(bench->x);
    free(bench->y);
    tn_arena_finish(&bench->arena);
    cnn_network_destroy(bench->network);
    tn_pool_destroy(bench->pool);
}

static bool parse(int argc, char **argv, struct options *options)
{
    *options = (struct options){.batch = 32, .seconds = 5};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(argv[i], "--float") == 0)
            options->with_float = true;
        else if (strcmp(argv[i], "--train") == 0)
            options->with_train = true;
        else if (strcmp(argv[i], "--batch") == 0 && ++i)
            options->batch = (size_t)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--threads") == 0 && ++i)
            options->threads = (size_t)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0 && ++i)
            options->seconds = strtod(value, NULL);
        else
            return false;
    }
    if (!options->with_float && !options->with_train)
        options->with_float = options->with_train = true;
    return options->batch > 0;
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    struct tn_error err;

    if (!parse(argc, argv, &bench.options)) {
        fputs("usage: bench_alexnet [--float] [--train] [--batch N] [--threads N] [--seconds S]\n",
              stderr);
        return 2;
    }
    if (bench_init(&bench, &err) != TN_OK) {
        fprintf(stderr, "bench_alexnet: %s\n", err.text);
        return EXIT_FAILURE;
    }
    if (bench.options.with_float)
        measure(&bench, "float32", run_float);
    if (bench.options.with_train)
        measure(&bench, "float32 forward+backward", run_train);
    bench_finish(&bench);
    return EXIT_SUCCESS;
}
