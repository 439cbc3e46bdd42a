/* SPDX-License-Identifier: MIT */
/* How a coded picture is turned and mirrored by its properties (ISO/IEC 23008-12, 6.5.10 and
 * 6.5.12).  libheif 1.15 does it in a copy, and cannot mirror more than 8 bits. */
#include "image/formats/heif_file.h"

enum { MOST_PROPERTIES = 255 };

/* The numbers of an item's properties, in order. */
struct links {
    uint32_t numbers[MOST_PROPERTIES];
    size_t count;
};

/* False when the item has none, or the box is damaged. */
static bool find_links(const struct heif_file *file, uint32_t id, struct links *links)
{
    struct heif_bits bits = file->ipma;
    const unsigned id_width = heif_bits_read(&bits, 8) == 0 ? 16 : 32;
    const unsigned width = heif_bits_read(&bits, 24) & 1 ? 15 : 7;
    uint32_t items = heif_bits_read(&bits, 32);

    for (; items > 0 && !bits.short_of; items--) {
        const bool found = heif_bits_read(&bits, id_width) == id;

        links->count = heif_bits_read(&bits, 8);
        for (size_t i = 0; i < links->count; i++) {
            heif_bits_skip(&bits, 1); /* essential */
            links->numbers[i] = heif_bits_read(&bits, width);
        }
        if (found)
            return !bits.short_of;
    }
    return false;
}

/* A picture that was perhaps mirrored, left to right, and then turned, so many quarters
 * anticlockwise. */
struct turn {
    bool mirrored;
    unsigned quarters;
};

/* Adds what property `number` does; false when it cuts. */
static bool add_property(struct heif_file *file, uint32_t number, struct turn *turn)
{
    struct heif_bits bits = file->ipco, content;
    uint32_t name = 0;

    for (uint32_t i = 0; i < number; i++)
        if (!heif_take_box(file, &bits, &name, &content))
            return false;
    if (name == HEIF_NAME('c', 'l', 'a', 'p'))
        return false;
    if (name == HEIF_NAME('i', 'r', 'o', 't'))
        turn->quarters += heif_bits_read(&content, 8) & 3;
    if (name == HEIF_NAME('i', 'm', 'i', 'r')) { /* 1: left to right, 0: top to bottom */
        const bool sideways = heif_bits_read(&content, 8) & 1;

        turn->mirrored = !turn->mirrored;
        turn->quarters = (sideways ? 4 : 6) - turn->quarters % 4;
    }
    return true;
}

/* 0 when the item's properties do more, or are not to be found. */
static int orientation_of(struct heif_file *file, uint32_t id)
{
    static const unsigned char orientations[2][4] = {{1, 8, 3, 6}, {2, 5, 4, 7}};
    struct links links;
    struct turn turn = {0};

    if (!find_links(file, id, &links))
        return 0;
    for (size_t i = 0; i < links.count; i++)
        if (links.numbers[i] > 0 && !add_property(file, links.numbers[i], &turn))
            return 0;
    return orientations[turn.mirrored][turn.quarters % 4];
}

/* libheif turns an alpha that says so in any case, and no other: then it has to turn the picture.
 */
int heif_turn_read(struct heif_file *file)
{
    struct heif_bits bits = file->pitm;
    const unsigned width = heif_bits_read(&bits, 8) == 0 ? 16 : 32;
    uint32_t id;

    heif_bits_skip(&bits, 24);
    id = heif_bits_read(&bits, width);
    if (!file->ipma.bytes || !heif_item_is_picture(file, id, false))
        return 0;
    for (size_t i = 0; i < file->item_count; i++)
        if (file->items[i].auxiliary && orientation_of(file, file->items[i].id) != 1)
            return 0;
    return orientation_of(file, id);
}
