/* SPDX-License-Identifier: MIT */
/*
 * JPEG 2000 (ISO/IEC 15444-1): boxes.  XMP, EXIF and Photoshop's resources are boxes "uuid", each
 * with a name of 16 bytes; IPTC data without resources is one that is only read.  A new one goes to
 * the file's end, and so moves nothing.  Where boxes do move, all have to be of kinds that do not
 * say where others are.
 */
#include "metadata/containers/meta_boxes_private.h"

#include "metadata/iptc_private.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 16 };

static const unsigned char names[META_PARTS][NAME_SIZE + 1] = {
    [META_XMP] = "\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC",
    [META_EXIF] = "JpgTiffExif->JP2",
    [META_PHOTOSHOP] = "\x2C\x4C\x01\x00\x85\x04\x40\xB9\xA0\x3E\x56\x21\x48\xD6\xDF\xEB",
};

static const char iptc_name[] = "\x33\xC7\xA4\xD2\xB8\x1D\x47\x23\xA0\xBA\xF1\xA3\xE0\x97\xAD\x38";

struct jp2 {
    const struct meta_file *file;
    struct meta_box part[META_PARTS], iptc, last;
    bool fixed; /* something may say where boxes are */
};

static bool is(const struct meta_box *box, const char *name)
{
    return box->name == META_BOX_NAME(name[0], name[1], name[2], name[3]);
}

/* The kind of part that a box is, or META_PARTS. */
static enum meta_part_kind kind_of(const struct meta_file *file, const struct meta_box *box)
{
    int kind = META_PARTS;

    if (is(box, "uuid") && box->end - box->content >= NAME_SIZE)
        for (kind = 0; kind < META_PARTS; kind++)
            if (memcmp(file->bytes + box->content, names[kind], NAME_SIZE) == 0)
                break;
    return (enum meta_part_kind)kind;
}

static bool is_iptc(const struct meta_file *file, const struct meta_box *box)
{
    return is(box, "uuid") && box->end - box->content >= NAME_SIZE &&
           memcmp(file->bytes + box->content, iptc_name, NAME_SIZE) == 0;
}

/* Lists of fragments (flst) are of bytes anywhere in the file. */
static bool may_point(const struct meta_file *file, const struct meta_box *box)
{
    static const char known[] = "jP  ftyprreqjp2hjp2cuuiduinfxml jp2iasocnlstlbl jpchjplhfreeroid";

    for (const char *name = known; *name; name += 4)
        if (is(box, name))
            return !is(box, "jp2c") &&
                   memmem(file->bytes + box->content, box->end - box->content, "flst", 4) != NULL;
    return true;
}

static enum tn_status read_boxes(const struct meta_file *file, struct jp2 *ret_jp2,
                                 struct tn_error *err)
{
    struct jp2 jp2 = {.file = file};
    size_t position = 0;
    struct meta_box box;

    if (file->size >= 4 && memcmp(file->bytes, "\xFF\x4F\xFF\x51", 4) == 0)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: a bare JPEG 2000 codestream has no place for a caption; "
                       "use --sidecar xmp",
                       file->name);
    while (meta_box_next(file, &position, file->size, &box)) {
        const enum meta_part_kind kind = kind_of(file, &box);

        jp2.last = box;
        jp2.fixed |= may_point(file, &box);
        if (jp2.iptc.end == 0 && is_iptc(file, &box))
            jp2.iptc = box;
        if (kind == META_PARTS)
            continue;
        if (jp2.part[kind].end > 0)
            return tn_fail(err, TN_UNSUPPORTED,
                           "%s: it has several boxes of the same metadata; use --sidecar xmp",
                           file->name);
        jp2.part[kind] = box;
    }
    if (position < file->size || position == 0)
        return tn_fail(err, TN_FORMAT,
                       "%s: the JPEG 2000 file is truncated or damaged; use --sidecar xmp",
                       file->name);
    *ret_jp2 = jp2;
    return TN_OK;
}

/* Where a part's bytes begin in its box. */
static size_t part_start(const struct jp2 *jp2, enum meta_part_kind kind)
{
    const struct meta_box *box = &jp2->part[kind];
    const size_t start = box->content + NAME_SIZE;

    return kind == META_EXIF ? start + meta_exif_prefix(jp2->file->bytes + start, box->end - start)
                             : start;
}

/* The caption of the first IPTC data. */
static enum tn_status take_text(const struct jp2 *jp2, char **ret_text, struct tn_error *err)
{
    const struct meta_box *box = &jp2->iptc;
    const size_t start = box->content + NAME_SIZE;

    return box->end == 0
               ? TN_OK
               : meta_iptc_data_text(jp2->file->bytes + start, box->end - start, ret_text, err);
}

static enum tn_status take(const struct meta_file *file, struct meta_parts *ret_parts,
                           struct tn_error *err)
{
    struct meta_parts parts = {0};
    struct jp2 jp2;
    enum tn_status status;

    status = read_boxes(file, &jp2, err);
    for (enum meta_part_kind kind = 0; kind < META_PARTS && status == TN_OK; kind++) {
        const struct meta_box *box = &jp2.part[kind];
        size_t start;

        if (box->end == 0)
            continue;
        start = part_start(&jp2, kind);
        status = meta_part_set(&parts.part[kind], file->bytes + start, box->end - start, err);
    }
    if (status == TN_OK)
        status = take_text(&jp2, &parts.text, err);
    return meta_parts_hand_over(&parts, status, ret_parts);
}

static enum tn_status put_part(const struct meta_file *file, enum meta_part_kind kind,
                               const struct meta_part *part, unsigned char **ret_bytes,
                               size_t *ret_size, struct tn_error *err)
{
    struct meta_splices splices = {.count = 0};
    unsigned char header[META_BOX_HEADER];
    struct jp2 jp2;
    const struct meta_box *old = &jp2.part[kind];
    size_t at, head;

    TN_TRY(read_boxes(file, &jp2, err));
    at = old->end > 0 ? old->start : jp2.last.open ? jp2.last.start : file->size;
    head = old->end > 0 ? part_start(&jp2, kind) - old->content : NAME_SIZE;
    if (jp2.fixed && at < file->size && old->end < file->size)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: it has boxes that may say where others are; use --sidecar xmp",
                       file->name);
    if (part->size > SIZE_MAX - head ||
        !meta_box_write(header, META_BOX_NAME('u', 'u', 'i', 'd'), head + part->size))
        return tn_fail(err, TN_RANGE, "%s: it has no room for a caption; use --sidecar xmp",
                       file->name);
    if (part->bytes) {
        meta_splices_add(&splices, at, 0, header, META_BOX_HEADER);
        meta_splices_add(&splices, at, 0, old->end > 0 ? file->bytes + old->content : names[kind],
                         head);
        meta_splices_add(&splices, at, 0, part->bytes, part->size);
    }
    meta_splices_add(&splices, at, old->end - old->start, NULL, 0);
    return meta_splices_apply(&splices, file, ret_bytes, ret_size, err);
}

static enum tn_status put(const struct meta_file *file, const struct meta_parts *parts,
                          const bool changed[META_PARTS], unsigned char **ret_bytes,
                          size_t *ret_size, struct tn_error *err)
{
    return meta_put_each(file, parts, changed, put_part, ret_bytes, ret_size, err);
}

static bool is_part(const struct meta_file *file, const struct meta_box *box)
{
    return kind_of(file, box) != META_PARTS;
}

static enum tn_status check(const struct meta_file *before, const struct meta_file *after,
                            struct tn_error *err)
{
    return meta_boxes_check(before, after, is_part, err);
}

static const char *const formats[] = {"JPEG 2000", NULL};

const struct meta_container meta_jp2 = {
    .formats = formats,
    .creates = {[META_XMP] = true},
    .take = take,
    .put = put,
    .check = check,
};
