/* SPDX-License-Identifier: MIT */
/* The headers that every answer has. */
#ifndef APP_HEADERS_H
#define APP_HEADERS_H

struct serve_header_line {
    const char *name, *value;
};

/* Ends in a NULL name. */
extern const struct serve_header_line serve_headers[];

#endif
