/* SPDX-License-Identifier: MIT */
/* The file of pool5: what it gives back, and what becomes of one that is damaged or foreign. */
#include "base/rng.h"
#include "cnn/int8/int8_trunk.h"
#include "data/pool5_private.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PHOTOS = 5, VIEWS = 2, RECORD = 32 + VIEWS * CNN_POOL5, FRONT = 64 };

static char folder[TEST_FOLDER_SIZE], path[TEST_FOLDER_SIZE + 8];
static float *values;          /* [PHOTOS][VIEWS][CNN_POOL5] */
static unsigned char *records; /* [PHOTOS][RECORD] */

static struct data_photo_id id_of(size_t photo)
{
    return (struct data_photo_id){1000 + photo, 77 * (photo + 1), 0};
}

static void set_up(void)
{
    struct tn_rng rng;

    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/pool5", folder);
    values = malloc(PHOTOS * VIEWS * CNN_POOL5 * sizeof *values);
    records = malloc(PHOTOS * RECORD);
    tn_rng_init(&rng, 1);
    for (size_t i = 0; i < PHOTOS * VIEWS * CNN_POOL5; i++) /* half of them 0, as behind a ReLU */
        values[i] = fmaxf(0, (float)(i / CNN_POOL5 + 1) * tn_rng_normal(&rng));
    ck_assert_uint_eq(data_pool5_record(CNN_POOL5, VIEWS), RECORD);
    for (size_t i = 0; i < PHOTOS; i++) {
        const struct data_photo_id id = id_of(i);

        data_pool5_pack(&id, values + i * VIEWS * CNN_POOL5, CNN_POOL5, VIEWS,
                        records + i * RECORD);
    }
}

static void tear_down(void)
{
    free(values);
    free(records);
    test_folder_remove(folder);
}

/* Writes a file of the first `count` photos. */
static void write_file(size_t count)
{
    struct pool5_file file;

    ck_assert_int_eq(pool5_file_open(&file, path, "0123456789abcdef", VIEWS, NULL), TN_OK);
    ck_assert_int_eq(pool5_file_append(&file, records, count, NULL), TN_OK);
    pool5_file_close(&file);
}

static off_t size_of_file(void)
{
    struct stat info;

    ck_assert_int_eq(stat(path, &info), 0);
    return info.st_size;
}

/* Opens it again; returns how many whole records it has. */
static size_t count_again(void)
{
    struct pool5_file file;
    size_t count;

    ck_assert_int_eq(pool5_file_open(&file, path, "0123456789abcdef", VIEWS, NULL), TN_OK);
    count = file.count;
    for (size_t i = 0; i < PHOTOS; i++) {
        const struct data_photo_id id = id_of(i);

        ck_assert_uint_eq(pool5_file_find(&file, &id), i < count ? i : TN_MAP_NONE);
    }
    pool5_file_close(&file);
    ck_assert_int_eq(size_of_file(), (off_t)(FRONT + count * RECORD));
    return count;
}

START_TEST(it_gives_back_what_the_encoder_would_read)
{
    struct data_pool5 pool5 = {.width = CNN_POOL5, .views = VIEWS, .photos = PHOTOS};
    float *x = malloc(CNN_POOL5 * sizeof *x);
    struct pool5_file file;

    write_file(PHOTOS);
    ck_assert_int_eq(pool5_file_open(&file, path, "0123456789abcdef", VIEWS, NULL), TN_OK);
    ck_assert_int_eq(pool5_file_map(&file, &pool5, NULL), TN_OK);
    pool5_file_close(&file);
    pool5.rows = malloc(PHOTOS * sizeof *pool5.rows);
    for (size_t i = 0; i < PHOTOS * VIEWS; i++) {
        const float *wanted = values + i * CNN_POOL5;
        float largest = 0;

        pool5.rows[i / VIEWS] = i / VIEWS;
        data_pool5_show(&pool5, i / VIEWS, i % VIEWS, x);
        for (size_t j = 0; j < CNN_POOL5; j++)
            largest = fmaxf(largest, wanted[j]);
        for (size_t j = 0; j < CNN_POOL5; j++)
            ck_assert_float_le(fabsf(x[j] - wanted[j]), largest / 255 * 0.501F);
    }
    data_pool5_finish(&pool5);
    free(x);
}
END_TEST

START_TEST(a_record_that_was_not_written_whole_is_written_again)
{
    static const size_t cut[] = {
        0, 1, 40, FRONT, FRONT + 1, FRONT + RECORD - 1, FRONT + RECORD, FRONT + 3 * RECORD + 20000};
    const size_t whole = cut[_i] < FRONT ? 0 : (cut[_i] - FRONT) / RECORD;

    write_file(4);
    ck_assert_int_eq(truncate(path, (off_t)cut[_i]), 0);
    ck_assert_uint_eq(count_again(), whole);
}
END_TEST

/* Any byte of the second record. */
START_TEST(a_damaged_record_is_cut_off_with_what_follows)
{
    static const off_t where[] = {0, 9, 17, 25, 31, 32, 5000, RECORD - 1};
    const off_t at = FRONT + RECORD + where[_i];
    unsigned char byte;
    int file;

    write_file(4);
    file = open(path, O_RDWR);
    ck_assert_int_eq(pread(file, &byte, 1, at), 1);
    byte ^= 4;
    ck_assert_int_eq(pwrite(file, &byte, 1, at), 1);
    close(file);
    ck_assert_uint_eq(count_again(), 1);
}
END_TEST

START_TEST(it_grows)
{
    struct pool5_file file;

    write_file(2);
    ck_assert_int_eq(pool5_file_open(&file, path, "0123456789abcdef", VIEWS, NULL), TN_OK);
    ck_assert_int_eq(pool5_file_append(&file, records + 2 * RECORD, 3, NULL), TN_OK);
    pool5_file_close(&file);
    ck_assert_uint_eq(count_again(), PHOTOS);
}
END_TEST

static void expect_refusal(const char *fingerprint, size_t views, enum tn_status status,
                           const char *message)
{
    const off_t before = size_of_file();
    struct pool5_file file;
    struct tn_error err;

    ck_assert_int_eq(pool5_file_open(&file, path, fingerprint, views, &err), status);
    ck_assert_msg(strstr(err.text, message) != NULL, "%s", err.text);
    ck_assert_int_eq(size_of_file(), before);
}

START_TEST(what_is_not_this_file_stays_as_it_is)
{
    FILE *other = fopen(path, "w");

    fputs("a list of what I want to buy, which is longer than the first line of such a file is\n",
          other);
    fclose(other);
    expect_refusal("0123456789abcdef", VIEWS, TN_FORMAT, "not a cache of pool5");
    ck_assert_int_eq(truncate(path, 20), 0);
    expect_refusal("0123456789abcdef", VIEWS, TN_FORMAT, "not a cache of pool5");
    ck_assert_int_eq(unlink(path), 0);
    write_file(2);
    expect_refusal("0123456789abcdee", VIEWS, TN_FORMAT, "other convolutions or views");
    expect_refusal("0123456789abcdef", 1, TN_FORMAT, "other convolutions or views");
}
END_TEST

START_TEST(one_process_writes_at_a_time)
{
    struct pool5_file file;

    ck_assert_int_eq(pool5_file_open(&file, path, "0123456789abcdef", VIEWS, NULL), TN_OK);
    expect_refusal("0123456789abcdef", VIEWS, TN_IO, "another process writes to it");
    pool5_file_close(&file);
    ck_assert_uint_eq(count_again(), 0);
}
END_TEST

START_TEST(what_is_only_read_keeps_no_writer_out)
{
    struct data_pool5 pool5 = {.width = CNN_POOL5, .views = VIEWS};
    struct pool5_file file;

    write_file(2);
    ck_assert_int_eq(pool5_file_open(&file, path, "0123456789abcdef", VIEWS, NULL), TN_OK);
    ck_assert_int_eq(pool5_file_map(&file, &pool5, NULL), TN_OK);
    pool5_file_close(&file);
    ck_assert_uint_eq(count_again(), 2);
    data_pool5_finish(&pool5);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("pool5");
    TCase *cases = tcase_create("pool5");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, it_gives_back_what_the_encoder_would_read);
    tcase_add_loop_test(cases, a_record_that_was_not_written_whole_is_written_again, 0, 8);
    tcase_add_loop_test(cases, a_damaged_record_is_cut_off_with_what_follows, 0, 8);
    tcase_add_test(cases, it_grows);
    tcase_add_test(cases, what_is_not_this_file_stays_as_it_is);
    tcase_add_test(cases, one_process_writes_at_a_time);
    tcase_add_test(cases, what_is_only_read_keeps_no_writer_out);
    suite_add_tcase(suite, cases);
    return suite;
}
