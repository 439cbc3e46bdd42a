/* SPDX-License-Identifier: MIT */
#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "app/cli/together.h"
#include "app/training/train_parts_private.h"
#include "base/atomic_file.h"
#include "cnn/alexnet.h"
#include "train/tasks/reward.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const train_cnn_layers[] = {"conv1", "conv2", "conv3", "conv4",
                                        "conv5", "fc6",   "fc7",   NULL};

const struct train_language *train_language(const struct train_command *command)
{
    static const struct train_language languages[] = {{"en", "decoder.en.", VOCAB_ENGLISH},
                                                      {"zh", "decoder.zh.", VOCAB_CHINESE}};

    return &languages[command->language];
}

/* A run with all that it holds. */
struct run {
    struct train_command command; /* with what was chosen for it */
    struct tn_pool *pool;
    char *cache;             /* of the features, beside the output */
    char *model;             /* where the encoder is; NULL with --vectors */
    struct tn_file *encoder; /* its weights; NULL: V comes from --vectors */
    struct train_start start;
    struct train_data data;
    struct train_tuning tuning;
    struct train_task *task;
    char identity[TRAIN_IDENTITY_SIZE];
};

static void train_run_finish(struct run *run)
{
    train_task_destroy(run->task);
    train_tuning_finish(&run->tuning);
    train_data_finish(&run->data);
    train_start_finish(&run->start);
    tn_file_close(run->encoder);
    tn_pool_destroy(run->pool);
    free(run->cache);
    free(run->model);
}

/* Before hours of work: whether the files can be written, and the captions of --text be read. */
static enum tn_status try_files(struct run *run, struct tn_error *err)
{
    const struct train_command *c = &run->command;

    run->cache = train_with_suffix(c->loop.output, ".features");
    if (!run->cache)
        return tn_fail_nomem(err, strlen(c->loop.output) + sizeof ".features");
    TN_TRY(tn_atomic_try(c->loop.output, err));
    TN_TRY(tn_atomic_try(c->data.cache ? c->data.cache : run->cache, err));
    if (c->loop.curve)
        TN_TRY(tn_atomic_try(c->loop.curve, err));
    return c->text ? data_imagine_check(c->text, err) : TN_OK;
}

static enum tn_status open_encoder(struct run *run, struct tn_error *err)
{
    const struct train_command *c = &run->command;

    if (c->data.vectors)
        return TN_OK;
    TN_TRY(app_model_path(c->encoder ? c->encoder : c->start, &run->model, err));
    return tn_file_open(run->model, &run->encoder, err);
}

/* The decoder's shape: that of the start, if there is one. */
static struct decoder_config shape_decoder(const struct run *run)
{
    const struct train_command *c = &run->command;
    struct decoder_config decoder = {.cell = rnn_cell_at(c->cell),
                                     .layers = c->layers,
                                     .embedding = c->embedding > 0 ? c->embedding : c->hidden,
                                     .hidden = c->hidden,
                                     .image_hidden = c->image_hidden};

    if (run->start.decoder)
        decoder = run->start.decoder->weights.config;
    decoder.dropout = (float)c->dropout;
    decoder.image_dropout = (float)c->image_dropout;
    return decoder;
}

/* Who goes on from a model goes on under its terms, unless told otherwise. */
static const char *about(const struct run *run)
{
    const struct train_start *start = &run->start;

    return run->command.about || !start->decoder ? run->command.about
                                                 : model_about(&start->model, start->decoder);
}

static struct caption_task_options task_options(const struct run *run)
{
    static const enum model_storage storages[] = {MODEL_INT8, MODEL_F16, MODEL_F32};
    const struct train_command *c = &run->command;
    const struct train_language *language = train_language(c);
    struct caption_task_options options = {
        .train = &run->data.train,
        .dev = &run->data.dev,
        .vocab = run->data.vocab,
        .decoder = shape_decoder(run),
        .prefix = language->prefix,
        .start = run->start.theta,
        .batch = c->batch,
        .label_smoothing = (float)c->smoothing,
        .image_rank = c->image_rank,
        .search = SEARCH_OPTIONS_DEFAULT,
        .output = c->loop.output,
        .save = {.base = run->encoder,
                 .language = language->name,
                 .tokenizer = language->tokenizer,
                 .storage = storages[c->storage],
                 .about = about(run),
                 .trained_on = {run->data.trained_on, run->data.trained_on_count}},
    };

    options.search.beam = c->beam;
    return options;
}

static enum tn_status make_caption_task(struct run *run, struct tn_error *err)
{
    const struct train_command *c = &run->command;
    const struct caption_task_options options = task_options(run);
    const size_t longest = run->data.dev.max_words;
    const struct reward_options reward = {
        .samples = c->samples, .max_words = longest < 30 ? longest : 30, .pool = run->pool};

    train_identity_write(c, run->encoder, &run->start, &run->data, &run->tuning, &options,
                         run->identity);
    if (c->finetune_cnn) {
        const struct finetune_options finetune = train_tuning_options(&run->tuning, c);

        return finetune_task_create(&options, &finetune, &run->task, err);
    }
    return c->scst ? reward_task_create(&options, &reward, &run->task, err)
                   : words_task_create(&options, &run->task, err);
}

/* "; dev: 40 photos (best epoch by perplexity)" */
static void report_dev(const struct run *run)
{
    const struct train_task_ops *ops = run->task->ops;

    fprintf(stderr, "; dev: %zu photos", run->data.dev_corpus.photo_count);
    if (run->task->scored)
        fprintf(stderr, " (best epoch by %s)", ops->scores[ops->leading].name);
}

static void report_caption_data(const struct run *run)
{
    fprintf(stderr, "train: %zu photos, %zu captions", run->data.train_corpus.photo_count,
            run->data.train_corpus.caption_count);
    report_dev(run);
    fprintf(stderr, "; vocabulary: %zu words\n", vocab_count(run->data.vocab) - VOCAB_FIRST_WORD);
    if (run->command.text)
        fprintf(stderr, "text: %zu captions in %zu groups, as many of these photos imagined\n",
                run->data.imagined.captions, run->data.imagined.groups);
    if (run->command.finetune_cnn)
        fprintf(stderr, "the encoder is trained from %s on: %.1f GB of pixels in memory\n",
                train_cnn_layers[run->command.cnn_from],
                (double)run->data.photos.dataset.photo_count * ALEXNET_SIDE * ALEXNET_SIDE * 3e-9);
    if (run->command.teacher)
        fprintf(stderr, "teacher: %zu features, of %zu of %zu photos\n", run->tuning.teacher.width,
                run->tuning.teacher.known, run->data.photos.dataset.photo_count);
}

static enum tn_status report_data(const struct run *run, struct tn_error *err)
{
    if (run->command.loop.quiet)
        return TN_OK;
    report_caption_data(run);
    return train_report_words(&run->command, &run->start, &run->data, err);
}

/* A decoder may move to another encoder; what was fitted to it may not. */
static void report_encoder(const struct run *run)
{
    if (run->start.decoder && run->encoder && !run->command.loop.quiet &&
        !train_start_fits(&run->start, run->encoder))
        app_say("the start's decoder knows another encoder: it is trained on for this one, without "
                "its consensus and calibration");
}

/* Photos, the model that the training begins with, and what both decide. */
static enum tn_status make_data(struct run *run, struct tn_error *err)
{
    struct train_command *c = &run->command;
    const struct data_set *dataset = &run->data.photos.dataset;

    if (c->start)
        TN_TRY(train_start_read(&run->start, c->start, train_language(c), err));
    TN_TRY(train_data_load(&run->data, c, run->encoder, run->cache, &run->start, run->pool, err));
    TN_TRY(train_choose_start(&run->start, c, dataset, run->model, err));
    report_encoder(run);
    train_choose_rest(c, &run->start, dataset);
    TN_TRY(train_data_make(&run->data, c, &run->start, run->pool, err));
    TN_TRY(train_choose_pace(c, &run->start, &run->data, run->pool, err));
    return train_tuning_make(&run->tuning, c, run->encoder, dataset, run->pool, err);
}

/* What the scores of the few dev photos leave open: how other photos are captioned. */
static void advise_comparison(const struct run *run)
{
    if (!run->command.loop.quiet && run->start.decoder && !run->command.data.vectors &&
        team_leads(app_team()))
        app_say("next: caption eval --data PHOTOS --model %s --compare %s --page look.html",
                run->command.loop.output, run->command.start ? run->command.start : run->model);
}

static enum tn_status run_steps(struct run *run, struct tn_error *err)
{
    TN_TRY(try_files(run, err));
    TN_TRY(tn_pool_create(app_threads(run->command.loop.threads), &run->pool, err));
    TN_TRY(open_encoder(run, err));
    TN_TRY(make_data(run, err));
    TN_TRY(make_caption_task(run, err));
    TN_TRY(report_data(run, err));
    TN_TRY(train_loop(&run->command.loop, run->task, run->identity, run->pool, err));
    train_task_destroy(run->task);
    run->task = NULL;
    TN_TRY(train_complete(&run->command, &run->start, &run->data, run->pool, err));
    advise_comparison(run);
    return TN_OK;
}

enum tn_status train_command_run(const struct train_command *command, struct tn_error *err)
{
    struct run run = {.command = *command};
    const enum tn_status status = run_steps(&run, err);

    train_run_finish(&run);
    return status;
}
