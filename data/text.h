/* SPDX-License-Identifier: MIT */
/* Whole text files, and paths. */
#ifndef DATA_TEXT_H
#define DATA_TEXT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads a whole file of at most 2 GiB into *ret_bytes, which the caller frees; a NUL follows the
 * last byte. */
TN_NODISCARD enum tn_status train_read_bytes(const char *path, char **ret_bytes, size_t *ret_size,
                                             struct tn_error *err);
/* Takes a byte order mark, which Windows' programs put before UTF-8, from a text's front. */
void train_drop_mark(char *text, size_t *size);
/* Reads a whole text file of at most 2 GiB into *ret_text, which the caller frees; a NUL follows
 * the last byte, and a byte order mark at the front is left out.  TN_FORMAT: there is a NUL in it.
 */
TN_NODISCARD enum tn_status train_read_text(const char *path, char **ret_text, size_t *ret_size,
                                            struct tn_error *err);

/* "folder/name"; an absolute name, or an empty folder, gives the name alone.  The caller frees it;
 * NULL when out of memory. */
char *train_join_path(const char *folder, const char *name);
/* The folder a path lies in ("." for a bare name); the caller frees it; NULL when out of memory. */
char *train_folder_of(const char *path);
bool train_exists(const char *path);
/* Whether a name ends in an extension that photos have. */
bool train_is_photo_name(const char *name, size_t length);

#endif
