/* SPDX-License-Identifier: MIT */
/* What every test file exports to support/main.c: its suite, created with Check. */
#ifndef TESTS_SUPPORT_SUITE_H
#define TESTS_SUPPORT_SUITE_H

#include <check.h>

Suite *test_suite(void);

#endif
