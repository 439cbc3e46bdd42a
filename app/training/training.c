/* SPDX-License-Identifier: MIT */
#include "app/training/training.h"

#include "app/cli/commands.h"
#include "app/cli/together.h"
#include "data/trained_on.h"
#include "data/vectors.h"
#include "image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void app_data_add_options(struct app_table *table, struct app_data_options *options,
                          const char *cache)
{
    const struct app_option rows[] = {
        app_option_files('d', "data", "PATH", APP_INPUT, &options->data,
                         "captioned photos, joined when given several times"),
        app_option_file(0, "images", "DIR", APP_FOLDER, &options->images, "where the photos lie"),
        app_option_file(0, "vectors", "FILE", APP_INPUT, &options->vectors,
                        "numbers of the photos that another network made, in place of V: .npy"),
        app_option_file(0, "vectors-names", "FILE", APP_INPUT, &options->names,
                        "the photo of each row, one name per line (VECTORS.names)"),
        app_option_flag(0, "captions-in-photos", &options->in_photos,
                        "captions are the descriptions in the photos' own metadata"),
        app_option_flag(0, "skip-missing", &options->skip_missing,
                        "leave photos out that are missing or cannot be read"),
    };

    const struct app_option cache_row =
        app_option_file(0, "cache", "FILE", APP_OTHER_OUTPUT, &options->cache, cache);

    app_table_add(table, rows, APP_COUNT(rows));
    if (cache)
        app_table_add(table, &cache_row, 1);
}

bool app_show_photos(void *context, const char *doing, size_t done, size_t count)
{
    struct app_status *status = context;

    if (app_status_due(status)) {
        const double rate = (double)done / app_status_seconds(status);
        char left[32];

        app_duration_text((double)(count - done) / rate, left, sizeof left);
        fprintf(stderr, "\r\033[K%s %zu of %zu, %.0f per second, %s left", doing, done, count, rate,
                left);
    }
    if (done == count)
        app_status_clear(status);
    return !app_interrupted();
}

bool app_show_count(void *context, const char *doing, size_t done, size_t count)
{
    struct app_status *status = context;

    if (app_status_due(status))
        fprintf(stderr, "\r\033[K%s %zu of %zu", doing, done, count);
    if (done == count)
        app_status_clear(status);
    return !app_interrupted();
}

bool app_show_stage(void *context, const char *doing, size_t done, size_t count)
{
    struct app_status *status = context;

    if (app_status_due(status) || (status->terminal && done == 0))
        fprintf(stderr, "\r\033[K%s: %zu of %zu", doing, done, count);
    return !app_interrupted();
}

/* Leaves out the photos without features, or fails when they must all be there. */
static enum tn_status check_unreadable(const struct app_data_options *options,
                                       struct app_data *data, struct tn_error *err)
{
    const struct data_features *features = &data->features;

    if (features->unreadable == 0)
        return TN_OK;
    if (!options->skip_missing)
        return tn_fail(err, TN_FORMAT,
                       "%zu of %zu photos cannot be read, the first: %s; leave them out with "
                       "--skip-missing",
                       features->unreadable, features->photos, features->first_failure.text);
    app_warn("left out %zu of %zu photos that cannot be read, the first: %s", features->unreadable,
             features->photos, features->first_failure.text);
    for (size_t i = 0; i < features->photos; i++)
        if (features->rows[i] == SIZE_MAX)
            data->dataset.photos[i].split = DATA_SPLIT_OUT;
    return TN_OK;
}

static enum tn_status make_features(const struct app_data_options *options,
                                    const struct tn_file *weights, struct tn_pool *pool,
                                    struct app_data *data, struct tn_error *err)
{
    struct app_status status;
    const struct data_features_options wanted = {.cache = options->cache,
                                                 .mirrored = options->mirrored,
                                                 .max_pixels = IMAGE_USUAL_PIXELS,
                                                 .progress = {app_show_photos, &status},
                                                 .team = options->alone ? NULL : app_team()};
    const struct data_set *dataset = &data->dataset;
    struct data_place *places = malloc((dataset->photo_count + 1) * sizeof *places);
    enum tn_status result;

    if (!places)
        return tn_fail_nomem(err, dataset->photo_count * sizeof *places);
    for (size_t i = 0; i < dataset->photo_count; i++)
        places[i] = data_set_place(dataset, i);
    app_status_begin(&status);
    if (options->cache)
        app_finish_first(
            "the features computed so far are kept first; a second signal ends it at once");
    result = data_features_make(weights, places, dataset->photo_count, &wanted, pool,
                                &data->features, err);
    app_finish_first(NULL);
    free(places);
    if (result == TN_OK && data->features.cache_unusable)
        app_warn("%s: the cache was another encoder's, of other views, an older program's, or "
                 "damaged; the features were computed again",
                 options->cache);
    return result;
}

void app_data_warn(const char *source, const struct data_set *set)
{
    if (set->said_in_photos)
        app_warn("%s: the captions are the descriptions in the photos' own metadata", source);
    for (int kind = 0; kind < DATA_NOTES; kind++) {
        const struct data_note *note = &set->notes[kind];

        if (note->count > 0)
            app_warn("%s: %zu %s: %s%s", source, note->count, data_note_text(kind, note->count),
                     note->first, note->count > 3 ? ", ..." : "");
    }
}

/* How many photos of a set that was appended were there before it. */
static void warn_of_known(const char *source, const struct data_set *all, size_t before)
{
    const size_t count = all->notes[DATA_NOTE_KNOWN].count - before;

    if (count > 0)
        app_warn("%s: %zu %s", source, count, data_note_text(DATA_NOTE_KNOWN, count));
}

static enum tn_status take_vectors(const struct app_data_options *options, struct app_data *data,
                                   struct tn_error *err)
{
    struct data_vectors vectors;
    enum tn_status status;

    TN_TRY(data_vectors_load(options->vectors, options->names, &vectors, err));
    if (!vectors.names)
        app_warn("%s: comes without names; its rows are taken to be in the order of the data",
                 options->vectors);
    status = data_vectors_match(&vectors, options->vectors, &data->dataset, &data->features, err);
    data_vectors_finish(&vectors);
    return status;
}

static enum tn_status load_sets(const struct app_data_options *options, struct app_data *data,
                                struct tn_error *err)
{
    struct data_set_options wanted = {.images = options->images,
                                      .skip_missing = options->skip_missing,
                                      .without_files = options->vectors != NULL,
                                      .in_photos = options->in_photos,
                                      .language = options->language};

    data->ends = calloc(options->data.count + 1, sizeof *data->ends);
    if (!data->ends)
        return tn_fail_nomem(err, options->data.count * sizeof *data->ends);
    memcpy(wanted.splits, options->splits, sizeof wanted.splits);
    for (size_t i = 0; i < options->data.count; i++) {
        const size_t known = data->dataset.notes[DATA_NOTE_KNOWN].count;
        struct data_set set;
        enum tn_status status;

        TN_TRY(data_set_load(options->data.items[i], &wanted, &set, err));
        app_data_warn(options->data.items[i], &set);
        status = data_set_append(&data->dataset, &set, err);
        if (status == TN_OK)
            warn_of_known(options->data.items[i], &data->dataset, known);
        data_set_finish(&set);
        TN_TRY(status);
        data->ends[data->sets++] = data->dataset.photo_count;
    }
    return TN_OK;
}

enum tn_status app_data_load(const struct app_data_options *options, const struct tn_file *weights,
                             struct tn_pool *pool, struct app_data *ret_data, struct tn_error *err)
{
    struct app_data data = {0};
    enum tn_status status = load_sets(options, &data, err);

    if (status == TN_OK)
        status = options->vectors ? take_vectors(options, &data, err)
                                  : make_features(options, weights, pool, &data, err);
    if (status == TN_OK)
        status = check_unreadable(options, &data, err);
    if (status == TN_OK)
        *ret_data = data;
    else
        app_data_finish(&data);
    return status;
}

enum tn_status app_data_check_width(const struct app_data_options *options,
                                    const struct app_data *data, const struct model *model,
                                    const struct model_decoder *decoder, struct tn_error *err)
{
    const size_t wanted = decoder->weights.config.features, width = data->features.width;

    if (!options->vectors || width == wanted)
        return TN_OK;
    return tn_fail(err, TN_SHAPE, "%s: %zu numbers per photo, and %s reads %zu", options->vectors,
                   width, tn_file_path(model->file), wanted);
}

size_t app_data_know(struct app_data *data, const struct model_photos *trained_on)
{
    size_t trained = 0;

    for (size_t set = 0, first = 0; set < data->sets; first = data->ends[set++])
        trained +=
            trained_on_split(trained_on, &data->features, &data->dataset, first, data->ends[set]);
    return trained;
}

void app_warn_wordless(const struct app_data *data, const struct data_corpus *corpus)
{
    if (corpus->wordless > 0)
        app_warn("left out %zu of %zu photos, as no caption of theirs contains a word, the first: "
                 "%s",
                 corpus->wordless, corpus->wordless + corpus->photo_count,
                 data_set_path(&data->dataset, corpus->first_wordless));
}

void app_data_finish(struct app_data *data)
{
    data_set_finish(&data->dataset);
    data_features_finish(&data->features);
    free(data->ends);
}
