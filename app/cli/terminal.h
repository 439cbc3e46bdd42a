/* SPDX-License-Identifier: MIT */
/* A stream to a terminal that shows what is printed and obeys none of it. */
#ifndef APP_TERMINAL_H
#define APP_TERMINAL_H

#include <stdio.h>

/*
 * A line-buffered stream that writes to `terminal`, which it takes over: closing it closes both.
 * Lines, tabs and text pass; the rest as app_escape_visible writes it.  A character may come in
 * parts.  NULL: out of memory.
 */
FILE *app_terminal_open(FILE *terminal);

#endif
