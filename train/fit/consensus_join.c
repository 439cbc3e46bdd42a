/* SPDX-License-Identifier: MIT */
#include "train/fit/consensus_join.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* One of the two, and where its photos, directions and landmarks begin in the joined. */
struct part {
    const struct consensus *from;
    float share;
    size_t photo, direction, landmark;
};

static enum tn_status allocate(const struct consensus *a, const struct consensus *b,
                               struct consensus_fit *fit, struct tn_error *err)
{
    const size_t n = a->photos.rows + b->photos.rows, d = a->directions.rows + b->directions.rows;
    const size_t grams = a->grams + b->grams; /* at most */
    const size_t postings = (size_t)a->starts[a->grams] + (size_t)b->starts[b->grams];
    const size_t width =
        a->space.rows > 0 ? a->landmarks.rows + b->landmarks.rows : a->directions.columns;

    fit->directions = calloc(d, width);
    fit->photos = calloc(n, d);
    fit->scales = malloc((d + n) * sizeof *fit->scales);
    fit->offsets = malloc(d * sizeof *fit->offsets);
    fit->shares = malloc(n * sizeof *fit->shares);
    fit->keys = malloc(grams * sizeof *fit->keys);
    fit->starts = calloc(grams + 1, sizeof *fit->starts);
    fit->postings = malloc(postings * CONSENSUS_POSTING_BYTES);
    if (!fit->directions || !fit->photos || !fit->scales || !fit->offsets || !fit->shares ||
        !fit->keys || !fit->starts || !fit->postings)
        return tn_fail_nomem(err, n * d + postings * CONSENSUS_POSTING_BYTES);
    fit->consensus = (struct consensus){
        .directions = {TN_I8, d, width, fit->directions, fit->scales},
        .offsets = fit->offsets,
        .shares = fit->shares,
        .photos = {TN_I8, n, d, fit->photos, fit->scales + d},
        .keys = fit->keys,
        .starts = fit->starts,
        .postings = fit->postings,
    };
    return TN_OK;
}

/* One space for both, and the landmarks of both. */
static enum tn_status join_space(const struct consensus *a, const struct consensus *b,
                                 struct consensus_fit *fit, struct tn_error *err)
{
    const struct tn_matrix *const landmarks[] = {&a->landmarks, &b->landmarks};

    if (a->space.rows == 0)
        return TN_OK;
    TN_TRY(consensus_space_join(&a->space, landmarks, 2, &fit->space, err));
    fit->consensus.space = fit->space.space;
    fit->consensus.landmarks = fit->space.landmarks;
    return TN_OK;
}

/* o under each other; P, A and m along the diagonal, times the part's share. */
static void put_weights(struct consensus_fit *fit, const struct part *part)
{
    const struct consensus *c = part->from;
    const size_t d = c->directions.rows, width = c->directions.columns;
    const size_t all = fit->consensus.directions.rows, whole = fit->consensus.directions.columns;

    for (size_t j = 0; j < d; j++)
        memcpy(fit->directions + (part->direction + j) * whole + part->landmark,
               (const signed char *)c->directions.data + j * width, width);
    memcpy(fit->scales + part->direction, c->directions.scale, d * sizeof *fit->scales);
    memcpy(fit->offsets + part->direction, c->offsets, d * sizeof *fit->offsets);
    for (size_t i = 0; i < c->photos.rows; i++) {
        const size_t row = part->photo + i;

        memcpy(fit->photos + row * all + part->direction,
               (const signed char *)c->photos.data + i * d, d);
        fit->scales[all + row] = part->share * c->photos.scale[i];
        fit->shares[row] = part->share * c->shares[i];
    }
}

/* Appends the photos of one n-gram of a part. */
static void put_postings(struct consensus_fit *fit, const struct part *part, size_t gram,
                         size_t *count)
{
    const struct consensus *c = part->from;

    for (int32_t i = c->starts[gram]; i < c->starts[gram + 1]; i++) {
        const size_t photo = part->photo + consensus_posting_photo(c->postings, (size_t)i);
        const unsigned char value = c->postings[(size_t)i * CONSENSUS_POSTING_BYTES + 2];

        consensus_put_posting(fit->postings, (*count)++, photo, (float)value / UINT8_MAX);
    }
}

/* The n-grams of both, in their order. */
static void merge_grams(struct consensus_fit *fit, const struct part *a, const struct part *b)
{
    size_t i = 0, j = 0, count = 0, grams = 0;

    while (i < a->from->grams || j < b->from->grams) {
        const int64_t left = i < a->from->grams ? a->from->keys[i] : INT64_MAX;
        const int64_t right = j < b->from->grams ? b->from->keys[j] : INT64_MAX;

        fit->keys[grams] = left < right ? left : right;
        if (left <= right)
            put_postings(fit, a, i++, &count);
        if (right <= left)
            put_postings(fit, b, j++, &count);
        fit->starts[++grams] = (int32_t)count;
    }
    fit->consensus.grams = grams;
}

enum tn_status consensus_join(const struct consensus *first, const struct consensus *second,
                              float share, struct consensus_fit *ret_fit, struct tn_error *err)
{
    const struct part a = {first, 1 - share, 0, 0, 0};
    const struct part b = {second, share, first->photos.rows, first->directions.rows,
                           first->landmarks.rows};
    struct consensus_fit fit = {.directions = NULL};
    enum tn_status status;

    assert(first->space.rows == second->space.rows &&
           (first->space.rows > 0 || first->directions.columns == second->directions.columns));
    if (first->photos.rows + second->photos.rows > CONSENSUS_MAX_PHOTOS ||
        first->starts[first->grams] > INT32_MAX - second->starts[second->grams])
        return tn_fail(err, TN_RANGE, "a consensus of %zu photos; expected at most %d",
                       first->photos.rows + second->photos.rows, CONSENSUS_MAX_PHOTOS);
    status = allocate(first, second, &fit, err);
    if (status == TN_OK)
        status = join_space(first, second, &fit, err);
    if (status != TN_OK) {
        consensus_fit_finish(&fit);
        return status;
    }
    put_weights(&fit, &a);
    put_weights(&fit, &b);
    merge_grams(&fit, &a, &b);
    *ret_fit = fit;
    return TN_OK;
}
