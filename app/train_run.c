/* SPDX-License-Identifier: MIT */
#include "app/train_run.h"

#include "app/commands.h"
#include "app/model_path.h"
#include "cnn/encoder.h"
#include "models/model_file.h"
#include "train/curve.h"

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
    struct trainer *trainer;
    struct train_report report;
    char *checkpoint, *cache, *curve;
    char prefix[32];
    char identity[1024];
};

static void run_finish(struct run *run)
{
    trainer_destroy(run->trainer);
    train_corpus_finish(&run->train_corpus);
    train_corpus_finish(&run->dev_corpus);
    vocab_destroy(run->vocab);
    app_data_finish(&run->data);
    tn_file_close(run->base);
    tn_pool_destroy(run->pool);
    free(run->checkpoint);
    free(run->cache);
    free(run->curve);
}

static char *with_suffix(const char *path, const char *suffix)
{
    char *out = malloc(strlen(path) + strlen(suffix) + 1);

    if (out)
        strcat(strcpy(out, path), suffix);
    return out;
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
    TN_TRY(train_make_vocab(dataset, train_photo_is_train, language, c->min_count, &run->vocab,
                            err));
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
static void write_identity(struct run *run, const struct train_options *o)
{
    const struct train_command *c = run->command;
    char encoder[17];

    cnn_encoder_fingerprint(run->base, encoder);
    snprintf(run->identity, sizeof run->identity,
             "cell=%s layers=%zu embedding=%zu hidden=%zu dropout=%g image-dropout=%g smoothing=%g "
             "batch=%zu epochs=%zu patience=%zu optimiser=%s rate=%g schedule=%s warmup=%g "
             "weight-decay=%g clip=%g min-count=%zu max-words=%zu mirror=%s beam=%zu seed=%zu "
             "encoder=%s photos=%zu+%zu captions=%zu+%zu data=%016llx",
             o->decoder.cell->name, o->decoder.layers, o->decoder.embedding, o->decoder.hidden,
             (double)o->decoder.dropout, (double)o->decoder.image_dropout,
             (double)o->label_smoothing, o->batch, o->epochs, o->patience, o->optimiser->name,
             (double)o->rate, o->schedule->name, o->warmup, (double)o->update.weight_decay,
             (double)o->update.clip, c->min_count, c->max_words, c->no_mirror ? "no" : "yes",
             c->beam, c->seed, encoder, run->train_corpus.photo_count, run->dev_corpus.photo_count,
             run->train_corpus.caption_count, run->dev_corpus.caption_count,
             (unsigned long long)hash_captions(&run->data.dataset));
}

static void set_options(struct run *run, struct train_options *o)
{
    const struct train_command *c = run->command;
    const struct search_options search = SEARCH_OPTIONS_DEFAULT;
    const struct train_optimiser_options update = TRAIN_OPTIMISER_OPTIONS_DEFAULT;

    *o = (struct train_options){
        .decoder = {.cell = rnn_cell_at(c->cell),
                    .layers = c->layers,
                    .embedding = c->embedding > 0 ? c->embedding : c->hidden,
                    .hidden = c->hidden,
                    .dropout = (float)c->dropout,
                    .image_dropout = (float)c->image_dropout},
        .prefix = run->prefix,
        .batch = c->batch,
        .epochs = c->epochs,
        .patience = c->patience,
        .optimiser = train_optimiser_at(c->optimiser),
        .update = update,
        .schedule = train_schedule_at(c->schedule),
        .rate = (float)c->rate,
        .warmup = c->warmup,
        .label_smoothing = (float)c->smoothing,
        .seed = c->seed,
        .search = search,
        .checkpoint = run->checkpoint,
        .checkpoint_steps = 1000,
        .identity = run->identity,
    };
    if (o->rate <= 0)
        o->rate = o->optimiser->rate;
    o->update.weight_decay = (float)c->weight_decay;
    o->update.clip = (float)c->clip;
    o->search.beam = c->beam;
    write_identity(run, o);
}

/* Events. */

static bool on_step(void *context, const struct train_progress *progress)
{
    struct run *run = context;

    train_report_step(&run->report, progress);
    return !app_interrupted();
}

static void on_epoch(void *context, const struct trainer *trainer)
{
    struct run *run = context;

    train_report_epoch(&run->report, trainer);
}

static void scores_text(const struct train_epoch *epoch, const struct run *run, char *out,
                        size_t size)
{
    snprintf(out, size,
             "{\"dev\": {\"photos\": %zu, \"beam\": %zu, \"bleu4\": %.4f, \"rouge_l\": %.4f, "
             "\"cider\": %.4f, \"distinct\": %.4f, \"perplexity\": %.3f}}",
             run->dev_corpus.photo_count, run->command->beam, (double)epoch->bleu4,
             (double)epoch->rouge_l, (double)epoch->cider, (double)epoch->distinct,
             (double)epoch->dev_perplexity);
}

/* Writes the model file as it is now. */
static enum tn_status on_best(void *context, const struct trainer *trainer, struct tn_error *err)
{
    static const enum model_storage storages[] = {MODEL_INT8, MODEL_F16, MODEL_F32};
    const struct run *run = context;
    const struct train_command *c = run->command;
    size_t count;
    const struct train_epoch *history = trainer_history(trainer, &count);
    char scores[512], training[1200];
    const struct tn_metadata metadata[] = {{"training", training}, {"scores", scores}};
    const struct model_save save = {
        .base = run->base,
        .language = languages[c->language].name,
        .tokenizer = languages[c->language].tokenizer,
        .vocab = run->vocab,
        .feature_scale = run->train.feature_scale,
        .config = decoder_config(trainer_decoder(trainer)),
        .layout = decoder_layout(trainer_decoder(trainer)),
        .theta = trainer_theta(trainer),
        .storage = storages[c->storage],
        .metadata = metadata,
        .metadata_count = run->dev_corpus.caption_count > 0 ? 2 : 1,
    };

    scores_text(&history[count - 1], run, scores, sizeof scores);
    snprintf(training, sizeof training, "%s epoch=%zu", run->identity, count);
    return model_save(c->output, &save, err);
}

static enum tn_status train(struct run *run, struct tn_error *err)
{
    const struct train_events events = {run, on_step, on_epoch, on_best};
    struct train_options options;
    enum tn_status status;

    set_options(run, &options);
    TN_TRY(trainer_create(&options, &run->train, &run->dev, run->vocab, run->pool, &run->trainer,
                          err));
    if (run->command->resume)
        TN_TRY(trainer_resume(run->trainer, run->checkpoint, err));
    run->report.scored = run->dev_corpus.caption_count > 0;
    train_report_data(&run->report, &run->train, &run->dev, run->vocab);
    app_status_begin(&run->report.status);
    status = trainer_run(run->trainer, &events, err);
    if (!run->command->quiet)
        app_status_clear(&run->report.status);
    if (status == TN_CANCELLED)
        return tn_fail(err, TN_CANCELLED,
                       "interrupted; the same command with --resume goes on from %s",
                       run->checkpoint);
    return status;
}

static enum tn_status draw_curve(const struct run *run, struct tn_error *err)
{
    size_t count;
    const struct train_epoch *history = trainer_history(run->trainer, &count);

    return train_curve_save(run->curve, history, count, trainer_best(run->trainer), err);
}

static enum tn_status run_all(struct run *run, struct tn_error *err)
{
    const struct train_command *c = run->command;

    run->checkpoint = with_suffix(c->output, ".checkpoint");
    run->cache = with_suffix(c->output, ".features");
    run->curve = c->curve ? strdup(c->curve) : with_suffix(c->output, ".png");
    if (!run->checkpoint || !run->cache || !run->curve)
        return tn_fail_nomem(err, strlen(c->output) + 16);
    snprintf(run->prefix, sizeof run->prefix, "decoder.%s.", languages[c->language].name);
    TN_TRY(tn_pool_create(c->threads, &run->pool, err));
    TN_TRY(open_base(run, err));
    TN_TRY(load_data(run, err));
    TN_TRY(make_corpora(run, err));
    TN_TRY(train(run, err));
    TN_TRY(draw_curve(run, err));
    train_report_end(&run->report, run->trainer, c->output, run->curve);
    return TN_OK;
}

enum tn_status train_command_run(const struct train_command *command, struct tn_error *err)
{
    struct run run = {.command = command, .report = {.quiet = command->quiet}};
    const enum tn_status status = run_all(&run, err);

    run_finish(&run);
    return status;
}
