/* SPDX-License-Identifier: MIT */
/*
 * GIF ("Graphics Interchange Format", version 89a): a header, the screen, and blocks up to the
 * trailer.  Data lies in sub-blocks of a length and so many bytes; a length of 0 ends them.
 *
 * XMP is an application extension ("XMP Specification Part 3", 1.1.2) whose packet is not cut into
 * sub-blocks: a program that takes its letters for lengths ends up in the 258 bytes behind it, each
 * of which leads to their end.  A packet has no NUL, so it cannot stop before.
 *
 * A comment is none of ours: it names the program that wrote the file more often than the photo.
 */
#include "metadata/container_private.h"

#include "base/array.h"
#include "metadata/bytes_private.h"

#include <stdlib.h>
#include <string.h>

#define XMP_HEAD "\x21\xFF\x0BXMP DataXMP"

enum {
    VERSION = 4, /* offset of '7' or '9' in "GIF87a" and "GIF89a" */
    HEADER = 13, /* with the screen, up to its palette */
    FLAGS = 10,  /* offset */
    HEAD_SIZE = sizeof XMP_HEAD - 1,
    LANDING_SIZE = 258
};

/* ---- Blocks ---- */

static enum tn_status fail_truncated(const struct meta_file *file, size_t offset,
                                     struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "%s: the GIF file is truncated, in the block at byte %zu",
                   file->name, offset);
}

/* The bytes of the palette that the flags, of the screen or of a picture, announce. */
static size_t palette_size(unsigned char flags)
{
    return flags & 0x80 ? (size_t)3 * 2 << (flags & 7) : 0;
}

/* Goes from *offset behind the sub-blocks there; false where the file ends before. */
static bool pass_sub_blocks(const struct meta_file *file, size_t *offset)
{
    size_t at = *offset;

    while (at < file->size && file->bytes[at] > 0)
        at += 1 + (size_t)file->bytes[at];
    if (at >= file->size)
        return false;
    *offset = at + 1;
    return true;
}

/* Goes from *offset behind the block there, which is no trailer. */
static enum tn_status pass_block(const struct meta_file *file, size_t *offset, struct tn_error *err)
{
    enum { EXTENSION = 0x21, PICTURE = 0x2C, DESCRIPTOR = 10, DESCRIPTOR_FLAGS = 9, CODE_SIZE = 1 };
    const unsigned char *block = file->bytes + *offset;
    const size_t left = file->size - *offset;
    size_t at = *offset;

    if (block[0] == EXTENSION)
        at += 2;
    else if (block[0] == PICTURE && left > DESCRIPTOR)
        at += DESCRIPTOR + palette_size(block[DESCRIPTOR_FLAGS]) + CODE_SIZE;
    else if (block[0] != PICTURE)
        return tn_fail(err, TN_FORMAT, "%s: the GIF file is damaged, at byte %zu", file->name,
                       *offset);
    if (at == *offset || !pass_sub_blocks(file, &at))
        return fail_truncated(file, *offset, err);
    *offset = at;
    return TN_OK;
}

/* Goes to the first block, behind the screen's palette. */
static enum tn_status first_block(const struct meta_file *file, size_t *ret_offset,
                                  struct tn_error *err)
{
    if (file->size < HEADER || file->size - HEADER < palette_size(file->bytes[FLAGS]))
        return fail_truncated(file, 0, err);
    *ret_offset = HEADER + palette_size(file->bytes[FLAGS]);
    return TN_OK;
}

/* Whether there is no further block: some files end without a trailer. */
static bool is_end(const struct meta_file *file, size_t offset)
{
    enum { TRAILER = 0x3B };

    return offset == file->size || file->bytes[offset] == TRAILER;
}

/* 1, 255, 254 ... 1, 0 and the end of the sub-blocks. */
static void make_landing(unsigned char landing[LANDING_SIZE])
{
    landing[0] = 1;
    for (size_t i = 1; i < LANDING_SIZE - 1; i++)
        landing[i] = (unsigned char)(256 - i);
    landing[LANDING_SIZE - 1] = 0;
}

static bool is_xmp(const unsigned char *block, size_t size)
{
    return size > HEAD_SIZE && memcmp(block, XMP_HEAD, HEAD_SIZE) == 0;
}

/* A whole XMP extension. */
static bool is_packet(const unsigned char *block, size_t size)
{
    unsigned char landing[LANDING_SIZE];

    make_landing(landing);
    return is_xmp(block, size) && size >= HEAD_SIZE + LANDING_SIZE &&
           memcmp(block + size - LANDING_SIZE, landing, LANDING_SIZE) == 0;
}

/* ---- Parts ---- */

/* Some programs write the packet again for every frame: such packets are one. */
static enum tn_status take_block(const struct meta_file *file, const unsigned char *block,
                                 size_t size, struct meta_part *part, struct tn_error *err)
{
    const unsigned char *packet = block + HEAD_SIZE;
    const size_t packet_size = size - HEAD_SIZE - LANDING_SIZE;

    if (!is_xmp(block, size))
        return TN_OK;
    if (!is_packet(block, size))
        return tn_fail(err, TN_FORMAT, "%s: its XMP extension is damaged; use --sidecar xmp",
                       file->name);
    if (!part->bytes)
        return meta_part_set(part, packet, packet_size, err);
    if (part->size != packet_size || memcmp(part->bytes, packet, packet_size) != 0)
        return tn_fail(err, TN_UNSUPPORTED, "%s: it has several XMP packets; use --sidecar xmp",
                       file->name);
    return TN_OK;
}

static enum tn_status take_blocks(const struct meta_file *file, struct meta_part *part,
                                  struct tn_error *err)
{
    size_t offset;

    TN_TRY(first_block(file, &offset, err));
    while (!is_end(file, offset)) {
        const size_t start = offset;

        TN_TRY(pass_block(file, &offset, err));
        TN_TRY(take_block(file, file->bytes + start, offset - start, part, err));
    }
    return TN_OK;
}

static enum tn_status gif_take(const struct meta_file *file, struct meta_parts *ret_parts,
                               struct tn_error *err)
{
    struct meta_parts parts = {0};
    const enum tn_status status = take_blocks(file, &parts.part[META_XMP], err);

    return meta_parts_hand_over(&parts, status, ret_parts);
}

static enum tn_status put_packet(const struct meta_file *file, const struct meta_part *part,
                                 struct meta_bytes *out, struct tn_error *err)
{
    unsigned char landing[LANDING_SIZE];

    if (!part->bytes)
        return TN_OK;
    if (memchr(part->bytes, '\0', part->size))
        return tn_fail(err, TN_FORMAT, "%s: a GIF file cannot have XMP with a NUL", file->name);
    make_landing(landing);
    out->bytes[VERSION] = '9'; /* extensions came with it; all else is as in 87a */
    TN_TRY(meta_bytes_add(out, XMP_HEAD, HEAD_SIZE, err));
    TN_TRY(meta_bytes_add(out, part->bytes, part->size, err));
    return meta_bytes_add(out, landing, sizeof landing, err);
}

static bool has_packet(const struct meta_file *file, size_t offset)
{
    while (!is_end(file, offset)) {
        const size_t start = offset;

        if (pass_block(file, &offset, NULL) != TN_OK)
            return false;
        if (is_packet(file->bytes + start, offset - start))
            return true;
    }
    return false;
}

/* Whether the block is a picture, or says how to show the next one. */
static bool is_graphic(const unsigned char *block)
{
    enum { EXTENSION = 0x21, COMMENT = 0xFE };

    return block[0] != EXTENSION || block[1] < COMMENT;
}

/* A new packet goes before the first picture and behind what counts loops, which has to be first:
 * exiftool finds no packet further on, and would write a second one.  Where it makes an 89a of an
 * 87a it goes before the trailer: so it is known what to make of the file when it goes again. */
static enum tn_status put_blocks(const struct meta_file *file, const struct meta_part *part,
                                 struct meta_bytes *out, struct tn_error *err)
{
    size_t offset, first;
    bool placed, old;

    TN_TRY(first_block(file, &first, err));
    TN_TRY(meta_bytes_add(out, file->bytes, first, err));
    placed = has_packet(file, first);
    old = out->bytes[VERSION] == '7';
    for (offset = first; !is_end(file, offset);) {
        const size_t start = offset;

        TN_TRY(pass_block(file, &offset, err));
        if (is_packet(file->bytes + start, offset - start)) {
            TN_TRY(put_packet(file, part, out, err));
            if (!part->bytes && start > first && is_end(file, offset))
                out->bytes[VERSION] = '7';
            continue;
        }
        if (!placed && !old && is_graphic(file->bytes + start)) {
            TN_TRY(put_packet(file, part, out, err));
            placed = true;
        }
        TN_TRY(meta_bytes_add(out, file->bytes + start, offset - start, err));
    }
    if (!placed)
        TN_TRY(put_packet(file, part, out, err));
    return meta_bytes_add(out, file->bytes + offset, file->size - offset, err);
}

static enum tn_status gif_put(const struct meta_file *file, const struct meta_parts *parts,
                              const bool changed[META_PARTS], unsigned char **ret_bytes,
                              size_t *ret_size, struct tn_error *err)
{
    const struct meta_part *part = &parts->part[META_XMP];
    struct meta_bytes out = {0};

    (void)changed; /* there is but one */
    TN_TRY(tn_array_reserve(&out.bytes, &out.capacity,
                            file->size + HEAD_SIZE + part->size + LANDING_SIZE, err));
    return meta_bytes_hand_over(&out, put_blocks(file, part, &out, err), ret_bytes, ret_size);
}

/* ---- Whether all else is as it was ---- */

/* Goes on until the next block that is no packet of XMP; *ret_size is 0 at the end. */
static enum tn_status next_other(const struct meta_file *file, size_t *offset, size_t *ret_size,
                                 struct tn_error *err)
{
    while (!is_end(file, *offset)) {
        const size_t start = *offset;

        TN_TRY(pass_block(file, offset, err));
        *ret_size = *offset - start;
        if (!is_packet(file->bytes + start, *ret_size))
            return TN_OK;
    }
    *ret_size = 0;
    return TN_OK;
}

static bool same_header(const struct meta_file *before, const struct meta_file *after, size_t size)
{
    return memcmp(before->bytes, after->bytes, VERSION) == 0 &&
           memcmp(before->bytes + VERSION + 1, after->bytes + VERSION + 1, size - VERSION - 1) == 0;
}

static enum tn_status gif_check(const struct meta_file *before, const struct meta_file *after,
                                struct tn_error *err)
{
    size_t a, b, size, new_size;

    TN_TRY(first_block(before, &a, err));
    TN_TRY(first_block(after, &b, err));
    if (a != b || !same_header(before, after, a))
        return tn_fail(err, TN_FORMAT, "%s: its header would change", before->name);
    do {
        TN_TRY(next_other(before, &a, &size, err));
        TN_TRY(next_other(after, &b, &new_size, err));
        if (size != new_size ||
            memcmp(before->bytes + a - size, after->bytes + b - size, size) != 0)
            return tn_fail(err, TN_FORMAT, "%s: its block before byte %zu would change",
                           before->name, a);
    } while (size > 0);
    return meta_same_rest(before, a, after, b, err);
}

static const char *const formats[] = {"GIF", NULL};

const struct meta_container meta_gif = {
    .formats = formats,
    .creates = {[META_XMP] = true},
    .take = gif_take,
    .put = gif_put,
    .check = gif_check,
};
