/* SPDX-License-Identifier: MIT */
#include "data/trained_on.h"

#include <stdlib.h>
#include <string.h>

static int rising(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static size_t drop_repeated(int64_t *sorted, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (kept == 0 || sorted[i] != sorted[kept - 1])
            sorted[kept++] = sorted[i];
    return kept;
}

enum tn_status trained_on_make(const struct data_corpus *corpus,
                               const struct data_features *features,
                               const struct model_photos *before, int64_t **ret_hashes,
                               size_t *ret_count, struct tn_error *err)
{
    const size_t most = before->count + corpus->photo_count;
    int64_t *hashes = malloc((most + 1) * sizeof *hashes);
    size_t count = before->count;

    if (!hashes)
        return tn_fail_nomem(err, most * sizeof *hashes);
    if (count > 0)
        memcpy(hashes, before->hashes, count * sizeof *hashes);
    for (size_t i = 0; i < corpus->photo_count; i++) {
        const uint64_t pixels = data_features_pixels(features, corpus->photos[i]);

        if (pixels != 0) /* an imagined photo has none */
            hashes[count++] = (int64_t)pixels;
    }
    qsort(hashes, count, sizeof *hashes, rising);
    *ret_hashes = hashes;
    *ret_count = drop_repeated(hashes, count);
    return TN_OK;
}

bool trained_on_photo(const struct model_photos *known, const struct data_features *features,
                      size_t photo)
{
    return model_photos_have(known, (int64_t)data_features_pixels(features, photo));
}

size_t trained_on_split(const struct model_photos *known, const struct data_features *features,
                        struct data_set *dataset, size_t first, size_t end)
{
    size_t trained = 0;

    for (size_t i = first; i < end; i++)
        trained += trained_on_photo(known, features, i);
    for (size_t i = first; i < end && trained > 0; i++)
        if (dataset->photos[i].split == DATA_SPLIT_NONE)
            dataset->photos[i].split =
                trained_on_photo(known, features, i) ? DATA_SPLIT_TRAIN : DATA_SPLIT_DEV;
    return trained;
}
