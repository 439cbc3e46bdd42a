/* SPDX-License-Identifier: MIT */
/* Which item says what the primary picture is, and where it is.  Others may describe other pictures
 * of the file, such as a gain map. */
#include "metadata/containers/heif_items_private.h"

#include <string.h>

enum { MOST_OF_A_KIND = 100 };

/* The items of a kind, and what each describes. */
struct of_a_kind {
    struct meta_item items[MOST_OF_A_KIND];
    bool of_primary[MOST_OF_A_KIND], of_other[MOST_OF_A_KIND];
    size_t count;
};

static const char *kind_name(enum meta_part_kind kind)
{
    return kind == META_EXIF ? "EXIF" : "XMP";
}

static bool is_of_kind(const struct meta_item *item, enum meta_part_kind kind)
{
    if (kind == META_EXIF)
        return item->type == META_BOX_NAME('E', 'x', 'i', 'f');
    return item->type == META_BOX_NAME('m', 'i', 'm', 'e') &&
           strcmp(item->content, "application/rdf+xml") == 0;
}

static enum tn_status collect(const struct meta_heif *heif, enum meta_part_kind kind,
                              struct of_a_kind *found, struct tn_error *err)
{
    size_t position = heif->infos;
    struct meta_item item;

    while (meta_item_next(heif, &position, &item)) {
        if (!is_of_kind(&item, kind))
            continue;
        if (found->count == MOST_OF_A_KIND)
            return tn_fail(err, TN_UNSUPPORTED,
                           "%s: it has more than %d %s items; use --sidecar xmp", heif->file->name,
                           MOST_OF_A_KIND, kind_name(kind));
        found->items[found->count++] = item;
    }
    return TN_OK;
}

static void note_described(const struct meta_heif *heif, struct of_a_kind *found)
{
    size_t position = heif->references;
    struct meta_reference reference;

    while (meta_reference_next(heif, &position, &reference)) {
        bool primary = false;

        if (reference.name != META_BOX_NAME('c', 'd', 's', 'c'))
            continue;
        for (size_t i = 0; i < reference.count; i++)
            if (meta_wide(heif->file->bytes + reference.to + i * reference.width,
                          reference.width) == heif->primary)
                primary = true;
        for (size_t i = 0; i < found->count; i++)
            if (found->items[i].id == reference.from)
                *(primary ? &found->of_primary[i] : &found->of_other[i]) = true;
    }
}

/* An item that describes nothing describes the photo, if none says that it does. */
static const struct meta_item *choose(const struct of_a_kind *found, size_t *ret_count)
{
    const struct meta_item *chosen = NULL;
    size_t count = 0;

    for (int stray = 0; stray <= 1 && count == 0; stray++)
        for (size_t i = 0; i < found->count; i++)
            if (stray ? !found->of_other[i] : found->of_primary[i]) {
                chosen = &found->items[i];
                count++;
            }
    *ret_count = count;
    return chosen;
}

static bool is_listed_once(const struct meta_heif *heif, uint32_t id)
{
    size_t position = heif->infos, count = 0;
    struct meta_item item;

    while (meta_item_next(heif, &position, &item))
        count += item.id == id;
    return count == 1;
}

enum tn_status meta_heif_find(const struct meta_heif *heif, enum meta_part_kind kind,
                              uint32_t *ret_id, struct tn_error *err)
{
    struct of_a_kind found = {.count = 0};
    const struct meta_item *item;
    const char *why = NULL;
    size_t count;

    TN_TRY(collect(heif, kind, &found, err));
    note_described(heif, &found);
    item = choose(&found, &count);
    if (count > 1 || (item && !is_listed_once(heif, item->id)))
        why = "one of several";
    else if (item && item->encrypted)
        why = "encrypted";
    else if (item && item->encoding[0])
        why = "compressed";
    if (why)
        return tn_fail(err, TN_UNSUPPORTED, "%s: its %s is %s; use --sidecar xmp", heif->file->name,
                       kind_name(kind), why);
    *ret_id = item ? item->id : 0;
    return TN_OK;
}

enum tn_status meta_heif_locate(const struct meta_heif *heif, uint32_t id,
                                struct meta_location *ret_location, struct tn_error *err)
{
    size_t position = heif->locations, count = 0;
    struct meta_location location;

    while (meta_location_next(heif, &position, &location))
        if (location.id == id) {
            *ret_location = location;
            count++;
        }
    if (count != 1 || ret_location->count == 0)
        return tn_fail(err, TN_FORMAT,
                       "%s: its box iloc has no place of item %u; use --sidecar xmp",
                       heif->file->name, (unsigned)id);
    if (ret_location->method > 1 || ret_location->reference != 0 || heif->length == 0)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: its metadata (item %u) lies in another file or item; use --sidecar xmp",
                       heif->file->name, (unsigned)id);
    return TN_OK;
}

/* Whether no item has bytes there. */
static bool is_unused(const struct meta_heif *heif, size_t place, size_t size)
{
    size_t position = heif->locations, start, length;
    struct meta_location location;

    while (meta_location_next(heif, &position, &location))
        for (size_t i = 0; i < location.count; i++)
            if (meta_location_extent(heif, &location, i, &start, &length) && start < place + size &&
                place < start + length)
                return false;
    return true;
}

static bool is_in_mdat(const struct meta_file *file, size_t place, size_t size)
{
    size_t position = 0;
    struct meta_box box = {.end = 0};

    while (box.end < place + size && meta_box_next(file, &position, file->size, &box))
        ;
    return box.name == META_BOX_NAME('m', 'd', 'a', 't') && box.content <= place &&
           box.end >= place + size;
}

size_t meta_heif_find_unused(const struct meta_heif *heif, const unsigned char *bytes, size_t size)
{
    enum { MOST = 16 }; /* so often they may be an item's */
    const struct meta_file *file = heif->file;
    size_t place = 0;

    for (size_t i = 0; i < MOST; i++, place++) {
        const unsigned char *found = memmem(file->bytes + place, file->size - place, bytes, size);

        if (!found)
            return 0;
        place = (size_t)(found - file->bytes);
        if (is_unused(heif, place, size) && is_in_mdat(file, place, size))
            return place;
    }
    return 0;
}
