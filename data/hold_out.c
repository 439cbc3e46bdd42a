/* SPDX-License-Identifier: MIT */
#include "data/hold_out.h"

#include "data/trained_on.h"

#include <math.h>
#include <stdlib.h>

/* Of a usual share: every twentieth photo, or as many as make a thousand; of fewer than 800 photos
 * the 40 that a calibration needs, but no more than every fifth. */
static size_t usual_interval(size_t photos)
{
    if (photos >= 800)
        return photos / 1000 > 20 ? photos / 1000 : 20;
    return photos / 40 > 5 ? photos / 40 : 5;
}

/* Every which photo is held out, beginning in the middle of the first interval. */
static size_t interval(size_t photos, double share)
{
    if (share == 0 || (share < 0 && photos <= 10))
        return 2 * photos + 1;
    return share > 0 ? (size_t)fmax(2, round(1 / share)) : usual_interval(photos);
}

static bool names_dev(const struct data_set *dataset)
{
    for (size_t i = 0; i < dataset->photo_count; i++)
        if (dataset->photos[i].split == DATA_SPLIT_DEV)
            return true;
    return false;
}

/* Lists the photos that are not known, counts all, and leaves out those that are left out. */
static size_t list_new(const struct data_set *dataset, const struct data_features *features,
                       const struct model_photos *known, size_t *photos, size_t *ret_all)
{
    size_t count = 0, all = 0;

    for (size_t i = 0; i < dataset->photo_count; i++) {
        if (dataset->photos[i].split == DATA_SPLIT_OUT)
            continue;
        all++;
        if (!known || !trained_on_photo(known, features, i))
            photos[count++] = i;
    }
    *ret_all = all;
    return count;
}

static int rising(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

/* Sets aside what looks like a photo that is set aside; hashes are of those, in any order. */
static void take_twins(struct data_set *dataset, const struct data_features *features,
                       int64_t *hashes, size_t count)
{
    const struct model_photos taken = {hashes, count};

    qsort(hashes, count, sizeof *hashes, rising);
    for (size_t i = 0; i < dataset->photo_count; i++)
        if (dataset->photos[i].split != DATA_SPLIT_OUT && trained_on_photo(&taken, features, i))
            dataset->photos[i].split = DATA_SPLIT_DEV;
}

/* Every which of `count` photos is held out, so that they are as many as there would be of all. */
static size_t interval_of_new(size_t count, size_t all, double share)
{
    const size_t every = interval(all, share);

    if (every > all)
        return every;
    return count * every / all > 1 ? count * every / all : 1;
}

enum tn_status data_hold_out(struct data_set *dataset, const struct data_features *features,
                             const struct model_photos *known, double share, struct tn_error *err)
{
    const size_t most = dataset->photo_count + 1;
    size_t *photos, every, count, all, taken = 0;
    int64_t *hashes;

    if (names_dev(dataset))
        return TN_OK;
    photos = malloc(most * (sizeof *photos + sizeof *hashes));
    if (!photos)
        return tn_fail_nomem(err, most * (sizeof *photos + sizeof *hashes));
    hashes = (int64_t *)(photos + most);
    count = list_new(dataset, features, known, photos, &all);
    every = interval_of_new(count, all, share);
    for (size_t i = every / 2; i < count; i += every) {
        const uint64_t pixels = data_features_pixels(features, photos[i]);

        dataset->photos[photos[i]].split = DATA_SPLIT_DEV;
        if (pixels != 0)
            hashes[taken++] = (int64_t)pixels;
    }
    take_twins(dataset, features, hashes, taken);
    free(photos);
    return TN_OK;
}
