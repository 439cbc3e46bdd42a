/* SPDX-License-Identifier: MIT */
/*
 * header:     "II" or "MM" (the byte order), 42, offset of the first directory
 * directory:  number of entries, entries, offset of the next directory or 0
 * entry:      tag, type, number of values (12 bytes in all); last the value, or its offset where it
 *             takes more than 4 bytes
 *
 * All offsets count from the header, so what stays in its place stays valid, known or not: maker
 * notes above all, whose structure only their makers know.  Hence a new value, and a directory that
 * needs room for one entry more, go behind all that is there.
 */
#include "metadata/tiff_block_private.h"

#include "base/tiff.h"
#include "metadata/bytes_private.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 8, ENTRY = 12, MOST_ENTRIES = 0xFFFF, MOST_EXIF = 0xFFFF };
enum { NIKON = 0x0E10 }; /* where a directory about scans is */

struct directory {
    bool big;
    size_t offset; /* from the header */
    size_t entries;
};

static enum tn_status find_directory(const unsigned char *block, size_t size,
                                     struct directory *ret_directory, struct tn_error *err)
{
    struct tn_tiff tiff;
    struct tn_tiff_directory found;
    size_t rest;

    if (!tn_tiff_open(&tiff, block, size) || tiff.wide)
        return tn_fail(err, TN_FORMAT, "its TIFF header is damaged");
    if (tiff.first < HEADER || !tn_tiff_directory(&tiff, tiff.first, &found))
        return tn_fail(err, TN_FORMAT, "its TIFF directory lies outside of it");
    rest = size - found.entries - found.count * ENTRY;
    if (rest > 0 && rest < 4)
        return tn_fail(err, TN_FORMAT, "its TIFF directory is cut");
    *ret_directory = (struct directory){tiff.big_endian, (size_t)tiff.first, found.count};
    return TN_OK;
}

static size_t entry_offset(const struct directory *directory, size_t i)
{
    return directory->offset + 2 + i * ENTRY;
}

static unsigned tag_of(const unsigned char *block, const struct directory *directory, size_t i)
{
    return (unsigned)meta_number(block + entry_offset(directory, i), 2, directory->big);
}

/* The first entry with the tag, or the number of entries. */
static size_t find_entry(const unsigned char *block, const struct directory *directory,
                         unsigned tag)
{
    size_t i = 0;

    while (i < directory->entries && tag_of(block, directory, i) != tag)
        i++;
    return i;
}

enum tn_status meta_tiff_get(const unsigned char *block, size_t size, unsigned tag,
                             const unsigned char **ret_value, size_t *ret_size,
                             struct tn_error *err)
{
    struct tn_tiff tiff;
    struct tn_tiff_directory directory;
    struct tn_tiff_field field;

    if (!tn_tiff_open(&tiff, block, size) || !tn_tiff_directory(&tiff, tiff.first, &directory))
        return tn_fail(err, TN_FORMAT, "its TIFF directory is damaged");
    if (!tn_tiff_find(&tiff, &directory, tag, &field)) {
        *ret_value = NULL;
        *ret_size = 0;
        return TN_OK;
    }
    *ret_value = block + field.offset;
    *ret_size = field.size;
    return TN_OK;
}

/* Whether a chain of directories, each of which states where the next is, leads somewhere from
 * `first` to before `end`.  That is also where a directory's statement is cut off, which is added
 * to the first. */
static bool chain_leads_to(const struct tn_tiff *tiff, uint64_t first, uint64_t end)
{
    enum { MOST = 1000 }; /* a loop further on is no concern of the first */
    struct tn_tiff_directory directory = {.next = tiff->first};

    for (size_t i = 0; i < MOST && tn_tiff_directory(tiff, directory.next, &directory); i++)
        if (directory.next >= first && directory.next < end &&
            (i > 0 || directory.entries + directory.count * ENTRY < tiff->size))
            return true;
    return false;
}

/* A copy of the first directory would leave a chain that comes back to it at the old one. */
static bool comes_back(const unsigned char *block, size_t size)
{
    struct tn_tiff tiff;

    return tn_tiff_open(&tiff, block, size) && chain_leads_to(&tiff, tiff.first, tiff.first + 1);
}

static size_t directory_end(const struct directory *directory)
{
    return entry_offset(directory, directory->entries) + 4;
}

static size_t even(size_t offset)
{
    return offset + (offset & 1);
}

/* The directory with one entry more: where it is if the block ends with it, else behind the block.
 */
static enum tn_status plan_extension(const unsigned char *block, size_t size,
                                     struct directory *directory, struct tn_error *err)
{
    if (directory->entries == MOST_ENTRIES || comes_back(block, size))
        return tn_fail(err, TN_FORMAT, "its TIFF directory cannot be extended");
    if (directory_end(directory) < size)
        directory->offset = even(size);
    directory->entries++;
    return TN_OK;
}

/* Copies the old directory to the new one, with an empty entry of the tag in its place where the
 * others ascend.  size: of the block before. */
static void extend_directory(unsigned char *block, size_t size, const struct directory *old,
                             const struct directory *new, unsigned tag)
{
    unsigned char next[4] = {0}; /* some cameras leave it out where the block ends */
    size_t before = 0;

    if (directory_end(old) <= size)
        memcpy(next, block + directory_end(old) - 4, 4);
    while (before < old->entries && tag_of(block, old, before) < tag)
        before++;
    memmove(block + entry_offset(new, before + 1), block + entry_offset(old, before),
            (old->entries - before) * ENTRY);
    memmove(block + entry_offset(new, 0), block + entry_offset(old, 0), before * ENTRY);
    memset(block + entry_offset(new, before), 0, ENTRY);
    meta_number_put(block + entry_offset(new, before), 2, new->big, tag);
    memcpy(block + directory_end(new) - 4, next, 4);
    meta_number_put(block + new->offset, 2, new->big, new->entries);
    meta_number_put(block + 4, 4, new->big, new->offset);
}

/* Makes all entries of the tag say where the value is: a program may read the first or the last of
 * several. */
static void point_entries(unsigned char *block, const struct directory *directory, unsigned tag,
                          unsigned type, const unsigned char *value, size_t value_size,
                          size_t offset)
{
    for (size_t i = 0; i < directory->entries; i++) {
        unsigned char *entry = block + entry_offset(directory, i);

        if (tag_of(block, directory, i) != tag)
            continue;
        meta_number_put(entry + 2, 2, directory->big, type);
        meta_number_put(entry + 4, 4, directory->big, value_size);
        memset(entry + 8, 0, 4);
        if (value_size <= 4)
            memcpy(entry + 8, value, value_size);
        else
            meta_number_put(entry + 8, 4, directory->big, offset);
    }
}

/* Where the block ends for all but the field: a value that was put behind its directory, the last
 * of the block, makes room for the next. */
static size_t end_without(const unsigned char *block, size_t size,
                          const struct directory *directory, size_t entry)
{
    const unsigned char *bytes = block + entry_offset(directory, entry);
    const size_t count = meta_number(bytes + 4, 4, directory->big);
    const size_t offset = meta_number(bytes + 8, 4, directory->big);

    if (count > 4 && offset == directory_end(directory) && offset < size && count == size - offset)
        return offset;
    return size;
}

/* 0 for an unknown type. */
static size_t value_bytes(unsigned type, size_t count)
{
    static const unsigned char sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};

    return type < sizeof sizes ? count * sizes[type] : 0;
}

/* The size of what lies at an entry's offset, also if that is a directory or a preview; 0 where the
 * entry has no offset. */
static size_t size_at_offset(const unsigned char *block, size_t size, size_t at, bool big)
{
    enum { LONG = 4, EXIF = 0x8769, GPS = 0x8825, INTEROP = 0xA005, SUB = 0x014A };
    enum { PREVIEW = 0x0201, PREVIEW_SIZE = 0x0202, MANY = 1000 };
    const unsigned char *entry = block + at, *next = entry + ENTRY;
    const unsigned tag = meta_number(entry, 2, big), type = meta_number(entry + 2, 2, big);
    const size_t count = meta_number(entry + 4, 4, big), value = meta_number(entry + 8, 4, big);
    const size_t bytes = value_bytes(type, count);
    size_t entries;

    if (type != LONG || count != 1)
        return bytes > 4 ? bytes : 0;
    if (tag == PREVIEW && meta_number(next, 2, big) == PREVIEW_SIZE)
        return meta_number(next + 8, 4, big);
    if (tag != EXIF && tag != GPS && tag != INTEROP && tag != SUB && tag != NIKON)
        return 0;
    if (value + 2 > size)
        return 2;
    entries = meta_number(block + value, 2, big);
    return entries <= MANY ? 2 + entries * ENTRY : 0; /* otherwise it is none */
}

static bool are_in_order(const unsigned char *entry, bool big)
{
    const unsigned char *next = entry + ENTRY;

    return meta_number(entry, 2, big) < meta_number(next, 2, big) &&
           value_bytes(meta_number(entry + 2, 2, big), 1) > 0 &&
           value_bytes(meta_number(next + 2, 2, big), 1) > 0;
}

/* Whether what is there looks like an entry among others: two or more, of known types, in order. */
static bool is_among_entries(const unsigned char *block, size_t size, size_t at, bool big)
{
    enum { OTHERS = 2 };
    size_t first = at, last = at;

    while (at - first < OTHERS * ENTRY && first >= HEADER + ENTRY &&
           are_in_order(block + first - ENTRY, big))
        first -= ENTRY;
    while (last - at < OTHERS * ENTRY && size - last >= 2 * ENTRY &&
           are_in_order(block + last, big))
        last += ENTRY;
    return last - first >= OTHERS * ENTRY;
}

/* Whether an entry of another field than ours leads out of the block into what is to be behind it.
 */
static bool entry_leads_out(const unsigned char *block, size_t size, size_t end, size_t at)
{
    for (int big = 0; big < 2; big++) {
        const size_t offset = meta_number(block + at + 8, 4, big);
        const size_t bytes = size_at_offset(block, size, at, big);
        const unsigned tag = (unsigned)meta_number(block + at, 2, big);

        if (bytes > 0 && bytes <= MOST_EXIF && offset < end && offset + bytes > size &&
            tag != META_TIFF_DESCRIPTION && tag != META_TIFF_XMP &&
            is_among_entries(block, size, at, big))
            return true;
    }
    return false;
}

/* The same of all entries, also of the makers' directories.  Nikon's count from a header of their
 * own. */
static bool entries_lead_out(const unsigned char *block, size_t size, size_t end)
{
    size_t header = 0, base;

    for (size_t at = HEADER; size - at >= 2 * ENTRY; at += 2) {
        if (memcmp(block + at, "II*\0", 4) == 0 || memcmp(block + at, "MM\0*", 4) == 0)
            header = at;
        base =
            meta_number(block + at, 2, false) == NIKON || meta_number(block + at, 2, true) == NIKON
                ? header
                : 0;
        if (at - base >= HEADER &&
            entry_leads_out(block + base, size - base, end - base, at - base))
            return true;
    }
    return false;
}

/* A large TIFF file is not asked: it has no makers' directories, and pixels that look like an entry
 * now and then. */
bool meta_tiff_leads_out(const unsigned char *block, size_t size, size_t end)
{
    struct tn_tiff tiff;

    return size <= MOST_EXIF && tn_tiff_open(&tiff, block, size) &&
           (chain_leads_to(&tiff, size, end) || entries_lead_out(block, size, end));
}

enum tn_status meta_tiff_append(const unsigned char *block, size_t size, unsigned tag,
                                unsigned type, const unsigned char *value, size_t value_size,
                                unsigned char **ret_block, size_t *ret_size, struct tn_error *err)
{
    static const unsigned char empty[] = "MM\0*\0\0\0\x08\0\0\0\0\0"; /* and a NUL: 14 bytes */
    struct directory old, directory;
    unsigned char *edited;
    size_t entry, kept, end, offset;

    if (size == 0) {
        block = empty;
        size = sizeof empty;
    }
    TN_TRY(find_directory(block, size, &old, err));
    directory = old;
    entry = find_entry(block, &old, tag);
    kept = entry < old.entries ? end_without(block, size, &old, entry) : size;
    if (entry == old.entries)
        TN_TRY(plan_extension(block, size, &directory, err));
    end = kept > directory_end(&directory) ? kept : directory_end(&directory);
    offset = even(end);
    if (value_size > 4)
        end = offset + value_size;
    if (value_size > UINT32_MAX || end > UINT32_MAX)
        return tn_fail(err, TN_RANGE, "a TIFF file of 4 GiB has no room for more");
    if (!(edited = calloc(1, end)))
        return tn_fail_nomem(err, end);
    memcpy(edited, block, kept);
    if (entry == old.entries)
        extend_directory(edited, size, &old, &directory, tag);
    point_entries(edited, &directory, tag, type, value, value_size, offset);
    if (value_size > 4)
        memcpy(edited + offset, value, value_size);
    *ret_block = edited;
    *ret_size = end;
    return TN_OK;
}

enum tn_status meta_tiff_set(const unsigned char *block, size_t size, unsigned tag, unsigned type,
                             const unsigned char *value, size_t value_size,
                             unsigned char **ret_block, size_t *ret_size, struct tn_error *err)
{
    unsigned char *edited;
    size_t end;

    TN_TRY(meta_tiff_append(block, size, tag, type, value, value_size, &edited, &end, err));
    if (size > 0 && end > size && meta_tiff_leads_out(block, size, end)) {
        free(edited);
        return tn_fail(err, TN_RANGE, "its TIFF directories lead behind its end");
    }
    *ret_block = edited;
    *ret_size = end;
    return TN_OK;
}
