/* SPDX-License-Identifier: MIT */
/* All n-grams of all captions are sorted once; what is asked of them are then runs of equal ones.
 */
#include "train/fit/consensus_grams.h"

#include "metrics/ngrams.h"

#include <math.h>
#include <stdlib.h>

/* An n-gram of a caption. */
struct place {
    uint64_t key;
    size_t photo, caption; /* the caption's number among all of these photos */
    double times;          /* that it stands there */
};

struct counting {
    struct place *places; /* [count] */
    size_t count, photos;
    double *squares;     /* [captions][NGRAM_ORDERS]: the lengths' */
    struct ngram *grams; /* [NGRAM_ORDERS * the longest caption] */
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->caption != y->caption) /* captions rise with their photos */
        return x->caption < y->caption ? -1 : 1;
    return 0;
}

static void add_places(struct counting *c, const int *ids, size_t length, size_t photo,
                       size_t caption)
{
    const size_t count = ngram_list(ids, length, c->grams);

    for (size_t i = 0; i < count; i++)
        c->places[c->count++] = (struct place){c->grams[i].key, photo, caption, c->grams[i].weight};
}

static enum tn_status collect_places(struct counting *c, const struct data_corpus *corpus,
                                     const size_t *photos, size_t count, struct tn_error *err)
{
    size_t tokens = 0, captions = 0, longest = 0;

    for (size_t i = 0; i < count; i++) {
        const size_t first = corpus->firsts[photos[i]], end = corpus->firsts[photos[i] + 1];

        captions += end - first;
        for (size_t k = first; k < end; k++) {
            const size_t length = corpus->starts[k + 1] - corpus->starts[k];

            tokens += length;
            longest = length > longest ? length : longest;
        }
    }
    c->photos = count;
    c->places = malloc((NGRAM_ORDERS * tokens + 1) * sizeof *c->places);
    c->squares = calloc(captions * NGRAM_ORDERS + 1, sizeof *c->squares);
    c->grams = malloc((NGRAM_ORDERS * longest + 1) * sizeof *c->grams);
    if (!c->places || !c->squares || !c->grams)
        return tn_fail_nomem(err, NGRAM_ORDERS * tokens * sizeof *c->places);
    captions = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = corpus->firsts[photos[i]]; k < corpus->firsts[photos[i] + 1]; k++)
            add_places(c, corpus->ids + corpus->starts[k],
                       corpus->starts[k + 1] - corpus->starts[k], i, captions++);
    qsort(c->places, c->count, sizeof *c->places, compare_places);
    return TN_OK;
}

/* The end of the run of an n-gram from `first` on, and how many photos are in it. */
static size_t run_of_key(const struct counting *c, size_t first, size_t *ret_photos)
{
    size_t end = first;

    *ret_photos = 0;
    for (; end < c->count && c->places[end].key == c->places[first].key; end++)
        *ret_photos += end == first || c->places[end].photo != c->places[end - 1].photo;
    return end;
}

static double *square_of(const struct counting *c, const struct place *place)
{
    return c->squares + place->caption * NGRAM_ORDERS + ngram_order(place->key) - 1;
}

/* The lengths, and the room that is wanted. */
static void measure_photos(struct counting *c, size_t seen, size_t *ret_grams, size_t *ret_entries)
{
    *ret_grams = *ret_entries = 0;
    for (size_t first = 0, end, photos; first < c->count; first = end) {
        end = run_of_key(c, first, &photos);
        for (size_t i = first; i < end; i++) {
            const double weight = c->places[i].times * ngram_idf(photos, c->photos);

            *square_of(c, &c->places[i]) += weight * weight;
        }
        if (photos >= seen && !ngram_has(c->places[first].key, VOCAB_UNKNOWN)) {
            *ret_grams += 1;
            *ret_entries += photos;
        }
    }
}

static void fill_grams(const struct counting *c, const struct data_corpus *corpus,
                       const size_t *photos_asked, size_t seen, struct consensus_grams *grams)
{
    size_t entry = 0;

    for (size_t first = 0, end, photos; first < c->count; first = end) {
        end = run_of_key(c, first, &photos);
        if (photos < seen || ngram_has(c->places[first].key, VOCAB_UNKNOWN))
            continue;
        grams->keys[grams->count] = (int64_t)c->places[first].key;
        for (size_t i = first; i < end; i++) {
            const size_t photo = c->places[i].photo, number = photos_asked[photo];
            const double captions = (double)(corpus->firsts[number + 1] - corpus->firsts[number]);
            const double square = *square_of(c, &c->places[i]);

            if (i == first || photo != c->places[i - 1].photo) {
                grams->photos[entry] = photo;
                grams->values[entry++] = 0;
            }
            if (square > 0)
                grams->values[entry - 1] +=
                    (float)(c->places[i].times * ngram_idf(photos, c->photos) / sqrt(square) /
                            captions);
        }
        grams->starts[++grams->count] = entry;
    }
}

static enum tn_status make(struct counting *c, const struct data_corpus *corpus,
                           const size_t *photos, size_t count, size_t seen,
                           struct consensus_grams *grams, struct tn_error *err)
{
    size_t keys, entries;

    TN_TRY(collect_places(c, corpus, photos, count, err));
    measure_photos(c, seen, &keys, &entries);
    if (keys == 0)
        return tn_fail(err, TN_FORMAT, "no words of %zu photos' captions are in those of %zu",
                       count, seen);
    grams->keys = calloc(keys, sizeof *grams->keys);
    grams->starts = calloc(keys + 1, sizeof *grams->starts);
    grams->photos = calloc(entries, sizeof *grams->photos);
    grams->values = calloc(entries, sizeof *grams->values);
    if (!grams->keys || !grams->starts || !grams->photos || !grams->values)
        return tn_fail_nomem(err, entries * sizeof *grams->photos);
    fill_grams(c, corpus, photos, seen, grams);
    return TN_OK;
}

enum tn_status consensus_grams_make(const struct data_corpus *corpus, const size_t *photos,
                                    size_t count, size_t seen, struct consensus_grams *ret_grams,
                                    struct tn_error *err)
{
    struct counting counting = {.count = 0};
    struct consensus_grams grams = {.count = 0};
    const enum tn_status status = make(&counting, corpus, photos, count, seen, &grams, err);

    free(counting.places);
    free(counting.squares);
    free(counting.grams);
    if (status == TN_OK)
        *ret_grams = grams;
    else
        consensus_grams_finish(&grams);
    return status;
}

void consensus_grams_finish(struct consensus_grams *grams)
{
    free(grams->keys);
    free(grams->starts);
    free(grams->photos);
    free(grams->values);
}
