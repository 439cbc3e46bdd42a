/* SPDX-License-Identifier: MIT */
/* `caption consensus`: gives a model what people said of photos, to choose its captions by. */
#include "app/commands.h"
#include "app/model_path.h"
#include "app/training.h"
#include "models/model_file.h"
#include "tensor/atomic_file.h"
#include "train/consensus_fit.h"

#include <stdio.h>
#include <stdlib.h>

struct consensus_command {
    struct app_data_options data;
    const char *model, *output, *language;
    size_t directions, seen, threads;
};

/* A run with all that it holds. */
struct run {
    struct tn_pool *pool;
    char *path;
    struct model model;
    bool loaded;
    const struct model_decoder *chosen; /* borrowed from the model */
    struct app_data data;
    struct train_corpus corpus;
    struct consensus_fit fit;
};

static void run_finish(struct run *run)
{
    consensus_fit_finish(&run->fit);
    train_corpus_finish(&run->corpus);
    app_data_finish(&run->data);
    if (run->loaded)
        model_finish(&run->model);
    free(run->path);
    tn_pool_destroy(run->pool);
}

static enum tn_status load(struct run *run, struct consensus_command *c, struct tn_error *err)
{
    TN_TRY(model_load(&run->model, run->path, err));
    run->loaded = true;
    TN_TRY(model_find(&run->model, c->language, &run->chosen, err));
    c->data.splits[0] = TRAIN_SPLIT_TRAIN;
    c->data.splits[1] = TRAIN_SPLIT_DEV;
    c->data.mirrored = run->chosen->input.mirrored;
    TN_TRY(app_data_load(&c->data, run->model.file, run->pool, &run->data, err));
    train_dataset_hold_out(&run->data.dataset);
    return train_corpus_make(&run->data.dataset, train_photo_is_train, run->chosen->tokenizer,
                             run->chosen->vocab, &run->corpus, err);
}

static enum tn_status fit(struct run *run, const struct consensus_command *c, struct tn_error *err)
{
    struct app_status status;
    const struct consensus_fit_options options = {.directions = c->directions,
                                                  .seen = c->seen,
                                                  .progress = app_show_stage,
                                                  .context = &status};
    const struct train_source source = {.corpus = &run->corpus,
                                        .features = &run->data.features,
                                        .input = run->chosen->input,
                                        .max_words = 1};
    const char *output = c->output ? c->output : run->path;
    const struct consensus *consensus = &run->fit.consensus;
    enum tn_status result;
    char note[160];

    app_status_begin(&status);
    result = consensus_fit(&source, &options, run->pool, &run->fit, err);
    app_status_clear(&status);
    TN_TRY(result);
    snprintf(note, sizeof note,
             "{\"photos\": %zu, \"captions\": %zu, \"directions\": %zu, \"ngrams\": %zu}",
             consensus->photos.rows, run->corpus.caption_count, consensus->directions.rows,
             consensus->grams);
    TN_TRY(consensus_save(output, run->model.file, run->chosen->language, consensus, note, err));
    printf("%s: a consensus of %zu photos in %zu directions and %zu n-grams\n", output,
           consensus->photos.rows, consensus->directions.rows, consensus->grams);
    return TN_OK;
}

static enum tn_status make(struct run *run, struct consensus_command *c, struct tn_error *err)
{
    TN_TRY(app_model_path(c->model, &run->path, err));
    TN_TRY(tn_atomic_try(c->output ? c->output : run->path, err));
    TN_TRY(tn_pool_create(c->threads, &run->pool, err));
    TN_TRY(load(run, c, err));
    return fit(run, c, err);
}

int app_consensus(int argc, char **argv)
{
    struct consensus_command c = {.data = APP_DATA_OPTIONS_DEFAULT, .directions = 256, .seen = 4};
    const struct app_option options[] = {
        app_option_list('d', "data", "PATH", &c.data.data,
                        "captioned photos, joined when given several times"),
        app_option_text('m', "model", "FILE", &c.model, "model file (the shipped model)"),
        app_option_text('o', "output", "FILE", &c.output, "the model with it (--model itself)"),
        app_option_text('l', "lang", "LANGUAGE", &c.language, "the model's decoder (its first)"),
        app_option_text(0, "images", "DIR", &c.data.images, "where the photos lie"),
        app_option_text(0, "cache", "FILE", &c.data.cache, "keep the photos' features here"),
        app_option_flag(0, "skip-missing", &c.data.skip_missing,
                        "leave photos out that are missing or cannot be read"),
        app_option_number(0, "directions", "N", &c.directions, 1, 4096,
                          "of V that are looked at: size for fidelity (256)"),
        app_option_number(0, "seen", "N", &c.seen, 1, 1000000,
                          "leave out what fewer photos' captions say (4)"),
        app_option_number('j', "threads", "N", &c.threads, 0, 1024,
                          "the result does not depend on it (0: one a core)"),
    };
    const struct app_syntax syntax = {
        .command = "caption consensus",
        .synopsis = "--data PATH... [OPTION]...",
        .about =
            "Writes what people said of photos into a model, as a regression from photos to\n"
            "the n-grams of their captions.  The model then searches for 30 captions and\n"
            "chooses the one that most people would agree with.  Use the training photos; the\n"
            "model is to be calibrated anew.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operand = "argument",
    };
    struct run run = {.loaded = false};
    struct tn_error err;
    size_t operands;
    int code = app_parse(&syntax, argc, argv, &operands);

    if (code == APP_PROCEED && c.data.data.count == 0)
        code = app_usage_error(syntax.command, "no --data was given");
    if (code == APP_PROCEED) {
        app_hold_interrupts();
        code = make(&run, &c, &err) == TN_OK ? APP_OK : app_fail(&err);
        run_finish(&run);
    }
    app_list_finish(&c.data.data);
    return code;
}
