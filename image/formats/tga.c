/* SPDX-License-Identifier: MIT */
/*
 * TGA ("Truevision TGA File Format Specification", version 2.0): colours, palettes and grey, plain
 * or in runs, with rows from either side.  stb_image does not know which bits are alpha, nor rows
 * from the right, and takes what is missing for black.
 *
 * The file begins with no magic bytes, and only a new one ends in some.  So all of its header must
 * make sense, and the file must have the footer or the name of one.
 */
#include "base/path.h"
#include "image/image_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    HEADER = 18,
    FOOTER = 26,
    PALETTE = 1, /* kinds of pictures; those in runs are 8 more */
    COLOURS = 2,
    GREY = 3,
    IN_RUNS = 8,
    FROM_RIGHT = 0x10, /* the descriptor's bits */
    FROM_TOP = 0x20
};

enum alpha { NO_ALPHA, ALPHA, ALPHA_IN_COLOURS };

struct tga_header {
    size_t width, height;
    size_t palette_first, palette_count, palette_bits;
    size_t palette, pixels; /* offsets */
    unsigned kind;
    size_t bits; /* of a stored pixel */
    bool runs;
    unsigned alpha_bits, descriptor;
};

static size_t little(const unsigned char *bytes)
{
    return (size_t)bytes[1] << 8 | bytes[0];
}

static bool is_one_of(size_t value, const size_t *list)
{
    while (*list && *list != value)
        list++;
    return *list != 0;
}

/* The fields of a palette: what it has to have where the pixels are indices, and may have else. */
static bool has_sane_palette(const unsigned char *bytes, const struct tga_header *header)
{
    static const size_t depths[] = {15, 16, 24, 32, 0};

    if (bytes[1] == 0)
        return header->kind != PALETTE && header->palette_count == 0;
    return bytes[1] == 1 && header->palette_count > 0 && is_one_of(header->palette_bits, depths);
}

/* False where a field of the HEADER bytes has a value that no TGA file has. */
static bool read_header(const unsigned char *bytes, struct tga_header *header)
{
    static const size_t colours[] = {15, 16, 24, 32, 0}, indices[] = {8, 16, 0},
                        greys[] = {8, 16, 0};

    *header = (struct tga_header){
        .kind = bytes[2] & ~IN_RUNS,
        .runs = bytes[2] & IN_RUNS,
        .palette_first = little(bytes + 3),
        .palette_count = little(bytes + 5),
        .palette_bits = bytes[7],
        .width = little(bytes + 12),
        .height = little(bytes + 14),
        .bits = bytes[16],
        .descriptor = bytes[17],
        .alpha_bits = bytes[17] & 15,
        .palette = HEADER + (size_t)bytes[0],
    };
    header->pixels =
        header->palette + header->palette_count * ((header->palette_bits + 7) / 8) * bytes[1];
    if (header->kind < PALETTE || header->kind > GREY || header->width == 0 ||
        header->height == 0 || header->descriptor >> 6 != 0 || header->alpha_bits > 8)
        return false;
    return has_sane_palette(bytes, header) &&
           is_one_of(header->bits, header->kind == COLOURS   ? colours
                                   : header->kind == PALETTE ? indices
                                                             : greys);
}

static const char signature[] = "TRUEVISION-XFILE."; /* and its zero */

static bool has_footer(const unsigned char *end, size_t size)
{
    return size >= FOOTER &&
           memcmp(end + size - sizeof signature, signature, sizeof signature) == 0;
}

bool image_tga_is(const char *name, const unsigned char *head, size_t head_size,
                  const unsigned char *end, size_t end_size)
{
    struct tga_header header;

    return head_size >= HEADER && read_header(head, &header) &&
           (strcasecmp(tn_path_extension(name), ".tga") == 0 || has_footer(end, end_size));
}

struct tga_reader {
    const struct image_source *source;
    struct tga_header header;
    enum alpha alpha;
    size_t offset;          /* what is read next */
    size_t left;            /* pixels of a run or between runs that still come */
    bool repeat;            /* it is a run */
    unsigned char pixel[4]; /* the last, RGBA */
    unsigned char *row;     /* owned: [width][4] */
};

/* pixel[4] = RGBA of a stored colour. */
static void convert(const struct tga_reader *reader, const unsigned char *in, size_t bits,
                    unsigned char *pixel)
{
    pixel[3] = 255;
    if (bits >= 24) {
        pixel[0] = in[2];
        pixel[1] = in[1];
        pixel[2] = in[0];
        if (bits == 32)
            pixel[3] = in[3];
        return;
    }
    for (size_t c = 0; c < 3; c++)
        pixel[c] = (unsigned char)(((little(in) >> (10 - 5 * c) & 31) * 255 + 15) / 31);
    if (bits == 16 && reader->header.alpha_bits > 0)
        pixel[3] = in[1] & 0x80 ? 255 : 0;
}

/* The pixel at the offset; false when it is not there or has no colour. */
static bool read_pixel(struct tga_reader *reader)
{
    const struct tga_header *header = &reader->header;
    const unsigned char *in = reader->source->bytes + reader->offset;
    const size_t bytes = (header->bits + 7) / 8, palette_bytes = (header->palette_bits + 7) / 8;

    if (reader->source->size - reader->offset < bytes)
        return false;
    reader->offset += bytes;
    if (header->kind == PALETTE) {
        const size_t index = (bytes == 1 ? in[0] : little(in)) - header->palette_first;

        if (index >= header->palette_count)
            return false;
        convert(reader, reader->source->bytes + header->palette + index * palette_bytes,
                header->palette_bits, reader->pixel);
    } else if (header->kind == GREY) {
        memset(reader->pixel, in[0], 3);
        reader->pixel[3] = bytes == 2 ? in[1] : 255;
    } else {
        convert(reader, in, header->bits, reader->pixel);
    }
    return true;
}

/* The next row as it is stored.  A run may go on in the next one. */
static bool read_row(struct tga_reader *reader)
{
    const struct image_source *source = reader->source;

    for (size_t x = 0; x < reader->header.width; x++) {
        bool same = reader->repeat;

        if (reader->header.runs && reader->left == 0) {
            if (reader->offset == source->size)
                return false;
            reader->repeat = source->bytes[reader->offset] >> 7;
            reader->left = (source->bytes[reader->offset++] & 127) + 1U;
            same = false;
        }
        if (!same && !read_pixel(reader))
            return false;
        reader->left -= reader->header.runs;
        memcpy(reader->row + 4 * x, reader->pixel, 4);
    }
    return true;
}

static void rewind_rows(struct tga_reader *reader)
{
    reader->offset = reader->header.pixels;
    reader->left = 0;
    reader->repeat = false;
}

/* Many programs write zeros where there is no alpha: then the picture would show nothing. */
static bool shows_anything(struct tga_reader *reader)
{
    rewind_rows(reader);
    for (size_t y = 0; y < reader->header.height && read_row(reader); y++)
        for (size_t x = 0; x < reader->header.width; x++)
            if (reader->row[4 * x + 3] > 0)
                return true;
    return false;
}

/* What the bits beside the colours are, as the extension area says.  Without one they count, even
 * where the header has no number of alpha bits: many games write none. */
static enum alpha alpha_of(struct tga_reader *reader)
{
    enum { KIND = 494, USEFUL = 3, WEIGHED = 4 }; /* in the extension area */
    const struct image_source *source = reader->source;

    if (has_footer(source->bytes, source->size)) {
        const unsigned char *footer = source->bytes + source->size - FOOTER;
        const size_t area = little(footer) | little(footer + 2) << 16;

        if (area > 0 && area < source->size && source->size - area > KIND) {
            const unsigned kind = source->bytes[area + KIND];

            return kind == USEFUL ? ALPHA : kind == WEIGHED ? ALPHA_IN_COLOURS : NO_ALPHA;
        }
    }
    return shows_anything(reader) ? ALPHA : NO_ALPHA;
}

/* The row over white, where its colours have their share of alpha already, or without alpha. */
static void settle_alpha(struct tga_reader *reader)
{
    for (size_t x = 0; x < reader->header.width; x++) {
        unsigned char *pixel = reader->row + 4 * x;

        for (size_t c = 0; c < 3 && reader->alpha == ALPHA_IN_COLOURS; c++) {
            const unsigned value = pixel[c] + (255U - pixel[3]);

            pixel[c] = (unsigned char)(value < 255 ? value : 255);
        }
        pixel[3] = 255;
    }
}

static enum tn_status fail(const struct tga_reader *reader, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "%s: the TGA file is truncated or damaged",
                   reader->source->name);
}

static enum tn_status read_rows(struct tga_reader *reader, struct image_rows *rows,
                                struct tn_error *err)
{
    const struct tga_header *header = &reader->header;
    const bool top = header->descriptor & FROM_TOP, right = header->descriptor & FROM_RIGHT;

    if (header->pixels > reader->source->size)
        return fail(reader, err);
    reader->row = malloc(header->width * 4);
    if (!reader->row)
        return tn_fail_nomem(err, header->width * 4);
    reader->alpha = alpha_of(reader);
    TN_TRY(image_rows_init(rows, reader->source, header->width, header->height,
                           top ? 1 + right : 4 - right, err));
    rewind_rows(reader);
    for (size_t y = 0; y < header->height; y++) {
        if (!read_row(reader))
            return fail(reader, err);
        if (reader->alpha != ALPHA)
            settle_alpha(reader);
        image_rows_put(rows, reader->row, 4);
    }
    return TN_OK;
}

enum tn_status image_tga_decode(const struct image_source *source, struct image *ret_image,
                                struct tn_error *err)
{
    struct tga_reader reader = {.source = source};
    struct image_rows rows = {0};
    enum tn_status status;

    if (source->size < HEADER || !read_header(source->bytes, &reader.header))
        return fail(&reader, err);
    TN_TRY(image_check_size(source, reader.header.width, reader.header.height, 0,
                            reader.header.width * 4, err));
    status = read_rows(&reader, &rows, err);
    if (status == TN_OK)
        *ret_image = image_rows_take(&rows);
    image_rows_finish(&rows);
    free(reader.row);
    return status;
}
