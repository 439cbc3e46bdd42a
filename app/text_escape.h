/* SPDX-License-Identifier: MIT */
/* Any bytes within a line: a backslash, a tab, a newline and a carriage return are written as \\,
 * \t, \n and \r; everything else stands for itself. */
#ifndef APP_TEXT_ESCAPE_H
#define APP_TEXT_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

void app_escape_tsv(FILE *stream, const char *text);
/* The inverse, into out[length + 1]. */
void app_unescape_tsv(const char *text, size_t length, char *out);

#endif
