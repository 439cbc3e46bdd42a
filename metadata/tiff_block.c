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
#include "metadata/tiff_directory_private.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ENTRIES = 0xFFFF, MOST_EXIF = 0xFFFF };
enum { NIKON = 0x0E10 }; /* where a directory about scans is */

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
            (i > 0 || directory.entries + directory.count * META_TIFF_ENTRY < tiff->size))
            return true;
    return false;
}

/* A copy of the first directory would leave a chain that comes back to it at the old one. */
static bool comes_back(const unsigned char *block, size_t size)
{
    struct tn_tiff tiff;

    return tn_tiff_open(&tiff, block, size) && chain_leads_to(&tiff, tiff.first, tiff.first + 1);
}

static size_t even(size_t offset)
{
    return offset + (offset & 1);
}

/* The directory with one entry more: where it is if the block ends with it, else behind the block.
 */
static enum tn_status plan_extension(const unsigned char *block, size_t size,
                                     struct meta_directory *directory, struct tn_error *err)
{
    if (directory->entries == MOST_ENTRIES || comes_back(block, size))
        return tn_fail(err, TN_FORMAT, "its TIFF directory cannot be extended");
    if (meta_directory_end(directory) < size)
        directory->offset = even(size);
    directory->entries++;
    return TN_OK;
}

/* Copies the old directory to the new one, with an empty entry of the tag in its place where the
 * others ascend.  size: of the block before. */
static void extend_directory(unsigned char *block, size_t size, const struct meta_directory *old,
                             const struct meta_directory *new, unsigned tag)
{
    unsigned char next[4] = {0}; /* some cameras leave it out where the block ends */
    size_t before = 0;

    if (meta_directory_end(old) <= size)
        memcpy(next, block + meta_directory_end(old) - 4, 4);
    while (before < old->entries && meta_directory_tag(block, old, before) < tag)
        before++;
    memmove(block + meta_directory_entry(new, before + 1),
            block + meta_directory_entry(old, before), (old->entries - before) * META_TIFF_ENTRY);
    memmove(block + meta_directory_entry(new, 0), block + meta_directory_entry(old, 0),
            before * META_TIFF_ENTRY);
    memset(block + meta_directory_entry(new, before), 0, META_TIFF_ENTRY);
    meta_number_put(block + meta_directory_entry(new, before), 2, new->big, tag);
    memcpy(block + meta_directory_end(new) - 4, next, 4);
    meta_number_put(block + new->offset, 2, new->big, new->entries);
    meta_number_put(block + 4, 4, new->big, new->offset);
}

/* Where the block ends for all but the field: a value that was put behind its directory, the last
 * of the block, makes room for the next. */
static size_t end_without(const unsigned char *block, size_t size,
                          const struct meta_directory *directory, size_t entry)
{
    const unsigned char *bytes = block + meta_directory_entry(directory, entry);
    const size_t count = meta_number(bytes + 4, 4, directory->big);
    const size_t offset = meta_number(bytes + 8, 4, directory->big);

    if (count > 4 && offset == meta_directory_end(directory) && offset < size &&
        count == size - offset)
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
    const unsigned char *entry = block + at, *next = entry + META_TIFF_ENTRY;
    const unsigned tag = meta_number(entry, 2, big), type = meta_number(entry + 2, 2, big);
    const size_t count = meta_number(entry + 4, 4, big), value = meta_number(entry + 8, 4, big);
    const size_t bytes = value_bytes(type, count);
    size_t entries;

    if (type != LONG || count != 1)
        return bytes > 4 ? bytes : 0;
    if (tag == PREVIEW && size - at >= 2 * META_TIFF_ENTRY &&
        meta_number(next, 2, big) == PREVIEW_SIZE)
        return meta_number(next + 8, 4, big);
    if (tag != EXIF && tag != GPS && tag != INTEROP && tag != SUB && tag != NIKON)
        return 0;
    if (value + 2 > size)
        return 2;
    entries = meta_number(block + value, 2, big);
    return entries <= MANY ? 2 + entries * META_TIFF_ENTRY : 0; /* otherwise it is none */
}

static bool are_in_order(const unsigned char *entry, bool big)
{
    const unsigned char *next = entry + META_TIFF_ENTRY;

    return meta_number(entry, 2, big) < meta_number(next, 2, big) &&
           value_bytes(meta_number(entry + 2, 2, big), 1) > 0 &&
           value_bytes(meta_number(next + 2, 2, big), 1) > 0;
}

/* Whether what is there looks like an entry among others: two or more, of known types, in order. */
static bool is_among_entries(const unsigned char *block, size_t size, size_t at, bool big)
{
    enum { OTHERS = 2 };
    size_t first = at, last = at;

    while (at - first < OTHERS * META_TIFF_ENTRY && first >= META_TIFF_HEADER + META_TIFF_ENTRY &&
           are_in_order(block + first - META_TIFF_ENTRY, big))
        first -= META_TIFF_ENTRY;
    while (last - at < OTHERS * META_TIFF_ENTRY && size - last >= 2 * META_TIFF_ENTRY &&
           are_in_order(block + last, big))
        last += META_TIFF_ENTRY;
    return last - first >= OTHERS * META_TIFF_ENTRY;
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

    for (size_t at = META_TIFF_HEADER; size - at >= META_TIFF_ENTRY; at += 2) {
        if (memcmp(block + at, "II*\0", 4) == 0 || memcmp(block + at, "MM\0*", 4) == 0)
            header = at;
        base =
            meta_number(block + at, 2, false) == NIKON || meta_number(block + at, 2, true) == NIKON
                ? header
                : 0;
        if (at - base >= META_TIFF_HEADER &&
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
    struct meta_directory old, directory;
    unsigned char *edited;
    size_t entry, kept, end, offset;

    if (size == 0) {
        block = empty;
        size = sizeof empty;
    }
    TN_TRY(meta_directory_find(block, size, &old, err));
    directory = old;
    entry = meta_directory_index(block, &old, tag);
    kept = entry < old.entries ? end_without(block, size, &old, entry) : size;
    if (entry == old.entries)
        TN_TRY(plan_extension(block, size, &directory, err));
    end = kept > meta_directory_end(&directory) ? kept : meta_directory_end(&directory);
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
    meta_directory_point(edited, &directory, tag, type, value, value_size, offset);
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
