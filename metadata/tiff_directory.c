/* SPDX-License-Identifier: MIT */
#include "metadata/tiff_directory_private.h"

#include "base/tiff.h"
#include "metadata/bytes_private.h"

#include <string.h>

enum tn_status meta_directory_find(const unsigned char *block, size_t size,
                                   struct meta_directory *ret_directory, struct tn_error *err)
{
    struct tn_tiff tiff;
    struct tn_tiff_directory found;
    size_t rest;

    if (!tn_tiff_open(&tiff, block, size) || tiff.wide)
        return tn_fail(err, TN_FORMAT, "its TIFF header is damaged");
    if (tiff.first < META_TIFF_HEADER || !tn_tiff_directory(&tiff, tiff.first, &found))
        return tn_fail(err, TN_FORMAT, "its TIFF directory lies outside of it");
    rest = size - found.entries - found.count * META_TIFF_ENTRY;
    if (rest > 0 && rest < 4)
        return tn_fail(err, TN_FORMAT, "its TIFF directory is cut");
    *ret_directory = (struct meta_directory){tiff.big_endian, (size_t)tiff.first, found.count};
    return TN_OK;
}

size_t meta_directory_entry(const struct meta_directory *directory, size_t i)
{
    return directory->offset + 2 + i * META_TIFF_ENTRY;
}

unsigned meta_directory_tag(const unsigned char *block, const struct meta_directory *directory,
                            size_t i)
{
    return (unsigned)meta_number(block + meta_directory_entry(directory, i), 2, directory->big);
}

size_t meta_directory_index(const unsigned char *block, const struct meta_directory *directory,
                            unsigned tag)
{
    size_t i = 0;

    while (i < directory->entries && meta_directory_tag(block, directory, i) != tag)
        i++;
    return i;
}

size_t meta_directory_end(const struct meta_directory *directory)
{
    return meta_directory_entry(directory, directory->entries) + 4;
}

void meta_directory_point(unsigned char *block, const struct meta_directory *directory,
                          unsigned tag, unsigned type, const unsigned char *value,
                          size_t value_size, size_t offset)
{
    for (size_t i = 0; i < directory->entries; i++) {
        unsigned char *entry = block + meta_directory_entry(directory, i);

        if (meta_directory_tag(block, directory, i) != tag)
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
