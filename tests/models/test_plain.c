/* SPDX-License-Identifier: MIT */
/* Plainer words for doubtful ones, by a consensus in which photo k is the one of which word k is
 * said: so its weight is the word's probability.  "Sits" is said of the photo of "jumps", too. */
#include "tests/support/suite.h"

#include "metrics/ngrams.h"
#include "models/captioner/keyword_words.h"
#include "models/captioner/plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64, TEXT = 256 };
#define LEAST 0.4

/* "vehicle" is not among them, nor "a" before it. */
static const char words[] =
    "a\nan\nthe\nand\nwith\ntwo\nlittle\nbrown\nmen\nman\nwoman\nperson\npeople\nboy\nboys\nchild\n"
    "children\ninfant\ndog\ndogs\ncat\nanimal\nanimals\nelephant\nbear\nteddy\nhouse\nbaseball\n"
    "player\njumps\nsits\ncar\nboat\nkayak\npuppy\n";

static struct vocab *vocab;
static struct keywords *keywords;
static int64_t keys[MOST];
static int32_t starts[MOST + 1];
static unsigned char postings[MOST * CONSENSUS_POSTING_BYTES];
static float shares[MOST], photo_weights[MOST];
static struct consensus consensus;

static void set_up(void)
{
    static const float probability_is_evidence[KEYWORDS_WEIGHTS] = {0, 1};
    size_t count, posting = 0;

    ck_assert_int_eq(vocab_parse(words, strlen(words), &vocab, NULL), TN_OK);
    count = vocab_count(vocab) - VOCAB_FIRST_WORD;
    ck_assert_uint_le(count, MOST);
    for (size_t i = 0; i < count; i++) {
        const int id = VOCAB_FIRST_WORD + (int)i;

        keys[i] = (int64_t)ngram_key(&id, 1);
        consensus_put_posting(postings, posting++, i, 1);
        if (strcmp(vocab_word(vocab, id), "sits") == 0)
            consensus_put_posting(postings, posting++, i - 1, 1);
        starts[i + 1] = (int32_t)posting;
    }
    consensus = (struct consensus){.photos = {.rows = count},
                                   .shares = shares,
                                   .grams = count,
                                   .keys = keys,
                                   .starts = starts,
                                   .postings = postings};
    ck_assert_int_eq(
        keywords_create("en", vocab, &consensus, probability_is_evidence, &keywords, NULL), TN_OK);
}

static void tear_down(void)
{
    keywords_destroy(keywords);
    vocab_destroy(vocab);
}

/* Ids of words with spaces between. */
static size_t ids_of(const char *text, int *ids)
{
    char copy[TEXT], *rest = copy, *word;
    size_t count = 0;

    snprintf(copy, sizeof copy, "%s", text);
    while ((word = strsep(&rest, " ")) != NULL) {
        ids[count] = vocab_id(vocab, word, strlen(word));
        ck_assert_msg(ids[count] >= VOCAB_FIRST_WORD, "no word '%s'", word);
        count++;
    }
    return count;
}

/* "dog 0.3 cat 0.2": all others have none. */
static void weigh(const char *probabilities)
{
    char word[TEXT];
    float weight;
    int id, length;

    memset(photo_weights, 0, sizeof photo_weights);
    for (; sscanf(probabilities, " %255s %f%n", word, &weight, &length) == 2;
         probabilities += length) {
        ck_assert_uint_eq(ids_of(word, &id), 1);
        photo_weights[id - VOCAB_FIRST_WORD] = weight;
    }
}

static void check(const struct plain *plain, const char *found, const char *expected)
{
    int ids[MOST];
    const size_t count = ids_of(found, ids);
    char text[TEXT] = "";

    plain_apply(plain, ids, count);
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "",
                 vocab_word(vocab, ids[i]));
    ck_assert_msg(strcmp(text, expected) == 0, "'%s' became '%s', not '%s'", found, text, expected);
}

static struct plain plain_of(const char *probabilities)
{
    weigh(probabilities);
    return (struct plain){.keywords = keywords,
                          .vocab = vocab,
                          .photo_weights = photo_weights,
                          .photo = 1,
                          .least = LEAST};
}

static const struct {
    const char *probabilities, *found, *expected;
} cases[] = {
    /* the noun is doubtful, or it is not; the class will do, or it will not */
    {"dog 0.3 cat 0.2", "a dog jumps", "an animal jumps"},
    {"dog 0.3 cat 0.05", "a dog jumps", "a dog jumps"},
    {"dog 0.45 cat 0.2", "a dog jumps", "a dog jumps"},
    {"dog 0.3 animal 0.2", "the dog", "the animal"},
    /* the article is the word's, and the number the noun's */
    {"dog 0.3 cat 0.2", "a brown dog sits", "a brown animal sits"},
    {"dog 0.3 cat 0.2", "two dogs jumps", "two animals jumps"},
    {"man 0.2 woman 0.3", "men with a boat", "people with a boat"},
    {"infant 0.2 boy 0.3", "an infant sits", "a child sits"},
    {"elephant 0.2 cat 0.3", "an elephant sits", "an animal sits"},
    /* the lowest class that will do; a class' own word is as probable as the class */
    {"boy 0.2 child 0.3", "a boy", "a child"},
    {"boy 0.2 man 0.3", "a boy", "a person"},
    {"boy 0.2 child 0.1 man 0.2", "two children", "two people"},
    {"boy 0.3 child 0.2", "two children", "two children"},
    {"puppy 0.1 dog 0.5", "a puppy", "a dog"},
    {"person 0.3 man 0.3", "a person", "a person"},
    {"boy 0.2 man 0.3", "a little boy", "a little boy"},
    {"boy 0.2 child 0.3", "a little boy", "a little child"},
    /* beside another noun */
    {"bear 0.3 cat 0.2", "a teddy bear sits", "a teddy bear sits"},
    {"bear 0.3 cat 0.2", "a bear sits", "an animal sits"},
    {"dog 0.3 cat 0.2", "a dog house", "a dog house"},
    {"player 0.3 man 0.2", "a baseball player jumps", "a baseball player jumps"},
    {"player 0.3 man 0.2", "a player jumps", "a person jumps"},
    /* with another of the class */
    {"dog 0.3 cat 0.2", "a dog and a cat", "a dog and a cat"},
    {"dog 0.9 cat 0.2", "a dog with a cat", "a dog with a cat"},
    {"man 0.3 woman 0.2", "a man with a child", "a man with a child"},
    {"man 0.3 woman 0.2", "a man with people", "a man with people"},
    {"boy 0.2 child 0.3 woman 0.5", "a woman with a boy", "a woman with a child"},
    {"man 0.3 woman 0.2 dog 0.3 cat 0.2", "a man with a dog", "a person with an animal"},
    /* the model does not know the word of the class */
    {"car 0.3", "a car", "a car"},
    {"kayak 0.3 boat 0.3", "a kayak", "a boat"},
};

START_TEST(a_doubtful_noun_becomes_its_class)
{
    const struct plain plain = plain_of(cases[_i].probabilities);

    check(&plain, cases[_i].found, cases[_i].expected);
}
END_TEST

START_TEST(a_photo_of_two_words_counts_once)
{
    const char *const some[] = {"jumps", "sits", "dog", "dogs", "zebra"};

    weigh("jumps 0.3 sits 0.2 dog 0.1 dogs 0.1");
    ck_assert_double_eq_tol(keywords_any(keywords, photo_weights, some, 1), 0.3, 1e-6);
    ck_assert_double_eq_tol(keywords_any(keywords, photo_weights, some + 1, 1), 0.5, 1e-6);
    ck_assert_double_eq_tol(keywords_any(keywords, photo_weights, some, 2), 0.5, 1e-6);
    ck_assert_double_eq_tol(keywords_any(keywords, photo_weights, some + 2, 2), 0.2, 1e-6);
    ck_assert_double_eq_tol(keywords_any(keywords, photo_weights, some, 5), 0.7, 1e-6);
    ck_assert_double_eq(keywords_any(keywords, photo_weights, some + 4, 1), 0);
}
END_TEST

START_TEST(in_what_may_be_no_photo_all_is_doubtful)
{
    struct plain plain = plain_of("dog 0.5 cat 0.4");

    check(&plain, "a dog", "a dog");
    plain.photo = 0.6;
    check(&plain, "a dog", "an animal");
    plain.photo = 0.4;
    check(&plain, "a dog", "a dog");
}
END_TEST

START_TEST(a_word_that_is_forbidden_does_not_come_back)
{
    static const char *const phrases[][3] = {{"animal", "a dog", "a dog"},
                                             {"an", "a dog", "a dog"},
                                             {"an animal", "a dog", "a dog"},
                                             {"an animal", "a brown dog", "a brown animal"},
                                             {"child", "a boy", "a person"}};
    struct plain plain = plain_of("dog 0.3 cat 0.2 boy 0.2 child 0.3");

    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        int ids[MOST];
        const struct search_phrase phrase = {ids, ids_of(phrases[i][0], ids)};

        plain.forbidden = &phrase;
        plain.forbidden_count = 1;
        check(&plain, phrases[i][1], phrases[i][2]);
    }
}
END_TEST

/* Each noun stands once, and its plural behind it: where both are known, they are one keyword. */
START_TEST(the_classes_are_pairs_of_singular_and_plural)
{
    struct keyword_words *known;
    const char *const *nouns;
    const char *seen[512];
    size_t count = 0;

    ck_assert_int_eq(keyword_words_create("en", &known, NULL), TN_OK);
    for (size_t class = 0; (nouns = plain_nouns(class)) != NULL; class ++)
        for (size_t i = 0; nouns[i]; i += 2) {
            struct keyword_word one, many;

            ck_assert_ptr_nonnull(nouns[i + 1]);
            ck_assert_msg(strcmp(nouns[i], nouns[i + 1]) != 0, "%s", nouns[i]);
            if (keyword_words_find(known, nouns[i], strlen(nouns[i]), &one) &&
                keyword_words_find(known, nouns[i + 1], strlen(nouns[i + 1]), &many))
                ck_assert_msg(one.name && one.name == many.name, "%s, %s", nouns[i], nouns[i + 1]);
            ck_assert_uint_lt(strlen(nouns[1]) + 1, PLAIN_GROWTH); /* and the n of "an" */
            for (size_t k = 0; k < count; k++)
                ck_assert_str_ne(nouns[i], seen[k]);
            ck_assert_uint_lt(count, 512);
            seen[count++] = nouns[i];
        }
    ck_assert_uint_gt(count, 100);
    keyword_words_destroy(known);
    ck_assert(plain_is_known("en") && !plain_is_known("zh"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("plain");
    TCase *tcase = tcase_create("plain");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_doubtful_noun_becomes_its_class, 0,
                        sizeof cases / sizeof cases[0]);
    tcase_add_test(tcase, a_photo_of_two_words_counts_once);
    tcase_add_test(tcase, in_what_may_be_no_photo_all_is_doubtful);
    tcase_add_test(tcase, a_word_that_is_forbidden_does_not_come_back);
    tcase_add_test(tcase, the_classes_are_pairs_of_singular_and_plural);
    suite_add_tcase(suite, tcase);
    return suite;
}
