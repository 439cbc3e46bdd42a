/* SPDX-License-Identifier: MIT */
#include "train/tasks/image_rank.h"

#include "base/memory.h"
#include "tensor/gemm.h"
#include "tensor/pointwise.h"
#include "train/fit/components.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PHOTOS = 4096 }; /* that are looked at, at most */

static const float UNLIKE = 0.1F; /* t of image_rank.h */

enum tn_status image_rank_check(const struct decoder_config *config, size_t rank,
                                struct tn_error *err)
{
    const size_t rows = config->cell->gates * config->hidden, width = config->features;
    const size_t most = width > 0 ? (rows * width - 1) / (rows + width) : 0;

    if (config->image_hidden > 0)
        return tn_fail(err, TN_RANGE,
                       "a decoder with units between V and the first step has no W_v to round to "
                       "rank %zu",
                       rank);
    if (rank > most)
        return tn_fail(err, TN_RANGE,
                       "W_v of rank %zu would take more numbers than W_v itself; expected 1 to %zu",
                       rank, most);
    return TN_OK;
}

static size_t offset_of(const struct decoder *decoder, const char *prefix, const char *name)
{
    char full[2 * TN_NAME_SIZE];

    snprintf(full, sizeof full, "%s%s", prefix, name);
    return tn_layout_find(decoder_layout(decoder), full)->span.offset;
}

/* W_v [rows][width], and memory that is allocated once. */
struct rounding {
    const float *w;
    size_t rows, width, rank, photos;
    float *system;         /* [rows][rows]: the matrix of image_rank.h */
    float *basis, *places; /* [rank][rows]: A', and what finds it */
    float *v, *said;       /* [photos][width], [photos][rows]: V and W_v V */
};

/* Whether V is a photo's own, not made from words (data/imagine/imagine.h). */
static bool is_seen(const struct data_source *source, size_t photo)
{
    const struct data_features *features = source->features;

    return features->identified == 0 ||
           features->rows[source->corpus->photos[photo]] < features->identified;
}

/* V of an even share of the photos that are seen; returns how many.  v NULL: only counts. */
static size_t read_photos(const struct data_source *source, float *v)
{
    const size_t photos = source->corpus->photo_count;
    size_t seen = 0, passed = 0, count = 0;

    for (size_t p = 0; p < photos; p++)
        seen += is_seen(source, p);
    for (size_t p = 0; p < photos; p++) {
        if (!is_seen(source, p) || passed++ % (seen / PHOTOS + 1) != 0)
            continue;
        if (v)
            data_source_features(source, p, v + count * source->features->width);
        count++;
    }
    return count;
}

static enum tn_status allocate_rounding(struct rounding *r, struct tn_error *err)
{
    const size_t floats = (r->rows + 2 * r->rank) * r->rows + r->photos * (r->width + r->rows);

    r->system = tn_memory_create(floats * sizeof *r->system);
    if (!r->system)
        return tn_fail_nomem(err, floats * sizeof *r->system);
    r->basis = r->system + r->rows * r->rows;
    r->places = r->basis + r->rank * r->rows;
    r->v = r->places + r->rank * r->rows;
    r->said = r->v + r->photos * r->width;
    return TN_OK;
}

/* A multiple of W_v (E V V' + t I) W_v', or of W_v W_v' where no photo has any V. */
static void make_system(struct rounding *r)
{
    const float sum = r->photos > 0 ? tn_dot(r->v, r->v, r->photos * r->width) : 0;
    const float squares = sum > 0 ? sum : 1;

    tn_gemm(NULL, r->system, r->rows, 0, tn_plain(r->w, r->width), tn_turned(r->w, r->width),
            r->rows, r->rows, r->width);
    tn_scale(r->system, UNLIKE * squares / (float)r->width, r->rows * r->rows);
    tn_gemm(NULL, r->said, r->rows, 0, tn_plain(r->v, r->width), tn_turned(r->w, r->width),
            r->photos, r->rows, r->width);
    tn_gemm(NULL, r->system, r->rows, 1, tn_turned(r->said, r->rows), tn_plain(r->said, r->rows),
            r->rows, r->rows, r->photos);
}

/* W_v ~ left [rows][rank] right [rank][width]. */
static void factor(struct rounding *r, float *left, float *right)
{
    make_system(r);
    train_components(NULL, r->system, r->rows, r->rows, r->rank, r->basis, r->places);
    for (size_t i = 0; i < r->rows; i++)
        for (size_t j = 0; j < r->rank; j++)
            left[i * r->rank + j] = r->basis[j * r->rows + i];
    tn_gemm(NULL, right, r->width, 0, tn_plain(r->basis, r->rows), tn_plain(r->w, r->width),
            r->rank, r->width, r->rows);
}

static void copy_others(const struct decoder *decoder, const float *theta,
                        const struct image_rank *rounded, size_t left)
{
    const struct tn_layout *layout = decoder_layout(rounded->decoder);

    for (size_t i = 0; i < layout->count; i++) {
        const struct tn_span to = layout->parameters[i].span;
        const struct tn_parameter *from =
            tn_layout_find(decoder_layout(decoder), layout->parameters[i].name);

        if (from && to.offset != left)
            memcpy(rounded->theta + to.offset, theta + from->span.offset, to.count * sizeof *theta);
    }
}

static enum tn_status fill(const struct decoder *decoder, const float *theta, const char *prefix,
                           const struct data_source *photos, const struct image_rank *rounded,
                           struct tn_error *err)
{
    const struct decoder_config *c = decoder_config(decoder);
    const size_t left = offset_of(rounded->decoder, prefix, "image.weight");
    const size_t right = offset_of(rounded->decoder, prefix, "image.hidden.weight");
    struct rounding r = {.w = theta + offset_of(decoder, prefix, "image.weight"),
                         .rows = c->cell->gates * c->hidden,
                         .width = c->features,
                         .rank = decoder_config(rounded->decoder)->image_hidden,
                         .photos = photos ? read_photos(photos, NULL) : 0};

    TN_TRY(allocate_rounding(&r, err));
    if (photos)
        read_photos(photos, r.v);
    copy_others(decoder, theta, rounded, left);
    factor(&r, rounded->theta + left, rounded->theta + right);
    free(r.system);
    return TN_OK;
}

enum tn_status image_rank_round(const struct decoder *decoder, const float *theta,
                                const char *prefix, size_t rank, const struct data_source *photos,
                                struct image_rank *ret_rounded, struct tn_error *err)
{
    struct decoder_config config = *decoder_config(decoder);
    struct image_rank rounded = {NULL, NULL};
    enum tn_status status;
    size_t bytes;

    config.image_hidden = rank;
    config.image_linear = true;
    TN_TRY(decoder_create(&config, prefix, &rounded.decoder, err));
    bytes = decoder_layout(rounded.decoder)->floats * sizeof *theta;
    rounded.theta = tn_memory_create(bytes);
    status = rounded.theta ? fill(decoder, theta, prefix, photos, &rounded, err)
                           : tn_fail_nomem(err, bytes);
    if (status != TN_OK) {
        image_rank_finish(&rounded);
        return status;
    }
    *ret_rounded = rounded;
    return TN_OK;
}

void image_rank_finish(struct image_rank *rounded)
{
    decoder_destroy(rounded->decoder);
    free(rounded->theta);
    *rounded = (struct image_rank){NULL, NULL};
}
