/* SPDX-License-Identifier: MIT */
/* What `caption train` learns from: photos, captions and the vocabulary. */
#include "app/cli/commands.h"
#include "app/training/train_parts_private.h"
#include "data/hold_out.h"
#include "data/trained_on.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum tn_status train_data_load(struct train_data *data, const struct train_command *command,
                               const struct tn_file *encoder, const char *cache,
                               const struct train_start *start, struct tn_pool *pool,
                               struct tn_error *err)
{
    struct app_data_options options = command->data;

    options.mirrored = !command->no_mirror;
    options.language = train_language(command)->name;
    if (!options.cache)
        options.cache = cache;
    options.splits[0] = DATA_SPLIT_TRAIN;
    options.splits[1] = DATA_SPLIT_DEV;
    if (start->decoder && !options.vectors)
        TN_TRY(model_check_photos(&start->model, start->decoder, err));
    TN_TRY(app_data_load(&options, encoder, pool, &data->photos, err));
    return start->decoder
               ? app_data_check_width(&options, &data->photos, &start->model, start->decoder, err)
               : TN_OK;
}

/* Appends the captions of --text to the photos. */
static enum tn_status imagine_photos(struct train_data *data, const struct train_command *command,
                                     struct tn_pool *pool, struct tn_error *err)
{
    struct app_status status;
    const struct imagine_options options = {.text = command->text,
                                            .language = train_language(command)->tokenizer,
                                            .seed = command->loop.seed,
                                            .progress = {app_show_stage, &status}};
    enum tn_status result;

    if (!command->text)
        return TN_OK;
    app_status_begin(&status);
    result = data_imagine(&data->photos.dataset, &data->photos.features, &options, pool,
                          &data->imagined, err);
    app_status_clear(&status);
    return result;
}

/* A reward teaches no new words. */
static enum tn_status make_vocab(struct train_data *data, const struct train_command *command,
                                 const struct train_start *start, struct tn_error *err)
{
    const enum vocab_language language = train_language(command)->tokenizer;
    const struct data_set *dataset = &data->photos.dataset;
    const char *words;

    if (!start->decoder)
        return data_make_vocab(dataset, data_photo_is_train, language, command->min_count,
                               &data->vocab, err);
    if (!command->scst)
        return data_extend_vocab(dataset, data_photo_is_train, language, command->min_count,
                                 start->decoder->vocab, &data->vocab, err);
    words = vocab_text(start->decoder->vocab);
    return vocab_parse(words, strlen(words), &data->vocab, err);
}

static enum tn_status make_corpora(struct train_data *data, const struct train_command *command,
                                   struct tn_error *err)
{
    const enum vocab_language language = train_language(command)->tokenizer;
    const struct data_set *dataset = &data->photos.dataset;

    TN_TRY(data_corpus_make(dataset, data_photo_is_train, language, data->vocab,
                            &data->train_corpus, err));
    TN_TRY(data_corpus_make(dataset, data_photo_is_dev, language, data->vocab, &data->dev_corpus,
                            err));
    app_warn_wordless(&data->photos, &data->train_corpus);
    app_warn_wordless(&data->photos, &data->dev_corpus);
    return TN_OK;
}

static void set_sources(struct train_data *data, const struct train_command *command,
                        const struct train_start *start)
{
    const struct data_features *features = &data->photos.features;
    const struct decoder_input input = {
        .scale = sqrtf((float)features->width), .unit = true, .mirrored = features->views == 2};

    data->train = (struct data_source){.corpus = &data->train_corpus,
                                       .features = features,
                                       .input = start->decoder ? start->decoder->input : input,
                                       .max_words = command->max_words};
    data->dev = data->train;
    data->dev.corpus = &data->dev_corpus;
    data->dev.max_words = data->dev_corpus.longest > 0 ? data->dev_corpus.longest : 1;
}

/* What the model is to know of the photos that it is trained on, and was before. */
static enum tn_status note_photos(struct train_data *data, const struct train_start *start,
                                  struct tn_error *err)
{
    const struct model_photos none = {NULL, 0};

    return trained_on_make(&data->train_corpus, &data->photos.features,
                           start->decoder ? &start->decoder->trained_on : &none, &data->trained_on,
                           &data->trained_on_count, err);
}

enum tn_status train_data_make(struct train_data *data, const struct train_command *command,
                               struct train_start *start, struct tn_pool *pool,
                               struct tn_error *err)
{
    TN_TRY(data_hold_out(&data->photos.dataset, &data->photos.features,
                         start->decoder ? &start->decoder->trained_on : NULL, command->dev_share,
                         err));
    TN_TRY(imagine_photos(data, command, pool, err));
    TN_TRY(make_vocab(data, command, start, err));
    TN_TRY(make_corpora(data, command, err));
    TN_TRY(train_start_grow(start, data->vocab, &data->train_corpus, err));
    set_sources(data, command, start);
    return note_photos(data, start, err);
}

void train_data_finish(struct train_data *data)
{
    free(data->trained_on);
    data_corpus_finish(&data->train_corpus);
    data_corpus_finish(&data->dev_corpus);
    vocab_destroy(data->vocab);
    app_data_finish(&data->photos);
}
