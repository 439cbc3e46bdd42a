/* SPDX-License-Identifier: MIT */
/* By PKWARE's APPNOTE.TXT 6.3, sections 4.3 to 4.5. */
#include "exchange/stored_zip.h"

#include "base/array.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

enum {
    LOCAL_SIZE = 30,
    RECORD_SIZE = 46,
    END_SIZE = 22,
    END64_SIZE = 56,
    LOCATOR_SIZE = 20,
    MOST_COMMENT = 65535,
    EXTRA_64 = 1
};

/* `width` bytes, the lowest first. */
static uint64_t number_at(const unsigned char *at, size_t width)
{
    uint64_t number = 0;

    for (size_t i = width; i-- > 0;)
        number = number << 8 | at[i];
    return number;
}

static enum tn_status damaged(struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "the ZIP archive is damaged, or cut");
}

static bool has_signature(const struct stored_zip *zip, size_t at, size_t size,
                          const char *signature)
{
    return at <= zip->size && zip->size - at >= size && memcmp(zip->bytes + at, signature, 4) == 0;
}

/* Where the directory is. */
struct directory {
    uint64_t begin, size;
};

static enum tn_status find_end(const struct stored_zip *zip, size_t *ret_at, struct tn_error *err)
{
    for (size_t back = END_SIZE; back <= END_SIZE + MOST_COMMENT && back <= zip->size; back++)
        if (has_signature(zip, zip->size - back, END_SIZE, "PK\x05\x06")) {
            *ret_at = zip->size - back;
            return TN_OK;
        }
    return damaged(err);
}

static enum tn_status find_directory(const struct stored_zip *zip, struct directory *ret_directory,
                                     struct tn_error *err)
{
    struct directory directory;
    size_t end;

    TN_TRY(find_end(zip, &end, err));
    directory = (struct directory){number_at(zip->bytes + end + 16, 4),
                                   number_at(zip->bytes + end + 12, 4)};
    if (end >= LOCATOR_SIZE && has_signature(zip, end - LOCATOR_SIZE, LOCATOR_SIZE, "PK\x06\x07")) {
        const uint64_t at = number_at(zip->bytes + end - LOCATOR_SIZE + 8, 8);

        if (at > zip->size || !has_signature(zip, (size_t)at, END64_SIZE, "PK\x06\x06"))
            return damaged(err);
        directory = (struct directory){number_at(zip->bytes + at + 48, 8),
                                       number_at(zip->bytes + at + 40, 8)};
    }
    if (directory.begin > end || end - directory.begin < directory.size)
        return damaged(err);
    *ret_directory = directory;
    return TN_OK;
}

/* Sizes and place of an entry that 32 bits do not hold: in this order in its extra field, each only
 * where the record has all bits set. */
static enum tn_status read_extra(struct stored_entry *entry, const unsigned char *extra,
                                 size_t length, struct tn_error *err)
{
    size_t *const values[] = {&entry->size, &entry->packed, &entry->local};
    size_t at = 0, end;

    while (length - at >= 4 && number_at(extra + at, 2) != EXTRA_64) {
        const size_t field = (size_t)number_at(extra + at + 2, 2);

        if (field > length - at - 4)
            break; /* what writers pad with need not be a field */
        at += 4 + field;
    }
    end = length - at >= 4 && number_at(extra + at, 2) == EXTRA_64
              ? at + 4 + (size_t)number_at(extra + at + 2, 2)
              : 0;
    at += 4;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (*values[i] != UINT32_MAX)
            continue;
        if (end > length || at + 8 > end)
            return damaged(err);
        *values[i] = (size_t)number_at(extra + at, 8);
        at += 8;
    }
    return TN_OK;
}

/* The record at *at, before `end`. */
static enum tn_status read_record(struct stored_zip *zip, size_t *at, size_t end,
                                  struct tn_error *err)
{
    const unsigned char *record = zip->bytes + *at;
    size_t name_length, extra_length, index;
    struct stored_entry entry;

    if (end - *at < RECORD_SIZE || !has_signature(zip, *at, RECORD_SIZE, "PK\x01\x02"))
        return damaged(err);
    entry = (struct stored_entry){.method = (unsigned)number_at(record + 10, 2),
                                  .crc = (uint32_t)number_at(record + 16, 4),
                                  .packed = (size_t)number_at(record + 20, 4),
                                  .size = (size_t)number_at(record + 24, 4),
                                  .local = (size_t)number_at(record + 42, 4)};
    name_length = (size_t)number_at(record + 28, 2);
    extra_length = (size_t)number_at(record + 30, 2);
    *at += RECORD_SIZE;
    if (name_length + extra_length + number_at(record + 32, 2) > end - *at)
        return damaged(err);
    TN_TRY(read_extra(&entry, record + RECORD_SIZE + name_length, extra_length, err));
    *at += name_length + extra_length + (size_t)number_at(record + 32, 2);
    TN_TRY(tn_array_reserve(&zip->entries, &zip->capacity, zip->names.count + 1, err));
    TN_TRY(tn_map_add(&zip->names, (const char *)record + RECORD_SIZE, name_length, &index, err));
    zip->entries[index] = entry;
    return TN_OK;
}

static enum tn_status read_records(struct stored_zip *zip, struct tn_error *err)
{
    struct directory directory;
    size_t at, end;

    TN_TRY(find_directory(zip, &directory, err));
    at = (size_t)directory.begin;
    end = at + (size_t)directory.size;
    while (at < end)
        TN_TRY(read_record(zip, &at, end, err));
    return TN_OK;
}

enum tn_status stored_zip_read(const unsigned char *bytes, size_t size, struct stored_zip *ret_zip,
                               struct tn_error *err)
{
    struct stored_zip zip = {.bytes = bytes, .size = size};
    const enum tn_status status = read_records(&zip, err);

    if (status == TN_OK)
        *ret_zip = zip;
    else
        stored_zip_finish(&zip);
    return status;
}

void stored_zip_finish(struct stored_zip *zip)
{
    tn_map_finish(&zip->names);
    free(zip->entries);
}

static uint32_t crc_of(const unsigned char *bytes, size_t size)
{
    uLong crc = crc32(0, NULL, 0);

    while (size > 0) {
        const uInt part = size < INT_MAX ? (uInt)size : INT_MAX;

        crc = crc32(crc, bytes, part);
        bytes += part;
        size -= part;
    }
    return (uint32_t)crc;
}

enum tn_status stored_zip_get(struct stored_zip *zip, const char *name,
                              const unsigned char **ret_bytes, size_t *ret_size,
                              struct tn_error *err)
{
    const size_t index = tn_map_find(&zip->names, name, strlen(name));
    struct stored_entry *entry;
    size_t begin;

    if (index == TN_MAP_NONE)
        return tn_fail(err, TN_NOTFOUND, "the ZIP archive has no entry '%s'", name);
    entry = &zip->entries[index];
    if (entry->method != 0)
        return tn_fail(err, TN_UNSUPPORTED, "entry '%s' of the ZIP archive is packed", name);
    if (entry->packed != entry->size || !has_signature(zip, entry->local, LOCAL_SIZE, "PK\x03\x04"))
        return damaged(err);
    begin = entry->local + LOCAL_SIZE + (size_t)number_at(zip->bytes + entry->local + 26, 2) +
            (size_t)number_at(zip->bytes + entry->local + 28, 2);
    if (begin > zip->size || zip->size - begin < entry->size)
        return damaged(err);
    if (!entry->checked && crc_of(zip->bytes + begin, entry->size) != entry->crc)
        return tn_fail(err, TN_FORMAT,
                       "entry '%s' of the ZIP archive is not what its checksum says", name);
    entry->checked = true;
    *ret_bytes = zip->bytes + begin;
    *ret_size = entry->size;
    return TN_OK;
}
