/* SPDX-License-Identifier: MIT */
/* Memory runs out while texts are written into pages and books. */
#include "tests/support/oom.h"
#include "tests/support/suite.h"

#include "app/alt/book.h"
#include "app/alt/page.h"
#include "app/alt/url.h"

#include <stdlib.h>
#include <string.h>

struct edit {
    enum alt_kind kind;
    const char *bytes;
    size_t size;
    char *written;
    size_t written_size;
};

static enum tn_status write_page(void *context, struct tn_error *err)
{
    static const char *const texts[8] = {"a dog", NULL, "a cat"};
    struct edit *edit = context;
    struct alt_page page = {
        .name = "page", .bytes = edit->bytes, .size = edit->size, .kind = edit->kind};
    enum tn_status status;

    edit->written = NULL;
    TN_TRY(alt_page_read(&page, err));
    status = alt_page_write(&page, texts, &edit->written, &edit->written_size, err);
    alt_page_finish(&page);
    return status;
}

static void check_written(void *context, enum tn_status status)
{
    struct edit *edit = context;

    if (status == TN_OK)
        ck_assert_ptr_nonnull(memmem(edit->written, edit->written_size, "a cat", 5));
    else
        ck_assert_ptr_null(edit->written);
    free(edit->written);
}

START_TEST(a_page_is_written_or_an_error)
{
    static const struct edit pages[] = {
        {.kind = ALT_HTML,
         .bytes =
             "<html lang=en><base href=b><img src=a><img alt=x srcset='c 1x'>"
             "<picture><source srcset='d, e'><img aria-label=''></picture><img src='{{ f }}'>"},
        {.kind = ALT_XHTML, .bytes = "<p xml:lang='en'><img src='a'/><img/><img src='b'/></p>"},
        {.kind = ALT_MARKDOWN,
         .bytes = "![](a) ![x](b) <img src=c>\n\n![][r] <img src='{{ x }}'>\n\n[r]: d\n"},
    };

    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        const struct oom_operation operation = {"page", write_page, check_written};
        struct edit edit = pages[i];

        edit.size = strlen(edit.bytes);
        ck_assert_uint_gt(oom_try(&operation, &edit), 10);
    }
}
END_TEST

/* A book of its type and one page. */
static const char book_bytes[] =
    "PK\3\4\24\0\0\0\0\0\0\0!(oa\253,\24\0\0\0\24\0\0\0\10\0\0\0mimetypeapplication/epub+zip"
    "PK\3\4\24\0\0\0\0\0\0\0!(\223\325\065\034\4\0\0\0\4\0\0\0\6\0\0\0a.html<p/>"
    "PK\1\2\24\0\24\0\0\0\0\0\0\0!(oa\253,\24\0\0\0\24\0\0\0\10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "mimetype"
    "PK\1\2\24\0\24\0\0\0\0\0\0\0!(\223\325\065\034\4\0\0\0\4\0\0\0\6\0\0\0\0\0\0\0\0\0\0\0\0\0:"
    "\0\0\0"
    "a.html"
    "PK\5\6\0\0\0\0\2\0\2\0j\0\0\0b\0\0\0\0\0";

static enum tn_status open_and_read(void *context, struct tn_error *err)
{
    struct alt_book *book;
    const void *part;
    size_t size;
    enum tn_status status;

    (void)context;
    TN_TRY(alt_book_open("book", book_bytes, sizeof book_bytes - 1, &book, err));
    status = alt_book_part(book, "a.html", &part, &size, err);
    if (status == TN_OK && (!part || size != 4))
        status = TN_FORMAT;
    alt_book_close(book);
    return status;
}

static enum tn_status read_urls(void *context, struct tn_error *err)
{
    struct alt_url url;

    (void)context;
    TN_TRY(alt_url_read("data:;base64,YQ==", "b/c", &url, err));
    alt_url_finish(&url);
    TN_TRY(alt_url_read("a.jpg", "b/c", &url, err));
    alt_url_finish(&url);
    return TN_OK;
}

static void check_nothing(void *context, enum tn_status status)
{
    (void)context;
    (void)status;
}

START_TEST(books_and_urls_are_read_or_an_error)
{
    const struct oom_operation book = {"book", open_and_read, check_nothing};
    const struct oom_operation urls = {"URLs", read_urls, check_nothing};

    ck_assert_uint_gt(oom_try(&book, NULL), 5);
    ck_assert_uint_gt(oom_try(&urls, NULL), 3);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("oom_alt");
    TCase *tcase = tcase_create("oom_alt");

    tcase_add_test(tcase, a_page_is_written_or_an_error);
    tcase_add_test(tcase, books_and_urls_are_read_or_an_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
