/* SPDX-License-Identifier: MIT */
#include "metadata/containers/meta_boxes_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

uint64_t meta_wide(const unsigned char *bytes, unsigned width)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < width; i++)
        value = value << 8 | bytes[i];
    return value;
}

void meta_wide_put(unsigned char *bytes, unsigned width, uint64_t value)
{
    for (unsigned i = width; i > 0; i--, value >>= 8)
        bytes[i - 1] = (unsigned char)value;
}

bool meta_wide_fits(uint64_t value, unsigned width)
{
    return width >= 8 || value >> 8 * width == 0;
}

void meta_skip(struct meta_cursor *cursor, size_t count)
{
    if (count > cursor->end - cursor->at) {
        cursor->short_of = true;
        count = cursor->end - cursor->at;
    }
    cursor->at += count;
}

uint64_t meta_take(struct meta_cursor *cursor, unsigned width)
{
    const unsigned char *bytes = cursor->bytes + cursor->at;

    meta_skip(cursor, width);
    return cursor->short_of ? 0 : meta_wide(bytes, width);
}

const char *meta_take_text(struct meta_cursor *cursor)
{
    const unsigned char *text = cursor->bytes + cursor->at;
    const unsigned char *end = memchr(text, 0, cursor->end - cursor->at);

    meta_skip(cursor, end ? (size_t)(end - text) + 1 : cursor->end - cursor->at + 1);
    return end ? (const char *)text : NULL;
}

bool meta_box_next(const struct meta_file *file, size_t *position, size_t end,
                   struct meta_box *ret_box)
{
    const unsigned char *bytes = file->bytes + *position;
    const size_t left = end - *position;
    uint64_t size, header = META_BOX_HEADER;

    if (left < META_BOX_HEADER)
        return false;
    size = meta_wide(bytes, 4);
    if (size == 1 && left >= 16) {
        size = meta_wide(bytes + 8, 8);
        header = 16;
    } else if (size == 0 && end == file->size) {
        size = left;
    }
    if (size < header || size > left)
        return false;
    *ret_box = (struct meta_box){.name = (uint32_t)meta_wide(bytes + 4, 4),
                                 .start = *position,
                                 .content = *position + (size_t)header,
                                 .end = *position + (size_t)size,
                                 .open = meta_wide(bytes, 4) == 0};
    *position = ret_box->end;
    return true;
}

bool meta_box_write(unsigned char header[META_BOX_HEADER], uint32_t name, size_t content)
{
    const uint64_t size = (uint64_t)content + META_BOX_HEADER;

    meta_wide_put(header, 4, size);
    meta_wide_put(header + 4, 4, name);
    return meta_wide_fits(size, 4);
}

bool meta_box_resize(unsigned char *bytes, size_t start, const struct meta_box *box, uint64_t size)
{
    const bool wide = box->content - box->start == 16;

    meta_wide_put(bytes + start + (wide ? 8 : 0), wide ? 8 : 4, size);
    return wide || meta_wide_fits(size, 4);
}

void meta_splices_add(struct meta_splices *splices, size_t at, size_t removed,
                      const unsigned char *bytes, size_t size)
{
    size_t i = splices->count++;

    assert(splices->count <= META_MOST_SPLICES);
    for (; i > 0 && splices->list[i - 1].at > at; i--)
        splices->list[i] = splices->list[i - 1];
    splices->list[i] = (struct meta_splice){at, removed, size, bytes};
}

bool meta_splices_move(const struct meta_splices *splices, size_t position, size_t *ret_position)
{
    size_t moved = position;

    for (size_t i = 0; i < splices->count; i++) {
        const struct meta_splice *splice = &splices->list[i];

        if (splice->at > position)
            break;
        if (position - splice->at < splice->removed)
            return false;
        moved = moved + splice->size - splice->removed;
    }
    *ret_position = moved;
    return true;
}

size_t meta_splices_place(const struct meta_splices *splices, const unsigned char *bytes)
{
    size_t grown = 0, i = 0;

    for (; splices->list[i].bytes != bytes; i++)
        grown = grown + splices->list[i].size - splices->list[i].removed;
    return splices->list[i].at + grown;
}

enum tn_status meta_splices_apply(const struct meta_splices *splices, const struct meta_file *file,
                                  unsigned char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    size_t size = file->size, from = 0;
    unsigned char *bytes, *to;

    for (size_t i = 0; i < splices->count; i++)
        size = size + splices->list[i].size - splices->list[i].removed;
    bytes = to = malloc(size + 1);
    if (!bytes)
        return tn_fail_nomem(err, size);
    for (size_t i = 0; i < splices->count; i++) {
        const struct meta_splice *splice = &splices->list[i];

        memcpy(to, file->bytes + from, splice->at - from);
        to += splice->at - from;
        if (splice->size > 0)
            memcpy(to, splice->bytes, splice->size);
        to += splice->size;
        from = splice->at + splice->removed;
    }
    memcpy(to, file->bytes + from, file->size - from);
    *ret_bytes = bytes;
    *ret_size = size;
    return TN_OK;
}

size_t meta_exif_tiff(const struct meta_bytes *exif)
{
    const uint64_t at = exif->size < 4 ? SIZE_MAX : 4 + meta_wide(exif->bytes, 4);

    if (at > exif->size || exif->size - at < 8 ||
        (memcmp(exif->bytes + at, "II*\0", 4) != 0 && memcmp(exif->bytes + at, "MM\0*", 4) != 0))
        return 0;
    return (size_t)at;
}

/* EXIF that cannot be read is not there. */
static enum tn_status take_part(const void *context, meta_read_part_fn *read,
                                enum meta_part_kind kind, struct meta_part *part,
                                struct tn_error *err)
{
    struct meta_bytes bytes = {0};
    enum tn_status status = read(context, kind, &bytes, err);
    const size_t from = kind == META_EXIF && status == TN_OK ? meta_exif_tiff(&bytes) : 0;

    if (status == TN_OK && bytes.size > 0 && (kind == META_XMP || from > 0))
        status = meta_part_set(part, bytes.bytes + from, bytes.size - from, err);
    else if (status != TN_NOMEM && kind == META_EXIF)
        status = TN_OK;
    free(bytes.bytes);
    return status;
}

enum tn_status meta_take_each(const void *context, meta_read_part_fn *read,
                              struct meta_parts *ret_parts, struct tn_error *err)
{
    struct meta_parts parts = {0};
    enum tn_status status = take_part(context, read, META_XMP, &parts.part[META_XMP], err);

    if (status == TN_OK)
        status = take_part(context, read, META_EXIF, &parts.part[META_EXIF], err);
    return meta_parts_hand_over(&parts, status, ret_parts);
}

enum tn_status meta_put_each(const struct meta_file *file, const struct meta_parts *parts,
                             const bool changed[META_PARTS], meta_put_part_fn *put_part,
                             unsigned char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    struct meta_file now = *file;
    unsigned char *bytes = NULL, *next;
    size_t size = 0;
    enum tn_status status = TN_OK;

    for (int kind = 0; kind < META_PARTS && status == TN_OK; kind++) {
        if (!changed[kind])
            continue;
        status = put_part(&now, (enum meta_part_kind)kind, &parts->part[kind], &next, &size, err);
        if (status == TN_OK) {
            free(bytes);
            bytes = next;
            now = (struct meta_file){file->name, bytes, size};
        }
    }
    if (status == TN_OK) {
        *ret_bytes = bytes;
        *ret_size = size;
    } else {
        free(bytes);
    }
    return status;
}

typedef bool is_part_fn(const struct meta_file *file, const struct meta_box *box);

static bool next_other(const struct meta_file *file, size_t *position, is_part_fn *is_part,
                       struct meta_box *ret_box)
{
    while (meta_box_next(file, position, file->size, ret_box))
        if (!is_part(file, ret_box))
            return true;
    return false;
}

enum tn_status meta_boxes_check(const struct meta_file *before, const struct meta_file *after,
                                is_part_fn *is_part, struct tn_error *err)
{
    size_t from = 0, to = 0;
    struct meta_box old, new;
    bool same = true;

    while (same && next_other(before, &from, is_part, &old))
        same =
            next_other(after, &to, is_part, &new) &&
            old.name == new.name &&old.end - old.content ==
                new.end - new.content &&memcmp(before->bytes + old.content,
                                               after->bytes + new.content, old.end - old.content) ==
                0;
    if (!same || next_other(after, &to, is_part, &new) || from != before->size || to != after->size)
        return tn_fail(err, TN_FORMAT,
                       "%s: it cannot be written so that all its boxes stay as they are; "
                       "use --sidecar xmp",
                       before->name);
    return TN_OK;
}
