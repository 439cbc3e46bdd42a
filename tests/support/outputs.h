/* SPDX-License-Identifier: MIT */
/* For the tests of outputs: a fresh folder, files in it, and captions to put. */
#ifndef TESTS_SUPPORT_OUTPUTS_H
#define TESTS_SUPPORT_OUTPUTS_H

#include "app/output/output.h"

#include <stdbool.h>

/* Fixture: the test works in an empty folder, which is removed with all that is in it. */
void enter_folder(void);
void leave_folder(void);

/* Makes the folders above the file, too. */
void write_file(const char *path, const void *bytes, size_t size);
void write_text(const char *path, const char *text);
/* A copy of a file below TEST_DATA. */
void copy_data(const char *name, const char *path);
/* The file's content, NUL-terminated, until the next call but one; NULL when there is none. */
const char *content(const char *path, size_t *ret_size);
void check_text(const char *path, const char *expected);
size_t count_files(const char *folder);

/* Puts one caption, or two, of a photo. */
enum tn_status put_captions(struct app_output *output, const char *photo, const char *first,
                            const char *second, struct tn_error *err);
/* The same; fails the test when that fails. */
void put(struct app_output *output, const char *photo, const char *first, const char *second);

#endif
