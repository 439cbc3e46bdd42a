/* SPDX-License-Identifier: MIT */
#include "metadata/containers/heif_check_private.h"

#include "metadata/containers/heif_items_private.h"

#include <string.h>

/* Items may share bytes, but the time that a file takes is bounded. */
enum { MOST_SHARED = 16 };

/* Files with tracks have few boxes. */
enum { MOST_BOXES = 64 };

struct side {
    struct meta_heif heif;
    uint32_t parts[2];      /* the ids of the XMP and EXIF items; 0: there is none */
    struct meta_box own[2]; /* the boxes that contain nothing else, if they have such boxes */
};

/* Two boxes that are equal. */
struct pair {
    struct meta_box old, new;
};

struct check {
    struct side before, after;
    struct pair pairs[MOST_BOXES];
    size_t pair_count;
    uint64_t compared; /* bytes of items */
};

static void find_own_box(struct side *side, size_t i)
{
    const struct meta_heif *heif = &side->heif;
    size_t position = heif->locations, start = 0, length = 0;
    struct meta_location location;
    struct meta_box box;
    bool found = false;

    while (side->parts[i] != 0 && !found && meta_location_next(heif, &position, &location))
        found = location.id == side->parts[i] && location.method == 0 && location.count == 1 &&
                meta_location_extent(heif, &location, 0, &start, &length);
    position = 0;
    while (found && meta_box_next(heif->file, &position, heif->file->size, &box))
        if (box.name == META_BOX_NAME('m', 'd', 'a', 't') && box.content == start &&
            box.end == start + length)
            side->own[i] = box;
}

static enum tn_status read_side(const struct meta_file *file, struct side *ret_side,
                                struct tn_error *err)
{
    struct tn_error unread;

    TN_TRY(meta_heif_read(file, &ret_side->heif, err));
    TN_TRY(meta_heif_find(&ret_side->heif, META_XMP, &ret_side->parts[0], err));
    if (meta_heif_find(&ret_side->heif, META_EXIF, &ret_side->parts[1], &unread) != TN_OK)
        ret_side->parts[1] = 0;
    find_own_box(ret_side, 0);
    find_own_box(ret_side, 1);
    return TN_OK;
}

/* Whether it is a part that has a box of its own. */
static bool is_own(const struct side *side, uint32_t id)
{
    return (id == side->parts[0] && side->own[0].end > 0) ||
           (id == side->parts[1] && side->own[1].end > 0);
}

static bool bytes_equal(const struct check *check, size_t before, size_t before_end, size_t after,
                        size_t after_end)
{
    return before_end - before == after_end - after &&
           memcmp(check->before.heif.file->bytes + before, check->after.heif.file->bytes + after,
                  before_end - before) == 0;
}

static bool contents_equal(const struct check *check, const struct meta_box *before,
                           const struct meta_box *after)
{
    return bytes_equal(check, before->content, before->end, after->content, after->end);
}

static bool is_own_box(const struct side *side, const struct meta_box *box)
{
    return box->end == side->own[0].end || box->end == side->own[1].end;
}

/* The next box of the new file that is not a part's. */
static bool next_box(const struct side *side, size_t *position, struct meta_box *ret_box)
{
    do {
        if (!meta_box_next(side->heif.file, position, side->heif.file->size, ret_box))
            return false;
    } while (is_own_box(side, ret_box));
    return true;
}

/* Whether two places are the same place of the same box. */
static bool places_equal(const struct check *check, uint64_t old, uint64_t new)
{
    for (size_t i = 0; i < check->pair_count; i++) {
        const struct pair *pair = &check->pairs[i];

        if (old >= pair->old.content && old < pair->old.end)
            return new - pair->new.content == old - pair->old.content;
    }
    return false;
}

static bool chunks_equal(const struct check *check, const struct meta_box *before,
                         const struct meta_box *after)
{
    const unsigned char *old = check->before.heif.file->bytes + before->content;
    const unsigned char *new = check->after.heif.file->bytes + after->content;
    const unsigned width = before->name == META_BOX_NAME('s', 't', 'c', 'o') ? 4 : 8;
    const size_t size = before->end - before->content;

    if (size != after->end - after->content || size < 8 || memcmp(old, new, 8) != 0)
        return false;
    for (size_t i = 8; i + width <= size; i += width)
        if (!places_equal(check, meta_wide(old + i, width), meta_wide(new + i, width)))
            return false;
    return true;
}

/* The boxes of tracks are equal but for where chunks begin. */
static bool tracks_equal(const struct check *check, const struct meta_box *before,
                         const struct meta_box *after)
{
    static const char containers[] = "traktrakmdiaminfstbl";
    size_t from = before->content, to = after->content;
    struct meta_box old, new;

    while (meta_box_next(check->before.heif.file, &from, before->end, &old)) {
        const unsigned char *name = check->before.heif.file->bytes + old.start + 4;

        if (!meta_box_next(check->after.heif.file, &to, after->end, &new) || old.name != new.name)
            return false;
        if (memmem(containers, sizeof containers - 1, name, 4)) {
            if (!tracks_equal(check, &old, &new))
                return false;
        } else if (old.name == META_BOX_NAME('s', 't', 'c', 'o') ||
                   old.name == META_BOX_NAME('c', 'o', '6', '4')) {
            if (!chunks_equal(check, &old, &new))
                return false;
        } else if (!contents_equal(check, &old, &new)) {
            return false;
        }
    }
    return bytes_equal(check, from, before->end, to, after->end);
}

/* The boxes in meta are equal, but of the three that say which items there are and where only
 * the versions, flags and widths. */
static bool metas_equal(const struct check *check)
{
    const struct meta_heif *before = &check->before.heif, *after = &check->after.heif;
    size_t from = before->meta.content + 4, to = after->meta.content + 4;
    struct meta_box old, new;

    while (meta_box_next(before->file, &from, before->meta.end, &old)) {
        if (!meta_box_next(after->file, &to, after->meta.end, &new))
            return false;
        if (new.name == META_BOX_NAME('i', 'r', 'e', 'f') && before->iref.end == 0 &&
            !meta_box_next(after->file, &to, after->meta.end, &new))
            return false;
        if (old.name != new.name)
            return false;
        if (old.start == before->iloc.start || old.start == before->iinf.start ||
            old.start == before->iref.start) {
            const size_t size = old.start == before->iloc.start ? 6 : 4;

            if (!bytes_equal(check, old.content, old.content + size, new.content,
                             new.content + size))
                return false;
        } else if (!contents_equal(check, &old, &new)) {
            return false;
        }
    }
    return bytes_equal(check, before->meta.content, before->meta.content + 4, after->meta.content,
                       after->meta.content + 4);
}

/* All items have equal entries in iinf and iref, and at most the XMP item is new, at the end. */
static bool items_equal(const struct check *check)
{
    const struct meta_heif *before = &check->before.heif, *after = &check->after.heif;
    size_t from = before->infos, to = after->infos;
    struct meta_item old, new;
    struct meta_reference reference;
    size_t start;

    while (meta_item_next(before, &from, &old))
        if (!meta_item_next(after, &to, &new) ||
            !bytes_equal(check, old.start, old.end, new.start, new.end))
            return false;
    if (meta_item_next(after, &to, &new) &&
        (check->before.parts[0] != 0 || new.id != check->after.parts[0] || to != after->iinf.end))
        return false;
    from = before->references;
    to = after->references;
    for (start = from; meta_reference_next(before, &from, &reference); start = from) {
        const size_t was = to;

        if (!meta_reference_next(after, &to, &reference) ||
            !bytes_equal(check, start, from, was, to))
            return false;
    }
    return !meta_reference_next(after, &to, &reference) ||
           (check->before.parts[0] == 0 && reference.from == check->after.parts[0] &&
            to == after->iref.end);
}

static bool extents_equal(struct check *check, const struct meta_location *old,
                          const struct meta_location *new)
{
    size_t start, length, moved, moved_length;

    for (size_t i = 0; i < old->count; i++) {
        const size_t at = meta_location_offset(&check->before.heif, old, i);
        const size_t to = meta_location_offset(&check->after.heif, new, i);

        if (!bytes_equal(check, at - check->before.heif.index, at, to - check->after.heif.index,
                         to) ||
            !meta_location_extent(&check->before.heif, old, i, &start, &length) ||
            !meta_location_extent(&check->after.heif, new, i, &moved, &moved_length) ||
            length != moved_length)
            return false;
        check->compared += length;
        if (check->compared / MOST_SHARED > check->before.heif.file->size ||
            !bytes_equal(check, start, start + length, moved, moved + length))
            return false;
    }
    return true;
}

/* All items have equal bytes, but for the parts that were written. */
static bool locations_equal(struct check *check)
{
    size_t from = check->before.heif.locations, to = check->after.heif.locations;
    struct meta_location old, new;

    while (meta_location_next(&check->before.heif, &from, &old)) {
        if (!meta_location_next(&check->after.heif, &to, &new) || old.id != new.id)
            return false;
        if (is_own(&check->after, old.id)) /* which is how a part is written */
            continue;
        if (!bytes_equal(check, old.start, old.base, new.start, new.base) || old.count != new.count)
            return false;
        if (old.method > 1 || old.reference != 0
                ? !bytes_equal(check, old.start, old.end, new.start, new.end)
                : !extents_equal(check, &old, &new))
            return false;
    }
    return to == check->after.heif.locations_end ||
           (meta_location_next(&check->after.heif, &to, &new) && check->before.parts[0] == 0 &&
            new.id == check->after.parts[0] && to == check->after.heif.locations_end);
}

static bool boxes_equal(struct check *check)
{
    const struct meta_file *before = check->before.heif.file, *after = check->after.heif.file;
    size_t from = 0, to = 0;
    struct pair pair, tracks = {.old.end = 0};

    while (meta_box_next(before, &from, before->size, &pair.old)) {
        const size_t was = to;
        const bool same = next_box(&check->after, &to, &pair.new) && pair.old.name == pair.new.name;

        if (is_own_box(&check->before, &pair.old) &&
            (!same || !contents_equal(check, &pair.old, &pair.new))) {
            to = was; /* it went, or is a part's still */
            continue;
        }
        if (!same)
            return false;
        if (pair.old.name == META_BOX_NAME('m', 'o', 'o', 'v') && tracks.old.end == 0)
            tracks = pair;
        else if (pair.old.name != META_BOX_NAME('m', 'e', 't', 'a') &&
                 !contents_equal(check, &pair.old, &pair.new))
            return false;
        if (check->pair_count < MOST_BOXES)
            check->pairs[check->pair_count++] = pair;
    }
    return !next_box(&check->after, &to, &pair.new) &&
           bytes_equal(check, from, before->size, to, after->size) &&
           (tracks.old.end == 0 || tracks_equal(check, &tracks.old, &tracks.new));
}

enum tn_status meta_heif_check(const struct meta_file *before, const struct meta_file *after,
                               struct tn_error *err)
{
    struct check check = {.compared = 0};

    TN_TRY(read_side(before, &check.before, err));
    TN_TRY(read_side(after, &check.after, err));
    if (check.before.heif.primary == check.after.heif.primary && boxes_equal(&check) &&
        metas_equal(&check) && items_equal(&check) && locations_equal(&check))
        return TN_OK;
    return tn_fail(err, TN_FORMAT,
                   "%s: it cannot be written so that all its boxes and items stay as they are; "
                   "use --sidecar xmp",
                   before->name);
}
