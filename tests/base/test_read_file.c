/* SPDX-License-Identifier: MIT */
#include "base/read_file.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIMIT = 200000 };

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

static void put(const char *name, size_t size)
{
    FILE *file = fopen(name, "wb");

    ck_assert_ptr_nonnull(file);
    for (size_t i = 0; i < size; i++)
        fputc((int)(i * 7 % 256), file);
    ck_assert_int_eq(fclose(file), 0);
}

static void check(const char *bytes, size_t size, size_t expected)
{
    ck_assert_uint_eq(size, expected);
    for (size_t i = 0; i < size; i++)
        ck_assert_int_eq((unsigned char)bytes[i], (int)(i * 7 % 256));
    ck_assert_int_eq(bytes[size], '\0');
}

START_TEST(a_file_is_read_up_to_the_limit)
{
    static const size_t sizes[] = {0, 1, LIMIT};
    struct tn_error err;
    char *bytes;
    size_t size;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        put("file", sizes[i]);
        ck_assert_int_eq(tn_read_file("file", LIMIT, &bytes, &size, NULL), TN_OK);
        check(bytes, size, sizes[i]);
        free(bytes);
        ck_assert_int_eq(tn_read_stream("file", LIMIT, &bytes, &size, NULL), TN_OK);
        check(bytes, size, sizes[i]);
        free(bytes);
    }
    put("file", LIMIT + 1);
    ck_assert_int_eq(tn_read_file("file", LIMIT, &bytes, &size, &err), TN_RANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "file: the file of"));
    ck_assert_int_eq(tn_read_stream("file", LIMIT, &bytes, &size, &err), TN_RANGE);
}
END_TEST

START_TEST(what_is_no_file_is_named)
{
    struct tn_error err;
    char *bytes;
    size_t size;

    ck_assert_int_eq(tn_read_file("none", LIMIT, &bytes, &size, &err), TN_NOTFOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "none: No such file"));
    ck_assert_int_eq(tn_read_stream("none", LIMIT, &bytes, &size, &err), TN_NOTFOUND);
    ck_assert_int_eq(tn_read_file(".", LIMIT, &bytes, &size, &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, ".: is a directory"));
    ck_assert_int_eq(tn_read_stream(".", LIMIT, &bytes, &size, &err), TN_IO);
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    ck_assert_int_eq(tn_read_file("pipe", LIMIT, &bytes, &size, &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "pipe: is not a regular file"));
}
END_TEST

START_TEST(a_pipe_is_read_to_its_end)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, LIMIT, LIMIT + 1};

    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const enum tn_status expected = sizes[i] > LIMIT ? TN_RANGE : TN_OK;
        char *bytes;
        size_t size;

        put("file", sizes[i]);
        ck_assert_int_eq(system("cat file >pipe 2>cat.err &"), 0);
        ck_assert_int_eq(tn_read_stream("pipe", LIMIT, &bytes, &size, NULL), expected);
        if (expected == TN_OK) {
            check(bytes, size, sizes[i]);
            free(bytes);
        }
    }
}
END_TEST

START_TEST(of_an_endless_pipe_no_more_than_the_limit_is_taken)
{
    struct tn_error err;
    int ends[2], left = 0;
    char *bytes;
    size_t size;

    enum { FEW = 5000 };
    static const char text[2 * FEW];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], text, sizeof text), sizeof text); /* and the end stays open */
    ck_assert_int_eq(tn_read_descriptor(ends[0], "it", FEW, &bytes, &size, &err), TN_RANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "it: more than the limit"));
    ck_assert_int_eq(ioctl(ends[0], FIONREAD, &left), 0);
    ck_assert_int_eq(left, FEW - 1);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(a_descriptor_is_read_from_where_it_stands)
{
    char *bytes, two[2];
    int file;
    size_t size;

    put("file", LIMIT);
    file = open("file", O_RDONLY);
    ck_assert_int_eq(read(file, two, 2), 2);
    ck_assert_int_eq(tn_read_descriptor(file, "it", LIMIT, &bytes, &size, NULL), TN_OK);
    ck_assert_uint_eq(size, LIMIT - 2);
    ck_assert_int_eq((unsigned char)bytes[0], 14);
    free(bytes);
    close(file);
}
END_TEST

START_TEST(a_link_in_a_given_folder_is_not_followed)
{
    const int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct tn_error err;
    char *bytes;
    size_t size;

    put("file", 10);
    ck_assert_int_eq(symlink("file", "link"), 0);
    ck_assert_int_eq(tn_read_file_in(here, "shown/file", LIMIT, &bytes, &size, NULL), TN_OK);
    check(bytes, size, 10);
    free(bytes);
    ck_assert_int_eq(tn_read_file_in(here, "shown/link", LIMIT, &bytes, &size, &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "shown/link: it is a symbolic link"));
    close(here);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("read_file");
    TCase *tcase = tcase_create("read_file");

    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_add_test(tcase, a_file_is_read_up_to_the_limit);
    tcase_add_test(tcase, what_is_no_file_is_named);
    tcase_add_test(tcase, a_pipe_is_read_to_its_end);
    tcase_add_test(tcase, of_an_endless_pipe_no_more_than_the_limit_is_taken);
    tcase_add_test(tcase, a_descriptor_is_read_from_where_it_stands);
    tcase_add_test(tcase, a_link_in_a_given_folder_is_not_followed);
    suite_add_tcase(suite, tcase);
    return suite;
}
