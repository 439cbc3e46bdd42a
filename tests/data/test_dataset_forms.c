/* SPDX-License-Identifier: MIT */
/* Data sets as JSON, JSONL and Hugging Face's folders. */
#include "tests/support/dataset.h"
#include "tests/support/suite.h"

#include <stdio.h>

/* Two photos, the first with a caption "A dog", in each form. */
START_TEST(a_photo_as_an_object_has_many_forms)
{
    static const char *const forms[] = {
        "[{\"file_path\": \"a.jpg\", \"captions\": [\"A dog\", \"It runs\"], \"id\": 7}, "
        "{\"file_path\": \"b.jpg\", \"captions\": [\"A cat\"], \"split\": \"train\"}]",
        "[{\"image\": \"a.jpg\", \"caption\": \"A dog\", \"image_id\": \"x\"}, "
        "{\"image\": \"b.jpg\", \"caption\": [\"A cat\"]}, "
        "{\"image\": \"a.jpg\", \"caption\": \"It runs\"}]",
        "{\"file_name\": \"a.jpg\", \"text\": \"A dog\"}\n{\"file_name\": \"b.jpg\", \"text\": \"A "
        "cat\"}\r\n\n{\"file_name\": \"a.jpg\", \"text\": \"It runs\"}\n",
        "{\"a.jpg\": {\"caption\": \"A dog\", \"tags\": \"x, y\"}, \"b.jpg\": \"A cat\"}",
        "{\"a.jpg\": [\"A dog\", \"It runs\"], \"b.jpg\": {\"caption\": \"A cat\"}}",
        "{\"data\": [{\"image_file_name\": \"a.jpg\", \"name\": \"no\", \"prompt\": \"A dog\"}, "
        "{\"img\": \"b.jpg\", \"name\": \"no\", \"sentence\": \"A cat\"}]}",
        "[{\"filename\": \"a.jpg\", \"sentences\": [{\"raw\": \"A dog\", \"tokens\": [\"a\"]}]}, "
        "{\"filename\": \"b.jpg\", \"title\": \"A cat\", \"alt\": \"no\"}]",
        "{\"path\": \"a.jpg\", \"captions\": [{\"caption\": \"A dog\", \"confidence\": 0.5}]}\n"
        "{\"path\": \"b.jpg\", \"captions\": [{\"caption\": \"A cat\"}]}",
        "[{\"image\": \"./a.jpg\", \"caption_1\": \"A dog\", \"caption_2\": \"It runs\"}, "
        "{\"image\": \"b.jpg\", \"caption_1\": \"A cat\"}]",
        "\xEF\xBB\xBF{\"image\": \"a.jpg\", \"caption\": \"A dog\"} {\"image\": \"b.jpg\", "
        "\"caption\": \"A cat\"}",
    };
    static const size_t captions[] = {3, 3, 3, 2, 3, 2, 2, 2, 3, 2};
    struct data_set dataset;

    set_put("a.jpg", "x");
    set_put("b.jpg", "x");
    set_put("list.json", forms[_i]);
    dataset = set_load("list.json");
    ck_assert_uint_eq(dataset.photo_count, 2);
    ck_assert_uint_eq(dataset.caption_count, captions[_i]);
    ck_assert_str_eq(data_set_caption(&dataset, 0), "A dog");
    ck_assert_str_eq(data_set_caption(&dataset, captions[_i] - 1), "A cat");
    data_set_finish(&dataset);
}
END_TEST

START_TEST(what_is_no_data_set_is_said_with_its_place)
{
    static const struct {
        const char *text, *word, *other;
    } wrong[] = {
        {"[{\"image\": \"a.jpg\", \"caption\": \"x\"}, {\"caption\": \"y\"}]", "item 2",
         "expected an object with a photo"},
        {"{\"image\": \"a.jpg\", \"caption\": \"x\"}\n\n{\"caption\": \"y\"}", "x.json:3",
         "expected an object with a photo"},
        {"{\"image\": \"a.jpg\", \"caption\": \"x\"}\n{\"image\": ", "x.json:2", "too early"},
        {"{\"image\": \"a.jpg\", \"caption\": \"x\"}\n[]", "x.json:2", "expected an object"},
        {"{\"image\": \"a.jpg\", \"caption\": [\"x\", 7]}", "caption 1 of a.jpg", "no text"},
        {"{\"image\": \"a.jpg\", \"caption\": \"\\ud800\\u0000\"}", "a.jpg", "no UTF-8"},
        {"{\"version\": 3, \"a.jpg\": \"x\"}", "version", "expected a list of photos"},
        {"\"text\"", "x.json", "expected a list or an object"},
        {"{\"image\": \"\", \"caption\": \"x\"}", "x.json", "name is empty"},
    };

    set_put("a.jpg", "x");
    set_put("x.json", wrong[_i].text);
    set_load_fails("x.json", TN_FORMAT, wrong[_i].word, wrong[_i].other);
}
END_TEST

START_TEST(an_imagefolder_has_a_file_or_one_in_each_split)
{
    struct data_set dataset;

    set_put_folder("train");
    set_put_folder("validation");
    set_put_folder("test");
    set_put_folder("test/deep");
    set_put("train/a.jpg", "x");
    set_put("train/metadata.jsonl", "{\"file_name\": \"a.jpg\", \"text\": \"A dog\"}\n");
    set_put("validation/a.jpg", "x");
    set_put("validation/metadata.csv", "file_name,text\na.jpg,\"A cat, wet\"\n");
    set_put("test/deep/c.jpg", "x");
    set_put("test/metadata.jsonl", "{\"file_name\": \"deep/c.jpg\", \"text\": \"A cow\"}\n");
    dataset = set_load("");
    ck_assert_uint_eq(dataset.photo_count, 3);
    set_check(&dataset, 0, "test/deep/c.jpg", DATA_SPLIT_TEST, 1, "A cow");
    set_check(&dataset, 1, "train/a.jpg", DATA_SPLIT_TRAIN, 1, "A dog");
    set_check(&dataset, 2, "validation/a.jpg", DATA_SPLIT_DEV, 1, "A cat, wet");
    data_set_finish(&dataset);
    set_put("a.jpg", "x");
    set_put("train/metadata.jsonl", "{\"file_name\": \"../a.jpg\", \"text\": \"A dog\"}\n");
    dataset = set_load("train");
    set_check(&dataset, 0, "../a.jpg", DATA_SPLIT_NONE, 1, "A dog");
    data_set_finish(&dataset);
}
END_TEST

START_TEST(parquet_is_refused_with_what_to_do)
{
    set_put_folder("data");
    set_put("data/metadata.parquet", "PAR1");
    set_load_fails("", TN_UNSUPPORTED, "data/metadata.parquet", "metadata.jsonl");
}
END_TEST

START_TEST(braces_name_several_files)
{
    struct data_set dataset;

    set_put("a.jpg", "x");
    set_put("b.jpg", "x");
    set_put("part-09.tsv", "a.jpg\tA dog\n");
    set_put("part-10.tsv", "b.jpg\tA cat\n");
    dataset = set_load("part-{09..10}.tsv");
    ck_assert_uint_eq(dataset.photo_count, 2);
    data_set_finish(&dataset);
    dataset = set_load("part-{10,09}.tsv");
    set_check(&dataset, 0, "b.jpg", DATA_SPLIT_NONE, 1, "A cat");
    data_set_finish(&dataset);
    set_load_fails("part-{09..11}.tsv", TN_NOTFOUND, "part-11.tsv", "No such file");
    set_load_fails("part-{9..x}.tsv", TN_FORMAT, "{0000..0123}", "part-");
    set_load_fails("part-{2..1}.tsv", TN_FORMAT, "{0000..0123}", "part-");
    set_load_fails("part-{0..99999999999999999999}.tsv", TN_FORMAT, "{0000..0123}", "part-");
    set_load_fails("{0..9999}{0..9999}.tsv", TN_RANGE, "files", "");
    set_put("x{y.tsv", "a.jpg\tA dog\n");
    dataset = set_load("x{y.tsv");
    data_set_finish(&dataset);
    set_put("x{y}.tsv", "a.jpg\tA dog\n");
    dataset = set_load("x{y}.tsv");
    data_set_finish(&dataset);
}
END_TEST

START_TEST(a_photo_of_two_sets_is_one_and_not_learnt_from_where_one_sets_it_aside)
{
    struct data_set all = {0}, first, second;

    set_put("a.jpg", "x");
    set_put("b.jpg", "x");
    set_put("one.json", "[{\"image\": \"a.jpg\", \"caption\": \"A dog\", \"split\": \"train\"}, "
                        "{\"image\": \"b.jpg\", \"caption\": \"A cat\", \"split\": \"train\"}]");
    set_put("two.json", "[{\"image\": \"a.jpg\", \"caption\": \"It runs\", \"split\": \"val\"}]");
    first = set_load("one.json");
    second = set_load("two.json");
    ck_assert_int_eq(data_set_append(&all, &first, NULL), TN_OK);
    ck_assert_int_eq(data_set_append(&all, &second, NULL), TN_OK);
    data_set_finish(&first);
    data_set_finish(&second);
    ck_assert_uint_eq(all.photo_count, 2);
    ck_assert_uint_eq(all.notes[DATA_NOTE_KNOWN].count, 1);
    set_check(&all, 0, "a.jpg", DATA_SPLIT_DEV, 2, "A dog");
    set_check(&all, 1, "b.jpg", DATA_SPLIT_TRAIN, 1, "A cat");
    data_set_finish(&all);
}
END_TEST

/* What is left out is counted, with the first names. */
START_TEST(captions_without_a_word_and_photos_without_a_caption_are_noted)
{
    const struct data_note *notes;
    struct data_set dataset;

    set_put_photo("a.jpg");
    set_put("a.txt", "A dog\n...\n");
    set_put_photo("b.jpg");
    set_put("b.txt", "?!\n");
    set_put_photo("c.jpg");
    set_put_photo("d.jpg");
    set_put("d.txt", "\xE7\x8B\x97\n");
    dataset = set_load("");
    notes = dataset.notes;
    ck_assert_uint_eq(dataset.photo_count, 2);
    ck_assert_uint_eq(dataset.caption_count, 2);
    ck_assert_uint_eq(notes[DATA_NOTE_WORDLESS].count, 2);
    ck_assert_str_eq(notes[DATA_NOTE_WORDLESS].first, "a.jpg, b.jpg");
    ck_assert_uint_eq(notes[DATA_NOTE_UNDESCRIBED].count, 2);
    ck_assert_str_eq(notes[DATA_NOTE_UNDESCRIBED].first, "c.jpg, b.jpg");
    data_set_finish(&dataset);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("dataset_forms");
    TCase *tcase = tcase_create("forms");

    tcase_add_checked_fixture(tcase, set_make_folder, set_remove_folder);
    tcase_add_loop_test(tcase, a_photo_as_an_object_has_many_forms, 0, 10);
    tcase_add_loop_test(tcase, what_is_no_data_set_is_said_with_its_place, 0, 9);
    tcase_add_test(tcase, an_imagefolder_has_a_file_or_one_in_each_split);
    tcase_add_test(tcase, parquet_is_refused_with_what_to_do);
    tcase_add_test(tcase, braces_name_several_files);
    tcase_add_test(tcase, a_photo_of_two_sets_is_one_and_not_learnt_from_where_one_sets_it_aside);
    tcase_add_test(tcase, captions_without_a_word_and_photos_without_a_caption_are_noted);
    suite_add_tcase(suite, tcase);
    return suite;
}
