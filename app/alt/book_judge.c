/* SPDX-License-Identifier: MIT */
#include "app/alt/book_judge.h"

#include "base/library.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

/* What is used of libarchive, which most runs do not load (base/library.h). */
static struct {
    __typeof__(&archive_read_new) create;
    __typeof__(&archive_read_support_format_zip) support_zip;
    __typeof__(&archive_read_open_memory) open;
    __typeof__(&archive_read_next_header) next;
    __typeof__(&archive_read_data) read;
    __typeof__(&archive_read_free) destroy;
    __typeof__(&archive_entry_pathname_utf8) name;
} zip;

static const struct tn_library_function functions[] = {
    TN_FUNCTION(archive_read_new, &zip.create),
    TN_FUNCTION(archive_read_support_format_zip, &zip.support_zip),
    TN_FUNCTION(archive_read_open_memory, &zip.open),
    TN_FUNCTION(archive_read_next_header, &zip.next),
    TN_FUNCTION(archive_read_data, &zip.read),
    TN_FUNCTION(archive_read_free, &zip.destroy),
    TN_FUNCTION(archive_entry_pathname_utf8, &zip.name),
};

enum tn_status book_judge_available(const char *name, struct tn_error *err)
{
    static struct tn_library library = TN_LIBRARY("libarchive.so.13", functions);
    struct tn_error why;
    const enum tn_status status = tn_library_load(&library, &why);

    if (status != TN_OK)
        return tn_fail(err, status, "%s: books cannot be read: %s", name, why.text);
    return TN_OK;
}

enum { BLOCK = 65536 };

/* The bytes of an entry, from an archive or from memory. */
struct source {
    struct archive *archive;
    const char *bytes; /* not NULL: these instead */
    size_t size;
    char block[BLOCK];
};

/* Fills the block as far as there is something; below 0: it cannot be read. */
static ssize_t fill(struct source *source)
{
    size_t done = 0;

    if (source->bytes) {
        done = source->size < BLOCK ? source->size : BLOCK;
        memcpy(source->block, source->bytes, done);
        source->bytes += done;
        source->size -= done;
        return (ssize_t)done;
    }
    while (done < BLOCK) {
        const ssize_t got = zip.read(source->archive, source->block + done, BLOCK - done);

        if (got <= 0)
            return got < 0 ? got : (ssize_t)done;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static bool contents_equal(struct source *a, struct source *b)
{
    for (;;) {
        const ssize_t left = fill(a), right = fill(b);

        if (left < 0 || left != right || memcmp(a->block, b->block, (size_t)left) != 0)
            return false;
        if (left < BLOCK)
            return true;
    }
}

static bool is_read(int result)
{
    return result == ARCHIVE_OK || result == ARCHIVE_WARN;
}

/* libarchive gives no name that its locale cannot show. */
static bool is_name(const char *name, const struct zip_entry *entry)
{
    return !name || (strlen(name) == entry->name_length &&
                     memcmp(name, entry->name, entry->name_length) == 0);
}

/* Whether the next entries of both are that entry; change: what it became, or no bytes. */
static bool entries_equal(struct source *old, struct source *new, const struct zip_entry *entry,
                          const struct zip_change *change)
{
    struct archive_entry *a, *b;

    if (!is_read(zip.next(old->archive, &a)) || !is_read(zip.next(new->archive, &b)) ||
        !is_name(zip.name(a), entry) || !is_name(zip.name(b), entry))
        return false;
    old->bytes = change->bytes;
    old->size = change->size;
    return contents_equal(old, new);
}

/* libarchive goes by the order of the bytes. */
static bool archives_equal(struct source *old, struct source *new, const struct zip *zip_of_old,
                           const struct zip_entry *const *sorted, const struct zip_change *changes)
{
    struct archive_entry *none;

    for (size_t i = 0; i < zip_of_old->count; i++)
        if (!entries_equal(old, new, sorted[i], &changes[sorted[i] - zip_of_old->entries]))
            return false;
    return zip.next(old->archive, &none) == ARCHIVE_EOF &&
           zip.next(new->archive, &none) == ARCHIVE_EOF;
}

static struct archive *open_archive(const void *bytes, size_t size)
{
    struct archive *archive = zip.create();

    if (archive &&
        (zip.support_zip(archive) != ARCHIVE_OK || zip.open(archive, bytes, size) != ARCHIVE_OK)) {
        zip.destroy(archive);
        return NULL;
    }
    return archive;
}

enum tn_status book_judge(const struct zip *old, const struct zip_change *changes,
                          const char *bytes, size_t size, struct tn_error *err)
{
    const struct zip_entry **sorted = zip_sort(old);
    struct source a = {.archive = open_archive(old->bytes, old->size)};
    struct source b = {.archive = open_archive(bytes, size)};
    const bool there = sorted && a.archive && b.archive;
    const bool equal = there && archives_equal(&a, &b, old, sorted, changes);

    free(sorted);
    if (a.archive)
        zip.destroy(a.archive);
    if (b.archive)
        zip.destroy(b.archive);
    if (!there)
        return tn_fail_nomem(err, size);
    if (!equal)
        return tn_fail(err, TN_FORMAT,
                       "libarchive reads other parts from the new book; it is left as it is");
    return TN_OK;
}
