/* SPDX-License-Identifier: MIT */
/* WebDataset's tar files, sound and otherwise. */
#include "tests/support/dataset.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 512 };
static const char photo[] = "\xFF\xD8\xFF\xE0 a photo";

/* ---- A tar ---- */

static FILE *begin(const char *name)
{
    FILE *file = fopen(set_in_folder(name), "wb");

    ck_assert_ptr_nonnull(file);
    return file;
}

/* By POSIX' ustar; a size beyond 8^11 in GNU's base 256.  kind: '0' a file, '1' a hard link, '2' a
 * symbolic one, '5' a folder, 'x' pax attributes, 'L' GNU's long name, 'S' a file with holes. */
static void add_header(FILE *file, const char *name, char kind, unsigned long long size)
{
    unsigned char header[BLOCK] = {0};
    unsigned sum = 0;

    snprintf((char *)header, 100, "%s", name);
    memcpy(header + 100,
           "0000644\0"
           "0000000\0"
           "0000000\0",
           24);
    if (size < 1ULL << 33)
        snprintf((char *)header + 124, 12, "%011llo", size);
    for (int i = 0; size >= 1ULL << 33 && i < 8; i++)
        header[135 - i] = (unsigned char)(size >> 8 * i & 0xFF);
    header[124] |= size >= 1ULL << 33 ? 0x80 : 0;
    memcpy(header + 136, "00000000000", 12);
    memset(header + 148, ' ', 8);
    header[156] = (unsigned char)kind;
    if (kind == '1' || kind == '2')
        memcpy(header + 157, "other.jpg", 9);
    memcpy(header + 257,
           "ustar\0"
           "00",
           8);
    if (kind == 'S') { /* bytes 0 and 1 of 4096 are there */
        memcpy(header + 257, "ustar  ", 8);
        memcpy(header + 386,
               "00000000000\0"
               "00000000020\0",
               24);
        memcpy(header + 483, "00000010000", 12);
    }
    for (int i = 0; i < BLOCK; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
    fwrite(header, 1, BLOCK, file);
}

static void add_bytes(FILE *file, const char *bytes, size_t size)
{
    static const char zeros[BLOCK];

    fwrite(bytes, 1, size, file);
    fwrite(zeros, 1, (BLOCK - size % BLOCK) % BLOCK, file);
}

static void add(FILE *file, const char *name, const char *text)
{
    add_header(file, name, '0', strlen(text));
    add_bytes(file, text, strlen(text));
}

static void add_long(FILE *file, char kind, const char *text)
{
    add_header(file, "long", kind, strlen(text));
    add_bytes(file, text, strlen(text));
}

static void finish(FILE *file)
{
    static const char zeros[2 * BLOCK];

    fwrite(zeros, 1, sizeof zeros, file);
    fclose(file);
}

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
    FILE *file = begin("t.tar");
    struct data_set dataset;

    add_header(file, "d", '5', 0);
    add(file, "d/000.jpg", photo);
    add(file, "d/000.txt",
        "\xEF\xBB\xBF"
        "A dog\nIt runs\n");
    add(file, "d/000.json", "{\"caption\": \"A dog\", \"width\": 8}"); /* the .txt counts */
    add(file, "001.json", "{\"caption\": [\"A cat\"], \"width\": 8}");
    add(file, "001.mask.jpg", photo);
    add(file, "001.cls", "7");
    add(file, "001.JPG", photo);
    add(file, "._001.jpg", photo);
    add(file, "002.png", photo);
    add(file, "../../../003.jpg", photo); /* nothing is unpacked */
    add(file, "../../../003.txt", "A cow");
    finish(file);
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
    FILE *file = begin(name);

    add(file, "0.jpg", photo);
    add(file, "0.txt", caption);
    finish(file);
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
    FILE *file = begin("t.tar");
    struct data_set dataset;
    char name[300], pax[400];

    memset(name, 'n', 200);
    strcpy(name + 200, ".jpg");
    add_long(file, 'L', name);
    add(file, "short.jpg", photo);
    strcpy(name + 200, ".txt");
    snprintf(pax, sizeof pax, "%zu path=%s\n", strlen(name) + 10, name);
    add_long(file, 'x', pax);
    add(file, "short.txt", "A dog");
    add(file,
        "gr\xC3\xB6\xC3\x9F"
        "e.jpg",
        photo);
    add(file,
        "gr\xC3\xB6\xC3\x9F"
        "e.txt",
        "A cat");
    finish(file);
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
    finish(file);
    set_load_fails("t.tar", status, word, other);
}

START_TEST(links_and_holes_are_refused)
{
    FILE *file = begin("t.tar");

    add(file, "other.jpg", photo);
    add_header(file, "0.jpg", '1', 0);
    expect_failure(file, TN_FORMAT, "t.tar/0.jpg", "--hard-dereference");
    file = begin("t.tar");
    add_header(file, "0.txt", '2', 0);
    expect_failure(file, TN_FORMAT, "t.tar/0.txt", "a link");
    file = begin("t.tar");
    add_header(file, "0.jpg", 'S', 16);
    add_bytes(file, "\xFF\xD8\xFF\xE0 16 bytes...", 16);
    expect_failure(file, TN_FORMAT, "t.tar/0.jpg", "--sparse");
}
END_TEST

START_TEST(sizes_are_checked)
{
    FILE *file = begin("t.tar");
    char *text = calloc(1, (1 << 20) + 2);

    add_header(file, "0.jpg", '0', 1ULL << 40);
    add_bytes(file, photo, strlen(photo));
    expect_failure(file, TN_FORMAT, "t.tar/0.jpg", "ends within it");
    file = begin("t.tar");
    add_header(file, "0.txt", '0', 100000);
    add_bytes(file, "A dog", 5);
    expect_failure(file, TN_FORMAT, "t.tar/0.txt", "ends within it");
    file = begin("t.tar");
    memset(text, 'a', (1 << 20) + 1);
    add(file, "0.txt", text);
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
    FILE *file = begin("t.tar");

    add(file, "0.txt", "A dog");
    add(file, "1.jpg", photo);
    add(file, "1.txt", "A cat");
    expect_failure(file, TN_NOTFOUND, "1 of 2 photos", "t.tar/0");
}
END_TEST

START_TEST(texts_in_a_tar_are_named_where_they_are_wrong)
{
    FILE *file = begin("t.tar");

    add(file, "0.jpg", photo);
    add(file, "0.json", "{\"caption\": \"A dog\"");
    expect_failure(file, TN_FORMAT, "t.tar", "too early");
    file = begin("t.tar");
    add(file, "0.jpg", photo);
    add(file, "0.txt", "ok\ncaf\xE9\n");
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
