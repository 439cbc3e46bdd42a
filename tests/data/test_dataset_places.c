/* SPDX-License-Identifier: MIT */
/* Photos whose names in a list are not quite those of their files. */
#include "tests/support/dataset.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

/* A name as a list has it, and whether that counts as another name. */
START_TEST(a_photo_is_found_by_what_its_name_means)
{
    static const struct {
        const char *name;
        size_t renamed;
    } names[] = {
        {"./photos/Caf\xC3\xA9 1.jpg", 0},
        {"photos\\Caf\xC3\xA9 1.jpg", 1},
        {"C:\\Users\\me\\photos\\Caf\xC3\xA9 1.jpg", 1},
        {"/home/me/photos/Caf\xC3\xA9 1.jpg", 1},
        {"file:///home/me/photos/Caf%C3%A9%201.jpg", 1},
        {"photos/Cafe\xCC\x81 1.jpg", 1}, /* decomposed, as macOS writes it */
        {"PHOTOS/CAF\xC3\x89 1.JPG", 1},
        {"photos/Caf\xC3\xA9 1", 1}, /* without its extension */
    };
    struct data_set dataset;
    char table[200];

    set_put_folder("photos");
    set_put("photos/Caf\xC3\xA9 1.jpg", "x");
    set_put("photos/other.jpg", "x");
    snprintf(table, sizeof table, "%s\tA cup\n", names[_i].name);
    set_put("t.tsv", table);
    dataset = set_load("t.tsv");
    ck_assert_uint_eq(dataset.notes[DATA_NOTE_RENAMED].count, names[_i].renamed);
    ck_assert_int_eq(access(data_set_path(&dataset, 0), R_OK), 0);
    ck_assert_ptr_nonnull(strstr(data_set_path(&dataset, 0), "photos/"));
    ck_assert_str_eq(data_set_caption(&dataset, 0), "A cup");
    data_set_finish(&dataset);
}
END_TEST

/* The same photo under two names is one; of two that could be meant, none is. */
START_TEST(names_of_one_file_are_one_photo)
{
    struct data_set dataset;

    set_put("a.jpg", "x");
    set_put("B.jpg", "x");
    set_put("b.JPG", "x");
    set_put("t.tsv", "a.jpg\tA dog\n./a.jpg\tIt runs\nA.JPG\tIt is wet\n");
    dataset = set_load("t.tsv");
    ck_assert_uint_eq(dataset.photo_count, 1);
    set_check(&dataset, 0, "a.jpg", DATA_SPLIT_NONE, 3, "A dog");
    data_set_finish(&dataset);
    set_put("t.tsv", "a.jpg\tA dog\nb.jpg\tA cat\n");
    set_load_fails("t.tsv", TN_NOTFOUND, "1 of 2 photos", "b.jpg");
    /* a name is cut between characters */
    set_put("t.tsv", "a.jpg\tA dog\n12345678901234567890123456789012345678901234567890123456789"
                     "\xC3\xA9.jpg\tA cat\n");
    set_load_fails("t.tsv", TN_NOTFOUND, "1 of 2 photos",
                   "12345678901234567890123456789012345678901234567890123456789)");
}
END_TEST

/* Absolute names are found by their ends, as much of them as there is; two photos that the folder
 * has one file for are not made one. */
START_TEST(ends_of_names_are_taken_where_they_are_clear)
{
    struct data_set dataset;

    set_put_folder("a");
    set_put_folder("b");
    set_put("a/1.jpg", "x");
    set_put("b/1.jpg", "x");
    set_put("1.jpg", "x");
    set_put("t.tsv", "/other/a/1.jpg\tA dog\nD:\\other\\b\\1.jpg\tA cat\n/1.jpg\tA bird\n");
    dataset = set_load("t.tsv");
    ck_assert_uint_eq(dataset.photo_count, 3);
    ck_assert_uint_eq(dataset.notes[DATA_NOTE_RENAMED].count, 3);
    ck_assert_ptr_nonnull(strstr(data_set_path(&dataset, 1), "/b/1.jpg"));
    data_set_finish(&dataset);
    set_put("t.tsv", "/x/a/1.jpg\tA dog\nX:\\x\\a\\1.jpg\tIt runs\n1.jpg\tA cat\n");
    dataset = set_load("t.tsv");
    ck_assert_uint_eq(dataset.photo_count, 2);
    data_set_finish(&dataset);
    set_put("t.tsv", "/x/c/1.jpg\tA dog\n/x/d/1.jpg\tA cat\n");
    set_load_fails("t.tsv", TN_FORMAT, "/x/c/1.jpg and /x/d/1.jpg may both be", "--images");
}
END_TEST

START_TEST(a_part_of_a_file_is_read)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct data_place place = {"t/a.jpg", NULL, 2, 3};
    unsigned char *bytes;
    struct tn_error err;
    char path[512];
    size_t size;

    set_put("t", "01abc5");
    strcpy(path, set_in_folder("t"));
    place.file = path;
    ck_assert_int_eq(data_place_read(&place, &options, &bytes, &size, NULL), TN_OK);
    ck_assert_uint_eq(size, 3);
    ck_assert_mem_eq(bytes, "abc", 3);
    free(bytes);
    place.size = 5;
    ck_assert_int_eq(data_place_read(&place, &options, &bytes, &size, &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "t/a.jpg"));
    place.size = SIZE_MAX;
    ck_assert_int_eq(data_place_read(&place, &options, &bytes, &size, &err), TN_RANGE);
    place = data_place_of_file(path);
    ck_assert_int_eq(data_place_read(&place, &options, &bytes, &size, NULL), TN_OK);
    ck_assert_uint_eq(size, 6);
    free(bytes);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("dataset_places");
    TCase *tcase = tcase_create("places");

    tcase_add_checked_fixture(tcase, set_make_folder, set_remove_folder);
    tcase_add_loop_test(tcase, a_photo_is_found_by_what_its_name_means, 0, 8);
    tcase_add_test(tcase, names_of_one_file_are_one_photo);
    tcase_add_test(tcase, ends_of_names_are_taken_where_they_are_clear);
    tcase_add_test(tcase, a_part_of_a_file_is_read);
    suite_add_tcase(suite, tcase);
    return suite;
}
