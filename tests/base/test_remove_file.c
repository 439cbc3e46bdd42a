/* SPDX-License-Identifier: MIT */
#include "tests/support/folder.h"
#include "tests/support/suite.h"

#include "base/remove_file.h"
#include "base/standing_private.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[TEST_FOLDER_SIZE];

static void enter_folder(void)
{
    test_folder_make(folder);
    ck_assert_int_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    test_folder_remove(folder);
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static struct stat look(const char *path)
{
    struct stat info;

    ck_assert_int_eq(stat(path, &info), 0);
    return info;
}

static bool is_there(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0;
}

START_TEST(what_was_read_goes)
{
    struct stat info;

    put("file", "one");
    info = look("file");
    ck_assert_int_eq(tn_remove_file("file", &info, NULL), TN_OK);
    ck_assert(!is_there("file"));
}
END_TEST

static void write_more(void)
{
    put("file", "more");
}

static void replace(void)
{
    put("other", "one");
    ck_assert_int_eq(rename("other", "file"), 0);
}

static void change_permissions(void)
{
    ck_assert_int_eq(chmod("file", 0640), 0);
}

static void (*const changes[])(void) = {write_more, replace, change_permissions};

START_TEST(what_changed_meanwhile_stays)
{
    struct tn_error err;
    struct stat info;

    put("file", "one");
    info = look("file");
    info.st_ctim.tv_nsec ^= 1; /* the clock of changes may not have ticked */
    changes[_i]();
    ck_assert_int_eq(tn_remove_file("file", &info, &err), TN_NOTFOUND);
    ck_assert_str_eq(err.text, "file: somebody changed it meanwhile; it is left as it is");
    ck_assert(is_there("file"));
}
END_TEST

START_TEST(a_link_goes_with_what_it_leads_to)
{
    struct stat info;

    ck_assert_int_eq(mkdir("below", 0777), 0);
    put("below/file", "one");
    ck_assert_int_eq(symlink("below/file", "link"), 0);
    info = look("link");
    ck_assert_int_eq(tn_remove_file("link", &info, NULL), TN_OK);
    ck_assert(!is_there("below/file"));
    ck_assert(!is_there("link"));
}
END_TEST

START_TEST(another_name_of_the_file_stays)
{
    struct stat info;

    put("file", "one");
    ck_assert_int_eq(link("file", "backup"), 0);
    info = look("file");
    ck_assert_int_eq(tn_remove_file("file", &info, NULL), TN_OK);
    ck_assert(!is_there("file"));
    ck_assert(is_there("backup"));
}
END_TEST

START_TEST(a_read_only_file_stays)
{
    struct tn_error err;
    struct stat info;

    put("file", "one");
    ck_assert_int_eq(chmod("file", 0444), 0);
    info = look("file");
    ck_assert_int_eq(tn_remove_file("file", &info, &err), TN_IO);
    ck_assert_str_eq(err.text, "file: cannot write: the file is read-only");
    ck_assert(is_there("file"));
}
END_TEST

START_TEST(in_a_given_folder_no_link_is_followed)
{
    struct tn_error err;
    struct stat info;
    int below;

    ck_assert_int_eq(mkdir("below", 0777), 0);
    put("file", "one");
    put("below/own", "two");
    ck_assert_int_eq(symlink("../file", "below/link"), 0);
    below = open("below", O_PATH | O_DIRECTORY);
    info = look("file");
    ck_assert_int_eq(tn_remove_file_in(below, "x/link", &info, &err), TN_IO);
    ck_assert_str_eq(err.text, "x/link: cannot write: it is a symbolic link");
    info = look("below/own");
    ck_assert_int_eq(tn_remove_file_in(below, "x/own", &info, NULL), TN_OK);
    close(below);
    ck_assert(is_there("file"));
    ck_assert(!is_there("below/own"));
}
END_TEST

START_TEST(what_is_gone_is_told)
{
    struct stat info;
    struct tn_error err;

    put("file", "one");
    info = look("file");
    ck_assert_int_eq(unlink("file"), 0);
    ck_assert_int_eq(tn_remove_file("file", &info, &err), TN_NOTFOUND);
    ck_assert_str_eq(err.text, "file: cannot be removed: No such file or directory");
}
END_TEST

/* Another undo removes the same files: between a look at one and the question whether it may be
 * written, too. */
START_TEST(what_goes_between_two_looks_is_not_read_only)
{
    ck_assert_int_eq(tn_standing_check_writable(AT_FDCWD, "gone", 0644, "gone", NULL), TN_OK);
    ck_assert_int_eq(tn_standing_check_writable(AT_FDCWD, "gone", 0444, "gone", NULL), TN_IO);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("files that go");
    TCase *tcase = tcase_create("files that go");

    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_add_test(tcase, what_was_read_goes);
    tcase_add_loop_test(tcase, what_changed_meanwhile_stays, 0, 3);
    tcase_add_test(tcase, a_link_goes_with_what_it_leads_to);
    tcase_add_test(tcase, another_name_of_the_file_stays);
    tcase_add_test(tcase, a_read_only_file_stays);
    tcase_add_test(tcase, in_a_given_folder_no_link_is_followed);
    tcase_add_test(tcase, what_is_gone_is_told);
    tcase_add_test(tcase, what_goes_between_two_looks_is_not_read_only);
    suite_add_tcase(suite, tcase);
    return suite;
}
