/* SPDX-License-Identifier: MIT */
#include "tests/support/suite.h"
#include "train/tasks/people_score.h"


/* Photos with two captions, one and three; words of one letter, which are offsets in text. */
static const char text[] = "a\0b\0c\0d\0e\0f\0g";
static size_t words[] = {0, 2, 4, 6, /**/ 0, 2, 8, 10, /**/ 12, 0, /**/ 2, 4, 6, 8, /**/
                         2, 4, 6, 8, /**/ 10, 12, 0, 2};
static size_t starts[] = {0, 4, 8, 10, 14, 18, 22}, firsts[] = {0, 2, 3, 6};

static struct data_corpus corpus_of(size_t photos)
{
    return (struct data_corpus){.firsts = firsts,
                                .photo_count = photos,
                                .starts = starts,
                                .caption_count = firsts[photos],
                                .words = words,
                                .token_count = starts[firsts[photos]],
                                .text = (char *)(size_t)text};
}

static struct metric_sentence sentence(const char *const *tokens)
{
    return (struct metric_sentence){tokens, 4};
}

START_TEST(each_caption_is_scored_against_the_others)
{
    static const char *const abcd[] = {"a", "b", "c", "d"}, *const abef[] = {"a", "b", "e", "f"},
                             *const bcde[] = {"b", "c", "d", "e"},
                             *const fgab[] = {"f", "g", "a", "b"};
    const struct metric_sentence first[][2] = {{sentence(abef)}, {sentence(bcde), sentence(fgab)}};
    const struct metric_sentence second[][2] = {{sentence(abcd)}, {sentence(bcde), sentence(fgab)}};
    const struct metric_sentence third[] = {sentence(bcde), sentence(bcde)};
    const struct metric_item rounds[][2] = {
        {{sentence(abcd), first[0], 1}, {sentence(bcde), first[1], 2}},
        {{sentence(abef), second[0], 1}, {sentence(bcde), second[1], 2}},
        {{sentence(fgab), third, 2}}};
    const struct data_corpus corpus = corpus_of(3);
    struct train_people people;
    double bleu = 0, cider = 0, rouge = 0;

    for (size_t k = 0; k < 3; k++) {
        const size_t count = k < 2 ? 2 : 1;
        struct metric_scores scores;

        ck_assert_int_eq(metric_score(rounds[k], count, &scores, NULL, NULL), TN_OK);
        bleu += (double)count * scores.bleu[3] / 5;
        cider += (double)count * scores.cider / 5;
        rouge += (double)count * scores.rouge_l / 5;
    }
    ck_assert_int_eq(train_score_people(&corpus, &people, NULL), TN_OK);
    ck_assert_uint_eq(people.photos, 2);
    ck_assert(people.metrics.weighed);
    ck_assert_double_gt(bleu, 0.1);
    ck_assert_double_eq_tol(people.metrics.bleu[3], bleu, 1e-12);
    ck_assert_double_eq_tol(people.metrics.cider, cider, 1e-12);
    ck_assert_double_eq_tol(people.metrics.rouge_l, rouge, 1e-12);
}
END_TEST

START_TEST(one_caption_per_photo_measures_nobody)
{
    static size_t one_each[] = {0, 1, 2};
    struct data_corpus corpus = corpus_of(2);
    struct train_people people;

    corpus.firsts = one_each;
    corpus.caption_count = 2;
    corpus.token_count = 8;
    ck_assert_int_eq(train_score_people(&corpus, &people, NULL), TN_OK);
    ck_assert_uint_eq(people.photos, 0);
    ck_assert(!people.metrics.weighed);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("people_score");
    TCase *tcase = tcase_create("people_score");

    tcase_add_test(tcase, each_caption_is_scored_against_the_others);
    tcase_add_test(tcase, one_caption_per_photo_measures_nobody);
    suite_add_tcase(suite, tcase);
    return suite;
}
