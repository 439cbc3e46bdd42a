/* SPDX-License-Identifier: MIT */
/* By PKWARE's APPNOTE.TXT 6.3, sections 4.3 and 4.4. */
#include "app/alt/zip.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

enum {
    LOCAL_SIZE = 30,
    RECORD_SIZE = 46,
    END_SIZE = 22,
    MOST_COMMENT = 65535,
    STORED = 0,
    DEFLATED = 8,
    HAS_DESCRIPTOR = 8
};

static unsigned get16(const unsigned char *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

static uint32_t get32(const unsigned char *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static void put16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)value;
    at[1] = (unsigned char)(value >> 8);
}

static void put32(unsigned char *at, uint32_t value)
{
    put16(at, value & 0xFFFF);
    put16(at + 2, value >> 16);
}

/* ---- Reading ---- */

static enum tn_status damaged(struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "the ZIP archive is damaged");
}

static bool has_signature(const struct zip *zip, size_t at, size_t size, const char *signature)
{
    return at <= zip->size && zip->size - at >= size && memcmp(zip->bytes + at, signature, 4) == 0;
}

/* The record of the end, behind which only its comment stands. */
static enum tn_status find_end(struct zip *zip, struct tn_error *err)
{
    const size_t most = END_SIZE + MOST_COMMENT;

    for (size_t back = END_SIZE; back <= most && back <= zip->size; back++) {
        const size_t at = zip->size - back;

        if (has_signature(zip, at, END_SIZE, "PK\x05\x06") &&
            get16(zip->bytes + at + 20) == back - END_SIZE) {
            zip->end = at;
            return TN_OK;
        }
    }
    return tn_fail(err, TN_FORMAT, "it is no ZIP archive, or cut");
}

static enum tn_status read_end(struct zip *zip, struct tn_error *err)
{
    const unsigned char *end;

    TN_TRY(find_end(zip, err));
    end = zip->bytes + zip->end;
    zip->count = get16(end + 10);
    zip->directory = get32(end + 16);
    if (zip->count == 0xFFFF || get32(end + 12) == UINT32_MAX || get32(end + 16) == UINT32_MAX ||
        (zip->end >= 20 && has_signature(zip, zip->end - 20, 20, "PK\x06\x07")))
        return tn_fail(err, TN_UNSUPPORTED, "it is a ZIP64 archive, which is not supported");
    if (get16(end + 4) != 0 || get16(end + 6) != 0 || get16(end + 8) != zip->count)
        return tn_fail(err, TN_UNSUPPORTED, "the ZIP archive is on several disks");
    if (zip->directory > zip->end || zip->end - zip->directory < get32(end + 12))
        return damaged(err);
    zip->directory_end = zip->directory + get32(end + 12);
    return TN_OK;
}

static enum tn_status read_record(struct zip *zip, size_t *at, struct zip_entry *entry,
                                  struct tn_error *err)
{
    const unsigned char *record = zip->bytes + *at, *local;

    if (!has_signature(zip, *at, RECORD_SIZE, "PK\x01\x02") || zip->directory_end < *at)
        return damaged(err);
    *entry = (struct zip_entry){.record = *at,
                                .flags = get16(record + 8),
                                .method = get16(record + 10),
                                .crc = get32(record + 16),
                                .packed = get32(record + 20),
                                .size = get32(record + 24),
                                .name_length = get16(record + 28),
                                .local = get32(record + 42)};
    entry->record_size = RECORD_SIZE + entry->name_length + get16(record + 30) + get16(record + 32);
    if (entry->record_size > zip->directory_end - *at || get16(record + 34) != 0)
        return damaged(err);
    entry->name = (const char *)record + RECORD_SIZE;
    if (entry->packed == UINT32_MAX || entry->size == UINT32_MAX || entry->local == UINT32_MAX)
        return tn_fail(err, TN_UNSUPPORTED, "it is a ZIP64 archive, which is not supported");
    if (!has_signature(zip, entry->local, LOCAL_SIZE, "PK\x03\x04"))
        return damaged(err);
    local = zip->bytes + entry->local;
    entry->data = entry->local + LOCAL_SIZE + get16(local + 26) + get16(local + 28);
    if (entry->data > zip->directory || zip->directory - entry->data < entry->packed ||
        get16(local + 26) != entry->name_length || get16(local + 8) != entry->method ||
        memcmp(local + LOCAL_SIZE, entry->name, entry->name_length) != 0)
        return damaged(err);
    *at += entry->record_size;
    return TN_OK;
}

/* Behind the descriptor that follows an entry's bytes, if it has one. */
static size_t entry_end(const struct zip *zip, const struct zip_entry *entry)
{
    const size_t end = entry->data + entry->packed;

    if (!(entry->flags & HAS_DESCRIPTOR))
        return end;
    return has_signature(zip, end, 16, "PK\x07\x08") ? end + 16 : end + 12;
}

static int by_place(const void *a, const void *b)
{
    const struct zip_entry *const *left = a, *const *right = b;

    return ((*left)->local > (*right)->local) - ((*left)->local < (*right)->local);
}

const struct zip_entry **zip_sort(const struct zip *zip)
{
    const struct zip_entry **sorted = calloc(zip->count + 1, sizeof *sorted);

    for (size_t i = 0; sorted && i < zip->count; i++)
        sorted[i] = &zip->entries[i];
    if (sorted)
        qsort(sorted, zip->count, sizeof *sorted, by_place);
    return sorted;
}

/* Bytes that two entries share are a way to make bombs. */
static enum tn_status check_overlap(const struct zip *zip, struct tn_error *err)
{
    const struct zip_entry **sorted = zip_sort(zip);
    enum tn_status status = TN_OK;

    if (!sorted)
        return tn_fail_nomem(err, zip->count * sizeof *sorted);
    for (size_t i = 0; i < zip->count; i++)
        if (entry_end(zip, sorted[i]) >
            (i + 1 < zip->count ? sorted[i + 1]->local : zip->directory))
            status = tn_fail(err, TN_FORMAT, "two entries of the ZIP archive overlap");
    free(sorted);
    return status;
}

static enum tn_status read_records(struct zip *zip, struct tn_error *err)
{
    size_t at = zip->directory;

    zip->entries = calloc(zip->count + 1, sizeof *zip->entries);
    if (!zip->entries)
        return tn_fail_nomem(err, zip->count * sizeof *zip->entries);
    for (size_t i = 0; i < zip->count; i++)
        TN_TRY(read_record(zip, &at, &zip->entries[i], err));
    if (at != zip->directory_end)
        return damaged(err);
    return check_overlap(zip, err);
}

enum tn_status zip_read(const char *bytes, size_t size, struct zip *ret_zip, struct tn_error *err)
{
    struct zip zip = {.bytes = (const unsigned char *)bytes, .size = size};
    enum tn_status status = read_end(&zip, err);

    if (status == TN_OK)
        status = read_records(&zip, err);
    if (status == TN_OK)
        *ret_zip = zip;
    else
        zip_finish(&zip);
    return status;
}

void zip_finish(struct zip *zip)
{
    free(zip->entries);
    *zip = (struct zip){.bytes = NULL};
}

/* ---- Writing ---- */

/* What the headers of a changed entry say. */
struct packed {
    unsigned char *bytes; /* owned */
    size_t size;
    uint32_t crc, whole;
};

static enum tn_status pack(const struct zip_entry *entry, const struct zip_change *change,
                           struct packed *ret_packed, struct tn_error *err)
{
    const size_t room = change->size + change->size / 1000 + 1024;
    struct packed packed = {.bytes = malloc(room), .whole = (uint32_t)change->size};
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)change->bytes,
                       .avail_in = (uInt)change->size,
                       .next_out = packed.bytes,
                       .avail_out = (uInt)room};

    if (!packed.bytes)
        return tn_fail_nomem(err, room);
    packed.crc = (uint32_t)crc32(0, (const Bytef *)change->bytes, (uInt)change->size);
    packed.size = change->size;
    if (entry->method == STORED) {
        memcpy(packed.bytes, change->bytes, change->size);
    } else {
        if (deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
            deflate(&stream, Z_FINISH) != Z_STREAM_END) {
            deflateEnd(&stream);
            free(packed.bytes);
            return tn_fail_nomem(err, room);
        }
        packed.size = stream.total_out;
        deflateEnd(&stream);
    }
    *ret_packed = packed;
    return TN_OK;
}

/* flags, method, time, date, crc and sizes stand in the same order in both headers. */
static void write_header(FILE *out, const unsigned char *header, size_t size, size_t flags,
                         const struct packed *packed)
{
    unsigned char copy[RECORD_SIZE];

    memcpy(copy, header, size);
    put16(copy + flags, get16(copy + flags) & ~(unsigned)HAS_DESCRIPTOR);
    put32(copy + flags + 8, packed->crc);
    put32(copy + flags + 12, (uint32_t)packed->size);
    put32(copy + flags + 16, packed->whole);
    fwrite(copy, 1, size, out);
}

struct writing {
    const struct zip *zip;
    const struct zip_change *changes;
    struct packed *packed; /* [zip->count]; bytes NULL: as it was */
    size_t *local;         /* [zip->count]: where it is now */
    FILE *out;
};

static enum tn_status write_entries(struct writing *w, struct tn_error *err)
{
    const struct zip *zip = w->zip;
    const struct zip_entry **sorted = zip_sort(zip);
    size_t done = 0;

    if (!sorted)
        return tn_fail_nomem(err, zip->count * sizeof *sorted);
    for (size_t i = 0; i < zip->count; i++) {
        const struct zip_entry *entry = sorted[i];
        const size_t index = (size_t)(entry - zip->entries);

        fwrite(zip->bytes + done, 1, entry->local - done, w->out);
        done = entry->local;
        w->local[index] = (size_t)ftello(w->out);
        if (!w->packed[index].bytes)
            continue;
        write_header(w->out, zip->bytes + entry->local, LOCAL_SIZE, 6, &w->packed[index]);
        fwrite(zip->bytes + entry->local + LOCAL_SIZE, 1, entry->data - entry->local - LOCAL_SIZE,
               w->out);
        fwrite(w->packed[index].bytes, 1, w->packed[index].size, w->out);
        done = entry_end(zip, entry);
    }
    free(sorted);
    fwrite(zip->bytes + done, 1, zip->directory - done, w->out);
    return TN_OK;
}

static void write_record(struct writing *w, size_t index)
{
    const struct zip_entry *entry = &w->zip->entries[index];
    unsigned char place[4];

    put32(place, (uint32_t)w->local[index]);
    if (w->packed[index].bytes)
        write_header(w->out, w->zip->bytes + entry->record, RECORD_SIZE - 4, 8, &w->packed[index]);
    else
        fwrite(w->zip->bytes + entry->record, 1, RECORD_SIZE - 4, w->out);
    fwrite(place, 1, sizeof place, w->out);
    fwrite(w->zip->bytes + entry->record + RECORD_SIZE, 1, entry->record_size - RECORD_SIZE,
           w->out);
}

static enum tn_status write_all(struct writing *w, struct tn_error *err)
{
    const struct zip *zip = w->zip;
    unsigned char place[4];
    size_t directory;

    for (size_t i = 0; i < zip->count; i++)
        if (w->changes[i].bytes)
            TN_TRY(pack(&zip->entries[i], &w->changes[i], &w->packed[i], err));
    TN_TRY(write_entries(w, err));
    directory = (size_t)ftello(w->out);
    for (size_t i = 0; i < zip->count; i++)
        write_record(w, i);
    put32(place, (uint32_t)directory);
    fwrite(zip->bytes + zip->directory_end, 1, zip->end + 16 - zip->directory_end, w->out);
    fwrite(place, 1, sizeof place, w->out);
    fwrite(zip->bytes + zip->end + 20, 1, zip->size - zip->end - 20, w->out);
    if (directory >= UINT32_MAX)
        return tn_fail(err, TN_RANGE, "the ZIP archive would be larger than 4 GiB");
    return ferror(w->out) ? tn_fail_nomem(err, zip->size) : TN_OK;
}

enum tn_status zip_write(const struct zip *zip, const struct zip_change *changes, char **ret_bytes,
                         size_t *ret_size, struct tn_error *err)
{
    struct writing w = {.zip = zip,
                        .changes = changes,
                        .packed = calloc(zip->count + 1, sizeof *w.packed),
                        .local = calloc(zip->count + 1, sizeof *w.local)};
    enum tn_status status = TN_NOMEM;
    char *bytes = NULL;

    w.out = open_memstream(&bytes, ret_size);
    if (w.packed && w.local && w.out)
        status = write_all(&w, err);
    else
        status = tn_fail_nomem(err, zip->count * sizeof *w.packed);
    if (w.out && fclose(w.out) != 0 && status == TN_OK)
        status = tn_fail_nomem(err, zip->size);
    for (size_t i = 0; w.packed && i < zip->count; i++)
        free(w.packed[i].bytes);
    free(w.packed);
    free(w.local);
    if (status == TN_OK)
        *ret_bytes = bytes;
    else
        free(bytes);
    return status;
}
