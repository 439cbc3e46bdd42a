/* SPDX-License-Identifier: MIT */
/*
 * TIFF ("TIFF 6.0"): XMP and the description are fields of the first directory.  They go behind all
 * that is there (metadata/tiff_block_private.h), so no picture, page or private field moves.  The
 * description is handed out as an EXIF block of its own that has no other field.
 *
 * Camera raws are such files, too, and their makers' programs are particular about them: they are
 * left alone.  IPTC is read only: TIFF files have it twice, and each program believes another.
 */
#include "metadata/container_private.h"

#include "base/tiff.h"
#include "metadata/bytes_private.h"
#include "metadata/description.h"
#include "metadata/iptc_private.h"
#include "metadata/tiff_block_private.h"

#include <stdlib.h>
#include <string.h>

enum { TYPE_BYTE = 1, TYPE_ASCII = 2, HEADER = 8 };

static enum tn_status fail(const struct meta_file *file, enum tn_status status,
                           const struct tn_error *why, struct tn_error *err)
{
    return tn_fail(err, status, "%s: %s; use --sidecar xmp", file->name, why->text);
}

/* Whether these pieces of the picture lie in the file. */
static bool has_pieces(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory,
                       unsigned offsets_tag, unsigned sizes_tag)
{
    struct tn_tiff_field offsets, sizes = {0};

    if (!tn_tiff_find(tiff, directory, offsets_tag, &offsets))
        return true;
    tn_tiff_find(tiff, directory, sizes_tag, &sizes);
    for (uint64_t i = 0; i < offsets.count; i++) {
        const uint64_t offset = tn_tiff_number(tiff, &offsets, i);

        if (offset > tiff->size || tn_tiff_number(tiff, &sizes, i) > tiff->size - offset)
            return false;
    }
    return true;
}

/* Whether all that the first directory points to is there, and our fields are there once: what a
 * truncated file lacks would afterwards be found in what is put behind it. */
static bool is_whole(const struct tn_tiff *tiff)
{
    enum { STRIPS = 0x0111, STRIP_SIZES = 0x0117, TILES = 0x0144, TILE_SIZES = 0x0145 };
    struct tn_tiff_directory directory;
    struct tn_tiff_field field;
    size_t packets = 0, descriptions = 0;

    if (!tn_tiff_directory(tiff, tiff->first, &directory) || directory.count == 0)
        return false;
    for (size_t i = 0; i < directory.count; i++) {
        if (!tn_tiff_field(tiff, &directory, i, &field))
            return false;
        packets += field.tag == META_TIFF_XMP;
        descriptions += field.tag == META_TIFF_DESCRIPTION;
    }
    if (packets > 1 || descriptions > 1)
        return false;
    return has_pieces(tiff, &directory, STRIPS, STRIP_SIZES) &&
           has_pieces(tiff, &directory, TILES, TILE_SIZES);
}

static enum tn_status check_kind(const struct meta_file *file, struct tn_error *err)
{
    struct tn_tiff tiff;

    if (!tn_tiff_open(&tiff, file->bytes, file->size))
        return tn_fail(err, TN_FORMAT, "%s: the TIFF file is truncated", file->name);
    if (tiff.wide)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: metadata cannot be written into a BigTIFF file; use --sidecar xmp",
                       file->name);
    if (tn_tiff_is_raw(file->bytes, file->size))
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: metadata cannot be written into a camera raw; use --sidecar xmp",
                       file->name);
    if (!is_whole(&tiff) || meta_tiff_leads_out(file->bytes, file->size, UINT32_MAX))
        return tn_fail(err, TN_FORMAT,
                       "%s: the TIFF file is truncated or damaged; use --sidecar xmp", file->name);
    return TN_OK;
}

/* ---- Parts out ---- */

static enum tn_status take_xmp(const struct meta_file *file, struct meta_part *part,
                               struct tn_error *err)
{
    const unsigned char *value;
    struct tn_error why;
    size_t size;
    const enum tn_status status =
        meta_tiff_get(file->bytes, file->size, META_TIFF_XMP, &value, &size, &why);

    if (status != TN_OK)
        return fail(file, status, &why, err);
    return size > 0 ? meta_part_set(part, value, size, err) : TN_OK;
}

/* What programs of microscopes and the like write there for themselves, and look for again. */
static bool is_structured(const unsigned char *text, size_t size)
{
    static const char *const beginnings[] = {
        "<", "{", "ImageJ=", "SCIFIO=", "Aperio ", "SI.", "scanimage.", "state.",
    };

    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (size >= strlen(beginnings[i]) &&
            memcmp(text, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

/* Adds a field of the file to the block, where it is there. */
static enum tn_status copy_field(const struct meta_file *file, unsigned tag,
                                 struct meta_part *block, struct tn_error *err)
{
    const unsigned char *value;
    struct meta_part more;
    size_t size;

    if (meta_tiff_get(file->bytes, file->size, tag, &value, &size, NULL) != TN_OK || size == 0)
        return TN_OK;
    TN_TRY(meta_tiff_set(block->bytes, block->size, tag, TYPE_ASCII, value, size, &more.bytes,
                         &more.size, err));
    free(block->bytes);
    *block = more;
    return TN_OK;
}

/* The description, and what helps to tell whether the camera wrote it.  No block: it is not to be
 * touched. */
static enum tn_status take_description(const struct meta_file *file, struct meta_part *block,
                                       struct tn_error *err)
{
    static const unsigned char empty[] = "MM\0*\0\0\0\x08\0\0\0\0\0"; /* and a NUL: 14 bytes */
    const unsigned char *value;
    size_t size;

    if (meta_tiff_get(file->bytes, file->size, META_TIFF_DESCRIPTION, &value, &size, NULL) !=
            TN_OK ||
        is_structured(value, size))
        return TN_OK;
    TN_TRY(meta_part_set(block, empty, sizeof empty, err));
    TN_TRY(copy_field(file, META_TIFF_DESCRIPTION, block, err));
    TN_TRY(copy_field(file, META_TIFF_MAKE, block, err));
    return copy_field(file, META_TIFF_MODEL, block, err);
}

/* The caption of image resources. */
static enum tn_status take_caption(const unsigned char *resources, size_t size, char **ret_text,
                                   struct tn_error *err)
{
    enum tn_status status = TN_OK;
    char *caption;

    TN_TRY(meta_iptc_caption(resources, size, &caption, err));
    if (caption)
        status = meta_description_decode(caption, strlen(caption), ret_text, err);
    free(caption);
    return status;
}

static enum tn_status take_text(const struct meta_file *file, char **ret_text, struct tn_error *err)
{
    const unsigned char *value;
    size_t size;

    if (meta_tiff_get(file->bytes, file->size, META_TIFF_PHOTOSHOP, &value, &size, NULL) == TN_OK)
        TN_TRY(take_caption(value, size, ret_text, err));
    if (!*ret_text &&
        meta_tiff_get(file->bytes, file->size, META_TIFF_IPTC, &value, &size, NULL) == TN_OK)
        return meta_iptc_data_text(value, size, ret_text, err);
    return TN_OK;
}

static enum tn_status take_parts(const struct meta_file *file, struct meta_parts *parts,
                                 struct tn_error *err)
{
    TN_TRY(check_kind(file, err));
    TN_TRY(take_xmp(file, &parts->part[META_XMP], err));
    TN_TRY(take_description(file, &parts->part[META_EXIF], err));
    return take_text(file, &parts->text, err);
}

static enum tn_status tiff_take(const struct meta_file *file, struct meta_parts *ret_parts,
                                struct tn_error *err)
{
    struct meta_parts parts = {0};
    const enum tn_status status = take_parts(file, &parts, err);

    return meta_parts_hand_over(&parts, status, ret_parts);
}

/* ---- Parts in ---- */

/* Without a value the field goes. */
static enum tn_status put_field(const struct meta_file *file, unsigned tag, unsigned type,
                                const unsigned char *value, size_t value_size,
                                unsigned char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    unsigned char *bytes;
    struct tn_error why;
    enum tn_status status;

    if (value_size == 0)
        status = meta_tiff_remove(file->bytes, file->size, tag, &bytes, ret_size, &why);
    else
        status = meta_tiff_append(file->bytes, file->size, tag, type, value, value_size, &bytes,
                                  ret_size, &why);
    if (status == TN_OK && !bytes)
        status = tn_fail(&why, TN_UNSUPPORTED, "it has no other field");
    if (status != TN_OK)
        return fail(file, status, &why, err);
    *ret_bytes = bytes;
    return TN_OK;
}

static enum tn_status put_description(const struct meta_file *file, const struct meta_part *block,
                                      unsigned char **ret_bytes, size_t *ret_size,
                                      struct tn_error *err)
{
    const unsigned char *value = NULL;
    size_t size = 0;
    struct tn_error why;
    enum tn_status status = TN_OK;

    if (block->bytes)
        status =
            meta_tiff_get(block->bytes, block->size, META_TIFF_DESCRIPTION, &value, &size, &why);
    if (status != TN_OK)
        return fail(file, status, &why, err);
    return put_field(file, META_TIFF_DESCRIPTION, TYPE_ASCII, value, size, ret_bytes, ret_size,
                     err);
}

/* The packet comes last, and so goes first. */
static enum tn_status tiff_put(const struct meta_file *file, const struct meta_parts *parts,
                               const bool changed[META_PARTS], unsigned char **ret_bytes,
                               size_t *ret_size, struct tn_error *err)
{
    const struct meta_part *xmp = &parts->part[META_XMP], *block = &parts->part[META_EXIF];
    const size_t turn = xmp->bytes ? 1 : 0; /* the packet's */
    struct meta_file now = *file;
    unsigned char *bytes = NULL, *next = NULL;
    enum tn_status status = check_kind(file, err);

    for (size_t i = 0; i < 2 && status == TN_OK; i++) {
        if (!changed[i == turn ? META_XMP : META_EXIF])
            continue;
        status = i == turn ? put_field(&now, META_TIFF_XMP, TYPE_BYTE, xmp->bytes, xmp->size, &next,
                                       &now.size, err)
                           : put_description(&now, block, &next, &now.size, err);
        if (status == TN_OK) {
            free(bytes);
            now.bytes = bytes = next;
        }
    }
    if (status != TN_OK) {
        free(bytes);
        return status;
    }
    *ret_bytes = bytes;
    *ret_size = now.size;
    return TN_OK;
}

/* ---- Whether all else is as it was ---- */

struct first_directory {
    struct tn_tiff tiff;
    struct tn_tiff_directory directory;
    size_t start, end; /* of it, with its number of entries and where the next one is */
    uint64_t next;     /* as it states that; 0 where the file ends before */
};

static bool open_first(const struct meta_file *file, struct first_directory *first)
{
    enum { COUNT = 2, ENTRY = 12, NEXT = 4 };

    if (!tn_tiff_open(&first->tiff, file->bytes, file->size) || first->tiff.wide ||
        !tn_tiff_directory(&first->tiff, first->tiff.first, &first->directory))
        return false;
    first->start = first->directory.entries - COUNT;
    first->end = first->directory.entries + first->directory.count * ENTRY + NEXT;
    first->next = first->end > file->size ? 0 : first->directory.next;
    if (first->end > file->size)
        first->end = file->size;
    return true;
}

/* The next entry, from *index on, of a field that does not change; NULL at the end. */
static const unsigned char *next_other(const struct first_directory *first, size_t *index)
{
    enum { ENTRY = 12 };

    while (*index < first->directory.count) {
        const unsigned char *entry =
            first->tiff.bytes + first->directory.entries + (*index)++ * ENTRY;
        const uint32_t tag = meta_number(entry, 2, first->tiff.big_endian);

        if (tag != META_TIFF_DESCRIPTION && tag != META_TIFF_XMP)
            return entry;
    }
    return NULL;
}

static bool same_fields(const struct first_directory *before, const struct first_directory *after)
{
    enum { ENTRY = 12 };
    const unsigned char *old, *new;
    size_t i = 0, j = 0;

    do {
        old = next_other(before, &i);
        new = next_other(after, &j);
        if (!old != !new || (old && memcmp(old, new, ENTRY) != 0))
            return false;
    } while (old);
    return before->next == after->next;
}

static const unsigned ours[] = {META_TIFF_DESCRIPTION, META_TIFF_XMP};

/* Where what stays ends: the value of a field of ours may stand behind it, right behind the
 * directory. */
static size_t end_of_rest(const struct first_directory *before)
{
    struct tn_tiff_field field;

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (tn_tiff_find(&before->tiff, &before->directory, ours[i], &field) &&
            field.offset + field.size == before->tiff.size)
            return field.offset;
    return before->tiff.size;
}

static bool same_bytes(const struct meta_file *before, const struct meta_file *after, size_t start,
                       size_t end)
{
    return start >= end || (end <= after->size &&
                            memcmp(before->bytes + start, after->bytes + start, end - start) == 0);
}

/* Entries that went leave as many zeros behind the directory. */
static void pass_zeros(struct first_directory *first)
{
    enum { ENTRIES = 2, ENTRY = 12 };
    const size_t most = first->end + (size_t)ENTRIES * ENTRY;

    while (first->end < most && first->end < first->tiff.size &&
           first->tiff.bytes[first->end] == 0)
        first->end++;
}

/* A value of a field of ours stands before the directory where that was copied behind it: it may go
 * with the directory. */
static void take_in_value(struct first_directory *first)
{
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        struct tn_tiff_field field;

        if (tn_tiff_find(&first->tiff, &first->directory, ours[i], &field) &&
            field.offset + field.size + (field.size & 1) == first->start)
            first->start = field.offset;
    }
}

/* The bytes outside of both directories are where they were, up to `end`. */
static bool same_outside(const struct meta_file *before, const struct meta_file *after,
                         const struct first_directory *was, const struct first_directory *is_now,
                         size_t end)
{
    const struct first_directory *one = was->start <= is_now->start ? was : is_now;
    const struct first_directory *other = one == was ? is_now : was;
    const size_t rest = one->end > other->end ? one->end : other->end;

    return same_bytes(before, after, HEADER, one->start < end ? one->start : end) &&
           same_bytes(before, after, one->end, other->start < end ? other->start : end) &&
           same_bytes(before, after, rest, end);
}

/* All fields of the directory are the same, and all bytes outside of it are where they were.  A
 * file that is shorter has everything that its fields lead to. */
static enum tn_status tiff_check(const struct meta_file *before, const struct meta_file *after,
                                 struct tn_error *err)
{
    struct first_directory was, is_now;
    size_t end;

    if (!open_first(before, &was) || !open_first(after, &is_now) || !same_fields(&was, &is_now))
        return tn_fail(err, TN_FORMAT, "%s: its TIFF fields would change", before->name);
    end = end_of_rest(&was);
    if (after->size < end) {
        TN_TRY(check_kind(after, err));
        end = after->size;
    }
    take_in_value(&was);
    pass_zeros(&is_now);
    if (!same_outside(before, after, &was, &is_now, end))
        return tn_fail(err, TN_FORMAT, "%s: its bytes outside of metadata would change",
                       before->name);
    return TN_OK;
}

static const char *const formats[] = {"TIFF", NULL};

const struct meta_container meta_tiff = {
    .formats = formats,
    .creates = {[META_XMP] = true},
    .take = tiff_take,
    .put = tiff_put,
    .check = tiff_check,
};
