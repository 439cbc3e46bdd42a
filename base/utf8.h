/* SPDX-License-Identifier: MIT */
/* Well-formed UTF-8 (Unicode 15, table 3-7). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes of the sequence that text[length], of 1 or more, begins with; 0 when it begins with
 * none. */
size_t tn_utf8_sequence(const char *text, size_t length);

/* Whether all of text[length] is well-formed.  JSON from elsewhere is looked at with this before it
 * is parsed: json-c 0.18 refuses good text when it shall check. */
bool tn_utf8_is_valid(const char *text, size_t length);

#endif
