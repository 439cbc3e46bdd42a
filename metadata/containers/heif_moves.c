/* SPDX-License-Identifier: MIT */
#include "metadata/containers/heif_moves_private.h"

#include <string.h>

struct moves {
    const struct meta_heif *heif;
    const struct meta_splices *splices;
    unsigned char *bytes; /* of the new file */
};

static enum tn_status no_room(const struct moves *moves, struct tn_error *err)
{
    return tn_fail(err, TN_RANGE,
                   "%s: its boxes have no room for places as far behind; use --sidecar xmp",
                   moves->heif->file->name);
}

static enum tn_status no_place(const struct moves *moves, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT,
                   "%s: the file is damaged: its boxes say that something is where nothing is; "
                   "use --sidecar xmp",
                   moves->heif->file->name);
}

/* How far a byte moves; modulo 2^64, as all sums here. */
static bool find_shift(const struct moves *moves, uint64_t position, uint64_t *ret_shift)
{
    size_t moved;

    if (position > moves->heif->file->size ||
        !meta_splices_move(moves->splices, (size_t)position, &moved))
        return false;
    *ret_shift = (uint64_t)moved - position;
    return true;
}

/* Adds to the number that was at `at` in the old file; false where it does not fit. */
static bool shift_number(const struct moves *moves, size_t at, unsigned width, uint64_t shift)
{
    const uint64_t old = meta_wide(moves->heif->file->bytes + at, width);
    const bool forward = shift <= INT64_MAX;
    size_t to;

    if (!meta_splices_move(moves->splices, at, &to) || (forward ? old + shift < old : old < -shift))
        return false;
    meta_wide_put(moves->bytes + to, width, old + shift);
    return meta_wide_fits(old + shift, width);
}

/* Shifts the base of all extents if it is used and they stay together, and else each extent. */
static enum tn_status move_item(const struct moves *moves, const struct meta_location *location,
                                struct tn_error *err)
{
    const struct meta_heif *heif = moves->heif;
    uint64_t first = 0, shift;
    size_t start, length;
    bool together = heif->base > 0 && (heif->offset == 0 ||
                                       meta_wide(heif->file->bytes + location->base, heif->base));

    for (size_t i = 0; i < location->count; i++) {
        if (!meta_location_extent(heif, location, i, &start, &length) ||
            !find_shift(moves, start, &shift))
            return no_place(moves, err);
        if (i == 0)
            first = shift;
        together = together && shift == first;
    }
    if (together)
        return shift_number(moves, location->base, heif->base, first) ? TN_OK : no_room(moves, err);
    for (size_t i = 0; i < location->count; i++)
        if (meta_location_extent(heif, location, i, &start, &length) &&
            find_shift(moves, start, &shift) &&
            !shift_number(moves, meta_location_offset(heif, location, i), heif->offset, shift))
            return no_room(moves, err);
    return TN_OK;
}

static enum tn_status move_items(const struct moves *moves, uint32_t but, struct tn_error *err)
{
    const struct meta_heif *heif = moves->heif;
    size_t position = heif->locations;
    struct meta_location location;

    while (meta_location_next(heif, &position, &location)) {
        if (location.id == but || location.method != 0 || location.count == 0)
            continue;
        if (location.reference != 0)
            return tn_fail(err, TN_UNSUPPORTED,
                           "%s: part of it lies in another file; use --sidecar xmp",
                           heif->file->name);
        TN_TRY(move_item(moves, &location, err));
    }
    return TN_OK;
}

/* A table of where chunks of samples begin: version and flags, count, places. */
static enum tn_status move_chunks(const struct moves *moves, const struct meta_box *box,
                                  unsigned width, struct tn_error *err)
{
    struct meta_cursor at = {
        .bytes = moves->heif->file->bytes, .at = box->content, .end = box->end};
    uint64_t count, shift;

    meta_skip(&at, 4);
    count = meta_take(&at, 4);
    if (at.short_of || count > (at.end - at.at) / width)
        return no_place(moves, err);
    for (; count > 0; count--, at.at += width) {
        if (!find_shift(moves, meta_wide(at.bytes + at.at, width), &shift))
            return no_place(moves, err);
        if (!shift_number(moves, at.at, width, shift))
            return no_room(moves, err);
    }
    return TN_OK;
}

/* Moves the chunks of all tracks below a box. */
static enum tn_status move_tracks(const struct moves *moves, const struct meta_box *parent,
                                  struct tn_error *err)
{
    static const uint32_t path[] = {
        META_BOX_NAME('m', 'o', 'o', 'v'), META_BOX_NAME('t', 'r', 'a', 'k'),
        META_BOX_NAME('m', 'd', 'i', 'a'), META_BOX_NAME('m', 'i', 'n', 'f'),
        META_BOX_NAME('s', 't', 'b', 'l'), 0};
    size_t position = parent->content, depth = 0;
    struct meta_box box;

    while (path[depth] != parent->name)
        depth++;
    while (meta_box_next(moves->heif->file, &position, parent->end, &box)) {
        if (path[depth + 1] != 0 && box.name == path[depth + 1])
            TN_TRY(move_tracks(moves, &box, err));
        else if (path[depth + 1] == 0 && box.name == META_BOX_NAME('s', 't', 'c', 'o'))
            TN_TRY(move_chunks(moves, &box, 4, err));
        else if (path[depth + 1] == 0 && box.name == META_BOX_NAME('c', 'o', '6', '4'))
            TN_TRY(move_chunks(moves, &box, 8, err));
    }
    return TN_OK;
}

/* Boxes of which it is known that they do not say where things are, or how they do. */
static bool is_known(const struct meta_file *file, const struct meta_box *box)
{
    static const char names[] = "ftypmetamdatmoovfreeskipwide"
                                "sefdmpvd"; /* Samsung's data; the video of a motion photo */
    const unsigned char *content = file->bytes + box->content;
    const size_t size = box->end - box->content;

    if (box->name == META_BOX_NAME('m', 'o', 'o', 'v') &&
        (memmem(content, size, "iloc", 4) || memmem(content, size, "saio", 4) ||
         memmem(content, size, "mvex", 4)))
        return false;
    for (const char *name = names; *name; name += 4)
        if (memcmp(file->bytes + box->start + 4, name, 4) == 0)
            return true;
    return false;
}

bool meta_heif_is_fixed(const struct meta_heif *heif, struct meta_box *ret_box)
{
    size_t position = 0;

    while (meta_box_next(heif->file, &position, heif->file->size, ret_box))
        if (!is_known(heif->file, ret_box))
            return true;
    return false;
}

enum tn_status meta_heif_move(const struct meta_heif *heif, const struct meta_splices *splices,
                              uint32_t but, unsigned char *bytes, struct tn_error *err)
{
    const struct moves moves = {heif, splices, bytes};
    struct meta_box box, unknown;
    const bool fixed = meta_heif_is_fixed(heif, &unknown);
    size_t position = 0, moved;

    while (meta_box_next(heif->file, &position, heif->file->size, &box)) {
        if (fixed && (!meta_splices_move(splices, box.start, &moved) || moved != box.start))
            return tn_fail(err, TN_UNSUPPORTED,
                           "%s: its box %.4s may say where things are; use --sidecar xmp",
                           heif->file->name, (const char *)heif->file->bytes + unknown.start + 4);
        if (!fixed && box.name == META_BOX_NAME('m', 'o', 'o', 'v'))
            TN_TRY(move_tracks(&moves, &box, err));
    }
    return move_items(&moves, but, err);
}
