/* SPDX-License-Identifier: MIT */
/*
 * A language model that writes: tokens per second with the weights of its file, every product
 * computed at every step, and with int8 rows and what each word adds to the gates kept, for one
 * text and for several side by side.  With a text that it has not seen, also the perplexity of
 * both.  One JSON line for each.  Without a model, one of 512 units, 96 characters and random
 * weights writes.
 * usage: bench_text [MODEL [TEXT]]
 */
#include "base/read_file.h"
#include "bench/support.h"
#include "models/language_model.h"
#include "tensor/pointwise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_TEXTS = 64, STEPS = 256, ROUNDS = 9 };

/* How a model is used in one measurement. */
struct way {
    const char *name;
    size_t texts;
    bool exact;
    size_t threads;
};

static void load(struct language_model *lm, const char *path, const struct way *way,
                 struct tn_pool **ret_pool)
{
    struct language_model_use use = {.texts = way->texts, .exact = way->exact};

    bench_require(tn_pool_create(way->threads, &use.pool, NULL) == TN_OK);
    bench_require(language_model_load(lm, path, &use, NULL) == TN_OK);
    *ret_pool = use.pool;
}

static void write_texts(struct language_model *lm, struct tn_rng *rng, const struct way *way)
{
    const struct choose_rule all = {.temperature = 1};
    const size_t texts = way->texts;
    int tokens[MOST_TEXTS];

    language_model_restart(lm);
    language_model_fork(lm, texts);
    for (size_t t = 0; t < STEPS; t++) {
        for (size_t i = 0; i < texts; i++)
            bench_require(language_model_draw(lm, i, &all, rng, &tokens[i], NULL) == TN_OK);
        if (way->exact)
            word_products_reset(&lm->step.words);
        language_model_feed(lm, tokens);
    }
}

static void measure_speed(const char *path, const struct way *way)
{
    struct language_model lm;
    double seconds[ROUNDS];
    struct tn_pool *pool;
    struct tn_rng rng;

    load(&lm, path, way, &pool);
    tn_rng_init(&rng, 1);
    write_texts(&lm, &rng, way);
    for (size_t i = 0; i < ROUNDS; i++) {
        const double start = bench_now();

        write_texts(&lm, &rng, way);
        seconds[i] = bench_now() - start;
    }
    printf("{\"what\": \"sample\", \"weights\": \"%s\", \"texts\": %zu, \"threads\": %zu, "
           "\"H\": %zu, \"V\": %zu, \"characters_s_med\": %.0f}\n",
           way->name, way->texts, way->threads, lm.weights.config.hidden,
           lm.weights.config.vocabulary,
           (double)(way->texts * STEPS) / bench_median(seconds, ROUNDS));
    language_model_finish(&lm);
    tn_pool_destroy(pool);
}

/* The perplexity of a text, and of its known tokens alone. */
static double perplexity(struct language_model *lm, const char *text, size_t length)
{
    const enum vocab_unit unit = lm->model.config.unit;
    struct vocab_cursor cursor = {.text = text, .length = length};
    const size_t words = lm->weights.config.vocabulary;
    int ids[VOCAB_MOST_IDS];
    size_t count = 0;
    double sum = 0;

    while (vocab_next(unit, &cursor)) {
        const size_t tokens = vocab_unit_ids(unit, lm->model.vocab, &cursor, ids);

        for (size_t i = 0; i < tokens; i++) {
            if (ids[i] >= VOCAB_FIRST_WORD) {
                sum += (double)(tn_logsumexp(lm->logits, words) - lm->logits[ids[i]]);
                count++;
            }
            language_model_feed(lm, &ids[i]);
        }
    }
    return exp(sum / (double)count);
}

static void measure_quality(const char *path, const struct way *way, const char *text,
                            size_t length)
{
    struct language_model lm;
    struct tn_pool *pool;

    load(&lm, path, way, &pool);
    printf("{\"what\": \"perplexity\", \"weights\": \"%s\", \"perplexity\": %.4f}\n", way->name,
           perplexity(&lm, text, length));
    language_model_finish(&lm);
    tn_pool_destroy(pool);
}

/* Writes a model of random weights to the path. */
static void write_model(const char *path)
{
    const struct text_config config = {.task = TEXT_LM,
                                       .unit = VOCAB_CHARS,
                                       .cell = rnn_cell_find("lstm"),
                                       .layers = 1,
                                       .embedding = 512,
                                       .hidden = 512};
    struct text_save save = {.config = &config, .training = ""};
    struct decoder_config c;
    struct decoder *decoder;
    struct vocab *vocab;
    struct tn_rng rng;
    char words[3 * 96]; /* U+00C0 and up */
    float *theta;

    for (size_t i = 0; i < 96; i++)
        memcpy(words + 3 * i, (char[]){(char)(0xC3 + i / 64), (char)(0x80 + i % 64), '\n'}, 3);
    bench_require(vocab_parse(words, sizeof words, &vocab, NULL) == TN_OK);
    c = language_model_decoder(&config, vocab_count(vocab));
    bench_require(decoder_create(&c, TEXT_PREFIX, &decoder, NULL) == TN_OK);
    save.vocab = vocab;
    save.layout = decoder_layout(decoder);
    save.theta = theta = calloc(save.layout->floats, sizeof *theta);
    bench_require(theta);
    tn_rng_init(&rng, 1);
    decoder_init(decoder, &rng, theta);
    bench_require(text_model_save(path, &save, NULL) == TN_OK);
    free(theta);
    decoder_destroy(decoder);
    vocab_destroy(vocab);
}

static void measure_model(const char *path, const char *text_path)
{
    static const struct way ways[] = {
        {"file's", 1, true, 1},          {"int8", 1, false, 1},
        {"int8", 1, false, 2},           {"file's", 16, true, 1},
        {"int8", 16, false, 1},          {"int8", 16, false, 2},
        {"file's", MOST_TEXTS, true, 1}, {"int8", MOST_TEXTS, false, 1},
        {"int8", MOST_TEXTS, false, 2},
    };
    char *text;
    size_t length;

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        measure_speed(path, &ways[i]);
    if (text_path) {
        bench_require(tn_read_file(text_path, 1 << 24, &text, &length, NULL) == TN_OK);
        for (size_t i = 0; i < 2; i++)
            measure_quality(path, &ways[i], text, length);
        free(text);
    }
}

int main(int argc, char **argv)
{
    char path[] = "/tmp/bench_text.XXXXXX";
    int file;

    if (argc > 1) {
        measure_model(argv[1], argc > 2 ? argv[2] : NULL);
        return EXIT_SUCCESS;
    }
    file = mkstemp(path);
    bench_require(file >= 0);
    write_model(path);
    measure_model(path, NULL);
    close(file);
    unlink(path);
    return EXIT_SUCCESS;
}
