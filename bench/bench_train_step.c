/* SPDX-License-Identifier: MIT */
/*
 * One training step of the decoder: loss, gradient, clipping by norm, Adam.  Prints one JSON line.
 * -B: with products of bf16.  With 0 features it is a language model's, with the state carried from
 * step to step. usage: bench_train_step [-t THREADS] [-s SECONDS] [-b BATCH] [-c CELL] [-f
 * FEATURES] [-T STEPS]
 *                         [-V WORDS] [-B]
 */
#include "base/memory.h"
#include "bench/support.h"
#include "models/decoder.h"
#include "tensor/kernels/kernels.h"
#include "train/optimiser.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { WIDTH = 512, MAX_RUNS = 2000 };

struct bench {
    size_t threads, batch, features, steps, words;
    double seconds;
    bool bf16;
    const char *cell;
    struct tn_pool *pool;
    struct decoder *decoder;
    struct train_optimiser optimiser;
    struct tn_arena arena;
    struct decoder_batch data;
    float *theta, *dtheta;
    size_t count; /* of times */
    double step[MAX_RUNS], cpu[MAX_RUNS], gradient[MAX_RUNS], update[MAX_RUNS];
};

static void *zeroed(size_t count, size_t size)
{
    void *memory = tn_memory_create(count * size);

    bench_require(memory != NULL);
    return memory;
}

/* Random words and photos; all are as long, as the peer's are. */
static void make_data(struct bench *bench, struct tn_rng *rng)
{
    const size_t tokens = bench->batch * bench->steps;
    float *features = zeroed(bench->batch * bench->features + 1, sizeof *features);
    int *inputs = zeroed(tokens, sizeof *inputs), *targets = zeroed(tokens, sizeof *targets);
    size_t *lengths = zeroed(bench->batch, sizeof *lengths);

    for (size_t i = 0; i < bench->batch * bench->features; i++)
        features[i] = tn_rng_uniform(rng);
    for (size_t i = 0; i < tokens; i++) {
        inputs[i] = (int)tn_rng_below(rng, bench->words);
        targets[i] = (int)tn_rng_below(rng, bench->words);
    }
    for (size_t b = 0; b < bench->batch; b++)
        lengths[b] = bench->steps;
    bench->data = (struct decoder_batch){.size = bench->batch,
                                         .steps = bench->steps,
                                         .features = features,
                                         .inputs = inputs,
                                         .targets = targets,
                                         .lengths = lengths};
    if (bench->features == 0) {
        float *state = zeroed(decoder_state_floats(bench->decoder, bench->batch), sizeof *state);

        bench->data.initial = bench->data.final = state;
    }
}

static double gradient(struct bench *bench)
{
    const struct tn_pass pass = {.pool = bench->pool,
                                 .theta = bench->theta,
                                 .dtheta = bench->dtheta,
                                 .arena = &bench->arena,
                                 .bf16 = bench->bf16};

    return decoder_loss(bench->decoder, &pass, &bench->data,
                        1.0F / (float)(bench->batch * bench->steps), 0);
}

static void setup(struct bench *bench)
{
    const struct train_optimiser_options options = TRAIN_OPTIMISER_OPTIONS_DEFAULT;
    const struct decoder_config config = {.cell = rnn_cell_find(bench->cell),
                                          .layers = 1,
                                          .embedding = WIDTH,
                                          .hidden = WIDTH,
                                          .vocabulary = bench->words,
                                          .features = bench->features};
    struct tn_rng rng;
    size_t floats;

    bench_require(config.cell && bench->batch > 0 && bench->steps > 0 && bench->words > 0);
    tn_rng_init(&rng, 1);
    bench_require(tn_pool_create(bench->threads, &bench->pool, NULL) == TN_OK);
    bench_require(decoder_create(&config, "", &bench->decoder, NULL) == TN_OK);
    floats = decoder_layout(bench->decoder)->floats;
    bench->theta = zeroed(floats, sizeof(float));
    bench->dtheta = zeroed(floats, sizeof(float));
    decoder_init(bench->decoder, &rng, bench->theta);
    bench_require(train_optimiser_init(&bench->optimiser, train_optimiser_find("adam"), &options,
                                       NULL, floats, NULL) == TN_OK);
    make_data(bench, &rng);
    tn_arena_measure(&bench->arena);
    gradient(bench);
    bench_require(tn_arena_reserve(&bench->arena, NULL) == TN_OK);
}

static void finish(struct bench *bench)
{
    tn_arena_finish(&bench->arena);
    train_optimiser_finish(&bench->optimiser);
    decoder_destroy(bench->decoder);
    tn_pool_destroy(bench->pool);
    free(bench->theta);
    free(bench->dtheta);
}

static void step(struct bench *bench)
{
    const double cpu = 1e3 * bench_cpu(), start = 1e3 * bench_now();
    const size_t i = bench->count++;
    double middle;

    gradient(bench);
    middle = 1e3 * bench_now();
    train_optimiser_step(&bench->optimiser, bench->pool, 1e-3F, bench->theta, bench->dtheta, 1);
    bench->update[i] = 1e3 * bench_now() - middle;
    bench->gradient[i] = middle - start;
    bench->step[i] = bench->gradient[i] + bench->update[i];
    bench->cpu[i] = 1e3 * bench_cpu() - cpu;
}

static void report(struct bench *bench)
{
    const size_t gates = rnn_cell_find(bench->cell)->gates * WIDTH;
    const double products =
        (double)bench->batch *
        ((double)(bench->features * gates) +
         (double)bench->steps * (double)(2 * gates * WIDTH + WIDTH * bench->words));
    const double typical = bench_median(bench->step, bench->count);
    const double cpu = bench_median(bench->cpu, bench->count);
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    printf("{\"peer\": \"caption\", \"what\": \"train step\", \"cell\": \"%s\", \"batch\": %zu, "
           "\"T\": %zu, \"E\": %d, \"H\": %d, \"V\": %zu, \"features\": %zu, \"threads\": %zu, "
           "\"kernels\": \"%s\", \"params_M\": %.2f, \"gflop\": %.2f, \"ms_med\": %.1f, "
           "\"ms_best\": %.1f, \"cpu_ms_med\": %.1f, \"cpu_ms_best\": %.1f, "
           "\"steps_s_med\": %.2f, \"gflops_best\": %.1f, \"grad_ms\": %.1f, \"opt_ms\": %.1f, "
           "\"n\": %zu, \"maxrss_mb\": %ld}\n",
           bench->cell, bench->batch, bench->steps, WIDTH, WIDTH, bench->words, bench->features,
           tn_pool_threads(bench->pool), bench->bf16 ? "bf16" : tn_kernels_best()->name,
           (double)decoder_layout(bench->decoder)->floats / 1e6, 6 * products / 1e9, typical,
           bench->step[0], cpu, bench->cpu[0], 1e3 / typical, 6 * products / bench->step[0] / 1e6,
           bench_median(bench->gradient, bench->count), bench_median(bench->update, bench->count),
           bench->count, usage.ru_maxrss / 1024);
}

int main(int argc, char **argv)
{
    static struct bench bench = {.threads = 2,
                                 .batch = 64,
                                 .features = 4096,
                                 .steps = 16,
                                 .words = 8000,
                                 .seconds = 8,
                                 .cell = "lstm"};
    double start;
    int option;

    while ((option = getopt(argc, argv, "t:s:b:c:f:T:V:B")) != -1) {
        switch (option) {
        case 't':
            bench.threads = (size_t)strtoul(optarg, NULL, 10);
            break;
        case 's':
            bench.seconds = strtod(optarg, NULL);
            break;
        case 'b':
            bench.batch = (size_t)strtoul(optarg, NULL, 10);
            break;
        case 'c':
            bench.cell = optarg;
            break;
        case 'f':
            bench.features = (size_t)strtoul(optarg, NULL, 10);
            break;
        case 'T':
            bench.steps = (size_t)strtoul(optarg, NULL, 10);
            break;
        case 'V':
            bench.words = (size_t)strtoul(optarg, NULL, 10);
            break;
        case 'B':
            bench.bf16 = true;
            break;
        default:
            return EXIT_FAILURE;
        }
    }
    bench_require(!bench.bf16 || tn_kernels_bf16());
    setup(&bench);
    for (int i = 0; i < 2; i++)
        step(&bench);
    bench.count = 0;
    start = 1e3 * bench_now();
    do
        step(&bench);
    while (bench.count < MAX_RUNS &&
           (bench.count < 5 || 1e3 * bench_now() - start < 1e3 * bench.seconds));
    report(&bench);
    finish(&bench);
    return EXIT_SUCCESS;
}
