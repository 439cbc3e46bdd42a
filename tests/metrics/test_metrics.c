/* SPDX-License-Identifier: MIT */
/* The scores by hand for small sets, and against tests/data/metrics.json, which
 * tools/make_metrics_golden.py computes independently. */
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "metrics/cider.h"
#include "metrics/metrics.h"
#include "tests/support/suite.h"

enum { WORDS = 32, REFERENCES = 8, ITEMS = 64 };

/* Memory for a set of sentences given as text. */
struct text_set {
    char text[ITEMS * (REFERENCES + 1)][256];
    const char *words[ITEMS * (REFERENCES + 1)][WORDS];
    struct metric_sentence references[ITEMS][REFERENCES];
    struct metric_item items[ITEMS];
    size_t sentences, count;
};

static struct metric_sentence split(struct text_set *set, const char *text)
{
    const size_t at = set->sentences++;
    char *rest = set->text[at], *word;
    size_t count = 0;

    ck_assert_uint_lt(strlen(text), sizeof set->text[at]);
    strcpy(set->text[at], text);
    while ((word = strtok_r(rest, " ", &rest)) != NULL)
        set->words[at][count++] = word;
    return (struct metric_sentence){set->words[at], count};
}

static void add(struct text_set *set, const char *hypothesis, const char *const *references,
                size_t count)
{
    struct metric_item *item = &set->items[set->count];

    item->hypothesis = split(set, hypothesis);
    for (size_t r = 0; r < count; r++)
        set->references[set->count][r] = split(set, references[r]);
    item->references = set->references[set->count++];
    item->reference_count = count;
}

static struct text_set *set;

static void set_up(void)
{
    set = calloc(1, sizeof *set);
    ck_assert_ptr_nonnull(set);
}

static void tear_down(void)
{
    free(set);
}

static struct metric_scores score(double *rouge, double *cider)
{
    const struct metric_each each = {.rouge = rouge, .cider = cider};
    struct metric_scores scores;

    ck_assert_int_eq(metric_score(set->items, set->count, &scores, &each, NULL), TN_OK);
    return scores;
}

START_TEST(bleu_clips_and_punishes_brevity)
{
    /* "the" counts once: p1 = 1 / 2; of the two lengths as close as each other, 1 and 3, the
     * shorter is the reference's, so that there is no brevity penalty. */
    static const char *const near[] = {"the cat sat", "the"};
    /* With the second, c = 4, r = 1 + 3: p1 = (1 + 2) / 4, p2 = (0 + 1) / 2. */
    static const char *const longer[] = {"a b c"};
    struct metric_scores scores;

    add(set, "the the", near, 2);
    scores = score(NULL, NULL);
    ck_assert_double_eq_tol(scores.bleu[0], 0.5, 1e-8);
    add(set, "a b", longer, 1);
    scores = score(NULL, NULL);
    ck_assert_double_eq_tol(scores.bleu[0], 0.75, 1e-8);
    ck_assert_double_eq_tol(scores.bleu[1], sqrt(0.75 * 0.5), 1e-8);
    set->items[0] = set->items[1];
    scores = score(NULL, NULL);
    ck_assert_double_eq_tol(scores.bleu[0], exp(1 - 6.0 / 4.0), 1e-8);
}
END_TEST

START_TEST(rouge_takes_best_precision_and_best_recall_apart)
{
    /* P = 3 / 4 by the first (a b d), R = 2 / 2 by the second. */
    static const char *const references[] = {"a b x d y z", "b c"};
    double rouge;

    add(set, "a b c d", references, 2);
    score(&rouge, NULL);
    ck_assert_double_eq_tol(rouge, (1 + 1.44) * 0.75 / (1 + 1.44 * 0.75), 1e-12);
}
END_TEST

START_TEST(cider_of_a_perfect_set_is_ten)
{
    static const char *const first[] = {"a red kite flies"}, *const second[] = {
                                                                 "two dogs run home"};
    struct metric_scores scores;
    double cider[2];

    add(set, first[0], first, 1);
    add(set, second[0], second, 1);
    scores = score(NULL, cider);
    ck_assert_double_eq_tol(scores.cider, 10, 1e-12);
    ck_assert_double_eq_tol(cider[1], 10, 1e-12);
    ck_assert_double_eq_tol(scores.rouge_l, 1, 1e-12);
    ck_assert_double_eq_tol(scores.bleu[3], 1, 1e-8);
    ck_assert_double_eq_tol(scores.distinct, 1, 1e-12);
}
END_TEST

START_TEST(cider_punishes_the_difference_in_length)
{
    /* The unigram vectors are (1, 0) against (1, 1), idf log 2 each; no bigram in common; a length
     * of 0 against 1 bigrams: 10 / 4 * 1 / sqrt 2 * exp(-1 / 72). */
    static const char *const first[] = {"kite flies"}, *const second[] = {"dog"};
    double cider[2];

    add(set, "kite", first, 1);
    add(set, "cat", second, 1);
    score(NULL, cider);
    ck_assert_double_eq_tol(cider[0], 2.5 / sqrt(2) * exp(-1.0 / 72), 1e-12);
    ck_assert_double_eq_tol(cider[1], 0, 1e-12);
}
END_TEST

START_TEST(content_weighs_words_by_how_rare_they_are)
{
    /* Of 3 images "a" stands in all, idf 0; "dog" in 2, log 1.5; "kite" in 1 and "cat" in none, log
     * 3.  Who said it, and how often, does not matter; each time it is said does. */
    static const char *const first[] = {"a dog", "a kite"}, *const second[] = {"a dog a"},
                             *const third[] = {"a b"};
    const double rare = log(3), common = log(1.5);
    double content[3];
    const struct metric_each each = {.content = content};
    struct metric_scores scores;

    add(set, "a dog a cat", first, 2);
    add(set, "dog kite kite a", second, 1);
    add(set, "a a", third, 1);
    ck_assert_int_eq(metric_score(set->items, set->count, &scores, &each, NULL), TN_OK);
    ck_assert_double_eq_tol(content[0], common / (common + rare), 1e-12);
    ck_assert_double_eq_tol(content[1], common / (common + 2 * rare), 1e-12);
    ck_assert_double_eq_tol(content[2], 0, 1e-12);
    ck_assert_double_eq_tol(scores.content, (content[0] + content[1]) / 3, 1e-12);
}
END_TEST

START_TEST(empty_sets_and_sentences_score_nothing)
{
    static const char *const references[] = {"", "a"};
    struct metric_scores scores = score(NULL, NULL);

    ck_assert_double_eq(scores.bleu[0], 0);
    ck_assert_double_eq(scores.cider, 0);
    add(set, "", references, 2);
    scores = score(NULL, NULL);
    ck_assert_double_eq_tol(scores.rouge_l + scores.cider + scores.content, 0, 1e-12);
}
END_TEST

START_TEST(an_item_needs_a_reference)
{
    struct metric_scores scores;
    struct tn_error err;

    add(set, "a", NULL, 0);
    ck_assert_int_eq(metric_score(set->items, 1, &scores, NULL, &err), TN_SHAPE);
    ck_assert_str_eq(err.text, "item 0 has no reference to be scored against");
}
END_TEST

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value;

    ck_assert_msg(json_object_object_get_ex(object, name, &value), "%s", name);
    return value;
}

static double number(struct json_object *array, size_t index)
{
    return json_object_get_double(json_object_array_get_idx(array, index));
}

static void add_json(struct json_object *item)
{
    struct json_object *list = member(item, "references");
    const char *references[REFERENCES];
    const size_t count = json_object_array_length(list);

    for (size_t r = 0; r < count; r++)
        references[r] = json_object_get_string(json_object_array_get_idx(list, r));
    add(set, json_object_get_string(member(item, "hypothesis")), references, count);
}

/* The sentences of the set as ids. */
struct numbered {
    struct tn_map map;
    int tokens[ITEMS * (REFERENCES + 1) * WORDS];
    size_t starts[ITEMS * REFERENCES + 1], firsts[ITEMS + 1];
};

static size_t number_words(struct numbered *n, const struct metric_sentence *sentence, int *ids)
{
    for (size_t i = 0; i < sentence->count; i++) {
        size_t id;

        ck_assert_int_eq(
            tn_map_add(&n->map, sentence->tokens[i], strlen(sentence->tokens[i]), &id, NULL),
            TN_OK);
        ids[i] = (int)id + 1;
    }
    return sentence->count;
}

/* cider[i] again, by the scorer whose references are prepared once. */
static void check_prepared_cider(const double *cider)
{
    struct numbered *n = calloc(1, sizeof *n);
    struct metric_references references = {n->tokens, n->starts, n->firsts, set->count};
    struct metric_cider *scorer;
    size_t sentences = 0, used = 0;

    for (size_t i = 0; i < set->count; i++) {
        for (size_t r = 0; r < set->items[i].reference_count; r++) {
            used += number_words(n, &set->items[i].references[r], n->tokens + used);
            n->starts[++sentences] = used;
        }
        n->firsts[i + 1] = sentences;
    }
    ck_assert_int_eq(metric_cider_create(&references, &scorer, NULL), TN_OK);
    for (size_t i = 0; i < set->count; i++) {
        int words[WORDS];
        const size_t count = number_words(n, &set->items[i].hypothesis, words);

        ck_assert_double_eq_tol(metric_cider_score(scorer, i, words, count), cider[i], 1e-12);
    }
    metric_cider_destroy(scorer);
    n->tokens[0] = NGRAM_MAX_ID + 1;
    ck_assert_int_eq(metric_cider_create(&references, &scorer, NULL), TN_RANGE);
    tn_map_finish(&n->map);
    free(n);
}

START_TEST(scores_meet_the_independent_implementation)
{
    double rouge[ITEMS], cider[ITEMS];
    struct json_object *golden, *items;
    struct metric_scores scores;
    char path[1024];

    snprintf(path, sizeof path, "%s/metrics.json", getenv("TEST_DATA"));
    golden = json_object_from_file(path);
    ck_assert_msg(golden != NULL, "%s", path);
    items = member(golden, "items");
    for (size_t i = 0; i < json_object_array_length(items); i++)
        add_json(json_object_array_get_idx(items, i));
    scores = score(rouge, cider);
    for (size_t k = 0; k < 4; k++)
        ck_assert_double_eq_tol(scores.bleu[k], number(member(golden, "bleu"), k), 1e-12);
    ck_assert_double_eq_tol(scores.rouge_l, json_object_get_double(member(golden, "rouge_l")),
                            1e-12);
    ck_assert_double_eq_tol(scores.cider, json_object_get_double(member(golden, "cider")), 1e-12);
    ck_assert_double_eq_tol(scores.distinct, json_object_get_double(member(golden, "distinct")),
                            1e-12);
    for (size_t i = 0; i < set->count; i++) {
        ck_assert_double_eq_tol(rouge[i], number(member(golden, "rouge_each"), i), 1e-12);
        ck_assert_double_eq_tol(cider[i], number(member(golden, "cider_each"), i), 1e-12);
    }
    check_prepared_cider(cider);
    json_object_put(golden);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("metrics");
    TCase *cases = tcase_create("metrics");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, bleu_clips_and_punishes_brevity);
    tcase_add_test(cases, rouge_takes_best_precision_and_best_recall_apart);
    tcase_add_test(cases, cider_of_a_perfect_set_is_ten);
    tcase_add_test(cases, cider_punishes_the_difference_in_length);
    tcase_add_test(cases, content_weighs_words_by_how_rare_they_are);
    tcase_add_test(cases, empty_sets_and_sentences_score_nothing);
    tcase_add_test(cases, an_item_needs_a_reference);
    tcase_add_test(cases, scores_meet_the_independent_implementation);
    suite_add_tcase(suite, cases);
    return suite;
}
