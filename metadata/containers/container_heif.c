/* SPDX-License-Identifier: MIT */
/*
 * HEIC and AVIF (ISO/IEC 23008-12): XMP and EXIF are items, as the pictures are.
 *
 * A part that changes goes into a box mdat of its own behind all pictures, and its place in iloc
 * is changed.  Put back, it is where it was: its old bytes stay there.  One that is new also gets
 * entries in iinf and iref, so that the box meta grows and the pictures move:
 * metadata/containers/heif_moves.c.  What is behind the last mdat stays behind it: some telephones
 * look for their data and videos from the file's end.
 */
#include "metadata/bytes_private.h"
#include "metadata/containers/heif_check_private.h"
#include "metadata/containers/heif_moves_private.h"

#include <stdlib.h>
#include <string.h>

static enum tn_status read_bytes(const struct meta_heif *heif, const struct meta_location *location,
                                 struct meta_bytes *out, struct tn_error *err)
{
    size_t start, length;

    for (size_t i = 0; i < location->count; i++) {
        if (!meta_location_extent(heif, location, i, &start, &length) ||
            length > heif->file->size - out->size)
            return tn_fail(err, TN_FORMAT,
                           "%s: its metadata (item %u) is not all in the file; use --sidecar xmp",
                           heif->file->name, (unsigned)location->id);
        TN_TRY(meta_bytes_add(out, heif->file->bytes + start, length, err));
    }
    return TN_OK;
}

/* Reads the item of a kind; *ret_id is 0 where there is none. */
static enum tn_status read_item(const struct meta_heif *heif, enum meta_part_kind kind,
                                uint32_t *ret_id, struct meta_bytes *out, struct tn_error *err)
{
    struct meta_location location;

    TN_TRY(meta_heif_find(heif, kind, ret_id, err));
    if (*ret_id == 0)
        return TN_OK;
    TN_TRY(meta_heif_locate(heif, *ret_id, &location, err));
    return read_bytes(heif, &location, out, err);
}

static enum tn_status read_part(const void *heif, enum meta_part_kind kind, struct meta_bytes *out,
                                struct tn_error *err)
{
    uint32_t id;

    return read_item(heif, kind, &id, out, err);
}

static enum tn_status take(const struct meta_file *file, struct meta_parts *ret_parts,
                           struct tn_error *err)
{
    struct meta_heif heif;

    TN_TRY(meta_heif_read(file, &heif, err));
    return meta_take_each(&heif, read_part, ret_parts, err);
}

enum { MOST_ENTRY = 64 };

/* An item that is written anew, or goes. */
struct edit {
    struct meta_heif heif;
    uint32_t id;
    int items; /* so many are there more: 1, 0 or -1 */
    size_t locations_growth, infos_growth, references_growth; /* modulo SIZE_MAX + 1 */
    struct meta_splices splices;
    struct meta_box last; /* the box behind which the item's mdat goes */
    struct meta_box own;  /* the mdat of nothing but the item's old bytes; it goes */
    unsigned char header[META_BOX_HEADER]; /* of this mdat */
    unsigned char location[MOST_ENTRY], info[MOST_ENTRY], reference[MOST_ENTRY];
    size_t location_size;
    bool no_references; /* the box iref goes with the last of them */
};

static enum tn_status no_room(const struct edit *edit, const char *box, struct tn_error *err)
{
    return tn_fail(err, TN_RANGE, "%s: its box %s has no room for a caption; use --sidecar xmp",
                   edit->heif.file->name, box);
}

static enum tn_status stays(const struct meta_heif *heif, struct tn_error *err)
{
    return tn_fail(err, TN_UNSUPPORTED, "%s: its metadata stays as it is; use --sidecar xmp",
                   heif->file->name);
}

static void append(unsigned char *entry, size_t *size, unsigned width, uint64_t value)
{
    meta_wide_put(entry + *size, width, value);
    *size += width;
}

static bool write_location(struct edit *edit, size_t offset, size_t length)
{
    const struct meta_heif *heif = &edit->heif;
    unsigned char *entry = edit->location;
    size_t size = 0;

    append(entry, &size, heif->iloc_version < 2 ? 2 : 4, edit->id);
    append(entry, &size, heif->iloc_version > 0 ? 2 : 0, 0); /* in the file */
    append(entry, &size, 2, 0);                              /* in this file */
    append(entry, &size, heif->base, heif->offset > 0 ? 0 : offset);
    append(entry, &size, 2, 1);
    append(entry, &size, heif->index, 0);
    append(entry, &size, heif->offset, offset);
    append(entry, &size, heif->length, length);
    edit->location_size = size;
    return meta_wide_fits(offset, heif->offset > 0 ? heif->offset : heif->base) &&
           meta_wide_fits(length, heif->length) &&
           meta_wide_fits(edit->id, heif->iloc_version < 2 ? 2 : 4);
}

/* A hidden item, which is no picture to show. */
static void write_info(struct edit *edit)
{
    static const char type[] = "mime\0application/rdf+xml"; /* the NUL: it has no name */
    const unsigned width = edit->id <= UINT16_MAX ? 2 : 4;
    size_t size = META_BOX_HEADER;

    append(edit->info, &size, 4, (width == 2 ? 2u : 3u) << 24 | 1);
    append(edit->info, &size, width, edit->id);
    append(edit->info, &size, 2, 0); /* not encrypted */
    memcpy(edit->info + size, type, sizeof type);
    edit->infos_growth = size + sizeof type;
    meta_box_write(edit->info, META_BOX_NAME('i', 'n', 'f', 'e'),
                   edit->infos_growth - META_BOX_HEADER);
}

/* The item describes the primary picture.  The box iref is made if it is missing. */
static bool write_reference(struct edit *edit)
{
    const struct meta_heif *heif = &edit->heif;
    const unsigned version =
        heif->iref.end > 0 ? heif->file->bytes[heif->iref.content] : edit->id > UINT16_MAX;
    const unsigned width = version == 0 ? 2 : 4;
    const size_t around = heif->iref.end > 0 ? 0 : META_BOX_HEADER + 4;
    size_t size = around + META_BOX_HEADER;

    append(edit->reference, &size, width, edit->id);
    append(edit->reference, &size, 2, 1);
    append(edit->reference, &size, width, heif->primary);
    edit->references_growth = size;
    meta_box_write(edit->reference + around, META_BOX_NAME('c', 'd', 's', 'c'),
                   size - around - META_BOX_HEADER);
    if (around > 0) {
        meta_box_write(edit->reference, META_BOX_NAME('i', 'r', 'e', 'f'), size - META_BOX_HEADER);
        meta_wide_put(edit->reference + META_BOX_HEADER, 4, version << 24);
    }
    return meta_wide_fits(edit->id, width) && meta_wide_fits(heif->primary, width);
}

/* The entries of an item that is not there yet. */
static enum tn_status add_entries(struct edit *edit, struct tn_error *err)
{
    const struct meta_heif *heif = &edit->heif;

    edit->id = heif->largest_id + 1;
    if (edit->id == 0)
        return no_room(edit, "iinf", err);
    write_info(edit);
    if (!write_reference(edit))
        return no_room(edit, "iref", err);
    meta_splices_add(&edit->splices, heif->iinf.end, 0, edit->info, edit->infos_growth);
    meta_splices_add(&edit->splices, heif->iref.end > 0 ? heif->iref.end : heif->iinf.end, 0,
                     edit->reference, edit->references_growth);
    return TN_OK;
}

/* Finds the last box with pictures, and the item's own, which stays where nothing may move. */
static void find_place(struct edit *edit, const struct meta_location *old)
{
    const struct meta_heif *heif = &edit->heif;
    size_t position = 0, start = 0, length = 0;
    struct meta_box box;
    const bool whole = old && old->method == 0 && old->count == 1 &&
                       meta_location_extent(heif, old, 0, &start, &length) &&
                       !meta_heif_is_fixed(heif, &box);

    while (meta_box_next(heif->file, &position, heif->file->size, &box)) {
        if (box.name == META_BOX_NAME('m', 'd', 'a', 't') && whole && box.content == start &&
            box.end - box.content == length)
            edit->own = box;
        else if (box.name == META_BOX_NAME('m', 'd', 'a', 't') ||
                 box.name == META_BOX_NAME('m', 'o', 'o', 'v') ||
                 box.name == META_BOX_NAME('m', 'e', 't', 'a'))
            edit->last = box;
    }
}

/* The item goes behind the last box with pictures, or back to where it was. */
static enum tn_status place_item(struct edit *edit, const struct meta_bytes *item,
                                 struct tn_error *err)
{
    /* where it was before it got a box of its own */
    const size_t earlier =
        edit->own.end > 0 ? meta_heif_find_unused(&edit->heif, item->bytes, item->size) : 0;
    size_t place;

    if (earlier == 0) {
        if (!meta_box_write(edit->header, META_BOX_NAME('m', 'd', 'a', 't'), item->size))
            return no_room(edit, "mdat", err);
        meta_splices_add(&edit->splices, edit->last.end, 0, edit->header, META_BOX_HEADER);
        meta_splices_add(&edit->splices, edit->last.end, 0, item->bytes, item->size);
    }
    if (edit->own.end > 0)
        meta_splices_add(&edit->splices, edit->own.start, edit->own.end - edit->own.start, NULL, 0);
    if (earlier == 0)
        place = meta_splices_place(&edit->splices, item->bytes);
    else if (!meta_splices_move(&edit->splices, earlier, &place))
        return stays(&edit->heif, err);
    return write_location(edit, place, item->size) ? TN_OK : no_room(edit, "iloc", err);
}

/* Decides what gives place to what where the item is written. */
static enum tn_status plan(struct edit *edit, const struct meta_bytes *item, struct tn_error *err)
{
    const struct meta_heif *heif = &edit->heif;
    struct meta_location old = {.start = heif->locations_end, .end = heif->locations_end};

    edit->items = edit->id == 0;
    if (edit->items > 0)
        TN_TRY(add_entries(edit, err));
    else
        TN_TRY(meta_heif_locate(heif, edit->id, &old, err));
    write_location(edit, 0, 0); /* for its size */
    edit->locations_growth = edit->location_size - (old.end - old.start);
    meta_splices_add(&edit->splices, old.start, old.end - old.start, edit->location,
                     edit->location_size);
    find_place(edit, edit->items > 0 ? NULL : &old);
    return place_item(edit, item, err);
}

static void cut(struct edit *edit, size_t start, size_t end, size_t *growth)
{
    meta_splices_add(&edit->splices, start, end - start, NULL, 0);
    *growth -= end - start;
}

/* Cuts what the item refers to, with the box iref if that is all in it; false where it refers to
 * several or others refer to it. */
static bool cut_reference(struct edit *edit)
{
    const struct meta_heif *heif = &edit->heif;
    size_t position = heif->references, start = position, own = 0, own_end = 0, all = 0;
    struct meta_reference reference;

    for (; meta_reference_next(heif, &position, &reference); start = position, all++) {
        for (size_t i = 0; i < reference.count; i++)
            if (meta_wide(heif->file->bytes + reference.to + i * reference.width,
                          reference.width) == edit->id)
                return false;
        if (reference.from != edit->id)
            continue;
        if (own_end > 0)
            return false;
        own = start;
        own_end = position;
    }
    edit->no_references = own_end > 0 && all == 1;
    if (edit->no_references)
        cut(edit, heif->iref.start, heif->iref.end, &edit->references_growth);
    else
        cut(edit, own, own_end, &edit->references_growth);
    return true;
}

/* The same where the item goes, which has a box of its own. */
static enum tn_status plan_removal(struct edit *edit, struct tn_error *err)
{
    const struct meta_heif *heif = &edit->heif;
    size_t position = heif->infos;
    struct meta_location old;
    struct meta_item item = {.id = 0};

    TN_TRY(meta_heif_locate(heif, edit->id, &old, err));
    find_place(edit, &old);
    while (item.id != edit->id && meta_item_next(heif, &position, &item))
        ;
    if (edit->own.end == 0 || !cut_reference(edit))
        return stays(heif, err);
    edit->items = -1;
    cut(edit, item.start, item.end, &edit->infos_growth);
    cut(edit, old.start, old.end, &edit->locations_growth);
    meta_splices_add(&edit->splices, edit->own.start, edit->own.end - edit->own.start, NULL, 0);
    return TN_OK;
}

/* Gives a box of the new file its new size. */
static bool resize(const struct edit *edit, const struct meta_box *box, size_t growth,
                   unsigned char *bytes)
{
    size_t start;

    return meta_splices_move(&edit->splices, box->start, &start) &&
           meta_box_resize(bytes, start, box, box->end - box->start + growth);
}

/* Counts the entries; the count stands behind the version, and how wide that makes it. */
static bool count_entries(const struct edit *edit, size_t end_of_count, unsigned width,
                          unsigned char *bytes)
{
    const uint64_t count =
        meta_wide(edit->heif.file->bytes + end_of_count - width, width) + (uint64_t)edit->items;
    size_t at;

    if (!meta_splices_move(&edit->splices, end_of_count - width, &at))
        return false;
    meta_wide_put(bytes + at, width, count);
    return meta_wide_fits(count, width);
}

/* Adapts the sizes of the boxes, and their counts, to the new file. */
static enum tn_status adapt_boxes(const struct edit *edit, unsigned char *bytes,
                                  struct tn_error *err)
{
    const struct meta_heif *heif = &edit->heif;
    const unsigned infos_width = heif->file->bytes[heif->iinf.content] == 0 ? 2 : 4;

    if (!resize(edit, &heif->meta,
                edit->locations_growth + edit->infos_growth + edit->references_growth, bytes))
        return no_room(edit, "meta", err);
    if (!resize(edit, &heif->iloc, edit->locations_growth, bytes) ||
        !count_entries(edit, heif->locations, heif->iloc_version < 2 ? 2 : 4, bytes))
        return no_room(edit, "iloc", err);
    if (!resize(edit, &heif->iinf, edit->infos_growth, bytes) ||
        !count_entries(edit, heif->infos, infos_width, bytes))
        return no_room(edit, "iinf", err);
    if (heif->iref.end > 0 && !edit->no_references &&
        !resize(edit, &heif->iref, edit->references_growth, bytes))
        return no_room(edit, "iref", err);
    if (edit->last.open && edit->last.start != heif->meta.start &&
        !resize(edit, &edit->last, 0, bytes))
        return no_room(edit, "mdat", err);
    return TN_OK;
}

/* item: NULL where it goes. */
static enum tn_status write_item(struct edit *edit, const struct meta_bytes *item,
                                 unsigned char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    unsigned char *bytes;
    size_t size;
    enum tn_status status;

    TN_TRY(item ? plan(edit, item, err) : plan_removal(edit, err));
    TN_TRY(meta_splices_apply(&edit->splices, edit->heif.file, &bytes, &size, err));
    status = adapt_boxes(edit, bytes, err);
    if (status == TN_OK)
        status = meta_heif_move(&edit->heif, &edit->splices, edit->id, bytes, err);
    if (status == TN_OK) {
        *ret_bytes = bytes;
        *ret_size = size;
    } else {
        free(bytes);
    }
    return status;
}

static enum tn_status put_part(const struct meta_file *file, enum meta_part_kind kind,
                               const struct meta_part *part, unsigned char **ret_bytes,
                               size_t *ret_size, struct tn_error *err)
{
    struct edit edit = {.id = 0};
    struct meta_bytes item = {0};
    enum tn_status status;

    TN_TRY(meta_heif_read(file, &edit.heif, err));
    status = read_item(&edit.heif, kind, &edit.id, &item, err);
    item.size = kind == META_EXIF && status == TN_OK ? meta_exif_tiff(&item) : 0;
    if (status == TN_OK && (part->bytes ? kind == META_EXIF && item.size == 0 : edit.id == 0))
        status = stays(&edit.heif, err);
    if (status == TN_OK && part->bytes)
        status = meta_bytes_add(&item, part->bytes, part->size, err);
    if (status == TN_OK)
        status = write_item(&edit, part->bytes ? &item : NULL, ret_bytes, ret_size, err);
    free(item.bytes);
    return status;
}

static enum tn_status put(const struct meta_file *file, const struct meta_parts *parts,
                          const bool changed[META_PARTS], unsigned char **ret_bytes,
                          size_t *ret_size, struct tn_error *err)
{
    return meta_put_each(file, parts, changed, put_part, ret_bytes, ret_size, err);
}

/* Where an item went, or went back to where it was, the file before is what would become of the one
 * after. */
static enum tn_status check(const struct meta_file *before, const struct meta_file *after,
                            struct tn_error *err)
{
    const enum tn_status status = meta_heif_check(before, after, err);

    return status == TN_FORMAT ? meta_heif_check(after, before, err) : status;
}

static const char *const formats[] = {"HEIC", "AVIF", "HEIF", NULL};

const struct meta_container meta_heif = {
    .formats = formats,
    .creates = {[META_XMP] = true},
    .take = take,
    .put = put,
    .check = check,
};
