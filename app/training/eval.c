/* SPDX-License-Identifier: MIT */
/* `caption eval`: how good a model's captions are, measured against people's. */
#include "app/cli/commands.h"
#include "app/training/eval_report.h"
#include "app/cli/model_path.h"
#include "app/training/training.h"
#include "models/file/model_file.h"
#include "base/atomic_file.h"
#include "train/fit/calibration.h"
#include "train/tasks/scoring.h"
#include "data/trained_on.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of enum train_split. */
static const char *const splits[] = {"all", "train", "dev", "test", NULL};

struct eval_command {
    struct app_data_options data;
    const char *model, *language, *json;
    size_t split, beam, max_words, threads;
    double length_exponent;
    bool allow_repeats;
};

/* An evaluation with all that it holds. */
struct evaluation {
    struct tn_pool *pool;
    char *path;
    struct model model;
    bool loaded;
    const struct model_decoder *chosen; /* borrowed from the model */
    struct decoder *decoder;            /* the chosen one, for its perplexity */
    float *theta;
    struct app_data data;
    struct train_corpus corpus;
    struct train_hypotheses hypotheses;
    double *confidences; /* [photos] */
    struct app_status status;
};

static void evaluation_finish(struct evaluation *e)
{
    free(e->confidences);
    train_hypotheses_finish(&e->hypotheses);
    train_corpus_finish(&e->corpus);
    app_data_finish(&e->data);
    free(e->theta);
    decoder_destroy(e->decoder);
    if (e->loaded)
        model_finish(&e->model);
    free(e->path);
    tn_pool_destroy(e->pool);
}

static enum tn_status load_model(struct evaluation *e, const struct eval_command *c,
                                 struct tn_error *err)
{
    char prefix[MODEL_LANGUAGE_SIZE + 16];

    TN_TRY(app_model_path(c->model, &e->path, err));
    TN_TRY(model_load(&e->model, e->path, err));
    e->loaded = true;
    TN_TRY(model_find(&e->model, c->language, &e->chosen, err));
    snprintf(prefix, sizeof prefix, "decoder.%s.", e->chosen->language);
    TN_TRY(decoder_create(&e->chosen->weights.config, prefix, &e->decoder, err));
    e->theta = calloc(decoder_layout(e->decoder)->floats, sizeof *e->theta);
    if (!e->theta)
        return tn_fail_nomem(err, decoder_layout(e->decoder)->floats * sizeof *e->theta);
    return model_read_theta(e->model.file, decoder_layout(e->decoder), e->theta, err);
}

static struct train_source source_of(const struct evaluation *e)
{
    return (struct train_source){.corpus = &e->corpus,
                                 .features = &e->data.features,
                                 .input = e->chosen->input,
                                 .max_words = e->corpus.longest > 0 ? e->corpus.longest : 1};
}

static size_t beam_of(const struct evaluation *e, const struct eval_command *c)
{
    return c->beam > 0 ? c->beam : consensus_beam(&e->chosen->consensus);
}

static enum tn_status score(struct evaluation *e, const struct eval_command *c,
                            struct train_scores *ret_scores, struct tn_error *err)
{
    const struct train_source source = source_of(e);
    struct train_score_options options = {
        .search = SEARCH_OPTIONS_DEFAULT,
        .consensus = &e->chosen->consensus,
        .progress = app_show_captions,
        .context = &e->status,
    };

    options.search.beam = beam_of(e, c);
    options.search.max_words = c->max_words;
    options.search.length_exponent = (float)c->length_exponent;
    options.search.block_repeats = !c->allow_repeats;
    app_status_begin(&e->status);
    return train_score(&e->chosen->weights, e->decoder, e->theta, &source, e->chosen->vocab,
                       &options, e->pool, ret_scores, &e->hypotheses, err);
}

/* The captions' confidences as `caption` gives them and, of a calibrated model, how far they can be
 * trusted. */
static enum tn_status weigh_confidences(struct evaluation *e, struct reliability *reliability,
                                        struct tn_error *err)
{
    const size_t photos = e->hypotheses.photos;
    const struct confidence *confidence = &e->chosen->confidence;
    const struct train_source source = source_of(e);
    struct calibration_example *examples;

    e->confidences = malloc((photos + 1) * sizeof *e->confidences);
    examples = malloc((photos + 1) * sizeof *examples);
    if (!e->confidences || !examples) {
        free(examples);
        return tn_fail_nomem(err, photos * sizeof *examples);
    }
    if (confidence->weights)
        calibration_examples(confidence, &source, &e->hypotheses, examples);
    for (size_t i = 0; i < photos; i++) {
        const size_t words = e->hypotheses.starts[i + 1] - e->hypotheses.starts[i];

        e->confidences[i] = confidence->weights
                                ? confidence_estimate(confidence->weights, &examples[i].evidence)
                                : confidence_uncalibrated(e->hypotheses.log_prob[i], words);
    }
    free(examples);
    return confidence->weights ? reliability_measure(e->confidences, e->hypotheses.content, photos,
                                                     reliability, err)
                               : TN_OK;
}

/* Leaves out, of sets that name no splits, what is not of the wanted one: in the eyes of the model,
 * photos are "train" that it was trained on. */
static enum tn_status choose_photos(struct evaluation *e, enum train_split wanted,
                                    struct eval_report *report, struct tn_error *err)
{
    const enum train_split other =
        wanted == TRAIN_SPLIT_TRAIN ? TRAIN_SPLIT_DEV : TRAIN_SPLIT_TRAIN;
    const struct model_photos *known = &e->chosen->trained_on;
    struct train_dataset *set = &e->data.dataset;

    for (size_t i = 0; i < set->photo_count; i++)
        report->without_splits = report->without_splits || set->photos[i].split == TRAIN_SPLIT_NONE;
    report->known = known->count > 0;
    app_data_know(&e->data, known);
    for (size_t i = 0; i < set->photo_count; i++) {
        struct train_photo *photo = &set->photos[i];

        if (wanted != TRAIN_SPLIT_NONE && photo->split == other) {
            photo->split = TRAIN_SPLIT_OUT;
            report->left_out++;
        }
        report->trained +=
            photo->split != TRAIN_SPLIT_OUT && trained_on_photo(known, &e->data.features, i);
    }
    if (report->left_out < set->photo_count)
        return TN_OK;
    return tn_fail(err, TN_NOTFOUND,
                   "the model was trained on all %zu photos; --split all measures it on them",
                   set->photo_count);
}

static enum tn_status evaluate(struct evaluation *e, struct eval_command *c, struct tn_error *err)
{
    struct train_scores scores;
    struct eval_report report = {.scores = &scores};
    struct reliability reliability;

    c->data.splits[0] = (enum train_split)c->split;
    if (c->json)
        TN_TRY(tn_atomic_try(c->json, err));
    TN_TRY(tn_pool_create(c->threads, &e->pool, err));
    TN_TRY(load_model(e, c, err));
    c->data.mirrored = e->chosen->input.mirrored;
    TN_TRY(app_data_load(&c->data, e->model.file, e->pool, &e->data, err));
    TN_TRY(choose_photos(e, c->data.splits[0], &report, err));
    TN_TRY(train_corpus_make(&e->data.dataset, train_photo_is_any, e->chosen->tokenizer,
                             e->chosen->vocab, &e->corpus, err));
    app_warn_wordless(&e->data, &e->corpus);
    TN_TRY(score(e, c, &scores, err));
    TN_TRY(weigh_confidences(e, &reliability, err));
    report.model = e->path;
    report.split = splits[c->split];
    report.beam = beam_of(e, c);
    report.dataset = &e->data.dataset;
    report.corpus = &e->corpus;
    report.hypotheses = &e->hypotheses;
    report.confidences = e->confidences;
    report.reliability =
        e->chosen->confidence.weights && scores.metrics.weighed ? &reliability : NULL;
    report.vocab = e->chosen->vocab;
    report.language = e->chosen->tokenizer;
    eval_print_table(&report, stdout);
    return c->json ? eval_save_json(&report, c->json, err) : TN_OK;
}

int app_eval(int argc, char **argv)
{
    struct eval_command c = {.data = APP_DATA_OPTIONS_DEFAULT,
                             .split = TRAIN_SPLIT_DEV,
                             .max_words = 20,
                             .length_exponent = 0.7};
    const struct app_option options[] = {
        app_option_files('d', "data", "PATH", APP_INPUT, &c.data.data,
                         "captioned photos, joined when given several times"),
        app_option_file('m', "model", "FILE", APP_MODEL, &c.model,
                        "model file (the shipped model)"),
        app_option_text('l', "lang", "LANGUAGE", &c.language, "the model's decoder (its first)"),
        app_option_choice('s', "split", "SPLIT", &c.split, splits,
                          "in sets without splits, what was trained on is train (dev)"),
        app_option_file(0, "images", "DIR", APP_FOLDER, &c.data.images, "where the photos lie"),
        app_option_file(0, "cache", "FILE", APP_OTHER_OUTPUT, &c.data.cache,
                        "keep the photos' features here"),
        app_option_flag(0, "skip-missing", &c.data.skip_missing,
                        "leave photos out that are missing or cannot be read"),
        app_option_number('b', "beam", "N", &c.beam, 1, 64,
                          "sentences kept in the search (30, or 3)"),
        app_option_number('w', "max-words", "N", &c.max_words, 1, 64, "longest caption (20)"),
        app_option_real(0, "length-exponent", "X", &c.length_exponent, 0, 2,
                        "captions compare by log-probability / length^X (0.7)"),
        app_option_flag(0, "allow-repeats", &c.allow_repeats, "do not hinder 'a dog dog'"),
        app_option_file(0, "json", "FILE", APP_SCORES_OUTPUT, &c.json,
                        "write scores and captions here"),
        app_option_number('j', "threads", "N", &c.threads, 0, 1024,
                          "the scores do not depend on it (0: one per core)"),
    };
    const struct app_syntax syntax = {
        .command = "caption eval",
        .synopsis = "--data PATH... [OPTION]...",
        .about = "Scores a model's captions against people's: BLEU, ROUGE-L and CIDEr-D as the\n"
                 "field's scorer defines them; the share of their content that somebody\n"
                 "mentioned about the photo; the perplexity of what people wrote; and how far the\n"
                 "confidence of a calibrated model can be trusted.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operand = "argument",
    };
    struct evaluation evaluation = {0};
    struct tn_error err;
    size_t operands;
    int code = app_parse(&syntax, argc, argv, &operands);

    if (code == APP_PROCEED && c.data.data.count == 0)
        code = app_usage_error(syntax.command, "no --data was given");
    if (code == APP_PROCEED) {
        app_hold_interrupts();
        code = evaluate(&evaluation, &c, &err) == TN_OK ? APP_OK : app_fail(&err);
        evaluation_finish(&evaluation);
    }
    app_list_finish(&c.data.data);
    return code;
}
