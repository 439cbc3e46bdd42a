/* SPDX-License-Identifier: MIT */
#include "app/alt/page.h"

#include "app/alt/charset.h"
#include "app/alt/page_private.h"
#include "base/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static bool is_markdown(const struct alt_page *page)
{
    return page->kind == ALT_MARKDOWN || page->kind == ALT_MDX;
}

enum tn_status alt_page_add(struct alt_page *page, const struct alt_image *image,
                            struct tn_error *err)
{
    const enum tn_status status =
        tn_array_reserve(&page->images, &page->capacity, page->count + 1, err);

    if (status == TN_OK) {
        page->images[page->count++] = *image;
    } else {
        free(image->source);
        free(image->alt);
    }
    return status;
}

void alt_page_finish(struct alt_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        free(page->images[i].source);
        free(page->images[i].alt);
    }
    free(page->images);
    free(page->base);
    free(page->language);
    page->images = NULL;
    page->base = page->language = NULL;
    page->count = page->capacity = 0;
}

enum tn_status alt_page_read(struct alt_page *page, struct tn_error *err)
{
    enum tn_status status;

    if (page->size > ALT_MOST_BYTES)
        return tn_fail(err, TN_RANGE, "%s: the page of %zu MiB is more than the limit of %d MiB",
                       page->name, page->size >> 20, ALT_MOST_BYTES >> 20);
    TN_TRY(alt_charset_read(page, err));
    if (page->size == 0)
        return TN_OK;
    TN_TRY(alt_available(err));
    status = is_markdown(page) ? alt_markdown_read(page, err) : alt_html_read(page, err);
    if (status != TN_OK)
        alt_page_finish(page);
    return status;
}

void alt_cursor_move(struct alt_cursor *cursor, const struct alt_page *page, size_t at)
{
    if (cursor->line == 0)
        *cursor = (struct alt_cursor){.line = 1, .column = 1};
    for (; cursor->at < at; cursor->at++) {
        const bool newline = page->bytes[cursor->at] == '\n';

        cursor->line += newline;
        cursor->column = newline ? 1 : cursor->column + 1;
    }
}

/* ---- Texts as they stand in the page ---- */

static const char *reference_of(utf8proc_int32_t code, char quote)
{
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return quote == '"' ? "&quot;" : NULL;
    case '\'':
        return quote == '\'' ? "&#39;" : NULL;
    case '{': /* could begin a program's piece in a page that is a template */
        return "&#123;";
    default:
        return NULL;
    }
}

static void write_html(FILE *stream, const char *text, size_t length, utf8proc_int32_t code,
                       char quote, bool utf8)
{
    const char *reference = reference_of(code, quote);

    if (reference)
        fputs(reference, stream);
    else if (code >= 0x80 && !utf8)
        fprintf(stream, "&#x%X;", (unsigned)code);
    else
        fwrite(text, 1, length, stream);
}

static void write_markdown(FILE *stream, const char *text, size_t length, utf8proc_int32_t code)
{
    if (code < 0x80 && strchr("\\`*_[]<>&|~$#{}!:@", (int)code))
        putc('\\', stream);
    fwrite(text, 1, length, stream);
}

static void write_text(FILE *stream, const char *text, const struct alt_image *image,
                       const struct alt_page *page)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text;

    while (*bytes) {
        utf8proc_int32_t code;
        const utf8proc_ssize_t step = utf8proc_iterate(bytes, -1, &code);
        const size_t length = step > 0 ? (size_t)step : 1;

        if (image->quote)
            write_html(stream, (const char *)bytes, length, code, image->quote, page->utf8);
        else
            write_markdown(stream, (const char *)bytes, length, code);
        bytes += length;
    }
}

/* ---- The new page ---- */

static enum tn_status splice(const struct alt_page *page, const char *const *texts,
                             char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    char *bytes = NULL;
    size_t done = 0;
    FILE *stream = open_memstream(&bytes, ret_size);

    if (!stream)
        return tn_fail_nomem(err, page->size);
    for (size_t i = 0; i < page->count; i++) {
        const struct alt_image *image = &page->images[i];

        if (!texts[i])
            continue;
        fwrite(page->bytes + done, 1, image->span.begin - done, stream);
        fputs(image->before, stream);
        write_text(stream, texts[i], image, page);
        fputs(image->after, stream);
        done = image->span.end;
    }
    fwrite(page->bytes + done, 1, page->size - done, stream);
    if (fclose(stream) != 0) {
        free(bytes);
        return tn_fail_nomem(err, page->size);
    }
    *ret_bytes = bytes;
    return TN_OK;
}

static enum tn_status check(const struct alt_page *page, const char *const *texts,
                            const char *bytes, size_t size, struct tn_error *err)
{
    struct alt_page written = {
        .name = page->name, .bytes = bytes, .size = size, .kind = page->kind};
    enum tn_status status = alt_page_read(&written, err);

    if (status == TN_OK && (written.count != page->count || written.utf8 != page->utf8))
        status = tn_fail(err, TN_FORMAT,
                         "%s: writing would change what it has; it is left as it is", page->name);
    if (status == TN_OK)
        status = is_markdown(page) ? alt_markdown_check(page, &written, texts, err)
                                   : alt_html_check(page, &written, texts, err);
    alt_page_finish(&written);
    return status;
}

enum tn_status alt_page_write(const struct alt_page *page, const char *const *texts,
                              char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    enum tn_status status;
    size_t size;
    char *bytes;

    TN_TRY(splice(page, texts, &bytes, &size, err));
    status = check(page, texts, bytes, size, err);
    if (status != TN_OK) {
        free(bytes);
        return status;
    }
    *ret_bytes = bytes;
    *ret_size = size;
    return TN_OK;
}
