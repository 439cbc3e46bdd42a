/* SPDX-License-Identifier: MIT */
/* `caption consensus`: gives a model what people said of photos, to choose its captions by. */
#include "app/training/consensus.h"

#include "app/cli/commands.h"
#include "base/atomic_file.h"
#include "data/hold_out.h"

#include <stdio.h>
#include <stdlib.h>

struct consensus_command {
    struct app_trained_options trained;
    struct app_list weights; /* --weight, one for each --data, or none */
    const char *output;
    struct consensus_settings settings;
    bool overwrite;
};

/* A run with all that it holds. */
struct run {
    struct app_trained trained;
    struct consensus_fit fit;
    float *weights; /* of each photo; NULL: all count alike */
};

static void consensus_run_finish(struct run *run)
{
    free(run->weights);
    consensus_fit_finish(&run->fit);
    app_trained_finish(&run->trained);
}

enum tn_status consensus_fit_photos(const struct app_trained *trained,
                                    const struct consensus_settings *settings,
                                    struct consensus_fit *ret_fit, struct tn_error *err)
{
    struct app_status status;
    const struct consensus_fit_options options = {.weights = settings->weights,
                                                  .directions = settings->directions,
                                                  .landmarks = settings->landmarks,
                                                  .like = settings->like,
                                                  .seen = settings->seen,
                                                  .progress = {app_show_stage, &status}};
    const struct data_source source =
        app_trained_source(trained, &trained->corpus, &trained->data.features);
    enum tn_status result;

    app_status_begin(&status);
    result = consensus_fit(&source, &options, trained->pool, ret_fit, err);
    app_status_clear(&status);
    return result;
}

enum tn_status consensus_put(const struct app_trained *trained, const struct consensus *consensus,
                             const char *output, FILE *report, struct tn_error *err)
{
    char note[160];

    snprintf(note, sizeof note,
             "{\"photos\": %zu, \"captions\": %zu, \"directions\": %zu, \"ngrams\": %zu}",
             consensus->photos.rows, trained->corpus.caption_count, consensus->directions.rows,
             consensus->grams);
    TN_TRY(consensus_save(output, trained->model.file, trained->chosen->language, consensus, note,
                          err));
    if (report)
        fprintf(report, "%s: a consensus of %zu photos in %zu directions and %zu n-grams\n", output,
                consensus->photos.rows, consensus->directions.rows, consensus->grams);
    return TN_OK;
}

/* ---- The command ---- */

static enum tn_status load_training_photos(struct app_trained *trained,
                                           struct app_data_options *options, struct tn_error *err)
{
    options->splits[0] = DATA_SPLIT_TRAIN;
    options->splits[1] = DATA_SPLIT_DEV;
    TN_TRY(app_trained_load_data(trained, options, err));
    app_data_know(&trained->data, &trained->chosen->trained_on);
    TN_TRY(data_hold_out(&trained->data.dataset, &trained->data.features, NULL, DATA_HOLD_OUT_USUAL,
                         err));
    return app_trained_make_corpus(trained, data_photo_is_train, err);
}

/* The photos' weights, from those of their sets. */
static enum tn_status weigh_photos(struct run *run, const struct consensus_command *c,
                                   struct tn_error *err)
{
    const size_t photos = run->trained.data.dataset.photo_count;
    size_t photo = 0;

    if (c->weights.count == 0)
        return TN_OK;
    run->weights = malloc((photos + 1) * sizeof *run->weights);
    if (!run->weights)
        return tn_fail_nomem(err, photos * sizeof *run->weights);
    for (size_t set = 0; set < c->trained.data.data.count; set++)
        for (; photo < run->trained.data.ends[set]; photo++)
            run->weights[photo] = strtof(c->weights.items[set], NULL);
    return TN_OK;
}

static enum tn_status make_consensus(struct run *run, struct consensus_command *c,
                                     struct tn_error *err)
{
    const char *output;

    TN_TRY(app_trained_open(&run->trained, &c->trained, err));
    output = c->output ? c->output : run->trained.path;
    TN_TRY(tn_atomic_try(output, err));
    TN_TRY(load_training_photos(&run->trained, &c->trained.data, err));
    TN_TRY(weigh_photos(run, c, err));
    c->settings.weights = run->weights;
    TN_TRY(consensus_fit_photos(&run->trained, &c->settings, &run->fit, err));
    return consensus_put(&run->trained, &run->fit.consensus, output, stdout, err);
}

static int check_weights(const struct consensus_command *c)
{
    if (c->weights.count > 0 && c->weights.count != c->trained.data.data.count)
        return app_usage_error("caption consensus", "%zu --weight for %zu --data; one for each",
                               c->weights.count, c->trained.data.data.count);
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
    struct consensus_command c = {.settings = CONSENSUS_SETTINGS_DEFAULT};
    struct app_table table = {.count = 0};
    const struct app_option rows[] = {
        app_option_file('o', "output", "FILE", APP_MODEL_OUTPUT, &c.output,
                        "the model with it (--model itself)"),
        app_option_flag(0, "overwrite", &c.overwrite, "replace another model that is there"),
        app_option_list(0, "weight", "X", &c.weights,
                        "what a photo of each --data counts, in their order (1)"),
        app_option_number(0, "directions", "N", &c.settings.directions, 1, 4096,
                          "of V that are kept: size for fidelity (256)"),
        app_option_number(0, "landmarks", "N", &c.settings.landmarks, 0, 16384,
                          "photos that others are compared with, 0: V is read itself (12288)"),
        app_option_number(0, "seen", "N", &c.settings.seen, 1, 1000000,
                          "leave out what fewer photos' captions contain (4)"),
    };
    struct app_syntax syntax = {
        .command = "caption consensus",
        .synopsis = "--data PATH... [OPTION]...",
        .about =
            "Writes what people said about photos into a model, as a regression from photos to\n"
            "the n-grams of their captions.  The model then searches for the caption that\n"
            "most people would agree with.  Use the training photos; the model must be\n"
            "calibrated again.",
        .options = table.rows,
        .required = {"data"},
        .operand = "argument",
        .in_place = true,
        .overwrite = &c.overwrite,
    };
    struct run run = {.weights = NULL};
    struct tn_error err;
    size_t operands;
    int code;

    app_trained_add_options(&table, &c.trained);
    app_table_add(&table, rows, APP_COUNT(rows));
    syntax.option_count = table.count;
    code = app_parse(&syntax, argc, argv, &operands);
    if (code == APP_PROCEED)
        code = check_weights(&c);
    if (code == APP_PROCEED) {
        app_hold_interrupts();
        code = make_consensus(&run, &c, &err) == TN_OK ? APP_OK : app_fail(&err);
        consensus_run_finish(&run);
    }
    app_list_finish(&c.trained.data.data);
    app_list_finish(&c.weights);
    return code;
}
