/* SPDX-License-Identifier: MIT */
/* `caption consensus`: gives a model what people said of photos, to choose its captions by. */
#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "app/training/training.h"
#include "models/file/model_file.h"
#include "base/atomic_file.h"
#include "train/fit/consensus_fit.h"

#include <stdio.h>
#include <stdlib.h>

struct consensus_command {
    struct app_data_options data;
    struct app_list weights; /* --weight, one for each --data, or none */
    const char *model, *output, *language;
    size_t directions, seen, threads;
    bool overwrite;
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
    float *weights; /* of each photo; NULL: all count alike */
};

static void run_finish(struct run *run)
{
    free(run->weights);
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
    app_data_know(&run->data, &run->chosen->trained_on);
    train_dataset_hold_out(&run->data.dataset);
    TN_TRY(train_corpus_make(&run->data.dataset, train_photo_is_train, run->chosen->tokenizer,
                             run->chosen->vocab, &run->corpus, err));
    app_warn_wordless(&run->data, &run->corpus);
    return TN_OK;
}

/* The photos' weights, from those of their sets. */
static enum tn_status weigh(struct run *run, const struct consensus_command *c,
                            struct tn_error *err)
{
    const size_t photos = run->data.dataset.photo_count;
    size_t photo = 0;

    if (c->weights.count == 0)
        return TN_OK;
    run->weights = malloc((photos + 1) * sizeof *run->weights);
    if (!run->weights)
        return tn_fail_nomem(err, photos * sizeof *run->weights);
    for (size_t set = 0; set < c->data.data.count; set++)
        for (; photo < run->data.ends[set]; photo++)
            run->weights[photo] = strtof(c->weights.items[set], NULL);
    return TN_OK;
}

static enum tn_status fit(struct run *run, const struct consensus_command *c, struct tn_error *err)
{
    struct app_status status;
    const struct consensus_fit_options options = {.weights = run->weights,
                                                  .directions = c->directions,
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
    TN_TRY(weigh(run, c, err));
    return fit(run, c, err);
}

static int check_weights(const struct consensus_command *c)
{
    if (c->weights.count > 0 && c->weights.count != c->data.data.count)
        return app_usage_error("caption consensus", "%zu --weight for %zu --data; one for each",
                               c->weights.count, c->data.data.count);
    for (size_t i = 0; i < c->weights.count; i++) {
        const char *text = c->weights.items[i];
        char *end;
        const float weight = strtof(text, &end);

        if (end == text || *end != '\0' || !(weight > 0) || !(weight <= 1000))
            return app_usage_error("caption consensus",
                                   "--weight '%s'; expected a number above 0, to 1000", text);
    }
    return APP_PROCEED;
}

int app_consensus(int argc, char **argv)
{
    struct consensus_command c = {.data = APP_DATA_OPTIONS_DEFAULT, .directions = 256, .seen = 4};
    const struct app_option options[] = {
        app_option_files('d', "data", "PATH", APP_INPUT, &c.data.data,
                         "captioned photos, joined when given several times"),
        app_option_file('m', "model", "FILE", APP_MODEL, &c.model,
                        "model file (the shipped model)"),
        app_option_file('o', "output", "FILE", APP_MODEL_OUTPUT, &c.output,
                        "the model with it (--model itself)"),
        app_option_flag(0, "overwrite", &c.overwrite, "replace another model that is there"),
        app_option_text('l', "lang", "LANGUAGE", &c.language, "the model's decoder (its first)"),
        app_option_file(0, "images", "DIR", APP_FOLDER, &c.data.images, "where the photos lie"),
        app_option_file(0, "cache", "FILE", APP_OTHER_OUTPUT, &c.data.cache,
                        "keep the photos' features here"),
        app_option_flag(0, "skip-missing", &c.data.skip_missing,
                        "leave photos out that are missing or cannot be read"),
        app_option_list(0, "weight", "X", &c.weights,
                        "what a photo of each --data counts, in their order (1)"),
        app_option_number(0, "directions", "N", &c.directions, 1, 4096,
                          "of V that are looked at: size for fidelity (256)"),
        app_option_number(0, "seen", "N", &c.seen, 1, 1000000,
                          "leave out what fewer photos' captions contain (4)"),
        app_option_number('j', "threads", "N", &c.threads, 0, 1024,
                          "the result does not depend on it (0: one per core)"),
    };
    const struct app_syntax syntax = {
        .command = "caption consensus",
        .synopsis = "--data PATH... [OPTION]...",
        .about =
            "Writes what people said about photos into a model, as a regression from photos to\n"
            "the n-grams of their captions.  The model then searches for 30 captions and\n"
            "chooses the one that most people would agree with.  Use the training photos; the\n"
            "model must be calibrated again.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operand = "argument",
        .in_place = true,
        .overwrite = &c.overwrite,
    };
    struct run run = {.loaded = false};
    struct tn_error err;
    size_t operands;
    int code = app_parse(&syntax, argc, argv, &operands);

    if (code == APP_PROCEED && c.data.data.count == 0)
        code = app_usage_error(syntax.command, "no --data was given");
    if (code == APP_PROCEED)
        code = check_weights(&c);
    if (code == APP_PROCEED) {
        app_hold_interrupts();
        code = make(&run, &c, &err) == TN_OK ? APP_OK : app_fail(&err);
        run_finish(&run);
    }
    app_list_finish(&c.data.data);
    app_list_finish(&c.weights);
    return code;
}
