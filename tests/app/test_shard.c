/* SPDX-License-Identifier: MIT */
#include "app/cli/shard.h"
#include "tests/support/suite.h"

#include <stdio.h>

START_TEST(only_what_is_a_shard_is_taken)
{
    static const char *const wrong[] = {"",
                                        "1",
                                        "/",
                                        "1/",
                                        "/4",
                                        "0/4",
                                        "5/4",
                                        "1/0",
                                        "-1/4",
                                        "1/ 4",
                                        "1/4/",
                                        "1.0/4",
                                        "a/b",
                                        "1/4x",
                                        " 1/4",
                                        "1/1000001",
                                        "99999999999999999999999999/4"};
    struct app_shard shard;

    ck_assert(app_shard_parse("3/16", &shard));
    ck_assert_uint_eq(shard.index, 3);
    ck_assert_uint_eq(shard.count, 16);
    ck_assert(app_shard_parse("1/1", &shard));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(!app_shard_parse(wrong[i], &shard), "'%s' was taken", wrong[i]);
}
END_TEST

/* Another program, or a later version, must find the same. */
START_TEST(numbers_never_change)
{
    ck_assert_uint_eq(app_shard_of("holidays/rome/IMG_0001.jpg", 1000), 443);
    ck_assert_uint_eq(app_shard_of("a.jpg", 1000), 116);
    ck_assert_uint_eq(app_shard_of("\xFF\xC3\xA9.png", 1000), 618);
}
END_TEST

START_TEST(photos_of_one_sidecar_are_together)
{
    for (size_t count = 1; count < 50; count++) {
        const size_t shard = app_shard_of("x/IMG_1.jpg", count);

        ck_assert_uint_eq(app_shard_of("x/IMG_1.CR2", count), shard);
        ck_assert_uint_eq(app_shard_of("x/IMG_1", count), shard);
        ck_assert_uint_eq(app_shard_of("X/img_1.JPG", count), shard);
    }
}
END_TEST

/* Numbered names, as cameras and data sets have them: no shard has a fifth more than its part. */
START_TEST(shards_are_of_like_size)
{
    enum { PHOTOS = 64000, MOST = 64 };
    static const char *const names[] = {"photos/IMG_%05zu.jpg", "%zu/image.png",
                                        "/data/COCO_val2014_%012zu.jpg"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t count = 2; count <= MOST; count = count * 3 / 2) {
            size_t sizes[MOST + 1] = {0};

            for (size_t photo = 0; photo < PHOTOS; photo++) {
                char path[64];

                snprintf(path, sizeof path, names[i], photo);
                sizes[app_shard_of(path, count)]++;
            }
            for (size_t shard = 1; shard <= count; shard++)
                ck_assert_msg(sizes[shard] * count * 5 < (size_t)PHOTOS * 6 &&
                                  sizes[shard] * count * 5 > (size_t)PHOTOS * 4,
                              "%s: shard %zu of %zu has %zu", names[i], shard, count, sizes[shard]);
        }
}
END_TEST

/* The parts of one number of shards look like those of no other. */
START_TEST(shards_of_other_numbers_are_independent)
{
    for (size_t first = 2; first <= 12; first++)
        for (size_t second = first + 1; second <= 12; second++) {
            size_t together = 0;

            for (size_t photo = 0; photo < 20000; photo++) {
                char path[32];

                snprintf(path, sizeof path, "%zu.jpg", photo);
                together += app_shard_of(path, first) == 1 && app_shard_of(path, second) == 1;
            }
            ck_assert_msg(together * first * second > 20000 * 6 / 10 &&
                              together * first * second < 20000 * 14 / 10,
                          "1/%zu and 1/%zu share %zu", first, second, together);
        }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("shard");
    TCase *tcase = tcase_create("shard");

    tcase_add_test(tcase, only_what_is_a_shard_is_taken);
    tcase_add_test(tcase, numbers_never_change);
    tcase_add_test(tcase, photos_of_one_sidecar_are_together);
    tcase_add_test(tcase, shards_are_of_like_size);
    tcase_add_test(tcase, shards_of_other_numbers_are_independent);
    suite_add_tcase(suite, tcase);
    return suite;
}
