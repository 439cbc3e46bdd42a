/* SPDX-License-Identifier: MIT */
#include "app/alt/run_private.h"

#include "app/alt/book.h"
#include "app/cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void alt_report(struct alt_running *run, const struct tn_error *why)
{
    app_status_clear(&run->status);
    app_warn("%s", why->text);
    run->counts.failed++;
}

/* What ends the run, rather than being this page's failure. */
static bool is_fatal(enum tn_status status)
{
    return status == TN_NOMEM || status == TN_CANCELLED;
}

/* ---- A page ---- */

/* The page with its texts; *ret_bytes is NULL where nothing changes. */
static enum tn_status edit_page(struct alt_running *run, const struct alt_page *page,
                                const struct alt_place *place, char **ret_bytes, size_t *ret_size,
                                size_t *ret_count, struct tn_error *err)
{
    const char **texts = calloc(page->count + 1, sizeof *texts);
    enum tn_status status;
    size_t count = 0;

    if (!texts)
        return tn_fail_nomem(err, page->count * sizeof *texts);
    status = run->captions ? alt_fill(run, page, page->name, place, texts, err)
                           : alt_fill_from_list(run, page, page->name, texts, err);
    for (size_t i = 0; i < page->count; i++)
        count += texts[i] != NULL;
    *ret_bytes = NULL;
    *ret_count = count;
    if (status == TN_OK && count > 0)
        status = alt_page_write(page, texts, ret_bytes, ret_size, err);
    free(texts);
    return status;
}

/* The same from the page's bytes on.  name: for messages and the list. */
static enum tn_status do_page(struct alt_running *run, const char *name, int kind,
                              const char *bytes, size_t size, const struct alt_place *place,
                              char **ret_bytes, size_t *ret_size, size_t *ret_count,
                              struct tn_error *err)
{
    struct alt_page page = {
        .name = name, .bytes = bytes, .size = size, .kind = (enum alt_kind)kind};
    enum tn_status status;

    TN_TRY(alt_page_read(&page, err));
    status = edit_page(run, &page, place, ret_bytes, ret_size, ret_count, err);
    alt_page_finish(&page);
    return status;
}

static void count_pages(struct alt_running *run, size_t texts, size_t pages)
{
    run->counts.texts += texts;
    run->counts.pages += pages;
}

static enum tn_status do_page_file(struct alt_running *run, const struct alt_file *file, int kind,
                                   const struct alt_place *place, struct tn_error *err)
{
    enum tn_status status;
    size_t size = 0, count = 0;
    char *bytes;

    TN_TRY(
        do_page(run, file->path, kind, file->bytes, file->size, place, &bytes, &size, &count, err));
    status = bytes && !run->settings->list ? alt_file_replace(file, bytes, size, err) : TN_OK;
    free(bytes);
    if (status == TN_OK)
        count_pages(run, count, count > 0);
    return status;
}

/* ---- A book ---- */

static char *title_of(const char *book, const char *page)
{
    char *title;

    return asprintf(&title, "%s!/%s", book, page) < 0 ? NULL : title;
}

/* One page of the book; what fails of it leaves the others. */
static enum tn_status do_book_page(struct alt_running *run, const char *path, struct alt_book *book,
                                   size_t index, struct alt_counts *counts, struct tn_error *err)
{
    const char *name = alt_book_page(book, index);
    const struct alt_place place = {.root = "", .page = name, .book = book, .title = path};
    const void *old;
    char *bytes = NULL, *title;
    size_t size = 0, texts = 0;
    enum tn_status status;

    TN_TRY(alt_book_part(book, name, &old, &size, err));
    title = title_of(path, name);
    if (!title)
        return tn_fail_nomem(err, strlen(path) + strlen(name));
    status = do_page(run, title, ALT_XHTML, old, size, &place, &bytes, &size, &texts, err);
    free(title);
    TN_TRY(status);
    if (bytes)
        alt_book_replace(book, index, bytes, size);
    counts->texts += texts;
    counts->pages += texts > 0;
    return TN_OK;
}

static bool has_page(const struct alt_book *book, const char *name)
{
    const char *page;

    for (size_t i = 0; (page = alt_book_page(book, i)) != NULL; i++)
        if (strcmp(page, name) == 0)
            return true;
    return false;
}

/* Reports the rows of the list that is applied whose pages the book does not have. */
static void report_lost_rows(struct alt_running *run, const char *path, const struct alt_book *book)
{
    const size_t length = strlen(path);

    for (size_t i = 0; i < run->list.count; i++) {
        const char *page = run->list.rows[i].page;
        struct tn_error why;

        if (strncmp(page, path, length) != 0 || strncmp(page + length, "!/", 2) != 0 ||
            has_page(book, page + length + 2))
            continue;
        (void)tn_fail(&why, TN_NOTFOUND,
                      "%s: there is no such page in the book (any more); list "
                      "this book again",
                      page);
        alt_report(run, &why);
    }
}

static enum tn_status do_book_pages(struct alt_running *run, const struct alt_file *file,
                                    struct alt_book *book, struct tn_error *err)
{
    struct alt_counts counts = {0};
    enum tn_status status = TN_OK;
    size_t size;
    char *bytes;

    for (size_t i = 0; alt_book_page(book, i); i++) {
        struct tn_error why;

        status = do_book_page(run, file->path, book, i, &counts, &why);
        if (is_fatal(status))
            return tn_fail(err, status, "%s", why.text);
        if (status != TN_OK)
            alt_report(run, &why);
    }
    report_lost_rows(run, file->path, book);
    status = TN_OK;
    if (counts.texts > 0 && !run->settings->list) {
        TN_TRY(alt_book_write(book, &bytes, &size, err));
        status = alt_file_replace(file, bytes, size, err);
        free(bytes);
    }
    if (status == TN_OK)
        count_pages(run, counts.texts, counts.pages);
    return status;
}

static enum tn_status do_book(struct alt_running *run, const struct alt_file *file,
                              struct tn_error *err)
{
    struct alt_book *book;
    enum tn_status status;

    TN_TRY(alt_book_open(file->path, file->bytes, file->size, &book, err));
    status = do_book_pages(run, file, book, err);
    alt_book_close(book);
    return status;
}

/* ---- A file ---- */

static enum tn_status do_opened(struct alt_running *run, const struct alt_file *file, int kind,
                                const char *root, struct tn_error *err)
{
    struct alt_place place = {.page = file->path};
    enum tn_status status;
    char *site;

    if (kind < 0)
        kind = alt_kind_of_file(file->path, file->bytes, file->size);
    if (kind == ALT_BOOK)
        return do_book(run, file, err);
    TN_TRY(alt_site_root(root, file->path, &site, err));
    place.root = site;
    status = do_page_file(run, file, kind, &place, err);
    free(site);
    return status;
}

enum tn_status alt_do_file(struct alt_running *run, const char *path, int kind, const char *root,
                           struct tn_error *err)
{
    struct alt_file file;
    struct tn_error why;
    enum tn_status status = alt_file_read(path, &file, &why);

    if (status == TN_OK) {
        status = do_opened(run, &file, kind, root, &why);
        alt_file_finish(&file);
    }
    if (is_fatal(status))
        return tn_fail(err, status, "%s", why.text);
    if (status != TN_OK)
        alt_report(run, &why);
    return TN_OK;
}
