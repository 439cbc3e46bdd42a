/* SPDX-License-Identifier: MIT */
/* Any bytes as a text model's file: it reads, labels, fills, translates or goes on with a few
 * texts, or is refused.  Answers are words of its vocabulary, their probabilities numbers from 0
 * to 1. */
#include "data/text_items.h"
#include "fuzz/support.h"
#include "models/file/model_file.h"
#include "models/language_model.h"
#include "models/text_reader.h"
#include "models/translator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef FUZZ_ENGINE
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return fuzz_mutate_safetensors(data, size, max, seed);
}
#endif

enum { TEXTS = 3, TOP = 2, MAX_WORDS = 6 };
static const char *const texts[TEXTS] = {"a dog __ the well-known cat", "__", "\xE4\xB8\xAD in__"};

static void check_word(const struct vocab *vocab, int word)
{
    fuzz_require(word >= VOCAB_FIRST_WORD && (size_t)word < vocab_count(vocab));
}

static void read_texts(struct text_items *items)
{
    for (size_t i = 0; i < TEXTS; i++)
        fuzz_require(text_items_add_text(items, texts[i], VOCAB_CHARS, NULL) == TN_OK);
}

/* ---- Classifiers and cloze ---- */

static void ask(const struct text_model *model, const struct reader *reader, const float *theta,
                const struct text_items *items)
{
    const struct vocab *answers = model->targets ? model->targets : model->vocab;
    struct choice choices[TEXTS * TOP];
    struct text_column column = {0};
    size_t *places = NULL;
    enum tn_status status =
        model->config.task == TEXT_CLOZE
            ? text_items_blanks(items, model->config.unit, model->vocab, &column, &places, NULL)
            : text_items_column(items, TEXT_FIRST, model->config.unit, false, 0, model->vocab,
                                &column, NULL);

    if (status == TN_OK)
        status = reader_answer(reader, theta, &column, places, TOP, NULL, choices, NULL);
    for (size_t i = 0; status == TN_OK && i < (size_t)TEXTS * TOP; i++) {
        if (choices[i].word != 0)
            check_word(answers, choices[i].word);
        fuzz_require(choices[i].logit >= 0 && choices[i].logit <= 1.001F);
    }
    text_column_finish(&column);
    free(places);
}

static void use_reader(const struct text_model *model, const struct text_items *items)
{
    struct tn_layout layout = {0};
    struct reader reader;
    float *theta = NULL;

    if (text_reader_declare(&model->config, vocab_count(model->vocab),
                            vocab_count(model->targets ? model->targets : model->vocab), 0, &reader,
                            &layout, NULL) == TN_OK &&
        model_load_theta(model->file, &layout, &theta, NULL) == TN_OK)
        ask(model, &reader, theta, items);
    free(theta);
    tn_layout_finish(&layout);
}

/* ---- Translators ---- */

/* A translator with its weights, and what it reads. */
struct translating {
    const struct text_model *model;
    const struct translator *translator;
    const float *theta;
    const struct text_column *sources;
};

static void look(const struct translating *t, size_t text, const struct search_hypothesis *found)
{
    const size_t weights = text_column_length(t->sources, text) * (found->count + 1);
    float *a = calloc(weights, sizeof *a);

    fuzz_require(a && translate_weights(t->translator, t->theta, t->sources, text, found->words,
                                        found->count, a, NULL) == TN_OK);
    for (size_t i = 0; i < weights; i++)
        fuzz_require(!(a[i] < 0 || a[i] > 1.001F));
    free(a);
}

static void take(void *context, size_t text, const struct search_hypothesis *found, size_t count)
{
    const struct translating *t = context;

    fuzz_require(text < TEXTS && count > 0 && found->count <= MAX_WORDS);
    for (size_t i = 0; i < found->count; i++)
        check_word(t->model->targets, found->words[i]);
    if (t->model->config.attention != ATTENTION_NONE)
        look(t, text, found);
}

static void use_translator(const struct text_model *model, const struct text_items *items)
{
    struct search_options options = SEARCH_OPTIONS_DEFAULT;
    struct text_column column = {0};
    struct translator translator;
    float *theta = NULL;
    struct translating translating = {model, &translator, NULL, &column};

    options.max_words = MAX_WORDS;
    if (translator_init(&translator, &model->config, vocab_count(model->vocab),
                        vocab_count(model->targets), 0, NULL) != TN_OK)
        return;
    if (model_load_theta(model->file, &translator.layout, &theta, NULL) == TN_OK &&
        text_items_column(items, TEXT_FIRST, model->config.unit, false, 0, model->vocab, &column,
                          NULL) == TN_OK) {
        translating.theta = theta;
        if (translate_texts(&translator, theta, &column, &options, NULL, take, &translating,
                            NULL) != TN_OK)
            fuzz_require(column.total > 0); /* numbers that are none */
    }
    text_column_finish(&column);
    free(theta);
    translator_finish(&translator);
}

/* ---- Language models ---- */

static void use_language_model(const char *path)
{
    struct choice choices[TOP];
    struct language_model lm;
    struct tn_rng rng;
    size_t count = 0;
    int token;

    if (language_model_load(&lm, path, &(struct language_model_use){.texts = 1}, NULL) != TN_OK)
        return;
    tn_rng_init(&rng, 1);
    fuzz_require(language_model_read(&lm, texts[0], strlen(texts[0]), NULL) == TN_OK);
    if (language_model_likeliest(&lm, 0, TOP, choices, &count, NULL) == TN_OK)
        for (size_t i = 0; i < count; i++)
            fuzz_require(isfinite(choices[i].logit) && choices[i].logit < 1e-3F);
    for (size_t i = 0; i < 4; i++) {
        char text[VOCAB_LONGEST_WORD + 8];

        const struct choose_rule rule = {1, i % 2 * TOP, i < 2 ? 1 : 0.5F};

        if (language_model_draw(&lm, 0, &rule, &rng, &token, NULL) != TN_OK)
            break;
        check_word(lm.model.vocab, token);
        fuzz_require(vocab_unit_text(lm.model.config.unit, "x", vocab_word(lm.model.vocab, token),
                                     text) <= sizeof text);
        language_model_feed(&lm, &token);
    }
    language_model_finish(&lm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_file file = fuzz_file_open(data, size);
    struct text_items items = {0};
    struct text_model model;

    read_texts(&items);
    if (text_model_load(&model, file.path, -1, NULL) == TN_OK) {
        if (model.config.task == TEXT_LM)
            use_language_model(file.path);
        else if (model.config.task == TEXT_TRANSLATE)
            use_translator(&model, &items);
        else
            use_reader(&model, &items);
        text_model_finish(&model);
    }
    text_items_finish(&items);
    fuzz_file_close(&file);
    return 0;
}
