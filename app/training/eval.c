/* SPDX-License-Identifier: MIT */
/* `caption eval`: how good a model's captions are, measured against people's. */
#include "app/cli/commands.h"
#include "app/cli/shared_options.h"
#include "app/cli/together.h"
#include "app/training/eval_page.h"
#include "app/training/eval_report.h"
#include "app/training/keyword_report.h"
#include "app/training/recall_report.h"
#include "app/training/trained.h"
#include "base/atomic_file.h"
#include "cnn/int8/encoder.h"
#include "data/trained_on.h"
#include "train/fit/calibration.h"
#include "train/tasks/scoring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of enum data_split. */
static const char *const splits[] = {"all", "train", "dev", "test", NULL};

struct eval_command {
    struct app_trained_options trained;
    const char *json, *page, *compare;
    size_t split, beam, max_words;
    double length_exponent;
    bool allow_repeats, people, overwrite;
};

/* An evaluation with all that it holds. */
struct evaluation {
    struct app_trained trained;
    bool shared;             /* the photos are another evaluation's */
    struct decoder *decoder; /* the chosen one, for its perplexity */
    float *theta;
    struct train_scores scores;
    struct train_hypotheses hypotheses;
    double *confidences; /* [photos] */
    bool *denied;        /* [photos]: taken for no photo */
    struct keyword_report keywords;
    struct recall_report recall;
    struct train_people people;
    struct app_status status;
};

static void evaluation_finish(struct evaluation *e)
{
    free(e->denied);
    free(e->confidences);
    keyword_report_finish(&e->keywords);
    train_hypotheses_finish(&e->hypotheses);
    free(e->theta);
    decoder_destroy(e->decoder);
    if (e->shared)
        e->trained.data = (struct app_data){.sets = 0};
    app_trained_finish(&e->trained);
}

/* The decoder in float32. */
static enum tn_status load_decoder(struct evaluation *e, struct tn_error *err)
{
    const struct model_decoder *chosen = e->trained.chosen;
    char prefix[MODEL_LANGUAGE_SIZE + 16];

    snprintf(prefix, sizeof prefix, "decoder.%s.", chosen->language);
    TN_TRY(decoder_create(&chosen->weights.config, prefix, &e->decoder, err));
    e->theta = calloc(decoder_layout(e->decoder)->floats, sizeof *e->theta);
    if (!e->theta)
        return tn_fail_nomem(err, decoder_layout(e->decoder)->floats * sizeof *e->theta);
    return model_read_theta(e->trained.model.file, decoder_layout(e->decoder), e->theta, err);
}

static struct data_source source_of(const struct evaluation *e)
{
    return app_trained_source(&e->trained, &e->trained.corpus, &e->trained.data.features);
}

static size_t beam_of_evaluation(const struct evaluation *e, const struct eval_command *c)
{
    return c->beam > 0 ? c->beam : consensus_beam(&e->trained.chosen->consensus);
}

static enum tn_status score_captions(struct evaluation *e, const struct eval_command *c,
                                     struct tn_error *err)
{
    const struct model_decoder *chosen = e->trained.chosen;
    const struct data_source source = source_of(e);
    struct train_score_options options = {
        .search = SEARCH_OPTIONS_DEFAULT,
        .consensus = &chosen->consensus,
        .progress = {app_show_count, &e->status},
        .team = app_team(),
    };

    options.search.beam = beam_of_evaluation(e, c);
    options.search.max_words = c->max_words;
    options.search.length_exponent = (float)c->length_exponent;
    options.search.block_repeats = !c->allow_repeats;
    app_status_begin(&e->status);
    return train_score(&chosen->weights, e->decoder, e->theta, &source, chosen->vocab, &options,
                       e->trained.pool, &e->scores, &e->hypotheses, err);
}

/* The captions' confidences as `caption` gives them and, of a calibrated model, how far they can be
 * trusted. */
static enum tn_status weigh_confidences(struct evaluation *e, struct reliability *reliability,
                                        struct tn_error *err)
{
    const size_t photos = e->hypotheses.photos;
    const struct confidence *confidence = &e->trained.chosen->confidence;
    const struct data_source source = source_of(e);
    struct calibration_example *examples;

    e->confidences = malloc((photos + 1) * sizeof *e->confidences);
    e->denied = calloc(photos + 1, sizeof *e->denied);
    examples = malloc((photos + 1) * sizeof *examples);
    if (!e->confidences || !e->denied || !examples) {
        free(examples);
        return tn_fail_nomem(err, photos * sizeof *examples);
    }
    if (confidence->weights)
        calibration_examples(confidence, &source, &e->hypotheses, examples);
    for (size_t i = 0; i < photos; i++) {
        const size_t words = e->hypotheses.starts[i + 1] - e->hypotheses.starts[i];

        e->confidences[i] = confidence->weights
                                ? confidence_estimate(confidence, &examples[i].evidence)
                                : confidence_uncalibrated(e->hypotheses.log_prob[i], words);
        e->denied[i] =
            confidence->weights && confidence_denies_photo(confidence, &examples[i].evidence);
    }
    free(examples);
    return confidence->weights ? reliability_measure(e->confidences, e->hypotheses.content, photos,
                                                     reliability, err)
                               : TN_OK;
}

/* Leaves out, of sets that name no splits, what is not of the wanted one: in the eyes of the model,
 * photos are "train" that it was trained on. */
static enum tn_status choose_split(struct evaluation *e, enum data_split wanted,
                                   struct eval_report *report, struct tn_error *err)
{
    const enum data_split other = wanted == DATA_SPLIT_TRAIN ? DATA_SPLIT_DEV : DATA_SPLIT_TRAIN;
    const struct model_photos *known = &e->trained.chosen->trained_on;
    struct data_set *set = &e->trained.data.dataset;

    for (size_t i = 0; i < set->photo_count; i++)
        report->without_splits = report->without_splits || set->photos[i].split == DATA_SPLIT_NONE;
    report->known = known->count > 0;
    app_data_know(&e->trained.data, known);
    for (size_t i = 0; i < set->photo_count; i++) {
        struct data_photo *photo = &set->photos[i];

        if (wanted != DATA_SPLIT_NONE && photo->split == other) {
            photo->split = DATA_SPLIT_OUT;
            report->left_out++;
        }
        report->trained +=
            photo->split != DATA_SPLIT_OUT && trained_on_photo(known, &e->trained.data.features, i);
    }
    if (report->left_out < set->photo_count)
        return TN_OK;
    return tn_fail(err, TN_NOTFOUND,
                   "the model was trained on all %zu photos; --split all measures it on them",
                   set->photo_count);
}

static enum tn_status load_photos_to_score(struct evaluation *e, struct eval_command *c,
                                           struct eval_report *report, struct tn_error *err)
{
    c->trained.data.splits[0] = (enum data_split)c->split;
    TN_TRY(app_trained_load_data(&e->trained, &c->trained.data, err));
    TN_TRY(choose_split(e, c->trained.data.splits[0], report, err));
    return app_trained_make_corpus(&e->trained, data_photo_is_any, err);
}

/* ---- The model that it is compared with ---- */

/* The same photos, with the features that this model's encoder makes of them. */
static enum tn_status load_same_photos(struct evaluation *rival, const struct evaluation *e,
                                       const struct eval_command *c, struct tn_error *err)
{
    struct app_data_options options = c->trained.data;
    char ours[17], theirs[17];

    cnn_encoder_fingerprint(e->trained.model.file, ours);
    cnn_encoder_fingerprint(rival->trained.model.file, theirs);
    rival->shared = options.vectors ||
                    (strcmp(ours, theirs) == 0 &&
                     rival->trained.chosen->input.mirrored == e->trained.chosen->input.mirrored);
    if (rival->shared) {
        rival->trained.data = e->trained.data;
        return TN_OK;
    }
    options.cache = NULL; /* which has the other encoder's */
    TN_TRY(app_trained_load_data(&rival->trained, &options, err));
    for (size_t i = 0; i < rival->trained.data.dataset.photo_count; i++)
        rival->trained.data.dataset.photos[i].split = e->trained.data.dataset.photos[i].split;
    return TN_OK;
}

static enum tn_status evaluate_rival(struct evaluation *rival, const struct evaluation *e,
                                     const struct eval_command *c, struct tn_error *err)
{
    struct app_trained_options options = c->trained;

    options.model = c->compare;
    options.language = e->trained.chosen->language;
    TN_TRY(app_trained_open(&rival->trained, &options, err));
    TN_TRY(load_decoder(rival, err));
    TN_TRY(load_same_photos(rival, e, c, err));
    TN_TRY(app_data_check_width(&options.data, &rival->trained.data, &rival->trained.model,
                                rival->trained.chosen, err));
    TN_TRY(data_corpus_make(&rival->trained.data.dataset, data_photo_is_any,
                            rival->trained.chosen->tokenizer, rival->trained.chosen->vocab,
                            &rival->trained.corpus, err));
    if (rival->trained.corpus.photo_count != e->trained.corpus.photo_count)
        return tn_fail(err, TN_SHAPE, "%s: reads the captions of %zu of the %zu photos",
                       rival->trained.path, rival->trained.corpus.photo_count,
                       e->trained.corpus.photo_count);
    return score_captions(rival, c, err);
}

/* ---- The evaluation ---- */

static enum tn_status check_outputs(const struct eval_command *c, struct tn_error *err)
{
    if (c->json)
        TN_TRY(tn_atomic_try(c->json, err));
    return c->page ? eval_page_check(c->page, err) : TN_OK;
}

static enum tn_status give_report(const struct eval_report *report, const struct eval_command *c,
                                  struct tn_error *err)
{
    eval_print_table(report, stdout);
    if (!team_leads(app_team()))
        return TN_OK;
    if (c->json)
        TN_TRY(eval_save_json(report, c->json, err));
    return c->page ? eval_page_save(report, c->page, err) : TN_OK;
}

static enum tn_status evaluate_model(struct evaluation *e, struct evaluation *rival,
                                     struct eval_command *c, struct tn_error *err)
{
    struct reliability reliability;
    struct data_source source;
    struct eval_rival compared = {
        .model = c->compare, .scores = &rival->scores, .hypotheses = &rival->hypotheses};
    struct eval_report report = {.scores = &e->scores,
                                 .split = splits[c->split],
                                 .dataset = &e->trained.data.dataset,
                                 .corpus = &e->trained.corpus,
                                 .hypotheses = &e->hypotheses};

    TN_TRY(check_outputs(c, err));
    TN_TRY(app_trained_open(&e->trained, &c->trained, err));
    TN_TRY(load_decoder(e, err));
    TN_TRY(load_photos_to_score(e, c, &report, err));
    TN_TRY(score_captions(e, c, err));
    TN_TRY(weigh_confidences(e, &reliability, err));
    source = source_of(e);
    TN_TRY(keyword_report_make(&e->keywords, &e->trained, &source, &e->hypotheses, err));
    TN_TRY(recall_report_make(&e->recall, &e->trained, &source, err));
    if (c->people) {
        TN_TRY(train_score_people(&e->trained.corpus, &e->people, err));
        report.people = &e->people;
    }
    report.model = e->trained.path;
    report.beam = beam_of_evaluation(e, c);
    report.confidences = e->confidences;
    report.denied = e->denied;
    report.keywords = &e->keywords;
    report.recall = &e->recall;
    report.reliability =
        e->trained.chosen->confidence.weights && e->scores.metrics.weighed ? &reliability : NULL;
    report.vocab = e->trained.chosen->vocab;
    report.language = e->trained.chosen->tokenizer;
    report.language_name = e->trained.chosen->language;
    if (c->compare) {
        TN_TRY(evaluate_rival(rival, e, c, err));
        compared.vocab = rival->trained.chosen->vocab;
        report.rival = &compared;
    }
    return give_report(&report, c, err);
}

int app_eval(int argc, char **argv)
{
    struct eval_command c = {.split = DATA_SPLIT_DEV,
                             .max_words = CAPTIONER_USUAL_WORDS,
                             .length_exponent = (double)CAPTIONER_USUAL_EXPONENT};
    struct app_table table = {.count = 0};
    const struct app_option rows[] = {
        app_option_choice('s', "split", "SPLIT", &c.split, splits,
                          "in sets without splits, what was trained on is train (dev)"),
        app_option_beam(&c.beam),
        app_option_max_words(&c.max_words),
        app_option_length_exponent(&c.length_exponent),
        app_option_flag(0, "allow-repeats", &c.allow_repeats, "allow 'a dog dog'"),
        app_option_flag(0, "people", &c.people,
                        "also what people's own captions score, each against the others"),
        app_option_file(0, "json", "FILE", APP_SCORES_OUTPUT, &c.json,
                        "write scores and captions here"),
        app_option_file(0, "page", "FILE", APP_PAGE_OUTPUT, &c.page,
                        "show photos, captions and references here, the worst first: .html"),
        app_option_file(0, "compare", "FILE", APP_INPUT, &c.compare,
                        "a model to compare with, photo by photo"),
        app_option_flag(0, "overwrite", &c.overwrite, "replace files that are there"),
    };
    struct app_syntax syntax = {
        .command = "caption eval",
        .synopsis = "--data PATH... [OPTION]...",
        .about =
            "Scores a model's captions against people's: BLEU, ROUGE-L and CIDEr-D as the\n"
            "field's scorer defines them; the share of their content that somebody\n"
            "mentioned about the photo; the keywords that people used; how well photos are\n"
            "found by what people said, and the other way round; the perplexity of what people\n"
            "wrote; and how far the confidence of a calibrated model can be trusted.",
        .options = table.rows,
        .required = {"data"},
        .operand = "argument",
        .overwrite = &c.overwrite,
    };
    struct evaluation evaluation = {0}, rival = {0};
    struct tn_error err;
    size_t operands;
    int code;

    app_trained_add_options(&table, &c.trained);
    app_table_add(&table, rows, APP_COUNT(rows));
    syntax.option_count = table.count;
    code = app_parse(&syntax, argc, argv, &operands);
    if (code == APP_PROCEED) {
        app_hold_interrupts();
        code = evaluate_model(&evaluation, &rival, &c, &err) == TN_OK ? APP_OK : app_fail(&err);
        evaluation_finish(&rival);
        evaluation_finish(&evaluation);
    }
    app_list_finish(&c.trained.data.data);
    return code;
}
