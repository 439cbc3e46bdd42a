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
    struct search_guide guide;
    size_t images;
    float *z;       /* [images][d] */
    float *weights; /* [images][N] */
    float *values;  /* [images][grams]: E g, NAN where not yet asked for */
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
    struct tn_arena *arena = &ranker->arena;

    ranker->z = tn_arena_floats(arena, ranker->images * c->photos.columns);
    ranker->weights = tn_arena_floats(arena, ranker->images * c->photos.rows);
    ranker->values = tn_arena_floats(arena, ranker->images * c->grams);
}

enum tn_status consensus_ranker_create(const struct consensus *consensus, size_t images,
                                       struct tn_pool *pool, struct consensus_ranker **ret_ranker,
                                       struct tn_error *err)
{
    struct consensus_ranker *ranker = calloc(1, sizeof *ranker);
    enum tn_status status;

    if (!ranker)
        return tn_fail_nomem(err, sizeof *ranker);
    *ranker = (struct consensus_ranker){.consensus = consensus, .pool = pool, .images = images};
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

/* How often the last n of words[count] stand in it. */
static size_t occurrences(const int *words, size_t count, size_t n)
{
    size_t found = 0;

    for (size_t end = n; end <= count; end++)
        found += memcmp(words + end - n, words + count - n, n * sizeof *words) == 0;
    return found;
}

/* <g_n(c), E g_n> and |g_n(c)|^2, before g has unit length, are the sums of the n-grams that each
 * word ends. */
static void add_word(void *context, size_t image, const int *words, size_t count,
                     struct search_worth *worth)
{
    const struct consensus_ranker *ranker = context;
    const struct consensus *c = ranker->consensus;
    const float *weights = consensus_weights(ranker, image);
    float *values = ranker->values + image * c->grams;
    double *products = worth->sums, *squares = worth->sums + NGRAM_ORDERS, sum = 0;

    for (size_t n = 1; n <= NGRAM_ORDERS && n <= count; n++) {
        const size_t gram = consensus_find(c, ngram_key(words + count - n, n));
        const bool known = gram < c->grams;
        const size_t photos = known ? (size_t)(c->starts[gram + 1] - c->starts[gram]) : 0;
        const size_t times = occurrences(words, count, n);
        const double idf = ngram_idf(photos, c->photos.rows);

        if (known && isnan(values[gram]))
            values[gram] = expect(c, weights, gram);
        products[n - 1] += known && times == 1 ? idf * (double)values[gram] : 0;
        squares[n - 1] += (double)(2 * times - 1) * idf * idf; /* times^2 - (times - 1)^2 */
    }
    for (size_t n = 0; n < NGRAM_ORDERS; n++)
        sum += squares[n] > 0 ? products[n] / sqrt(squares[n]) : 0;
    worth->worth = 10 * sum / NGRAM_ORDERS;
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

const struct search_guide *consensus_guide(struct consensus_ranker *ranker, size_t images,
                                           const float *features)
{
    const size_t values = images * ranker->consensus->grams;

    consensus_weigh(ranker, images, features);
    for (size_t i = 0; i < values; i++)
        ranker->values[i] = NAN;
    ranker->guide = (struct search_guide){.add_word = add_word,
                                          .context = ranker,
                                          .choices = CONSENSUS_CHOICES,
                                          .weight = CONSENSUS_WEIGHT,
                                          .likelihood = CONSENSUS_LIKELIHOOD};
    return &ranker->guide;
}
