/* SPDX-License-Identifier: MIT */
#include "train/tasks/image_rank.h"

#include "base/memory.h"
#include "tensor/gemm.h"
#include "tensor/pointwise.h"
#include "train/fit/components.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* W_v [rows][width] ~ left [rows][rank] right [rank][width].  The columns of left have one size, so
 * that int8, which has a scale for each row, rounds them alike. */
static enum tn_status factor(const float *w, size_t rows, size_t width, size_t rank, float *left,
                             float *right, struct tn_error *err)
{
    float *places = tn_memory_create(rank * rows * sizeof *places);

    if (!places)
        return tn_fail_nomem(err, rank * rows * sizeof *places);
    train_components(NULL, w, rows, width, rank, right, places);
    tn_gemm(NULL, places, rows, 0, tn_plain(right, width), tn_turned(w, width), rank, rows, width);
    for (size_t j = 0; j < rank; j++) {
        const float *place = places + j * rows;
        const float size = sqrtf(tn_dot(place, place, rows) / (float)rows);

        for (size_t i = 0; i < rows; i++)
            left[i * rank + j] = size > 0 ? place[i] / size : 0;
        tn_scale(right + j * width, size, width);
    }
    free(places);
    return TN_OK;
}

static enum tn_status fill(const struct decoder *decoder, const float *theta, const char *prefix,
                           const struct image_rank *rounded, struct tn_error *err)
{
    const struct decoder_config *c = decoder_config(decoder);
    const struct tn_layout *layout = decoder_layout(rounded->decoder);
    const size_t left = offset_of(rounded->decoder, prefix, "image.weight");
    const size_t right = offset_of(rounded->decoder, prefix, "image.hidden.weight");

    for (size_t i = 0; i < layout->count; i++) {
        const struct tn_span to = layout->parameters[i].span;
        const struct tn_parameter *from =
            tn_layout_find(decoder_layout(decoder), layout->parameters[i].name);

        if (from && to.offset != left)
            memcpy(rounded->theta + to.offset, theta + from->span.offset, to.count * sizeof *theta);
    }
    return factor(theta + offset_of(decoder, prefix, "image.weight"), c->cell->gates * c->hidden,
                  c->features, decoder_config(rounded->decoder)->image_hidden,
                  rounded->theta + left, rounded->theta + right, err);
}

enum tn_status image_rank_round(const struct decoder *decoder, const float *theta,
                                const char *prefix, size_t rank, struct image_rank *ret_rounded,
                                struct tn_error *err)
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
    status =
        rounded.theta ? fill(decoder, theta, prefix, &rounded, err) : tn_fail_nomem(err, bytes);
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
