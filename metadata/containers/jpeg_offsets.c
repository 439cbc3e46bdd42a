/* SPDX-License-Identifier: MIT */
#include "metadata/containers/jpeg_offsets_private.h"

#include "base/tiff.h"
#include "metadata/bytes_private.h"

#include <string.h>

static size_t moved(const struct meta_jpeg_growth *growth, size_t offset)
{
    size_t result = offset;

    for (size_t i = 0; i < growth->count; i++)
        if (offset >= growth->places[i].at)
            result += (size_t)growth->places[i].bytes;
    return result;
}

static bool lies_at(const struct meta_file *file, size_t offset, const char *bytes, size_t size)
{
    return offset <= file->size && size <= file->size - offset &&
           memcmp(file->bytes + offset, bytes, size) == 0;
}

/* ---- The index of several pictures ---- */

enum { MP_ENTRY = 16, MP_SIZE = 4, MP_OFFSET = 8 };

/* The list of pictures in an index, which is a TIFF block; its size is 0 where there is none. */
static struct meta_jpeg_span find_mp_entries(const unsigned char *block, size_t size, bool *ret_big)
{
    enum { MP_ENTRIES = 0xB002 };
    struct tn_tiff tiff;
    struct tn_tiff_directory directory;
    struct tn_tiff_field list;

    if (!tn_tiff_open(&tiff, block, size) || !tn_tiff_directory(&tiff, tiff.first, &directory) ||
        !tn_tiff_find(&tiff, &directory, MP_ENTRIES, &list))
        return (struct meta_jpeg_span){0, 0};
    *ret_big = tiff.big_endian;
    return (struct meta_jpeg_span){list.offset, list.size};
}

/* The first picture begins with the file.  If its size is right, the picture ends with a marker. */
static void resize_first(const struct meta_file *before, const struct meta_jpeg_growth *growth,
                         unsigned char *entry, bool big)
{
    const size_t size = meta_number(entry + MP_SIZE, 4, big);

    if (meta_number(entry + MP_OFFSET, 4, big) == 0 && size >= 2 &&
        lies_at(before, size - 2, "\xFF\xD9", 2))
        meta_number_put(entry + MP_SIZE, 4, big, moved(growth, size));
}

void meta_jpeg_move_index(const struct meta_file *before, const struct meta_jpeg_growth *growth,
                          struct meta_jpeg_span mpf, unsigned char *after)
{
    const size_t base = moved(growth, mpf.start);
    bool big = false;
    const struct meta_jpeg_span list = find_mp_entries(after + base, mpf.size, &big);

    for (size_t at = 0; list.size - at >= MP_ENTRY; at += MP_ENTRY) {
        unsigned char *entry = after + base + list.start + at;
        const size_t offset = meta_number(entry + MP_OFFSET, 4, big);

        if (at == 0)
            resize_first(before, growth, entry, big);
        if (lies_at(before, offset, "\xFF\xD8\xFF", 3) &&
            !lies_at(before, mpf.start + offset, "\xFF\xD8", 2)) /* counted from the file's begin */
            meta_number_put(entry + MP_OFFSET, 4, big, moved(growth, offset));
        else if (mpf.start + offset < before->size)
            meta_number_put(entry + MP_OFFSET, 4, big, moved(growth, mpf.start + offset) - base);
    }
}

/* ---- What maker notes and directories of EXIF point to behind the block ---- */

enum { HEAD = 8 };       /* tag, type and count of an entry, before its value */
enum { SHORTEST = 128 }; /* picture */

struct pointer {
    const unsigned char *block;
    size_t size, at; /* of the block, and of the number in it */
    bool big;
};

/* Whether it can be the value of a directory's entry of that type; the entry's tag. */
static bool is_entry(struct pointer pointer, unsigned type)
{
    return pointer.at >= HEAD &&
           meta_number(pointer.block + pointer.at - HEAD + 2, 2, pointer.big) == type;
}

static unsigned tag_of(struct pointer pointer)
{
    return meta_number(pointer.block + pointer.at - HEAD, 2, pointer.big);
}

/* Whether one of the numbers around the pointer is the length of a picture at the target: in a
 * directory the next entry, in a maker's table one of a few before or after. */
static bool has_length(const struct meta_file *file, struct pointer pointer, size_t target)
{
    enum { AROUND = 12 };
    const size_t first = pointer.at >= AROUND ? pointer.at - AROUND : pointer.at % 4;

    for (size_t at = first; at <= pointer.at + AROUND && pointer.size - at >= 4; at += 4) {
        const size_t length = meta_number(pointer.block + at, 4, pointer.big);

        if (at != pointer.at && length >= SHORTEST && length <= file->size - target &&
            lies_at(file, target + length - 2, "\xFF\xD9", 2))
            return true;
    }
    return false;
}

/* Whether a picture begins there; its first byte is wrong in those of Minolta and Sony. */
static bool is_picture(const struct meta_file *file, size_t offset, bool first_wrong)
{
    return lies_at(file, offset + 1, "\xD8\xFF", 2) && offset + 4 <= file->size &&
           file->bytes[offset + 3] >= 0xC0 && /* no FF 00 of compressed data */
           (first_wrong || file->bytes[offset] == 0xFF);
}

/* Whether the number is an offset that leads to `target`, by what it stands in and what is there:
 * an entry (its type LONG, 4, once; or UNDEFINED, 7) or a table with the picture's length. */
static bool points_to(const struct meta_file *file, struct pointer pointer, size_t target)
{
    enum { LONG = 4, UNDEFINED = 7, DECISION = 0x0083, SONY_HEAD = 32 };
    const size_t count =
        pointer.at >= HEAD ? meta_number(pointer.block + pointer.at - 4, 4, pointer.big) : 0;

    if (target >= file->size)
        return false;
    if (is_entry(pointer, LONG) && count == 1)
        return is_picture(file, target, false) ||
               (tag_of(pointer) == DECISION && lies_at(file, target, "\xFF\xFF\xFF\xFF", 4));
    if (is_entry(pointer, UNDEFINED) && count >= SHORTEST && count <= file->size - target)
        return is_picture(file, target, true) || is_picture(file, target + SONY_HEAD, true);
    return is_picture(file, target, false) && has_length(file, pointer, target);
}

/* Whether it is Leica's maker notes behind the picture, which count from the file's begin. */
static bool points_to_leica(const struct meta_file *file, struct pointer pointer)
{
    enum { UNDEFINED = 7, MAKER_NOTE = 0x927C };

    return is_entry(pointer, UNDEFINED) && tag_of(pointer) == MAKER_NOTE &&
           lies_at(file, meta_number(pointer.block + pointer.at, 4, pointer.big), "LEICA", 6);
}

/* What offsets in an EXIF block may count from: its own begin, the begin of a TIFF header in its
 * maker notes, or the file's. */
struct bases {
    size_t before[8], after[8];
    size_t count;
};

static struct bases find_bases(size_t exif_before, struct meta_jpeg_span exif,
                               const unsigned char *after)
{
    const unsigned char *block = after + exif.start;
    struct bases bases = {{0}, {0}, 1};

    for (size_t at = 0; exif.size - at >= 4 && bases.count < 8; at++)
        if (memcmp(block + at, "II*\0", 4) == 0 || memcmp(block + at, "MM\0*", 4) == 0) {
            bases.before[bases.count] = exif_before + at;
            bases.after[bases.count++] = exif.start + at;
        }
    return bases;
}

static void move_pointer(const struct meta_file *before, const struct meta_jpeg_growth *growth,
                         const struct bases *bases, struct pointer pointer, unsigned char *number)
{
    const size_t value = meta_number(number, 4, pointer.big);

    for (size_t i = 0; i < bases->count; i++) {
        const size_t target = bases->before[i] + value;
        const size_t wanted = moved(growth, target) - bases->after[i];

        if (wanted != value && points_to(before, pointer, target)) {
            meta_number_put(number, 4, pointer.big, wanted);
            return;
        }
    }
}

enum tn_status meta_jpeg_move_previews(const struct meta_file *before,
                                       const struct meta_jpeg_growth *growth, size_t exif_before,
                                       struct meta_jpeg_span exif, unsigned char *after,
                                       struct tn_error *err)
{
    const struct bases bases = find_bases(exif_before, exif, after);
    struct pointer pointer = {after + exif.start, exif.size, 0, false};

    for (; exif.size - pointer.at >= 4; pointer.at++)
        for (int order = 0; order < 2; order++) {
            pointer.big = order == 1;
            if (points_to_leica(before, pointer))
                return tn_fail(err, TN_UNSUPPORTED,
                               "%s: its maker notes cannot be moved; use --sidecar xmp",
                               before->name);
            move_pointer(before, growth, &bases, pointer, after + exif.start + pointer.at);
        }
    return TN_OK;
}

/* ---- The directory of the AXS File Concatenation Protocol ---- */

/*
 * header:  "AXS!" (big) or "AXS*", version, number of entries, 4 bytes
 * entry:   tag, size, offset
 * end:     the header's 4 letters, offset of the header, 4 bytes
 */
static void move_afcp_entries(const struct meta_file *before, const struct meta_jpeg_growth *growth,
                              size_t start, unsigned char *after)
{
    enum { HEADER = 12, ENTRY = 12, OFFSET = 8 };
    const unsigned char *header = before->bytes + start;
    const bool big = header[3] == '!';
    const size_t entries = meta_number(header + 6, 2, big);

    for (size_t i = 0; i < entries && HEADER + (i + 1) * ENTRY <= before->size - start; i++) {
        const unsigned char *entry = header + HEADER + i * ENTRY;
        const size_t offset = meta_number(entry + OFFSET, 4, big);

        meta_number_put(after + moved(growth, start) + HEADER + i * ENTRY + OFFSET, 4, big,
                        moved(growth, offset));
    }
}

void meta_jpeg_move_afcp(const struct meta_file *before, const struct meta_jpeg_growth *growth,
                         size_t tail, unsigned char *after)
{
    enum { END = 12, MOST = 16 };
    const unsigned char *found, *at = before->bytes + tail;
    size_t start, end, count = 0;

    while (count < MOST &&
           (found = memmem(at, (size_t)(before->bytes + before->size - at), "AXS", 3))) {
        at = found + 1;
        end = (size_t)(found - before->bytes);
        if (before->size - end < END || (found[3] != '!' && found[3] != '*'))
            continue;
        start = meta_number(found + 4, 4, found[3] == '!');
        if (start < tail || start + END > end || memcmp(before->bytes + start, found, 4) != 0)
            continue;
        meta_number_put(after + moved(growth, end) + 4, 4, found[3] == '!', moved(growth, start));
        move_afcp_entries(before, growth, start, after);
        count++;
    }
}
