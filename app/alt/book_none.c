/* SPDX-License-Identifier: MIT */
/* In place of book.c where libarchive was not found. */
#include "app/alt/book.h"

#include "app/cli/not_built_in.h"

enum tn_status alt_book_open(const char *name, const char *bytes, size_t size,
                             struct alt_book **ret_book, struct tn_error *err)
{
    (void)bytes;
    (void)size;
    (void)ret_book;
    return tn_fail(err, TN_UNSUPPORTED, "%s: EPUB support is not built in (%s)", name,
                   app_part("EPUB")->remedy);
}

void alt_book_close(struct alt_book *book)
{
    (void)book;
}

const char *alt_book_page(const struct alt_book *book, size_t index)
{
    (void)book;
    (void)index;
    return NULL;
}

enum tn_status alt_book_part(struct alt_book *book, const char *name, const void **ret_bytes,
                             size_t *ret_size, struct tn_error *err)
{
    (void)book;
    (void)name;
    (void)ret_size;
    (void)err;
    *ret_bytes = NULL;
    return TN_OK;
}

void alt_book_replace(struct alt_book *book, size_t page, char *bytes, size_t size)
{
    (void)book;
    (void)page;
    (void)bytes;
    (void)size;
}

enum tn_status alt_book_write(const struct alt_book *book, char **ret_bytes, size_t *ret_size,
                              struct tn_error *err)
{
    (void)book;
    (void)ret_bytes;
    (void)ret_size;
    return tn_fail(err, TN_UNSUPPORTED, "EPUB support is not built in");
}
