/* SPDX-License-Identifier: MIT */
/* Keywords against tests/data/keywords.json, which tools/make_keywords_golden.py computes
 * independently; which words are keywords; lists; their place in the model file. */
#include "tests/support/folder.h"
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "metrics/ngrams.h"
#include "models/captioner/keyword_words.h"
#include "models/captioner/keywords.h"
#include "models/file/model_file.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_GRAMS = 32, MOST_PHOTOS = 64, MOST_POSTINGS = 1024, TEXT = 512 };

/* ---- A consensus of the golden file ---- */

static struct json_object *golden;
static struct vocab *vocab;
static struct keywords *keywords;
static int64_t keys[MOST_GRAMS];
static int32_t starts[MOST_GRAMS + 1];
static unsigned char postings[MOST_POSTINGS * CONSENSUS_POSTING_BYTES];
static float shares[MOST_PHOTOS], weights[KEYWORDS_WEIGHTS];
static struct consensus consensus;

static struct json_object *get(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    ck_assert_msg(json_object_object_get_ex(object, key, &value), "no %s", key);
    return value;
}

static void get_floats(struct json_object *array, float *numbers, size_t most)
{
    ck_assert_uint_le(json_object_array_length(array), most);
    for (size_t i = 0; i < json_object_array_length(array); i++)
        numbers[i] = (float)json_object_get_double(json_object_array_get_idx(array, i));
}

static void make_vocabulary(void)
{
    struct json_object *words = get(golden, "words");
    char text[TEXT] = "";

    for (size_t i = 0; i < json_object_array_length(words); i++) {
        strcat(text, json_object_get_string(json_object_array_get_idx(words, i)));
        strcat(text, "\n");
    }
    ck_assert_int_eq(vocab_parse(text, strlen(text), &vocab, NULL), TN_OK);
}

static uint64_t key_of(const char *gram)
{
    const size_t first = strcspn(gram, " ");
    const bool two = gram[first] == ' ';
    const int ids[] = {vocab_id(vocab, gram, first),
                       two ? vocab_id(vocab, gram + first + 1, strlen(gram + first + 1)) : 0};

    return ngram_key(ids, two ? 2 : 1);
}

static int by_key(const void *a, const void *b)
{
    const uint64_t x = key_of(*(const char *const *)a), y = key_of(*(const char *const *)b);

    return (x > y) - (x < y);
}

/* And an n-gram of an id beyond the vocabulary, which no keyword comes from. */
static void make_consensus(void)
{
    static const int beyond[] = {CONSENSUS_MAX_ID};
    const char *grams[MOST_GRAMS];
    size_t count = 0, posting = 0;

    json_object_object_foreach(get(golden, "grams"), gram, photos)
    {
        (void)photos;
        grams[count++] = gram;
    }
    qsort(grams, count, sizeof *grams, by_key);
    for (size_t i = 0; i < count; i++) {
        struct json_object *where = get(get(golden, "grams"), grams[i]);

        keys[i] = (int64_t)key_of(grams[i]);
        for (size_t k = 0; k < json_object_array_length(where); k++)
            consensus_put_posting(postings, posting++,
                                  (size_t)json_object_get_int(json_object_array_get_idx(where, k)),
                                  0.5F);
        starts[i + 1] = (int32_t)posting;
    }
    consensus_put_posting(postings, posting++, 0, 1);
    keys[count++] = (int64_t)ngram_key(beyond, 1);
    starts[count] = (int32_t)posting;
    consensus =
        (struct consensus){.photos = {.rows = json_object_array_length(get(golden, "shares"))},
                           .shares = shares,
                           .grams = count,
                           .keys = keys,
                           .starts = starts,
                           .postings = postings};
}

static void set_up(void)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/keywords.json", getenv("TEST_DATA"));
    golden = json_object_from_file(path);
    ck_assert_ptr_nonnull(golden);
    make_vocabulary();
    make_consensus();
    get_floats(get(golden, "shares"), shares, MOST_PHOTOS);
    get_floats(get(golden, "weights"), weights, KEYWORDS_WEIGHTS);
    ck_assert_int_eq(keywords_create("en", vocab, &consensus, weights, &keywords, NULL), TN_OK);
}

static void tear_down(void)
{
    keywords_destroy(keywords);
    vocab_destroy(vocab);
    json_object_put(golden);
}

/* ---- By a consensus ---- */

static void check_list(const struct keyword_list *list, struct json_object *expected, size_t most)
{
    const size_t all = json_object_array_length(expected);

    ck_assert_uint_eq(list->count, all < most ? all : most);
    for (size_t i = 0; i < list->count; i++) {
        struct json_object *item = json_object_array_get_idx(expected, i);

        ck_assert_str_eq(list->items[i].text,
                         json_object_get_string(json_object_array_get_idx(item, 0)));
        ck_assert_double_eq_tol(list->items[i].probability,
                                json_object_get_double(json_object_array_get_idx(item, 1)), 1e-6);
    }
}

static size_t likely(struct json_object *expected)
{
    size_t count = 0;

    for (size_t i = 0; i < json_object_array_length(expected); i++)
        count += json_object_get_double(json_object_array_get_idx(
                     json_object_array_get_idx(expected, i), 1)) >= KEYWORDS_LIKELY;
    return count;
}

START_TEST(keywords_are_what_another_program_computes)
{
    struct json_object *images = get(golden, "images");
    float w[MOST_PHOTOS];
    struct keyword_list list;

    for (size_t i = 0; i < json_object_array_length(images); i++) {
        struct json_object *image = json_object_array_get_idx(images, i);
        struct json_object *expected = get(image, "keywords");
        const double photo = json_object_get_double(get(image, "photo"));

        get_floats(get(image, "weights"), w, MOST_PHOTOS);
        for (size_t most = 0; most <= KEYWORDS_MOST; most += most < 4 ? 1 : KEYWORDS_MOST - 4) {
            keywords_expect(keywords, w, photo, most, &list);
            check_list(&list, expected, most);
        }
        keywords_expect(keywords, w, photo, CAPTIONER_KEYWORDS_AUTO, &list);
        check_list(&list, expected, likely(expected));
    }
}
END_TEST

START_TEST(weights_that_are_no_numbers_give_no_keywords)
{
    static const float values[] = {NAN, INFINITY, -INFINITY};
    float w[MOST_PHOTOS];
    struct keyword_list list;

    for (size_t i = 0; i < MOST_PHOTOS; i++)
        w[i] = values[_i];
    keywords_expect(keywords, w, 1, 5, &list);
    ck_assert_uint_eq(list.count, _i == 1 ? 5 : 0); /* what is above 1 is likely */
    keywords_expect(keywords, shares, (double)NAN, 5, &list);
    ck_assert_uint_eq(list.count, 0);
}
END_TEST

START_TEST(a_consensus_of_nothing_has_no_keywords)
{
    const struct consensus none = {.grams = 0};
    struct keywords *empty;
    struct keyword_list list;

    ck_assert_int_eq(keywords_create("en", vocab, &none, NULL, &empty, NULL), TN_OK);
    ck_assert_uint_eq(keywords_count(empty), 0);
    keywords_expect(empty, shares, 1, 5, &list);
    ck_assert_uint_eq(list.count, 0);
    keywords_destroy(empty);
}
END_TEST

/* ---- Words ---- */

static const char *name_of(const struct keyword_words *words, const char *text)
{
    struct keyword_word word;

    if (!keyword_words_find(words, text, strlen(text), &word))
        return "not known";
    return word.name ? word.name : "none";
}

START_TEST(english_words_are_known)
{
    static const char *const expected[][2] = {
        {"dog", "dog"},         {"dogs", "dog"},          {"guy", "man"},
        {"men", "man"},         {"bicycle", "bike"},      {"kids", "child"},
        {"runs", "running"},    {"jumped", "jumping"},    {"a", "none"},
        {"of", "none"},         {"red", "none"},          {"two", "none"},
        {"wearing", "none"},    {"young", "none"},        {"ice cream", "ice cream"},
        {"tennis", "tennis"},   {"hot dogs", "hot dog"},  {"tennis rackets", "tennis racket"},
        {"glasses", "glasses"}, {"people", "people"},     {"zorb", "not known"},
        {"", "not known"},      {"dog dog", "not known"}, {"'s", "none"},
        {".", "none"},          {"-legged", "none"},      {"4x4", "not known"}};
    struct keyword_words *words;
    struct keyword_word word;

    ck_assert_int_eq(keyword_words_create("en", &words, NULL), TN_OK);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        ck_assert_str_eq(name_of(words, expected[i][0]), expected[i][1]);
    ck_assert(keyword_words_find_two(words, "hot", "dog", &word) && word.apart);
    ck_assert(keyword_words_find_two(words, "tennis", "court", &word) && !word.apart);
    ck_assert(!keyword_words_find_two(words, "dog", "", &word));
    keyword_words_destroy(words);
}
END_TEST

START_TEST(another_language_has_words_and_knows_none)
{
    struct keyword_words *words;

    ck_assert_int_eq(keyword_words_create("zh", &words, NULL), TN_OK);
    ck_assert_str_eq(name_of(words, "dog"), "not known");
    ck_assert_str_eq(name_of(words, "\xE7\x8B\x97"), "not known");
    ck_assert_str_eq(name_of(words, "'s"), "none");
    keyword_words_destroy(words);
}
END_TEST

START_TEST(a_sentence_says_its_keywords)
{
    static const char *const tokens[] = {"a",  "guy", "runs",   "with",  "hot",       "dogs",
                                         "on", "a",   "tennis", "court", "everwhere", "zorb"};
    static const char *const expected[] = {"man",    "running", "hot dog", "tennis court",
                                           "tennis", "court",   "zorb"};
    const char *texts[2 * 12];

    ck_assert_uint_eq(keywords_said(keywords, tokens, 12, texts), 7);
    for (size_t i = 0; i < 7; i++)
        ck_assert_str_eq(texts[i], expected[i]);
    ck_assert_uint_eq(keywords_said(keywords, tokens, 0, texts), 0);
}
END_TEST

static void take(const char *caption, double confidence, size_t most, struct keyword_list *list)
{
    int ids[8];
    size_t count = 0;

    for (const char *at = caption; *at != '\0';
         at += strcspn(at, " ") + (at[strcspn(at, " ")] != 0))
        ids[count++] = vocab_id(vocab, at, strcspn(at, " "));
    keywords_take(keywords, ids, count, confidence, most, list);
}

START_TEST(captions_give_a_word_the_most_confidence_that_one_has)
{
    struct keyword_list list = {.count = 0}, likely_ones = {.count = 0};

    take("a dog runs", 0.3, 3, &list);
    take("a guy runs", 0.5, 3, &list);
    take("a red man", 0.2, 3, &list);
    take("tennis", 0.25, 3, &list); /* the list is full */
    ck_assert_uint_eq(list.count, 3);
    ck_assert_str_eq(list.items[0].text, "man");
    ck_assert_str_eq(list.items[1].text, "running");
    ck_assert_str_eq(list.items[2].text, "dog");
    ck_assert_double_eq(list.items[1].probability, 0.5);
    ck_assert_double_eq(list.items[2].probability, 0.3);
    take("tennis", 0.4, 3, &list);
    ck_assert_str_eq(list.items[2].text, "tennis");
    take("a dog", 0.39, CAPTIONER_KEYWORDS_AUTO, &likely_ones);
    take("a man", 0.41, CAPTIONER_KEYWORDS_AUTO, &likely_ones);
    ck_assert_uint_eq(likely_ones.count, 1);
    ck_assert_str_eq(likely_ones.items[0].text, "man");
}
END_TEST

/* ---- The model file ---- */

static const float saved[] = {-0.5F, 2.25F}, endless[] = {1, INFINITY};

/* What a file with these weights is read as. */
static enum tn_status save_and_load(const float *numbers, struct model *model, struct tn_error *err)
{
    char folder[TEST_FOLDER_SIZE], path[TEST_FOLDER_SIZE + 32];
    struct tn_file *file;
    enum tn_status status;

    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    tiny_model_save(path, "a\ndog\nrun\n", VOCAB_FIRST_WORD + 3);
    for (int twice = 0; twice < 2; twice++) {
        ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
        ck_assert_int_eq(keywords_save(path, file, "en", numbers, "{}", NULL), TN_OK);
        tn_file_close(file);
    }
    status = model_load(model, path, err);
    unlink(path);
    rmdir(folder);
    return status;
}

START_TEST(weights_are_kept_in_the_model_file)
{
    struct model model;
    struct tn_error err;

    ck_assert_int_eq(save_and_load(saved, &model, NULL), TN_OK);
    ck_assert_mem_eq(model.decoders[0].keyword_weights, saved, sizeof saved);
    ck_assert_str_eq(tn_file_metadata(model.file, "decoder.en.keywords"), "{}");
    model_finish(&model);
    ck_assert_int_eq(save_and_load(endless, &model, &err), TN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "decoder.en.keywords.weights: number 1 is not finite"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("keywords");
    TCase *cases = tcase_create("keywords");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, keywords_are_what_another_program_computes);
    tcase_add_loop_test(cases, weights_that_are_no_numbers_give_no_keywords, 0, 3);
    tcase_add_test(cases, a_consensus_of_nothing_has_no_keywords);
    tcase_add_test(cases, english_words_are_known);
    tcase_add_test(cases, another_language_has_words_and_knows_none);
    tcase_add_test(cases, a_sentence_says_its_keywords);
    tcase_add_test(cases, captions_give_a_word_the_most_confidence_that_one_has);
    tcase_add_test(cases, weights_are_kept_in_the_model_file);
    suite_add_tcase(suite, cases);
    return suite;
}
