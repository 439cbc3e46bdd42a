/* SPDX-License-Identifier: MIT */
/* How well words fit photos, against the formula of models/captioner/relevance.h. */
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "metrics/ngrams.h"
#include "models/captioner/relevance.h"
#include "models/decoder_score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Words that the model knows; two of them are one keyword. */
static const char words[] = "dog\ndogs\ncat\nred";
enum { DOG = VOCAB_FIRST_WORD, DOGS, CAT, RED, VOCABULARY };
enum { FEATURES = 5, PHOTOS = 4, DIRECTIONS = 2, GRAMS = 4, POSTINGS = 7, SEARCHED = 70 };

static const float directions[DIRECTIONS][FEATURES] = {{1, -0.5F, 0.25F, 0, 0.125F},
                                                       {0, 0.5F, -1, 2, 0.25F}};
static const float offsets[DIRECTIONS] = {0.25F, 0.5F};
static const float told[PHOTOS][DIRECTIONS] = {
    {0.02F, 0.01F}, {-0.03F, 0.02F}, {0.01F, -0.05F}, {0.04F, 0.03F}};
static const float shares[PHOTOS] = {0.1F, 0.2F, 0.001F, 0.4F};
/* Which photos each word is said of. */
static const bool said[GRAMS][PHOTOS] = {{1, 1, 0, 0}, {0, 1, 1, 0}, {0, 0, 1, 0}, {1, 0, 0, 1}};
static int64_t keys[GRAMS];
static int32_t starts[GRAMS + 1];
static unsigned char postings[POSTINGS * CONSENSUS_POSTING_BYTES];

static struct model_decoder decoder;
static struct tiny_model tiny;

static void make_decoder(void)
{
    size_t posting = 0;

    tiny_model_init(&tiny, "lstm", 1, VOCABULARY, FEATURES, 5);
    decoder = (struct model_decoder){
        .language = "en",
        .tokenizer = VOCAB_ENGLISH,
        .input = {.scale = 2},
        .weights = tiny.weights,
        .consensus = {.directions = {TN_F32, DIRECTIONS, FEATURES, directions, NULL},
                      .offsets = offsets,
                      .photos = {TN_F32, PHOTOS, DIRECTIONS, told, NULL},
                      .shares = shares,
                      .grams = GRAMS,
                      .keys = keys,
                      .starts = starts,
                      .postings = postings}};
    ck_assert_int_eq(vocab_parse(words, strlen(words), &decoder.vocab, NULL), TN_OK);
    for (int g = 0; g < GRAMS; g++) {
        const int word = DOG + g;

        keys[g] = (int64_t)ngram_key(&word, 1);
        for (size_t i = 0; i < PHOTOS; i++)
            if (said[g][i])
                consensus_put_posting(postings, posting++, i, 1);
        starts[g + 1] = (int32_t)posting;
    }
    ck_assert_uint_eq(posting, POSTINGS);
}

static void destroy_decoder(void)
{
    vocab_destroy(decoder.vocab);
    tiny_model_finish(&tiny);
}

/* ---- The formula ---- */

static double code_of(const float *v, size_t j)
{
    double z = -(double)offsets[j];

    for (size_t k = 0; k < FEATURES; k++)
        z += (double)directions[j][k] * (double)decoder.input.scale * (double)v[k];
    return z;
}

/* l of the words that are marked. */
static double evidence_of(const bool marked[GRAMS], const float *v)
{
    double e = 0, m = 0;

    for (size_t i = 0; i < PHOTOS; i++) {
        bool any = false;

        for (size_t g = 0; g < GRAMS; g++)
            any |= marked[g] && said[g][i];
        if (!any)
            continue;
        m += (double)shares[i];
        for (size_t j = 0; j < DIRECTIONS; j++)
            e += (double)told[i][j] * code_of(v, j);
    }
    return log(fmax(e + m, RELEVANCE_LEAST)) - log(fmax(m, RELEVANCE_LEAST));
}

static double word_evidence(int word, const float *v)
{
    const bool itself[GRAMS] = {word == DOG, word == DOGS, word == CAT, word == RED};
    const bool both[GRAMS] = {true, true, false, false};

    if (word == DOG || word == DOGS)
        return (evidence_of(itself, v) + evidence_of(both, v)) / 2;
    return evidence_of(itself, v); /* "cat" is its own keyword, and "red" is none */
}

static float *evidence(struct relevance *relevance, const char *const *tokens, size_t count,
                       const float *features, struct relevance_query *query)
{
    float *codes = calloc(SEARCHED * DIRECTIONS, sizeof *codes);
    float *scores = calloc(SEARCHED, sizeof *scores);
    const struct tn_matrix matrix = {TN_F32, SEARCHED, DIRECTIONS, codes, NULL};

    for (size_t i = 0; i < SEARCHED; i++)
        relevance_encode(relevance, features + i * FEATURES, codes + i * DIRECTIONS);
    ck_assert_int_eq(relevance_ask(relevance, tokens, count, query, NULL, NULL), TN_OK);
    ck_assert_int_eq(relevance_evidence(relevance, query, &matrix, scores, NULL), TN_OK);
    free(codes);
    return scores;
}

START_TEST(evidence_is_that_of_the_formula)
{
    static const char *const tokens[] = {"dog", "red", "zebra", "dog", "cat", "cats"};
    float *features = tiny_features(SEARCHED, FEATURES, 7);
    struct relevance *relevance;
    struct relevance_query query;
    float *scores;
    bool known[6], least = false, most = false;

    ck_assert_int_eq(relevance_create(&decoder, NULL, &relevance, NULL), TN_OK);
    ck_assert_uint_eq(relevance_code_size(relevance), DIRECTIONS);
    scores = evidence(relevance, tokens, 6, features, &query);
    for (size_t i = 0; i < SEARCHED; i++) {
        const float *v = features + i * FEATURES;
        const double expected = word_evidence(DOG, v) + word_evidence(RED, v) +
                                2 * word_evidence(CAT, v); /* once for "cats" */

        ck_assert_double_eq_tol((double)scores[i], expected, 1e-4);
        least |= fabs(word_evidence(CAT, v)) < 1e-9;
        most |= expected > 0.5;
    }
    ck_assert(least && most); /* both sides of every limit were met */
    ck_assert_int_eq(relevance_ask(relevance, tokens, 6, &query, known, NULL), TN_OK);
    ck_assert(known[0] && known[1] && !known[2] && known[4] && known[5]);
    ck_assert_uint_eq(query.word_count, 7);
    ck_assert_int_eq(query.words[2], VOCAB_UNKNOWN);
    ck_assert_int_eq(query.words[6], VOCAB_END);
    ck_assert(relevance_is_common(relevance, "red")); /* of half of all photos */
    ck_assert(!relevance_is_common(relevance, "cat") && !relevance_is_common(relevance, "zebra"));
    relevance_destroy(relevance);
    free(features);
    free(scores);
}
END_TEST

START_TEST(an_order_of_words_does_not_matter_to_the_evidence_and_does_to_the_decoder)
{
    static const char *const tokens[] = {"red", "dog"}, *const turned[] = {"dog", "red"};
    float *features = tiny_features(SEARCHED, FEATURES, 8), *a, *b;
    struct relevance *relevance;
    struct relevance_query query, other;

    ck_assert_int_eq(relevance_create(&decoder, NULL, &relevance, NULL), TN_OK);
    a = evidence(relevance, tokens, 2, features, &query);
    b = evidence(relevance, turned, 2, features, &other);
    for (size_t i = 0; i < SEARCHED; i++)
        ck_assert_float_eq_tol(a[i], b[i], 1e-5F);
    ck_assert_int_eq(relevance_read(relevance, &query, SEARCHED, features, a, NULL), TN_OK);
    ck_assert_int_eq(relevance_read(relevance, &other, SEARCHED, features, b, NULL), TN_OK);
    ck_assert_float_gt(fabsf(a[0] - b[0]), 1e-3F);
    relevance_destroy(relevance);
    free(features);
    free(a);
    free(b);
}
END_TEST

START_TEST(the_decoder_counts_as_it_reads)
{
    static const char *const tokens[] = {"red", "cat"};
    static const int ids[] = {RED, CAT, VOCAB_END};
    float *features = tiny_features(SEARCHED, FEATURES, 9), *rows, log_probs[3 * (SEARCHED + 1)];
    float scores[SEARCHED] = {3};
    struct relevance *relevance;
    struct relevance_query query;
    struct decoder_score *score;

    rows = calloc((SEARCHED + 1) * FEATURES, sizeof *rows); /* the last one stays 0 */
    for (size_t i = 0; i < SEARCHED * FEATURES; i++)
        rows[i] = decoder.input.scale * features[i];
    ck_assert_int_eq(decoder_score_create(&decoder.weights, SEARCHED + 1, NULL, &score, NULL),
                     TN_OK);
    decoder_score_run(score, SEARCHED + 1, rows, ids, 3, log_probs);
    ck_assert_int_eq(relevance_create(&decoder, NULL, &relevance, NULL), TN_OK);
    ck_assert_int_eq(relevance_ask(relevance, tokens, 2, &query, NULL, NULL), TN_OK);
    ck_assert_int_eq(relevance_read(relevance, &query, SEARCHED, features, scores, NULL), TN_OK);
    for (size_t i = 0; i < SEARCHED; i++) {
        double expected = i == 0 ? 3 : 0;

        for (size_t t = 0; t < 3; t++)
            expected += RELEVANCE_DECODER * ((double)log_probs[3 * i + t] -
                                             (double)log_probs[3 * (size_t)SEARCHED + t]);
        ck_assert_double_eq_tol((double)scores[i], expected, 1e-4);
    }
    relevance_destroy(relevance);
    decoder_score_destroy(score);
    free(features);
    free(rows);
}
END_TEST

START_TEST(without_a_consensus_words_have_no_evidence)
{
    static const char *const tokens[] = {"dog", "zebra"};
    struct model_decoder plain = decoder;
    struct relevance *relevance;
    struct relevance_query query;
    const struct tn_matrix none = {TN_I8, 0, 0, NULL, NULL};
    float scores[1];
    bool known[2];

    plain.consensus = (struct consensus){.grams = 0};
    ck_assert_int_eq(relevance_create(&plain, NULL, &relevance, NULL), TN_OK);
    ck_assert_uint_eq(relevance_code_size(relevance), 0);
    ck_assert_int_eq(relevance_ask(relevance, tokens, 2, &query, known, NULL), TN_OK);
    ck_assert(known[0] && !known[1]);
    ck_assert_uint_eq(query.part_count, 0);
    ck_assert_int_eq(relevance_evidence(relevance, &query, &none, scores, NULL), TN_OK);
    relevance_destroy(relevance);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("relevance");
    TCase *tests = tcase_create("relevance");

    tcase_add_checked_fixture(tests, make_decoder, destroy_decoder);
    tcase_add_test(tests, evidence_is_that_of_the_formula);
    tcase_add_test(tests,
                   an_order_of_words_does_not_matter_to_the_evidence_and_does_to_the_decoder);
    tcase_add_test(tests, the_decoder_counts_as_it_reads);
    tcase_add_test(tests, without_a_consensus_words_have_no_evidence);
    suite_add_tcase(suite, tests);
    return suite;
}
