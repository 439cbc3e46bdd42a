/* SPDX-License-Identifier: MIT */
/* Captions without photos: groups, regression, quantiles, and V in a world that is known. */
#include "tests/support/suite.h"

#include "base/rng.h"
#include "data/imagine/imagine_private.h"
#include "tensor/cholesky.h"
#include "tensor/half.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static float *random_floats(size_t count, uint64_t seed)
{
    float *x = malloc(count * sizeof *x);
    struct tn_rng rng;

    tn_rng_init(&rng, seed);
    tn_rng_fill_uniform(&rng, x, count, 1);
    return x;
}

/* ---- Linear equations ---- */

static const size_t orders[] = {1, 7, 128, 129, 300};

/* a[n][n] = R R' + n / 10 I */
static void make_positive(size_t n, const float *r, float *a)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = i == j ? 0.1 * (double)n : 0;

            for (size_t k = 0; k < n; k++)
                sum += (double)r[i * n + k] * (double)r[j * n + k];
            a[i * n + j] = (float)sum;
        }
}

START_TEST(equations_are_solved)
{
    enum { COLUMNS = 20 };
    const size_t n = orders[_i];
    float *r = random_floats(n * n, 1), *x = random_floats(n * COLUMNS, 2);
    float *a = malloc(n * n * sizeof *a), *b = malloc(n * COLUMNS * sizeof *b);

    make_positive(n, r, a);
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < COLUMNS; c++) {
            double sum = 0;

            for (size_t k = 0; k < n; k++)
                sum += (double)a[i * n + k] * (double)x[k * COLUMNS + c];
            b[i * COLUMNS + c] = (float)sum;
        }
    ck_assert_int_eq(train_cholesky_solve(NULL, n, a, COLUMNS, b, NULL), TN_OK);
    for (size_t i = 0; i < n * COLUMNS; i++)
        ck_assert_float_eq_tol(b[i], x[i], 2e-5F); /* seen: 2e-6 */
    free(r);
    free(x);
    free(a);
    free(b);
}
END_TEST

START_TEST(a_matrix_that_is_not_positive_definite_is_refused)
{
    float a[] = {1, 0, 0, -1}, nan[] = {NAN}, b[] = {1, 1};
    struct tn_error err;

    ck_assert_int_eq(train_cholesky_solve(NULL, 2, a, 1, b, &err), TN_RANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "not positive definite"));
    ck_assert_int_eq(train_cholesky_solve(NULL, 1, nan, 1, b, NULL), TN_RANGE);
}
END_TEST

/* ---- A world in which V is the sum of what its words add ---- */

enum { THINGS = 6, PLACES = 5, COLOURS = 4, KINDS = THINGS * PLACES * COLOURS };
enum { WORDS = THINGS + PLACES + COLOURS, WIDTH = 40, TEXT = 20, EACH = 3 };

static const char *const words[WORDS] = {"dog",  "cat",   "man",   "boat", "horse",
                                         "bird", "beach", "snow",  "road", "park",
                                         "sea",  "red",   "white", "blue", "green"};

static struct world {
    struct data_set dataset;
    struct data_features features;
    float effects[WORDS][WIDTH];
    char path[64];
} world;

/* Words of a kind.  Kinds 0, 1, 2 ... have no word in common with their neighbours. */
static void words_of(size_t kind, size_t out[3])
{
    out[0] = kind % THINGS;
    out[1] = THINGS + kind % PLACES;
    out[2] = THINGS + PLACES + (kind + kind / 60) % COLOURS;
}

static void values_of(size_t kind, float *v)
{
    size_t own[3];

    words_of(kind, own);
    for (size_t d = 0; d < WIDTH; d++)
        v[d] = world.effects[own[0]][d] + world.effects[own[1]][d] + world.effects[own[2]][d];
}

static void add_photo(size_t kind, struct tn_rng *rng)
{
    struct data_set *set = &world.dataset;
    struct data_features *features = &world.features;
    const size_t photo = set->photo_count++;
    float v[WIDTH], view[WIDTH];
    size_t own[3];

    words_of(kind, own);
    values_of(kind, v);
    set->photos[photo] =
        (struct data_photo){.name = set->text_used,
                            .path = set->text_used,
                            .first = photo,
                            .caption_count = 1,
                            .split = photo % 2 == 0 ? DATA_SPLIT_TRAIN : DATA_SPLIT_NONE};
    set->captions[photo] = (struct data_caption){photo, set->text_used};
    set->text_used += (size_t)sprintf(set->text + set->text_used, "A %s %s at the %s .",
                                      words[own[2]], words[own[0]], words[own[1]]) +
                      1;
    set->caption_count++;
    features->rows[photo] = photo;
    for (size_t i = 0; i < 2; i++) {
        for (size_t d = 0; d < WIDTH; d++)
            view[d] = fmaxf(0, v[d] + 0.02F * tn_rng_normal(rng));
        tn_float_to_half(features->values + (2 * photo + i) * WIDTH, view, WIDTH);
    }
    features->photos = features->total = set->photo_count;
}

static void write_text(const char *text)
{
    FILE *file = fopen(world.path, "wb");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

/* Each word adds to a few dimensions.  The first TEXT kinds are in the text, the others in photos.
 */
static void make_world(void)
{
    enum { PHOTOS = EACH * (KINDS - TEXT) };
    char text[TEXT * 64] = "";
    struct tn_rng rng;

    tn_rng_init(&rng, 3);
    memset(&world, 0, sizeof world);
    for (size_t w = 0; w < WORDS; w++)
        for (size_t d = 0; d < WIDTH; d++)
            world.effects[w][d] = tn_rng_below(&rng, 5) == 0 ? 0.2F + tn_rng_uniform(&rng) : 0;
    world.dataset.photos = calloc(PHOTOS, sizeof *world.dataset.photos);
    world.dataset.captions = calloc(PHOTOS, sizeof *world.dataset.captions);
    world.dataset.text = malloc(PHOTOS * 64);
    world.features = (struct data_features){.views = 2, .width = WIDTH};
    world.features.rows = calloc(PHOTOS, sizeof *world.features.rows);
    world.features.values = calloc(PHOTOS * 2 * WIDTH, sizeof *world.features.values);
    for (size_t i = 0; i < PHOTOS; i++)
        add_photo(TEXT + i % (KINDS - TEXT), &rng);
    for (size_t kind = 0; kind < TEXT; kind++) {
        size_t own[3];

        words_of(kind, own);
        sprintf(text + strlen(text), "%s the %s %s near a %s\n", kind == 5 ? "\n" : "",
                words[own[2]], words[own[0]], words[own[1]]);
    }
    strcpy(world.path, "/tmp/test_imagineXXXXXX");
    close(mkstemp(world.path));
    write_text(text);
}

static void end_world(void)
{
    unlink(world.path);
    data_set_finish(&world.dataset);
    data_features_finish(&world.features);
}

static enum tn_status imagine(uint64_t seed, size_t threads, struct imagine_counts *ret_counts,
                              struct tn_error *err)
{
    const struct imagine_options options = {.text = world.path, .seed = seed};
    struct tn_pool *pool;
    enum tn_status status;

    ck_assert_int_eq(tn_pool_create(threads, &pool, NULL), TN_OK);
    status = data_imagine(&world.dataset, &world.features, &options, pool, ret_counts, err);
    tn_pool_destroy(pool);
    return status;
}

static float cosine(const float *x, const float *y)
{
    float xy = 0, xx = 0, yy = 0;

    for (size_t d = 0; d < WIDTH; d++) {
        xy += x[d] * y[d];
        xx += x[d] * x[d];
        yy += y[d] * y[d];
    }
    return xy / sqrtf(xx * yy);
}

static size_t nearest_kind(const float *v)
{
    float best = -1;
    size_t nearest = KINDS;

    for (size_t kind = 0; kind < KINDS; kind++) {
        float true_v[WIDTH];

        values_of(kind, true_v);
        if (cosine(v, true_v) > best) {
            best = cosine(v, true_v);
            nearest = kind;
        }
    }
    return nearest;
}

START_TEST(v_of_captions_is_that_of_their_photos)
{
    const size_t photos = world.dataset.photo_count;
    struct imagine_counts counts;
    float v[WIDTH];

    ck_assert_int_eq(imagine(1, 2, &counts, NULL), TN_OK);
    ck_assert_uint_eq(counts.captions, TEXT);
    ck_assert_uint_eq(counts.groups, TEXT);
    ck_assert_uint_eq(world.features.photos, photos + TEXT);
    ck_assert_uint_eq(world.features.total, photos + TEXT);
    ck_assert_uint_eq(world.dataset.photo_count, photos + TEXT);
    for (size_t kind = 0; kind < TEXT; kind++)
        for (size_t view = 0; view < 2; view++) {
            data_features_get(&world.features, photos + kind, view, v);
            ck_assert_uint_eq(nearest_kind(v), kind);
        }
}
END_TEST

START_TEST(captions_without_photos_are_trained_on)
{
    const size_t photos = world.dataset.photo_count;
    struct imagine_counts counts;

    write_text("a dog\nthe dog on a beach\n\n  \n...\na cat in snow");
    ck_assert_int_eq(imagine(1, 1, &counts, NULL), TN_OK);
    ck_assert_uint_eq(counts.captions, 3);
    ck_assert_uint_eq(counts.groups, 2);
    ck_assert_str_eq(data_set_name(&world.dataset, photos), "text:1");
    ck_assert_uint_eq(world.dataset.photos[photos].caption_count, 3); /* with "..." */
    ck_assert_str_eq(data_set_name(&world.dataset, photos + 1), "text:6");
    ck_assert_uint_eq(world.dataset.photos[photos + 1].caption_count, 1);
    ck_assert_uint_eq(world.dataset.photos[photos + 1].first, photos + 3);
    ck_assert_str_eq(data_set_caption(&world.dataset, photos + 3), "a cat in snow");
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(world.dataset.photos[photos + i].split, DATA_SPLIT_TRAIN);
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(world.dataset.captions[photos + i].photo, photos + i / 3);
}
END_TEST

START_TEST(photos_of_other_splits_are_not_learnt_from)
{
    const size_t photos = world.dataset.photo_count, bytes = 2 * TEXT * WIDTH * sizeof(uint16_t);
    uint16_t *first = malloc(bytes);
    struct imagine_counts counts;

    for (size_t i = 0; i < photos; i += 7)
        world.dataset.photos[i].split = i % 2 == 0 ? DATA_SPLIT_DEV : DATA_SPLIT_OUT;
    ck_assert_int_eq(imagine(1, 1, &counts, NULL), TN_OK);
    memcpy(first, world.features.values + photos * 2 * WIDTH, bytes);
    world.dataset.photo_count = world.dataset.caption_count = photos;
    world.features.photos = world.features.total = photos;
    for (size_t i = 0; i < photos; i += 7)
        memset(world.features.values + i * 2 * WIDTH, 0x3C, 2 * WIDTH * sizeof *first);
    ck_assert_int_eq(imagine(1, 1, &counts, NULL), TN_OK);
    ck_assert_mem_eq(first, world.features.values + photos * 2 * WIDTH, bytes);
    free(first);
}
END_TEST

START_TEST(what_is_imagined_depends_on_the_seed_and_not_on_threads)
{
    const size_t photos = world.dataset.photo_count, bytes = 2 * TEXT * WIDTH * sizeof(uint16_t);
    static const struct {
        uint64_t seed;
        size_t threads;
    } runs[] = {{1, 1}, {1, 3}, {2, 1}};
    uint16_t *results[3];
    struct imagine_counts counts;

    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(imagine(runs[i].seed, runs[i].threads, &counts, NULL), TN_OK);
        results[i] = malloc(bytes);
        memcpy(results[i], world.features.values + photos * 2 * WIDTH, bytes);
        world.dataset.photo_count = world.dataset.caption_count = photos;
        world.features.photos = world.features.total = photos;
    }
    ck_assert_mem_eq(results[0], results[1], bytes);
    ck_assert_mem_ne(results[0], results[2], bytes);
    for (size_t i = 0; i < 3; i++)
        free(results[i]);
}
END_TEST

static bool stop_at_matching(void *context, const char *doing, size_t done, size_t count)
{
    size_t *calls = context;

    ck_assert_uint_le(done, count);
    ++*calls;
    return !strstr(doing, "matching");
}

START_TEST(it_can_be_interrupted)
{
    const size_t photos = world.dataset.photo_count;
    size_t calls = 0;
    const struct imagine_options options = {
        .text = world.path, .progress = {stop_at_matching, &calls}};
    struct imagine_counts counts;

    ck_assert_int_eq(data_imagine(&world.dataset, &world.features, &options, NULL, &counts, NULL),
                     TN_CANCELLED);
    ck_assert_uint_eq(calls, 3);
    ck_assert_uint_eq(world.dataset.photo_count, photos);
    ck_assert_uint_eq(world.features.total, photos);
}
END_TEST

/* ---- Bad input ---- */

static void check_refusal(enum tn_status status, const char *message)
{
    const size_t photos = world.dataset.photo_count;
    struct imagine_counts counts;
    struct tn_error err;

    ck_assert_int_eq(imagine(1, 1, &counts, &err), status);
    ck_assert_msg(strstr(err.text, message), "'%s' in '%s'", message, err.text);
    ck_assert_uint_eq(world.dataset.photo_count, photos);
    ck_assert_uint_eq(world.features.total, photos);
}

START_TEST(bad_text_is_refused)
{
    char *line = malloc(DATA_MAX_CAPTION + 16);

    write_text("");
    check_refusal(TN_FORMAT, world.path);
    write_text(" \n\n");
    check_refusal(TN_FORMAT, "no captions in it");
    write_text("a dog\na \xFF cat\n");
    check_refusal(TN_FORMAT, "in line 2, is no UTF-8");
    write_text("ein hund\n");
    check_refusal(TN_FORMAT, "no word in it that the photos' captions contain");
    strcpy(line, "a dog\n\n");
    memset(line + 7, 'x', DATA_MAX_CAPTION + 1);
    line[7 + DATA_MAX_CAPTION + 1] = '\0';
    write_text(line);
    check_refusal(TN_FORMAT, "line 3 is longer than 64 KiB");
    unlink(world.path);
    check_refusal(TN_NOTFOUND, world.path);
    ck_assert_int_eq(data_imagine_check(world.path, NULL), TN_NOTFOUND);
    free(line);
}
END_TEST

START_TEST(photos_that_tell_nothing_are_refused)
{
    for (size_t i = 19; i < world.dataset.photo_count; i++)
        world.dataset.photos[i].split = DATA_SPLIT_TEST;
    check_refusal(TN_FORMAT, "there are 19 photos to imagine others from; expected at least 20");
    for (size_t i = 0; i < world.dataset.photo_count; i++) {
        world.dataset.photos[i].split = DATA_SPLIT_TRAIN;
        world.dataset.captions[i].text = world.dataset.captions[0].text;
    }
    check_refusal(TN_FORMAT, "all contain the same words");
    strcpy(world.dataset.text, "...");
    check_refusal(TN_FORMAT, "contain no word 4 times");
}
END_TEST

/* ---- Bags of words ---- */

START_TEST(bags_are_shares_of_captions_times_idf)
{
    enum { DOG = VOCAB_FIRST_WORD, CAT, BIRD };
    int ids[] = {DOG, CAT, BIRD, DOG, VOCAB_UNKNOWN, DOG, CAT};
    size_t starts[] = {0, 2, 6, 7};
    const struct data_corpus corpus = {
        .starts = starts, .caption_count = 3, .ids = ids, .token_count = 7};
    const size_t firsts[] = {0, 2, 3};
    const float common = logf(1.5F), rare = logf(3);
    const float length = sqrtf(1.25F * common * common + 0.25F * rare * rare);
    const struct {
        size_t id;
        float weight;
    } expected[] = {{0, common}, {1, common / 2}, {2, rare / 2}, {1, common}},
      turned_as[] = {
          {0, common / length}, {0, common / 2 / length}, {1, 1}, {0, rare / 2 / length}};
    struct imagine_bags bags, turned;
    float idf[3];

    ck_assert_int_eq(imagine_idf(&corpus, 3, idf, NULL), TN_OK);
    ck_assert_float_eq_tol(idf[0], common, 1e-6F);
    ck_assert_float_eq_tol(idf[1], common, 1e-6F);
    ck_assert_float_eq_tol(idf[2], rare, 1e-6F);
    ck_assert_int_eq(imagine_bags_make(&corpus, firsts, 2, idf, 3, &bags, NULL), TN_OK);
    ck_assert_int_eq(imagine_bags_turn(&bags, &turned, NULL), TN_OK);
    ck_assert_uint_eq(bags.starts[1], 3);
    ck_assert_uint_eq(bags.starts[2], 4);
    ck_assert_uint_eq(turned.starts[1], 1);
    ck_assert_uint_eq(turned.starts[2], 3);
    ck_assert_uint_eq(turned.starts[3], 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(bags.ids[i], expected[i].id);
        ck_assert_float_eq_tol(bags.weights[i], expected[i].weight, 1e-6F);
        ck_assert_uint_eq(turned.ids[i], turned_as[i].id);
        ck_assert_float_eq_tol(turned.weights[i], turned_as[i].weight, 1e-6F);
    }
    imagine_bags_finish(&bags);
    imagine_bags_finish(&turned);
}
END_TEST

/* ---- Groups ---- */

/* Lines of words of weight 1, each a letter. */
static size_t cut(const char *const *lines, size_t count, size_t *starts)
{
    size_t ids[64], firsts[16] = {0}, used = 0, groups;
    float weights[64];
    const struct imagine_bags bags = {count, 26, firsts, ids, weights};

    for (size_t i = 0; i < count; i++) {
        for (const char *c = lines[i]; *c; c++, used++) {
            ids[used] = (size_t)(*c - 'a');
            weights[used] = 1;
        }
        firsts[i + 1] = used;
    }
    ck_assert_int_eq(imagine_cut(&bags, starts, &groups, NULL), TN_OK);
    return groups;
}

START_TEST(lines_with_words_in_common_are_a_group)
{
    static const char *const lines[] = {"abc", "abd", "bce", "fg", "fgh", "ij", "", "abc", "kl"};
    static const size_t expected[] = {0, 3, 5, 6, 7, 8, 9};
    size_t starts[16];

    ck_assert_uint_eq(cut(lines, 9, starts), 6);
    for (size_t i = 0; i <= 6; i++)
        ck_assert_uint_eq(starts[i], expected[i]);
}
END_TEST

START_TEST(groups_have_at_most_five_lines)
{
    static const char *const lines[] = {"abc", "abc", "abc", "abc", "abc", "abc", "abc"};
    size_t starts[16], first;

    ck_assert_uint_eq(cut(lines, 7, starts), 2);
    first = starts[1];
    ck_assert_msg(first == 2 || first == 5, "%zu", first); /* 11 pairs; 3 and 4 have 9 */
    ck_assert_uint_eq(starts[2], 7);
}
END_TEST

/* ---- Regression and quantiles, on photos of random values ---- */

enum { FEW = 30, FEW_WORDS = 5 };

static struct few {
    struct data_features features;
    size_t numbers[FEW];
    struct imagine_photos photos;
} few;

static void make_few(void)
{
    struct tn_rng rng;

    tn_rng_init(&rng, 11);
    memset(&few, 0, sizeof few);
    few.features = (struct data_features){.photos = FEW, .views = 2, .width = WIDTH, .total = FEW};
    few.features.rows = calloc(FEW, sizeof(size_t));
    few.features.values = calloc(FEW * 2 * WIDTH, sizeof(uint16_t));
    for (size_t i = 0; i < FEW; i++)
        few.numbers[i] = few.features.rows[i] = FEW - 1 - i;
    for (size_t i = 0; i < FEW * 2 * WIDTH; i++) {
        const float x = tn_rng_below(&rng, 3) == 0 ? tn_rng_uniform(&rng) : 0;

        tn_float_to_half(few.features.values + i, &x, 1);
    }
    ck_assert_int_eq(imagine_photos_init(&few.photos, &few.features, few.numbers, FEW, NULL),
                     TN_OK);
}

static void end_few(void)
{
    data_features_finish(&few.features);
    free(few.photos.scales);
}

START_TEST(views_have_the_mean_length)
{
    float v[WIDTH];
    double sum = 0;

    for (size_t i = 0; i < 2 * FEW; i++) {
        double squares = 0;

        data_features_get(&few.features, i / 2, i % 2, v);
        for (size_t d = 0; d < WIDTH; d++)
            squares += (double)v[d] * (double)v[d];
        sum += sqrt(squares);
        imagine_photos_view(&few.photos, i / 2, i % 2, 0, WIDTH, v);
        squares = 0;
        for (size_t d = 0; d < WIDTH; d++)
            squares += (double)v[d] * (double)v[d];
        ck_assert_double_eq_tol(sqrt(squares), (double)few.photos.length, 1e-5);
    }
    ck_assert_double_eq_tol((double)few.photos.length, sum / (2 * FEW), 1e-5);
}
END_TEST

/* x[FEW][FEW_WORDS] and v[FEW][WIDTH] less their means. */
static void centre(double *x, size_t columns)
{
    for (size_t c = 0; c < columns; c++) {
        double mean = 0;

        for (size_t i = 0; i < FEW; i++)
            mean += x[i * columns + c] / FEW;
        for (size_t i = 0; i < FEW; i++)
            x[i * columns + c] -= mean;
    }
}

/* By Gauss and Jordan: a x = b, b[FEW_WORDS][WIDTH] becomes x. */
static void eliminate(double a[FEW_WORDS][FEW_WORDS], double b[FEW_WORDS][WIDTH])
{
    for (size_t p = 0; p < FEW_WORDS; p++)
        for (size_t i = 0; i < FEW_WORDS; i++) {
            const double factor = a[i][p] / a[p][p];

            for (size_t j = 0; j < FEW_WORDS && i != p; j++)
                a[i][j] -= factor * a[p][j];
            for (size_t d = 0; d < WIDTH && i != p; d++)
                b[i][d] -= factor * b[p][d];
        }
    for (size_t i = 0; i < FEW_WORDS; i++)
        for (size_t d = 0; d < WIDTH; d++)
            b[i][d] /= a[i][i];
}

START_TEST(the_regression_is_the_direct_solution)
{
    size_t starts[FEW + 1] = {0}, ids[FEW * FEW_WORDS], used = 0;
    float weights[FEW * FEW_WORDS], fitted[FEW_WORDS * WIDTH], view[WIDTH];
    double x[FEW * FEW_WORDS] = {0}, v[FEW * WIDTH] = {0};
    double a[FEW_WORDS][FEW_WORDS] = {{0}}, b[FEW_WORDS][WIDTH] = {{0}}, trace = 0;
    const struct imagine_bags bags = {FEW, FEW_WORDS, starts, ids, weights};
    struct tn_rng rng;

    tn_rng_init(&rng, 5);
    for (size_t i = 0; i < FEW; i++) {
        for (size_t w = 0; w < FEW_WORDS; w++)
            if (tn_rng_below(&rng, 2) == 0) {
                ids[used] = w;
                weights[used] = tn_rng_uniform(&rng);
                x[i * FEW_WORDS + w] = (double)weights[used++];
            }
        starts[i + 1] = used;
        for (size_t side = 0; side < 2; side++) {
            imagine_photos_view(&few.photos, i, side, 0, WIDTH, view);
            for (size_t d = 0; d < WIDTH; d++)
                v[i * WIDTH + d] += (double)view[d] / 2;
        }
    }
    ck_assert_int_eq(imagine_fit(&few.photos, &bags, NULL, fitted, NULL), TN_OK);
    centre(x, FEW_WORDS);
    centre(v, WIDTH);
    for (size_t i = 0; i < FEW; i++)
        for (size_t w = 0; w < FEW_WORDS; w++) {
            for (size_t u = 0; u < FEW_WORDS; u++)
                a[w][u] += x[i * FEW_WORDS + w] * x[i * FEW_WORDS + u];
            for (size_t d = 0; d < WIDTH; d++)
                b[w][d] += x[i * FEW_WORDS + w] * v[i * WIDTH + d];
        }
    for (size_t w = 0; w < FEW_WORDS; w++)
        trace += a[w][w];
    for (size_t w = 0; w < FEW_WORDS; w++)
        a[w][w] += trace / 1000;
    eliminate(a, b);
    for (size_t i = 0; i < FEW_WORDS * WIDTH; i++)
        ck_assert_double_eq_tol((double)fitted[i], b[i / WIDTH][i % WIDTH], 1e-4);
}
END_TEST

static int by_value(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* Sorted values of a dimension: the photos' as they are matched, each `times` times. */
static void real_values(size_t d, size_t times, uint16_t *out)
{
    for (size_t i = 0; i < 2 * FEW * times; i++) {
        float x;

        imagine_photos_view(&few.photos, i / times / 2, i / times % 2, d, 1, &x);
        tn_float_to_half(out + i, &x, 1);
    }
    qsort(out, 2 * FEW * times, sizeof *out, by_value);
}

START_TEST(matched_values_are_distributed_as_the_photos_are)
{
    enum { TIMES = 2, ROWS = 2 * FEW * TIMES };
    static uint16_t before[ROWS][WIDTH], after[ROWS][WIDTH];
    const struct imagine_options options = {.seed = 4};
    uint16_t expected[ROWS], found[ROWS];
    struct tn_rng rng;
    size_t falls = 0;

    tn_rng_init(&rng, 9);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t d = 0; d < WIDTH; d++) { /* of dimension 0 none differ, of 1 all */
            const float x = d == 0   ? 0
                            : d == 1 ? (float)(i * 7 % ROWS)
                                     : (float)tn_rng_below(&rng, 9);

            tn_float_to_half(&before[i][d], &x, 1);
        }
    memcpy(after, before, sizeof after);
    ck_assert_int_eq(imagine_match(&few.photos, after[0], ROWS, &options, NULL, NULL), TN_OK);
    for (size_t d = 0; d < WIDTH; d++) {
        real_values(d, TIMES, expected);
        for (size_t i = 0; i < ROWS; i++)
            found[i] = after[i][d];
        qsort(found, ROWS, sizeof *found, by_value);
        ck_assert_mem_eq(found, expected, sizeof expected);
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < ROWS; j++)
                if (before[i][d] < before[j][d])
                    ck_assert_uint_le(after[i][d], after[j][d]);
    }
    for (size_t i = 1; i < ROWS; i++)
        falls += after[i][0] < after[i - 1][0];
    ck_assert_uint_gt(falls, 5); /* equal ones at random, not in their order */
}
END_TEST

static void add_world_tests(Suite *suite)
{
    TCase *tests = tcase_create("world");

    tcase_add_checked_fixture(tests, make_world, end_world);
    tcase_add_test(tests, v_of_captions_is_that_of_their_photos);
    tcase_add_test(tests, captions_without_photos_are_trained_on);
    tcase_add_test(tests, photos_of_other_splits_are_not_learnt_from);
    tcase_add_test(tests, what_is_imagined_depends_on_the_seed_and_not_on_threads);
    tcase_add_test(tests, it_can_be_interrupted);
    tcase_add_test(tests, bad_text_is_refused);
    tcase_add_test(tests, photos_that_tell_nothing_are_refused);
    suite_add_tcase(suite, tests);
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("imagine");
    TCase *equations = tcase_create("equations"), *groups = tcase_create("groups");
    TCase *values = tcase_create("values");

    tcase_add_loop_test(equations, equations_are_solved, 0, sizeof orders / sizeof orders[0]);
    tcase_add_test(equations, a_matrix_that_is_not_positive_definite_is_refused);
    suite_add_tcase(suite, equations);
    add_world_tests(suite);
    tcase_add_test(groups, bags_are_shares_of_captions_times_idf);
    tcase_add_test(groups, lines_with_words_in_common_are_a_group);
    tcase_add_test(groups, groups_have_at_most_five_lines);
    suite_add_tcase(suite, groups);
    tcase_add_checked_fixture(values, make_few, end_few);
    tcase_add_test(values, views_have_the_mean_length);
    tcase_add_test(values, the_regression_is_the_direct_solution);
    tcase_add_test(values, matched_values_are_distributed_as_the_photos_are);
    suite_add_tcase(suite, values);
    return suite;
}
