/* SPDX-License-Identifier: MIT */
/* Which photos of a set are kept, and each one's captions put together. */
#include "base/path.h"
#include "data/dataset_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_wanted(const struct data_photo *photo, const struct data_set_options *options)
{
    bool any = false;

    if (photo->split == DATA_SPLIT_OUT)
        return false;
    for (int i = 0; i < 3; i++) {
        if (options->splits[i] != DATA_SPLIT_NONE && options->splits[i] == photo->split)
            return true;
        any = any || options->splits[i] != DATA_SPLIT_NONE;
    }
    return !any || photo->split == DATA_SPLIT_NONE;
}

/* Marks which photos stay: to[i] is photo i's new number, SIZE_MAX for those that go.  counts[]
 * holds the number of captions of each. */
static size_t choose_photos(struct data_set *dataset, const struct data_set_options *options,
                            const size_t *counts, size_t *to)
{
    size_t kept = 0;

    for (size_t i = 0; i < dataset->photo_count; i++) {
        to[i] = SIZE_MAX;
        if (!is_wanted(&dataset->photos[i], options) || counts[i] == 0)
            continue;
        if (!options->without_files && !tn_path_exists(data_set_place(dataset, i).file))
            data_note_add(&dataset->notes[DATA_NOTE_MISSING], data_set_name(dataset, i));
        else
            to[i] = kept++;
    }
    return kept;
}

/* Keeps the chosen photos and puts each one's captions together, both in their first order. */
static enum tn_status rearrange(struct data_set *dataset, const size_t *counts, const size_t *to,
                                struct tn_error *err)
{
    size_t kept = 0, total = 0;
    struct data_caption *captions;

    captions = malloc((dataset->caption_count + 1) * sizeof *captions);
    if (!captions)
        return tn_fail_nomem(err, (dataset->caption_count + 1) * sizeof *captions);
    for (size_t i = 0; i < dataset->photo_count; i++) {
        if (to[i] == SIZE_MAX)
            continue;
        dataset->photos[kept] = dataset->photos[i];
        dataset->photos[kept].first = total;
        dataset->photos[kept++].caption_count = 0;
        total += counts[i];
    }
    for (size_t i = 0; i < dataset->caption_count; i++) {
        const size_t photo = to[dataset->captions[i].photo];

        if (photo != SIZE_MAX) {
            struct data_photo *owner = &dataset->photos[photo];

            captions[owner->first + owner->caption_count++] =
                (struct data_caption){photo, dataset->captions[i].text};
        }
    }
    free(dataset->captions);
    dataset->captions = captions;
    dataset->caption_count = total;
    dataset->photo_count = kept;
    return TN_OK;
}

enum tn_status data_set_select(struct data_set *dataset, const char *source, const char *images,
                               const struct data_set_options *options, struct tn_error *err)
{
    const struct data_note *missing = &dataset->notes[DATA_NOTE_MISSING];
    size_t *counts = calloc(2 * dataset->photo_count + 1, sizeof *counts);
    enum tn_status status;
    size_t *to, kept;

    if (!counts)
        return tn_fail_nomem(err, 2 * dataset->photo_count * sizeof *counts);
    to = counts + dataset->photo_count;
    for (size_t i = 0; i < dataset->caption_count; i++)
        counts[dataset->captions[i].photo]++;
    kept = choose_photos(dataset, options, counts, to);
    if (missing->count > 0 && (!options->skip_missing || kept == 0))
        status = tn_fail(err, TN_NOTFOUND,
                         "%s: %zu of %zu photos are not in %s (%s%s); name their folder with "
                         "--images, or leave them out with --skip-missing",
                         source, missing->count, missing->count + kept, images, missing->first,
                         missing->count > 3 ? ", ..." : "");
    else if (kept == 0)
        status = tn_fail(err, TN_NOTFOUND, "%s: no photo with a caption is in the wanted split",
                         source);
    else
        status = rearrange(dataset, counts, to, err);
    free(counts);
    return status;
}
