/* SPDX-License-Identifier: MIT */
#include "train/photo_features.h"

#include "cnn/encoder.h"
#include "image/image.h"
#include "tensor/half.h"
#include "train/photo_cache.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE = CNN_ENCODER_SIDE,
    PIXELS = SIDE * SIDE * 3,
    BATCH = 32,
    SAVE_EVERY = 64, /* batches between two writes of the cache: some 20 seconds of work */
    KEY_SIZE = 4096,
};

/* A photo that is still to be done. */
struct work_item {
    size_t photo;
    enum tn_status status;
    struct tn_error err;
};

struct maker {
    const char *const *paths;
    const struct train_features_options *options;
    struct tn_pool *pool;
    struct cnn_encoder *encoder;
    struct train_cache cache;
    size_t *rows; /* [count] */
    size_t *todo; /* photos without a row, in order */
    size_t todo_count;
    size_t unreadable;
    struct tn_error first_failure;
    /* one batch */
    unsigned char *rgb; /* [BATCH * views][SIDE][SIDE][3] */
    float *values;      /* [BATCH * views][width] */
    struct work_item items[BATCH];
};

static void mirror(unsigned char *out, const unsigned char *rgb)
{
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++)
            memcpy(out + (y * SIDE + x) * 3, rgb + (y * SIDE + SIDE - 1 - x) * 3, 3);
}

static enum tn_status read_photo(const char *path, size_t max_pixels, unsigned char *rgb,
                                 struct tn_error *err)
{
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image image;
    enum tn_status status;

    options.max_pixels = max_pixels;
    options.wanted_side = SIDE;
    TN_TRY(image_load(path, &options, &image, err));
    status = image_resize(&image, SIDE, SIDE, rgb, err);
    image_finish(&image);
    return status;
}

static void read_task(void *context, size_t index, size_t thread)
{
    struct maker *maker = context;
    struct work_item *item = &maker->items[index];
    const size_t views = maker->cache.views;
    unsigned char *rgb = maker->rgb + index * views * PIXELS;

    (void)thread;
    item->status = read_photo(maker->paths[item->photo], maker->options->max_pixels, rgb,
                              &item->err);
    if (item->status != TN_OK)
        memset(rgb, 0, PIXELS);
    if (views == 2)
        mirror(rgb + PIXELS, rgb);
}

/* Gives the photo a row in the cache and puts its values there. */
static enum tn_status keep_row(struct maker *maker, size_t index, struct tn_error *err)
{
    struct train_cache *cache = &maker->cache;
    const struct work_item *item = &maker->items[index];
    const size_t length = cache->views * cache->width;
    char key[KEY_SIZE];

    if (item->status != TN_OK) {
        if (maker->unreadable++ == 0)
            maker->first_failure = item->err;
        return TN_OK;
    }
    if (!train_cache_key(maker->paths[item->photo], key, sizeof key))
        key[0] = '\0'; /* gone since it was read: its row is kept, and never found again */
    TN_TRY(train_cache_add(cache, key, &maker->rows[item->photo], err));
    tn_float_to_half(cache->values + maker->rows[item->photo] * length,
                     maker->values + index * length, length);
    return TN_OK;
}

static enum tn_status run_batch(struct maker *maker, size_t first, size_t count,
                                struct tn_error *err)
{
    for (size_t i = 0; i < count; i++)
        maker->items[i].photo = maker->todo[first + i];
    tn_pool_run(maker->pool, count, read_task, maker);
    cnn_encoder_run(maker->encoder, count * maker->cache.views, maker->rgb, maker->values);
    for (size_t i = 0; i < count; i++)
        TN_TRY(keep_row(maker, i, err));
    return TN_OK;
}

static enum tn_status save(const struct maker *maker, struct tn_error *err)
{
    return maker->options->cache ? train_cache_save(&maker->cache, maker->options->cache, err)
                                 : TN_OK;
}

static enum tn_status run_all(struct maker *maker, struct tn_error *err)
{
    size_t batches = 0;

    for (size_t first = 0; first < maker->todo_count; first += BATCH) {
        const size_t left = maker->todo_count - first, count = left < BATCH ? left : BATCH;

        TN_TRY(run_batch(maker, first, count, err));
        if (maker->options->progress &&
            !maker->options->progress(maker->options->context, first + count, maker->todo_count)) {
            TN_TRY(save(maker, err));
            return tn_fail(err, TN_CANCELLED, "stopped after %zu of %zu photos%s", first + count,
                           maker->todo_count,
                           maker->options->cache ? "; the next run goes on from here" : "");
        }
        if (++batches % SAVE_EVERY == 0 && left > BATCH)
            TN_TRY(save(maker, err));
    }
    return save(maker, err);
}

/* Finds the photos that the cache has. */
static void look_up(struct maker *maker, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char key[KEY_SIZE];

        maker->rows[i] = SIZE_MAX;
        if (!train_cache_key(maker->paths[i], key, sizeof key) ||
            !train_index_find(&maker->cache.index, key, strlen(key), &maker->rows[i]))
            maker->todo[maker->todo_count++] = i;
    }
}

static enum tn_status prepare(struct maker *maker, const struct tn_file *weights, size_t count,
                              struct tn_error *err)
{
    const size_t views = maker->cache.views;

    maker->rows = malloc((count + 1) * sizeof *maker->rows);
    maker->todo = malloc((count + 1) * sizeof *maker->todo);
    if (!maker->rows || !maker->todo)
        return tn_fail_nomem(err, count * sizeof *maker->rows);
    if (maker->options->cache)
        TN_TRY(train_cache_load(&maker->cache, maker->options->cache, err));
    look_up(maker, count);
    if (maker->todo_count == 0)
        return TN_OK;
    TN_TRY(train_cache_reserve(&maker->cache, maker->todo_count, err));
    maker->rgb = malloc(BATCH * views * PIXELS);
    maker->values = malloc(BATCH * views * maker->cache.width * sizeof *maker->values);
    if (!maker->rgb || !maker->values)
        return tn_fail_nomem(err, BATCH * views * PIXELS);
    return cnn_encoder_create(weights, BATCH * views, maker->pool, &maker->encoder, err);
}

enum tn_status train_features_make(const struct tn_file *weights, const char *const *paths,
                                   size_t count, const struct train_features_options *options,
                                   struct tn_pool *pool, struct train_features *ret_features,
                                   struct tn_error *err)
{
    struct maker maker = {.paths = paths, .options = options, .pool = pool};
    enum tn_status status;

    maker.cache.views = options->mirrored ? 2 : 1;
    maker.cache.width = CNN_ENCODER_FEATURES;
    cnn_encoder_fingerprint(weights, maker.cache.fingerprint);
    status = prepare(&maker, weights, count, err);
    if (status == TN_OK && maker.todo_count > 0)
        status = run_all(&maker, err);
    if (status == TN_OK) {
        *ret_features = (struct train_features){
            count, maker.cache.views, maker.cache.width, maker.rows,
            maker.cache.values, maker.cache.rows, maker.unreadable, maker.first_failure};
        maker.rows = NULL;
        maker.cache.values = NULL;
    }
    cnn_encoder_destroy(maker.encoder);
    train_cache_finish(&maker.cache);
    free(maker.rows);
    free(maker.todo);
    free(maker.rgb);
    free(maker.values);
    return status;
}

void train_features_finish(struct train_features *features)
{
    free(features->rows);
    free(features->values);
    memset(features, 0, sizeof *features);
}

void train_features_get(const struct train_features *features, size_t photo, size_t view,
                        float scale, float *out)
{
    const size_t row = features->rows[photo] * features->views + view;

    assert(features->rows[photo] != SIZE_MAX && view < features->views);
    tn_half_to_float(out, features->values + row * features->width, features->width);
    for (size_t i = 0; i < features->width; i++)
        out[i] *= scale;
}

double train_features_rms(const struct train_features *features)
{
    float row[CNN_ENCODER_FEATURES];
    double sum = 0;
    size_t count = 0;

    assert(features->width <= CNN_ENCODER_FEATURES);
    for (size_t i = 0; i < features->photos; i++) {
        if (features->rows[i] == SIZE_MAX)
            continue;
        train_features_get(features, i, 0, 1, row);
        for (size_t j = 0; j < features->width; j++)
            sum += (double)row[j] * (double)row[j];
        count += features->width;
    }
    return count > 0 ? sqrt(sum / (double)count) : 0;
}
