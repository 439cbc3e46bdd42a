/* SPDX-License-Identifier: MIT */
#include "train/photo_cache.h"

#include "tensor/safetensors.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char content[] = "features of photos, caption's cache";

enum tn_status train_cache_reserve(struct train_cache *cache, size_t more, struct tn_error *err)
{
    const size_t row = cache->views * cache->width * sizeof *cache->values;
    const size_t wanted = cache->rows + more;
    uint16_t *grown;
    size_t bytes;

    if (wanted <= cache->capacity)
        return TN_OK;
    if (__builtin_mul_overflow(wanted, row, &bytes))
        return tn_fail_nomem(err, SIZE_MAX);
    grown = realloc(cache->values, bytes);
    if (!grown)
        return tn_fail_nomem(err, bytes);
    cache->values = grown;
    cache->capacity = wanted;
    return TN_OK;
}

bool train_cache_key(const char *path, char *key, size_t size)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    struct stat info;

    if (stat(path, &info) != 0 || strchr(name, '\n'))
        return false;
    return snprintf(key, size, "%lld %lld.%09ld %s", (long long)info.st_size,
                    (long long)info.st_mtim.tv_sec, info.st_mtim.tv_nsec, name) < (int)size;
}

enum tn_status train_cache_add(struct train_cache *cache, const char *key, size_t *ret_row,
                               struct tn_error *err)
{
    const size_t length = strlen(key), row = cache->rows;
    size_t found;
    char *grown;

    assert(row < cache->capacity);
    grown = train_grow(cache->photos, &cache->photos_capacity, cache->photos_used + length + 2, 1);
    if (!grown)
        return tn_fail_nomem(err, cache->photos_used + length + 2);
    cache->photos = grown;
    TN_TRY(train_index_put(&cache->index, key, length, row, &found, err));
    memcpy(grown + cache->photos_used, key, length);
    grown[cache->photos_used + length] = '\n';
    cache->photos_used += length + 1;
    cache->rows++;
    *ret_row = row;
    return TN_OK;
}

/* Whether the file's tensors are what this cache would have written. */
static bool fits(const struct train_cache *cache, const struct tn_file *file,
                 const struct tn_tensor *values, const struct tn_tensor *photos)
{
    const char *fingerprint = tn_file_metadata(file, "fingerprint");

    return fingerprint && strcmp(fingerprint, cache->fingerprint) == 0 && values && photos &&
           values->dtype == TN_F16 && values->rank == 3 && values->dims[1] == cache->views &&
           values->dims[2] == cache->width && photos->dtype == TN_U8 && photos->rank == 1;
}

/* Adds a row for each line of the text, `rows` at most. */
static enum tn_status add_lines(struct train_cache *cache, const char *text, size_t size,
                                size_t rows, struct tn_error *err)
{
    const char *const end = text + size;
    char line[8192];
    size_t row;

    while (text < end && cache->rows < rows) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const size_t length = newline ? (size_t)(newline - text) : (size_t)(end - text);

        if (length >= sizeof line)
            return TN_OK;
        memcpy(line, text, length);
        line[length] = '\0';
        TN_TRY(train_cache_add(cache, line, &row, err));
        text += length + 1;
    }
    return TN_OK;
}

/* Whether nothing is lost when a cache is written to path: it is a cache, be it damaged, or empty,
 * or not there.  The content stands at the front of what tn_file_save writes. */
static bool is_replaceable(const char *path)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char front[256];
    ssize_t size;

    if (file < 0)
        return true; /* the writing will tell */
    size = read(file, front, sizeof front);
    close(file);
    return size <= 0 || memmem(front, (size_t)size, content, strlen(content));
}

enum tn_status train_cache_load(struct train_cache *cache, const char *path, struct tn_error *err)
{
    const struct tn_tensor *values, *photos;
    struct tn_file *file;
    enum tn_status status;

    if (!is_replaceable(path))
        return tn_fail(err, TN_FORMAT,
                       "%s: not a cache of features, and not to be overwritten; name another file",
                       path);
    status = tn_file_open(path, &file, err);
    if (status != TN_OK)
        return status == TN_NOMEM ? status : TN_OK;
    values = tn_file_find(file, "features");
    photos = tn_file_find(file, "photos");
    if (fits(cache, file, values, photos)) {
        status = train_cache_reserve(cache, values->dims[0], err);
        if (status == TN_OK)
            status = add_lines(cache, photos->data, photos->bytes, values->dims[0], err);
        if (status == TN_OK && cache->rows > 0)
            memcpy(cache->values, values->data,
                   cache->rows * cache->views * cache->width * sizeof *cache->values);
    }
    tn_file_close(file);
    return status;
}

enum tn_status train_cache_save(const struct train_cache *cache, const char *path,
                                struct tn_error *err)
{
    const struct tn_tensor tensors[] = {
        {.name = "features",
         .dtype = TN_F16,
         .rank = 3,
         .dims = {cache->rows, cache->views, cache->width},
         .data = cache->values,
         .bytes = cache->rows * cache->views * cache->width * sizeof *cache->values},
        {.name = "photos",
         .dtype = TN_U8,
         .rank = 1,
         .dims = {cache->photos_used},
         .data = cache->photos,
         .bytes = cache->photos_used},
    };
    const struct tn_metadata metadata[] = {{"content", content},
                                           {"fingerprint", cache->fingerprint}};

    return tn_file_save(path, tensors, 2, metadata, 2, err);
}

void train_cache_finish(struct train_cache *cache)
{
    free(cache->values);
    free(cache->photos);
    train_index_finish(&cache->index);
    memset(cache, 0, sizeof *cache);
}
