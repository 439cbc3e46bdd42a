/* SPDX-License-Identifier: MIT */
/*
 * PNG ("Portable Network Graphics", third edition): a signature, then chunks of a length, a name,
 * data and a check sum of both, the last of which is IEND.  XMP is a text chunk of its own
 * ("XMP Specification Part 3", 1.1.5), EXIF the chunk eXIf.  Programs before that chunk existed
 * kept EXIF and XMP as hexadecimal digits in texts, "Raw profile type ..."; these are read.
 */
#include "metadata/container_private.h"

#include "base/array.h"
#include "metadata/containers/png_text_private.h"
#include "metadata/tiff_block_private.h"
#include "metadata/xml_names_private.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define SIGNATURE "\x89PNG\r\n\x1A\n"
#define XMP_KEYWORD "XML:com.adobe.xmp"

/* INFLATED: what all compressed texts of a file may take. */
enum {
    SIGNATURE_SIZE = sizeof SIGNATURE - 1,
    FRAME = 12, /* length, name and check sum */
    INFLATED = 8 << 20
};

/* ---- Chunks ---- */

struct chunk {
    const unsigned char *start, *name, *data; /* borrowed */
    size_t size;                              /* of the data */
};

static bool is(const struct chunk *chunk, const char *name)
{
    return memcmp(chunk->name, name, 4) == 0;
}

/* The next chunk, from *offset on, which moves behind it. */
static enum tn_status next_chunk(const struct meta_file *file, size_t *offset,
                                 struct chunk *ret_chunk, struct tn_error *err)
{
    const size_t left = file->size - *offset;
    const unsigned char *start = file->bytes + *offset;
    const size_t size = left < FRAME ? 0 : meta_number(start, 4, true);

    if (left < FRAME || size > left - FRAME)
        return tn_fail(err, TN_FORMAT, "%s: the PNG file is truncated, at byte %zu", file->name,
                       *offset);
    *ret_chunk = (struct chunk){start, start + 4, start + 8, size};
    *offset += FRAME + size;
    return TN_OK;
}

static bool intact(const struct chunk *chunk)
{
    return crc32_z(0, chunk->name, chunk->size + 4) ==
           meta_number(chunk->data + chunk->size, 4, true);
}

static enum tn_status add_chunk(struct meta_bytes *out, const struct meta_file *file,
                                const char *name, const void *prefix, size_t prefix_size,
                                const struct meta_part *part, struct tn_error *err)
{
    enum { MOST = 0x7FFFFFFF };
    const size_t start = out->size;
    unsigned char number[4];

    if (part->size > MOST - prefix_size)
        return tn_fail(err, TN_RANGE, "%s: a chunk of %zu bytes is more than a PNG file can have",
                       file->name, part->size);
    meta_number_put(number, 4, true, (uint32_t)(prefix_size + part->size));
    TN_TRY(meta_bytes_add(out, number, 4, err));
    TN_TRY(meta_bytes_add(out, name, 4, err));
    TN_TRY(meta_bytes_add(out, prefix, prefix_size, err));
    TN_TRY(meta_bytes_add(out, part->bytes, part->size, err));
    meta_number_put(number, 4, true,
                    (uint32_t)crc32_z(0, out->bytes + start + 4, out->size - start - 4));
    return meta_bytes_add(out, number, 4, err);
}

/* Where things are in a file; an absent chunk has no start. */
struct layout {
    struct chunk header, xmp, exif;
    struct chunk xmp_text; /* a profile, the first one */
    struct chunk distance; /* Apple's iDOT: how far behind it a part of the pixels begins */
    size_t end;      /* behind IEND */
    bool bound;      /* XMP or EXIF cannot change its size */
    bool other_exif; /* damaged, or in a text: a new chunk would hide it from many programs */
};

/* A text with that keyword. */
static bool has_keyword(const struct chunk *chunk, const char *keyword)
{
    const size_t size = strlen(keyword) + 1;

    return (is(chunk, "iTXt") || is(chunk, "tEXt") || is(chunk, "zTXt")) && chunk->size >= size &&
           memcmp(chunk->data, keyword, size) == 0;
}

static bool is_exif_text(const struct chunk *chunk)
{
    return has_keyword(chunk, "Raw profile type exif") ||
           has_keyword(chunk, "Raw profile type APP1");
}

static bool is_xmp_text(const struct chunk *chunk)
{
    return has_keyword(chunk, "Raw profile type xmp");
}

static bool lies_behind(const struct chunk *chunk, const struct chunk *other)
{
    return chunk->start && other->start && chunk->start > other->start;
}

static enum tn_status find_chunks(const struct meta_file *file, struct layout *ret_layout,
                                  struct tn_error *err)
{
    struct layout found = {.end = SIGNATURE_SIZE};
    struct chunk chunk;
    size_t packets = 0, texts = 0;

    do {
        TN_TRY(next_chunk(file, &found.end, &chunk, err));
        if (is(&chunk, "IHDR"))
            found.header = chunk;
        else if (is(&chunk, "iDOT"))
            found.distance = chunk;
        else if (is(&chunk, "IDAT"))
            found.bound = found.bound || lies_behind(&found.xmp, &found.distance) ||
                          lies_behind(&found.exif, &found.distance);
        else if (is(&chunk, "eXIf") && !found.exif.start && intact(&chunk))
            found.exif = chunk;
        else if (is(&chunk, "eXIf") || is_exif_text(&chunk))
            found.other_exif = true;
        else if (has_keyword(&chunk, XMP_KEYWORD) && packets++ == 0)
            found.xmp = chunk;
        else if (is_xmp_text(&chunk) && texts++ == 0)
            found.xmp_text = chunk;
    } while (!is(&chunk, "IEND"));
    if (packets > 1 || (packets == 0 && texts > 1))
        return tn_fail(err, TN_UNSUPPORTED, "%s: it has several XMP packets; use --sidecar xmp",
                       file->name);
    if (!found.header.start)
        return tn_fail(err, TN_FORMAT, "%s: the PNG file has no header", file->name);
    *ret_layout = found;
    return TN_OK;
}

/* ---- Parts out ---- */

/* How many bytes stand before a packet in a profile that was a JPEG file's segment. */
static size_t xmp_prefix(const unsigned char *bytes, size_t size)
{
    static const char app1[] = "http://ns.adobe.com/xap/1.0/";

    return size > sizeof app1 && memcmp(bytes, app1, sizeof app1) == 0 ? sizeof app1 : 0;
}

/* The packet in a chunk of its own, or in a profile; *ret_prefix bytes come before it. */
static enum tn_status read_xmp(const struct chunk *chunk, size_t *room, struct meta_bytes *content,
                               size_t *ret_prefix, struct tn_error *err)
{
    struct meta_png_text text;

    *ret_prefix = 0;
    if (!intact(chunk) || !meta_png_text_parse(chunk->name, chunk->data, chunk->size, &text))
        return tn_fail(err, TN_FORMAT, "its chunk is damaged");
    TN_TRY(meta_png_text_content(&text, room, content, err));
    if (!is_xmp_text(chunk))
        return TN_OK;
    if (!meta_png_text_unwrap(content))
        return tn_fail(err, TN_FORMAT, "its text is damaged");
    *ret_prefix = xmp_prefix(content->bytes, content->size);
    return TN_OK;
}

/* A text with the mark of this program is a copy that another one made of the chunk.  It is the
 * file's XMP, and a chunk takes its place when that is written. */
static enum tn_status adopt_text(struct layout *layout, struct tn_error *err)
{
    const char *mark = meta_namespaces[META_CAPTION].address;
    const struct chunk *text = &layout->xmp_text;
    struct meta_bytes content = {0};
    size_t room = INFLATED, prefix;
    const enum tn_status status = read_xmp(text, &room, &content, &prefix, err);

    if (status == TN_OK && content.bytes &&
        memmem(content.bytes, content.size, mark, strlen(mark))) {
        layout->xmp = *text;
        layout->bound = layout->bound || lies_behind(text, &layout->distance);
    }
    free(content.bytes);
    return status == TN_NOMEM ? status : TN_OK; /* a damaged one stays */
}

static enum tn_status find_parts(const struct meta_file *file, struct layout *ret_layout,
                                 struct tn_error *err)
{
    struct layout layout;

    TN_TRY(find_chunks(file, &layout, err));
    if (!layout.xmp.start && layout.xmp_text.start)
        TN_TRY(adopt_text(&layout, err));
    *ret_layout = layout;
    return TN_OK;
}

static enum tn_status take_xmp(const struct meta_file *file, const struct chunk *chunk,
                               struct meta_part *part, size_t *room, struct tn_error *err)
{
    struct meta_bytes content = {0};
    struct tn_error why;
    size_t prefix;
    enum tn_status status = read_xmp(chunk, room, &content, &prefix, &why);

    if (status == TN_OK)
        status = meta_part_set(part, content.bytes ? content.bytes + prefix : chunk->data,
                               content.size - prefix, err);
    else
        status = tn_fail(err, status, "%s: its XMP cannot be read, %s; use --sidecar xmp",
                         file->name, why.text);
    free(content.bytes);
    return status;
}

/* A profile may be EXIF or IPTC, whose description counts, or XMP, although its name is another's,
 * which is taken where there is no other. */
static enum tn_status take_profile(struct meta_bytes *content, struct meta_parts *parts,
                                   struct tn_error *err)
{
    const unsigned char *bytes = content->bytes, *value;
    size_t size, prefix;

    if (!meta_png_text_unwrap(content))
        return TN_OK;
    bytes += meta_exif_prefix(content->bytes, content->size);
    size = content->size - (size_t)(bytes - content->bytes);
    if (meta_tiff_get(bytes, size, META_TIFF_DESCRIPTION, &value, &size, NULL) == TN_OK)
        return meta_png_text_say(parts, value, size, err);
    if (size >= 4 && memcmp(bytes, "8BIM", 4) == 0)
        return meta_png_text_say_iptc(parts, bytes, size, err);
    if (parts->part[META_XMP].bytes || !memmem(bytes, size, "<rdf:RDF", strlen("<rdf:RDF")))
        return TN_OK;
    prefix = xmp_prefix(bytes, size);
    return meta_part_set(&parts->part[META_XMP], bytes + prefix, size - prefix, err);
}

static enum tn_status take_text(const struct chunk *chunk, struct meta_parts *parts, size_t *room,
                                struct tn_error *err)
{
    struct meta_png_text text;
    struct meta_bytes content = {0};
    const bool described = has_keyword(chunk, "Description");
    enum tn_status status;

    if (!described && !is_exif_text(chunk) && !has_keyword(chunk, "Raw profile type iptc"))
        return TN_OK;
    if (!meta_png_text_parse(chunk->name, chunk->data, chunk->size, &text))
        return TN_OK;
    status = meta_png_text_content(&text, room, &content, err);
    if (status == TN_OK)
        status = described ? meta_png_text_say(parts, content.bytes, content.size, err)
                           : take_profile(&content, parts, err);
    free(content.bytes);
    return status == TN_NOMEM ? status : TN_OK; /* a damaged text is none */
}

static enum tn_status take_chunks(const struct meta_file *file, struct meta_parts *parts,
                                  struct tn_error *err)
{
    struct layout layout;
    const struct chunk *xmp;
    size_t room = INFLATED;

    TN_TRY(find_parts(file, &layout, err));
    xmp = layout.xmp.start ? &layout.xmp : &layout.xmp_text;
    if (xmp->start)
        TN_TRY(take_xmp(file, xmp, &parts->part[META_XMP], &room, err));
    if (layout.exif.start) {
        const size_t prefix = meta_exif_prefix(layout.exif.data, layout.exif.size);

        TN_TRY(meta_part_set(&parts->part[META_EXIF], layout.exif.data + prefix,
                             layout.exif.size - prefix, err));
    }
    for (size_t offset = SIGNATURE_SIZE; offset < layout.end;) {
        struct chunk chunk;

        TN_TRY(next_chunk(file, &offset, &chunk, err));
        TN_TRY(take_text(&chunk, parts, &room, err));
    }
    return TN_OK;
}

static enum tn_status png_take(const struct meta_file *file, struct meta_parts *ret_parts,
                               struct tn_error *err)
{
    struct meta_parts parts = {0};
    const enum tn_status status = take_chunks(file, &parts, err);

    return meta_parts_hand_over(&parts, status, ret_parts);
}

/* ---- Parts in ---- */

struct chunk_writer {
    const struct meta_file *file;
    const struct layout *layout;
    const struct meta_parts *parts;
    const bool *changed;
    struct meta_bytes out;
};

/* Uncompressed, as the specification wants it, so that programs find it that search for it. */
static enum tn_status put_xmp(struct chunk_writer *writer, struct tn_error *err)
{
    static const char prefix[] = XMP_KEYWORD "\0\0\0\0";
    const struct meta_part *part = &writer->parts->part[META_XMP];

    if (!part->bytes)
        return TN_OK;
    return add_chunk(&writer->out, writer->file, "iTXt", prefix, sizeof prefix, part, err);
}

static enum tn_status put_exif(struct chunk_writer *writer, struct tn_error *err)
{
    const struct meta_part *part = &writer->parts->part[META_EXIF];
    const struct chunk *old = &writer->layout->exif;

    if (!part->bytes)
        return TN_OK;
    return add_chunk(&writer->out, writer->file, "eXIf", old->data,
                     meta_exif_prefix(old->data, old->size), part, err);
}

/* New chunks go behind the header: no chunk has to be next to that. */
static enum tn_status put_chunk(struct chunk_writer *writer, const struct chunk *chunk,
                                struct tn_error *err)
{
    const struct layout *layout = writer->layout;

    if (chunk->start == layout->xmp.start && writer->changed[META_XMP])
        return put_xmp(writer, err);
    if (chunk->start == layout->exif.start && writer->changed[META_EXIF])
        return put_exif(writer, err);
    TN_TRY(meta_bytes_add(&writer->out, chunk->start, FRAME + chunk->size, err));
    if (chunk->start != layout->header.start)
        return TN_OK;
    if (!layout->exif.start && writer->changed[META_EXIF])
        TN_TRY(put_exif(writer, err));
    if (!layout->xmp.start && writer->changed[META_XMP])
        TN_TRY(put_xmp(writer, err));
    return TN_OK;
}

static enum tn_status put_all(struct chunk_writer *writer, struct tn_error *err)
{
    const struct meta_file *file = writer->file;
    const size_t end = writer->layout->end;
    struct chunk chunk;

    TN_TRY(tn_array_reserve(&writer->out.bytes, &writer->out.capacity,
                            file->size + writer->parts->part[META_XMP].size +
                                writer->parts->part[META_EXIF].size + 8 * FRAME,
                            err));
    TN_TRY(meta_bytes_add(&writer->out, file->bytes, SIGNATURE_SIZE, err));
    for (size_t offset = SIGNATURE_SIZE; offset < end;) {
        TN_TRY(next_chunk(file, &offset, &chunk, err));
        TN_TRY(put_chunk(writer, &chunk, err));
    }
    return meta_bytes_add(&writer->out, file->bytes + end, file->size - end, err);
}

static enum tn_status png_put(const struct meta_file *file, const struct meta_parts *parts,
                              const bool changed[META_PARTS], unsigned char **ret_bytes,
                              size_t *ret_size, struct tn_error *err)
{
    struct layout layout;
    struct chunk_writer writer = {file, &layout, parts, changed, {0}};

    TN_TRY(find_parts(file, &layout, err));
    if (layout.bound)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: its pixels cannot be moved, as its iDOT chunk states where they are; "
                       "use --sidecar xmp",
                       file->name);
    if (changed[META_EXIF] && !layout.exif.start && layout.other_exif)
        return tn_fail(err, TN_UNSUPPORTED, "%s: it has EXIF in another place", file->name);
    return meta_bytes_hand_over(&writer.out, put_all(&writer, err), ret_bytes, ret_size);
}

/* ---- Whether all else is as it was ---- */

/* The next chunk that is neither the file's XMP nor its EXIF. */
static enum tn_status next_other(const struct meta_file *file, const struct layout *layout,
                                 size_t *offset, struct chunk *ret_chunk, struct tn_error *err)
{
    struct chunk chunk;

    do
        TN_TRY(next_chunk(file, offset, &chunk, err));
    while (chunk.start == layout->xmp.start || chunk.start == layout->exif.start);
    *ret_chunk = chunk;
    return TN_OK;
}

static enum tn_status png_check(const struct meta_file *before, const struct meta_file *after,
                                struct tn_error *err)
{
    struct layout was, is_now;
    size_t a = SIGNATURE_SIZE, b = SIGNATURE_SIZE;
    struct chunk old, new;

    TN_TRY(find_parts(before, &was, err));
    TN_TRY(find_chunks(after, &is_now, err)); /* a text that is left is one that stays */
    do {
        TN_TRY(next_other(before, &was, &a, &old, err));
        TN_TRY(next_other(after, &is_now, &b, &new, err));
        if (old.size != new.size || memcmp(old.start, new.start, FRAME + old.size) != 0)
            return tn_fail(err, TN_FORMAT, "%s: its chunk at byte %zu would change", before->name,
                           (size_t)(old.start - before->bytes));
    } while (a < was.end);
    return meta_same_rest(before, a, after, b, err);
}

static const char *const formats[] = {"PNG", NULL};

const struct meta_container meta_png = {
    .formats = formats,
    .creates = {[META_XMP] = true, [META_EXIF] = true},
    .take = png_take,
    .put = png_put,
    .check = png_check,
};
