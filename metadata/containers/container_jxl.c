/* SPDX-License-Identifier: MIT */
/*
 * JPEG XL (ISO/IEC 18181-2): a bare codestream, or boxes around it.  XMP is a box "xml ", EXIF a
 * box "Exif"; both may be compressed, in a box "brob".  Nothing says where the boxes are, so that
 * they may move.  A bare codestream gets the boxes that it can do without.
 *
 * A box jbrd restores the JPEG file that the photo was, and may take XMP and EXIF from those boxes.
 * Then they stay as they are.
 */
#include "metadata/bytes_private.h"
#include "metadata/containers/jxl_packed_private.h"
#include "metadata/containers/meta_boxes_private.h"

#include <stdlib.h>
#include <string.h>

static const unsigned char signature[] = "\0\0\0\x0CJXL \r\n\x87\n" /* and the box ftyp */
                                         "\0\0\0\x14"
                                         "ftypjxl \0\0\0\0jxl ";
enum { SIGNATURE_SIZE = sizeof signature - 1 };

struct jxl {
    const struct meta_file *file;
    bool bare;
    struct meta_box part[2]; /* the boxes of XMP and EXIF */
    bool packed[2];          /* they are compressed */
    bool restored[2];        /* they are part of the JPEG file that jbrd restores */
    size_t codestream;       /* where its first box starts; 0: nowhere */
};

/* ---- What jbrd takes from other boxes ---- */

/* Bits, the lowest of each byte first. */
struct bits {
    const unsigned char *bytes;
    size_t position, count;
};

static unsigned take_bits(struct bits *bits, unsigned count)
{
    unsigned value = 0;

    for (unsigned i = 0; i < count && bits->position < bits->count; i++, bits->position++)
        value |= (unsigned)(bits->bytes[bits->position / 8] >> bits->position % 8 & 1) << i;
    return value;
}

/* It begins with whether the JPEG is grey, its markers (the last is EOI) and, of each marker APPn,
 * a kind and a size. */
static void read_restored(struct jxl *jxl, const struct meta_box *jbrd)
{
    struct bits bits = {.bytes = jxl->file->bytes + jbrd->content,
                        .count = (jbrd->end - jbrd->content) * 8};
    size_t segments = 0;
    unsigned marker;

    take_bits(&bits, 1);
    do {
        marker = 0xC0 + take_bits(&bits, 6);
        segments += (marker & 0xF0) == 0xE0;
    } while (marker != 0xD9 && bits.position < bits.count);
    for (; segments > 0 && bits.position < bits.count; segments--) {
        unsigned kind = take_bits(&bits, 2);

        if (kind >= 2)
            kind = kind == 2 ? 2 + take_bits(&bits, 1) : 4 + take_bits(&bits, 2);
        take_bits(&bits, 16);
        jxl->restored[META_EXIF] |= kind == 2;
        jxl->restored[META_XMP] |= kind == 3;
    }
}

/* ---- Boxes ---- */

static enum tn_status damaged(const struct jxl *jxl, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT,
                   "%s: the JPEG XL file is truncated or damaged; use --sidecar xmp",
                   jxl->file->name);
}

static bool is_bare(const struct meta_file *file)
{
    return file->size >= 2 && memcmp(file->bytes, "\xFF\x0A", 2) == 0;
}

/* The kind of part that a box is, or META_PARTS. */
static enum meta_part_kind kind_of(const struct meta_file *file, const struct meta_box *box,
                                   bool *ret_packed)
{
    uint32_t name = box->name;

    *ret_packed = name == META_BOX_NAME('b', 'r', 'o', 'b') && box->end - box->content >= 4;
    if (*ret_packed)
        name = (uint32_t)meta_wide(file->bytes + box->content, 4);
    return name == META_BOX_NAME('x', 'm', 'l', ' ')   ? META_XMP
           : name == META_BOX_NAME('E', 'x', 'i', 'f') ? META_EXIF
                                                       : META_PARTS;
}

static enum tn_status read_boxes(const struct meta_file *file, struct jxl *ret_jxl,
                                 struct tn_error *err)
{
    struct jxl jxl = {.file = file};
    size_t position = 0;
    struct meta_box box;
    bool packed;

    jxl.bare = is_bare(file);
    while (!jxl.bare && meta_box_next(file, &position, file->size, &box)) {
        const enum meta_part_kind kind = kind_of(file, &box, &packed);

        if (box.name == META_BOX_NAME('j', 'b', 'r', 'd'))
            read_restored(&jxl, &box);
        if (jxl.codestream == 0 && (box.name == META_BOX_NAME('j', 'x', 'l', 'c') ||
                                    box.name == META_BOX_NAME('j', 'x', 'l', 'p')))
            jxl.codestream = box.start;
        if (kind == META_PARTS)
            continue;
        if (jxl.part[kind].end > 0)
            return tn_fail(err, TN_UNSUPPORTED,
                           "%s: it has several boxes of XMP or of EXIF; use --sidecar xmp",
                           file->name);
        jxl.part[kind] = box;
        jxl.packed[kind] = packed;
    }
    if (!jxl.bare && (position < file->size || jxl.codestream == 0))
        return damaged(&jxl, err);
    *ret_jxl = jxl;
    return TN_OK;
}

/* Adds the content of a part's box. */
static enum tn_status read_part(const void *context, enum meta_part_kind kind,
                                struct meta_bytes *out, struct tn_error *err)
{
    const struct jxl *jxl = context;
    const struct meta_box *box = &jxl->part[kind];
    const unsigned char *bytes = jxl->file->bytes;

    if (jxl->packed[kind])
        return meta_jxl_unpack(jxl->file->name, bytes + box->content + 4,
                               box->end - box->content - 4, out, err);
    return meta_bytes_add(out, bytes + box->content, box->end - box->content, err);
}

static enum tn_status take(const struct meta_file *file, struct meta_parts *ret_parts,
                           struct tn_error *err)
{
    struct jxl jxl;

    TN_TRY(read_boxes(file, &jxl, err));
    return meta_take_each(&jxl, read_part, ret_parts, err);
}

/* ---- New parts ---- */

static enum tn_status refuse_restored(const struct jxl *jxl, struct tn_error *err)
{
    return tn_fail(err, TN_UNSUPPORTED,
                   "%s: the JPEG file could not be restored from it any more; "
                   "use --sidecar xmp",
                   jxl->file->name);
}

/* The content that a part's box gets: EXIF's begins as the old one. */
static enum tn_status make_content(const struct jxl *jxl, enum meta_part_kind kind,
                                   const struct meta_part *part, struct meta_bytes *out,
                                   struct tn_error *err)
{
    if (jxl->restored[kind])
        return refuse_restored(jxl, err);
    if (kind == META_EXIF) {
        TN_TRY(read_part(jxl, kind, out, err));
        out->size = meta_exif_tiff(out);
    }
    if (kind == META_EXIF && out->size == 0)
        return tn_fail(err, TN_UNSUPPORTED, "%s: its metadata stays as it is; use --sidecar xmp",
                       jxl->file->name);
    return meta_bytes_add(out, part->bytes, part->size, err);
}

/* Whether a file with our signature has nothing but a picture from that box on. */
static bool is_picture_alone(const struct jxl *jxl, size_t position)
{
    const struct meta_file *file = jxl->file;
    struct meta_box picture;

    return position >= SIGNATURE_SIZE && memcmp(file->bytes, signature, SIGNATURE_SIZE) == 0 &&
           meta_box_next(file, &position, file->size, &picture) && position == file->size &&
           picture.name == META_BOX_NAME('j', 'x', 'l', 'c') && !picture.open &&
           picture.content - picture.start == META_BOX_HEADER;
}

/* Where a box goes: where the old one was, or before the picture.  In a file of a picture alone it
 * goes behind that: so it is known which boxes were made for it when it is taken out again. */
static size_t place_of(const struct jxl *jxl, const struct meta_box *old)
{
    if (old->end > 0)
        return old->start;
    return !jxl->bare && jxl->codestream == SIGNATURE_SIZE && is_picture_alone(jxl, SIGNATURE_SIZE)
               ? jxl->file->size
               : jxl->codestream;
}

/* A new file, with a box of this content. */
static enum tn_status write_box(const struct jxl *jxl, enum meta_part_kind kind,
                                const struct meta_bytes *content, unsigned char **ret_bytes,
                                size_t *ret_size, struct tn_error *err)
{
    const struct meta_box *old = &jxl->part[kind];
    const size_t at = place_of(jxl, old);
    struct meta_splices splices = {.count = 0};
    unsigned char header[META_BOX_HEADER], picture[META_BOX_HEADER];

    if (!meta_box_write(header,
                        kind == META_XMP ? META_BOX_NAME('x', 'm', 'l', ' ')
                                         : META_BOX_NAME('E', 'x', 'i', 'f'),
                        content->size) ||
        !meta_box_write(picture, META_BOX_NAME('j', 'x', 'l', 'c'),
                        jxl->bare ? jxl->file->size : 0))
        return tn_fail(err, TN_RANGE, "%s: it has no room for a caption; use --sidecar xmp",
                       jxl->file->name);
    if (jxl->bare)
        meta_splices_add(&splices, at, 0, signature, SIGNATURE_SIZE);
    meta_splices_add(&splices, at, 0, header, META_BOX_HEADER);
    meta_splices_add(&splices, at, old->end - old->start, content->bytes, content->size);
    if (jxl->bare)
        meta_splices_add(&splices, at, 0, picture, META_BOX_HEADER);
    return meta_splices_apply(&splices, jxl->file, ret_bytes, ret_size, err);
}

/* Whether a bare codestream got its boxes for that of the part. */
static bool is_boxed_for(const struct jxl *jxl, const struct meta_box *part)
{
    return part->start == SIGNATURE_SIZE && is_picture_alone(jxl, part->end);
}

/* The file without the part's box. */
static enum tn_status remove_box(const struct jxl *jxl, enum meta_part_kind kind,
                                 unsigned char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    const struct meta_box *old = &jxl->part[kind];
    struct meta_splices splices = {.count = 0};

    if (jxl->restored[kind])
        return refuse_restored(jxl, err);
    if (is_boxed_for(jxl, old))
        meta_splices_add(&splices, 0, jxl->codestream + META_BOX_HEADER, NULL, 0);
    else
        meta_splices_add(&splices, old->start, old->end - old->start, NULL, 0);
    return meta_splices_apply(&splices, jxl->file, ret_bytes, ret_size, err);
}

static enum tn_status put_part(const struct meta_file *file, enum meta_part_kind kind,
                               const struct meta_part *part, unsigned char **ret_bytes,
                               size_t *ret_size, struct tn_error *err)
{
    struct meta_bytes content = {0};
    struct jxl jxl;
    enum tn_status status;

    TN_TRY(read_boxes(file, &jxl, err));
    if (!part->bytes)
        return remove_box(&jxl, kind, ret_bytes, ret_size, err);
    status = make_content(&jxl, kind, part, &content, err);
    if (status == TN_OK)
        status = write_box(&jxl, kind, &content, ret_bytes, ret_size, err);
    free(content.bytes);
    return status;
}

static enum tn_status put(const struct meta_file *file, const struct meta_parts *parts,
                          const bool changed[META_PARTS], unsigned char **ret_bytes,
                          size_t *ret_size, struct tn_error *err)
{
    return meta_put_each(file, parts, changed, put_part, ret_bytes, ret_size, err);
}

/* ---- The check ---- */

static bool is_part(const struct meta_file *file, const struct meta_box *box)
{
    bool packed;

    return kind_of(file, box, &packed) != META_PARTS;
}

/* The file whose boxes are compared with those of a bare codestream: the same boxed. */
static enum tn_status check_boxed(const struct meta_file *bare, const struct meta_file *other,
                                  struct tn_error *err)
{
    const size_t end = SIGNATURE_SIZE + META_BOX_HEADER;
    unsigned char *boxed = malloc(end + bare->size);
    const struct meta_file file = {bare->name, boxed, end + bare->size};
    enum tn_status status;

    if (!boxed)
        return tn_fail_nomem(err, end + bare->size);
    memcpy(boxed, signature, SIGNATURE_SIZE);
    meta_box_write(boxed + SIGNATURE_SIZE, META_BOX_NAME('j', 'x', 'l', 'c'), bare->size);
    memcpy(boxed + end, bare->bytes, bare->size);
    status = meta_boxes_check(&file, other, is_part, err);
    free(boxed);
    return status;
}

static enum tn_status check(const struct meta_file *before, const struct meta_file *after,
                            struct tn_error *err)
{
    return is_bare(before)  ? check_boxed(before, after, err)
           : is_bare(after) ? check_boxed(after, before, err)
                            : meta_boxes_check(before, after, is_part, err);
}

static const char *const formats[] = {"JPEG XL", NULL};

const struct meta_container meta_jxl = {
    .formats = formats,
    .creates = {[META_XMP] = true},
    .take = take,
    .put = put,
    .check = check,
};
