/* SPDX-License-Identifier: MIT */
/*
 * The first picture of a GIF ("Graphics Interchange Format", version 89a).  A code of LZW stands
 * for up to 4096 pixels: a decoder that follows codes beyond the last pixel takes minutes for a
 * file of some megabytes that was made for it.  Here they are passed over once the picture is full.
 */
#include "image/image_private.h"

#include <stdlib.h>
#include <string.h>

enum {
    COLOURS = 256,
    CODES = 4096,
    NO_CODE = CODES,
    NO_COLOUR = -1,
    SCREEN = 7,     /* bytes: width, height, flags, background, aspect */
    DESCRIPTOR = 9, /* left, top, width, height, flags */
    EXTENSION = 0x21,
    CONTROL = 0xF9,
    PICTURE = 0x2C
};

struct palette {
    unsigned char rgb[COLOURS][3];
    size_t count;
};

struct gif {
    const struct image_source *source;
    size_t position;
    bool truncated;
    size_t width, height; /* of the whole */
    struct palette common, own;
    const struct palette *palette; /* of the picture */
    int transparent;               /* a colour's number or NO_COLOUR */
    int background;
    unsigned char *rgba; /* [height][width][4]; alpha 0 where nothing was drawn */

    /* The picture's place in the whole, and where its next pixel comes. */
    size_t left, top, columns, rows, x, y;
    unsigned pass; /* of an interlaced picture, else the last */
    bool full;

    /* Its codes: what a code adds at the end of what another stands for. */
    uint16_t before[CODES], length[CODES];
    unsigned char first[CODES], last[CODES];
    unsigned code_count, code_bits, clear;
    uint32_t bits;
    unsigned bit_count;
    size_t block; /* bytes that are left of the block of data */
};

static unsigned next_byte(struct gif *gif)
{
    if (gif->position < gif->source->size)
        return gif->source->bytes[gif->position++];
    gif->truncated = true;
    return 0;
}

static unsigned next_short(struct gif *gif)
{
    const unsigned low = next_byte(gif);

    return next_byte(gif) << 8 | low;
}

static void skip(struct gif *gif, size_t count)
{
    const size_t left = gif->source->size - gif->position;

    gif->truncated = gif->truncated || count > left;
    gif->position += count < left ? count : left;
}

static void skip_blocks(struct gif *gif)
{
    size_t length;

    while ((length = next_byte(gif)) > 0)
        skip(gif, length);
}

/* The low bits of the flags are the palette's size. */
static void read_palette(struct gif *gif, unsigned flags, struct palette *palette)
{
    palette->count = (size_t)2 << (flags & 7);
    for (size_t i = 0; i < palette->count; i++)
        for (size_t c = 0; c < 3; c++)
            palette->rgb[i][c] = (unsigned char)next_byte(gif);
}

/* ---- Pixels ---- */

/* Goes to the next row, in an interlaced picture of the next pass when this one has none. */
static void next_row(struct gif *gif)
{
    static const unsigned char steps[] = {8, 8, 4, 2, 1}, starts[] = {0, 4, 2, 1, 0};
    enum { INTERLACED = 3, PLAIN = 4 };

    gif->y += steps[gif->pass];
    while (gif->y >= gif->rows && gif->pass < INTERLACED)
        gif->y = starts[++gif->pass];
    gif->full = gif->y >= gif->rows;
    gif->x = 0;
}

static void draw(struct gif *gif, unsigned colour)
{
    unsigned char *pixel = gif->rgba + 4 * ((gif->top + gif->y) * gif->width + gif->left + gif->x);

    if ((int)colour != gif->transparent && colour < gif->palette->count) {
        memcpy(pixel, gif->palette->rgb[colour], 3);
        pixel[3] = 255;
    }
    if (++gif->x == gif->columns)
        next_row(gif);
}

/* What is outside the picture has the background's colour, where there is one. */
static void draw_background(struct gif *gif)
{
    if (gif->background == 0 || (size_t)gif->background >= gif->common.count)
        return;
    for (size_t y = 0; y < gif->height; y++)
        for (size_t x = 0; x < gif->width; x++) {
            unsigned char *pixel = gif->rgba + 4 * (y * gif->width + x);

            if (x >= gif->left && x - gif->left < gif->columns && y >= gif->top &&
                y - gif->top < gif->rows)
                continue;
            memcpy(pixel, gif->common.rgb[gif->background], 3);
            pixel[3] = 255;
        }
}

/* ---- Codes ---- */

/* The next byte of the picture's data; false at its end. */
static bool next_data(struct gif *gif, unsigned *ret_byte)
{
    if (gif->block == 0)
        gif->block = next_byte(gif);
    if (gif->block == 0)
        return false;
    gif->block--;
    *ret_byte = next_byte(gif);
    return true;
}

static bool next_code(struct gif *gif, unsigned *ret_code)
{
    while (gif->bit_count < gif->code_bits) {
        unsigned byte;

        if (!next_data(gif, &byte))
            return false;
        gif->bits |= (uint32_t)byte << gif->bit_count;
        gif->bit_count += 8;
    }
    *ret_code = gif->bits & ((1U << gif->code_bits) - 1);
    gif->bits >>= gif->code_bits;
    gif->bit_count -= gif->code_bits;
    return true;
}

static void clear_codes(struct gif *gif, unsigned colour_bits)
{
    gif->clear = 1U << colour_bits;
    gif->code_count = gif->clear + 2;
    gif->code_bits = colour_bits + 1;
    for (unsigned code = 0; code < gif->clear; code++) {
        gif->first[code] = gif->last[code] = (unsigned char)code;
        gif->length[code] = 1;
    }
}

/* A new code: what `before` stands for, and the first colour of `next` behind it. */
static void add_code(struct gif *gif, unsigned before, unsigned next)
{
    const unsigned code = gif->code_count;

    if (before == NO_CODE || code == CODES)
        return;
    gif->before[code] = (uint16_t)before;
    gif->length[code] = (uint16_t)(gif->length[before] + 1);
    gif->first[code] = gif->first[before];
    gif->last[code] = gif->first[next == code ? before : next];
    gif->code_count++;
    if (gif->code_count == 1U << gif->code_bits && gif->code_count < CODES)
        gif->code_bits++;
}

static void draw_code(struct gif *gif, unsigned code)
{
    unsigned char colours[CODES];
    const size_t length = gif->length[code];

    for (size_t i = length; i > 0; i--) {
        colours[i - 1] = gif->last[code];
        code = gif->before[code];
    }
    for (size_t i = 0; i < length && !gif->full; i++)
        draw(gif, colours[i]);
}

/* Draws what the codes say until the picture is full or they end; false when they are damaged. */
static bool read_pixels(struct gif *gif)
{
    const unsigned colour_bits = next_byte(gif);
    unsigned code, before = NO_CODE;
    bool more = true;

    if (colour_bits < 1 || colour_bits > 8)
        return false;
    clear_codes(gif, colour_bits);
    while (!gif->full && (more = next_code(gif, &code))) {
        if (code == gif->clear) {
            clear_codes(gif, colour_bits);
            before = NO_CODE;
            continue;
        }
        if (code == gif->clear + 1)
            break;
        if (code > gif->code_count || (code == gif->code_count && before == NO_CODE))
            return false;
        add_code(gif, before, code);
        if (code >= gif->code_count)
            return false;
        draw_code(gif, code);
        before = code;
    }
    if (more) {
        skip(gif, gif->block);
        skip_blocks(gif);
    }
    return true;
}

/* ---- The file ---- */

static void read_screen(struct gif *gif)
{
    unsigned flags;

    gif->position = sizeof "GIF89a" - 1;
    gif->width = next_short(gif);
    gif->height = next_short(gif);
    flags = next_byte(gif);
    gif->background = (int)next_byte(gif);
    skip(gif, 1);
    if (flags & 0x80)
        read_palette(gif, flags, &gif->common);
}

/* Of the extensions only the one that names a transparent colour counts. */
static void read_extension(struct gif *gif)
{
    if (next_byte(gif) == CONTROL && gif->position < gif->source->size &&
        gif->source->bytes[gif->position] == 4) {
        unsigned flags;

        skip(gif, 1);
        flags = next_byte(gif);
        skip(gif, 2);
        gif->transparent = (int)next_byte(gif);
        if (!(flags & 1))
            gif->transparent = NO_COLOUR;
    }
    skip_blocks(gif);
}

/* Reads what stands before the first picture's pixels; false when there is no picture. */
static bool find_picture(struct gif *gif)
{
    unsigned flags, kind;

    while ((kind = next_byte(gif)) == EXTENSION && !gif->truncated)
        read_extension(gif);
    if (kind != PICTURE)
        return false;
    gif->left = next_short(gif);
    gif->top = next_short(gif);
    gif->columns = next_short(gif);
    gif->rows = next_short(gif);
    flags = next_byte(gif);
    gif->pass = flags & 0x40 ? 0 : 4;
    gif->full = gif->columns == 0 || gif->rows == 0;
    gif->palette = flags & 0x80 ? &gif->own : &gif->common;
    if (flags & 0x80)
        read_palette(gif, flags, &gif->own);
    return gif->palette->count > 0 && gif->columns <= gif->width &&
           gif->left <= gif->width - gif->columns && gif->rows <= gif->height &&
           gif->top <= gif->height - gif->rows;
}

static enum tn_status read_gif(struct gif *gif, struct image *ret_image, struct tn_error *err)
{
    const struct image_source *source = gif->source;
    struct image_decoded decoded = {.channels = 4, .orientation = 1};
    bool good;

    read_screen(gif);
    TN_TRY(image_check_size(source, gif->width, gif->height, 4, sizeof *gif, err));
    gif->rgba = calloc(gif->width * gif->height, 4);
    if (!gif->rgba)
        return tn_fail_nomem(err, gif->width * gif->height * 4);
    good = find_picture(gif);
    if (good) {
        draw_background(gif);
        good = read_pixels(gif);
    }
    if (!good || gif->truncated)
        return tn_fail(err, TN_FORMAT, "%s: the GIF file is %s", source->name,
                       gif->truncated ? "truncated" : "damaged");
    decoded.pixels = gif->rgba;
    decoded.width = gif->width;
    decoded.height = gif->height;
    decoded.stride = gif->width * 4;
    return image_from_decoded(source, &decoded, ret_image, err);
}

enum tn_status image_gif_decode(const struct image_source *source, struct image *ret_image,
                                struct tn_error *err)
{
    struct gif *gif = calloc(1, sizeof *gif);
    enum tn_status status;

    if (!gif)
        return tn_fail_nomem(err, sizeof *gif);
    gif->source = source;
    gif->transparent = NO_COLOUR;
    status = read_gif(gif, ret_image, err);
    free(gif->rgba);
    free(gif);
    return status;
}
