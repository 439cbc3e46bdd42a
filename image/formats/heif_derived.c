/* SPDX-License-Identifier: MIT */
/*
 * Pictures that are made of others: a grid of tiles, layers on a canvas (iovl), another one turned
 * (iden).  libheif 1.15 follows them, and the alpha of what they are made of, wherever they lead,
 * round in circles, too.  Here none of them may lead back to itself: layers are made of grids and
 * coded pictures, a grid is made of coded pictures, and nothing that is an alpha has layers, or is
 * a grid of what has an alpha.  A layer that is not there ends the program: that is an assertion.
 */
#include "image/formats/heif_file.h"

enum { MOST_TILES = 65536, MOST_LAYERS = 16 };

static bool is_grid(const struct heif_item *item)
{
    return item->type == HEIF_NAME('g', 'r', 'i', 'd');
}

static bool has_layers(const struct heif_item *item)
{
    return item->type == HEIF_NAME('i', 'o', 'v', 'l') ||
           item->type == HEIF_NAME('i', 'd', 'e', 'n');
}

bool heif_item_is_picture(const struct heif_file *file, uint32_t id, bool or_grid)
{
    bool found = false;

    for (size_t i = 0; i < file->item_count; i++) {
        const struct heif_item *item = &file->items[i];

        if (item->id != id)
            continue;
        found = item->type == HEIF_NAME('h', 'v', 'c', '1') ||
                item->type == HEIF_NAME('a', 'v', '0', '1') || (or_grid && is_grid(item));
        if (!found)
            return false;
    }
    return found;
}

/* What two numbers of items are to be, for a walk over references. */
typedef bool reference_fn(struct heif_file *file, uint32_t kind, uint32_t from, uint32_t to);

/* Calls `each` with every reference; false when it does not like one. */
static bool walk_references(struct heif_file *file, reference_fn *each)
{
    struct heif_bits bits = file->iref, reference;
    const unsigned width = heif_bits_read(&bits, 8) == 0 ? 16 : 32;
    uint32_t kind;

    heif_bits_skip(&bits, 24);
    while (heif_take_box(file, &bits, &kind, &reference)) {
        const uint32_t from = heif_bits_read(&reference, width);
        uint32_t count = heif_bits_read(&reference, 16);

        for (; count > 0 && !reference.short_of; count--)
            if (!each(file, kind, from, heif_bits_read(&reference, width)))
                return false;
    }
    return !bits.short_of;
}

static bool note_auxiliary(struct heif_file *file, uint32_t kind, uint32_t from, uint32_t to)
{
    for (size_t i = 0; i < file->item_count && kind == HEIF_NAME('a', 'u', 'x', 'l'); i++) {
        struct heif_item *item = &file->items[i];

        item->auxiliary = item->auxiliary || item->id == from;
        item->has_auxiliary = item->has_auxiliary || item->id == to;
    }
    return true;
}

/* Whether `from` may be made of `to`, under every type that the file gives them. */
static bool check_part(struct heif_file *file, uint32_t kind, uint32_t from, uint32_t to)
{
    bool grid = false, layers = false, alpha = false;

    if (kind != HEIF_NAME('d', 'i', 'm', 'g'))
        return true;
    for (size_t i = 0; i < file->item_count; i++)
        if (file->items[i].id == from) {
            grid = grid || is_grid(&file->items[i]);
            layers = layers || has_layers(&file->items[i]);
            alpha = alpha || file->items[i].auxiliary;
        }
    if ((grid && ++file->coded.tiles > MOST_TILES) ||
        (layers && ++file->coded.layers > MOST_LAYERS))
        return false;
    if ((grid || layers) && !heif_item_is_picture(file, to, !grid))
        return false;
    for (size_t i = 0; i < file->item_count && grid && alpha; i++)
        if (file->items[i].id == to && file->items[i].has_auxiliary)
            return false;
    return true;
}

bool heif_derived_are_sound(struct heif_file *file)
{
    if (!file->iref.bytes)
        return true;
    if (!walk_references(file, note_auxiliary))
        return false;
    for (size_t i = 0; i < file->item_count; i++)
        if (file->items[i].auxiliary && has_layers(&file->items[i]))
            return false;
    return walk_references(file, check_part);
}
