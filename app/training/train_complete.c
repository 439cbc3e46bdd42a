/* SPDX-License-Identifier: MIT */
/* What `caption train` adds to a trained model: a consensus and a calibration. */
#include "app/cli/commands.h"
#include "app/cli/together.h"
#include "app/training/calibrate.h"
#include "app/training/consensus.h"
#include "app/training/train_parts_private.h"
#include "models/captioner/keywords.h"
#include "train/fit/consensus_join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of two consensuses, what the one of n photos counts beside that of the start: n / (n + this). */
static const float START_PHOTOS = 200;

/* A calibration of other photos is kept unless it takes more than one of so many for none. */
enum { FEW_DENIED = 50 };

struct completion {
    const struct train_command *command;
    const struct train_start *start;
    struct app_trained trained;
    struct consensus_fit fit, joined;
};

static FILE *report_stream(const struct completion *run)
{
    return run->command->loop.quiet ? NULL : stderr;
}

static enum tn_status open_model(struct completion *run, struct tn_error *err)
{
    struct app_trained *trained = &run->trained;
    enum tn_status status;

    if (trained->chosen)
        model_finish(&trained->model);
    trained->chosen = NULL;
    TN_TRY(model_load(&trained->model, run->command->loop.output, err));
    status = model_find(&trained->model, train_language(run->command)->name, &trained->chosen, err);
    if (status != TN_OK)
        model_finish(&trained->model);
    return status;
}

/* What was learnt from and what was measured by, and nothing else: no photos without words, and
 * none that are imagined. */
static void choose_photos(struct data_set *dataset, const struct train_data *data)
{
    const size_t photos = data->photos.sets > 0 ? data->photos.ends[data->photos.sets - 1] : 0;

    for (size_t i = 0; i < dataset->photo_count; i++)
        dataset->photos[i].split = DATA_SPLIT_OUT;
    for (size_t i = 0; i < data->train_corpus.photo_count; i++)
        if (data->train_corpus.photos[i] < photos)
            dataset->photos[data->train_corpus.photos[i]].split = DATA_SPLIT_TRAIN;
    for (size_t i = 0; i < data->dev_corpus.photo_count; i++)
        dataset->photos[data->dev_corpus.photos[i]].split = DATA_SPLIT_DEV;
}

/* A photo that went or came meanwhile would have the others take each other's places. */
static enum tn_status check_photos(const struct data_set *now, const struct app_data *before,
                                   struct tn_error *err)
{
    const size_t photos = before->sets > 0 ? before->ends[before->sets - 1] : 0;

    for (size_t i = 0; i < photos; i++) {
        const char *path = data_set_path(&before->dataset, i);

        if (i >= now->photo_count || strcmp(data_set_path(now, i), path) != 0)
            return tn_fail(err, TN_IO, "%s: has vanished since the training began, or others came",
                           path);
    }
    return TN_OK;
}

/* The training's photos, with V of the encoder as it is now. */
static enum tn_status take_photos(struct completion *run, struct train_data *data,
                                  struct tn_error *err)
{
    struct app_data_options options = run->command->data;

    if (!run->command->finetune_cnn) {
        choose_photos(&data->photos.dataset, data);
        run->trained.data = data->photos;
        memset(&data->photos, 0, sizeof data->photos);
        return TN_OK;
    }
    options.alone = true;
    options.cache = NULL;
    options.splits[0] = DATA_SPLIT_TRAIN;
    options.splits[1] = DATA_SPLIT_DEV;
    TN_TRY(app_trained_load_data(&run->trained, &options, err));
    TN_TRY(check_photos(&run->trained.data.dataset, &data->photos, err));
    choose_photos(&run->trained.data.dataset, data);
    return TN_OK;
}

/* ---- The consensus ---- */

/* The start's decoder, where it reads V of the same encoder; NULL: there is none. */
static const struct model_decoder *start_decoder(const struct completion *run)
{
    const struct train_start *start = run->start;

    if (!start->decoder || run->command->data.vectors)
        return start->decoder;
    return train_start_fits(start, run->trained.model.file) ? start->decoder : NULL;
}

static const struct consensus *start_consensus(const struct completion *run)
{
    const struct model_decoder *start = start_decoder(run);

    return start && start->consensus.grams > 0 ? &start->consensus : NULL;
}

/* That of the photos, joined with the start's; NULL where neither is there. */
static enum tn_status make_consensus(struct completion *run, const struct consensus **ret_consensus,
                                     struct tn_error *err)
{
    struct consensus_settings settings = CONSENSUS_SETTINGS_DEFAULT;
    const struct consensus *before = start_consensus(run), *own = &run->fit.consensus;
    struct tn_error reason;
    enum tn_status status;

    settings.like = before;
    status = consensus_fit_photos(&run->trained, &settings, &run->fit, &reason);

    if (status == TN_RANGE || status == TN_FORMAT) {
        if (!run->command->loop.quiet)
            app_say("%s: %s", before ? "the consensus is that of the start" : "no consensus",
                    reason.text);
        *ret_consensus = before;
        return TN_OK;
    }
    if (status != TN_OK)
        return tn_fail(err, status, "%s", reason.text);
    if (before) {
        const float photos = (float)own->photos.rows;

        TN_TRY(consensus_join(before, own, photos / (photos + START_PHOTOS), &run->joined, err));
        own = &run->joined.consensus;
    }
    *ret_consensus = own;
    return TN_OK;
}

static enum tn_status add_consensus(struct completion *run, struct tn_error *err)
{
    const struct consensus *consensus;

    TN_TRY(app_trained_make_corpus(&run->trained, data_photo_is_train, err));
    TN_TRY(make_consensus(run, &consensus, err));
    if (consensus) {
        TN_TRY(consensus_put(&run->trained, consensus, run->command->loop.output,
                             report_stream(run), err));
        TN_TRY(open_model(run, err));
    }
    data_corpus_finish(&run->trained.corpus);
    return TN_OK;
}

/* ---- The calibration ---- */

/* How many of the photos, all but those of --text, a calibration takes for none. */
static enum tn_status count_denied(const struct completion *run,
                                   const struct confidence *confidence, size_t *ret_denied,
                                   struct tn_error *err)
{
    const struct data_features *features = &run->trained.data.features;
    const size_t photos = run->trained.data.ends[run->trained.data.sets - 1];
    float *v = malloc(features->width * sizeof *v);
    size_t denied = 0;

    if (!v)
        return tn_fail_nomem(err, features->width * sizeof *v);
    for (size_t i = 0; i < photos; i++) {
        struct confidence_evidence evidence;

        if (features->rows[i] == SIZE_MAX)
            continue;
        data_features_mean(features, i, v);
        decoder_input_apply(&run->trained.chosen->input, v, features->width);
        confidence_look(confidence, v, &evidence);
        denied += confidence_denies_photo(confidence, &evidence);
    }
    free(v);
    *ret_denied = denied;
    return TN_OK;
}

static enum tn_status put_calibration(const struct completion *run,
                                      const struct model_decoder *start, struct tn_error *err)
{
    static const char note[] = "{\"of\": \"the model that the training began with\"}";
    const char *output = run->command->loop.output;
    struct tn_file *file;
    enum tn_status status;

    TN_TRY(confidence_save(output, run->trained.model.file, start->language, &start->confidence,
                           note, err));
    if (!start->keyword_weights)
        return TN_OK;
    TN_TRY(tn_file_open(output, &file, err));
    status = keywords_save(output, file, start->language, start->keyword_weights, note, err);
    tn_file_close(file);
    return status;
}

/* What the photos do not suffice for is the start's, unless that takes the photos for none. */
static enum tn_status keep_calibration(const struct completion *run, const char *reason,
                                       struct tn_error *err)
{
    const struct model_decoder *start = start_decoder(run);
    const bool quiet = run->command->loop.quiet;
    size_t denied;

    if (!start || !start->confidence.weights) {
        if (!quiet)
            app_say("not calibrated: %s", reason);
        return TN_OK;
    }
    TN_TRY(count_denied(run, &start->confidence, &denied, err));
    if (denied * FEW_DENIED > run->trained.data.dataset.photo_count) {
        if (!quiet)
            app_say("not calibrated: the start's calibration takes %zu photos for none, and there "
                    "are %s",
                    denied, reason);
        return TN_OK;
    }
    if (!quiet)
        app_say("the calibration is that of the start: %s", reason);
    return put_calibration(run, start, err);
}

static enum tn_status add_calibration(struct completion *run, struct tn_error *err)
{
    struct calibrate_settings settings = CALIBRATE_SETTINGS_DEFAULT;
    struct tn_error reason;
    enum tn_status status;

    settings.output = run->command->loop.output;
    status = model_check_encoder(&run->trained.model, run->trained.chosen, &reason);
    if (status == TN_OK)
        status = calibrate_photos(&run->trained, &settings, NULL, &reason);
    if (status == TN_RANGE || status == TN_UNSUPPORTED)
        return keep_calibration(run, reason.text, err);
    if (status != TN_OK)
        return tn_fail(err, status, "%s", reason.text);
    if (!run->command->loop.quiet)
        app_say("%s: calibrated on %zu photos", settings.output, run->trained.corpus.photo_count);
    return TN_OK;
}

static enum tn_status complete(struct completion *run, struct train_data *data,
                               struct tn_error *err)
{
    TN_TRY(open_model(run, err));
    TN_TRY(take_photos(run, data, err));
    TN_TRY(add_consensus(run, err));
    return add_calibration(run, err);
}

enum tn_status train_complete(const struct train_command *command, const struct train_start *start,
                              struct train_data *data, struct tn_pool *pool, struct tn_error *err)
{
    struct completion run = {.command = command, .start = start, .trained = {.pool = pool}};
    struct tn_error reason;
    enum tn_status status;

    if (command->no_consensus || !team_leads(app_team()))
        return TN_OK;
    app_advise_interrupted("the model is trained, and the same command with --resume completes it");
    status = complete(&run, data, &reason);
    app_advise_interrupted(NULL);
    run.trained.pool = NULL; /* the caller's */
    app_trained_finish(&run.trained);
    consensus_fit_finish(&run.fit);
    consensus_fit_finish(&run.joined);
    if (status == TN_OK)
        return TN_OK;
    return tn_fail(err, status,
                   "%s: %s; the model is trained, and the same command with --resume completes it",
                   command->loop.output,
                   status == TN_CANCELLED ? "interrupted before its consensus and calibration"
                                          : reason.text);
}
