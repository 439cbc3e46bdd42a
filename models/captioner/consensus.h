/* SPDX-License-Identifier: MIT */
/*
 * Which captions people would agree with most: by the CIDEr-D that they are expected to have,
 * predicted from what people said about the photos that the model was trained on.
 *
 *     r(c) = 10 / 4 sum_n <g_n(c), E g_n>,    E g_n = sum_i w_i g_n,i,    w = m + A (P f(V) - o)
 *
 *     g_n(c)   the n-grams of c, as tf-idf of length 1 (Vedantam et al., "CIDEr", 2015, its
 *              penalty of lengths left out); what c repeats counts once in the product, as CIDEr-D
 *              has it where people say it once; g_n,i their mean over training photo i's captions
 *     f(V)     V itself, or its likeness to photos in its s strongest directions:
 *              f_j(V) = exp(-|S V - l_j|^2 / 2)
 *     w        the weights by which ridge regression on f(V) gives the g of a photo from those of
 *              the N training photos, cut down to its d strongest directions (reduced-rank
 *              regression, Izenman 1975): train/fit/consensus_fit.h; m is what a photo counts
 *              before V is looked at
 *
 * To choose the caption that agrees best with those of similar photos is Devlin et al., "Exploring
 * nearest neighbor approaches for image captioning" (2015); with a regression in the place of
 * their nearest neighbours photos may also count against a word.  r guides the search from word to
 * word, and the likelihood counts, too: models/search_guide.h.
 */
#ifndef MODELS_CONSENSUS_H
#define MODELS_CONSENSUS_H

#include "models/search.h"
#include "tensor/matrix.h"

#include <stdint.h>

/* The beam, unless somebody says otherwise, and how a search is guided:
 * docs/experiments/consensus.md. */
enum { CONSENSUS_BEAM = 10, CONSENSUS_CHOICES = 16 };
#define CONSENSUS_WEIGHT 10
#define CONSENSUS_LIKELIHOOD 0.1

enum { CONSENSUS_MAX_ID = 32767, CONSENSUS_MAX_PHOTOS = 65536, CONSENSUS_POSTING_BYTES = 3 };

/* All is borrowed.  Zeroed: there is none. */
struct consensus {
    struct tn_matrix space;        /* S: [s][features]; without rows f(V) = V */
    struct tn_matrix landmarks;    /* l: [M][s] */
    struct tn_matrix directions;   /* P: [d][M], or [d][features] */
    const float *offsets;          /* o: [d] */
    struct tn_matrix photos;       /* A: [N][d] */
    const float *shares;           /* m: [N] */
    size_t grams;                  /* n-grams that several photos' captions hold */
    const int64_t *keys;           /* [grams], rising: see ngram_key */
    const int32_t *starts;         /* [grams + 1] */
    const unsigned char *postings; /* starts[j] to starts[j + 1]: see consensus_put_posting */
};

/* The beam where nobody says: CONSENSUS_BEAM, or the usual one without a consensus. */
size_t consensus_beam(const struct consensus *consensus);
/* Whether there is a consensus (NULL: no) to guide a search with these options. */
bool consensus_applies(const struct consensus *consensus, const struct search_options *options);

/* The n-gram's number, or `grams` where it is not known. */
size_t consensus_find(const struct consensus *consensus, uint64_t key);

/* Sets posting `number`: that a photo below CONSENSUS_MAX_PHOTOS has a value from 0 to 1, larger
 * ones counting as 1.  The photo's lower byte, its higher, and the value times 255 rounded. */
void consensus_put_posting(unsigned char *postings, size_t number, size_t photo, float value);

static inline size_t consensus_posting_photo(const unsigned char *postings, size_t number)
{
    const unsigned char *posting = postings + number * CONSENSUS_POSTING_BYTES;

    return posting[0] | (size_t)posting[1] << 8;
}

/* The consensus of the decoder whose tensors' names begin with prefix ("decoder.en."), as views of
 * the file; zeroed when it has none.  Errors: TN_FORMAT, TN_SHAPE, TN_NOTFOUND for one that is not
 * whole. */
TN_NODISCARD enum tn_status consensus_get(const struct tn_file *file, const char *prefix,
                                          size_t features, struct consensus *ret_consensus,
                                          struct tn_error *err);
/* Writes a copy of the model file in which the decoder for a language has this consensus, of int8
 * matrices, in the place of any that it had, and neither calibration nor keywords' weights, which
 * were made for another; note is the metadata's "decoder.<language>.consensus".  Atomic: path may
 * be the file itself. Errors: TN_NOMEM, TN_IO. */
TN_NODISCARD enum tn_status consensus_save(const char *path, const struct tn_file *file,
                                           const char *language, const struct consensus *consensus,
                                           const char *note, struct tn_error *err);

/* z[images][d] = P f(V) - o, where an image is in a photo's terms, of features[images][features] as
 * the decoder reads them.  Scratch is taken from the arena and released; measure with the same call
 * on a measuring arena. */
void consensus_place(const struct consensus *consensus, struct tn_pool *pool, float *z,
                     size_t images, const float *features, struct tn_arena *scratch);
/* f(V)[images][M] of places[images][s], which are S V. */
void consensus_likeness(const struct tn_matrix *landmarks, struct tn_pool *pool, float *likeness,
                        size_t images, const float *places, struct tn_arena *scratch);

struct consensus_ranker;

/* For up to `images` photos at a time.  consensus and pool (may be NULL) are borrowed for its life;
 * the caller destroys it.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status consensus_ranker_create(const struct consensus *consensus,
                                                    size_t images, struct tn_pool *pool,
                                                    struct consensus_ranker **ret_ranker,
                                                    struct tn_error *err);
void consensus_ranker_destroy(struct consensus_ranker *ranker);
/* w of images, from features[images][features] as the decoder reads them; borrowed until the next
 * call. */
void consensus_weigh(struct consensus_ranker *ranker, size_t images, const float *features);
const float *consensus_weights(const struct consensus_ranker *ranker, size_t image);
/* Guides a search for these images, by the weights of their features; borrowed until the next
 * call. */
const struct search_guide *consensus_guide(struct consensus_ranker *ranker, size_t images,
                                           const float *features);

#endif
