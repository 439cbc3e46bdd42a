/* SPDX-License-Identifier: MIT */
#include "app/training/train_run.h"

#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "cnn/alexnet.h"
#include "cnn/int8/encoder.h"
#include "base/atomic_file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "train/tasks/finetune.h"
#include "train/tasks/reward.h"
#include "data/imagine/imagine.h"
#include "data/trained_on.h"
#include "image/image.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum vocab_language tokenizer;
} languages[] = {{"en", VOCAB_ENGLISH}, {"zh", VOCAB_CHINESE}};

const char *const train_cnn_layers[] = {"conv1", "conv2", "conv3", "conv4",
                                        "conv5", "fc6",   "fc7",   NULL};

/* A run with all that it holds. */
struct run {
    const struct train_command *command;
    struct tn_pool *pool;
    struct tn_file *base; /* the encoder's weights */
    struct app_data data;
    struct imagine_counts imagined; /* of --text */
    struct vocab *vocab;
    struct train_corpus train_corpus, dev_corpus;
    struct train_source train, dev;
    struct train_task *task;
    struct model start;                        /* --start; zeroed without */
    const struct model_decoder *start_decoder; /* of start, in the language; NULL without */
    float *start_theta;
    int64_t *trained_on; /* photos, for the model to know */
    size_t start_floats;
    struct cnn_network *network; /* with --finetune-cnn, like all of these */
    float *network_theta;
    struct train_pixels pixels;
    struct teacher teacher;
    struct finetune_options finetune;
    char *cache;
    char prefix[32];
    char identity[1280];
};

static void run_finish(struct run *run)
{
    train_task_destroy(run->task);
    cnn_network_destroy(run->network);
    free(run->network_theta);
    train_pixels_finish(&run->pixels);
    teacher_finish(&run->teacher);
    train_corpus_finish(&run->train_corpus);
    train_corpus_finish(&run->dev_corpus);
    vocab_destroy(run->vocab);
    if (run->start_decoder)
        model_finish(&run->start);
    free(run->start_theta);
    free(run->trained_on);
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

static enum tn_status open_start(struct run *run, struct tn_error *err)
{
    const struct train_command *c = run->command;
    enum tn_status status;

    if (!c->start)
        return TN_OK;
    TN_TRY(model_load(&run->start, c->start, err));
    status = model_find(&run->start, languages[c->language].name, &run->start_decoder, err);
    if (status != TN_OK)
        model_finish(&run->start);
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
    TN_TRY(app_data_load(&options, run->base, run->pool, &run->data, err));
    train_dataset_hold_out(&run->data.dataset);
    return TN_OK;
}

/* Appends the captions of --text to the data. */
static enum tn_status imagine_photos(struct run *run, struct tn_error *err)
{
    const struct train_command *c = run->command;
    struct app_status status;
    const struct imagine_options options = {.text = c->text,
                                            .language = languages[c->language].tokenizer,
                                            .seed = c->loop.seed,
                                            .progress = app_show_stage,
                                            .context = &status};
    enum tn_status result;

    if (!c->text)
        return TN_OK;
    app_status_begin(&status);
    result = train_imagine(&run->data.dataset, &run->data.features, &options, run->pool,
                           &run->imagined, err);
    app_status_clear(&status);
    return result;
}

/* A model that is begun with brings its vocabulary. */
static enum tn_status make_vocab(struct run *run, struct tn_error *err)
{
    const char *words;

    if (!run->start_decoder)
        return train_make_vocab(&run->data.dataset, train_photo_is_train,
                                languages[run->command->language].tokenizer,
                                run->command->min_count, &run->vocab, err);
    words = vocab_text(run->start_decoder->vocab);
    return vocab_parse(words, strlen(words), &run->vocab, err);
}

static enum tn_status make_corpora(struct run *run, struct tn_error *err)
{
    const struct train_command *c = run->command;
    const enum vocab_language language = languages[c->language].tokenizer;
    const struct train_dataset *dataset = &run->data.dataset;
    const struct decoder_input input = {.scale = sqrtf((float)run->data.features.width),
                                        .unit = true,
                                        .mirrored = run->data.features.views == 2};

    TN_TRY(make_vocab(run, err));
    TN_TRY(train_corpus_make(dataset, train_photo_is_train, language, run->vocab,
                             &run->train_corpus, err));
    TN_TRY(train_corpus_make(dataset, train_photo_is_dev, language, run->vocab, &run->dev_corpus,
                             err));
    app_warn_wordless(&run->data, &run->train_corpus);
    app_warn_wordless(&run->data, &run->dev_corpus);
    run->train =
        (struct train_source){.corpus = &run->train_corpus,
                              .features = &run->data.features,
                              .input = run->start_decoder ? run->start_decoder->input : input,
                              .max_words = c->max_words};
    run->dev = run->train;
    run->dev.corpus = &run->dev_corpus;
    run->dev.max_words = run->dev_corpus.longest > 0 ? run->dev_corpus.longest : 1;
    return TN_OK;
}

/* Of the captions in their order. */
static uint64_t hash_captions(const struct train_dataset *dataset)
{
    uint64_t hash = TN_HASH_START;

    for (size_t i = 0; i < dataset->caption_count; i++) {
        const char *text = train_dataset_caption(dataset, i);

        hash ^= (uint64_t)dataset->photos[dataset->captions[i].photo].split;
        hash = tn_hash_bytes(hash, text, strlen(text) + 1);
    }
    return hash;
}

/* Of the values that a training begins with. */
static uint64_t hash_start(const struct run *run)
{
    return tn_hash_bytes(TN_HASH_START, run->start_theta,
                         run->start_floats * sizeof *run->start_theta);
}

/* The rate of the encoder as a factor on the decoder's. */
static float cnn_factor(const struct train_command *c)
{
    return (float)(c->cnn_rate / (double)train_rate(&c->loop));
}

static void write_finetune_identity(const struct run *run, char *out, size_t size)
{
    const struct train_command *c = run->command;
    char teacher[17] = "none";

    if (c->teacher)
        teacher_fingerprint(&run->teacher, teacher);
    snprintf(out, size,
             " cnn-rate=%g cnn-from=%s cnn-dropout=%g captions-a-photo=%zu teacher=%s "
             "teacher-weight=%g",
             c->cnn_rate, train_cnn_layers[c->cnn_from], c->cnn_dropout, c->captions, teacher,
             c->teacher_weight);
}

/* All that decides the result, for the checkpoint and for the model file's "training" entry. */
static void write_identity(struct run *run, const struct caption_task_options *o)
{
    const struct train_command *c = run->command;
    char encoder[17], loop[256], more[200] = "";

    cnn_encoder_fingerprint(run->base, encoder);
    train_settings_text(&c->loop, loop, sizeof loop);
    if (c->finetune_cnn)
        write_finetune_identity(run, more, sizeof more);
    if (c->text)
        snprintf(more, sizeof more, " text=%zu imagined=%zu", run->imagined.captions,
                 run->imagined.groups);
    snprintf(run->identity, sizeof run->identity,
             "cell=%s layers=%zu embedding=%zu hidden=%zu image-hidden=%zu dropout=%g "
             "image-dropout=%g smoothing=%g "
             "batch=%zu %s min-count=%zu max-words=%zu mirror=%s beam=%zu seed=%zu "
             "encoder=%s samples=%zu start=%016llx photos=%zu+%zu captions=%zu+%zu data=%016llx%s",
             o->decoder.cell->name, o->decoder.layers, o->decoder.embedding, o->decoder.hidden,
             o->decoder.image_hidden, (double)o->decoder.dropout, (double)o->decoder.image_dropout,
             (double)o->label_smoothing, o->batch, loop, c->min_count, c->max_words,
             c->no_mirror ? "no" : "yes", c->beam, c->loop.seed, encoder, c->scst ? c->samples : 0,
             (unsigned long long)(o->start ? hash_start(run) : 0), run->train_corpus.photo_count,
             run->dev_corpus.photo_count, run->train_corpus.caption_count,
             run->dev_corpus.caption_count, (unsigned long long)hash_captions(&run->data.dataset),
             more);
}

/* The decoder of --start: its shape, and its weights as floats. */
static enum tn_status read_start(struct run *run, struct caption_task_options *o,
                                 struct tn_error *err)
{
    const float dropout = o->decoder.dropout, image_dropout = o->decoder.image_dropout;
    struct decoder *decoder;
    enum tn_status status;
    size_t floats;

    o->decoder = run->start_decoder->weights.config;
    o->decoder.dropout = dropout;
    o->decoder.image_dropout = image_dropout;
    TN_TRY(decoder_create(&o->decoder, run->prefix, &decoder, err));
    floats = run->start_floats = decoder_layout(decoder)->floats;
    run->start_theta = calloc(floats, sizeof *run->start_theta);
    status = run->start_theta
                 ? model_read_theta(run->start.file, decoder_layout(decoder), run->start_theta, err)
                 : tn_fail_nomem(err, floats * sizeof *run->start_theta);
    decoder_destroy(decoder);
    o->start = run->start_theta;
    return status;
}

/* The encoder as a network in float32. */
static enum tn_status make_network(struct run *run, struct tn_error *err)
{
    size_t bytes;

    TN_TRY(alexnet_create("", (float)run->command->cnn_dropout, &run->network, err));
    bytes = cnn_network_layout(run->network)->floats * sizeof(float);
    run->network_theta = tn_memory_create(bytes);
    if (!run->network_theta)
        return tn_fail_nomem(err, bytes);
    return cnn_network_load(run->network, run->base, run->network_theta, err);
}

static enum tn_status read_pixels(struct run *run, struct tn_error *err)
{
    struct app_status status;

    app_status_begin(&status);
    return train_pixels_make(&run->data.dataset, IMAGE_USUAL_PIXELS, app_show_photos, &status,
                             run->pool, &run->pixels, err);
}

/* What --finetune-cnn needs beside the rest. */
static enum tn_status prepare_finetune(struct run *run, struct tn_error *err)
{
    const struct train_command *c = run->command;

    TN_TRY(make_network(run, err));
    if (c->teacher)
        TN_TRY(teacher_open(c->teacher, &run->data.dataset, &run->teacher, err));
    TN_TRY(read_pixels(run, err));
    run->finetune = (struct finetune_options){
        .network = run->network,
        .start = run->network_theta,
        .first = cnn_network_find(run->network, train_cnn_layers[c->cnn_from]),
        .rate = cnn_factor(c),
        .captions = c->captions,
        .mirror = !c->no_mirror,
        .pixels = &run->pixels,
        .teacher = c->teacher ? &run->teacher : NULL,
        .teacher_weight = (float)c->teacher_weight,
    };
    return TN_OK;
}

/* What the model is to know of the photos that it is trained on, and was before. */
static enum tn_status note_photos(struct run *run, struct caption_task_options *o,
                                  struct tn_error *err)
{
    const struct model_photos none = {NULL, 0};
    size_t count;

    TN_TRY(trained_on_make(&run->train_corpus, &run->data.features,
                           run->start_decoder ? &run->start_decoder->trained_on : &none,
                           &run->trained_on, &count, err));
    o->save.trained_on = (struct model_photos){run->trained_on, count};
    return TN_OK;
}

static enum tn_status make_task(struct run *run, struct tn_error *err)
{
    static const enum model_storage storages[] = {MODEL_INT8, MODEL_F16, MODEL_F32};
    const struct train_command *c = run->command;
    const struct reward_options reward = {
        .samples = c->samples,
        .max_words = run->dev.max_words < 30 ? run->dev.max_words : 30,
        .pool = run->pool,
    };
    struct caption_task_options o = {
        .train = &run->train,
        .dev = &run->dev,
        .vocab = run->vocab,
        .decoder = {.cell = rnn_cell_at(c->cell),
                    .layers = c->layers,
                    .embedding = c->embedding > 0 ? c->embedding : c->hidden,
                    .hidden = c->hidden,
                    .image_hidden = c->image_hidden,
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
    if (run->start_decoder)
        TN_TRY(read_start(run, &o, err));
    if (c->finetune_cnn)
        TN_TRY(prepare_finetune(run, err));
    TN_TRY(note_photos(run, &o, err));
    write_identity(run, &o);
    if (c->finetune_cnn)
        return finetune_task_create(&o, &run->finetune, &run->task, err);
    return c->scst ? reward_task_create(&o, &reward, &run->task, err)
                   : words_task_create(&o, &run->task, err);
}

static void report_data(const struct run *run)
{
    fprintf(stderr, "train: %zu photos, %zu captions; dev: %zu photos; vocabulary: %zu words\n",
            run->train_corpus.photo_count, run->train_corpus.caption_count,
            run->dev_corpus.photo_count, vocab_count(run->vocab) - VOCAB_FIRST_WORD);
    if (run->command->text)
        fprintf(stderr, "text: %zu captions in %zu groups, as many of these photos imagined\n",
                run->imagined.captions, run->imagined.groups);
    if (run->command->finetune_cnn)
        fprintf(stderr, "the encoder is trained from %s on: %.1f GB of pixels in memory\n",
                train_cnn_layers[run->command->cnn_from],
                (double)run->data.dataset.photo_count * ALEXNET_SIDE * ALEXNET_SIDE * 3e-9);
    if (run->command->teacher)
        fprintf(stderr, "teacher: %zu features, of %zu of %zu photos\n", run->teacher.width,
                run->teacher.known, run->data.dataset.photo_count);
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
    if (c->text)
        TN_TRY(train_imagine_check(c->text, err));
    snprintf(run->prefix, sizeof run->prefix, "decoder.%s.", languages[c->language].name);
    TN_TRY(tn_pool_create(c->loop.threads, &run->pool, err));
    TN_TRY(open_base(run, err));
    TN_TRY(open_start(run, err));
    TN_TRY(load_data(run, err));
    TN_TRY(imagine_photos(run, err));
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
