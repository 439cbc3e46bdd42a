/* SPDX-License-Identifier: MIT */
/* WebDataset's tar files, sound and otherwise. */
#include "tests/support/dataset.h"
#include "tests/support/suite.h"
#include "tests/support/tar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char photo[] = "\xFF\xD8\xFF\xE0 a photo";

static void check_bytes(const struct data_set *dataset, size_t number)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    const struct data_place place = data_set_place(dataset, number);
    unsigned char *bytes;
    size_t size;

    ck_assert_int_eq(data_place_read(&place, &options, &bytes, &size, NULL), TN_OK);
    ck_assert_uint_eq(size, strlen(photo));
    ck_assert_mem_eq(bytes, photo, size);
    free(bytes);
}

/* ---- Tests ---- */

START_TEST(samples_are_files_of_one_name)
{
    FILE *file = tar_begin(set_in_folder("t.tar"));
    struct data_set dataset;

    tar_add_header(file, "d", '5', 0);
    tar_add(file, "d/000.jpg", photo);
    tar_add(file, "d/000.txt",
            "\xEF\xBB\xBF"
            "A dog\nIt runs\n");
    tar_add(file, "d/000.json", "{\"caption\": \"A dog\", \"width\": 8}"); /* the .txt counts */
    tar_add(file, "001.json", "{\"caption\": [\"A cat\"], \"width\": 8}");
    tar_add(file, "001.mask.jpg", photo);
    tar_add(file, "001.cls", "7");
    tar_add(file, "001.JPG", photo);
    tar_add(file, "._001.jpg", photo);
    tar_add(file, "002.png", photo);
    tar_add(file, "../../../003.jpg", photo); /* nothing is unpacked */
    tar_add(file, "../../../003.txt", "A cow");
    tar_finish(file);
    dataset = set_load("t.tar");
    ck_assert_uint_eq(dataset.photo_count, 3);
    set_check(&dataset, 0, "t.tar/d/000.jpg", DATA_SPLIT_NONE, 2, "A dog");
    set_check(&dataset, 1, "t.tar/001.JPG", DATA_SPLIT_NONE, 1, "A cat");
    set_check(&dataset, 2, "t.tar/../../../003.jpg", DATA_SPLIT_NONE, 1, "A cow");
    for (size_t i = 0; i < 3; i++)
        check_bytes(&dataset, i);
    ck_assert_uint_eq(dataset.notes[DATA_NOTE_UNDESCRIBED].count, 1);
    ck_assert_str_eq(dataset.notes[DATA_NOTE_UNDESCRIBED].first, "t.tar/002.png");
    data_set_finish(&dataset);
}
END_TEST

static void put_shard(const char *name, const char *caption)
{
    FILE *file = tar_begin(set_in_folder(name));

    tar_add(file, "0.jpg", photo);
    tar_add(file, "0.txt", caption);
    tar_finish(file);
}

START_TEST(shards_are_named_by_braces_or_by_their_folder)
{
    struct data_set dataset;

    set_put_folder("s");
    put_shard("s/train-0000.tar", "A dog");
    put_shard("s/train-0001.tar", "A cat");
    put_shard("s/val-0000.tar", "A cow");
    set_put("s/README", "shards");
    dataset = set_load("s");
    ck_assert_uint_eq(dataset.photo_count, 3);
    set_check(&dataset, 0, "train-0000.tar/0.jpg", DATA_SPLIT_TRAIN, 1, "A dog");
    set_check(&dataset, 2, "val-0000.tar/0.jpg", DATA_SPLIT_DEV, 1, "A cow");
    check_bytes(&dataset, 2);
    data_set_finish(&dataset);
    dataset = set_load("s/train-{0000..0001}.tar");
    ck_assert_uint_eq(dataset.photo_count, 2);
    data_set_finish(&dataset);
}
END_TEST

START_TEST(long_names_are_read)
{
    FILE *file = tar_begin(set_in_folder("t.tar"));
    struct data_set dataset;
    char name[300], pax[400];

    memset(name, 'n', 200);
    strcpy(name + 200, ".jpg");
    tar_add_long(file, 'L', name);
    tar_add(file, "short.jpg", photo);
    strcpy(name + 200, ".txt");
    snprintf(pax, sizeof pax, "%zu path=%s\n", strlen(name) + 10, name);
    tar_add_long(file, 'x', pax);
    tar_add(file, "short.txt", "A dog");
    tar_add(file,
            "gr\xC3\xB6\xC3\x9F"
            "e.jpg",
            photo);
    tar_add(file,
            "gr\xC3\xB6\xC3\x9F"
            "e.txt",
            "A cat");
    tar_finish(file);
    dataset = set_load("t.tar");
    ck_assert_uint_eq(dataset.photo_count, 2);
    check_bytes(&dataset, 0);
    set_check(&dataset, 1,
              "t.tar/gr\xC3\xB6\xC3\x9F"
              "e.jpg",
              DATA_SPLIT_NONE, 1, "A cat");
    data_set_finish(&dataset);
}
END_TEST

static void expect_failure(FILE *file, enum tn_status status, const char *word, const char *other)
{
    tar_finish(file);
    set_load_fails("t.tar", status, word, other);
}

START_TEST(links_and_holes_are_refused)
{
    FILE *file = tar_begin(set_in_folder("t.tar"));

    tar_add(file, "other.jpg", photo);
    tar_add_header(file, "0.jpg", '1', 0);
    expect_failure(file, TN_FORMAT, "t.tar/0.jpg", "--hard-dereference");
    file = tar_begin(set_in_folder("t.tar"));
    tar_add_header(file, "0.txt", '2', 0);
    expect_failure(file, TN_FORMAT, "t.tar/0.txt", "a link");
    file = tar_begin(set_in_folder("t.tar"));
    tar_add_header(file, "0.jpg", 'S', 16);
    tar_add_bytes(file, "\xFF\xD8\xFF\xE0 16 bytes...", 16);
    expect_failure(file, TN_FORMAT, "t.tar/0.jpg", "--sparse");
}
END_TEST

START_TEST(sizes_are_checked)
{
    FILE *file = tar_begin(set_in_folder("t.tar"));
    char *text = calloc(1, (1 << 20) + 2);

    tar_add_header(file, "0.jpg", '0', 1ULL << 40);
    tar_add_bytes(file, photo, strlen(photo));
    expect_failure(file, TN_FORMAT, "t.tar/0.jpg", "ends within it");
    file = tar_begin(set_in_folder("t.tar"));
    tar_add_header(file, "0.txt", '0', 100000);
    tar_add_bytes(file, "A dog", 5);
    expect_failure(file, TN_FORMAT, "t.tar/0.txt", "ends within it");
    file = tar_begin(set_in_folder("t.tar"));
    memset(text, 'a', (1 << 20) + 1);
    tar_add(file, "0.txt", text);
    expect_failure(file, TN_FORMAT, "t.tar/0.txt", "1 MiB");
    free(text);
}
END_TEST

START_TEST(what_is_no_tar_is_said)
{
    set_put("t.tar", "no tar");
    set_load_fails("t.tar", TN_FORMAT, "t.tar", "no tar");
    set_put("t.tar.gz", "\x1F\x8B");
    set_load_fails("t.tar.gz", TN_UNSUPPORTED, "t.tar.gz", "decompress it");
    set_put("t.tar", "\x1F\x8B\x08");
    set_load_fails("t.tar", TN_FORMAT, "t.tar", "no tar");
    set_put("t.tar", "");
    set_load_fails("t.tar", TN_FORMAT, "t.tar", "no tar");
    set_load_fails("{a,b}.tar", TN_NOTFOUND, "a.tar", "No such file");
}
END_TEST

/* Captions whose photo is not in the tar. */
START_TEST(samples_without_a_photo_are_missing_photos)
{
    FILE *file = tar_begin(set_in_folder("t.tar"));

    tar_add(file, "0.txt", "A dog");
    tar_add(file, "1.jpg", photo);
    tar_add(file, "1.txt", "A cat");
    expect_failure(file, TN_NOTFOUND, "1 of 2 photos", "t.tar/0");
}
END_TEST

START_TEST(texts_in_a_tar_are_named_where_they_are_wrong)
{
    FILE *file = tar_begin(set_in_folder("t.tar"));

    tar_add(file, "0.jpg", photo);
    tar_add(file, "0.json", "{\"caption\": \"A dog\"");
    expect_failure(file, TN_FORMAT, "t.tar", "too early");
    file = tar_begin(set_in_folder("t.tar"));
    tar_add(file, "0.jpg", photo);
    tar_add(file, "0.txt", "ok\ncaf\xE9\n");
    expect_failure(file, TN_FORMAT, "t.tar/0.txt:2", "UTF-8");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("dataset_tar");
    TCase *tcase = tcase_create("tar");

    tcase_add_checked_fixture(tcase, set_make_folder, set_remove_folder);
    tcase_add_test(tcase, samples_are_files_of_one_name);
    tcase_add_test(tcase, shards_are_named_by_braces_or_by_their_folder);
    tcase_add_test(tcase, long_names_are_read);
    tcase_add_test(tcase, links_and_holes_are_refused);
    tcase_add_test(tcase, sizes_are_checked);
    tcase_add_test(tcase, what_is_no_tar_is_said);
    tcase_add_test(tcase, samples_without_a_photo_are_missing_photos);
    tcase_add_test(tcase, texts_in_a_tar_are_named_where_they_are_wrong);
    suite_add_tcase(suite, tcase);
    return suite;
}
