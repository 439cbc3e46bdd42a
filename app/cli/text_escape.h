/* SPDX-License-Identifier: MIT */
/* Texts of others where not every byte of them can stand. */
#ifndef APP_TEXT_ESCAPE_H
#define APP_TEXT_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/* Any bytes within a line: a backslash, a tab, a newline and a carriage return are written as \\,
 * \t, \n and \r; everything else stands for itself. */
void app_escape_tsv(FILE *stream, const char *text);
void app_escape_tsv_bytes(FILE *stream, const char *text, size_t length);
/* The inverse, into out[length + 1]. */
void app_unescape_tsv(const char *text, size_t length, char *out);

/*
 * Any bytes on a terminal, into out[APP_VISIBLE_GROWTH * length]; returns their length.  What a
 * terminal would obey, not show, is written in ASCII: control characters and bytes that are no
 * UTF-8 as \t, \n, \r or \x1b, C1 controls, line separators and what turns the direction of writing
 * as \u202e.  The control characters in `kept` stay.
 */
enum { APP_VISIBLE_GROWTH = 4 };
size_t app_escape_visible(const char *text, size_t length, const char *kept, char *out);
/* The same into a stream, no control character kept; returns the bytes written. */
size_t app_print_visible(FILE *stream, const char *text, size_t length);

#endif
