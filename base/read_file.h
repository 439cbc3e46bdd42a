/* SPDX-License-Identifier: MIT */
/* A whole file in memory. */
#ifndef BASE_READ_FILE_H
#define BASE_READ_FILE_H

#include "base/status.h"

#include <stddef.h>

/* Reads a regular file of at most `limit` bytes.  The caller frees *ret_bytes, which has a NUL
 * after its last byte.  Errors, which name the file: TN_NOTFOUND when there is none, TN_IO,
 * TN_RANGE, TN_NOMEM. */
TN_NODISCARD enum tn_status tn_read_file(const char *path, size_t limit, char **ret_bytes,
                                         size_t *ret_size, struct tn_error *err);
/* The same in that folder: of path its last part counts, the rest is for messages.  A symbolic link
 * of that name is not followed: TN_IO. */
TN_NODISCARD enum tn_status tn_read_file_in(int folder, const char *path, size_t limit,
                                            char **ret_bytes, size_t *ret_size,
                                            struct tn_error *err);
/* The same of what may be a pipe, too, whose writer is waited for. */
TN_NODISCARD enum tn_status tn_read_stream(const char *path, size_t limit, char **ret_bytes,
                                           size_t *ret_size, struct tn_error *err);
/* The same of an open file or pipe, from where it stands to its end; it stays open, and name is for
 * messages. */
TN_NODISCARD enum tn_status tn_read_descriptor(int file, const char *name, size_t limit,
                                               char **ret_bytes, size_t *ret_size,
                                               struct tn_error *err);

#endif
