/* SPDX-License-Identifier: MIT */
#include "image/formats/tiff_page.h"

#include "base/tiff.h"

enum {
    TAG_NEW_SUBFILE_TYPE = 0x00FE,
    TAG_SUBFILE_TYPE = 0x00FF,
    TAG_WIDTH = 0x0100,
    TAG_HEIGHT = 0x0101,
    TAG_SAMPLES = 0x0115,
    TAG_ROWS_PER_STRIP = 0x0116,
    TAG_PLANES = 0x011C,
    TAG_TILE_WIDTH = 0x0142,
    TAG_TILE_HEIGHT = 0x0143,
    TAG_SUB_IFDS = 0x014A,
    MOST_PAGES = 64, /* that are looked at */
    SEPARATE = 2,
};

/* Whether it is a smaller copy of another picture, or a mask for one. */
static bool is_secondary(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory)
{
    enum { SMALLER = 1, MASK = 4, OLD_SMALLER = 2 };
    const uint64_t kind = tn_tiff_number_of(tiff, directory, TAG_NEW_SUBFILE_TYPE, 0);

    return (kind & (SMALLER | MASK)) != 0 ||
           tn_tiff_number_of(tiff, directory, TAG_SUBFILE_TYPE, 0) == OLD_SMALLER;
}

static bool is_picture(const struct tn_tiff *tiff, uint64_t offset,
                       struct tn_tiff_directory *directory)
{
    return tn_tiff_directory(tiff, offset, directory) && !is_secondary(tiff, directory) &&
           tn_tiff_number_of(tiff, directory, TAG_WIDTH, 0) > 0;
}

/* Among the directories that this one lists: there may be the picture that it is a copy of. */
static bool find_below(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory,
                       struct tn_tiff_directory *ret_found, uint64_t *ret_offset)
{
    struct tn_tiff_field list;

    if (!tn_tiff_find(tiff, directory, TAG_SUB_IFDS, &list))
        return false;
    for (uint64_t i = 0; i < list.count && i < MOST_PAGES; i++) {
        *ret_offset = tn_tiff_number(tiff, &list, i);
        if (is_picture(tiff, *ret_offset, ret_found))
            return true;
    }
    return false;
}

/* The first page that is a picture, or is a copy of one below it; the first page where there are
 * only copies.  A chain that leads back to itself ends by its number of pages. */
static bool find_page(const struct tn_tiff *tiff, struct tn_tiff_directory *ret_found,
                      uint64_t *ret_offset)
{
    struct tn_tiff_directory page;
    uint64_t offset = tiff->first;

    for (size_t i = 0; i < MOST_PAGES && offset != 0; i++, offset = page.next) {
        if (!tn_tiff_directory(tiff, offset, &page)) /* the picture may be in what is missing */
            return false;
        if (is_secondary(tiff, &page) && find_below(tiff, &page, ret_found, ret_offset))
            return true;
        if (is_picture(tiff, offset, ret_found)) {
            *ret_offset = offset;
            return true;
        }
    }
    *ret_offset = tiff->first;
    return tn_tiff_directory(tiff, tiff->first, ret_found);
}

static size_t blocks(size_t whole, uint64_t part)
{
    return part == 0 ? 0 : part >= whole ? 1 : (whole - 1) / (size_t)part + 1;
}

/* Strips or tiles of the picture, SIZE_MAX where they are too many to count. */
static size_t count_parts(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory,
                          size_t width, size_t height)
{
    const uint64_t wide = tn_tiff_number_of(tiff, directory, TAG_TILE_WIDTH, width);
    const uint64_t rows = tn_tiff_number_of(tiff, directory, TAG_ROWS_PER_STRIP, height);
    const uint64_t high = tn_tiff_number_of(tiff, directory, TAG_TILE_HEIGHT, rows);
    const bool separate = tn_tiff_number_of(tiff, directory, TAG_PLANES, 1) == SEPARATE;
    size_t parts;

    if (__builtin_mul_overflow(blocks(width, wide), blocks(height, high), &parts) ||
        (separate &&
         __builtin_mul_overflow(parts, tn_tiff_number_of(tiff, directory, TAG_SAMPLES, 1), &parts)))
        return SIZE_MAX;
    return parts;
}

/* libtiff copies all values of the directory, in two steps, numbers of some types as wider ones;
 * and notes the place and size of each strip or tile.  SIZE_MAX: more than can be counted. */
static size_t directory_bytes(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory,
                              size_t parts)
{
    enum { COPIES = 4, PART = 32, FIELD = 256 };
    size_t bytes = directory->count * FIELD, copied;
    struct tn_tiff_field field;

    for (size_t i = 0; i < directory->count; i++)
        if (tn_tiff_field(tiff, directory, i, &field) &&
            (__builtin_mul_overflow(field.size, field.size == field.count ? 2 : COPIES, &copied) ||
             __builtin_add_overflow(bytes, copied, &bytes)))
            return SIZE_MAX;
    if (__builtin_mul_overflow(parts, PART, &parts) || __builtin_add_overflow(bytes, parts, &bytes))
        return SIZE_MAX;
    return bytes;
}

enum tn_status tiff_page_find(const struct image_source *source, struct tiff_page *ret_page,
                              struct tn_error *err)
{
    struct tn_tiff_directory directory;
    struct tiff_page page;
    struct tn_tiff tiff;

    if (!tn_tiff_open(&tiff, source->bytes, source->size) ||
        !find_page(&tiff, &directory, &page.offset))
        return tn_fail(err, TN_FORMAT, "%s: the %s file is truncated or damaged", source->name,
                       source->format);
    page.width = tn_tiff_number_of(&tiff, &directory, TAG_WIDTH, 0);
    page.height = tn_tiff_number_of(&tiff, &directory, TAG_HEIGHT, 0);
    page.overhead =
        directory_bytes(&tiff, &directory, count_parts(&tiff, &directory, page.width, page.height));
    *ret_page = page;
    return TN_OK;
}
