/* SPDX-License-Identifier: MIT */
/* Any bytes as vectors of photos: the list of their names, a NUL, and a .npy.  Without a list they
 * come without names.  What there is of three photos can be read. */
#include "data/vectors.h"
#include "fuzz/support.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PHOTOS = 3 };

static void read_vectors(const struct data_features *features)
{
    float *out = malloc(features->width * sizeof *out);

    fuzz_require(out != NULL && features->views == 1 && features->unreadable < PHOTOS);
    for (size_t photo = 0; photo < PHOTOS; photo++) {
        if (features->rows[photo] == SIZE_MAX)
            continue;
        fuzz_require(features->rows[photo] < features->total);
        data_features_mean(features, photo, out);
        for (size_t i = 0; i < features->width; i++)
            fuzz_require(isfinite(out[i]));
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[] = "photos/a.jpg\0b.jpg\0x/y/c.jpg";
    struct data_photo photos[PHOTOS] = {
        {.path = 0}, {.path = 13, .name = 13}, {.path = 19, .name = 19}};
    const struct data_set dataset = {.photos = photos, .photo_count = PHOTOS, .text = text};
    const uint8_t *nul = memchr(data, 0, size);
    const size_t list = nul ? (size_t)(nul - data) : size;
    struct data_vectors vectors;
    struct data_features features;
    char names[PATH_MAX];
    const char *path;

    if (!nul)
        return 0;
    snprintf(names, sizeof names, "%s", fuzz_put("names", data, list));
    path = fuzz_put("x.npy", nul + 1, size - list - 1);
    if (data_vectors_load(path, list > 0 ? names : NULL, &vectors, NULL) != TN_OK)
        return 0;
    if (data_vectors_match(&vectors, path, &dataset, &features, NULL) == TN_OK) {
        read_vectors(&features);
        data_features_finish(&features);
    }
    data_vectors_finish(&vectors);
    return 0;
}
