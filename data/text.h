/* SPDX-License-Identifier: MIT */
/* Whole text files. */
#ifndef DATA_TEXT_H
#define DATA_TEXT_H

#include "base/status.h"

#include <stddef.h>

#define DATA_MAX_TEXT ((size_t)1 << 31) /* bytes of a file */

/* Takes a byte order mark, which Windows' programs put before UTF-8, from a text's front. */
void data_drop_mark(char *text, size_t *size);
/* tn_read_stream (base/read_file.h) of a text: a byte order mark at the front is left out.
 * TN_FORMAT: there is a NUL in it. */
TN_NODISCARD enum tn_status data_read_text(const char *path, char **ret_text, size_t *ret_size,
                                           struct tn_error *err);

#endif
