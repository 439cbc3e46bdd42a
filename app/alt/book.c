/* SPDX-License-Identifier: MIT */
#include "app/alt/book.h"

#include "app/alt/book_judge.h"
#include "app/alt/zip.h"
#include "base/array.h"
#include "base/map.h"
#include "base/path.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <zlib.h>

/* A part unpacks to 1032 times as much at most, by deflate. */
enum { MOST_PART = 256 << 20, MOST_UNPACKED = 1 << 30, MOST_RATIO = 1040 };

struct part {
    unsigned char *bytes; /* unpacked; NULL: not read yet; owned */
};

struct alt_book {
    const char *name, *bytes;
    size_t size;
    struct zip zip;
    struct part *parts;         /* [zip.count] */
    struct zip_change *changes; /* [zip.count]; owned, each */
    struct tn_map names;        /* of the parts, in their order */
    size_t *pages;              /* which parts are pages; owned */
    size_t page_count, page_capacity;
};

/* ---- Parts ---- */

static enum tn_status unpack(const struct alt_book *book, const struct zip_entry *entry,
                             unsigned char *out, struct tn_error *err)
{
    const unsigned char *packed = book->zip.bytes + entry->data;
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed,
                       .avail_in = (uInt)entry->packed,
                       .next_out = out,
                       .avail_out = (uInt)entry->size + 1}; /* what is too long shows */
    int result = Z_STREAM_END;

    if (entry->method == 0) {
        if (entry->size == entry->packed)
            memcpy(out, packed, entry->size);
        stream.total_out = entry->packed;
    } else if (inflateInit2(&stream, -15) != Z_OK) {
        return tn_fail_nomem(err, entry->size);
    } else {
        result = inflate(&stream, Z_FINISH);
        inflateEnd(&stream);
    }
    if (result != Z_STREAM_END || stream.total_out != entry->size ||
        crc32(0, out, (uInt)entry->size) != entry->crc)
        return tn_fail(err, TN_FORMAT, "%s: %.*s in it is damaged", book->name,
                       (int)entry->name_length, entry->name);
    return TN_OK;
}

static enum tn_status read_part(struct alt_book *book, size_t index, struct tn_error *err)
{
    const struct zip_entry *entry = &book->zip.entries[index];
    struct part *part = &book->parts[index];
    enum tn_status status;

    if (part->bytes)
        return TN_OK;
    if (entry->size > MOST_PART || (entry->method != 0 && entry->method != 8))
        return tn_fail(err, TN_RANGE, "%s: %.*s in it is too large, or packed in a rare way",
                       book->name, (int)entry->name_length, entry->name);
    part->bytes = malloc(entry->size + 1);
    if (!part->bytes)
        return tn_fail_nomem(err, entry->size + 1);
    status = unpack(book, entry, part->bytes, err);
    if (status == TN_OK) {
        part->bytes[entry->size] = '\0';
    } else {
        free(part->bytes);
        part->bytes = NULL;
    }
    return status;
}

enum tn_status alt_book_part(struct alt_book *book, const char *name, const void **ret_bytes,
                             size_t *ret_size, struct tn_error *err)
{
    const size_t index = tn_map_find(&book->names, name, strlen(name));

    *ret_bytes = NULL;
    if (index == TN_MAP_NONE)
        return TN_OK;
    TN_TRY(read_part(book, index, err));
    *ret_bytes = book->parts[index].bytes;
    *ret_size = book->zip.entries[index].size;
    return TN_OK;
}

const char *alt_book_page(const struct alt_book *book, size_t index)
{
    return index < book->page_count ? tn_map_text(&book->names, book->pages[index]) : NULL;
}

/* ---- Opening ---- */

static enum tn_status check_entry(const struct alt_book *book, const struct zip_entry *entry,
                                  size_t *sum, struct tn_error *err)
{
    *sum += entry->size;
    if (entry->flags & 1)
        return tn_fail(err, TN_FORMAT, "%s: the book is encrypted", book->name);
    if (*sum > MOST_UNPACKED || entry->size / MOST_RATIO > entry->packed)
        return tn_fail(err, TN_RANGE, "%s: the book unpacks to too much", book->name);
    if (memchr(entry->name, '\0', entry->name_length))
        return tn_fail(err, TN_FORMAT, "%s: a name in the book contains a NUL", book->name);
    return TN_OK;
}

static bool is_page_name(const char *name)
{
    static const char *const extensions[] = {".xhtml", ".html", ".htm", ".xht"};

    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if (strcasecmp(tn_path_extension(name), extensions[i]) == 0)
            return true;
    return false;
}

static enum tn_status add_entry(struct alt_book *book, size_t index, struct tn_error *err)
{
    const struct zip_entry *entry = &book->zip.entries[index];
    size_t found;

    TN_TRY(tn_map_add(&book->names, entry->name, entry->name_length, &found, err));
    if (found != index)
        return tn_fail(err, TN_FORMAT, "%s: two parts of the book are called %.*s", book->name,
                       (int)entry->name_length, entry->name);
    if (!is_page_name(tn_map_text(&book->names, index)))
        return TN_OK;
    TN_TRY(tn_array_reserve(&book->pages, &book->page_capacity, book->page_count + 1, err));
    book->pages[book->page_count++] = index;
    return TN_OK;
}

/* Fonts are obfuscated by the book's identifier, which stays; all else would be DRM. */
static bool hides_only_fonts(const char *text)
{
    static const char *const algorithms[] = {"http://www.idpf.org/2008/embedding",
                                             "http://ns.adobe.com/pdf/enc#RC"};
    static const char key[] = "Algorithm=";

    for (text = strstr(text, key); text; text = strstr(text, key)) {
        bool known = false;

        text += strlen(key);
        text += *text == '"' || *text == '\'';
        for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
            known |= strncmp(text, algorithms[i], strlen(algorithms[i])) == 0;
        if (!known)
            return false;
    }
    return true;
}

static enum tn_status check_protection(struct alt_book *book, struct tn_error *err)
{
    const void *text;
    size_t size;

    TN_TRY(alt_book_part(book, "META-INF/signatures.xml", &text, &size, err));
    if (text)
        return tn_fail(err, TN_FORMAT, "%s: the book is signed, and would no longer be",
                       book->name);
    TN_TRY(alt_book_part(book, "META-INF/encryption.xml", &text, &size, err));
    if (text && !hides_only_fonts(text))
        return tn_fail(err, TN_FORMAT, "%s: the book is encrypted (DRM)", book->name);
    return TN_OK;
}

static enum tn_status open_book(struct alt_book *book, struct tn_error *err)
{
    static const char type[] = "application/epub+zip";
    struct tn_error why;
    const enum tn_status status = zip_read(book->bytes, book->size, &book->zip, &why);
    const void *text;
    size_t size, sum = 0;

    if (status != TN_OK)
        return tn_fail(err, status, "%s: %s", book->name, why.text);
    book->parts = calloc(book->zip.count + 1, sizeof *book->parts);
    book->changes = calloc(book->zip.count + 1, sizeof *book->changes);
    if (!book->parts || !book->changes)
        return tn_fail_nomem(err, book->zip.count * sizeof *book->parts);
    for (size_t i = 0; i < book->zip.count; i++) {
        TN_TRY(check_entry(book, &book->zip.entries[i], &sum, err));
        TN_TRY(add_entry(book, i, err));
    }
    TN_TRY(alt_book_part(book, "mimetype", &text, &size, err));
    if (!text || strncmp(text, type, strlen(type)) != 0)
        return tn_fail(err, TN_FORMAT, "%s: a ZIP archive, but no EPUB", book->name);
    return check_protection(book, err);
}

enum tn_status alt_book_open(const char *name, const char *bytes, size_t size,
                             struct alt_book **ret_book, struct tn_error *err)
{
    struct alt_book *book;
    enum tn_status status;

    TN_TRY(book_judge_available(name, err));
    book = calloc(1, sizeof *book);
    if (!book)
        return tn_fail_nomem(err, sizeof *book);
    *book = (struct alt_book){.name = name, .bytes = bytes, .size = size};
    status = open_book(book, err);
    if (status == TN_OK)
        *ret_book = book;
    else
        alt_book_close(book);
    return status;
}

void alt_book_close(struct alt_book *book)
{
    if (!book)
        return;
    for (size_t i = 0; i < book->zip.count; i++) {
        if (book->parts)
            free(book->parts[i].bytes);
        if (book->changes)
            free((char *)(uintptr_t)book->changes[i].bytes);
    }
    free(book->parts);
    free(book->changes);
    free(book->pages);
    tn_map_finish(&book->names);
    zip_finish(&book->zip);
    free(book);
}

/* ---- Writing ---- */

void alt_book_replace(struct alt_book *book, size_t page, char *bytes, size_t size)
{
    book->changes[book->pages[page]] = (struct zip_change){bytes, size};
}

enum tn_status alt_book_write(const struct alt_book *book, char **ret_bytes, size_t *ret_size,
                              struct tn_error *err)
{
    struct tn_error why;
    enum tn_status status;
    size_t size;
    char *bytes;

    status = zip_write(&book->zip, book->changes, &bytes, &size, &why);
    if (status != TN_OK)
        return tn_fail(err, status, "%s: %s", book->name, why.text);
    status = book_judge(&book->zip, book->changes, bytes, size, &why);
    if (status != TN_OK) {
        free(bytes);
        return tn_fail(err, status, "%s: %s", book->name, why.text);
    }
    *ret_bytes = bytes;
    *ret_size = size;
    return TN_OK;
}
