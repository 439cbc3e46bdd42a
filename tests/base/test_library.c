/* SPDX-License-Identifier: MIT */
#include "base/library.h"
#include "tests/support/suite.h"

#include <string.h>

static double (*cosine)(double);
static int (*nothing)(void);

static const struct tn_library_function one_function[] = {{"cos", &cosine, NULL}};
static const struct tn_library_function no_function[] = {{"cos", &cosine, NULL},
                                                         {"tn_nowhere", &nothing, NULL}};

static int seven(void)
{
    return 7;
}

/* As TN_FUNCTION writes the row in a static program. */
static const struct tn_library_function linked[] = {{"seven", &nothing, (void (*)(void))seven}};

START_TEST(a_library_is_loaded_once_and_its_functions_are_called)
{
    struct tn_library library = TN_LIBRARY("libm.so.6", one_function);
    struct tn_error err;

    cosine = NULL;
    ck_assert_int_eq(tn_library_load(&library, &err), TN_OK);
    ck_assert(cosine != NULL);
    ck_assert(cosine(0.0) == 1.0);
    cosine = NULL;
    ck_assert_int_eq(tn_library_load(&library, &err), TN_OK);
    ck_assert(cosine == NULL);
}
END_TEST

START_TEST(a_library_that_is_not_installed_is_named)
{
    struct tn_library library = TN_LIBRARY("libtn_nowhere.so.7", one_function);
    struct tn_error err;

    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(tn_library_load(&library, &err), TN_UNSUPPORTED);
        ck_assert_int_eq(strncmp(err.text, "libtn_nowhere.so.7: ", 20), 0);
    }
    ck_assert_int_eq(tn_library_load(&library, NULL), TN_UNSUPPORTED);
}
END_TEST

START_TEST(a_function_that_the_library_lacks_is_named)
{
    struct tn_library library = TN_LIBRARY("libm.so.6", no_function);
    struct tn_error err;

    ck_assert_int_eq(tn_library_load(&library, &err), TN_UNSUPPORTED);
    ck_assert_str_eq(err.text, "libm.so.6: there is no function tn_nowhere");
    ck_assert(nothing == NULL);
}
END_TEST

START_TEST(a_linked_library_is_not_looked_for)
{
    struct tn_library library = TN_LIBRARY("libtn_nowhere.so.7", linked);
    struct tn_error err;

    nothing = NULL;
    ck_assert_int_eq(tn_library_load(&library, &err), TN_OK);
    ck_assert(nothing == seven);
    ck_assert_int_eq(nothing(), 7);
    nothing = NULL;
    ck_assert_int_eq(tn_library_load(&library, &err), TN_OK);
    ck_assert(nothing == NULL);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("library");
    TCase *tests = tcase_create("library");

    tcase_add_test(tests, a_library_is_loaded_once_and_its_functions_are_called);
    tcase_add_test(tests, a_library_that_is_not_installed_is_named);
    tcase_add_test(tests, a_function_that_the_library_lacks_is_named);
    tcase_add_test(tests, a_linked_library_is_not_looked_for);
    suite_add_tcase(suite, tests);
    return suite;
}
