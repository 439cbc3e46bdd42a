/* SPDX-License-Identifier: MIT */
#include "fuzz/text_models.h"

#include "fuzz/support.h"
#include "models/decoder.h"
#include "models/language_model.h"
#include "models/text_reader.h"
#include "models/translator.h"
#include "vocab/subwords.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text_config fuzz_text_config(enum text_task task, enum vocab_unit unit)
{
    return (struct text_config){.task = task,
                                .unit = unit,
                                .target_unit = VOCAB_CHARS,
                                .cell = rnn_cell_find("gru"),
                                .layers = 1,
                                .embedding = 3,
                                .hidden = 4,
                                .bidirectional = task != TEXT_LM,
                                .pooled = unit == VOCAB_CHARS,
                                .attention = task != TEXT_TRANSLATE ? ATTENTION_NONE
                                             : unit == VOCAB_CHARS  ? ATTENTION_GENERAL
                                             : unit == VOCAB_WORDS  ? ATTENTION_ADDITIVE
                                                                    : ATTENTION_NONE};
}

float *fuzz_text_theta(const struct tn_layout *layout)
{
    float *theta = calloc(layout->floats, sizeof *theta);
    struct tn_rng rng;

    fuzz_require(theta != NULL);
    tn_rng_init(&rng, 1);
    tn_rng_fill_uniform(&rng, theta, layout->floats, 1);
    return theta;
}

static struct vocab *parse(const char *words)
{
    struct vocab *vocab;

    fuzz_require(vocab_parse(words, strlen(words), &vocab, NULL) == TN_OK);
    return vocab;
}

static void save(const char *path, struct text_save *save, const struct tn_layout *layout)
{
    float *theta = fuzz_text_theta(layout);

    save->layout = layout;
    save->theta = theta;
    save->training = "";
    fuzz_require(text_model_save(path, save, NULL) == TN_OK);
    free(theta);
}

static void save_language_model(const char *path, struct text_save *model)
{
    const struct decoder_config config =
        language_model_decoder(model->config, vocab_count(model->vocab));
    struct decoder *decoder;

    fuzz_require(decoder_create(&config, TEXT_PREFIX, &decoder, NULL) == TN_OK);
    save(path, model, decoder_layout(decoder));
    decoder_destroy(decoder);
}

static void save_translator(const char *path, struct text_save *model)
{
    struct translator translator;

    fuzz_require(translator_init(&translator, model->config, vocab_count(model->vocab),
                                 vocab_count(model->targets), 0, NULL) == TN_OK);
    save(path, model, &translator.layout);
    translator_finish(&translator);
}

static void save_reader(const char *path, struct text_save *model)
{
    const struct vocab *answers = model->targets ? model->targets : model->vocab;
    struct tn_layout layout = {0};
    struct reader reader;

    fuzz_require(text_reader_declare(model->config, vocab_count(model->vocab), vocab_count(answers),
                                     0, &reader, &layout, NULL) == TN_OK);
    save(path, model, &layout);
    tn_layout_finish(&layout);
}

/* All bytes, the characters of a text, and a few that it has together. */
static struct vocab *learn_subwords(void)
{
    static const char text[] = "the dog the - then \xE4\xB8\xAD \xE4\xB8\xAD \xC3\xA9 the dog";
    struct vocab_builder *builder;
    struct vocab *vocab;

    fuzz_require(vocab_builder_create(&builder, NULL) == TN_OK);
    fuzz_require(text_count(builder, VOCAB_SUBWORDS, text, strlen(text), NULL) == TN_OK);
    fuzz_require(subwords_learn(builder, NULL, 1, 280, &vocab, NULL) == TN_OK);
    vocab_builder_destroy(builder);
    return vocab;
}

/* Where the model answers with a word, none of them breaks a line. */
static struct vocab *make_vocab(enum text_task task, enum vocab_unit unit)
{
    static const char known[] = "a\nb\nc\nthe\ndog\n-\n \n\xE4\xB8\xAD\n\xC3\xA9\n\\n\n";
    char words[sizeof known];

    if (unit == VOCAB_SUBWORDS)
        return learn_subwords();
    strcpy(words, known);
    if (task != TEXT_LM)
        words[sizeof known - 4] = '\0';
    return parse(words);
}

static void make(const char *path, enum text_task task, enum vocab_unit unit)
{
    const struct text_config config = fuzz_text_config(task, unit);
    struct text_save model = {.config = &config};

    model.vocab = make_vocab(task, unit);
    model.targets = task == TEXT_CLASSIFY    ? parse("pets\nships\n")
                    : task == TEXT_TRANSLATE ? parse("x\ny\n \n\xE4\xBA\xBA\n")
                                             : NULL;
    if (task == TEXT_LM)
        save_language_model(path, &model);
    else if (task == TEXT_TRANSLATE)
        save_translator(path, &model);
    else
        save_reader(path, &model);
    vocab_destroy((struct vocab *)(uintptr_t)model.vocab);
    vocab_destroy((struct vocab *)(uintptr_t)model.targets);
}

const char *fuzz_text_model(enum text_task task, enum vocab_unit unit)
{
    static char paths[TEXT_TRANSLATE + 1][VOCAB_SUBWORDS + 1][320];
    char *path = paths[task][unit], name[64];

    if (!path[0]) {
        snprintf(name, sizeof name, "%s-%s", text_task_names[task], vocab_unit_names[unit]);
        snprintf(path, sizeof paths[0][0], "%s", fuzz_path(name));
        make(path, task, unit);
    }
    return path;
}
