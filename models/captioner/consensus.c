/* SPDX-License-Identifier: MIT */
#include "models/captioner/consensus.h"

#include "metrics/ngrams.h"
#include "tensor/pointwise.h"
#include "vocab/vocab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 255 /* what stands for 1 */ };

struct consensus_ranker {
    const struct consensus *consensus;
    struct tn_pool *pool;
    struct tn_arena arena;
    struct search *search; /* of the run at hand */
    size_t images, beam;
    float *z;       /* [images][d] */
    float *weights; /* [images][N] */
    float *values;  /* [threads][grams]: E g of the image at hand, NAN where not yet asked for */
    double *scores; /* [threads][beam] */
};

size_t consensus_beam(const struct consensus *consensus)
{
    const struct search_options usual = SEARCH_OPTIONS_DEFAULT;

    return consensus->grams > 0 ? CONSENSUS_BEAM : usual.beam;
}

bool consensus_applies(const struct consensus *consensus, const struct search_options *options)
{
    return consensus && consensus->grams > 0 && options->beam > 1 && !options->sample;
}

void consensus_put_posting(unsigned char *postings, size_t number, size_t photo, float value)
{
    unsigned char *posting = postings + number * CONSENSUS_POSTING_BYTES;

    posting[0] = (unsigned char)(photo & 0xFF);
    posting[1] = (unsigned char)(photo >> 8);
    posting[2] = (unsigned char)lroundf(fminf(value, 1) * MOST);
}

/* ---- Memory ---- */

static void take_buffers(struct consensus_ranker *ranker)
{
    const struct consensus *c = ranker->consensus;
    const size_t threads = ranker->pool ? tn_pool_threads(ranker->pool) : 1;
    struct tn_arena *arena = &ranker->arena;

    ranker->z = tn_arena_floats(arena, ranker->images * c->photos.columns);
    ranker->weights = tn_arena_floats(arena, ranker->images * c->photos.rows);
    ranker->values = tn_arena_floats(arena, threads * c->grams);
    ranker->scores = tn_arena_alloc(arena, threads * ranker->beam, sizeof *ranker->scores);
}

enum tn_status consensus_ranker_create(const struct consensus *consensus, size_t images,
                                       size_t beam, struct tn_pool *pool,
                                       struct consensus_ranker **ret_ranker, struct tn_error *err)
{
    struct consensus_ranker *ranker = calloc(1, sizeof *ranker);
    enum tn_status status;

    if (!ranker)
        return tn_fail_nomem(err, sizeof *ranker);
    *ranker = (struct consensus_ranker){
        .consensus = consensus, .pool = pool, .images = images, .beam = beam};
    tn_arena_measure(&ranker->arena);
    take_buffers(ranker);
    consensus_place(consensus, pool, NULL, images, NULL, &ranker->arena);
    tn_linear(pool, NULL, NULL, &consensus->photos, NULL, false, images, &ranker->arena);
    status = tn_arena_reserve(&ranker->arena, err);
    if (status != TN_OK) {
        consensus_ranker_destroy(ranker);
        return status;
    }
    take_buffers(ranker);
    *ret_ranker = ranker;
    return TN_OK;
}

void consensus_ranker_destroy(struct consensus_ranker *ranker)
{
    if (!ranker)
        return;
    tn_arena_finish(&ranker->arena);
    free(ranker);
}

/* ---- Scores ---- */

size_t consensus_find(const struct consensus *c, uint64_t key)
{
    size_t low = 0, high = c->grams;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if ((uint64_t)c->keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->grams && (uint64_t)c->keys[low] == key ? low : c->grams;
}

/* E g of an n-gram. */
static float expect(const struct consensus *c, const float *weights, size_t gram)
{
    float sum = 0;

    for (int32_t i = c->starts[gram]; i < c->starts[gram + 1]; i++) {
        const unsigned char value = c->postings[(size_t)i * CONSENSUS_POSTING_BYTES + 2];

        sum += weights[consensus_posting_photo(c->postings, (size_t)i)] * (float)value;
    }
    return sum / MOST;
}

/* sum_n <g_n(c), E g_n>. */
static double agree(const struct consensus *c, const float *weights, float *values,
                    const int *words, size_t count)
{
    struct ngram grams[NGRAM_ORDERS * NGRAM_LONGEST];
    const size_t length = ngram_list(words, count < NGRAM_LONGEST ? count : NGRAM_LONGEST, grams);
    double products[NGRAM_ORDERS] = {0}, squares[NGRAM_ORDERS] = {0}, sum = 0;

    for (size_t i = 0; i < length; i++) {
        const size_t n = ngram_order(grams[i].key) - 1, gram = consensus_find(c, grams[i].key);
        const bool known = gram < c->grams;
        const size_t photos = known ? (size_t)(c->starts[gram + 1] - c->starts[gram]) : 0;
        const double idf = ngram_idf(photos, c->photos.rows);

        if (known && isnan(values[gram]))
            values[gram] = expect(c, weights, gram);
        products[n] += known ? idf * (double)values[gram] : 0;
        squares[n] += grams[i].weight * idf * grams[i].weight * idf;
    }
    for (size_t n = 0; n < NGRAM_ORDERS; n++)
        sum += squares[n] > 0 ? products[n] / sqrt(squares[n]) : 0;
    return sum;
}

/* A task of the pool. */
static void rank_image(void *context, size_t image, size_t thread)
{
    struct consensus_ranker *ranker = context;
    const struct consensus *c = ranker->consensus;
    const float *weights = consensus_weights(ranker, image);
    float *values = ranker->values + thread * c->grams;
    double *scores = ranker->scores + thread * ranker->beam;
    const size_t count = search_result_count(ranker->search, image);

    for (size_t i = 0; i < c->grams; i++)
        values[i] = NAN;
    for (size_t rank = 0; rank < count; rank++) {
        const struct search_hypothesis h = search_result(ranker->search, image, rank);

        scores[rank] = 10 * agree(c, weights, values, h.words, h.count) / NGRAM_ORDERS +
                       CONSENSUS_LIKELIHOOD * h.score;
    }
    search_reorder(ranker->search, image, scores);
}

void consensus_weigh(struct consensus_ranker *ranker, size_t images, const float *features)
{
    const struct consensus *c = ranker->consensus;
    const size_t photos = c->photos.rows;

    consensus_place(c, ranker->pool, ranker->z, images, features, &ranker->arena);
    tn_linear(ranker->pool, ranker->weights, ranker->z, &c->photos, NULL, false, images,
              &ranker->arena);
    for (size_t i = 0; i < images; i++)
        tn_axpy(ranker->weights + i * photos, 1, c->shares, photos);
}

const float *consensus_weights(const struct consensus_ranker *ranker, size_t image)
{
    return ranker->weights + image * ranker->consensus->photos.rows;
}

void consensus_rank(struct consensus_ranker *ranker, struct search *search, size_t images,
                    const float *features)
{
    consensus_weigh(ranker, images, features);
    ranker->search = search;
    tn_pool_run(ranker->pool, images, rank_image, ranker);
}
