/* SPDX-License-Identifier: MIT */
/* The fit of a consensus against sums and a regression that are done the slow way, in doubles. */
#include "tests/support/suite.h"

#include "base/rng.h"
#include "metrics/ngrams.h"
#include "models/captioner/consensus.h"
#include "tensor/half.h"
#include "train/fit/consensus_fit.h"
#include "train/fit/consensus_grams.h"
#include "train/fit/consensus_join.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PHOTOS = 60, CLUSTERS = 3, WIDTH = 7, EACH = 3, CAPTIONS = PHOTOS * EACH, LONGEST = 7 };
enum { MOST_F = 2 * PHOTOS }; /* numbers in f(V): of two joined, too */
enum { LANDMARKS = 12 };      /* fewer than there may be directions: nothing is cut off */
enum { COMMON = 4, OWN = 4, FIRST = VOCAB_FIRST_WORD, SEEN = 3 };
/* Of the variance, as train/fit/consensus_fit.c has them. */
static const double RIDGE = 0.0006, RIDGE_OF_LIKENESS = 0.00015, JITTER = 1e-6;

/* ---- A small world: clusters of V, and what is said of their photos ---- */

static size_t photos[PHOTOS], firsts[PHOTOS + 1], starts[CAPTIONS + 1], owners[CAPTIONS];
static int ids[CAPTIONS * LONGEST];
static uint16_t values[PHOTOS * WIDTH];
static struct data_corpus corpus;
static struct data_features features;
static struct data_source source;
static const struct consensus_fit_options usual = {.directions = 256, .seen = SEEN};
static const struct consensus_fit_options by_likeness = {
    .directions = 256, .landmarks = LANDMARKS, .seen = SEEN};

static int draw_word(struct tn_rng *rng, size_t cluster)
{
    const size_t pick = tn_rng_below(rng, 10);

    if (pick == 0)
        return VOCAB_UNKNOWN;
    return FIRST + (pick < 5 ? (int)tn_rng_below(rng, COMMON)
                             : (int)(COMMON + cluster * OWN + tn_rng_below(rng, OWN)));
}

static void make_captions(struct tn_rng *rng)
{
    size_t token = 0;

    for (size_t c = 0; c < CAPTIONS; c++) {
        const size_t length = 1 + tn_rng_below(rng, LONGEST);
        const size_t phrase = tn_rng_below(rng, 3) == 0 ? length : 0; /* or drawn at random */

        starts[c] = token;
        owners[c] = c / EACH;
        for (size_t i = 0; i < length; i++)
            ids[token++] = i < phrase ? FIRST + (int)(i + c / EACH % CLUSTERS * 3)
                                      : draw_word(rng, c / EACH % CLUSTERS);
    }
    starts[CAPTIONS] = corpus.token_count = token;
}

/* What varies most, the last number, says nothing of the captions. */
static void make_features(struct tn_rng *rng)
{
    float v[PHOTOS * WIDTH];

    for (size_t i = 0; i < PHOTOS * WIDTH; i++) {
        const size_t column = i % WIDTH, cluster = i / WIDTH % CLUSTERS;

        v[i] = (column == WIDTH - 1 ? 3 : 0.2F) * tn_rng_normal(rng);
        v[i] += column == cluster ? 2 : 0.5F;
    }
    tn_float_to_half(values, v, PHOTOS * WIDTH);
}

static void make_world(void)
{
    struct tn_rng rng;

    for (size_t p = 0; p < PHOTOS; p++) {
        photos[p] = p;
        firsts[p + 1] = (p + 1) * EACH;
    }
    corpus = (struct data_corpus){.photos = photos,
                                  .firsts = firsts,
                                  .photo_count = PHOTOS,
                                  .starts = starts,
                                  .owners = owners,
                                  .caption_count = CAPTIONS,
                                  .ids = ids,
                                  .longest = LONGEST};
    features = (struct data_features){.photos = PHOTOS,
                                      .views = 1,
                                      .width = WIDTH,
                                      .rows = photos,
                                      .values = values,
                                      .total = PHOTOS};
    source = (struct data_source){
        .corpus = &corpus, .features = &features, .input = {.scale = 0.5F}, .max_words = 1};
    tn_rng_init(&rng, 4);
    make_captions(&rng);
    make_features(&rng);
}

/* ---- The slow way ---- */

/* How often words[n] stand in a caption. */
static size_t times(const int *words, size_t n, size_t caption)
{
    size_t sum = 0;

    for (size_t i = starts[caption]; i + n <= starts[caption + 1]; i++)
        sum += memcmp(ids + i, words, n * sizeof *words) == 0;
    return sum;
}

/* In how many of the chosen photos' captions words[n] stand. */
static size_t photos_with(const int *words, size_t n, const size_t *chosen, size_t count)
{
    size_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        size_t here = 0;

        for (size_t c = firsts[chosen[i]]; c < firsts[chosen[i] + 1]; c++)
            here += times(words, n, c);
        sum += here > 0;
    }
    return sum;
}

static double tf_idf(const int *words, size_t n, size_t caption, const size_t *chosen, size_t count)
{
    const size_t tf = times(words, n, caption);

    return tf == 0 ? 0
                   : (double)tf * log((double)count / (double)photos_with(words, n, chosen, count));
}

/* A caption's number for words[n], its n-grams being of length 1. */
static double part(const int *words, size_t n, size_t caption, const size_t *chosen, size_t count)
{
    const double value = tf_idf(words, n, caption, chosen, count);
    double squares = 0;

    if (value == 0)
        return 0;
    for (size_t i = starts[caption]; i + n <= starts[caption + 1]; i++) {
        bool again = false;
        double other;

        for (size_t j = starts[caption]; j < i; j++)
            again = again || memcmp(ids + i, ids + j, n * sizeof *ids) == 0;
        other = again ? 0 : tf_idf(ids + i, n, caption, chosen, count);
        squares += other * other;
    }
    return value / sqrt(squares);
}

/* g of a photo for words[n]. */
static double mean_part(const int *words, size_t n, size_t photo, const size_t *chosen,
                        size_t count)
{
    double sum = 0;

    for (size_t c = firsts[photo]; c < firsts[photo + 1]; c++)
        sum += part(words, n, c, chosen, count);
    return sum / (double)(firsts[photo + 1] - firsts[photo]);
}

/* The words of a key; returns how many. */
static size_t words_of(int64_t key, int *words)
{
    size_t n = 0;

    for (int shift = 48; shift >= 0 && (key >> shift & 0xFFFF) != 0; shift -= 16)
        words[n++] = (int)(key >> shift & 0xFFFF);
    return n;
}

/* How many different n-grams of known words stand in the captions of `seen` photos. */
static size_t count_grams(const size_t *chosen, size_t count, size_t seen)
{
    size_t sum = 0;

    for (size_t n = 1; n <= NGRAM_ORDERS; n++)
        for (size_t i = 0; i < count; i++)
            for (size_t c = firsts[chosen[i]]; c < firsts[chosen[i] + 1]; c++)
                for (size_t t = starts[c]; t + n <= starts[c + 1]; t++) {
                    bool counts = photos_with(ids + t, n, chosen, count) >= seen;

                    for (size_t j = t; j < t + n; j++)
                        counts = counts && ids[j] != VOCAB_UNKNOWN;
                    for (size_t k = 0; k <= i && counts; k++) /* its first place counts */
                        for (size_t d = firsts[chosen[k]]; d < firsts[chosen[k] + 1]; d++)
                            for (size_t u = starts[d]; u + n <= starts[d + 1] && u < t; u++)
                                counts = counts && memcmp(ids + u, ids + t, n * sizeof *ids) != 0;
                    sum += counts;
                }
    return sum;
}

START_TEST(n_grams_are_counted_as_one_would_by_hand)
{
    size_t chosen[PHOTOS / 2], zeros = 0, orders[NGRAM_ORDERS + 1] = {0};
    struct consensus_grams grams;

    for (size_t i = 0; i < PHOTOS / 2; i++)
        chosen[i] = 2 * i + (i > 10);
    firsts[chosen[3] + 1] -= 2; /* a photo with one caption */
    ck_assert_int_eq(consensus_grams_make(&corpus, chosen, PHOTOS / 2, 2, &grams, NULL), TN_OK);
    ck_assert_uint_eq(grams.count, count_grams(chosen, PHOTOS / 2, 2));
    ck_assert_uint_eq(grams.starts[0], 0);
    for (size_t g = 0; g < grams.count; g++) {
        size_t e = grams.starts[g];
        int words[NGRAM_ORDERS];
        const size_t n = words_of(grams.keys[g], words);

        orders[n]++;
        ck_assert(g == 0 || grams.keys[g] > grams.keys[g - 1]);
        ck_assert_uint_eq(grams.starts[g + 1] - e, photos_with(words, n, chosen, PHOTOS / 2));
        for (size_t i = 0; i < PHOTOS / 2; i++) {
            const double expected = mean_part(words, n, chosen[i], chosen, PHOTOS / 2);
            const bool has = e < grams.starts[g + 1] && grams.photos[e] == i;

            ck_assert_double_eq_tol(has ? (double)grams.values[e] : 0, expected, 1e-6);
            zeros += !has;
            e += has;
        }
        ck_assert_uint_eq(e, grams.starts[g + 1]);
    }
    for (size_t n = 1; n <= NGRAM_ORDERS; n++)
        ck_assert_uint_gt(orders[n], 0);
    ck_assert_uint_gt(zeros, 0);
    consensus_grams_finish(&grams);
}
END_TEST

/* ---- The regression ---- */

/* Solves a[n][MOST_F] x = b, which it destroys, by Gauss' elimination; the matrix is positive
 * definite. */
static void solve(size_t n, double (*a)[MOST_F], double *b)
{
    for (size_t k = 0; k < n; k++)
        for (size_t i = k + 1; i < n; i++) {
            const double factor = a[i][k] / a[k][k];

            for (size_t j = k; j < n; j++)
                a[i][j] -= factor * a[k][j];
            b[i] -= factor * b[k];
        }
    for (size_t k = n; k-- > 0;) {
        for (size_t j = k + 1; j < n; j++)
            b[k] -= a[k][j] * b[j];
        b[k] /= a[k][k];
    }
}

static double at(const struct tn_matrix *matrix, size_t row, size_t column)
{
    return (double)((const signed char *)matrix->data)[row * matrix->columns + column] *
           (double)matrix->scale[row];
}

/* exp(-|place - landmark|^2 / 2) */
static double likeness(const struct consensus *c, const double *place, size_t landmark)
{
    double squares = 0;

    for (size_t j = 0; j < c->space.rows; j++) {
        const double difference = place[j] - at(&c->landmarks, landmark, j);

        squares += difference * difference;
    }
    return exp(-squares / 2);
}

/* f(v), and how many numbers that is. */
static size_t read_f(const struct consensus *c, const float *v, double *f)
{
    double place[WIDTH] = {0};

    for (size_t j = 0; j < WIDTH; j++)
        f[j] = (double)v[j];
    if (c->space.rows == 0)
        return WIDTH;
    for (size_t i = 0; i < c->space.rows; i++)
        for (size_t j = 0; j < WIDTH; j++)
            place[i] += at(&c->space, i, j) * (double)v[j];
    for (size_t l = 0; l < c->landmarks.rows; l++)
        f[l] = likeness(c, place, l);
    return c->landmarks.rows;
}

/* t I; or t K, and a little of I, where photos are compared with landmarks. */
static void add_ridge(const struct consensus *c, size_t width, double variance,
                      double (*system)[MOST_F])
{
    for (size_t i = 0; i < width; i++) {
        double place[WIDTH];

        system[i][i] += (c->space.rows > 0 ? JITTER : RIDGE) * variance;
        for (size_t j = 0; j < c->space.rows; j++)
            place[j] = at(&c->landmarks, i, j);
        for (size_t l = 0; l < c->landmarks.rows; l++)
            system[i][l] += RIDGE_OF_LIKENESS * variance * likeness(c, place, l);
    }
}

/* w = m + (f(v) - mean) (F'F + ridge)^-1 F' where photo p counts as often as `counts` (NULL: once),
 * of which it has the share m; f as the consensus has it. */
static void regress(const struct consensus *c, const float *counts, const float *v, double *weights)
{
    static double f[PHOTOS][MOST_F], system[MOST_F][MOST_F];
    double mean[MOST_F] = {0}, x[MOST_F], variance = 0, total = 0;
    const size_t width = read_f(c, v, x);

    memset(system, 0, sizeof system);
    for (size_t p = 0; p < PHOTOS; p++)
        total += counts ? (double)counts[p] : 1;
    for (size_t p = 0; p < PHOTOS; p++) {
        float z[WIDTH];

        data_source_features(&source, p, z);
        read_f(c, z, f[p]);
        for (size_t j = 0; j < width; j++)
            mean[j] += (counts ? (double)counts[p] : 1) * f[p][j] / total;
    }
    for (size_t j = 0; j < width; j++) {
        for (size_t p = 0; p < PHOTOS; p++)
            f[p][j] -= mean[j];
        for (size_t p = 0; p < PHOTOS && c->space.rows == 0; p++)
            variance += (counts ? (double)counts[p] : 1) * f[p][j] * f[p][j];
        if (c->space.rows > 0)
            variance += total * (1 - mean[j]) / (double)width;
        x[j] -= mean[j];
    }
    for (size_t j = 0; j < width; j++)
        for (size_t k = 0; k < width; k++)
            for (size_t p = 0; p < PHOTOS; p++)
                system[j][k] += (counts ? (double)counts[p] : 1) * f[p][j] * f[p][k];
    add_ridge(c, width, variance, system);
    solve(width, system, x);
    for (size_t p = 0; p < PHOTOS; p++) {
        weights[p] = 1 / total;
        for (size_t j = 0; j < width; j++)
            weights[p] += x[j] * f[p][j];
        weights[p] *= counts ? (double)counts[p] : 1;
    }
}

/* w = m + A (P f(v) - o), as a consensus has it. */
static void weigh(const struct consensus *c, const float *v, double *weights)
{
    double f[MOST_F];

    ck_assert_uint_eq(read_f(c, v, f), c->directions.columns);
    for (size_t p = 0; p < c->photos.rows; p++)
        weights[p] = (double)c->shares[p];
    for (size_t d = 0; d < c->directions.rows; d++) {
        double z = -(double)c->offsets[d];

        for (size_t j = 0; j < c->directions.columns; j++)
            z += at(&c->directions, d, j) * f[j];
        for (size_t p = 0; p < c->photos.rows; p++)
            weights[p] += at(&c->photos, p, d) * z;
    }
}

/* E g of an n-gram. */
static double expect(const struct consensus *c, const double *weights, size_t gram)
{
    double sum = 0;

    for (int32_t e = c->starts[gram]; e < c->starts[gram + 1]; e++) {
        const unsigned char *posting = c->postings + (size_t)e * CONSENSUS_POSTING_BYTES;

        sum += weights[posting[0] + 256 * posting[1]] * posting[2] / 255;
    }
    return sum;
}

static void fit_with(size_t threads, const struct consensus_fit_options *options,
                     struct consensus_fit *fit)
{
    struct tn_pool *pool = NULL;
    struct tn_error err;

    if (threads > 0)
        ck_assert_int_eq(tn_pool_create(threads, &pool, NULL), TN_OK);
    ck_assert_msg(consensus_fit(&source, options, pool, fit, &err) == TN_OK, "%s", err.text);
    tn_pool_destroy(pool);
}

/* A photo of a cluster that was not fitted to. */
static void new_photo(size_t cluster, float *v)
{
    for (size_t j = 0; j < WIDTH; j++)
        v[j] = 0.5F * (j == cluster ? 2.1F : 0.4F + 0.03F * (float)j);
}

/* How far what a consensus expects of photos is from what the regression does, relatively. */
static double distance(const struct consensus *c, const float *counts)
{
    double error = 0, size = 0;

    for (size_t i = 0; i < 3 * CLUSTERS; i++) {
        double dense[PHOTOS], weights[PHOTOS];
        float v[WIDTH];

        if (i < CLUSTERS)
            new_photo(i, v);
        else
            data_source_features(&source, i, v);
        regress(c, counts, v, dense);
        weigh(c, v, weights);
        for (size_t g = 0; g < c->grams; g++) {
            double expected = 0, difference;
            int words[NGRAM_ORDERS];
            const size_t n = words_of(c->keys[g], words);

            for (size_t p = 0; p < PHOTOS; p++)
                expected += dense[p] * mean_part(words, n, p, photos, PHOTOS);
            difference = expect(c, weights, g) - expected;
            error += difference * difference;
            size += expected * expected;
        }
    }
    return sqrt(error / size);
}

START_TEST(what_is_expected_of_a_photo_is_what_ridge_regression_tells)
{
    struct consensus_fit fit;

    fit_with(0, &usual, &fit);
    ck_assert_uint_eq(fit.consensus.photos.rows, PHOTOS);
    ck_assert_uint_eq(fit.consensus.directions.rows, PHOTOS / 4);
    ck_assert_uint_eq(fit.consensus.grams, count_grams(photos, PHOTOS, SEEN));
    ck_assert_double_lt(distance(&fit.consensus, NULL), 0.02); /* int8's */
    consensus_fit_finish(&fit);
}
END_TEST

START_TEST(likeness_to_landmarks_is_read_in_the_place_of_v)
{
    struct consensus_fit fit;
    double all = 0;

    fit_with(0, &by_likeness, &fit);
    ck_assert_uint_eq(fit.consensus.space.rows, WIDTH);
    ck_assert_uint_eq(fit.consensus.landmarks.rows, LANDMARKS);
    for (size_t p = 0; p < PHOTOS; p++) {
        double f[MOST_F];
        float v[WIDTH];

        data_source_features(&source, p, v);
        read_f(&fit.consensus, v, f);
        if (p % (PHOTOS / LANDMARKS) == 0) /* to itself */
            ck_assert_double_gt(f[p * LANDMARKS / PHOTOS], 0.99);
        for (size_t l = 0; l < LANDMARKS; l++)
            all -= log(f[l]) / PHOTOS / LANDMARKS;
    }
    ck_assert_double_eq_tol(all, 1.2, 0.2); /* consensus_space.c's SPREAD; not all are landmarks */
    ck_assert_double_lt(distance(&fit.consensus, NULL), 0.05); /* int8's */
    consensus_fit_finish(&fit);
}
END_TEST

START_TEST(photos_may_count_more_than_others)
{
    float counts[PHOTOS];
    const struct consensus_fit_options options = {.weights = counts,
                                                  .directions = usual.directions,
                                                  .landmarks = _i ? LANDMARKS : 0,
                                                  .seen = SEEN};
    struct consensus_fit fit;

    for (size_t p = 0; p < PHOTOS; p++)
        counts[p] = p % 4 == 0 ? 3 : 0.3F + 0.01F * (float)p;
    fit_with(0, &options, &fit);
    ck_assert_double_lt(distance(&fit.consensus, counts), _i ? 0.05 : 0.02);
    ck_assert_double_gt(distance(&fit.consensus, NULL), 0.05);
    consensus_fit_finish(&fit);
}
END_TEST

enum { MOST_GRAMS = 512 };

/* What the regression tells of the n-grams of the photos themselves, less their mean. */
static void predict(const struct consensus *c, double (*x)[MOST_GRAMS])
{
    double g_n[PHOTOS];

    ck_assert_uint_le(c->grams, MOST_GRAMS);
    for (size_t g = 0; g < c->grams; g++) {
        int words[NGRAM_ORDERS];
        const size_t n = words_of(c->keys[g], words);

        for (size_t p = 0; p < PHOTOS; p++)
            g_n[p] = mean_part(words, n, p, photos, PHOTOS);
        for (size_t i = 0; i < PHOTOS; i++) {
            double weights[PHOTOS];
            float v[WIDTH];

            data_source_features(&source, i, v);
            regress(c, NULL, v, weights);
            x[i][g] = 0;
            for (size_t p = 0; p < PHOTOS; p++)
                x[i][g] += (weights[p] - 1.0 / PHOTOS) * g_n[p];
        }
    }
}

/* The largest eigenvalue of X X', by power iteration; takes its direction out of X. */
static double take_strongest(double (*x)[MOST_GRAMS], size_t grams)
{
    double u[PHOTOS], value = 0;

    for (size_t i = 0; i < PHOTOS; i++)
        u[i] = 1 + (double)i;
    for (size_t round = 0; round <= 100; round++) {
        double y[MOST_GRAMS] = {0}, length = 0;

        for (size_t i = 0; i < PHOTOS; i++)
            length += u[i] * u[i];
        for (size_t i = 0; i < PHOTOS; i++)
            for (size_t g = 0; g < grams; g++)
                y[g] += u[i] / sqrt(length) * x[i][g];
        value = 0;
        for (size_t g = 0; g < grams; g++)
            value += y[g] * y[g];
        for (size_t i = 0; i < PHOTOS; i++) {
            const double old = u[i] / sqrt(length);

            u[i] = 0;
            for (size_t g = 0; g < grams; g++) {
                u[i] += x[i][g] * y[g];
                x[i][g] -= round == 100 ? old * y[g] : 0;
            }
        }
    }
    return value;
}

/* The same of what a consensus tells. */
static double strength(const struct consensus *c)
{
    double sum = 0;

    for (size_t i = 0; i < PHOTOS; i++) {
        double weights[PHOTOS];
        float v[WIDTH];

        data_source_features(&source, i, v);
        weigh(c, v, weights);
        for (size_t p = 0; p < PHOTOS; p++)
            weights[p] -= 1.0 / PHOTOS;
        for (size_t g = 0; g < c->grams; g++)
            sum += expect(c, weights, g) * expect(c, weights, g);
    }
    return sum;
}

/* No other directions say as much of the n-grams (Eckart and Young). */
START_TEST(the_strongest_directions_are_kept)
{
    double(*x)[MOST_GRAMS] = calloc(PHOTOS, sizeof *x), best = 0;

    for (size_t d = 1; d <= CLUSTERS; d++) {
        const struct consensus_fit_options options = {
            .directions = d, .landmarks = _i ? LANDMARKS : 0, .seen = SEEN};
        struct consensus_fit fit;

        fit_with(0, &options, &fit);
        ck_assert_uint_eq(fit.consensus.directions.rows, d);
        if (d == 1)
            predict(&fit.consensus, x);
        best += take_strongest(x, fit.consensus.grams);
        ck_assert_double_eq_tol(strength(&fit.consensus) / best, 1, _i ? 0.05 : 0.02);
        consensus_fit_finish(&fit);
    }
    free(x);
}
END_TEST

/* r of one of the captions, but for the likelihood. */
static double agreement(const struct consensus *c, const double *weights, size_t caption)
{
    double sum = 0;

    for (size_t g = 0; g < c->grams; g++) {
        int words[NGRAM_ORDERS];
        const size_t n = words_of(c->keys[g], words);

        sum += part(words, n, caption, photos, PHOTOS) * expect(c, weights, g);
    }
    return 10 * sum / NGRAM_ORDERS;
}

START_TEST(people_agree_with_captions_of_the_right_cluster)
{
    struct consensus_fit fit;

    fit_with(0, &usual, &fit);
    for (size_t cluster = 0; cluster < CLUSTERS; cluster++) {
        double weights[PHOTOS], means[CLUSTERS] = {0}, best = -INFINITY;
        size_t winner = 0;
        float v[WIDTH];

        new_photo(cluster, v);
        weigh(&fit.consensus, v, weights);
        for (size_t c = 0; c < CAPTIONS; c++) {
            const double r = agreement(&fit.consensus, weights, c);

            means[c / EACH % CLUSTERS] += r / (CAPTIONS / CLUSTERS);
            winner = r > best ? c : winner;
            best = r > best ? r : best;
        }
        ck_assert_uint_eq(winner / EACH % CLUSTERS, cluster);
        for (size_t other = 0; other < CLUSTERS; other++)
            ck_assert(other == cluster || means[other] < 0.7 * means[cluster]);
    }
    consensus_fit_finish(&fit);
}
END_TEST

static void check_equal(const struct consensus *a, const struct consensus *b)
{
    const size_t d = a->directions.rows, n = a->photos.rows;

    ck_assert_uint_eq(d, b->directions.rows);
    ck_assert_uint_eq(n, b->photos.rows);
    ck_assert_uint_eq(a->grams, b->grams);
    ck_assert_mem_eq(a->directions.data, b->directions.data, d * a->directions.columns);
    ck_assert_mem_eq(a->directions.scale, b->directions.scale, d * sizeof(float));
    ck_assert_mem_eq(a->offsets, b->offsets, d * sizeof(float));
    ck_assert_uint_eq(a->landmarks.rows, b->landmarks.rows);
    if (a->landmarks.rows > 0) {
        ck_assert_mem_eq(a->space.data, b->space.data, a->space.rows * a->space.columns);
        ck_assert_mem_eq(a->landmarks.data, b->landmarks.data, a->landmarks.rows * a->space.rows);
    }
    ck_assert_mem_eq(a->photos.data, b->photos.data, n * d);
    ck_assert_mem_eq(a->photos.scale, b->photos.scale, n * sizeof(float));
    ck_assert_mem_eq(a->keys, b->keys, a->grams * sizeof *a->keys);
    ck_assert_mem_eq(a->starts, b->starts, (a->grams + 1) * sizeof *a->starts);
    ck_assert_mem_eq(a->postings, b->postings,
                     (size_t)a->starts[a->grams] * CONSENSUS_POSTING_BYTES);
}

START_TEST(threads_do_not_change_the_result)
{
    const struct consensus_fit_options *options = _i ? &by_likeness : &usual;
    struct consensus_fit one, other;

    fit_with(0, options, &one);
    for (size_t threads = 1; threads <= 3; threads++) {
        fit_with(threads, options, &other);
        check_equal(&one.consensus, &other.consensus);
        consensus_fit_finish(&other);
    }
    consensus_fit_finish(&one);
}
END_TEST

START_TEST(photos_without_captions_are_left_out)
{
    struct consensus_fit fit;

    firsts[11] = firsts[10]; /* photo 10 has none, and photo 11 its captions too */
    fit_with(0, &usual, &fit);
    ck_assert_uint_eq(fit.consensus.photos.rows, PHOTOS - 1);
    for (size_t g = 0; g < fit.consensus.grams; g++) {
        int words[NGRAM_ORDERS];
        const size_t n = words_of(fit.keys[g], words);

        ck_assert_uint_eq((size_t)(fit.starts[g + 1] - fit.starts[g]),
                          photos_with(words, n, photos, PHOTOS));
    }
    consensus_fit_finish(&fit);
}
END_TEST

enum { CROWD = 20000, QUARTERS = 4 };

/* Each photo is two numbers and a word, a quarter of the photos the same one. */
START_TEST(of_too_many_photos_an_even_share_is_looked_at)
{
    const struct consensus_fit_options options = {.directions = 2, .seen = 1};
    size_t *numbers = calloc(CROWD + 1, sizeof *numbers);
    int *words = calloc(CROWD, sizeof *words);
    uint16_t *v = calloc(CROWD, 2 * sizeof *v);
    struct consensus_fit fit;

    for (size_t i = 0; i <= CROWD; i++)
        numbers[i] = i;
    for (size_t i = 0; i < CROWD; i++) {
        words[i] = FIRST + (int)(i * QUARTERS / CROWD);
        v[2 * i] = (uint16_t)(0x3C00 + words[i] % 2 * 64);
        v[2 * i + 1] = (uint16_t)(0x3C00 + words[i] / 2 * 64);
    }
    corpus = (struct data_corpus){.photos = numbers,
                                  .firsts = numbers,
                                  .photo_count = CROWD,
                                  .starts = numbers,
                                  .caption_count = CROWD,
                                  .ids = words,
                                  .token_count = CROWD};
    features.width = 2;
    features.rows = numbers;
    features.values = v;
    fit_with(0, &options, &fit);
    ck_assert_uint_eq(fit.consensus.photos.rows, CONSENSUS_MOST_PHOTOS);
    ck_assert_uint_eq(fit.consensus.grams, QUARTERS);
    for (size_t g = 0; g < QUARTERS; g++)
        ck_assert_int_eq(fit.starts[g + 1] - fit.starts[g], CONSENSUS_MOST_PHOTOS / QUARTERS);
    consensus_fit_finish(&fit);
    free(numbers);
    free(words);
    free(v);
}
END_TEST

/* ---- What cannot be fitted to ---- */

static void few_photos(void)
{
    corpus.photo_count = CONSENSUS_FEWEST_PHOTOS - 1;
}

static void few_photos_with_captions(void)
{
    for (size_t p = CONSENSUS_FEWEST_PHOTOS; p <= PHOTOS; p++)
        firsts[p] = firsts[CONSENSUS_FEWEST_PHOTOS - 1];
}

static void alike_photos(void)
{
    for (size_t i = WIDTH; i < PHOTOS * WIDTH; i++)
        values[i] = values[i % WIDTH];
}

static void dark_photos(void)
{
    memset(values, 0, sizeof values);
}

static void alike_captions(void)
{
    for (size_t c = 0; c <= CAPTIONS; c++)
        starts[c] = 2 * c;
    for (size_t i = 0; i < CAPTIONS * LONGEST; i++)
        ids[i] = FIRST + (int)(i % 2);
    corpus.token_count = 2 * CAPTIONS;
}

static void unknown_words(void)
{
    for (size_t i = 0; i < CAPTIONS * LONGEST; i++)
        ids[i] = VOCAB_UNKNOWN;
}

static void far_word(void)
{
    ids[5] = CONSENSUS_MAX_ID + 1;
}

static void nothing(void)
{
}

/* context: how the name of the stage begins at which to stop. */
static bool refuse(void *context, const char *doing, size_t done, size_t count)
{
    const char *const *beginning = context;

    (void)done;
    (void)count;
    return strncmp(doing, *beginning, strlen(*beginning)) != 0;
}

static struct {
    void (*prepare)(void);
    size_t seen;
    const char *refused; /* see refuse */
    enum tn_status status;
    const char *text;
} failures[] = {
    {few_photos, SEEN, "-", TN_RANGE, "19 captioned photos to fit a consensus to; expected 20"},
    {few_photos_with_captions, SEEN, "-", TN_RANGE, "19 captioned photos"},
    {alike_photos, SEEN, "-", TN_FORMAT, "the photos are all alike"},
    {dark_photos, SEEN, "-", TN_FORMAT, "the photos are all alike"},
    {alike_captions, SEEN, "-", TN_FORMAT, "captions are all alike"},
    {unknown_words, SEEN, "-", TN_FORMAT, "no words of 60 photos' captions are in those of 3"},
    {nothing, PHOTOS + 1, "-", TN_FORMAT, "no words of 60 photos' captions are in those of 61"},
    {far_word, SEEN, "-", TN_RANGE, "a vocabulary of more than 32767 words"},
    {nothing, SEEN, "counting", TN_CANCELLED, "interrupted"},
    {nothing, SEEN, "telling", TN_CANCELLED, "interrupted"},
    {nothing, SEEN, "finding", TN_CANCELLED, "interrupted"},
};

START_TEST(what_cannot_be_fitted_to_is_told)
{
    const struct consensus_fit_options options = {
        .directions = 256, .seen = failures[_i].seen, .progress = {refuse, &failures[_i].refused}};
    struct consensus_fit fit;
    struct tn_error err = {.text = ""};

    failures[_i].prepare();
    ck_assert_msg(consensus_fit(&source, &options, NULL, &fit, &err) == failures[_i].status,
                  "%d: %s", err.status, err.text);
    ck_assert_msg(strstr(err.text, failures[_i].text), "%s", err.text);
    ck_assert_ptr_null(strchr(err.text, '\n'));
}
END_TEST

/* What is expected of the n-grams of one of two, or of both. */
static double expect_of(const struct consensus *c, const float *v, int64_t key)
{
    double weights[2 * PHOTOS];
    const size_t gram = consensus_find(c, (uint64_t)key);

    weigh(c, v, weights);
    return gram < c->grams ? expect(c, weights, gram) : 0;
}

START_TEST(what_two_joined_expect_is_the_mean_of_both)
{
    struct consensus_fit first, second, joined;
    const struct consensus_fit_options few = {
        .directions = 3, .landmarks = 20, .like = &first.consensus, .seen = 2};
    float v[WIDTH];

    fit_with(0, _i ? &by_likeness : &usual, &first);
    for (size_t c = 0; c < CAPTIONS / 2; c++) /* others are said, and shared with the first */
        ids[starts[c]] = FIRST + (int)(c % 5);
    fit_with(0, &few, &second);
    ck_assert_int_eq(consensus_join(&first.consensus, &second.consensus, 0.3F, &joined, NULL),
                     TN_OK);
    ck_assert_uint_eq(joined.consensus.photos.rows, 2 * PHOTOS);
    ck_assert_uint_eq(joined.consensus.directions.rows,
                      first.consensus.directions.rows + second.consensus.directions.rows);
    ck_assert_uint_ge(joined.consensus.grams, second.consensus.grams);
    ck_assert_uint_lt(joined.consensus.grams, first.consensus.grams + second.consensus.grams);
    for (size_t cluster = 0; cluster < CLUSTERS; cluster++) {
        new_photo(cluster, v);
        for (size_t g = 0; g < joined.consensus.grams; g++) {
            const int64_t key = joined.consensus.keys[g];
            const double mean = 0.7 * expect_of(&first.consensus, v, key) +
                                0.3 * expect_of(&second.consensus, v, key);

            ck_assert(g == 0 || key > joined.consensus.keys[g - 1]);
            ck_assert_double_eq_tol(expect_of(&joined.consensus, v, key), mean, 1e-5);
        }
    }
    consensus_fit_finish(&first);
    consensus_fit_finish(&second);
    consensus_fit_finish(&joined);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("consensus_fit");
    TCase *cases = tcase_create("fit");

    tcase_add_checked_fixture(cases, make_world, NULL);
    tcase_add_test(cases, n_grams_are_counted_as_one_would_by_hand);
    tcase_add_test(cases, what_is_expected_of_a_photo_is_what_ridge_regression_tells);
    tcase_add_test(cases, likeness_to_landmarks_is_read_in_the_place_of_v);
    tcase_add_loop_test(cases, photos_may_count_more_than_others, 0, 2);
    tcase_add_loop_test(cases, what_two_joined_expect_is_the_mean_of_both, 0, 2);
    tcase_add_loop_test(cases, the_strongest_directions_are_kept, 0, 2);
    tcase_add_test(cases, people_agree_with_captions_of_the_right_cluster);
    tcase_add_loop_test(cases, threads_do_not_change_the_result, 0, 2);
    tcase_add_test(cases, photos_without_captions_are_left_out);
    tcase_add_test(cases, of_too_many_photos_an_even_share_is_looked_at);
    tcase_add_loop_test(cases, what_cannot_be_fitted_to_is_told, 0,
                        sizeof failures / sizeof failures[0]);
    suite_add_tcase(suite, cases);
    return suite;
}
