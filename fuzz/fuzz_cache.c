/* SPDX-License-Identifier: MIT */
/* Any bytes as a cache of photos' features: the file is refused as one that is not to be
 * overwritten, or gives rows, none or more, which are found by their photos and written again as
 * they were read. */
#include "data/photo_cache.h"
#include "fuzz/support.h"

#include <string.h>

#ifdef FUZZ_ENGINE
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return fuzz_mutate_safetensors(data, size, max, seed);
}
#endif

#define EMPTY_CACHE                                                                                \
    {                                                                                              \
        .fingerprint = "0123456789abcdef", .views = 2, .width = 3                                  \
    }

static void check_same(const struct data_cache *a, const struct data_cache *b)
{
    fuzz_require(a->rows == b->rows);
    fuzz_require(a->rows == 0 || memcmp(a->values, b->values,
                                        a->rows * a->views * a->width * sizeof *a->values) == 0);
    fuzz_require(a->rows == 0 || memcmp(a->photos, b->photos, a->rows * sizeof *a->photos) == 0);
}

static void check_index(const struct data_cache *cache)
{
    for (size_t row = 0; row < cache->rows; row++)
        fuzz_require(data_cache_find(cache, &cache->photos[row]) == row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data_cache cache = EMPTY_CACHE, again = EMPTY_CACHE;
    struct fuzz_file file = fuzz_file_open(data, size);
    const char *path = fuzz_path("cache");

    if (data_cache_load(&cache, file.path, NULL) == TN_OK) {
        fuzz_require(cache.rows <= cache.capacity);
        check_index(&cache);
        fuzz_require(data_cache_save(&cache, path, NULL) == TN_OK);
        fuzz_require(data_cache_load(&again, path, NULL) == TN_OK);
        check_same(&cache, &again);
        data_cache_finish(&again);
    } else {
        fuzz_require(cache.rows == 0);
    }
    data_cache_finish(&cache);
    fuzz_file_close(&file);
    return 0;
}
