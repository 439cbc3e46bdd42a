/* SPDX-License-Identifier: MIT */
#include "models/text_grow.h"

#include "models/decoder_grow.h"
#include "models/file/model_file.h"
#include "models/language_model.h"
#include "models/text_reader.h"
#include "models/translator.h"

#include <stdlib.h>

/* Places that are looked at: a new word shows itself in fewer. */
enum { MOST_PLACES = 1 << 22 };

static enum tn_status lm_layout(const struct text_config *config, size_t words,
                                struct tn_layout *layout, struct tn_error *err)
{
    const struct decoder_config c = language_model_decoder(config, words);
    struct decoder *decoder;
    enum tn_status status;

    TN_TRY(decoder_create(&c, TEXT_PREFIX, &decoder, err));
    status = tn_layout_append(layout, decoder_layout(decoder), err);
    decoder_destroy(decoder);
    return status;
}

static enum tn_status translator_layout(const struct text_config *config, size_t sources,
                                        size_t targets, struct tn_layout *layout,
                                        struct tn_error *err)
{
    struct translator translator;
    enum tn_status status;

    TN_TRY(translator_init(&translator, config, sources, targets, 0, err));
    status = tn_layout_append(layout, &translator.layout, err);
    translator_finish(&translator);
    return status;
}

enum tn_status text_model_layout(const struct text_config *config, const struct vocab *vocab,
                                 const struct vocab *targets, struct tn_layout *ret_layout,
                                 struct tn_error *err)
{
    const size_t words = vocab_count(vocab), answers = vocab_count(targets ? targets : vocab);
    struct tn_layout layout = {0};
    struct reader reader;
    enum tn_status status;

    if (config->task == TEXT_LM)
        status = lm_layout(config, words, &layout, err);
    else if (config->task == TEXT_TRANSLATE)
        status = translator_layout(config, words, answers, &layout, err);
    else
        status = text_reader_declare(config, words, answers, 0, &reader, &layout, err);
    if (status == TN_OK)
        *ret_layout = layout;
    else
        tn_layout_finish(&layout);
    return status;
}

/* Where the words of texts stand; the caller frees them. */
static enum tn_status list_word_places(const struct text_column *texts, struct grow_words *words,
                                       struct tn_error *err)
{
    const size_t most = texts->total < MOST_PLACES ? texts->total : MOST_PLACES;

    words->count = 0;
    words->places = malloc((most + 1) * sizeof *words->places);
    if (!words->places)
        return tn_fail_nomem(err, most * sizeof *words->places);
    for (size_t i = 0; i < texts->count; i++)
        for (size_t t = texts->starts[i]; t < texts->starts[i + 1] && t < most; t++)
            words->places[words->count++] = (struct decoder_place){
                .left = t > texts->starts[i] ? texts->ids[t - 1] : VOCAB_START,
                .word = texts->ids[t],
                .right = t + 1 < texts->starts[i + 1] ? texts->ids[t + 1] : VOCAB_END};
    return TN_OK;
}

/* Of a classifier, labels stand nowhere: a new one begins as the mean of those that are known. */
static enum tn_status list_words(enum text_task task, const struct text_growth *growth,
                                 struct grow_words words[2], struct tn_error *err)
{
    words[0] = (struct grow_words){.prefix = ""};
    words[1] = (struct grow_words){.prefix = task == TEXT_CLASSIFY ? TEXT_PREFIX "output."
                                                                   : TRANSLATOR_ENCODER_PREFIX};
    if (task != TEXT_TRANSLATE)
        return list_word_places(growth->first, &words[0], err);
    TN_TRY(list_word_places(growth->second, &words[0], err));
    return list_word_places(growth->first, &words[1], err);
}

/* theta by `to` from that by `from`, which is the model's own. */
static enum tn_status grow_layout(const struct text_model *model, const struct tn_layout *from,
                                  const struct tn_layout *to, const struct text_growth *growth,
                                  float **ret_theta, struct tn_error *err)
{
    struct grow_words words[2] = {{.places = NULL}};
    float *theta = calloc(to->floats + 1, sizeof *theta), *own = NULL;
    enum tn_status status = TN_OK;

    if (!theta)
        status = tn_fail_nomem(err, to->floats * sizeof *theta);
    if (status == TN_OK)
        status = model_load_theta(model->file, from, &own, err);
    if (status == TN_OK)
        status = list_words(model->config.task, growth, words, err);
    if (status == TN_OK)
        status = grow_theta(from, own, to, words, 2, theta, err);
    free(own);
    free(words[0].places);
    free(words[1].places);
    if (status == TN_OK)
        *ret_theta = theta;
    else
        free(theta);
    return status;
}

enum tn_status text_model_grow(const struct text_model *model, const struct text_growth *growth,
                               float **ret_theta, size_t *ret_count, struct tn_error *err)
{
    struct tn_layout from = {0}, to = {0};
    enum tn_status status =
        text_model_layout(&model->config, model->vocab, model->targets, &from, err);

    if (status == TN_OK)
        status = text_model_layout(&model->config, growth->vocab, growth->targets, &to, err);
    if (status == TN_OK)
        status = grow_layout(model, &from, &to, growth, ret_theta, err);
    if (status == TN_OK)
        *ret_count = to.floats;
    tn_layout_finish(&from);
    tn_layout_finish(&to);
    return status;
}
