/* SPDX-License-Identifier: MIT */
/* Well-formed UTF-8 (Unicode 15, table 3-7). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes of the sequence that text[length], of 1 or more, begins with; 0 when it begins with
 * none. */
size_t tn_utf8_sequence(const char *text, size_t length);

/* Whether all of text[length] is well-formed. */
bool tn_utf8_is_valid(const char *text, size_t length);

/* The first bytes of text, `most` at most, that do not end within a character: the precision of a
 * "%.*s".  TN_FIT gives both that it takes, and
 * evaluates text twice. */
int tn_utf8_fit(const char *text, int most);

#define TN_FIT(text, most) tn_utf8_fit((text), (most)), (text)

/* A copy of a JSON text in which each character beyond ASCII is an escape such as \u4e2d; it parses
 * to the same.  json-c 0.18 refuses such characters when it is strict.  NULL without memory, and,
 * with *ret_length 0, where the text is not well-formed.  The caller frees it. */
char *tn_utf8_to_json_ascii(const char *text, size_t length, size_t *ret_length);

#endif
