/* SPDX-License-Identifier: MIT */
#include "data/photo_features.h"

#include "base/hash.h"
#include "cnn/int8/encoder.h"
#include "data/encode.h"
#include "data/photo_cache.h"
#include "models/file/model_encoder.h"
#include "tensor/half.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SAVE_EVERY = 2048, /* photos between two writes of the cache: some 20 seconds of work */
};

struct maker {
    const struct data_place *places; /* [count] */
    const struct data_features_options *options;
    struct data_cache cache;
    size_t *rows;            /* [count] */
    struct data_place *todo_places; /* [todo_count]: the photos without a row, in order */
    size_t *todo;                   /* [todo_count]: their numbers */
    size_t todo_count, added, unreadable;
    struct tn_error first_failure;
};

static enum tn_status save(const struct maker *maker, struct tn_error *err)
{
    return maker->options->cache && maker->added > 0 && team_leads(maker->options->team)
               ? data_cache_save(&maker->cache, maker->options->cache, err)
               : TN_OK;
}

/* Gives a photo its row in the cache. */
static enum tn_status take(void *context, size_t photo, const struct data_encoded *encoded,
                           struct tn_error *err)
{
    struct maker *maker = context;
    struct data_cache *cache = &maker->cache;
    const size_t length = cache->views * cache->width;
    size_t *row = &maker->rows[maker->todo[photo]];

    if (!encoded->values) {
        if (maker->unreadable++ == 0)
            maker->first_failure = *encoded->failure;
        return TN_OK;
    }
    TN_TRY(data_cache_add(cache, &encoded->id, row, err));
    tn_float_to_half(cache->values + *row * length, encoded->values, length);
    return ++maker->added % SAVE_EVERY == 0 ? save(maker, err) : TN_OK;
}

/* The identities of all photos; the processes of a team read a part each. */
static enum tn_status read_ids(struct maker *maker, size_t count, struct tn_pool *pool,
                               struct data_photo_id *ids, struct tn_error *err)
{
    struct team *team = maker->options->team;
    const size_t size = team_size(team), rank = team_rank(team);
    const size_t first = count * rank / size, end = count * (rank + 1) / size;
    size_t *starts = calloc(size + 1, sizeof *starts);
    enum tn_status status;

    if (!starts)
        return tn_fail_nomem(err, size * sizeof *starts);
    for (size_t r = 0; r <= size; r++)
        starts[r] = count * r / size * sizeof *ids;
    status = data_photo_ids_read(maker->places + first, end - first, pool,
                                 &maker->options->progress, ids + first, err);
    if (status == TN_OK || status == TN_CANCELLED) {
        team_gather(team, ids, starts);
        if (team_any(team, status == TN_CANCELLED) && status == TN_OK)
            status = tn_fail(err, TN_CANCELLED, "stopped");
    }
    free(starts);
    return status;
}

/* Finds the photos that the cache has.  Their files are read: what a name, a size and a time say is
 * not enough. */
static enum tn_status look_up(struct maker *maker, size_t count, struct tn_pool *pool,
                              struct tn_error *err)
{
    struct data_photo_id *ids = calloc(count + 1, sizeof *ids);
    enum tn_status status = TN_OK;

    if (!ids)
        return tn_fail_nomem(err, count * sizeof *ids);
    if (maker->cache.rows > 0)
        status = read_ids(maker, count, pool, ids, err);
    for (size_t i = 0; i < count && status == TN_OK; i++) {
        maker->rows[i] = ids[i].size > 0 ? data_cache_find(&maker->cache, &ids[i]) : TN_MAP_NONE;
        if (maker->rows[i] != TN_MAP_NONE)
            continue;
        maker->todo_places[maker->todo_count] = maker->places[i];
        maker->todo[maker->todo_count++] = i;
    }
    free(ids);
    return status;
}

static enum tn_status find_missing(struct maker *maker, size_t count, struct tn_pool *pool,
                                   struct tn_error *err)
{
    maker->rows = malloc((count + 1) * sizeof *maker->rows);
    maker->todo = malloc((count + 1) * sizeof *maker->todo);
    maker->todo_places = malloc((count + 1) * sizeof *maker->todo_places);
    if (!maker->rows || !maker->todo || !maker->todo_places)
        return tn_fail_nomem(err, 3 * count * sizeof *maker->rows);
    if (maker->options->cache)
        TN_TRY(data_cache_load(&maker->cache, maker->options->cache, err));
    TN_TRY(look_up(maker, count, pool, err));
    return data_cache_reserve(&maker->cache, maker->todo_count, err);
}

static enum tn_status encode_missing(struct maker *maker, const struct tn_file *weights,
                                     struct tn_pool *pool, struct tn_error *err)
{
    const struct data_encode encode = {.places = maker->todo_places,
                                       .count = maker->todo_count,
                                       .mirrored = maker->options->mirrored,
                                       .max_pixels = maker->options->max_pixels,
                                       .context = maker,
                                       .take = take,
                                       .progress = maker->options->progress,
                                       .team = maker->options->team};
    enum tn_status status;

    if (maker->todo_count == 0)
        return TN_OK;
    status = data_encode_photos(&encode, weights, pool, err);
    if (status == TN_OK)
        return save(maker, err);
    if (status == TN_CANCELLED) /* what is done is kept; the interruption is what to report */
        TN_TRY(save(maker, err));
    return status;
}

enum tn_status data_features_make(const struct tn_file *weights, const struct data_place *places,
                                  size_t count, const struct data_features_options *options,
                                  struct tn_pool *pool, struct data_features *ret_features,
                                  struct tn_error *err)
{
    struct maker maker = {.places = places, .options = options};
    enum tn_status status;

    maker.cache.views = options->mirrored ? 2 : 1;
    maker.cache.width = CNN_ENCODER_FEATURES;
    TN_TRY(model_verify_encoder(weights, err));
    cnn_encoder_fingerprint(weights, maker.cache.fingerprint);
    status = find_missing(&maker, count, pool, err);
    if (status == TN_OK)
        status = encode_missing(&maker, weights, pool, err);
    if (status == TN_OK) {
        *ret_features = (struct data_features){count,
                                               maker.cache.views,
                                               maker.cache.width,
                                               maker.rows,
                                               maker.cache.values,
                                               maker.cache.rows,
                                               maker.unreadable,
                                               maker.first_failure,
                                               maker.cache.photos,
                                               maker.cache.rows,
                                               maker.cache.unusable};
        maker.rows = NULL;
        maker.cache.values = NULL;
        maker.cache.photos = NULL;
    }
    data_cache_finish(&maker.cache);
    free(maker.rows);
    free(maker.todo);
    free(maker.todo_places);
    return status;
}

void data_features_finish(struct data_features *features)
{
    free(features->rows);
    free(features->values);
    free(features->ids);
    memset(features, 0, sizeof *features);
}

uint64_t data_features_pixels(const struct data_features *features, size_t photo)
{
    const size_t row = features->rows[photo];

    return row < features->identified ? features->ids[row].pixels : 0;
}

void data_features_fingerprint(const struct data_features *features, char ret_text[17])
{
    const size_t values = features->total * features->views * features->width;
    uint64_t hash = tn_hash_block(0, features->rows, features->photos * sizeof *features->rows);

    hash = tn_hash_block(hash, features->values, values * sizeof *features->values);
    snprintf(ret_text, 17, "%016" PRIx64, hash);
}

void data_features_get(const struct data_features *features, size_t photo, size_t view, float *out)
{
    const size_t row = features->rows[photo] * features->views + view;

    assert(features->rows[photo] != SIZE_MAX && view < features->views);
    tn_half_to_float(out, features->values + row * features->width, features->width);
}

void data_features_mean(const struct data_features *features, size_t photo, float *out)
{
    float view[CNN_ENCODER_FEATURES]; /* vectors of another width have one view */

    assert(features->views == 1 || features->width <= CNN_ENCODER_FEATURES);
    data_features_get(features, photo, 0, out);
    for (size_t v = 1; v < features->views; v++) {
        data_features_get(features, photo, v, view);
        for (size_t i = 0; i < features->width; i++)
            out[i] += view[i];
    }
    for (size_t i = 0; features->views > 1 && i < features->width; i++)
        out[i] /= (float)features->views;
}
