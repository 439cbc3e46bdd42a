/* SPDX-License-Identifier: MIT */
/* What `caption distill` learns from: photos, what a teacher made of them, and words. */
#include "app/caption/inputs.h"
#include "app/cli/commands.h"
#include "app/cli/together.h"
#include "app/training/distill_run.h"
#include "app/training/training.h"
#include "base/path.h"
#include "cnn/alexnet.h"
#include "data/hold_out.h"
#include "data/photo_list.h"
#include "image/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { WORD_COUNT_LEAST = 5 /* how often a word is said that is worth expecting */ };

/* ---- Which photos ---- */

static enum tn_status add_captioned(struct data_set *dataset, const struct distill_command *c,
                                    struct tn_error *err)
{
    const struct data_set_options wanted = {.images = c->images, .skip_missing = c->skip_missing};

    for (size_t i = 0; i < c->data.count; i++) {
        struct data_set set;
        enum tn_status status;

        TN_TRY(data_set_load(c->data.items[i], &wanted, &set, err));
        app_data_warn(c->data.items[i], &set);
        status = data_set_append(dataset, &set, err);
        data_set_finish(&set);
        TN_TRY(status);
    }
    return TN_OK;
}

static enum tn_status add_photos(struct data_set *dataset, const struct distill_command *c,
                                 struct tn_error *err)
{
    struct app_inputs inputs = {0};
    struct data_set set = {0};
    enum tn_status status =
        app_inputs_collect(&inputs, (void *)c->photos.items, c->photos.count, err);

    if (status == TN_OK && inputs.failed > 0 && !c->skip_missing)
        status = tn_fail(err, TN_NOTFOUND,
                         "%zu of --photos cannot be read; leave them out with --skip-missing",
                         inputs.failed);
    if (status == TN_OK)
        status = data_set_of_photos((const char *const *)inputs.paths, inputs.count, &set, err);
    if (status == TN_OK)
        status = data_set_append(dataset, &set, err);
    data_set_finish(&set);
    app_inputs_finish(&inputs);
    return status;
}

static struct data_place *list_places(const struct data_set *dataset)
{
    struct data_place *places = malloc((dataset->photo_count + 1) * sizeof *places);

    for (size_t i = 0; places && i < dataset->photo_count; i++)
        places[i] = data_set_place(dataset, i);
    return places;
}

/* Reads who is who.  Test photos are left out after their copies among the others. */
static enum tn_status identify(struct distill_data *data, const struct distill_command *c,
                               const struct data_place *places, struct tn_pool *pool,
                               struct tn_error *err)
{
    struct data_set *set = &data->dataset;
    struct app_status status;
    const struct tn_progress progress = {app_show_photos, &status};
    size_t unreadable, repeated;

    data->ids = calloc(set->photo_count + 1, sizeof *data->ids);
    if (!data->ids)
        return tn_fail_nomem(err, set->photo_count * sizeof *data->ids);
    app_status_begin(&status);
    TN_TRY(data_photo_ids_read(places, set->photo_count, pool, &progress, data->ids, err));
    TN_TRY(data_set_leave_out(set, data->ids, &unreadable, &repeated, err));
    if (unreadable > 0 && !c->skip_missing)
        return tn_fail(err, TN_IO,
                       "%zu of %zu photos cannot be read; leave them out with --skip-missing",
                       unreadable, set->photo_count);
    if (unreadable > 0)
        app_warn("left out %zu of %zu photos that cannot be read", unreadable, set->photo_count);
    if (repeated > 0 && !c->loop.quiet)
        app_say("%zu photos are there more than once, and count once", repeated);
    for (size_t i = 0; i < set->photo_count; i++)
        if (set->photos[i].split == DATA_SPLIT_TEST)
            set->photos[i].split = DATA_SPLIT_OUT;
    return TN_OK;
}

/* Opens the teacher, and leaves out what it does not know. */
static enum tn_status ask_teacher(struct distill_data *data, const struct distill_command *c,
                                  struct tn_error *err)
{
    struct data_set *set = &data->dataset;
    size_t left_out = 0;

    TN_TRY(teacher_open(c->teacher, set, &data->teacher, err));
    for (size_t i = 0; i < set->photo_count; i++) {
        if (set->photos[i].split == DATA_SPLIT_OUT || data->teacher.rows[i] != SIZE_MAX)
            continue;
        set->photos[i].split = DATA_SPLIT_OUT;
        left_out++;
    }
    if (left_out > 0)
        app_warn("left out %zu photos that the teacher does not know", left_out);
    /* the same file is there once; nothing is known of what looks the same */
    return data_hold_out(
        set, &(struct data_features){.photos = set->photo_count, .rows = data->teacher.rows}, NULL,
        c->dev_share, err);
}

/* ---- What of them ---- */

enum tn_status distill_check_space(const char *path, size_t bytes, const char *what,
                                   struct tn_error *err)
{
    char *folder = tn_path_folder(path);
    struct statvfs space;
    const bool known = folder && statvfs(folder, &space) == 0;
    const double free_bytes = known ? (double)space.f_bavail * (double)space.f_frsize : 0;

    free(folder);
    if (!known || free_bytes >= (double)bytes)
        return TN_OK;
    return tn_fail(err, TN_IO, "%s: %s takes %.2f GB, and %.2f GB are free there", path, what,
                   (double)bytes * 1e-9, free_bytes * 1e-9);
}

static size_t count_used(const struct data_set *set)
{
    size_t used = 0;

    for (size_t i = 0; i < set->photo_count; i++)
        used += set->photos[i].split != DATA_SPLIT_OUT;
    return used;
}

/* Says how large the file becomes, if there is room for it. */
static enum tn_status check_cache(const struct distill_command *c, const char *cache, size_t photos,
                                  struct tn_error *err)
{
    const size_t bytes = data_pool5_bytes(photos, !c->no_mirror);
    struct stat info = {0};
    const size_t there = stat(cache, &info) == 0 ? (size_t)info.st_size : 0;

    TN_TRY(distill_check_space(cache, bytes > there ? bytes - there : 0, "pool5", err));
    if (!c->loop.quiet)
        app_say("%s: pool5 of %zu photos, %.2f GB", cache, photos, (double)bytes * 1e-9);
    return TN_OK;
}

static bool is_missing(const struct distill_data *data, const struct distill_command *c,
                       size_t photo)
{
    return distill_is_dense(c) ? data->pool5.rows[photo] == SIZE_MAX : data->pixels.missing[photo];
}

/* Photos that cannot be decoded: how many, and why the first of them. */
static enum tn_status leave_out_unreadable(struct distill_data *data,
                                           const struct distill_command *c, size_t unreadable,
                                           const struct tn_error *first, struct tn_error *err)
{
    if (unreadable == 0)
        return TN_OK;
    if (!c->skip_missing)
        return tn_fail(err, TN_FORMAT,
                       "%zu photos cannot be decoded, the first: %s; leave them out with "
                       "--skip-missing",
                       unreadable, first->text);
    app_warn("left out %zu photos that cannot be decoded, the first: %s", unreadable, first->text);
    for (size_t i = 0; i < data->dataset.photo_count; i++)
        if (is_missing(data, c, i))
            data->dataset.photos[i].split = DATA_SPLIT_OUT;
    return TN_OK;
}

/* Of a team one process after the other: the first computes what the others find in the file. */
static enum tn_status make_pool5(struct distill_data *data, const struct distill_command *c,
                                 const struct tn_file *encoder, const char *cache,
                                 const struct data_place *places, struct tn_pool *pool,
                                 struct tn_error *err)
{
    const struct data_set *set = &data->dataset;
    struct app_status shown;
    const struct data_pool5_options options = {.path = cache,
                                               .mirrored = !c->no_mirror,
                                               .max_pixels = IMAGE_USUAL_PIXELS,
                                               .progress = {app_show_photos, &shown}};
    struct data_photo_id *wanted = malloc((set->photo_count + 1) * sizeof *wanted);
    enum tn_status status = TN_OK;

    if (!wanted)
        return tn_fail_nomem(err, set->photo_count * sizeof *wanted);
    for (size_t i = 0; i < set->photo_count; i++)
        wanted[i] =
            set->photos[i].split == DATA_SPLIT_OUT ? (struct data_photo_id){0} : data->ids[i];
    app_status_begin(&shown);
    app_finish_first("what is computed so far is kept; a second signal ends it at once");
    for (size_t rank = 0; rank < team_size(app_team()) && status == TN_OK; rank++) {
        if (rank == team_rank(app_team()))
            status = data_pool5_make(encoder, places, wanted, set->photo_count, &options, pool,
                                     &data->pool5, err);
        if (team_any(app_team(), status != TN_OK) && status == TN_OK)
            status = tn_fail(err, TN_IO, "another process of the team could not compute pool5");
    }
    app_finish_first(NULL);
    free(wanted);
    TN_TRY(status);
    return leave_out_unreadable(data, c, data->pool5.unreadable, &data->pool5.first_failure, err);
}

static enum tn_status make_inputs(struct distill_data *data, const struct distill_command *c,
                                  const struct tn_file *encoder, const char *cache,
                                  const struct data_place *places, struct tn_pool *pool,
                                  struct tn_error *err)
{
    const size_t photos = count_used(&data->dataset);
    struct app_status status;
    const struct tn_progress progress = {app_show_photos, &status};

    if (distill_is_dense(c)) {
        TN_TRY(check_cache(c, cache, photos, err));
        return make_pool5(data, c, encoder, cache, places, pool, err);
    }
    if (!c->loop.quiet)
        app_say("%.1f GB of pixels in memory", (double)data->dataset.photo_count *
                                                   (double)(ALEXNET_SIDE * ALEXNET_SIDE * 3) *
                                                   1e-9);
    app_status_begin(&status);
    TN_TRY(
        data_pixels_make(&data->dataset, IMAGE_USUAL_PIXELS, &progress, pool, &data->pixels, err));
    return leave_out_unreadable(data, c, data->pixels.unreadable, &data->pixels.first_failure, err);
}

static enum tn_status make_words(struct distill_data *data, const struct distill_command *c,
                                 struct tn_pool *pool, struct tn_error *err)
{
    static const enum vocab_language languages[] = {VOCAB_ENGLISH, VOCAB_CHINESE};
    struct app_status status;
    struct expected_words_options options = {.dataset = &data->dataset,
                                             .teacher = &data->teacher,
                                             .language = languages[c->language],
                                             .words = c->words,
                                             .progress = {app_show_stage, &status}};
    enum tn_status result;

    if (c->data.count == 0 || c->words == 0)
        return TN_OK;
    TN_TRY(data_make_vocab(&data->dataset, data_photo_is_train, options.language, WORD_COUNT_LEAST,
                           &data->vocab, err));
    options.vocab = data->vocab;
    app_status_begin(&status);
    result = expected_words_make(&options, pool, &data->words, err);
    app_status_clear(&status);
    TN_TRY(result);
    if (!c->loop.quiet)
        app_say("%zu words: the teacher explains %.1f %% of what %zu photos' captions say, by fits "
                "without the photo",
                data->words.words, 100 * data->words.explained, data->words.fitted);
    return TN_OK;
}

enum tn_status distill_data_make(struct distill_data *data, const struct distill_command *c,
                                 const struct tn_file *encoder, const char *cache,
                                 struct tn_pool *pool, struct tn_error *err)
{
    struct data_place *places;
    enum tn_status status;

    TN_TRY(add_captioned(&data->dataset, c, err));
    TN_TRY(add_photos(&data->dataset, c, err));
    places = list_places(&data->dataset);
    if (!places)
        return tn_fail_nomem(err, data->dataset.photo_count * sizeof *places);
    status = identify(data, c, places, pool, err);
    if (status == TN_OK)
        status = ask_teacher(data, c, err);
    if (status == TN_OK)
        status = make_inputs(data, c, encoder, cache, places, pool, err);
    free(places);
    TN_TRY(status);
    return make_words(data, c, pool, err);
}

void distill_data_finish(struct distill_data *data)
{
    expected_words_finish(&data->words);
    vocab_destroy(data->vocab);
    data_pool5_finish(&data->pool5);
    data_pixels_finish(&data->pixels);
    teacher_finish(&data->teacher);
    free(data->ids);
    data_set_finish(&data->dataset);
}
