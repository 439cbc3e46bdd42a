/* SPDX-License-Identifier: MIT */
/* A file appears whole or not at all, whatever goes wrong. */
#include "tests/support/suite.h"

#include "tensor/atomic_file.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[128], other[128];

static void make_folder(void)
{
    strcpy(folder, "/tmp/test_atomicXXXXXX");
    ck_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(other, sizeof other, "%s/other", folder);
}

static void remove_folder(void)
{
    unlink(path);
    unlink(other);
    rmdir(folder);
}

static int count_files(void)
{
    DIR *directory = opendir(folder);
    int count = -2; /* . and .. */

    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static void put(const char *name, const char *text)
{
    struct tn_atomic_file file;
    struct tn_error err;

    ck_assert_msg(tn_atomic_open(&file, name, &err) == TN_OK, "%s", err.text);
    fputs(text, file.stream);
    ck_assert_msg(tn_atomic_commit(&file, &err) == TN_OK, "%s", err.text);
    tn_atomic_abandon(&file);
}

static void check_content(const char *name, const char *expected)
{
    char text[64] = "";
    FILE *stream = fopen(name, "rb");

    ck_assert_ptr_nonnull(stream);
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    ck_assert_str_eq(text, expected);
}

START_TEST(a_commit_replaces_the_file)
{
    put(path, "one");
    check_content(path, "one");
    put(path, "two");
    check_content(path, "two");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(until_the_commit_the_old_file_stands)
{
    struct tn_atomic_file file;

    put(path, "one");
    ck_assert_int_eq(tn_atomic_open(&file, path, NULL), TN_OK);
    fputs("two", file.stream);
    fflush(file.stream);
    check_content(path, "one");
    tn_atomic_abandon(&file);
    check_content(path, "one");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(a_full_disk_leaves_the_old_file)
{
    const struct rlimit limit = {10000, RLIM_INFINITY};
    struct tn_atomic_file file;
    struct tn_error err;

    put(path, "one");
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(tn_atomic_open(&file, path, NULL), TN_OK);
    for (int i = 0; i < 100000; i++)
        putc('x', file.stream);
    ck_assert_int_eq(tn_atomic_commit(&file, &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot write: "));
    check_content(path, "one");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(a_link_stays_a_link)
{
    struct stat info;

    put(path, "one");
    ck_assert_int_eq(symlink("file", other), 0);
    put(other, "two");
    check_content(path, "two");
    ck_assert_int_eq(lstat(other, &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
}
END_TEST

START_TEST(permissions_are_kept)
{
    struct stat info;

    put(path, "one");
    ck_assert_int_eq(chmod(path, 0640), 0);
    put(path, "two");
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0640);
}
END_TEST

START_TEST(what_cannot_be_written_is_an_error)
{
    static const char *const names[] = {"/nowhere/file", "/", "/dev/null", ""};
    struct tn_atomic_file file;
    struct tn_error err;

    ck_assert_int_eq(tn_atomic_open(&file, names[_i], &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot write: "));
    tn_atomic_abandon(&file);
    ck_assert_int_eq(tn_atomic_try(names[_i], NULL), TN_IO);
}
END_TEST

START_TEST(a_try_leaves_nothing_and_changes_nothing)
{
    ck_assert_int_eq(tn_atomic_try(path, NULL), TN_OK);
    ck_assert_int_eq(count_files(), 0);
    put(path, "one");
    ck_assert_int_eq(tn_atomic_try(path, NULL), TN_OK);
    check_content(path, "one");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("atomic file");
    TCase *tcase = tcase_create("atomic file");

    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, a_commit_replaces_the_file);
    tcase_add_test(tcase, until_the_commit_the_old_file_stands);
    tcase_add_test(tcase, a_full_disk_leaves_the_old_file);
    tcase_add_test(tcase, a_link_stays_a_link);
    tcase_add_test(tcase, permissions_are_kept);
    tcase_add_loop_test(tcase, what_cannot_be_written_is_an_error, 0, 4);
    tcase_add_test(tcase, a_try_leaves_nothing_and_changes_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
