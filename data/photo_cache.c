/* SPDX-License-Identifier: MIT */
#include "data/photo_cache.h"

#include "base/array.h"
#include "tensor/half.h"
#include "tensor/safetensors.h"

#include <assert.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char content[] = "features of photos, caption's cache";

enum { ID_NUMBERS = 3, KEY_SIZE = offsetof(struct data_photo_id, pixels) };
_Static_assert(sizeof(struct data_photo_id) == ID_NUMBERS * sizeof(int64_t), "no padding");

/* Bytes of a row's values. */
static size_t row_bytes(const struct data_cache *cache)
{
    return cache->views * cache->width * sizeof *cache->values;
}

enum tn_status data_cache_reserve(struct data_cache *cache, size_t more, struct tn_error *err)
{
    const size_t wanted = cache->rows + more;
    size_t bytes;

    if (wanted <= cache->capacity)
        return TN_OK;
    if (__builtin_mul_overflow(wanted, row_bytes(cache) + sizeof *cache->photos, &bytes))
        return tn_fail_nomem(err, SIZE_MAX);
    TN_TRY(tn_array_reserve_bytes(&cache->values, &(size_t){0}, wanted, row_bytes(cache), err));
    TN_TRY(tn_array_reserve(&cache->photos, &(size_t){0}, wanted, err));
    cache->capacity = wanted;
    return TN_OK;
}

size_t data_cache_find(const struct data_cache *cache, const struct data_photo_id *photo)
{
    return tn_map_find(&cache->index, (const char *)photo, KEY_SIZE);
}

enum tn_status data_cache_add(struct data_cache *cache, const struct data_photo_id *photo,
                              size_t *ret_row, struct tn_error *err)
{
    size_t row;

    assert(cache->rows < cache->capacity);
    TN_TRY(tn_map_add(&cache->index, (const char *)photo, KEY_SIZE, &row, err));
    if (row == cache->rows)
        cache->photos[cache->rows++] = *photo;
    *ret_row = row;
    return TN_OK;
}

/* Whether the file's tensors are what this cache would have written. */
static bool fits(const struct data_cache *cache, const struct tn_file *file,
                 const struct tn_tensor *values, const struct tn_tensor *photos)
{
    const char *fingerprint = tn_file_metadata(file, "fingerprint");

    return fingerprint && strcmp(fingerprint, cache->fingerprint) == 0 && values && photos &&
           values->dtype == TN_F16 && values->rank == 3 && values->dims[1] == cache->views &&
           values->dims[2] == cache->width && photos->dtype == TN_I64 && photos->rank == 2 &&
           photos->dims[0] == values->dims[0] && photos->dims[1] == ID_NUMBERS &&
           tn_half_all_finite(values->data, values->bytes / sizeof(uint16_t));
}

static enum tn_status add_rows(struct data_cache *cache, const struct tn_tensor *values,
                               const struct tn_tensor *photos, struct tn_error *err)
{
    const size_t count = photos->dims[0], bytes = row_bytes(cache);

    TN_TRY(data_cache_reserve(cache, count, err));
    for (size_t i = 0; i < count; i++) {
        struct data_photo_id photo;
        size_t row;

        memcpy(&photo, (const char *)photos->data + i * sizeof photo, sizeof photo);
        TN_TRY(data_cache_add(cache, &photo, &row, err));
        memcpy((char *)cache->values + row * bytes, (const char *)values->data + i * bytes, bytes);
    }
    return TN_OK;
}

/* What lies at a path, by its front: the content stands there in what tn_file_save writes. */
enum place { NOTHING, A_CACHE, SOMETHING_ELSE };

static enum place look_at(const char *path)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char front[256];
    ssize_t size;

    if (file < 0)
        return NOTHING; /* the writing will report it */
    size = read(file, front, sizeof front);
    close(file);
    if (size <= 0)
        return NOTHING;
    return memmem(front, (size_t)size, content, strlen(content)) ? A_CACHE : SOMETHING_ELSE;
}

enum tn_status data_cache_load(struct data_cache *cache, const char *path, struct tn_error *err)
{
    const struct tn_tensor *values, *photos;
    const enum place place = look_at(path);
    struct tn_file *file;
    enum tn_status status;

    if (place == SOMETHING_ELSE)
        return tn_fail(err, TN_FORMAT,
                       "%s: not a cache of features, and not to be overwritten; name another file",
                       path);
    if (place == NOTHING)
        return TN_OK;
    cache->unusable = true;
    status = tn_file_open(path, &file, err);
    if (status != TN_OK)
        return status == TN_NOMEM ? status : TN_OK;
    values = tn_file_find(file, "features");
    photos = tn_file_find(file, "photos");
    if (fits(cache, file, values, photos)) {
        cache->unusable = false;
        status = add_rows(cache, values, photos, err);
    }
    tn_file_close(file);
    return status;
}

enum tn_status data_cache_save(const struct data_cache *cache, const char *path,
                               struct tn_error *err)
{
    const struct tn_tensor tensors[] = {
        {.name = "features",
         .dtype = TN_F16,
         .rank = 3,
         .dims = {cache->rows, cache->views, cache->width},
         .data = cache->values,
         .bytes = cache->rows * row_bytes(cache)},
        {.name = "photos",
         .dtype = TN_I64,
         .rank = 2,
         .dims = {cache->rows, ID_NUMBERS},
         .data = cache->photos,
         .bytes = cache->rows * sizeof *cache->photos},
    };
    const struct tn_metadata metadata[] = {{"content", content},
                                           {"fingerprint", cache->fingerprint}};

    return tn_file_save(path, tensors, 2, metadata, 2, err);
}

void data_cache_finish(struct data_cache *cache)
{
    free(cache->values);
    free(cache->photos);
    tn_map_finish(&cache->index);
    memset(cache, 0, sizeof *cache);
}
