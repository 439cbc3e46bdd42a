/* SPDX-License-Identifier: MIT */
/* What a list of photos calls those below its folder, and which it cannot name. */
#include "tests/support/outputs.h"
#include "tests/support/suite.h"

#include "app/output/place_below.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check_place(const char *file, const char *photo, const char *expected)
{
    struct tn_error err;
    char *place;

    ck_assert_msg(app_place_below(file, photo, &place, &err) == TN_OK, "%s", err.text);
    ck_assert_str_eq(place, expected);
    free(place);
}

static void check_fails(const char *file, const char *photo, const char *why)
{
    struct tn_error err;
    char *place;

    ck_assert_int_eq(app_place_below(file, photo, &place, &err), TN_RANGE);
    ck_assert_msg(strncmp(err.text, photo, strlen(photo)) == 0 && strstr(err.text, why), "%s",
                  err.text);
}

START_TEST(a_place_counts_from_the_folder)
{
    char whole[4096];

    check_place(NULL, "a.jpg", "a.jpg");
    check_place(NULL, "album/rome/../a.jpg", "album/a.jpg");
    check_place("/dev/stdout", "album/a.jpg", "album/a.jpg");
    check_place("metadata.jsonl", "./album//a.jpg", "album/a.jpg");
    check_place("album/metadata.jsonl", "album/rome/a.jpg", "rome/a.jpg");
    check_place("./album/metadata.jsonl", "x/../album/a b\xC3\xA9.jpg", "a b\xC3\xA9.jpg");
    ck_assert_ptr_nonnull(getcwd(whole, sizeof whole - 32));
    strcat(whole, "/album/a.jpg");
    check_place("album/metadata.jsonl", whole, "a.jpg");
    check_place("/metadata.jsonl", whole, whole + 1);
}
END_TEST

START_TEST(what_is_elsewhere_has_no_place)
{
    check_fails("album/metadata.jsonl", "a.jpg", "outside of album/");
    check_fails("album/metadata.jsonl", "album2/a.jpg", "outside of album/");
    check_fails("album/metadata.jsonl", "album/../a.jpg", "outside of album/");
    check_fails("album/metadata.jsonl", "/a.jpg", "outside of album/");
    check_fails(NULL, "../a.jpg", "outside of ./");
}
END_TEST

START_TEST(a_name_can_be_read)
{
    check_fails(NULL, "a\xFF.jpg", "not UTF-8");
    check_fails(NULL, "\xC3", "not UTF-8");
    check_fails(NULL, "rome\\a.jpg", "a backslash");
    check_place("rome\\b/metadata.jsonl", "rome\\b/a.jpg", "a.jpg");
    check_fails("\xFF/metadata.jsonl", "a.jpg", "outside of");
    check_place("\xFF/metadata.jsonl", "\xFF/a.jpg", "a.jpg");
}
END_TEST

/* A link below the folder keeps its name; a link to the folder is the folder; and what is behind
 * the ".." of a link is where the link leads. */
START_TEST(links_are_followed_where_they_must_be)
{
    write_text("album/a.jpg", "");
    write_text("else/where/b.jpg", "");
    write_text("else/a.jpg", "");
    ck_assert_int_eq(symlink("../else/where", "album/link"), 0);
    ck_assert_int_eq(symlink("album", "same"), 0);
    check_place("album/metadata.jsonl", "album/link/b.jpg", "link/b.jpg");
    check_place("album/metadata.jsonl", "same/a.jpg", "a.jpg");
    check_place("same/metadata.jsonl", "album/a.jpg", "a.jpg");
    check_fails("album/metadata.jsonl", "else/where/b.jpg", "outside of album/");
    check_fails("album/metadata.jsonl", "album/link/../a.jpg", "outside of album/");
    check_place("else/metadata.jsonl", "album/link/../a.jpg", "a.jpg");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("place below");
    TCase *tcase = tcase_create("place below");

    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_add_test(tcase, a_place_counts_from_the_folder);
    tcase_add_test(tcase, what_is_elsewhere_has_no_place);
    tcase_add_test(tcase, a_name_can_be_read);
    tcase_add_test(tcase, links_are_followed_where_they_must_be);
    suite_add_tcase(suite, tcase);
    return suite;
}
