/* SPDX-License-Identifier: MIT */
/*
 * An EPUB: a ZIP archive of XHTML pages and their pictures.  It is read in memory, and no part is
 * ever a file.  A book that is written has every part but the changed pages byte for byte as it
 * was, compressed bytes, times and extra fields included: only what the directory states of places
 * follows.  libarchive judges: it must read the same parts from the old book and the new.
 */
#ifndef APP_BOOK_H
#define APP_BOOK_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct alt_book;

/* bytes[size] are borrowed until the book is closed.  Errors: TN_FORMAT (damaged, or protected),
 * TN_RANGE (a bomb), TN_UNSUPPORTED (ZIP64, or libarchive is missing), TN_NOMEM. */
TN_NODISCARD enum tn_status alt_book_open(const char *name, const char *bytes, size_t size,
                                          struct alt_book **ret_book, struct tn_error *err);
void alt_book_close(struct alt_book *book);

/* The name of the i-th page, in the order of the file; NULL from their number on. */
const char *alt_book_page(const struct alt_book *book, size_t index);

/* The bytes of a part, with a NUL behind them, borrowed; NULL: there is none of that name. */
TN_NODISCARD enum tn_status alt_book_part(struct alt_book *book, const char *name,
                                          const void **ret_bytes, size_t *ret_size,
                                          struct tn_error *err);

/* Replaces the i-th page, once; the book takes the bytes over. */
void alt_book_replace(struct alt_book *book, size_t page, char *bytes, size_t size);
/* The book with what was replaced; the caller frees it. */
TN_NODISCARD enum tn_status alt_book_write(const struct alt_book *book, char **ret_bytes,
                                           size_t *ret_size, struct tn_error *err);

#endif
