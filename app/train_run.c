/* SPDX-License-Identifier: MIT */
#include "app/train_run.h"

#include "app/commands.h"
#include "app/model_path.h"
#include "cnn/encoder.h"
#include "tensor/atomic_file.h"
#include "train/caption_task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum vocab_language tokenizer;
} languages[] = {{"en", VOCAB_ENGLISH}, {"zh", VOCAB_CHINESE}};

/* A run with all that it holds. */
struct run {
    const struct train_command *command;
    struct tn_pool *pool;
    struct tn_file *base; /* the encoder's weights */
    struct app_data data;
    struct vocab *vocab;
    struct train_corpus train_corpus, dev_corpus;
    struct train_source train, dev;
    struct train_task *task;
    char *cache;
    char prefix[32];
    char identity[1024];
};

static void run_finish(struct run *run)
{
    caption_task_destroy(run->task);
    train_corpus_finish(&run->train_corpus);
    train_corpus_finish(&run->dev_corpus);
    vocab_destroy(run->vocab);
    app_data_finish(&run->data);
    tn_file_close(run->base);
    tn_pool_destroy(run->pool);
    free(run->cache);
}

static enum tn_status open_base(struct run *run, struct tn_error *err)
{
    char *path;
    enum tn_status status;

    TN_TRY(app_model_path(run->command->encoder, &path, err));
    status = tn_file_open(path, &run->base, err);
    free(path);
    return status;
}

static enum tn_status load_data(struct run *run, struct tn_error *err)
{
    struct app_data_options options = run->command->data;

    options.mirrored = !run->command->no_mirror;
    if (!options.cache)
        options.cache = run->cache;
    options.splits[0] = TRAIN_SPLIT_TRAIN;
    options.splits[1] = TRAIN_SPLIT_DEV;
    return app_data_load(&options, run->base, run->pool, &run->data, err);
}

/* Sets that name no dev photos give every twentieth, or as many as make a thousand. */
static void hold_out_dev(struct train_dataset *dataset)
{
    const size_t every = dataset->photo_count / 1000 > 20 ? dataset->photo_count / 1000 : 20;

    for (size_t i = 0; i < dataset->photo_count; i++)
        if (dataset->photos[i].split == TRAIN_SPLIT_DEV)
            return;
    for (size_t i = every / 2; i < dataset->photo_count; i += every)
        if (dataset->photos[i].split != TRAIN_SPLIT_OUT)
            dataset->photos[i].split = TRAIN_SPLIT_DEV;
}

static enum tn_status make_corpora(struct run *run, struct tn_error *err)
{
    const struct train_command *c = run->command;
    const enum vocab_language language = languages[c->language].tokenizer;
    const struct train_dataset *dataset = &run->data.dataset;
    double rms;

    hold_out_dev(&run->data.dataset);
    TN_TRY(
        train_make_vocab(dataset, train_photo_is_train, language, c->min_count, &run->vocab, err));
    TN_TRY(train_corpus_make(dataset, train_photo_is_train, language, run->vocab,
                             &run->train_corpus, err));
    TN_TRY(train_corpus_make(dataset, train_photo_is_dev, language, run->vocab, &run->dev_corpus,
                             err));
    rms = train_features_rms(&run->data.features);
    run->train = (struct train_source){.corpus = &run->train_corpus,
                                       .features = &run->data.features,
                                       .feature_scale = rms > 0 ? (float)(1 / rms) : 1,
                                       .max_words = c->max_words};
    run->dev = run->train;
    run->dev.corpus = &run->dev_corpus;
    run->dev.max_words = run->dev_corpus.longest > 0 ? run->dev_corpus.longest : 1;
    return TN_OK;
}

/* FNV-1a over the captions in their order. */
static uint64_t hash_captions(const struct train_dataset *dataset)
{
    uint64_t hash = 0xCBF29CE484222325U;

    for (size_t i = 0; i < dataset->caption_count; i++) {
        const char *text = train_dataset_caption(dataset, i);

        hash ^= (uint64_t)dataset->photos[dataset->captions[i].photo].split;
        do
            hash = (hash ^ (unsigned char)*text) * 0x100000001B3U;
        while (*text++);
    }
    return hash;
}

/* All that decides the result, for the checkpoint and for the model file's "training" entry. */
static void write_identity(struct run *run, const struct caption_task_options *o)
{
    const struct train_command *c = run->command;
    char encoder[17], loop[256];

    cnn_encoder_fingerprint(run->base, encoder);
    train_settings_text(&c->loop, loop, sizeof loop);
    snprintf(run->identity, sizeof run->identity,
             "cell=%s layers=%zu embedding=%zu hidden=%zu dropout=%g image-dropout=%g smoothing=%g "
             "batch=%zu %s min-count=%zu max-words=%zu mirror=%s beam=%zu seed=%zu "
             "encoder=%s photos=%zu+%zu captions=%zu+%zu data=%016llx",
             o->decoder.cell->name, o->decoder.layers, o->decoder.embedding, o->decoder.hidden,
             (double)o->decoder.dropout, (double)o->decoder.image_dropout,
             (double)o->label_smoothing, o->batch, loop, c->min_count, c->max_words,
             c->no_mirror ? "no" : "yes", c->beam, c->loop.seed, encoder,
             run->train_corpus.photo_count, run->dev_corpus.photo_count,
             run->train_corpus.caption_count, run->dev_corpus.caption_count,
             (unsigned long long)hash_captions(&run->data.dataset));
}

static enum tn_status make_task(struct run *run, struct tn_error *err)
{
    static const enum model_storage storages[] = {MODEL_INT8, MODEL_F16, MODEL_F32};
    const struct train_command *c = run->command;
    struct caption_task_options o = {
        .decoder = {.cell = rnn_cell_at(c->cell),
                    .layers = c->layers,
                    .embedding = c->embedding > 0 ? c->embedding : c->hidden,
                    .hidden = c->hidden,
                    .dropout = (float)c->dropout,
                    .image_dropout = (float)c->image_dropout},
        .prefix = run->prefix,
        .batch = c->batch,
        .label_smoothing = (float)c->smoothing,
        .search = SEARCH_OPTIONS_DEFAULT,
        .output = c->loop.output,
        .save = {.base = run->base,
                 .language = languages[c->language].name,
                 .tokenizer = languages[c->language].tokenizer,
                 .storage = storages[c->storage]},
    };

    o.search.beam = c->beam;
    write_identity(run, &o);
    return caption_task_create(&o, &run->train, &run->dev, run->vocab, &run->task, err);
}

static void report_data(const struct run *run)
{
    fprintf(stderr, "train: %zu photos, %zu captions; dev: %zu photos; vocabulary: %zu words\n",
            run->train_corpus.photo_count, run->train_corpus.caption_count,
            run->dev_corpus.photo_count, vocab_count(run->vocab) - VOCAB_FIRST_WORD);
}

static enum tn_status run_all(struct run *run, struct tn_error *err)
{
    const struct train_command *c = run->command;

    run->cache = train_with_suffix(c->loop.output, ".features");
    if (!run->cache)
        return tn_fail_nomem(err, strlen(c->loop.output) + sizeof ".features");
    TN_TRY(tn_atomic_try(c->loop.output, err));
    TN_TRY(tn_atomic_try(c->data.cache ? c->data.cache : run->cache, err));
    if (c->loop.curve)
        TN_TRY(tn_atomic_try(c->loop.curve, err));
    snprintf(run->prefix, sizeof run->prefix, "decoder.%s.", languages[c->language].name);
    TN_TRY(tn_pool_create(c->loop.threads, &run->pool, err));
    TN_TRY(open_base(run, err));
    TN_TRY(load_data(run, err));
    TN_TRY(make_corpora(run, err));
    TN_TRY(make_task(run, err));
    if (!c->loop.quiet)
        report_data(run);
    return train_loop(&c->loop, run->task, run->identity, run->pool, err);
}

enum tn_status train_command_run(const struct train_command *command, struct tn_error *err)
{
    struct run run = {.command = command};
    const enum tn_status status = run_all(&run, err);

    run_finish(&run);
    return status;
}
