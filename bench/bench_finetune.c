/* SPDX-License-Identifier: MIT */
/*
 * One step of training AlexNet and a decoder together, on random pixels: cutting and colouring,
 * both nets forward and backward, Adam.  -B: with products of bf16.  Prints one JSON line.
 * usage: bench_finetune [-t THREADS] [-s SECONDS] [-b PHOTOS] [-f FIRST_LAYER] [-B]
 */
#include "base/memory.h"
#include "bench/support.h"
#include "cnn/alexnet.h"
#include "train/tasks/finetune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAPTIONS = 5, CAPTION_WORDS = 11, WORDS = 3000, MAX_RUNS = 1000 };

/* Photos of noise with CAPTIONS captions of random words each. */
struct data {
    struct data_corpus corpus;
    struct data_features features;
    struct data_pixels pixels;
    struct data_source source;
};

static void make_data(struct data *data, size_t photos, struct tn_rng *rng)
{
    struct data_corpus *c = &data->corpus;
    const size_t bytes = photos * ALEXNET_SIDE * ALEXNET_SIDE * 3, captions = photos * CAPTIONS;

    *c = (struct data_corpus){.photos = calloc(photos, sizeof *c->photos),
                              .firsts = calloc(photos + 1, sizeof *c->firsts),
                              .photo_count = photos,
                              .starts = calloc(captions + 1, sizeof *c->starts),
                              .caption_count = captions,
                              .ids = calloc(captions * CAPTION_WORDS, sizeof *c->ids)};
    data->pixels = (struct data_pixels){.side = ALEXNET_SIDE, .rgb = malloc(bytes)};
    bench_require(c->photos && c->firsts && c->starts && c->ids && data->pixels.rgb);
    for (size_t i = 0; i < bytes; i++)
        data->pixels.rgb[i] = (unsigned char)tn_rng_below(rng, 256);
    for (size_t i = 0; i <= photos; i++)
        c->firsts[i] = i * CAPTIONS;
    for (size_t i = 0; i < photos; i++)
        c->photos[i] = i;
    for (size_t i = 0; i <= captions; i++)
        c->starts[i] = i * CAPTION_WORDS;
    for (size_t i = 0; i < captions * CAPTION_WORDS; i++)
        c->ids[i] = VOCAB_FIRST_WORD + (int)tn_rng_below(rng, WORDS);
    data->features =
        (struct data_features){.photos = photos, .views = 1, .width = ALEXNET_FEATURES};
    data->source = (struct data_source){c, &data->features, {64, true, true}, CAPTION_WORDS + 1};
}

/* What takes part in a step. */
struct bench {
    struct train_task *task;
    struct train_optimiser optimiser;
    struct tn_pass pass;
    struct tn_rng rng;
    float *theta;
};

static double step(struct bench *bench)
{
    const double start = bench_now();
    size_t tokens;

    train_task_shuffle(bench->task, &bench->rng);
    bench->task->ops->step(bench->task, &bench->pass, &(struct train_slice){0, 0, 1}, &tokens);
    train_optimiser_step(&bench->optimiser, bench->pass.pool, 1e-6F, bench->theta,
                         bench->pass.dtheta, 1);
    return bench_now() - start;
}

static void measure(struct bench *bench, double seconds, size_t photos, const char *first)
{
    static double times[MAX_RUNS];
    size_t count = 0;

    step(bench);
    for (const double start = bench_now();
         count < MAX_RUNS && (count < 3 || bench_now() - start < seconds);)
        times[count++] = step(bench);
    bench_sort(times, count);
    printf("{\"what\": \"finetune step\", \"from\": \"%s\", \"photos\": %zu, \"captions\": %zu, "
           "\"threads\": %zu, \"bf16\": %s, \"ms_med\": %.0f, \"ms_best\": %.0f, \"photos_s_med\": "
           "%.1f, "
           "\"n\": %zu}\n",
           first, photos, photos * CAPTIONS, tn_pool_threads(bench->pass.pool),
           bench->pass.bf16 ? "true" : "false", 1e3 * times[count / 2], 1e3 * times[0],
           (double)photos / times[count / 2], count);
}

static struct vocab *make_vocab(void)
{
    char *text = malloc(WORDS * 8 + 1), *end = text;
    struct vocab *vocab;

    bench_require(text != NULL);
    for (size_t i = 0; i < WORDS; i++)
        end += sprintf(end, "w%zu\n", i);
    bench_require(vocab_parse(text, (size_t)(end - text), &vocab, NULL) == TN_OK);
    free(text);
    return vocab;
}

static void set_up(struct bench *bench, struct data *data, struct cnn_network *network,
                   size_t photos, const char *first)
{
    const struct train_optimiser_options update = TRAIN_OPTIMISER_OPTIONS_DEFAULT;
    const size_t weights = cnn_network_layout(network)->floats;
    float *start = calloc(weights, sizeof *start);
    const struct finetune_options finetune = {.network = network,
                                              .start = start,
                                              .first = cnn_network_find(network, first),
                                              .rate = 1,
                                              .captions = CAPTIONS,
                                              .pixels = &data->pixels};
    const struct caption_task_options options = {.train = &data->source,
                                                 .vocab = make_vocab(),
                                                 .decoder = {.cell = rnn_cell_find("lstm"),
                                                             .layers = 1,
                                                             .embedding = 512,
                                                             .hidden = 512,
                                                             .dropout = 0.5F,
                                                             .image_dropout = 0.5F},
                                                 .prefix = "",
                                                 .batch = photos,
                                                 .label_smoothing = 0.1F};
    size_t floats;

    bench_require(start && finetune.first < cnn_network_count(network));
    tn_rng_fill_uniform(&bench->rng, start, weights, 0.01F);
    bench_require(finetune_task_create(&options, &finetune, &bench->task, NULL) == TN_OK);
    floats = bench->task->layout->floats;
    bench->pass.theta = bench->theta = tn_memory_create(floats * sizeof(float));
    bench->pass.dtheta = tn_memory_create(floats * sizeof(float));
    bench_require(bench->pass.theta && bench->pass.dtheta);
    bench_require(train_optimiser_init(&bench->optimiser, train_optimiser_find("adam"), &update,
                                       NULL, floats, NULL) == TN_OK);
    tn_arena_measure(bench->pass.arena);
    bench->task->ops->measure(bench->task, &bench->pass);
    bench_require(tn_arena_reserve(bench->pass.arena, NULL) == TN_OK);
    bench->task->ops->init(bench->task, &bench->rng, bench->theta);
    free(start);
}

int main(int argc, char **argv)
{
    size_t threads = 2, photos = 32;
    double seconds = 8;
    const char *first = "conv2";
    struct tn_arena arena;
    struct bench bench = {.pass = {.arena = &arena, .rng = &bench.rng}};
    struct cnn_network *network;
    struct data data;
    int option;

    while ((option = getopt(argc, argv, "t:s:b:f:B")) != -1) {
        if (option == 't')
            threads = (size_t)strtoul(optarg, NULL, 10);
        else if (option == 's')
            seconds = strtod(optarg, NULL);
        else if (option == 'b')
            photos = (size_t)strtoul(optarg, NULL, 10);
        else if (option == 'f')
            first = optarg;
        else if (option == 'B')
            bench.pass.bf16 = true;
        else
            return 2;
    }
    bench_require(photos > 0 && (!bench.pass.bf16 || tn_kernels_bf16()));
    tn_rng_init(&bench.rng, 1);
    bench_require(tn_pool_create(threads, &bench.pass.pool, NULL) == TN_OK);
    bench_require(alexnet_create("", 0, &network, NULL) == TN_OK);
    make_data(&data, photos, &bench.rng);
    set_up(&bench, &data, network, photos, first);
    measure(&bench, seconds, photos, first);
    return 0;
}
