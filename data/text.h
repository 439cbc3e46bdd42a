/* SPDX-License-Identifier: MIT */
/* Whole text files. */
#ifndef DATA_TEXT_H
#define DATA_TEXT_H

#include "base/status.h"

#include <stddef.h>

#define DATA_MAX_TEXT ((size_t)1 << 31) /* bytes of a file */

/* Whether a text that was read is one: it has no NUL.  Takes a byte order mark from its front.
 * TN_FORMAT: it has a NUL, or is UTF-16. */
TN_NODISCARD enum tn_status data_check_text(const char *path, char *text, size_t *size,
                                            struct tn_error *err);
/* Takes a byte order mark, which Windows' programs put before UTF-8, from a text's front. */
void data_drop_mark(char *text, size_t *size);
/* Old Macintosh programs, and some that export for them, end lines in a carriage return alone.  Of
 * a text that has no other ends of lines, these become newlines. */
void data_mend_line_ends(char *text, size_t size);
/* tn_read_stream (base/read_file.h) of a text, and data_check_text. */
TN_NODISCARD enum tn_status data_read_text(const char *path, char **ret_text, size_t *ret_size,
                                           struct tn_error *err);

#endif
