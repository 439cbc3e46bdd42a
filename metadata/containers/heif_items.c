/* SPDX-License-Identifier: MIT */
#include "metadata/containers/heif_items_private.h"

/* iinf, iloc and iref are full boxes: a version of 1 byte and flags of 3 stand first. */
enum { FULL = 4 };

static struct meta_cursor cursor_of(const struct meta_file *file, const struct meta_box *box)
{
    return (struct meta_cursor){.bytes = file->bytes, .at = box->content, .end = box->end};
}

static enum tn_status damaged(const struct meta_file *file, const char *box, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "%s: its box %s is damaged; use --sidecar xmp", file->name, box);
}

static void note_id(struct meta_heif *heif, uint64_t id)
{
    if (id > heif->largest_id)
        heif->largest_id = (uint32_t)id;
}

/* Finds the one box of each name among those from `from` to `end`. */
struct wanted {
    uint32_t name;
    struct meta_box *box;
};

static bool find_boxes(const struct meta_file *file, size_t from, size_t end,
                       const struct wanted *wanted, size_t count, size_t *ret_end)
{
    struct meta_box box;

    while (meta_box_next(file, &from, end, &box)) {
        for (size_t i = 0; i < count; i++) {
            if (wanted[i].name != box.name)
                continue;
            if (wanted[i].box->end > 0)
                return false;
            *wanted[i].box = box;
        }
    }
    *ret_end = from;
    return true;
}

/* A file that was cut off in its picture or its tables is not one that has something behind its
 * boxes, as those of some telephones have. */
static bool cut_off(const struct meta_file *file, size_t rest)
{
    const uint32_t name =
        file->size - rest < META_BOX_HEADER ? 0 : (uint32_t)meta_wide(file->bytes + rest + 4, 4);

    return name == META_BOX_NAME('m', 'd', 'a', 't') || name == META_BOX_NAME('m', 'o', 'o', 'v') ||
           name == META_BOX_NAME('m', 'e', 't', 'a');
}

static enum tn_status find_all(struct meta_heif *heif, struct tn_error *err)
{
    const struct meta_file *file = heif->file;
    const struct wanted meta = {META_BOX_NAME('m', 'e', 't', 'a'), &heif->meta};
    const struct wanted in_meta[] = {{META_BOX_NAME('p', 'i', 't', 'm'), &heif->pitm},
                                     {META_BOX_NAME('i', 'i', 'n', 'f'), &heif->iinf},
                                     {META_BOX_NAME('i', 'l', 'o', 'c'), &heif->iloc},
                                     {META_BOX_NAME('i', 'r', 'e', 'f'), &heif->iref},
                                     {META_BOX_NAME('i', 'd', 'a', 't'), &heif->idat},
                                     {META_BOX_NAME('g', 'r', 'p', 'l'), &heif->grpl}};
    size_t end;

    if (!find_boxes(file, 0, file->size, &meta, 1, &end))
        return tn_fail(err, TN_UNSUPPORTED, "%s: it has several boxes meta; use --sidecar xmp",
                       file->name);
    if (cut_off(file, end))
        return tn_fail(err, TN_FORMAT, "%s: the file is truncated; use --sidecar xmp", file->name);
    if (heif->meta.end == 0)
        return tn_fail(err, TN_UNSUPPORTED, "%s: it has no box meta; use --sidecar xmp",
                       file->name);
    if (heif->meta.end - heif->meta.content < FULL ||
        !find_boxes(file, heif->meta.content + FULL, heif->meta.end, in_meta,
                    sizeof in_meta / sizeof in_meta[0], &end) ||
        end != heif->meta.end)
        return damaged(file, "meta", err);
    if (heif->pitm.end == 0 || heif->iinf.end == 0 || heif->iloc.end == 0)
        return tn_fail(err, TN_UNSUPPORTED, "%s: its box meta names no picture; use --sidecar xmp",
                       file->name);
    return TN_OK;
}

static enum tn_status read_primary(struct meta_heif *heif, struct tn_error *err)
{
    struct meta_cursor at = cursor_of(heif->file, &heif->pitm);
    const uint64_t version = meta_take(&at, 1);

    meta_skip(&at, 3);
    heif->primary = (uint32_t)meta_take(&at, version == 0 ? 2 : 4);
    note_id(heif, heif->primary);
    return at.short_of || version > 1 ? damaged(heif->file, "pitm", err) : TN_OK;
}

bool meta_item_next(const struct meta_heif *heif, size_t *position, struct meta_item *ret_item)
{
    const struct meta_file *file = heif->file;
    struct meta_box box;
    struct meta_cursor at;
    struct meta_item found = {.content = "", .encoding = ""};
    unsigned version;

    if (!meta_box_next(file, position, heif->iinf.end, &box))
        return false;
    found.start = box.start;
    found.end = box.end;
    at = cursor_of(file, &box);
    version = (unsigned)meta_take(&at, 1);
    meta_skip(&at, 3);
    found.id = (uint32_t)meta_take(&at, version == 3 ? 4 : 2);
    found.encrypted = meta_take(&at, 2) != 0;
    if (version >= 2) { /* before, an item had no type */
        found.type = (uint32_t)meta_take(&at, 4);
        meta_take_text(&at); /* its name */
        if (found.type == META_BOX_NAME('m', 'i', 'm', 'e') && at.at < at.end)
            found.content = meta_take_text(&at);
        if (found.type == META_BOX_NAME('m', 'i', 'm', 'e') && at.at < at.end)
            found.encoding = meta_take_text(&at);
    }
    if (at.short_of || box.name != META_BOX_NAME('i', 'n', 'f', 'e') || version > 3)
        return false;
    *ret_item = found;
    return true;
}

static enum tn_status read_items(struct meta_heif *heif, struct tn_error *err)
{
    struct meta_cursor at = cursor_of(heif->file, &heif->iinf);
    const unsigned version = (unsigned)meta_take(&at, 1);
    struct meta_item item;
    size_t count, found = 0;

    meta_skip(&at, 3);
    count = (size_t)meta_take(&at, version == 0 ? 2 : 4);
    heif->infos = at.at;
    for (size_t position = at.at; meta_item_next(heif, &position, &item); found++)
        note_id(heif, item.id);
    return at.short_of || found != count ? damaged(heif->file, "iinf", err) : TN_OK;
}

bool meta_location_next(const struct meta_heif *heif, size_t *position,
                        struct meta_location *ret_location)
{
    struct meta_cursor at = {
        .bytes = heif->file->bytes, .at = *position, .end = heif->locations_end};
    const size_t extent = heif->index + heif->offset + heif->length;
    struct meta_location found = {.start = *position};

    if (at.at == at.end)
        return false;
    found.id = (uint32_t)meta_take(&at, heif->iloc_version < 2 ? 2 : 4);
    found.method = heif->iloc_version > 0 ? (unsigned)meta_take(&at, 2) & 15 : 0;
    found.reference = (unsigned)meta_take(&at, 2);
    found.base = at.at;
    meta_skip(&at, heif->base);
    found.count = (size_t)meta_take(&at, 2);
    found.extents = at.at;
    meta_skip(&at, found.count * extent);
    if (at.short_of || (extent == 0 && found.count > 1)) /* would cost time and say nothing */
        return false;
    found.end = *position = at.at;
    *ret_location = found;
    return true;
}

static bool is_width(unsigned width)
{
    return width == 0 || width == 4 || width == 8;
}

static enum tn_status read_locations(struct meta_heif *heif, struct tn_error *err)
{
    struct meta_cursor at = cursor_of(heif->file, &heif->iloc);
    struct meta_location location;
    unsigned widths;
    size_t count;

    heif->iloc_version = (unsigned)meta_take(&at, 1);
    meta_skip(&at, 3);
    widths = (unsigned)meta_take(&at, 2);
    heif->offset = widths >> 12;
    heif->length = widths >> 8 & 15;
    heif->base = widths >> 4 & 15;
    heif->index = heif->iloc_version > 0 ? widths & 15 : 0;
    count = (size_t)meta_take(&at, heif->iloc_version < 2 ? 2 : 4);
    heif->locations = at.at;
    heif->locations_end = at.end;
    if (at.short_of || heif->iloc_version > 2 || !is_width(heif->offset) ||
        !is_width(heif->length) || !is_width(heif->base) || !is_width(heif->index))
        return damaged(heif->file, "iloc", err);
    for (; count > 0 && meta_location_next(heif, &at.at, &location); count--)
        note_id(heif, location.id);
    heif->locations_end = at.at;
    return count > 0 ? damaged(heif->file, "iloc", err) : TN_OK;
}

/* Also what is no item has an id, and no new item may have it, too: groups, in some files. */
static enum tn_status note_groups(struct meta_heif *heif, struct tn_error *err)
{
    size_t position = heif->grpl.content;
    struct meta_box group;

    while (meta_box_next(heif->file, &position, heif->grpl.end, &group)) {
        struct meta_cursor at = cursor_of(heif->file, &group);

        meta_skip(&at, FULL);
        note_id(heif, meta_take(&at, 4));
        for (uint64_t count = meta_take(&at, 4); count > 0 && !at.short_of; count--)
            note_id(heif, meta_take(&at, 4));
    }
    return position == heif->grpl.end ? TN_OK : damaged(heif->file, "grpl", err);
}

bool meta_reference_next(const struct meta_heif *heif, size_t *position,
                         struct meta_reference *ret_reference)
{
    struct meta_reference found;
    struct meta_box box;
    struct meta_cursor at;

    if (*position == 0 || !meta_box_next(heif->file, position, heif->iref.end, &box))
        return false;
    at = cursor_of(heif->file, &box);
    found.name = box.name;
    found.width = heif->file->bytes[heif->iref.content] == 0 ? 2 : 4;
    found.from = (uint32_t)meta_take(&at, found.width);
    found.count = (size_t)meta_take(&at, 2);
    found.to = at.at;
    meta_skip(&at, found.count * found.width);
    if (at.short_of)
        return false;
    *ret_reference = found;
    return true;
}

static enum tn_status read_references(struct meta_heif *heif, struct tn_error *err)
{
    struct meta_cursor at = cursor_of(heif->file, &heif->iref);
    struct meta_reference reference;
    uint64_t version;

    if (heif->iref.end == 0)
        return TN_OK;
    version = meta_take(&at, 1);
    meta_skip(&at, 3);
    heif->references = at.at;
    while (!at.short_of && version <= 1 && meta_reference_next(heif, &at.at, &reference))
        note_id(heif, reference.from);
    return at.at == at.end ? TN_OK : damaged(heif->file, "iref", err);
}

enum tn_status meta_heif_read(const struct meta_file *file, struct meta_heif *ret_heif,
                              struct tn_error *err)
{
    struct meta_heif heif = {.file = file};

    TN_TRY(find_all(&heif, err));
    TN_TRY(read_primary(&heif, err));
    TN_TRY(read_items(&heif, err));
    TN_TRY(read_locations(&heif, err));
    TN_TRY(read_references(&heif, err));
    TN_TRY(note_groups(&heif, err));
    *ret_heif = heif;
    return TN_OK;
}

size_t meta_location_offset(const struct meta_heif *heif, const struct meta_location *location,
                            size_t i)
{
    return location->extents + i * (heif->index + heif->offset + heif->length) + heif->index;
}

bool meta_location_extent(const struct meta_heif *heif, const struct meta_location *location,
                          size_t i, size_t *ret_start, size_t *ret_length)
{
    const unsigned char *bytes = heif->file->bytes;
    const size_t at = meta_location_offset(heif, location, i);
    const struct meta_box whole = {.end = heif->file->size};
    const struct meta_box *in = location->method == 0 ? &whole : &heif->idat;
    const uint64_t length = meta_wide(bytes + at + heif->offset, heif->length);
    uint64_t start = meta_wide(bytes + location->base, heif->base);

    if (location->method > 1 || location->reference != 0 ||
        __builtin_add_overflow(start, meta_wide(bytes + at, heif->offset), &start) ||
        start > in->end - in->content || length > in->end - in->content - start)
        return false;
    *ret_start = in->content + (size_t)start;
    *ret_length = (size_t)length;
    return true;
}
