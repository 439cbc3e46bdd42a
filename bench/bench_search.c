/* SPDX-License-Identifier: MIT */
/*
 * Beam search with a decoder of the usual size and random weights: 512 embedding, 512 hidden, 8000
 * words, 20 words per caption without an early end.  One JSON line for each batch and storage.
 * usage: bench_search [threads [beam]]
 */
#include "base/rng.h"
#include "bench/support.h"
#include "models/search.h"
#include "tensor/half.h"
#include "vocab/vocab.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    BATCH = 32,
    HIDDEN = 512,
    VOCABULARY = 8000,
    FEATURES = 4096,
    STEPS = 20,
    USUAL_BEAM = 3,
    MAX_RUNS = 100
};

static const char *const storage_names[] = {"f32", "f16", "int8"};

static void *need(void *memory)
{
    if (!memory) {
        fprintf(stderr, "out of memory\n");
        exit(EXIT_FAILURE);
    }
    return memory;
}

static void need_ok(enum tn_status status, const struct tn_error *err)
{
    if (status != TN_OK) {
        fprintf(stderr, "%s\n", err->text);
        exit(EXIT_FAILURE);
    }
}

/* Makes the matrix F16 (1) or int8 rows (2) in memory that lives until the end. */
static void store(struct tn_matrix *w, int storage)
{
    const size_t count = w->rows * w->columns;

    if (storage == 1) {
        uint16_t *half = need(malloc(count * sizeof *half));

        tn_float_to_half(half, w->data, count);
        *w = (struct tn_matrix){TN_F16, w->rows, w->columns, half, NULL};
    } else if (storage == 2) {
        signed char *q = need(malloc(count));
        float *scale = need(malloc(w->rows * sizeof *scale));

        tn_quantise_rows(w->data, w->rows, w->columns, q, scale);
        *w = (struct tn_matrix){TN_I8, w->rows, w->columns, q, scale};
    }
}

static void measure(const struct decoder_weights *weights, const char *storage,
                    struct search_limits limits, struct tn_pool *pool, const float *features)
{
    struct search_options options = SEARCH_OPTIONS_DEFAULT;
    const size_t batch = limits.images;
    double times[MAX_RUNS], cpu = 0, start = 1e3 * bench_now();
    struct search *search;
    struct tn_error err;
    size_t runs = 0;

    options.beam = limits.beam;
    options.min_words = options.max_words = limits.max_words;
    need_ok(search_create(weights, &limits, pool, &search, &err), &err);
    need_ok(search_run(search, &options, batch, features, &err), &err);
    while (runs < MAX_RUNS && (runs < 5 || 1e3 * bench_now() - start < 4000)) {
        const double wall = 1e3 * bench_now(), busy = 1e3 * bench_cpu();

        need_ok(search_run(search, &options, batch, features, &err), &err);
        times[runs++] = 1e3 * bench_now() - wall;
        cpu += 1e3 * bench_cpu() - busy;
    }
    bench_sort(times, runs);
    printf("{\"peer\": \"caption %s\", \"what\": \"beam decode\", \"batch\": %zu, \"beam\": %zu, "
           "\"L\": %d, \"E\": %d, \"H\": %d, \"V\": %d, \"threads\": %zu, \"ms_med\": %.2f, "
           "\"ms_best\": %.2f, \"cpu_ms_mean\": %.2f, \"captions_s_med\": %.1f, "
           "\"captions_s_best\": %.1f, \"n\": %zu}\n",
           storage, batch, limits.beam, STEPS, HIDDEN, HIDDEN, VOCABULARY, tn_pool_threads(pool),
           times[runs / 2], times[0], cpu / (double)runs, 1e3 * (double)batch / times[runs / 2],
           1e3 * (double)batch / times[0], runs);
    fflush(stdout);
    search_destroy(search);
}

int main(int argc, char **argv)
{
    const size_t threads = argc > 1 ? strtoul(argv[1], NULL, 10) : 2;
    const size_t beam = argc > 2 ? strtoul(argv[2], NULL, 10) : USUAL_BEAM;
    const struct decoder_config config = {.cell = rnn_cell_find("lstm"),
                                          .layers = 1,
                                          .embedding = HIDDEN,
                                          .hidden = HIDDEN,
                                          .vocabulary = VOCABULARY,
                                          .features = FEATURES};
    float *features = need(malloc(BATCH * FEATURES * sizeof *features)), *theta;
    struct decoder_weights weights;
    struct decoder *decoder;
    struct tn_pool *pool;
    struct tn_error err;
    struct tn_rng rng;

    need_ok(tn_pool_create(threads, &pool, &err), &err);
    need_ok(decoder_create(&config, "", &decoder, &err), &err);
    theta = need(calloc(decoder_layout(decoder)->floats, sizeof *theta));
    tn_rng_init(&rng, 1);
    decoder_init(decoder, &rng, theta);
    for (size_t i = 0; i < BATCH * FEATURES; i++)
        features[i] = tn_rng_uniform(&rng);
    for (int storage = 0; storage < 3; storage++) {
        need_ok(
            decoder_weights_from_theta(decoder_layout(decoder), theta, "", &config, &weights, &err),
            &err);
        store(&weights.embedding, storage);
        store(&weights.image, storage);
        store(&weights.output, storage);
        store(&weights.layers[0].input, storage);
        store(&weights.layers[0].hidden, storage);
        for (size_t batch = 1; batch <= BATCH; batch *= BATCH)
            measure(&weights, storage_names[storage], (struct search_limits){batch, beam, STEPS},
                    pool, features);
    }
    decoder_destroy(decoder);
    tn_pool_destroy(pool);
    free(theta);
    free(features);
    return EXIT_SUCCESS;
}
