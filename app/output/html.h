/* SPDX-License-Identifier: MIT */
/* What goes into a page: text that cannot be taken for markup, links, and data. */
#ifndef APP_HTML_H
#define APP_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Writes text for an element or a quoted attribute.  Nothing in it acts as markup; control
 * characters appear as their pictures (U+2400 ...), what is not UTF-8 or turns the direction of
 * writing as U+FFFD. */
void app_html_text(FILE *stream, const char *text);
/* The same for an element; the line may break behind each "/". */
void app_html_path(FILE *stream, const char *path);

/* Writes bytes as in a URL (RFC 3986): all but letters, digits and "-._~/" as %XX. */
void app_html_percent(FILE *stream, const char *text);
/* Takes that back: text[length], up to its end, into ret_text[length + 1]; false: it is no such
 * text. */
bool app_html_percent_decode(const char *text, size_t length, char *ret_text);

/* Writes the URL of the file at path as seen from the page in the file page: relative, so that both
 * can move together; page NULL, of which nobody knows where it will lie: a file: URL.  Both paths
 * count from the working directory; symbolic links are not followed, as a browser does not. */
void app_html_link(FILE *stream, const char *page, const char *path);

/* Writes bytes in base64 (RFC 4648). */
void app_html_base64(FILE *stream, const unsigned char *bytes, size_t size);

#endif
