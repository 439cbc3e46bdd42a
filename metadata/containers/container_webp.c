/* SPDX-License-Identifier: MIT */
/*
 * WebP ("WebP Container Specification"): a RIFF file of chunks, each a name, a length and data,
 * padded to an even length.  A file with more than a picture begins with the chunk VP8X: flags that
 * state what there is, and the sizes of the canvas.  So a file of a picture alone gets one with its
 * first XMP.
 */
#include "metadata/container_private.h"

#include "base/array.h"
#include "metadata/bytes_private.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEADER = 12, /* "RIFF", the length of what follows, "WEBP" */
    FRAME = 8,   /* a chunk's name and length */
    EXTENDED_SIZE = 10,
    FLAG_XMP = 0x04,
    FLAG_EXIF = 0x08,
    FLAG_ALPHA = 0x10
};

/* ---- Chunks ---- */

struct chunk {
    const unsigned char *start, *data; /* borrowed; NULL: there is none */
    size_t size;                       /* of the data */
    size_t whole;                      /* with its frame and padding, as far as that is there */
};

static bool is(const struct chunk *chunk, const char *name)
{
    return memcmp(chunk->start, name, 4) == 0;
}

static size_t file_end(const struct meta_file *file)
{
    return FRAME + meta_number(file->bytes + 4, 4, false);
}

/* The next chunk before `end`, from *offset on, which moves behind it. */
static enum tn_status next_chunk(const struct meta_file *file, size_t end, size_t *offset,
                                 struct chunk *ret_chunk, struct tn_error *err)
{
    const size_t left = end - *offset;
    const unsigned char *start = file->bytes + *offset;
    const size_t size = left < FRAME ? 0 : meta_number(start + 4, 4, false);
    size_t whole;

    if (left < FRAME || size > left - FRAME)
        return tn_fail(err, TN_FORMAT, "%s: the WebP file is damaged, at byte %zu", file->name,
                       *offset);
    whole = FRAME + size;
    if (whole < left) /* some writers leave out the last padding */
        whole += size & 1;
    *ret_chunk = (struct chunk){start, start + FRAME, size, whole};
    *offset += whole;
    return TN_OK;
}

/* Where things are in a file; of several chunks of a name, the first counts. */
struct layout {
    struct chunk extended, picture, xmp, exif;
    size_t exif_place, xmp_place; /* of new chunks, in the specification's order */
    size_t end;                   /* of the RIFF file; there may be more behind it */
    bool special; /* there are chunks that a decoder passes over where there is no VP8X */
};

/* The chunks that come before metadata. */
static bool comes_first(const struct chunk *chunk)
{
    static const char names[][5] = {"VP8X", "ICCP", "ANIM", "ANMF", "ALPH", "VP8 ", "VP8L"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (is(chunk, names[i]))
            return true;
    return false;
}

static void note_chunk(struct layout *layout, const struct chunk *chunk, size_t offset)
{
    struct chunk *place = is(chunk, "VP8X")                        ? &layout->extended
                          : is(chunk, "VP8 ") || is(chunk, "VP8L") ? &layout->picture
                          : is(chunk, "XMP ")                      ? &layout->xmp
                          : is(chunk, "EXIF")                      ? &layout->exif
                                                                   : NULL;

    if (place && !place->start)
        *place = *chunk;
    else if (!place && comes_first(chunk))
        layout->special = true;
    if (comes_first(chunk))
        layout->exif_place = offset;
    if (comes_first(chunk) || place == &layout->exif)
        layout->xmp_place = offset;
}

static enum tn_status find_chunks(const struct meta_file *file, struct layout *ret_layout,
                                  struct tn_error *err)
{
    struct layout found = {0};
    size_t offset = HEADER;

    if (file->size < HEADER || file_end(file) < HEADER || file_end(file) > file->size)
        return tn_fail(err, TN_FORMAT, "%s: the WebP file is truncated", file->name);
    found.end = file_end(file);
    while (offset < found.end) {
        struct chunk chunk;

        TN_TRY(next_chunk(file, found.end, &offset, &chunk, err));
        note_chunk(&found, &chunk, offset);
    }
    if (found.extended.start &&
        (found.extended.start != file->bytes + HEADER || found.extended.size < EXTENDED_SIZE))
        return tn_fail(err, TN_FORMAT, "%s: its VP8X chunk is damaged", file->name);
    if (!found.extended.start && !found.picture.start)
        return tn_fail(err, TN_FORMAT, "%s: the WebP file has no picture", file->name);
    *ret_layout = found;
    return TN_OK;
}

/* ---- Parts out ---- */

static enum tn_status take_chunk(const struct chunk *chunk, struct meta_part *part,
                                 struct tn_error *err)
{
    const size_t prefix = meta_exif_prefix(chunk->data, chunk->size);

    if (!chunk->start)
        return TN_OK;
    return meta_part_set(part, chunk->data + prefix, chunk->size - prefix, err);
}

static enum tn_status webp_take(const struct meta_file *file, struct meta_parts *ret_parts,
                                struct tn_error *err)
{
    struct meta_parts parts = {0};
    struct layout layout;
    enum tn_status status;

    TN_TRY(find_chunks(file, &layout, err));
    status = take_chunk(&layout.xmp, &parts.part[META_XMP], err);
    if (status == TN_OK)
        status = take_chunk(&layout.exif, &parts.part[META_EXIF], err);
    return meta_parts_hand_over(&parts, status, ret_parts);
}

/* ---- A picture alone becomes an extended file ---- */

/* VP8: a frame tag of 3 bytes, a start code, and two numbers of 14 bits, less the scaling above
 * them.  VP8L: a signature, two numbers of 14 bits less 1, and whether there is alpha. */
static bool picture_facts(const struct chunk *picture, size_t *ret_width, size_t *ret_height,
                          bool *ret_alpha)
{
    enum { SIDE = 0x3FFF };
    const unsigned char *data = picture->data;

    if (is(picture, "VP8 ")) {
        if (picture->size < 10 || memcmp(data + 3, "\x9D\x01\x2A", 3) != 0)
            return false;
        *ret_width = meta_number(data + 6, 2, false) & SIDE;
        *ret_height = meta_number(data + 8, 2, false) & SIDE;
        *ret_alpha = false;
        return *ret_width > 0 && *ret_height > 0;
    }
    if (picture->size < 5 || data[0] != 0x2F)
        return false;
    *ret_width = (meta_number(data + 1, 4, false) & SIDE) + 1;
    *ret_height = (meta_number(data + 1, 4, false) >> 14 & SIDE) + 1;
    *ret_alpha = meta_number(data + 1, 4, false) >> 28 & 1;
    return true;
}

/* Whether a VP8X chunk states no more than the picture does, but for metadata. */
static bool states_picture(const struct chunk *extended, const struct chunk *picture)
{
    size_t width, height;
    bool alpha;

    return picture->start && extended->size == EXTENDED_SIZE &&
           picture_facts(picture, &width, &height, &alpha) &&
           (extended->data[0] & ~(FLAG_XMP | FLAG_EXIF)) == (alpha ? FLAG_ALPHA : 0) &&
           meta_number(extended->data + 1, 3, false) == 0 &&
           meta_number(extended->data + 4, 3, false) == width - 1 &&
           meta_number(extended->data + 7, 3, false) == height - 1;
}

/* The VP8X chunk that states just what is known of the file without it; its flags for metadata are
 * not set yet. */
static enum tn_status make_extended(const struct meta_file *file, const struct layout *layout,
                                    unsigned char extended[FRAME + EXTENDED_SIZE],
                                    struct tn_error *err)
{
    size_t width, height;
    bool alpha;

    if (layout->special || !picture_facts(&layout->picture, &width, &height, &alpha))
        return tn_fail(err, TN_FORMAT, "%s: the WebP file is damaged: its chunks want a VP8X chunk",
                       file->name);
    memset(extended, 0, FRAME + EXTENDED_SIZE);
    memcpy(extended, "VP8X", 4);
    meta_number_put(extended + 4, 4, false, EXTENDED_SIZE);
    extended[FRAME] = alpha ? FLAG_ALPHA : 0;
    meta_number_put(extended + FRAME + 4, 3, false, width - 1);
    meta_number_put(extended + FRAME + 7, 3, false, height - 1);
    return TN_OK;
}

/* ---- Parts in ---- */

struct chunk_writer {
    const struct meta_file *file;
    const struct layout *layout;
    const struct meta_parts *parts;
    const bool *changed;
    struct meta_bytes out;
};

/* The chunk of a part; nothing where there is none. */
static enum tn_status put_part(struct chunk_writer *writer, enum meta_part_kind kind,
                               const struct chunk *old, const char *name, struct tn_error *err)
{
    const struct meta_part *part = &writer->parts->part[kind];
    const size_t prefix = meta_exif_prefix(old->data, old->size);
    unsigned char frame[FRAME];

    if (!part->bytes)
        return TN_OK;
    memcpy(frame, name, 4);
    meta_number_put(frame + 4, 4, false, prefix + part->size);
    TN_TRY(meta_bytes_add(&writer->out, "", writer->out.size & 1, err)); /* that was left out */
    TN_TRY(meta_bytes_add(&writer->out, frame, sizeof frame, err));
    TN_TRY(meta_bytes_add(&writer->out, old->data, prefix, err));
    TN_TRY(meta_bytes_add(&writer->out, part->bytes, part->size, err));
    return meta_bytes_add(&writer->out, "", (prefix + part->size) & 1, err);
}

/* Whether there will be such a part. */
static bool has_after(const struct chunk_writer *writer, enum meta_part_kind kind,
                      const struct chunk *old)
{
    return writer->changed[kind] ? writer->parts->part[kind].bytes != NULL : old->start != NULL;
}

/* Only the flag of what is written: what else the flags state is not for us to correct. */
static void set_flag(const struct chunk_writer *writer, enum meta_part_kind kind, bool there,
                     unsigned flag, unsigned char *flags)
{
    if (writer->changed[kind])
        *flags = (unsigned char)((*flags & ~flag) | (there ? flag : 0));
}

/* Whether metadata goes, and with it what only metadata needs: what put_extended made for it. */
static bool needs_no_more(const struct chunk_writer *writer)
{
    const struct layout *layout = writer->layout;

    return ((writer->changed[META_XMP] && layout->xmp.start) ||
            (writer->changed[META_EXIF] && layout->exif.start)) &&
           !layout->special && states_picture(&layout->extended, &layout->picture);
}

/* The chunk VP8X, made where there is none and there will be metadata. */
static enum tn_status put_extended(struct chunk_writer *writer, struct tn_error *err)
{
    const struct layout *layout = writer->layout;
    const bool xmp = has_after(writer, META_XMP, &layout->xmp);
    const bool exif = has_after(writer, META_EXIF, &layout->exif);
    unsigned char made[FRAME + EXTENDED_SIZE];
    const size_t start = writer->out.size;

    if (!xmp && !exif && (!layout->extended.start || needs_no_more(writer)))
        return TN_OK;
    if (layout->extended.start) {
        TN_TRY(meta_bytes_add(&writer->out, layout->extended.start, layout->extended.whole, err));
    } else {
        TN_TRY(make_extended(writer->file, layout, made, err));
        TN_TRY(meta_bytes_add(&writer->out, made, sizeof made, err));
    }
    set_flag(writer, META_XMP, xmp, FLAG_XMP, writer->out.bytes + start + FRAME);
    set_flag(writer, META_EXIF, exif, FLAG_EXIF, writer->out.bytes + start + FRAME);
    return TN_OK;
}

static enum tn_status put_chunk(struct chunk_writer *writer, const struct chunk *chunk,
                                struct tn_error *err)
{
    const struct layout *layout = writer->layout;

    if (chunk->start == layout->extended.start)
        return TN_OK; /* it is there already */
    if (chunk->start == layout->xmp.start && writer->changed[META_XMP])
        return put_part(writer, META_XMP, &layout->xmp, "XMP ", err);
    if (chunk->start == layout->exif.start && writer->changed[META_EXIF])
        return put_part(writer, META_EXIF, chunk, "EXIF", err);
    return meta_bytes_add(&writer->out, chunk->start, chunk->whole, err);
}

static enum tn_status put_chunks(struct chunk_writer *writer, struct tn_error *err)
{
    const struct meta_file *file = writer->file;
    const struct layout *layout = writer->layout;
    struct chunk chunk;

    TN_TRY(meta_bytes_add(&writer->out, file->bytes, HEADER, err));
    TN_TRY(put_extended(writer, err));
    for (size_t offset = HEADER; offset < layout->end;) {
        TN_TRY(next_chunk(file, layout->end, &offset, &chunk, err));
        TN_TRY(put_chunk(writer, &chunk, err));
        if (offset == layout->exif_place && !layout->exif.start && writer->changed[META_EXIF])
            TN_TRY(put_part(writer, META_EXIF, &layout->exif, "EXIF", err));
        if (offset == layout->xmp_place && !layout->xmp.start && writer->changed[META_XMP])
            TN_TRY(put_part(writer, META_XMP, &layout->xmp, "XMP ", err));
    }
    if (writer->out.size - FRAME > UINT32_MAX - 1)
        return tn_fail(err, TN_RANGE, "%s: a WebP file cannot have 4 GiB", file->name);
    meta_number_put(writer->out.bytes + 4, 4, false, writer->out.size - FRAME);
    return meta_bytes_add(&writer->out, file->bytes + layout->end, file->size - layout->end, err);
}

static enum tn_status webp_put(const struct meta_file *file, const struct meta_parts *parts,
                               const bool changed[META_PARTS], unsigned char **ret_bytes,
                               size_t *ret_size, struct tn_error *err)
{
    enum { EXTRA = 64 }; /* frames, padding and VP8X */
    struct layout layout;
    struct chunk_writer writer = {file, &layout, parts, changed, {0}};

    TN_TRY(find_chunks(file, &layout, err));
    TN_TRY(tn_array_reserve(
        &writer.out.bytes, &writer.out.capacity,
        file->size + parts->part[META_XMP].size + parts->part[META_EXIF].size + EXTRA, err));
    return meta_bytes_hand_over(&writer.out, put_chunks(&writer, err), ret_bytes, ret_size);
}

/* ---- Whether all else is as it was ---- */

/* The next chunk that is none of those that change; false at the end. */
static bool next_other(const struct meta_file *file, const struct layout *layout, size_t *offset,
                       struct chunk *ret_chunk)
{
    while (*offset < layout->end) {
        if (next_chunk(file, layout->end, offset, ret_chunk, NULL) != TN_OK)
            return false;
        if (ret_chunk->start != layout->xmp.start && ret_chunk->start != layout->exif.start &&
            ret_chunk->start != layout->extended.start)
            return true;
    }
    return false;
}

/* Equal but for the flags of metadata; one that comes or goes states what the picture does. */
static bool same_extended(const struct layout *before, const struct layout *after)
{
    const struct chunk *old = &before->extended, *new = &after->extended;

    if (!old->start || !new->start)
        return (!old->start || states_picture(old, &after->picture)) &&
               (!new->start || states_picture(new, &before->picture));
    return old->size == new->size &&
           ((old->data[0] ^ new->data[0]) & ~(FLAG_XMP | FLAG_EXIF)) == 0 &&
           memcmp(old->data + 1, new->data + 1, old->size - 1) == 0;
}

static enum tn_status webp_check(const struct meta_file *before, const struct meta_file *after,
                                 struct tn_error *err)
{
    struct layout was, is_now;
    size_t a = HEADER, b = HEADER;
    struct chunk old = {0}, new = {0};
    bool more;

    TN_TRY(find_chunks(before, &was, err));
    TN_TRY(find_chunks(after, &is_now, err));
    if (!same_extended(&was, &is_now))
        return tn_fail(err, TN_FORMAT, "%s: its VP8X chunk would change", before->name);
    do {
        more = next_other(before, &was, &a, &old);
        if (next_other(after, &is_now, &b, &new) != more ||
            (more && (old.size != new.size || memcmp(old.start, new.start, FRAME + old.size) != 0)))
            return tn_fail(err, TN_FORMAT, "%s: its chunks would change", before->name);
    } while (more);
    return meta_same_rest(before, was.end, after, is_now.end, err);
}

static const char *const formats[] = {"WebP", NULL};

const struct meta_container meta_webp = {
    .formats = formats,
    .creates = {[META_XMP] = true, [META_EXIF] = true},
    .take = webp_take,
    .put = webp_put,
    .check = webp_check,
};
