/* SPDX-License-Identifier: MIT */
/* The consensus' order of captions against its formula, and its place in the model file. */
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "metrics/ngrams.h"
#include "models/captioner/consensus.h"
#include "models/search.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = 5, WORDS = 4, VOCABULARY = VOCAB_FIRST_WORD + WORDS };
enum { PHOTOS = 300, TOLD = 5, DIRECTIONS = 2, GRAMS = 9, POSTINGS = 18, MOST = 255 };
enum { A = VOCAB_FIRST_WORD, B, C, D };

/* ---- A small consensus ---- */

static const signed char directions[DIRECTIONS][FEATURES] = {{127, -60, 3, 0, 45},
                                                             {-20, 90, 127, -77, 5}};
static signed char photos[PHOTOS][DIRECTIONS];
static float photo_scales[PHOTOS], shares[PHOTOS];
static const float scales[DIRECTIONS] = {0.01F, 0.02F}, offsets[DIRECTIONS] = {0.6F, 0.9F};
/* The photos that have n-grams. */
static const size_t told[TOLD] = {0, 1, 43, 256, PHOTOS - 1};

/* What it says of the n-grams; the number of a photo that does not hold one is 0. */
static const struct gram {
    int words[NGRAM_ORDERS];
    size_t n;
    unsigned char values[TOLD]; /* of MOST */
} table[GRAMS] = {
    {{A}, 1, {20, 10, 30, 40, 50}},
    {{A, B}, 2, {200, 0, 0, 0, 3}},
    {{A, B, A, C}, 4, {0, 0, 0, 90}},
    {{A, B, C}, 3, {0, 250}},
    {{B}, 1, {100, 0, 255, 0, 0}},
    {{B, A}, 2, {0, 130, 0, 60}},
    {{C}, 1, {0, 220}},
    {{C, A}, 2, {70, 0, 40, 210}},
    {{C, A, B}, 3, {0, 0, 0, 0, 255}},
};
static int64_t keys[GRAMS];
static int32_t starts[GRAMS + 1];
static unsigned char postings[POSTINGS * CONSENSUS_POSTING_BYTES];
static const struct consensus sample = {.directions = {TN_I8, 2, FEATURES, directions, scales},
                                        .offsets = offsets,
                                        .photos = {TN_I8, PHOTOS, 2, photos, photo_scales},
                                        .shares = shares,
                                        .grams = GRAMS,
                                        .keys = keys,
                                        .starts = starts,
                                        .postings = postings};

static void fill_sample(void)
{
    size_t posting = 0;

    for (size_t p = 0; p < PHOTOS; p++) {
        photos[p][0] = (signed char)(p * 50 % 255 - 127);
        photos[p][1] = (signed char)(p * 70 % 255 - 127);
        photo_scales[p] = 0.001F * (float)(p % 7 + 1);
        shares[p] = 0.2F + 0.1F * (float)(p % 3);
    }
    for (size_t g = 0; g < GRAMS; g++) {
        keys[g] = (int64_t)ngram_key(table[g].words, table[g].n);
        for (size_t i = 0; i < TOLD; i++)
            if (table[g].values[i] > 0)
                consensus_put_posting(postings, posting++, told[i],
                                      (float)table[g].values[i] / MOST);
        starts[g + 1] = (int32_t)posting;
    }
    ck_assert_uint_eq(posting, POSTINGS);
}

START_TEST(keys_are_ordered_by_their_words)
{
    static const int words[] = {1, 0x7FFF, 0x1234, 5}, far[] = {1, 0x8000, INT_MAX};

    ck_assert_uint_eq(ngram_key(words, 1), 0x0001000000000000);
    ck_assert_uint_eq(ngram_key(words, 2), 0x00017FFF00000000);
    ck_assert_uint_eq(ngram_key(words, 4), 0x00017FFF12340005);
    ck_assert_uint_eq(ngram_key(words + 1, 3), 0x7FFF123400050000);
    ck_assert_uint_eq(ngram_key(far, 3), 0x00018000FFFF0000);
    for (size_t n = 1; n <= NGRAM_ORDERS; n++)
        ck_assert_uint_eq(ngram_order(ngram_key(words, n)), n);
    for (size_t g = 1; g < GRAMS; g++)
        ck_assert_int_lt(keys[g - 1], keys[g]);
}
END_TEST

START_TEST(a_posting_is_three_bytes)
{
    unsigned char bytes[4 * CONSENSUS_POSTING_BYTES] = {0};
    static const unsigned char expected[] = {0, 0, 0, 0x34, 0x12, 128, 0xFF, 0xFF, 255, 9, 0, 255};

    consensus_put_posting(bytes, 1, 0x1234, 0.5F);
    consensus_put_posting(bytes, 2, CONSENSUS_MAX_PHOTOS - 1, 1);
    consensus_put_posting(bytes, 3, 9, 1.5F);
    ck_assert_mem_eq(bytes, expected, sizeof bytes);
}
END_TEST

START_TEST(it_asks_for_more_captions_and_orders_no_draws)
{
    const struct search_options usual = SEARCH_OPTIONS_DEFAULT;
    const struct consensus none = {.grams = 0};
    struct search_options options = usual;

    ck_assert_uint_eq(consensus_beam(&sample), CONSENSUS_BEAM);
    ck_assert_uint_eq(consensus_beam(&none), usual.beam);
    ck_assert(consensus_applies(&sample, &options));
    ck_assert(!consensus_applies(&none, &options));
    ck_assert(!consensus_applies(NULL, &options));
    options.sample = true;
    ck_assert(!consensus_applies(&sample, &options));
    options = usual;
    options.beam = 1;
    ck_assert(!consensus_applies(&sample, &options));
}
END_TEST

/* ---- Its order, against the formula ---- */

enum { IMAGES = 3, BEAM = 24, LONGEST = 6 };

/* What the reference has met, so that the tests can tell that they looked at all of it. */
struct met {
    size_t known[NGRAM_ORDERS + 1], unknown, repeated;
};

/* A number, and how far off the product's inputs of 8 bits may leave it. */
struct value {
    double exact, slack;
};

/* Half a step of what an input is rounded to. */
static double half_step(double largest)
{
    return largest / 127 / 2;
}

/* The photo's direction j, without the offset. */
static struct value direction_of(const float *v, size_t j)
{
    struct value z = {-(double)offsets[j], 0};
    double largest = 0;

    for (size_t k = 0; k < FEATURES; k++)
        largest = fmax(largest, fabs((double)v[k]));
    for (size_t k = 0; k < FEATURES; k++) {
        const double w = (double)directions[j][k] * (double)scales[j];

        z.exact += w * (double)v[k];
        z.slack += fabs(w) * half_step(largest);
    }
    return z;
}

static struct value weight_of(const float *v, size_t photo)
{
    struct value weight = {(double)shares[photo], 0}, z[DIRECTIONS];
    double largest = 0;

    for (size_t j = 0; j < DIRECTIONS; j++) {
        z[j] = direction_of(v, j);
        largest = fmax(largest, fabs(z[j].exact) + z[j].slack);
    }
    for (size_t j = 0; j < DIRECTIONS; j++) {
        const double w = (double)photos[photo][j] * (double)photo_scales[photo];

        weight.exact += w * z[j].exact;
        weight.slack += fabs(w) * (z[j].slack + half_step(largest));
    }
    return weight;
}

static const struct gram *look_up(const int *words, size_t n)
{
    for (size_t g = 0; g < GRAMS; g++)
        if (table[g].n == n && memcmp(table[g].words, words, n * sizeof *words) == 0)
            return &table[g];
    return NULL;
}

/* idf of an n-gram, and E g of it. */
static double idf_of(const struct gram *gram, const float *v, struct value *ret_expected)
{
    double photos_with = 0;

    *ret_expected = (struct value){0};
    if (!gram)
        return log((double)PHOTOS);
    for (size_t i = 0; i < TOLD; i++) {
        const struct value weight = weight_of(v, told[i]);

        photos_with += gram->values[i] > 0;
        ret_expected->exact += weight.exact * gram->values[i] / MOST;
        ret_expected->slack += weight.slack * gram->values[i] / MOST;
    }
    return log(PHOTOS / photos_with);
}

static struct value agreement(const int *words, size_t count, size_t n, const float *v,
                              struct met *met)
{
    struct value dot = {0};
    double squares = 0;

    for (size_t i = 0; i + n <= count; i++) {
        const struct gram *gram = look_up(words + i, n);
        size_t times = 0, first = count;
        struct value expected;
        double idf;

        for (size_t j = 0; j + n <= count; j++)
            if (memcmp(words + i, words + j, n * sizeof *words) == 0) {
                first = j < first ? j : first;
                times++;
            }
        if (first < i)
            continue;
        idf = idf_of(gram, v, &expected);
        dot.exact += idf * expected.exact;
        dot.slack += idf * expected.slack;
        squares += pow((double)times * idf, 2);
        met->known[n] += gram != NULL;
        met->unknown += !gram;
        met->repeated += gram && times > 1;
    }
    if (squares > 0)
        dot = (struct value){dot.exact / sqrt(squares), dot.slack / sqrt(squares)};
    return dot;
}

static struct value reference(const struct search_hypothesis *h, const float *v, struct met *met)
{
    struct value score = {CONSENSUS_LIKELIHOOD * h->log_prob / pow((double)h->count + 1, 0.7),
                          1e-4};

    for (size_t n = 1; n <= NGRAM_ORDERS; n++) {
        const struct value part = agreement(h->words, h->count, n, v, met);

        score.exact += 10.0 / NGRAM_ORDERS * part.exact;
        score.slack += 10.0 / NGRAM_ORDERS * part.slack;
    }
    return score;
}

START_TEST(a_photo_is_where_its_likeness_to_landmarks_puts_it)
{
    enum { SPACE = 4, LANDMARKS = 9, COUNT = 3 };
    static const signed char space[SPACE][FEATURES] = {
        {127, 5, -60, 20, 9}, {4, 127, 8, -77, 30}, {-50, 2, 127, 44, 1}, {9, -9, 9, -9, 127}};
    signed char landmarks[LANDMARKS][SPACE], p[DIRECTIONS][LANDMARKS];
    float space_scales[SPACE] = {0.006F, 0.007F, 0.004F, 0.005F}, landmark_scales[LANDMARKS];
    const struct consensus c = {.space = {TN_I8, SPACE, FEATURES, space, space_scales},
                                .landmarks = {TN_I8, LANDMARKS, SPACE, landmarks, landmark_scales},
                                .directions = {TN_I8, DIRECTIONS, LANDMARKS, p, scales},
                                .offsets = offsets};
    float *features = tiny_features(COUNT, FEATURES, 5), z[COUNT][DIRECTIONS];
    struct tn_arena arena;

    for (size_t i = 0; i < LANDMARKS; i++) {
        landmark_scales[i] = 0.004F + 0.001F * (float)i;
        for (size_t j = 0; j < SPACE; j++)
            landmarks[i][j] = (signed char)((i * 41 + j * 97) % 255 - 127);
        for (size_t d = 0; d < DIRECTIONS; d++)
            p[d][i] = (signed char)((i * 67 + d * 31) % 255 - 127);
    }
    tn_arena_measure(&arena);
    consensus_place(&c, NULL, NULL, COUNT, NULL, &arena);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    consensus_place(&c, NULL, &z[0][0], COUNT, features, &arena);
    for (size_t image = 0; image < COUNT; image++) {
        double expected[DIRECTIONS], slack = 1e-3;

        for (size_t d = 0; d < DIRECTIONS; d++)
            expected[d] = -(double)offsets[d];
        for (size_t i = 0; i < LANDMARKS; i++) {
            double squares = 0;

            for (size_t j = 0; j < SPACE; j++) {
                double place = -(double)landmarks[i][j] * (double)landmark_scales[i];

                for (size_t k = 0; k < FEATURES; k++)
                    place += (double)space[j][k] * (double)space_scales[j] *
                             (double)features[image * FEATURES + k];
                squares += place * place;
            }
            for (size_t d = 0; d < DIRECTIONS; d++)
                expected[d] += p[d][i] * (double)scales[d] * exp(-squares / 2);
            slack += 0.01; /* inputs of 8 bits, twice, and each landmark counts up to 127 scales */
        }
        for (size_t d = 0; d < DIRECTIONS; d++)
            ck_assert_double_eq_tol((double)z[image][d], expected[d], slack);
    }
    tn_arena_finish(&arena);
    free(features);
}
END_TEST

/* Sentences as a search has them; what is borrowed from it is copied. */
struct found {
    size_t count[IMAGES];
    struct search_hypothesis results[IMAGES][BEAM];
    int words[IMAGES][BEAM][LONGEST];
};

static void copy_results(const struct search *search, size_t image, struct found *found, size_t to)
{
    found->count[to] = search_result_count(search, image);
    for (size_t rank = 0; rank < found->count[to]; rank++) {
        const struct search_hypothesis h = search_result(search, image, rank);

        memcpy(found->words[to][rank], h.words, h.count * sizeof *h.words);
        found->results[to][rank] = h;
        found->results[to][rank].words = found->words[to][rank];
    }
}

/* A tiny decoder, its search, and a ranker. */
struct ranking {
    struct tiny_model tiny;
    struct tn_pool *pool;
    struct search *search;
    struct consensus_ranker *ranker;
    struct search_options options;
    float *features;
};

static void ranking_make(struct ranking *r, size_t threads, size_t images)
{
    const struct search_limits limits = {images, BEAM, LONGEST};
    const struct search_options usual = SEARCH_OPTIONS_DEFAULT;

    *r = (struct ranking){.options = usual, .features = tiny_features(IMAGES, FEATURES, 3)};
    r->options.beam = BEAM;
    r->options.max_words = LONGEST;
    r->options.block_repeats = false;
    tiny_model_init(&r->tiny, "gru", 1, VOCABULARY, FEATURES, 16);
    if (threads > 0)
        ck_assert_int_eq(tn_pool_create(threads, &r->pool, NULL), TN_OK);
    ck_assert_int_eq(search_create(&r->tiny.weights, &limits, r->pool, &r->search, NULL), TN_OK);
    ck_assert_int_eq(consensus_ranker_create(&sample, images, r->pool, &r->ranker, NULL), TN_OK);
}

static void ranking_finish(struct ranking *r)
{
    consensus_ranker_destroy(r->ranker);
    search_destroy(r->search);
    tn_pool_destroy(r->pool);
    tiny_model_finish(&r->tiny);
    free(r->features);
}

/* Searches with the consensus for a guide. */
static void find(struct ranking *r, size_t images, const float *features)
{
    r->options.guide = consensus_guide(r->ranker, images, features);
    ck_assert_int_eq(search_run(r->search, &r->options, images, features, NULL), TN_OK);
}

static bool is_same(const struct search_hypothesis *a, const struct search_hypothesis *b)
{
    return a->count == b->count && memcmp(a->words, b->words, a->count * sizeof *a->words) == 0;
}

START_TEST(captions_are_ordered_by_the_formula)
{
    struct met met = {.unknown = 0};
    struct ranking r;
    size_t moved = 0;

    ranking_make(&r, 0, IMAGES);
    find(&r, IMAGES, r.features);
    for (size_t i = 0; i < IMAGES; i++) {
        const float *v = r.features + i * FEATURES;
        double before = INFINITY, likelihood = 0;

        ck_assert_uint_eq(search_result_count(r.search, i), BEAM);
        for (size_t rank = 0; rank < BEAM; rank++) {
            const struct search_hypothesis h = search_result(r.search, i, rank);
            const struct value expected = reference(&h, v, &met);

            ck_assert_double_eq_tol(h.score, expected.exact, expected.slack);
            ck_assert_double_lt(expected.slack, 0.1 * fabs(expected.exact) + 0.05);
            ck_assert_double_le(h.score, before);
            ck_assert_double_eq_tol(h.log_prob, tiny_model_log_prob(&r.tiny, v, h.words, h.count),
                                    1e-3);
            moved += rank > 0 && h.log_prob > likelihood;
            before = h.score;
            likelihood = h.log_prob;
        }
    }
    ck_assert_uint_gt(moved, IMAGES * BEAM / 4); /* it is not the likelihood's order */
    for (size_t n = 1; n <= NGRAM_ORDERS; n++)
        ck_assert_uint_gt(met.known[n], 0);
    ck_assert_uint_gt(met.unknown, 0);
    ck_assert_uint_gt(met.repeated, 0);
    ranking_finish(&r);
}
END_TEST

/* Searches for the images, `step` at a time. */
static void find_all(size_t threads, size_t step, struct found *found)
{
    struct ranking r;

    ranking_make(&r, threads, step);
    for (size_t i = 0; i < IMAGES; i += step) {
        find(&r, step, r.features + i * FEATURES);
        for (size_t j = 0; j < step; j++)
            copy_results(r.search, j, found, i + j);
    }
    ranking_finish(&r);
}

START_TEST(the_order_is_the_same_alone_in_a_batch_and_with_threads)
{
    static const struct {
        size_t threads, step;
    } ways[] = {{1, IMAGES}, {2, IMAGES}, {0, 1}, {2, 1}};
    struct found *one = calloc(1, sizeof *one), *other = calloc(1, sizeof *other);

    find_all(0, IMAGES, one);
    for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
        find_all(ways[w].threads, ways[w].step, other);
        ck_assert_mem_eq(one->count, other->count, sizeof one->count);
        for (size_t i = 0; i < IMAGES; i++)
            for (size_t rank = 0; rank < BEAM; rank++) {
                ck_assert(is_same(&one->results[i][rank], &other->results[i][rank]));
                ck_assert_double_eq(one->results[i][rank].score, other->results[i][rank].score);
            }
    }
    free(one);
    free(other);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("consensus");
    TCase *cases = tcase_create("order");

    tcase_add_checked_fixture(cases, fill_sample, NULL);
    tcase_add_test(cases, keys_are_ordered_by_their_words);
    tcase_add_test(cases, a_posting_is_three_bytes);
    tcase_add_test(cases, it_asks_for_more_captions_and_orders_no_draws);
    tcase_add_test(cases, a_photo_is_where_its_likeness_to_landmarks_puts_it);
    tcase_add_test(cases, captions_are_ordered_by_the_formula);
    tcase_add_test(cases, the_order_is_the_same_alone_in_a_batch_and_with_threads);
    suite_add_tcase(suite, cases);
    return suite;
}
