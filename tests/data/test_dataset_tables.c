/* SPDX-License-Identifier: MIT */
/* Tables as spreadsheets, editors and people write them. */
#include "tests/support/dataset.h"
#include "tests/support/suite.h"

#include <stdio.h>

static void put_photos(void)
{
    set_put("a.jpg", "x");
    set_put("b.jpg", "x");
}

/* Each table says "A dog, wet" of a.jpg, and "A cat" of b.jpg. */
START_TEST(tables_say_the_same_in_many_ways)
{
    static const char *const tables[] = {
        "a.jpg,\"A dog, wet\"\nb.jpg,A cat\n",
        "\xEF\xBB\xBFimage_name,title\r\na.jpg,\"A dog, wet\"\r\nb.jpg,A cat\r\n",
        "a.jpg\tA dog, wet\rb.jpg\tA cat\r",
        "image;caption\na.jpg;A dog, wet\nb.jpg;A cat\n",
        "a.jpg;A dog, wet\nb.jpg;A cat\n",
        "image_name| comment_number| comment\na.jpg| 0| A dog, wet\nb.jpg| 0| A cat\n",
        "filepath\ttitle\na.jpg\t\"A dog, wet\"\nb.jpg\tA cat\n",
        "name,image,description\n1,a.jpg,\"A dog, wet\"\n2,b.jpg,A cat\n",
        "image,caption,,\na.jpg,\"A dog, wet\",,\nb.jpg,A cat\n",
        "id,Alt,PATH\n1,\"A dog, wet\",a.jpg\n2,A cat,b.jpg\n",
        "image,title,caption\na.jpg,no,\"A dog, wet\"\nb.jpg,no,A cat\n",
        "\n\nimage , caption\na.jpg , \"A dog, wet\"\nb.jpg,A cat\n",
    };
    struct data_set dataset;

    put_photos();
    set_put("t.csv", tables[_i]);
    dataset = set_load("t.csv");
    ck_assert_uint_eq(dataset.photo_count, 2);
    set_check(&dataset, 0, "a.jpg", DATA_SPLIT_NONE, 1, "A dog, wet");
    set_check(&dataset, 1, "b.jpg", DATA_SPLIT_NONE, 1, "A cat");
    data_set_finish(&dataset);
}
END_TEST

START_TEST(several_columns_may_be_captions_and_one_a_split)
{
    struct data_set dataset;

    put_photos();
    set_put("t.csv", "image,caption_1,caption_2,title,split\na.jpg,A dog,It runs,no,validation\n"
                     "b.jpg,A cat,,no,train\n");
    dataset = set_load("t.csv");
    set_check(&dataset, 0, "a.jpg", DATA_SPLIT_DEV, 2, "A dog");
    ck_assert_str_eq(data_set_caption(&dataset, 1), "It runs");
    set_check(&dataset, 1, "b.jpg", DATA_SPLIT_TRAIN, 1, "A cat");
    data_set_finish(&dataset);
}
END_TEST

/* With tabs, a field is quoted only if it is so as a whole, within its line. */
START_TEST(quotes_in_a_tsv_mostly_belong_to_the_caption)
{
    static const char *const captions[][2] = {
        {"\"A\" dog", "\"A\" dog"}, {"\"A dog", "\"A dog"},
        {"a \"big\"", "a \"big\""}, {"\"A \"\"big\"\" dog\"", "A \"big\" dog"},
        {"\"A\tdog\"", "A\tdog"},   {"\"A\" and \"B\"", "\"A\" and \"B\""},
        {"\"A dog\"\r", "A dog"}};
    struct data_set dataset;
    char table[100];

    put_photos();
    snprintf(table, sizeof table, "a.jpg\t%s\nb.jpg\tA \"cat\"\n", captions[_i][0]);
    set_put("t.tsv", table);
    dataset = set_load("t.tsv");
    set_check(&dataset, 0, "a.jpg", DATA_SPLIT_NONE, 1, captions[_i][1]);
    set_check(&dataset, 1, "b.jpg", DATA_SPLIT_NONE, 1, "A \"cat\"");
    data_set_finish(&dataset);
}
END_TEST

START_TEST(a_row_that_is_written_twice_is_read_once)
{
    struct data_set dataset;

    put_photos();
    set_put("t.tsv", "a.jpg\tA dog\r\nb.jpg\tA cat\na.jpg\tA dog\na.jpg\tIt runs\nb.jpg\tA cat");
    dataset = set_load("t.tsv");
    ck_assert_uint_eq(dataset.caption_count, 3);
    ck_assert_uint_eq(dataset.notes[DATA_NOTE_REPEATED].count, 2);
    ck_assert_str_eq(dataset.notes[DATA_NOTE_REPEATED].first, "line 3, line 5");
    data_set_finish(&dataset);
    /* two people said the same */
    set_put("t.tsv", "a.jpg#0\tA dog\na.jpg#1\tA dog\n");
    dataset = set_load("t.tsv");
    ck_assert_uint_eq(dataset.caption_count, 2);
    data_set_finish(&dataset);
}
END_TEST

START_TEST(what_is_wrong_is_said_with_its_line)
{
    static const struct {
        const char *text, *word, *other;
    } wrong[] = {
        {"image,caption\na.jpg,ok\na.jpg,A dog, wet\n", "t.csv:3", "a ',' in double quotes"},
        {"a.jpg,A dog, wet\n", "t.csv:1", "expected 2 columns, found 3"},
        {"a.jpg\tA dog\tby me\n", "t.csv:1", "name the columns in the first row"},
        {"a.jpg,ok\nb.jpg\n", "t.csv:2", "found 1 column"},
        {"a.jpg,ok\n,A cat\n", "t.csv:2", "name is empty"},
        {"a.jpg\tok\nb.jpg\tcaf\xE9\n", "t.csv:2", "b.jpg is no UTF-8"},
        {"image,caption,split\na.jpg,ok,best\n", "t.csv:2", "unknown split \"best\""},
        {"\xFF\xFE"
         "a",
         "t.csv", "UTF-16"},
        {"url,caption\nhttps://x.org/a.jpg,A dog\n", "t.csv:2", "download"},
        {"image,caption\na.jpg,\"two\nlines\"\nb.jpg,\"open\n", "t.csv:4", "not closed"},
    };

    put_photos();
    set_put("t.csv", wrong[_i].text);
    set_load_fails("t.csv", TN_FORMAT, wrong[_i].word, wrong[_i].other);
}
END_TEST

START_TEST(nul_bytes_are_said_with_their_line)
{
    FILE *file = fopen(set_in_folder("t.csv"), "wb");

    fwrite("a.jpg,A dog\nb\0b.jpg,A cat\n", 1, 26, file);
    fclose(file);
    set_load_fails("t.csv", TN_FORMAT, "line 2", "NUL");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("dataset_tables");
    TCase *tcase = tcase_create("tables");

    tcase_add_checked_fixture(tcase, set_make_folder, set_remove_folder);
    tcase_add_loop_test(tcase, tables_say_the_same_in_many_ways, 0, 12);
    tcase_add_test(tcase, several_columns_may_be_captions_and_one_a_split);
    tcase_add_loop_test(tcase, quotes_in_a_tsv_mostly_belong_to_the_caption, 0, 7);
    tcase_add_test(tcase, a_row_that_is_written_twice_is_read_once);
    tcase_add_loop_test(tcase, what_is_wrong_is_said_with_its_line, 0, 10);
    tcase_add_test(tcase, nul_bytes_are_said_with_their_line);
    suite_add_tcase(suite, tcase);
    return suite;
}
