/* SPDX-License-Identifier: MIT */
/* Which photos are there, which can be read, and which are the same. */
#include "app/training/check_private.h"
#include "base/utf8.h"
#include "cnn/alexnet.h"
#include "data/pixels.h"
#include "data/trained_on.h"
#include "image/image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Reading ---- */

/* The photos while they are read. */
struct reading {
    struct check *check;
    struct data_place *places; /* [photos] */
    struct data_photo_id *ids; /* [photos] */
    struct tn_pool *pool;
    struct app_status status;
    size_t unreadable;
    char first[400]; /* why the first of them is */
};

static void note_unreadable(struct reading *r, size_t photo, const char *why)
{
    r->check->photos.rows[photo] = SIZE_MAX;
    r->check->dataset.photos[photo].split = DATA_SPLIT_OUT;
    if (r->unreadable++ == 0)
        snprintf(r->first, sizeof r->first, "%.*s", TN_FIT(why, 390));
}

/* By their bytes: which are there, and are pictures. */
static enum tn_status read_files(struct reading *r, struct tn_error *err)
{
    const size_t count = r->check->dataset.photo_count;
    const struct tn_progress progress = {app_show_photos, &r->status};

    TN_TRY(data_photo_ids_read(r->places, count, r->pool, &progress, r->ids, err));
    for (size_t i = 0; i < count; i++) {
        const struct data_place *place = &r->places[i];
        char why[400];

        r->ids[i].pixels = r->ids[i].bytes; /* the best that is known */
        if (r->ids[i].size > 0 && (place->size > 0 || image_is_photo(place->file)))
            continue;
        snprintf(why, sizeof why, "%.*s: %s", TN_FIT(place->name, 300),
                 r->ids[i].size > 0 ? "is no picture" : "cannot be read, or is empty");
        note_unreadable(r, i, why);
    }
    return TN_OK;
}

enum { BATCH = 64, PIXELS = ALEXNET_SIDE * ALEXNET_SIDE * 3 };

struct decoding {
    struct reading *reading;
    size_t first;
    unsigned char *rgb; /* [threads][PIXELS] */
    enum tn_status status[BATCH];
    struct tn_error err[BATCH];
};

static void decode_photo(void *context, size_t index, size_t thread)
{
    struct decoding *d = context;
    const size_t photo = d->first + index;

    d->status[index] =
        data_read_pixels(&d->reading->places[photo], IMAGE_USUAL_PIXELS, d->rgb + thread * PIXELS,
                         &d->reading->ids[photo], &d->err[index]);
}

static enum tn_status decode_batch(struct decoding *d, size_t count, struct tn_error *err)
{
    tn_pool_run(d->reading->pool, count, decode_photo, d);
    for (size_t i = 0; i < count; i++) {
        if (d->status[i] == TN_NOMEM)
            return tn_fail(err, TN_NOMEM, "%s", d->err[i].text);
        if (d->status[i] != TN_OK)
            note_unreadable(d->reading, d->first + i, d->err[i].text);
    }
    return TN_OK;
}

static enum tn_status decode_photos(struct reading *r, struct tn_error *err)
{
    const size_t photos = r->check->dataset.photo_count;
    struct decoding d = {.reading = r, .rgb = malloc(tn_pool_threads(r->pool) * PIXELS)};
    enum tn_status status = d.rgb ? TN_OK : tn_fail_nomem(err, tn_pool_threads(r->pool) * PIXELS);

    for (size_t count; d.first < photos && status == TN_OK; d.first += count) {
        count = photos - d.first < BATCH ? photos - d.first : BATCH;
        status = decode_batch(&d, count, err);
        if (!app_show_photos(&r->status, "photos", d.first + count, photos) && status == TN_OK)
            status = tn_fail(err, TN_CANCELLED, "interrupted after %zu of %zu photos",
                             d.first + count, photos);
    }
    free(d.rgb);
    return status;
}

static enum tn_status read_photos(struct reading *r, bool decode, struct tn_error *err)
{
    struct data_set *set = &r->check->dataset;
    struct data_features *photos = &r->check->photos;

    *photos = (struct data_features){
        .photos = set->photo_count,
        .identified = set->photo_count,
        .rows = malloc((set->photo_count + 1) * sizeof *photos->rows),
        .ids = calloc(set->photo_count + 1, sizeof *photos->ids),
    };
    r->ids = photos->ids;
    r->places = malloc((set->photo_count + 1) * sizeof *r->places);
    if (!photos->rows || !photos->ids || !r->places)
        return tn_fail_nomem(err, set->photo_count * sizeof *r->places);
    for (size_t i = 0; i < set->photo_count; i++) {
        photos->rows[i] = i;
        r->places[i] = data_set_place(set, i);
    }
    app_status_begin(&r->status);
    return decode ? decode_photos(r, err) : read_files(r, err);
}

enum tn_status check_photos(struct check *check, bool decode, bool skip_missing,
                            struct tn_pool *pool, struct tn_error *err)
{
    struct reading reading = {.check = check, .pool = pool};
    const enum tn_status status = read_photos(&reading, decode, err);

    free(reading.places);
    TN_TRY(status);
    check->decoded = decode;
    return check_note(check, !skip_missing, reading.unreadable, "unreadable",
                      "photos that cannot be read",
                      skip_missing ? "nothing: --skip-missing leaves them out"
                                   : "replace them, or leave them out with --skip-missing",
                      reading.first, err);
}

/* ---- The same picture ---- */

/* A photo by what distinguishes it. */
struct twin {
    uint64_t hash;
    size_t photo;
};

static int by_hash(const void *left, const void *right)
{
    const struct twin *a = left, *b = right;

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->photo > b->photo) - (a->photo < b->photo);
}

static void name_twins(const struct data_set *set, size_t one, size_t other, char *out, size_t size)
{
    snprintf(out, size, "%.*s and %.*s", TN_FIT(data_set_path(set, one), 190),
             TN_FIT(data_set_path(set, other), 190));
}

/* Of photos with one hash, twins[count]: how many dev photos train has, too, and how many of train
 * are there already. */
static void count_group(const struct data_set *set, const struct twin *twins, size_t count,
                        size_t shared[2], char first[2][400])
{
    const struct data_photo *photos = set->photos;
    size_t train = SIZE_MAX;

    for (size_t i = 0; i < count; i++) {
        if (!data_photo_is_train(&photos[twins[i].photo]))
            continue;
        if (train != SIZE_MAX && shared[1]++ == 0)
            name_twins(set, train, twins[i].photo, first[1], sizeof first[1]);
        train = twins[i].photo;
    }
    for (size_t i = 0; i < count && train != SIZE_MAX; i++)
        if (data_photo_is_dev(&photos[twins[i].photo]) && shared[0]++ == 0)
            name_twins(set, twins[i].photo, train, first[0], sizeof first[0]);
}

enum tn_status check_twins(struct check *check, struct tn_error *err)
{
    const size_t photos = check->dataset.photo_count;
    struct twin *twins = malloc((photos + 1) * sizeof *twins);
    char first[2][400] = {"", ""};
    size_t shared[2] = {0, 0}, count = 0;

    if (!twins)
        return tn_fail_nomem(err, photos * sizeof *twins);
    for (size_t i = 0; i < photos; i++)
        if (check->photos.rows[i] != SIZE_MAX)
            twins[count++] = (struct twin){data_features_pixels(&check->photos, i), i};
    qsort(twins, count, sizeof *twins, by_hash);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && twins[end].hash == twins[i].hash;)
            end++;
        count_group(&check->dataset, twins + i, end - i, shared, first);
    }
    free(twins);
    TN_TRY(check_note(check, true, shared[0], "dev-in-train", "dev photos that are in train, too",
                      "take them out of one of both: the scores would be too good", first[0], err));
    return check_note(check, false, shared[1], "repeated-photos",
                      "photos to train on that are there already",
                      "put their captions together, if they count too much", first[1], err);
}

enum tn_status check_known(struct check *check, const struct model_photos *known,
                           struct tn_error *err)
{
    const struct data_set *set = &check->dataset;
    size_t count[2] = {0, 0}, first[2] = {0, 0};

    for (size_t i = 0; i < set->photo_count; i++) {
        const bool dev = data_photo_is_dev(&set->photos[i]);

        if (check->photos.rows[i] == SIZE_MAX || !trained_on_photo(known, &check->photos, i))
            continue;
        if (count[dev]++ == 0)
            first[dev] = i;
    }
    TN_TRY(check_note(check, true, count[1], "dev-known",
                      "dev photos that the start was trained on",
                      "choose others: the scores would be too good",
                      count[1] > 0 ? data_set_path(set, first[1]) : NULL, err));
    return check_note(
        check, false, count[0], "known", "photos to train on that the start was trained on",
        "nothing: it learns them again", count[0] > 0 ? data_set_path(set, first[0]) : NULL, err);
}
