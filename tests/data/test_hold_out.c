/* SPDX-License-Identifier: MIT */
/* Which photos measure a training. */
#include "tests/support/suite.h"

#include "data/hold_out.h"

#include <stdlib.h>
#include <string.h>

/* Photos of which each has a hash of its own, i + 1, until a test gives it another's. */
struct world {
    struct data_set dataset;
    struct data_features features;
};

static struct world make(size_t count)
{
    struct world w = {
        .dataset = {.photos = calloc(count, sizeof *w.dataset.photos), .photo_count = count},
        .features = {.photos = count,
                     .rows = calloc(count, sizeof *w.features.rows),
                     .ids = calloc(count, sizeof *w.features.ids),
                     .identified = count}};

    for (size_t i = 0; i < count; i++) {
        w.features.rows[i] = i;
        w.features.ids[i].pixels = i + 1;
    }
    return w;
}

static void finish(struct world *w)
{
    free(w->dataset.photos);
    free(w->features.rows);
    free(w->features.ids);
}

static size_t hold_out(struct world *w, const struct model_photos *known, double share)
{
    size_t dev = 0;

    ck_assert_int_eq(data_hold_out(&w->dataset, &w->features, known, share, NULL), TN_OK);
    for (size_t i = 0; i < w->dataset.photo_count; i++)
        dev += w->dataset.photos[i].split == DATA_SPLIT_DEV;
    return dev;
}

/* One photo alone tells nothing by CIDEr-D, and a calibration needs 40. */
START_TEST(a_set_without_splits_holds_out_what_its_size_allows)
{
    static const size_t sizes[][2] = {{1, 0},    {10, 0},   {11, 2},     {12, 2},
                                      {30, 6},   {59, 12},  {200, 40},   {240, 40},
                                      {799, 42}, {800, 40}, {2000, 100}, {20000, 1000}};
    struct world w = make(sizes[_i][0]);

    ck_assert_uint_eq(hold_out(&w, NULL, DATA_HOLD_OUT_USUAL), sizes[_i][1]);
    finish(&w);
}
END_TEST

START_TEST(a_share_is_what_is_held_out)
{
    static const struct {
        size_t photos;
        double share;
        size_t dev;
    } rows[] = {{100, 0, 0}, {100, 0.05, 5}, {100, 0.2, 20}, {101, 0.5, 50}, {8, 0.25, 2}};
    struct world w = make(rows[_i].photos);

    ck_assert_uint_eq(hold_out(&w, NULL, rows[_i].share), rows[_i].dev);
    finish(&w);
}
END_TEST

START_TEST(a_set_that_names_its_dev_photos_keeps_them)
{
    struct world w = make(100);

    w.dataset.photos[7].split = DATA_SPLIT_DEV;
    ck_assert_uint_eq(hold_out(&w, NULL, 0.5), 1);
    finish(&w);
}
END_TEST

START_TEST(photos_that_look_the_same_are_held_out_together)
{
    struct world w = make(100);

    for (size_t i = 0; i < 100; i++)
        w.features.ids[i].pixels = i % 25 + 1;
    ck_assert_uint_eq(hold_out(&w, NULL, DATA_HOLD_OUT_USUAL), 20);
    for (size_t i = 0; i < 100; i++)
        ck_assert_int_eq(w.dataset.photos[i].split, w.dataset.photos[i % 25].split);
    finish(&w);
}
END_TEST

/* The first 80 of 100 were trained on: all others measure, as they are few. */
START_TEST(no_photo_is_held_out_that_was_trained_on_before)
{
    int64_t hashes[100];
    struct model_photos known = {hashes, 80};
    struct world w = make(100);

    for (size_t i = 0; i < 100; i++)
        hashes[i] = (int64_t)i + 1;
    ck_assert_uint_eq(hold_out(&w, &known, DATA_HOLD_OUT_USUAL), 20);
    for (size_t i = 0; i < 80; i++)
        ck_assert_int_eq(w.dataset.photos[i].split, DATA_SPLIT_NONE);
    finish(&w);
    w = make(100);
    known.count = 98; /* as many as there are */
    ck_assert_uint_eq(hold_out(&w, &known, DATA_HOLD_OUT_USUAL), 2);
    finish(&w);
    w = make(100);
    known.count = 100;
    ck_assert_uint_eq(hold_out(&w, &known, DATA_HOLD_OUT_USUAL), 0);
    finish(&w);
}
END_TEST

/* Trained on once, then again beginning with that model: it is measured by the same photos. */
START_TEST(a_second_training_is_measured_by_the_photos_of_the_first)
{
    struct world w = make(200);
    int64_t hashes[200];
    struct model_photos known = {hashes, 0};
    enum data_split first[200];

    hold_out(&w, NULL, DATA_HOLD_OUT_USUAL);
    for (size_t i = 0; i < 200; i++) {
        first[i] = w.dataset.photos[i].split;
        if (first[i] != DATA_SPLIT_DEV)
            hashes[known.count++] = (int64_t)i + 1;
        w.dataset.photos[i].split = DATA_SPLIT_NONE;
    }
    hold_out(&w, &known, DATA_HOLD_OUT_USUAL);
    for (size_t i = 0; i < 200; i++)
        ck_assert_int_eq(w.dataset.photos[i].split, first[i]);
    finish(&w);
}
END_TEST

START_TEST(photos_that_are_left_out_stay_so)
{
    struct world w = make(40);

    for (size_t i = 0; i < 40; i++)
        w.dataset.photos[i].split = i % 2 ? DATA_SPLIT_OUT : DATA_SPLIT_NONE;
    ck_assert_uint_eq(hold_out(&w, NULL, 0.5), 10);
    for (size_t i = 1; i < 40; i += 2)
        ck_assert_int_eq(w.dataset.photos[i].split, DATA_SPLIT_OUT);
    finish(&w);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("hold_out");
    TCase *tcase = tcase_create("hold_out");

    tcase_add_loop_test(tcase, a_set_without_splits_holds_out_what_its_size_allows, 0, 12);
    tcase_add_loop_test(tcase, a_share_is_what_is_held_out, 0, 5);
    tcase_add_test(tcase, a_set_that_names_its_dev_photos_keeps_them);
    tcase_add_test(tcase, photos_that_look_the_same_are_held_out_together);
    tcase_add_test(tcase, no_photo_is_held_out_that_was_trained_on_before);
    tcase_add_test(tcase, a_second_training_is_measured_by_the_photos_of_the_first);
    tcase_add_test(tcase, photos_that_are_left_out_stay_so);
    suite_add_tcase(suite, tcase);
    return suite;
}
