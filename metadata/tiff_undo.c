/* SPDX-License-Identifier: MIT */
/*
 * What meta_tiff_set wrote is taken back.  It put the value at the block's end, and a directory
 * that it had to copy before that: where the block still ends so, both are cut off again.  The
 * directory before the copy lies where it was, and so does a value that was replaced.
 */
#include "metadata/tiff_block_private.h"

#include "metadata/bytes_private.h"
#include "metadata/tiff_directory_private.h"

#include <stdlib.h>
#include <string.h>

enum { BYTE = 1, ASCII = 2, IN_ENTRY = 4 };

static size_t even(size_t offset)
{
    return offset + (offset & 1);
}

/* Where the block ends without the value of an entry: before the value if that is the last of the
 * block, but for padding, and nothing else leads there. */
static size_t end_without(const unsigned char *block, size_t size,
                          const struct meta_directory *directory, size_t entry)
{
    const unsigned char *bytes = block + meta_directory_entry(directory, entry);
    const unsigned type = (unsigned)meta_number(bytes + 2, 2, directory->big);
    const size_t count = meta_number(bytes + 4, 4, directory->big);
    const size_t offset = meta_number(bytes + 8, 4, directory->big);

    if ((type != BYTE && type != ASCII) || count <= IN_ENTRY || offset > size ||
        count > size - offset || even(offset + count) < size ||
        offset < meta_directory_end(directory) ||
        meta_tiff_leads_out(block, offset, size))
        return size;
    return offset;
}

/* Takes the entries of the tag out of the directory, and zeroes the bytes that this frees. */
static void take_entries(unsigned char *block, size_t size, struct meta_directory *directory,
                         unsigned tag)
{
    const size_t rest = meta_directory_entry(directory, directory->entries);
    const size_t next = size - rest < 4 ? 0 : 4; /* some cameras leave it out */
    size_t kept = 0, end;

    for (size_t i = 0; i < directory->entries; i++)
        if (meta_directory_tag(block, directory, i) != tag)
            memmove(block + meta_directory_entry(directory, kept++),
                    block + meta_directory_entry(directory, i), META_TIFF_ENTRY);
    end = meta_directory_entry(directory, kept);
    memmove(block + end, block + rest, next);
    memset(block + end + next, 0, rest - end);
    directory->entries = kept;
    meta_number_put(block + directory->offset, 2, directory->big, kept);
}

/* Where the block ends whose last bytes are the directory: before it, where an equal one is in the
 * block already, which becomes the first again. */
static size_t cut_directory(unsigned char *block, size_t size,
                            const struct meta_directory *directory)
{
    const size_t end = meta_directory_end(directory);
    const unsigned char *earlier = NULL;

    if (directory->entries > 0 && end <= size)
        earlier = memmem(block + META_TIFF_HEADER, directory->offset - META_TIFF_HEADER,
                         block + directory->offset, end - directory->offset);
    if (!earlier)
        return end < size ? end : size;
    meta_number_put(block + 4, 4, directory->big, (size_t)(earlier - block));
    if (!meta_tiff_leads_out(block, directory->offset, size))
        return directory->offset;
    meta_number_put(block + 4, 4, directory->big, directory->offset);
    return end;
}

/* Whether the first directory has no entry and is the last. */
static bool is_empty(const unsigned char *block, size_t size,
                     const struct meta_directory *directory)
{
    const size_t end = meta_directory_end(directory);

    return directory->entries == 0 &&
           (end > size || meta_number(block + end - 4, 4, directory->big) == 0);
}

enum tn_status meta_tiff_remove(const unsigned char *block, size_t size, unsigned tag,
                                unsigned char **ret_block, size_t *ret_size, struct tn_error *err)
{
    struct meta_directory directory;
    unsigned char *edited;
    size_t entry, end = size;
    bool last = false; /* nothing but the value comes behind the directory */

    TN_TRY(meta_directory_find(block, size, &directory, err));
    entry = meta_directory_index(block, &directory, tag);
    if (entry < directory.entries) {
        end = end_without(block, size, &directory, entry);
        last = end <= even(meta_directory_end(&directory));
    }
    if (!(edited = malloc(size)))
        return tn_fail_nomem(err, size);
    memcpy(edited, block, size);
    take_entries(edited, size, &directory, tag);
    if (last)
        end = cut_directory(edited, end, &directory);
    if (is_empty(edited, end, &directory)) {
        free(edited);
        edited = NULL;
        end = 0;
    }
    *ret_block = edited;
    *ret_size = end;
    return TN_OK;
}

enum tn_status meta_tiff_restore(const unsigned char *block, size_t size, unsigned tag,
                                 const unsigned char *value, size_t value_size,
                                 unsigned char **ret_block, size_t *ret_size, struct tn_error *err)
{
    struct meta_directory directory;
    const unsigned char *earlier = NULL;
    unsigned char *edited;
    size_t entry, end = size;

    TN_TRY(meta_directory_find(block, size, &directory, err));
    entry = meta_directory_index(block, &directory, tag);
    if (entry < directory.entries) {
        end = end_without(block, size, &directory, entry);
        earlier = value_size <= IN_ENTRY
                      ? block
                      : memmem(block + META_TIFF_HEADER, end - META_TIFF_HEADER, value, value_size);
    }
    if (!earlier)
        return meta_tiff_set(block, end, tag, ASCII, value, value_size, ret_block, ret_size, err);
    if (!(edited = malloc(end)))
        return tn_fail_nomem(err, end);
    memcpy(edited, block, end);
    meta_directory_point(edited, &directory, tag, ASCII, value, value_size,
                         (size_t)(earlier - block));
    *ret_block = edited;
    *ret_size = end;
    return TN_OK;
}
