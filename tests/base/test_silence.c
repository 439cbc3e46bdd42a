/* SPDX-License-Identifier: MIT */
#include "base/silence.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/suite.h"

static void print(void *context)
{
    fputs("within", stderr);
    ++*(int *)context;
}

START_TEST(only_what_is_printed_within_the_call_is_lost)
{
    const int old = dup(STDERR_FILENO);
    char text[64] = "";
    int ends[2], calls = 0;

    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    fputs("before, ", stderr);
    tn_run_silently(print, &calls);
    fputs("after", stderr);
    dup2(old, STDERR_FILENO);
    ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
    ck_assert_int_eq(calls, 1);
    if (unshare(CLONE_FILES) == 0) /* not in every sandbox */
        ck_assert_str_eq(text, "before, after");
    else
        ck_assert_str_eq(text, "before, withinafter");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("silence");
    TCase *tcase = tcase_create("silence");

    tcase_add_test(tcase, only_what_is_printed_within_the_call_is_lost);
    suite_add_tcase(suite, tcase);
    return suite;
}
