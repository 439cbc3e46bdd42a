/* SPDX-License-Identifier: MIT */
/*
 * `caption calibrate`: makes a model's confidence mean something, measured on captioned photos that
 * it was not trained on.
 */
#include "app/training/calibrate.h"

#include "app/cli/commands.h"
#include "app/training/calibrate_report.h"
#include "app/training/keyword_report.h"
#include "app/training/train_loop.h"
#include "base/atomic_file.h"
#include "data/hold_out.h"
#include "train/fit/calibration.h"
#include "train/fit/empty_pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Photos that are fitted to at least; empty pictures, whose first half becomes the centres. */
enum { FEWEST_PHOTOS = 40, EMPTY_PICTURES = 40 * EMPTY_KINDS };

static const char *const splits[] = {"all", "dev", "test", NULL};
static const enum data_split split_of[] = {DATA_SPLIT_NONE, DATA_SPLIT_DEV, DATA_SPLIT_TEST};

/* A calibration with all that it holds. */
struct run {
    struct app_trained *trained; /* its corpus: the photos that are fitted to */
    const struct calibrate_settings *settings;
    struct data_corpus others; /* photos for the centres, without captions */
    bool halved;               /* they are of the chosen photos */
    struct data_features empty;
    struct data_corpus drawn, empty_corpus; /* empty pictures for the centres, and for the fit */
    struct train_hypotheses said, empty_said;
    struct keyword_report keywords;
    struct calibration calibration;
    /* Of the photos, of the empty pictures, and of the photos of the centres. */
    struct calibration_example *examples;
    double *numbers; /* their estimates, then the photos' scores */
    struct app_status status;
};

static void calibrate_run_finish(struct run *run)
{
    keyword_report_finish(&run->keywords);
    free(run->numbers);
    free(run->examples);
    calibration_finish(&run->calibration);
    train_hypotheses_finish(&run->said);
    train_hypotheses_finish(&run->empty_said);
    data_corpus_finish(&run->empty_corpus);
    data_features_finish(&run->empty);
    data_corpus_finish(&run->drawn);
    data_corpus_finish(&run->others);
}

/* ---- The photos ---- */

static bool is_chosen(const struct data_photo *photo, enum data_split split)
{
    return photo->split != DATA_SPLIT_OUT && (split == DATA_SPLIT_NONE || photo->split == split);
}

/* The centres are made of the photos of other splits; where there are too few, of every other one
 * of the chosen, which is then not fitted to. */
static enum tn_status part_photos(struct run *run, enum data_split split, struct tn_error *err)
{
    struct data_set *dataset = &run->trained->data.dataset;
    struct data_corpus *others = &run->others;
    size_t turn = 0;

    others->photos = malloc((dataset->photo_count + 1) * sizeof *others->photos);
    if (!others->photos)
        return tn_fail_nomem(err, dataset->photo_count * sizeof *others->photos);
    for (size_t i = 0; i < dataset->photo_count; i++)
        if (dataset->photos[i].split != DATA_SPLIT_OUT && !is_chosen(&dataset->photos[i], split))
            others->photos[others->photo_count++] = i;
    if (others->photo_count < CALIBRATION_PHOTO_CENTRES) {
        others->photo_count = 0;
        run->halved = true;
        for (size_t i = 0; i < dataset->photo_count; i++)
            if (is_chosen(&dataset->photos[i], split) && turn++ % 2 == 1)
                others->photos[others->photo_count++] = i;
    }
    for (size_t i = 0; i < dataset->photo_count; i++)
        if (!is_chosen(&dataset->photos[i], split))
            dataset->photos[i].split = DATA_SPLIT_OUT;
    for (size_t i = 0; i < others->photo_count; i++)
        dataset->photos[others->photos[i]].split = DATA_SPLIT_OUT;
    return TN_OK;
}

static enum tn_status check_count(const struct run *run, struct tn_error *err)
{
    const size_t fewest = run->halved ? 2 * FEWEST_PHOTOS : FEWEST_PHOTOS;
    const size_t count =
        run->trained->corpus.photo_count + (run->halved ? run->others.photo_count : 0);

    if (run->trained->corpus.photo_count >= FEWEST_PHOTOS)
        return TN_OK;
    return tn_fail(
        err, TN_RANGE,
        "%zu photos to calibrate on; expected at least %zu that the model was not trained "
        "on: give more with a further --data, or train again with a larger --dev-share",
        count, fewest);
}

/* ---- The empty pictures ---- */

/* A corpus of photos `first` to `end` - 1 without captions. */
static enum tn_status number_photos(size_t first, size_t end, struct data_corpus *corpus,
                                    struct tn_error *err)
{
    corpus->photos = malloc((end - first) * sizeof *corpus->photos);
    if (!corpus->photos)
        return tn_fail_nomem(err, (end - first) * sizeof *corpus->photos);
    for (size_t i = first; i < end; i++)
        corpus->photos[corpus->photo_count++] = i;
    return TN_OK;
}

static enum tn_status make_photo_centres(struct run *run, size_t seed, struct tn_error *err)
{
    enum { HALF = EMPTY_PICTURES / 2 };
    const struct centres_options options = {.progress = {app_show_count, &run->status}};
    const struct data_source photos =
        app_trained_source(run->trained, &run->others, &run->trained->data.features);
    const struct data_source empty = app_trained_source(run->trained, &run->drawn, &run->empty);

    TN_TRY(empty_pictures_encode(run->trained->model.file, EMPTY_PICTURES, seed,
                                 run->trained->chosen->input.mirrored, run->trained->pool,
                                 &run->empty, err));
    TN_TRY(number_photos(0, HALF, &run->drawn, err));
    TN_TRY(number_photos(HALF, EMPTY_PICTURES, &run->empty_corpus, err));
    app_status_begin(&run->status);
    return calibration_begin(&photos, &empty, &options, run->trained->pool, &run->calibration, err);
}

/* ---- Captions and the fit ---- */

static enum tn_status write_captions_to_fit(struct run *run, struct tn_error *err)
{
    struct train_score_options options = {
        .search = SEARCH_OPTIONS_DEFAULT,
        .consensus = &run->trained->chosen->consensus,
        .progress = {app_show_count, &run->status},
    };
    const struct data_source photos =
        app_trained_source(run->trained, &run->trained->corpus, &run->trained->data.features);
    const struct data_source empty =
        app_trained_source(run->trained, &run->empty_corpus, &run->empty);
    const struct data_source others =
        app_trained_source(run->trained, &run->others, &run->trained->data.features);
    const size_t count = run->trained->corpus.photo_count,
                 empty_count = run->empty_corpus.photo_count,
                 all = count + empty_count + run->others.photo_count;
    struct train_scores scores;

    options.search.beam = consensus_beam(options.consensus);
    app_status_begin(&run->status);
    TN_TRY(train_score(&run->trained->chosen->weights, NULL, NULL, &photos,
                       run->trained->chosen->vocab, &options, run->trained->pool, &scores,
                       &run->said, err));
    if (!scores.metrics.weighed)
        return tn_fail(err, TN_RANGE,
                       "people say the same of all %zu photos; expected captions "
                       "that differ from photo to photo",
                       count);
    TN_TRY(train_write(&run->trained->chosen->weights, &empty, &options, run->trained->pool,
                       &run->empty_said, err));
    run->examples = calloc(all, sizeof *run->examples);
    if (!run->examples)
        return tn_fail_nomem(err, all * sizeof *run->examples);
    calibration_examples(&run->calibration.confidence, &photos, &run->said, run->examples);
    calibration_examples(&run->calibration.confidence, &empty, &run->empty_said,
                         run->examples + count);
    calibration_look(&run->calibration.confidence, &others, run->examples + count + empty_count);
    return TN_OK;
}

/* Fits, measures the fit on what it has not seen, and writes the model again. */
static enum tn_status fit_calibration(struct run *run, FILE *stream, struct tn_error *err)
{
    const size_t count = run->trained->corpus.photo_count,
                 empty_count = run->empty_corpus.photo_count;
    const struct calibration_set set = {.photos = run->examples,
                                        .empty = run->examples + count,
                                        .further = run->examples + count + empty_count,
                                        .photo_count = count,
                                        .empty_count = empty_count,
                                        .further_count = run->others.photo_count};
    struct calibrate_report report = {.output = run->settings->output,
                                      .split = splits[run->settings->split],
                                      .empty_count = empty_count,
                                      .centres = run->others.photo_count};
    char note[CALIBRATE_NOTE_SIZE];
    double *scores;

    run->numbers = malloc((2 * count + empty_count) * sizeof *run->numbers);
    if (!run->numbers)
        return tn_fail_nomem(err, (2 * count + empty_count) * sizeof *run->numbers);
    report.estimates.photos = run->numbers;
    report.estimates.empty = run->numbers + count;
    scores = run->numbers + count + empty_count;
    for (size_t i = 0; i < count; i++)
        scores[i] = run->examples[i].score;
    TN_TRY(calibration_cross_fit(&set, &report.estimates, err));
    TN_TRY(calibration_fit(&set, &run->calibration, err));
    TN_TRY(reliability_measure(report.estimates.photos, scores, count, &report.reliability, err));
    calibrate_note(&report, note);
    TN_TRY(confidence_save(report.output, run->trained->model.file, run->trained->chosen->language,
                           &run->calibration.confidence, note, err));
    if (stream)
        calibrate_print(&report, stream);
    return run->settings->diagram ? calibrate_draw(&report, run->settings->diagram, err) : TN_OK;
}

/* The keywords' weights, into the calibrated model. */
static enum tn_status save_keywords(struct run *run, const float *weights, struct tn_error *err)
{
    const char *output = run->settings->output;
    char note[KEYWORD_NOTE_SIZE];
    struct tn_file *file;
    enum tn_status status;

    keyword_report_note(&run->keywords, note);
    TN_TRY(tn_file_open(output, &file, err));
    status = keywords_save(output, file, run->trained->chosen->language, weights, note, err);
    tn_file_close(file);
    return status;
}

/* Nothing is fitted without a consensus, nor to keywords that all or none of were said. */
static enum tn_status fit_keywords(struct run *run, FILE *report, struct tn_error *err)
{
    const struct data_source photos =
        app_trained_source(run->trained, &run->trained->corpus, &run->trained->data.features);
    float weights[KEYWORDS_WEIGHTS];

    TN_TRY(keyword_report_make(&run->keywords, run->trained, &photos, &run->said, err));
    if (!run->keywords.probabilities || !keyword_can_fit(&run->keywords.examples))
        return TN_OK;
    TN_TRY(keyword_report_fit(&run->keywords, weights, err));
    TN_TRY(save_keywords(run, weights, err));
    if (!report)
        return TN_OK;
    keyword_report_print_curve(&run->keywords, report);
    putc('\n', report);
    keyword_report_print(&run->keywords, report);
    return TN_OK;
}

static enum tn_status calibrate_run(struct run *run, FILE *report, struct tn_error *err)
{
    const struct calibrate_settings *s = run->settings;

    TN_TRY(tn_atomic_try(s->output, err));
    if (s->diagram)
        TN_TRY(tn_atomic_try(s->diagram, err));
    TN_TRY(part_photos(run, split_of[s->split], err));
    TN_TRY(app_trained_make_corpus(run->trained, data_photo_is_any, err));
    TN_TRY(check_count(run, err));
    TN_TRY(make_photo_centres(run, s->seed, err));
    TN_TRY(write_captions_to_fit(run, err));
    TN_TRY(fit_calibration(run, report, err));
    return fit_keywords(run, report, err);
}

enum tn_status calibrate_photos(struct app_trained *trained,
                                const struct calibrate_settings *settings, FILE *report,
                                struct tn_error *err)
{
    struct run run = {.trained = trained, .settings = settings};
    const enum tn_status status = calibrate_run(&run, report, err);

    calibrate_run_finish(&run);
    return status;
}

/* ---- The command ---- */

struct calibrate_command {
    struct app_trained_options trained;
    struct calibrate_settings settings;
    char *diagram; /* its usual name; owned */
    bool overwrite;
};

/* Photos that the model was trained on are not for calibrating; nor, where it does not record them,
 * those that a training would have been on. */
static enum tn_status know_photos(struct app_trained *trained, enum data_split split,
                                  struct tn_error *err)
{
    struct data_set *set = &trained->data.dataset;
    const size_t seen = app_data_know(&trained->data, &trained->chosen->trained_on);

    if (split == DATA_SPLIT_NONE) {
        if (seen > 0)
            app_warn("the model was trained on %zu of these %zu photos: its confidence will be too "
                     "high",
                     seen, set->photo_count);
    } else if (trained->chosen->trained_on.count > 0) {
        for (size_t i = 0; i < set->photo_count; i++)
            if (set->photos[i].split == DATA_SPLIT_NONE || set->photos[i].split == DATA_SPLIT_DEV)
                set->photos[i].split = split;
    } else if (split == DATA_SPLIT_DEV) {
        return data_hold_out(set, &trained->data.features, NULL, DATA_HOLD_OUT_USUAL, err);
    }
    return TN_OK;
}

static enum tn_status calibrate_model(struct app_trained *trained, struct calibrate_command *c,
                                      struct tn_error *err)
{
    const enum data_split split = split_of[c->settings.split];

    TN_TRY(app_trained_open(trained, &c->trained, err));
    TN_TRY(model_check_encoder(&trained->model, trained->chosen, err));
    if (!c->settings.output)
        c->settings.output = trained->path;
    c->diagram = train_with_suffix(c->settings.output, ".calibration.png");
    if (!c->diagram)
        return tn_fail_nomem(err, strlen(c->settings.output));
    if (!c->settings.diagram)
        c->settings.diagram = c->diagram;
    if (split != DATA_SPLIT_NONE) {
        c->trained.data.splits[0] = DATA_SPLIT_TRAIN;
        c->trained.data.splits[1] = split;
    }
    TN_TRY(app_trained_load_data(trained, &c->trained.data, err));
    TN_TRY(know_photos(trained, split, err));
    return calibrate_photos(trained, &c->settings, stdout, err);
}

int app_calibrate(int argc, char **argv)
{
    struct calibrate_command c = {.settings = CALIBRATE_SETTINGS_DEFAULT};
    struct app_table table = {.count = 0};
    const struct app_option rows[] = {
        app_option_file('o', "output", "FILE", APP_MODEL_OUTPUT, &c.settings.output,
                        "the calibrated model (--model itself)"),
        app_option_flag(0, "overwrite", &c.overwrite, "replace another model that is there"),
        app_option_choice('s', "split", "SPLIT", &c.settings.split, splits,
                          "photos to calibrate on, which it was not trained on (dev)"),
        app_option_file(0, "diagram", "FILE", APP_DRAWING_OUTPUT, &c.settings.diagram,
                        "draw the reliability here (OUTPUT.calibration.png)"),
        app_option_number(0, "seed", "N", &c.settings.seed, 0, 1000000000,
                          "of the pictures of nothing (1)"),
    };
    static const struct app_beside beside[] = {
        {".calibration.png", "diagram", "the diagram", APP_DRAWING_OUTPUT},
        {NULL, NULL, NULL, APP_NO_FILE},
    };
    struct app_syntax syntax = {
        .command = "caption calibrate",
        .synopsis = "--data PATH... [OPTION]...",
        .about = "Makes the confidence that captions come with an estimate of how much of them is\n"
                 "right, fitted to captioned photos and to pictures that show nothing, and the\n"
                 "probability of keywords one of whether people would use them.  Writes both into\n"
                 "the model.",
        .options = table.rows,
        .required = {"data"},
        .operand = "argument",
        .beside = beside,
        .in_place = true,
        .overwrite = &c.overwrite,
    };
    struct app_trained trained = {.pool = NULL};
    struct tn_error err;
    size_t operands;
    int code;

    app_trained_add_options(&table, &c.trained);
    app_table_add(&table, rows, APP_COUNT(rows));
    syntax.option_count = table.count;
    code = app_parse(&syntax, argc, argv, &operands);
    if (code == APP_PROCEED) {
        app_hold_interrupts();
        code = calibrate_model(&trained, &c, &err) == TN_OK ? APP_OK : app_fail(&err);
        app_trained_finish(&trained);
        free(c.diagram);
    }
    app_list_finish(&c.trained.data.data);
    return code;
}
