/* SPDX-License-Identifier: MIT */
/* When a file that has come is taken to be read. */
#include "app/caption/watch_settle.h"
#include "tests/support/suite.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

static struct app_settling *settling;

static void begin(void)
{
    ck_assert_int_eq(app_settling_create(0, &settling, NULL), TN_OK);
}

static void end(void)
{
    app_settling_destroy(settling);
}

static void put(const char *path, enum app_settle_after after)
{
    ck_assert_int_eq(app_settling_put(settling, path, strlen(path), after, NULL), TN_OK);
}

/* Waits as long as it is said to take for the next file, until there is one. */
static void check_next(const char *path)
{
    char *taken;
    size_t root;

    while (!(taken = app_settling_take(settling, &root))) {
        ck_assert_int_gt(app_settling_wait(settling), -1);
        poll(NULL, 0, app_settling_wait(settling));
    }
    ck_assert_str_eq(taken, path);
    ck_assert_uint_eq(root, strlen(path));
    free(taken);
}

static void check_empty(void)
{
    size_t root;

    ck_assert_int_eq(app_settling_wait(settling), -1);
    ck_assert_ptr_null(app_settling_take(settling, &root));
}

START_TEST(what_is_at_rest_comes_at_once_and_in_order)
{
    check_empty();
    put("b", APP_SETTLED);
    put("aa", APP_SETTLED);
    ck_assert_int_eq(app_settling_wait(settling), 0);
    check_next("b");
    check_next("aa");
    check_empty();
}
END_TEST

START_TEST(what_was_closed_comes_before_what_may_still_be_written)
{
    put("writing", APP_SETTLE_WRITING);
    put("changed", APP_SETTLE_CHANGED);
    put("closed", APP_SETTLE_CLOSED);
    check_next("closed");
    check_next("changed");
    ck_assert_int_gt(app_settling_wait(settling), 0);
    app_settling_drop(settling, "writing");
    check_empty();
}
END_TEST

START_TEST(what_happens_last_counts_and_a_file_comes_once)
{
    put("a", APP_SETTLED);
    put("a", APP_SETTLE_CHANGED);
    put("bb", APP_SETTLE_CHANGED);
    ck_assert_int_gt(app_settling_wait(settling), 0);
    put("bb", APP_SETTLE_CLOSED);
    put("a", APP_SETTLE_CLOSED);
    check_next("bb");
    check_next("a");
    check_empty();
}
END_TEST

START_TEST(what_is_gone_does_not_come)
{
    put("a/1", APP_SETTLED);
    put("ab", APP_SETTLED);
    put("a/2/3", APP_SETTLE_WRITING);
    put("b", APP_SETTLED);
    app_settling_drop(settling, "none");
    app_settling_drop(settling, "b");
    app_settling_drop_below(settling, "a/");
    check_next("ab");
    check_empty();
}
END_TEST

/* Where changes are seen by looking, another look comes first: for a look every 3 seconds. */
START_TEST(what_may_still_be_written_rests_until_after_the_next_look)
{
    end();
    ck_assert_int_eq(app_settling_create(3000, &settling, NULL), TN_OK);
    put("changed", APP_SETTLE_CHANGED);
    ck_assert_int_gt(app_settling_wait(settling), 3000);
    put("writing", APP_SETTLE_WRITING);
    put("closed", APP_SETTLE_CLOSED);
    ck_assert_int_le(app_settling_wait(settling), 500);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("watch settle");
    TCase *tcase = tcase_create("watch settle");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_set_timeout(tcase, 0);
    tcase_add_test(tcase, what_is_at_rest_comes_at_once_and_in_order);
    tcase_add_test(tcase, what_was_closed_comes_before_what_may_still_be_written);
    tcase_add_test(tcase, what_happens_last_counts_and_a_file_comes_once);
    tcase_add_test(tcase, what_is_gone_does_not_come);
    tcase_add_test(tcase, what_may_still_be_written_rests_until_after_the_next_look);
    suite_add_tcase(suite, tcase);
    return suite;
}
