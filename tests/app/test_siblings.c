/* SPDX-License-Identifier: MIT */
/* Photos that share a stem where case is ignored: the file system is only taken for such a one. */
#include "tests/support/outputs.h"
#include "tests/support/suite.h"

#include "app/output/siblings.h"
#include "base/name_case.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PHOTO "P6 1 1 255 abc" /* enough for its first bytes */

static bool ignores_case;

bool __wrap_tn_folder_ignores_case(const char *folder);
bool __wrap_tn_folder_ignores_case(const char *folder)
{
    ck_assert_ptr_nonnull(folder);
    return ignores_case;
}

static void check_before(const char *photo, bool expected)
{
    struct app_siblings *siblings;
    bool before = !expected;

    ck_assert_int_eq(app_siblings_create(&siblings, NULL), TN_OK);
    ck_assert_int_eq(app_sibling_before(siblings, photo, APP_BY_NAME, &before, NULL), TN_OK);
    ck_assert_msg(before == expected, "%s", photo);
    app_siblings_destroy(siblings);
}

static const struct {
    const char *name;
    bool alike, ignoring; /* whether a photo comes before it, where case counts and does not */
} photos[] = {
    {"IMG_1.jpg", false, false}, {"img_1.PNG", false, true}, /* after IMG_1.jpg */
    {"Img_1", false, true},      {"b.JPG", false, false},
    {"b.jpg", true, false}, /* where case is ignored it is b.JPG itself */
    {"c.d.png", false, false},   {"C.E.png", false, false},
    {"c", false, false},         {"\u00C4.jpg", false, false},
    {"\u00E4.png", false, true}, {"e\u0301.jpg", false, false}, /* accents in two forms */
    {"\u00E9.png", false, true}, {"\xE9.jpg", false, false},    /* no UTF-8 */
    {"\xE9.png", true, true},    {"x-1.jpg", false, false},     /* no sibling of what follows */
    {"X.jpg", false, false},     {"x.png", false, true},
};

START_TEST(stems_are_compared_as_the_file_system_does)
{
    ignores_case = _i != 0;
    for (size_t i = 0; i < sizeof photos / sizeof photos[0]; i++)
        if (!ignores_case || strcmp(photos[i].name, "b.jpg") != 0)
            write_text(photos[i].name, PHOTO);
    write_text("IMG_1.arw", "no photo");
    write_text("IMG_1.txt", "BMW before a house");
    for (size_t i = 0; i < sizeof photos / sizeof photos[0]; i++)
        check_before(photos[i].name, ignores_case ? photos[i].ignoring : photos[i].alike);
}
END_TEST

START_TEST(the_order_is_that_of_the_names_that_are_listed)
{
    ignores_case = true;
    write_text("B.png", PHOTO);
    write_text("b.jpg", PHOTO);
    check_before("B.png", false);
    check_before("b.png", false); /* the same file, as it was typed */
    check_before("b.jpg", true);
    check_before("B.JPG", true);
}
END_TEST

START_TEST(names_in_one_case_are_equal)
{
    static const char *const alike[][2] = {{"IMG_1.JPG", "img_1.jpg"},
                                           {"\u00C4", "\u00E4"},
                                           {"\u00E9", "e\u0301"},
                                           {"", ""},
                                           {"\xC9.A", "\xC9.a"}};
    char *a, *b;

    for (size_t i = 0; i < sizeof alike / sizeof alike[0]; i++) {
        ck_assert_int_eq(tn_fold_case(alike[i][0], strlen(alike[i][0]), &a, NULL), TN_OK);
        ck_assert_int_eq(tn_fold_case(alike[i][1], strlen(alike[i][1]), &b, NULL), TN_OK);
        ck_assert_str_eq(a, b);
        free(a);
        free(b);
    }
}
END_TEST

bool __real_tn_folder_ignores_case(const char *folder);

/* On the file system of the tests, whatever it is. */
START_TEST(the_file_system_is_asked)
{
    struct stat info;

    ck_assert(!__real_tn_folder_ignores_case("nowhere"));
    write_text("1/2.3", "");
    ck_assert(!__real_tn_folder_ignores_case("1")); /* no letter */
    write_text("f/a", "");
    ck_assert_int_eq(__real_tn_folder_ignores_case("f"), stat("f/A", &info) == 0);
    write_text("f/A", ""); /* both are there: told apart */
    if (count_files("f") == 2)
        ck_assert(!__real_tn_folder_ignores_case("f"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("siblings");
    TCase *tcase = tcase_create("siblings");

    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_add_loop_test(tcase, stems_are_compared_as_the_file_system_does, 0, 2);
    tcase_add_test(tcase, the_order_is_that_of_the_names_that_are_listed);
    tcase_add_test(tcase, names_in_one_case_are_equal);
    tcase_add_test(tcase, the_file_system_is_asked);
    suite_add_tcase(suite, tcase);
    return suite;
}
