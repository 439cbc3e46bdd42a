/* SPDX-License-Identifier: MIT */
/*
 * How well the words of a query fit photos: what a search orders photos by.
 *
 *     s(q, V) = sum over the different words k of q of  (l_k + l_K) / 2
 *     l_k     = log max(e_k, LEAST) - log max(m_k, LEAST)
 *     e_k     = b_k z + m_k,    z = P V - o,    b_k = sum_i A_i [k is said about photo i]
 *
 *     P, o, A, m   the consensus' (models/captioner/consensus.h): e_k is what its regression makes
 *                  of whether k is said about the photo, m_k the same before V is looked at
 *     l_k          how many times as probable the photo makes k, as a logarithm; over words that
 *                  are independent given the photo it adds up to the query's (naive Bayes)
 *     K            the keyword that k is a form of (keyword_words.h): all words that mean it, so
 *                  that "jets" also finds what people call an airplane.  Where one of the two is
 *                  not known, the other counts whole
 *
 * Of a photo only z is needed, its code: d numbers, and for each word one product of rows.  What
 * the decoder makes of the words in their order is slower and comes on top, for the best photos:
 *
 *     t(q, V) = RELEVANCE_DECODER (log p(q | V) - log p(q | 0))
 *
 * docs/search.md has the measurements.
 */
#ifndef MODELS_RELEVANCE_H
#define MODELS_RELEVANCE_H

#include "base/pool.h"
#include "models/captioner/captioner.h"
#include "models/file/model_file.h"
#include "tensor/matrix.h"

#include <stdbool.h>
#include <stddef.h>

#define RELEVANCE_LEAST 0.003 /* what is less probable counts as this */
#define RELEVANCE_DECODER 0.5
#define RELEVANCE_COMMON 0.33 /* words of a larger share of photos are common */

/* RELEVANCE_LONGEST: words of a query that are looked at. */
enum { RELEVANCE_LONGEST = 64, RELEVANCE_AT_ONCE = 64 /* photos that the decoder reads */ };

struct relevance;

/* For a decoder, which is borrowed, as is pool (may be NULL).  The caller destroys it.  Errors:
 * TN_NOMEM. */
TN_NODISCARD enum tn_status relevance_create(const struct model_decoder *decoder,
                                             struct tn_pool *pool, struct relevance **ret_relevance,
                                             struct tn_error *err);
void relevance_destroy(struct relevance *relevance);
/* That of a captioner, made when first asked for; borrowed for the captioner's life. */
TN_NODISCARD enum tn_status captioner_relevance(struct captioner *captioner,
                                                struct relevance **ret_relevance,
                                                struct tn_error *err);

/* What cuts the texts of its language into words. */
enum vocab_language relevance_tokenizer(const struct relevance *relevance);
/* d; 0 for a model without a consensus, which has neither codes nor evidence. */
size_t relevance_code_size(const struct relevance *relevance);
/* code[d] = z of one V[features], unscaled, as captioner_features gives it. */
void relevance_encode(struct relevance *relevance, const float *features, float *code);

/* A query in the model's terms; it holds no memory of its own and is good for the relevance's
 * life. */
struct relevance_query {
    size_t parts[2 * RELEVANCE_LONGEST]; /* rows of b ... */
    float shares[2 * RELEVANCE_LONGEST]; /* ... and how much l of each counts: 1 or 1/2 */
    size_t part_count;
    int words[RELEVANCE_LONGEST + 1]; /* for the decoder, the end of the sentence last */
    size_t word_count;
};

/* Of the tokens of a text (vocab_tokenize with the decoder's tokenizer).  known[count] (may be
 * NULL) becomes whether the consensus, or without one the vocabulary, knows the token.  Errors:
 * TN_NOMEM. */
TN_NODISCARD enum tn_status relevance_ask(struct relevance *relevance, const char *const *tokens,
                                          size_t count, struct relevance_query *ret_query,
                                          bool *known, struct tn_error *err);
/* Whether people say the token about so many photos that it hardly tells one from another: "a". */
bool relevance_is_common(const struct relevance *relevance, const char *token);
/* scores[codes->rows] = s of each row of codes [rows][d].  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status relevance_evidence(const struct relevance *relevance,
                                               const struct relevance_query *query,
                                               const struct tn_matrix *codes, float *scores,
                                               struct tn_error *err);
/* scores[count] += t of features[count][features], unscaled.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status relevance_read(struct relevance *relevance,
                                           const struct relevance_query *query, size_t count,
                                           const float *features, float *scores,
                                           struct tn_error *err);

#endif
