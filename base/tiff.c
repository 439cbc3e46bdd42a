/* SPDX-License-Identifier: MIT */
#include "base/tiff.h"

#include <string.h>

static uint64_t number(const struct tn_tiff *tiff, size_t offset, size_t count)
{
    uint64_t value = 0;

    for (size_t i = 0; i < count; i++)
        value = value << 8 | tiff->bytes[offset + (tiff->big_endian ? i : count - 1 - i)];
    return value;
}

/* Whether `length` bytes from there on lie in the file. */
static bool lies_in(const struct tn_tiff *tiff, uint64_t offset, uint64_t length)
{
    return offset <= tiff->size && length <= tiff->size - offset;
}

bool tn_tiff_open(struct tn_tiff *ret_tiff, const unsigned char *bytes, size_t size)
{
    enum { CLASSIC = 42, WIDE = 43, RO = 0x4F52, RS = 0x5352, U = 0x55, HEAD = 8, WIDE_HEAD = 16 };
    struct tn_tiff tiff = {.bytes = bytes, .size = size};
    uint64_t version;

    if (size < HEAD || (memcmp(bytes, "II", 2) != 0 && memcmp(bytes, "MM", 2) != 0))
        return false;
    tiff.big_endian = bytes[0] == 'M';
    version = number(&tiff, 2, 2);
    tiff.wide = version == WIDE;
    if (version != CLASSIC && version != RO && version != RS && version != U &&
        (version != WIDE || size < WIDE_HEAD))
        return false;
    tiff.first = tiff.wide ? number(&tiff, 8, 8) : number(&tiff, 4, 4);
    *ret_tiff = tiff;
    return true;
}

bool tn_tiff_directory(const struct tn_tiff *tiff, uint64_t offset,
                       struct tn_tiff_directory *ret_directory)
{
    const size_t head = tiff->wide ? 8 : 2, entry = tiff->wide ? 20 : 12;
    const size_t tail = tiff->wide ? 8 : 4;
    uint64_t count;

    if (!lies_in(tiff, offset, head))
        return false;
    count = number(tiff, (size_t)offset, head);
    offset += head;
    if (count > tiff->size / entry || !lies_in(tiff, offset, count * entry))
        return false;
    *ret_directory = (struct tn_tiff_directory){
        .entries = (size_t)offset, .count = (size_t)count, .next = tiff->size};
    offset += count * entry;
    if (lies_in(tiff, offset, tail))
        ret_directory->next = number(tiff, (size_t)offset, tail);
    return true;
}

/* Bytes of one value of that type; 0: there is no such type. */
static size_t type_size(unsigned type)
{
    static const unsigned char sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};

    return type < sizeof sizes ? sizes[type] : 0;
}

bool tn_tiff_field(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory,
                   size_t index, struct tn_tiff_field *ret_field)
{
    const size_t entry = tiff->wide ? 20 : 12, word = tiff->wide ? 8 : 4;
    const size_t place = directory->entries + index * entry;
    struct tn_tiff_field field;
    uint64_t offset = place + 4 + word;
    size_t each;

    if (index >= directory->count)
        return false;
    field.tag = (unsigned)number(tiff, place, 2);
    field.type = (unsigned)number(tiff, place + 2, 2);
    field.count = number(tiff, place + 4, word);
    each = type_size(field.type);
    if (each == 0 || field.count > tiff->size / each)
        return false;
    field.size = (size_t)field.count * each;
    if (field.size > word)
        offset = number(tiff, (size_t)offset, word);
    if (!lies_in(tiff, offset, field.size))
        return false;
    field.offset = (size_t)offset;
    *ret_field = field;
    return true;
}

bool tn_tiff_find(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory,
                  unsigned tag, struct tn_tiff_field *ret_field)
{
    const size_t entry = tiff->wide ? 20 : 12;

    for (size_t i = 0; i < directory->count; i++)
        if (number(tiff, directory->entries + i * entry, 2) == tag)
            return tn_tiff_field(tiff, directory, i, ret_field);
    return false;
}

uint64_t tn_tiff_number(const struct tn_tiff *tiff, const struct tn_tiff_field *field,
                        uint64_t index)
{
    enum { BYTE = 1, SHORT = 3, LONG = 4, IFD = 13, LONG8 = 16, IFD8 = 18 };
    const size_t each = type_size(field->type);

    if (index >= field->count)
        return 0;
    switch (field->type) {
    case BYTE:
    case SHORT:
    case LONG:
    case IFD:
    case LONG8:
    case IFD8:
        return number(tiff, field->offset + (size_t)index * each, each);
    default:
        return 0;
    }
}

uint64_t tn_tiff_number_of(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory,
                           unsigned tag, uint64_t otherwise)
{
    struct tn_tiff_field field;

    if (!tn_tiff_find(tiff, directory, tag, &field) || field.count == 0)
        return otherwise;
    return tn_tiff_number(tiff, &field, 0);
}

/* ---- All directories ---- */

enum {
    TAG_COMPRESSION = 0x0103,
    TAG_PHOTOMETRIC = 0x0106,
    TAG_SUB_IFDS = 0x014A,
    TAG_LEAF_PARTS = 0x8606, /* of Leaf's MOS */
    TAG_DNG_VERSION = 0xC612,
    MOST_DIRECTORIES = 32,
    MOST_ENTRIES = 4096 /* to search many such directories would take long */
};

/* Reads the directory there, if it is not too large. */
static bool read_directory(const struct tn_tiff *tiff, uint64_t offset,
                           struct tn_tiff_directory *ret_directory)
{
    return tn_tiff_directory(tiff, offset, ret_directory) && ret_directory->count <= MOST_ENTRIES;
}

bool tn_tiff_any(const struct tn_tiff *tiff,
                 bool (*holds)(const struct tn_tiff *tiff,
                               const struct tn_tiff_directory *directory, void *context),
                 void *context)
{
    struct tn_tiff_directory directory, below;
    struct tn_tiff_field list;
    uint64_t offset = tiff->first;

    for (size_t i = 0; i < MOST_DIRECTORIES && read_directory(tiff, offset, &directory); i++) {
        if (holds(tiff, &directory, context))
            return true;
        if (!tn_tiff_find(tiff, &directory, TAG_SUB_IFDS, &list))
            list.count = 0;
        for (uint64_t k = 0; k < list.count && k < MOST_DIRECTORIES; k++)
            if (read_directory(tiff, tn_tiff_number(tiff, &list, k), &below) &&
                holds(tiff, &below, context))
                return true;
        offset = directory.next;
        if (offset == 0)
            break;
    }
    return false;
}

/* ---- Camera raws ---- */

bool tn_tiff_is_sensor(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory)
{
    enum { CFA = 32803, LINEAR_RAW = 34892 };
    /* Sony, Samsung (2), Nikon, Kodak, Pentax */
    static const unsigned compressions[] = {32767, 32769, 32770, 34713, 65000, 65535};
    const uint64_t photometric = tn_tiff_number_of(tiff, directory, TAG_PHOTOMETRIC, 0);
    const uint64_t compression = tn_tiff_number_of(tiff, directory, TAG_COMPRESSION, 0);

    if (photometric == CFA || photometric == LINEAR_RAW)
        return true;
    for (size_t i = 0; i < sizeof compressions / sizeof compressions[0]; i++)
        if (compression == compressions[i])
            return true;
    return false;
}

static bool tells_raw(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory,
                      void *context)
{
    struct tn_tiff_field field;

    (void)context;
    return tn_tiff_is_sensor(tiff, directory) ||
           tn_tiff_find(tiff, directory, TAG_DNG_VERSION, &field) ||
           tn_tiff_find(tiff, directory, TAG_LEAF_PARTS, &field);
}

bool tn_tiff_is_raw(const unsigned char *bytes, size_t size)
{
    struct tn_tiff tiff;

    if (!tn_tiff_open(&tiff, bytes, size))
        return false;
    if (size >= 12 && (memcmp(bytes + 8, "IIII", 4) == 0 || memcmp(bytes + 8, "MMMM", 4) == 0))
        return true; /* Phase One */
    return tn_tiff_any(&tiff, tells_raw, NULL);
}
