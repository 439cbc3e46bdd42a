/* SPDX-License-Identifier: MIT */
/* Pages whose images get texts: a page, behind a byte for its kind, a book, or a list of texts.
 * What is written is what was there, but for the texts. */
#include "fuzz/support.h"

#include "app/alt/book.h"
#include "app/alt/list.h"
#include "app/alt/page.h"
#include "app/alt/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of messages, of which there are none. */
extern const char app_program[];
const char app_program[] = "fuzz_alt";

enum { MOST_IMAGES = 100, BOOK = 4, LIST = 5, KINDS = 6 };

static const char text[] = "a \"dog's\" [day] <&> {{ \xC3\xA9 }} *";

/* Without the texts, and what was put around them, the new page is the old one. */
static void require_spliced(const struct alt_page *page, const struct alt_page *written,
                            const char *const *texts)
{
    size_t old = 0, new = 0;

    for (size_t i = 0; i <= page->count; i++) {
        const bool last = i == page->count;
        const struct alt_image *image = &page->images[i], *other = &written->images[i];
        size_t begin, end;

        if (!last && !texts[i])
            continue;
        begin = last ? page->size : image->span.begin;
        end = last ? written->size : other->span.begin - strlen(image->before);
        fuzz_require(begin >= old &&
                     end >= new &&begin - old ==
                         end - new &&memcmp(page->bytes + old, written->bytes + new, begin - old) ==
                         0);
        old = last ? begin : image->span.end;
        new = last ? end : other->span.end + strlen(image->after);
    }
}

/* Gives the images of that state texts. */
static void fill(const struct alt_page *page, enum alt_state state)
{
    const char *texts[MOST_IMAGES] = {NULL};
    struct alt_page written = {.name = "written", .kind = page->kind};
    struct tn_error err;
    size_t wanted = 0;
    char *bytes;

    for (size_t i = 0; i < page->count; i++) {
        texts[i] = page->images[i].state == state ? text : NULL;
        wanted += texts[i] != NULL;
    }
    if (wanted == 0 || alt_page_write(page, texts, &bytes, &written.size, &err) != TN_OK)
        return;
    written.bytes = bytes;
    fuzz_require(alt_page_read(&written, &err) == TN_OK && written.count == page->count);
    for (size_t i = 0; i < page->count; i++)
        fuzz_require(strcmp(written.images[i].alt, texts[i] ? text : page->images[i].alt) == 0);
    require_spliced(page, &written, texts);
    alt_page_finish(&written);
    free(bytes);
}

static void read_urls(const struct alt_page *page)
{
    struct alt_url url;

    for (size_t i = 0; i < page->count; i++) {
        fuzz_require(page->images[i].span.begin <= page->images[i].span.end &&
                     page->images[i].span.end <= page->size);
        if (alt_url_read(page->images[i].source, page->base, &url, NULL) != TN_OK)
            continue;
        if (url.path && alt_path_simplify(url.path))
            fuzz_require(strncmp(url.path, "../", 3) != 0 && url.path[0] != '/');
        alt_url_finish(&url);
    }
}

static void try_page(enum alt_kind kind, const char *bytes, size_t size)
{
    struct alt_page page = {.name = "page", .bytes = bytes, .size = size, .kind = kind};
    struct tn_error err;

    if (alt_page_read(&page, &err) != TN_OK)
        return;
    read_urls(&page);
    if (page.count <= MOST_IMAGES) {
        fill(&page, ALT_MISSING);
        fill(&page, ALT_EMPTY);
        fill(&page, ALT_POOR);
    }
    alt_page_finish(&page);
}

/* A book is written with its first page doubled, and has all other parts again. */
static void try_book(const char *bytes, size_t size)
{
    struct alt_book *book, *again;
    const void *part;
    struct tn_error err;
    char *written, *copy;
    size_t written_size, part_size = 0, again_size;

    if (alt_book_open("book", bytes, size, &book, &err) != TN_OK)
        return;
    if (alt_book_page(book, 0) &&
        alt_book_part(book, alt_book_page(book, 0), &part, &part_size, &err) == TN_OK) {
        copy = malloc(2 * part_size + 1);
        fuzz_require(copy != NULL);
        memcpy(copy, part, part_size);
        memcpy(copy + part_size, part, part_size);
        alt_book_replace(book, 0, copy, 2 * part_size);
        if (alt_book_write(book, &written, &written_size, &err) == TN_OK) {
            fuzz_require(alt_book_open("again", written, written_size, &again, &err) == TN_OK);
            fuzz_require(alt_book_part(again, alt_book_page(again, 0), &part, &again_size, &err) ==
                             TN_OK &&
                         again_size == 2 * part_size && memcmp(part, copy, again_size) == 0);
            alt_book_close(again);
            free(written);
        }
    }
    alt_book_close(book);
}

/* A list in tsv says what its rows say. */
static void require_written(const struct alt_list *list)
{
    struct alt_list again = {.rows = NULL};
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);

    fuzz_require(stream != NULL);
    alt_list_begin(stream, ALT_TSV);
    for (size_t i = 0; i < list->count; i++)
        alt_list_put(stream, ALT_TSV, &list->rows[i]);
    fclose(stream);
    fuzz_require(alt_list_parse("again", bytes, size, &again, NULL) == TN_OK);
    fuzz_require(again.count == list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct alt_row *row = &list->rows[i], *other = &again.rows[i];

        fuzz_require(row->line == other->line && row->column == other->column);
        fuzz_require(strcmp(row->page, other->page) == 0 &&
                     strcmp(row->source, other->source) == 0 &&
                     strcmp(row->text, other->text) == 0);
    }
    alt_list_finish(&again);
}

static void try_list(const char *bytes, size_t size)
{
    struct alt_list list = {.rows = NULL};
    char *copy = malloc(size + 1);

    fuzz_require(copy != NULL);
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    if (alt_list_parse("list", copy, size, &list, NULL) == TN_OK) {
        for (size_t i = 0; i < list.count; i++)
            fuzz_require(list.rows[i].line > 0 && list.rows[i].column > 0);
        require_written(&list);
    }
    alt_list_finish(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data + 1;

    if (size == 0)
        return 0;
    switch (data[0] % KINDS) {
    case BOOK:
        try_book(bytes, size - 1);
        break;
    case LIST:
        try_list(bytes, size - 1);
        break;
    default:
        try_page((enum alt_kind)(data[0] % KINDS), bytes, size - 1);
    }
    return 0;
}
