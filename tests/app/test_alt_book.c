/* SPDX-License-Identifier: MIT */
/* Archives that are read, written and judged. */
#include "tests/support/suite.h"

#include "app/alt/book_judge.h"
#include "app/alt/zip.h"

#include <stdlib.h>
#include <string.h>

/* Two stored parts, "mimetype" and "a.html". */
static const char book[] =
    "PK\3\4\24\0\0\0\0\0\0\0!(oa\253,\24\0\0\0\24\0\0\0\10\0\0\0mimetypeapplication/epub+zip"
    "PK\3\4\24\0\0\0\0\0\0\0!(\223\325\065\034\4\0\0\0\4\0\0\0\6\0\0\0a.html<p/>"
    "PK\1\2\24\0\24\0\0\0\0\0\0\0!(oa\253,\24\0\0\0\24\0\0\0\10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "mimetype"
    "PK\1\2\24\0\24\0\0\0\0\0\0\0!(\223\325\065\034\4\0\0\0\4\0\0\0\6\0\0\0\0\0\0\0\0\0\0\0\0\0:"
    "\0\0\0"
    "a.html"
    "PK\5\6\0\0\0\0\2\0\2\0j\0\0\0b\0\0\0\0\0";
enum { SIZE = sizeof book - 1, DIRECTORY = 98, SECOND = 58, END = SIZE - 22 };

START_TEST(an_archive_is_written_with_what_changed)
{
    struct zip zip, again;
    struct zip_change changes[2] = {{NULL, 0}, {"<p>longer</p>", 13}};
    struct tn_error err;
    char *bytes;
    size_t size;

    ck_assert_int_eq(zip_read(book, SIZE, &zip, &err), TN_OK);
    ck_assert_uint_eq(zip.count, 2);
    ck_assert_int_eq(zip_write(&zip, changes, &bytes, &size, &err), TN_OK);
    ck_assert_uint_eq(size, SIZE + 9);
    ck_assert_mem_eq(bytes, book, SECOND);
    ck_assert_int_eq(zip_read(bytes, size, &again, &err), TN_OK);
    ck_assert_uint_eq(again.entries[1].size, 13);
    ck_assert_mem_eq(bytes + again.entries[1].data, changes[1].bytes, 13);
    ck_assert_msg(book_judge(&zip, changes, bytes, size, &err) == TN_OK, "%s", err.text);
    zip_finish(&again);
    free(bytes);
    zip_finish(&zip);
}
END_TEST

START_TEST(an_archive_without_changes_is_the_same)
{
    static const struct zip_change none[2];
    struct zip zip;
    char *bytes;
    size_t size;

    ck_assert_int_eq(zip_read(book, SIZE, &zip, NULL), TN_OK);
    ck_assert_int_eq(zip_write(&zip, none, &bytes, &size, NULL), TN_OK);
    ck_assert_uint_eq(size, SIZE);
    ck_assert_mem_eq(bytes, book, SIZE);
    free(bytes);
    zip_finish(&zip);
}
END_TEST

START_TEST(another_archive_is_not_taken_for_it)
{
    static const struct zip_change none[2];
    const struct zip_change other[2] = {{NULL, 0}, {"<b/>", 4}};
    struct zip zip;
    char copy[SIZE];

    ck_assert_int_eq(zip_read(book, SIZE, &zip, NULL), TN_OK);
    ck_assert_int_eq(book_judge(&zip, none, book, SIZE, NULL), TN_OK);
    ck_assert_int_eq(book_judge(&zip, other, book, SIZE, NULL), TN_FORMAT);
    ck_assert_int_eq(book_judge(&zip, none, book, DIRECTORY, NULL), TN_FORMAT);
    memcpy(copy, book, SIZE);
    copy[SECOND - 1] ^= 1; /* of the first part's bytes */
    ck_assert_int_eq(book_judge(&zip, none, copy, SIZE, NULL), TN_FORMAT);
    zip_finish(&zip);
}
END_TEST

START_TEST(what_is_no_sound_archive_is_refused)
{
    static const struct {
        size_t at;
        unsigned char byte;
    } breaks[] = {{0, 'x'},
                  {26, 9},
                  {DIRECTORY, 'x'},
                  {DIRECTORY + 23, 255},
                  {DIRECTORY + 28, 9},
                  {DIRECTORY + 42, 1},
                  {DIRECTORY + 54 + 42, 0},
                  {END, 'x'},
                  {END + 4, 1},
                  {END + 8, 1},
                  {END + 10, 3},
                  {END + 12, 'k'},
                  {END + 16, 'c'},
                  {END + 20, 1},
                  {30, 'x'},
                  {8, 8}};

    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        char copy[SIZE];
        struct zip zip;

        memcpy(copy, book, SIZE);
        copy[breaks[i].at] = (char)breaks[i].byte;
        ck_assert_msg(zip_read(copy, SIZE, &zip, NULL) != TN_OK, "byte %zu", breaks[i].at);
    }
    for (size_t size = 0; size < SIZE; size++) {
        struct zip zip;

        ck_assert_int_ne(zip_read(book, size, &zip, NULL), TN_OK);
    }
}
END_TEST

static void set_up(void)
{
    ck_assert_int_eq(book_judge_available("book", NULL), TN_OK);
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("alt_book");
    TCase *tcase = tcase_create("alt_book");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, an_archive_is_written_with_what_changed);
    tcase_add_test(tcase, an_archive_without_changes_is_the_same);
    tcase_add_test(tcase, another_archive_is_not_taken_for_it);
    tcase_add_test(tcase, what_is_no_sound_archive_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
