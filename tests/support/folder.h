/* SPDX-License-Identifier: MIT */
/* A temporary folder for a test's files. */
#ifndef TESTS_SUPPORT_FOLDER_H
#define TESTS_SUPPORT_FOLDER_H

enum { TEST_FOLDER_SIZE = 64 };

/* Makes an empty folder and writes its path. */
void test_folder_make(char folder[TEST_FOLDER_SIZE]);
/* Removes the folder with all that is in it. */
void test_folder_remove(const char *folder);

#endif
