/* SPDX-License-Identifier: MIT */
#include "data/sets/dataset.h"
#include "tests/support/dataset.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put_flickr8k(void)
{
    set_put_folder("Flicker8k_Dataset");
    set_put("Flicker8k_Dataset/a.jpg", "x");
    set_put("Flicker8k_Dataset/b.jpg", "x");
    set_put("Flickr8k.token.txt", "a.jpg#0\tA dog .\nb.jpg#0\tA cat .\na.jpg#1\tIt runs .\n"
                                  "gone.jpg.1#0\tNever published .\n");
    set_put("Flickr_8k.trainImages.txt", "a.jpg\r\n");
    set_put("Flickr_8k.devImages.txt", "b.jpg\n");
}

START_TEST(flickr8k_has_splits_and_drops_unlisted_photos)
{
    struct data_set dataset;

    put_flickr8k();
    dataset = set_load("");
    ck_assert_uint_eq(dataset.photo_count, 2);
    ck_assert_uint_eq(dataset.caption_count, 3);
    set_check(&dataset, 0, "a.jpg", DATA_SPLIT_TRAIN, 2, "A dog .");
    ck_assert_str_eq(data_set_caption(&dataset, 1), "It runs .");
    set_check(&dataset, 1, "b.jpg", DATA_SPLIT_DEV, 1, "A cat .");
    ck_assert_int_eq(access(data_set_path(&dataset, 0), R_OK), 0);
    data_set_finish(&dataset);
}
END_TEST

/* Spaces and quotes after the first space are the caption's. */
START_TEST(flickr8k_cn_has_splits_and_drops_unlisted_photos)
{
    struct data_set dataset;

    put_flickr8k();
    set_put("flickr8kzhc.caption.txt", "b.jpg#zhc#0 \"猫\" 在 T恤,上。\n"
                                       "b.jpg#zhc#1 两只猫。\n"
                                       "gone.jpg.1#zhc#0 没有。\na.jpg#zhc#0 狗\t跑。\n");
    dataset = set_load("flickr8kzhc.caption.txt");
    ck_assert_uint_eq(dataset.photo_count, 2);
    ck_assert_uint_eq(dataset.caption_count, 3);
    set_check(&dataset, 0, "b.jpg", DATA_SPLIT_DEV, 2, "\"猫\" 在 T恤,上。");
    ck_assert_str_eq(data_set_caption(&dataset, 1), "两只猫。");
    set_check(&dataset, 1, "a.jpg", DATA_SPLIT_TRAIN, 1, "狗\t跑。");
    data_set_finish(&dataset);
}
END_TEST

START_TEST(one_split_is_enough_to_be_there)
{
    const struct data_set_options options = {.splits = {DATA_SPLIT_DEV}};
    struct data_set dataset;

    put_flickr8k();
    ck_assert_int_eq(unlink(set_in_folder("Flicker8k_Dataset/a.jpg")), 0);
    ck_assert_int_eq(data_set_load(set_in_folder(""), &options, &dataset, NULL), TN_OK);
    ck_assert_uint_eq(dataset.photo_count, 1);
    set_check(&dataset, 0, "b.jpg", DATA_SPLIT_DEV, 1, "A cat .");
    data_set_finish(&dataset);
}
END_TEST

START_TEST(karpathy_has_splits)
{
    struct data_set dataset;

    set_put("a.jpg", "x");
    set_put("b.jpg", "x");
    set_put("dataset_x.json",
            "{\"images\": [{\"filename\": \"a.jpg\", \"split\": \"restval\", \"sentences\": "
            "[{\"raw\": \"A dog .\"}, {\"raw\": \"Un chi\\u00e9n\"}]}, {\"filename\": \"b.jpg\", "
            "\"split\": \"val\", \"sentences\": [{\"raw\": \"A cat\"}]}]}");
    dataset = set_load("");
    set_check(&dataset, 0, "a.jpg", DATA_SPLIT_TRAIN, 2, "A dog .");
    ck_assert_str_eq(data_set_caption(&dataset, 1), "Un chi\xC3\xA9n");
    set_check(&dataset, 1, "b.jpg", DATA_SPLIT_DEV, 1, "A cat");
    data_set_finish(&dataset);
}
END_TEST

START_TEST(coco_joins_by_id_and_tells_its_split_by_name)
{
    struct data_set dataset;

    set_put_folder("annotations");
    set_put_folder("val2017");
    set_put("val2017/7.jpg", "x");
    set_put("annotations/captions_val2017.json",
            "{\"annotations\": [{\"image_id\": 7, \"id\": 1, \"caption\": \"A bus\\n\"}], "
            "\"images\": [{\"id\": 7, \"file_name\": \"7.jpg\"}, {\"id\": 8, \"file_name\": "
            "\"8.jpg\"}]}");
    dataset = set_load("");
    ck_assert_uint_eq(dataset.photo_count, 1);
    set_check(&dataset, 0, "7.jpg", DATA_SPLIT_DEV, 1, "A bus");
    data_set_finish(&dataset);
}
END_TEST

START_TEST(tsv_keeps_quotes_and_groups_captions)
{
    struct data_set dataset;

    set_put_folder("images");
    set_put("images/a.jpg", "x");
    set_put("images/b.jpg", "x");
    set_put("captions.tsv", "\xEF\xBB\xBF"
                            "a.jpg\t\"A\" dog\r\nb.jpg\tA cat\n\na.jpg\tIt, runs");
    dataset = set_load("captions.tsv");
    set_check(&dataset, 0, "a.jpg", DATA_SPLIT_NONE, 2, "\"A\" dog");
    ck_assert_str_eq(data_set_caption(&dataset, 1), "It, runs");
    set_check(&dataset, 1, "b.jpg", DATA_SPLIT_NONE, 1, "A cat");
    data_set_finish(&dataset);
}
END_TEST

/* Each is a table of two photos, with a tab in a caption where it is a CSV. */
START_TEST(a_tab_makes_it_tsv_where_it_parts_fields)
{
    static const char *const tables[] = {
        "a.jpg,\"A\tdog\"\nb.jpg,A cat\n",   "\na.jpg,\"A \"\"big\"\"\tdog\"\nb.jpg,A cat\n",
        "a.jpg,\"A\n\tdog\"\nb.jpg,A cat\n", "\"a.jpg\",\"A\tdog\"\nb.jpg,A cat\n",
        "\na.jpg\tA dog\nb.jpg\tA cat\n",    "\r\n\r\na.jpg\tA dog, \"wet\nb.jpg\tA cat\n",
        "a.jpg\t\"A dog\nb.jpg\tA cat\n",    "a.jpg\tA dog,\"\nb.jpg\tA cat\n",
    };
    struct data_set dataset;

    set_put_folder("images");
    set_put("images/a.jpg", "x");
    set_put("images/b.jpg", "x");
    set_put("captions.csv", tables[_i]);
    dataset = set_load("captions.csv");
    ck_assert_uint_eq(dataset.photo_count, 2);
    data_set_finish(&dataset);
}
END_TEST

START_TEST(csv_is_rfc_4180)
{
    struct data_set dataset;

    set_put("a.jpg", "x");
    set_put("b.jpg", "x");
    set_put("captions.csv", "number,Caption,image\r\n1,\"A \"\"big\"\" dog, wet\",a.jpg\r\n"
                            "2,\"two\nlines\",b.jpg\r\n3,plain,a.jpg");
    dataset = set_load("");
    set_check(&dataset, 0, "a.jpg", DATA_SPLIT_NONE, 2, "A \"big\" dog, wet");
    set_check(&dataset, 1, "b.jpg", DATA_SPLIT_NONE, 1, "two\nlines");
    data_set_finish(&dataset);
}
END_TEST

START_TEST(sidecars_are_found_below_the_folder)
{
    struct data_set dataset;

    set_put_folder("trip");
    set_put_photo("trip/b.PNG");
    set_put("trip/b.txt", "A hill\n\nA lake\n");
    set_put_photo("a.jpg");
    set_put("a.jpg.txt", "A tent");
    set_put_photo("alone.jpg");
    dataset = set_load("");
    ck_assert_uint_eq(dataset.photo_count, 2);
    set_check(&dataset, 0, "a.jpg", DATA_SPLIT_NONE, 1, "A tent");
    set_check(&dataset, 1, "trip/b.PNG", DATA_SPLIT_NONE, 2, "A hill");
    data_set_finish(&dataset);
}
END_TEST

START_TEST(folders_of_other_programs_hold_no_data)
{
    static const char *const folders[] = {"@eaDir", "#recycle", "Previews.lrdata", ".thumbnails"};
    struct data_set dataset;
    char name[64];

    set_put_photo("a.jpg");
    set_put("a.txt", "A tent");
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        set_put_folder(folders[i]);
        snprintf(name, sizeof name, "%s/b.jpg", folders[i]);
        set_put_photo(name);
        snprintf(name, sizeof name, "%s/b.txt", folders[i]);
        set_put(name, "A thumbnail");
    }
    dataset = set_load("");
    ck_assert_uint_eq(dataset.photo_count, 1);
    data_set_finish(&dataset);
    dataset = set_load("@eaDir"); /* which is named */
    ck_assert_uint_eq(dataset.photo_count, 1);
    data_set_finish(&dataset);
}
END_TEST

START_TEST(photos_are_told_by_what_they_hold)
{
    struct data_set dataset;

    set_put_photo("a");
    set_put("a.txt", "BMW in the rain"); /* a BMP begins with "BM" */
    set_put("a.txt.txt", "it has captions");
    set_put_photo("b.jfif");
    set_put("b.txt", "A boat");
    set_put_photo("c.JPG");
    set_put("c.JPG.txt", "A cat");
    set_put("d.jpg", "no photo, whatever its name is");
    set_put("d.txt", "A dog");
    set_put_photo("d.png");
    set_put_photo("e.JPG.txt");
    set_put("e.JPG.txt.txt", "An eel");
    set_put_photo("f.txt");
    set_put_photo("g.tmp1.2"); /* what a writer has not finished */
    set_put("g.tmp1.txt", "A goat");
    dataset = set_load("");
    ck_assert_uint_eq(dataset.photo_count, 5);
    set_check(&dataset, 0, "a", DATA_SPLIT_NONE, 1, "BMW in the rain");
    set_check(&dataset, 1, "b.jfif", DATA_SPLIT_NONE, 1, "A boat");
    set_check(&dataset, 2, "c.JPG", DATA_SPLIT_NONE, 1, "A cat");
    set_check(&dataset, 3, "d.png", DATA_SPLIT_NONE, 1, "A dog");
    set_check(&dataset, 4, "e.JPG.txt", DATA_SPLIT_NONE, 1, "An eel");
    data_set_finish(&dataset);
}
END_TEST

/* As `caption` itself writes them: the first photo of a stem has stem.txt. */
START_TEST(photos_of_one_stem_have_the_captions_that_were_written_for_them)
{
    static const char *const photos[] = {"w",     "w.jpg", "x.jpg",   "x.png",
                                         "y.jpg", "y.png", "z.w.jpg", "z.jpg"};
    struct data_set dataset;

    for (size_t i = 0; i < sizeof photos / sizeof photos[0]; i++)
        set_put_photo(photos[i]);
    set_put("w.txt", "a cow");
    set_put("x.txt", "a cat");
    set_put("x.png.txt", "a mug");
    set_put("y.txt", "a dog");
    set_put("z.txt", "a tree");
    set_put("z.w.txt", "a sea");
    dataset = set_load("");
    ck_assert_uint_eq(dataset.photo_count, 6);
    set_check(&dataset, 0, "w", DATA_SPLIT_NONE, 1, "a cow");
    set_check(&dataset, 1, "x.jpg", DATA_SPLIT_NONE, 1, "a cat");
    set_check(&dataset, 2, "x.png", DATA_SPLIT_NONE, 1, "a mug");
    set_check(&dataset, 3, "y.jpg", DATA_SPLIT_NONE, 1, "a dog");
    set_check(&dataset, 4, "z.jpg", DATA_SPLIT_NONE, 1, "a tree");
    set_check(&dataset, 5, "z.w.jpg", DATA_SPLIT_NONE, 1, "a sea");
    data_set_finish(&dataset);
}
END_TEST

START_TEST(what_trainers_of_image_models_call_a_caption_is_read)
{
    struct data_set dataset;

    set_put_photo("a.jpg");
    set_put("a.caption", "a cat");
    set_put_photo("b.jpg");
    set_put("b.jpg.caption", "a cow");
    set_put_photo("c.jpg");
    set_put("c.caption", "not this");
    set_put("c.txt", "a dog");
    set_put_photo("d.caption");
    set_put("d.txt", "a deer");
    set_put_photo("E.JPG");
    set_put("E.TXT", "an eel");
    dataset = set_load("");
    ck_assert_uint_eq(dataset.photo_count, 5);
    set_check(&dataset, 0, "E.JPG", DATA_SPLIT_NONE, 1, "an eel");
    set_check(&dataset, 1, "a.jpg", DATA_SPLIT_NONE, 1, "a cat");
    set_check(&dataset, 2, "b.jpg", DATA_SPLIT_NONE, 1, "a cow");
    set_check(&dataset, 3, "c.jpg", DATA_SPLIT_NONE, 1, "a dog");
    set_check(&dataset, 4, "d.caption", DATA_SPLIT_NONE, 1, "a deer");
    data_set_finish(&dataset);
}
END_TEST

START_TEST(folders_that_lead_back_are_read_once)
{
    struct data_set dataset;

    set_put_folder("a");
    set_put_photo("a/one.jpg");
    set_put("a/one.txt", "a cat");
    ck_assert_int_eq(symlink(".", set_in_folder("a/again")), 0);
    ck_assert_int_eq(symlink("../a", set_in_folder("a/and again")), 0);
    ck_assert_int_eq(symlink("a", set_in_folder("b")), 0); /* no loop: another name */
    dataset = set_load("");
    ck_assert_uint_eq(dataset.photo_count, 2);
    set_check(&dataset, 0, "a/one.jpg", DATA_SPLIT_NONE, 1, "a cat");
    set_check(&dataset, 1, "b/one.jpg", DATA_SPLIT_NONE, 1, "a cat");
    data_set_finish(&dataset);
}
END_TEST

START_TEST(missing_photos_are_named_or_left_out)
{
    const struct data_set_options options = {.skip_missing = true};
    struct data_set dataset;

    set_put("a.jpg", "x");
    set_put("captions.tsv", "a.jpg\tA dog\ngone.jpg\tA cat\nlost.jpg\tA cow\n");
    set_load_fails("captions.tsv", TN_NOTFOUND, "2 of 3 photos", "gone.jpg, lost.jpg");
    ck_assert_int_eq(data_set_load(set_in_folder("captions.tsv"), &options, &dataset, NULL), TN_OK);
    ck_assert_uint_eq(dataset.notes[DATA_NOTE_MISSING].count, 2);
    ck_assert_uint_eq(dataset.photo_count, 1);
    ck_assert_uint_eq(dataset.caption_count, 1);
    data_set_finish(&dataset);
}
END_TEST

START_TEST(broken_files_are_errors_with_their_place)
{
    set_put("a.jpg", "x");
    set_put("open.csv", "image,caption\na.jpg,ok\na.jpg,\"never closed\n\n");
    set_load_fails("open.csv", TN_FORMAT, "open.csv:3", "not closed");
    set_put("after.csv", "a.jpg,\"text\"more\n");
    set_load_fails("after.csv", TN_FORMAT, "after.csv:1", "closing quote");
    set_put("one.tsv", "a.jpg\tok\nb.jpg\n");
    set_load_fails("one.tsv", TN_FORMAT, "one.tsv:2", "1 column");
    set_put("cut.json", "{\"images\": [{\"filename\": \"a.jpg\"");
    set_load_fails("cut.json", TN_FORMAT, "cut.json", "too early");
    set_put("other.json", "{\"pictures\": []}");
    set_load_fails("other.json", TN_FORMAT, "other.json", "images");
    set_put("list.json", "[1, 2]"); /* by its name no table */
    set_load_fails("list.json", TN_FORMAT, "list.json: item 1", "file_name");
    set_put("split.json", "{\"images\": [{\"filename\": \"a.jpg\", \"split\": \"best\", "
                          "\"sentences\": []}]}");
    set_load_fails("split.json", TN_FORMAT, "item 1: a.jpg", "\"best\"");
    set_put("ids.json", "{\"images\": [{\"id\": 1, \"file_name\": \"a.jpg\"}], \"annotations\": "
                        "[{\"image_id\": 2, \"caption\": \"x\"}]}");
    set_load_fails("ids.json", TN_FORMAT, "annotation 0", "image 2");
}
END_TEST

START_TEST(nothing_to_read_is_said)
{
    set_put_folder("empty");
    set_load_fails("empty", TN_NOTFOUND, "neither a captions file", "empty");
    set_load_fails("nowhere", TN_NOTFOUND, "nowhere", "No such file");
    set_put("blank.tsv", "\n");
    set_load_fails("blank.tsv", TN_NOTFOUND, "blank.tsv", "no captions");
}
END_TEST

START_TEST(sets_are_joined)
{
    struct data_set all = {0}, first, second;

    set_put("a.jpg", "x");
    set_put("b.jpg", "x");
    set_put("one.tsv", "a.jpg\tA dog\n");
    set_put("two.csv", "b.jpg,A cat\nb.jpg,It sleeps\n");
    first = set_load("one.tsv");
    second = set_load("two.csv");
    ck_assert_int_eq(data_set_append(&all, &first, NULL), TN_OK);
    ck_assert_int_eq(data_set_append(&all, &second, NULL), TN_OK);
    data_set_finish(&first);
    data_set_finish(&second);
    ck_assert_uint_eq(all.photo_count, 2);
    ck_assert_uint_eq(all.caption_count, 3);
    set_check(&all, 0, "a.jpg", DATA_SPLIT_NONE, 1, "A dog");
    set_check(&all, 1, "b.jpg", DATA_SPLIT_NONE, 2, "A cat");
    data_set_finish(&all);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("dataset");
    TCase *tcase = tcase_create("dataset");

    tcase_add_checked_fixture(tcase, set_make_folder, set_remove_folder);
    tcase_add_test(tcase, flickr8k_has_splits_and_drops_unlisted_photos);
    tcase_add_test(tcase, flickr8k_cn_has_splits_and_drops_unlisted_photos);
    tcase_add_test(tcase, one_split_is_enough_to_be_there);
    tcase_add_test(tcase, karpathy_has_splits);
    tcase_add_test(tcase, coco_joins_by_id_and_tells_its_split_by_name);
    tcase_add_test(tcase, tsv_keeps_quotes_and_groups_captions);
    tcase_add_loop_test(tcase, a_tab_makes_it_tsv_where_it_parts_fields, 0, 8);
    tcase_add_test(tcase, csv_is_rfc_4180);
    tcase_add_test(tcase, sidecars_are_found_below_the_folder);
    tcase_add_test(tcase, folders_of_other_programs_hold_no_data);
    tcase_add_test(tcase, photos_are_told_by_what_they_hold);
    tcase_add_test(tcase, what_trainers_of_image_models_call_a_caption_is_read);
    tcase_add_test(tcase, photos_of_one_stem_have_the_captions_that_were_written_for_them);
    tcase_add_test(tcase, folders_that_lead_back_are_read_once);
    tcase_add_test(tcase, missing_photos_are_named_or_left_out);
    tcase_add_test(tcase, broken_files_are_errors_with_their_place);
    tcase_add_test(tcase, nothing_to_read_is_said);
    tcase_add_test(tcase, sets_are_joined);
    suite_add_tcase(suite, tcase);
    return suite;
}
