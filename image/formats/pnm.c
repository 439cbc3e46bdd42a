/* SPDX-License-Identifier: MIT */
/*
 * All of netpbm ("The Netpbm formats"): P1 to P6, plain and binary, of any maxval; PAM (P7) of
 * bits, grey and RGB, with alpha or without; PFM, grey and RGB in linear light.
 */
#include "image/formats/pnm_header.h"
#include "image/image_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct pnm_reader {
    const struct image_source *source;
    struct pnm_header header;
    size_t offset;      /* what is read next */
    size_t channels;    /* of the rows that are put: 3, or 4 with alpha */
    unsigned char *row; /* owned: [width][channels] */
};

/* Sample i of a stored row, in 8 bits. */
static void put_sample(struct pnm_reader *reader, size_t i, unsigned char value)
{
    const size_t stored = reader->header.channels;
    unsigned char *pixel = reader->row + i / stored * reader->channels;

    if (stored > 2)
        pixel[i % stored] = value;
    else if (i % stored == 1)
        pixel[3] = value;
    else
        memset(pixel, value, 3);
}

static unsigned char in_8_bits(const struct pnm_reader *reader, size_t value)
{
    const size_t most = reader->header.maxval;

    if (value > most)
        value = most;
    return (unsigned char)(most == 255 ? value : (value * 255 + most / 2) / most);
}

/* Linear light as sRGB; also what is no number becomes black. */
static unsigned char light_in_8_bits(float light)
{
    if (!(light > 0))
        return 0;
    if (light >= 1)
        return 255;
    light = light <= 0.0031308F ? 12.92F * light : 1.055F * powf(light, 1 / 2.4F) - 0.055F;
    return (unsigned char)lrintf(light * 255);
}

static bool read_plain_row(struct pnm_reader *reader)
{
    const struct image_source *source = reader->source;
    const bool bits = reader->header.kind == '1'; /* which may stand without spaces */

    for (size_t i = 0; i < reader->header.width * reader->header.channels; i++) {
        size_t value;

        if (bits) {
            pnm_skip_space(source->bytes, source->size, &reader->offset);
            if (reader->offset == source->size || (source->bytes[reader->offset] & ~1) != '0')
                return false;
            value = source->bytes[reader->offset++] == '0';
        } else if (!pnm_read_number(source->bytes, source->size, &reader->offset, &value)) {
            return false;
        }
        put_sample(reader, i, in_8_bits(reader, value));
    }
    return true;
}

static bool read_bits(struct pnm_reader *reader)
{
    const unsigned char *in = reader->source->bytes + reader->offset;

    for (size_t i = 0; i < reader->header.width; i++)
        put_sample(reader, i, in[i / 8] >> (7 - i % 8) & 1 ? 0 : 255);
    return true;
}

static bool read_samples(struct pnm_reader *reader)
{
    const unsigned char *in = reader->source->bytes + reader->offset;
    const bool two = reader->header.maxval > 255;

    for (size_t i = 0; i < reader->header.width * reader->header.channels; i++)
        put_sample(reader, i,
                   in_8_bits(reader, two ? (size_t)in[2 * i] << 8 | in[2 * i + 1] : in[i]));
    return true;
}

static bool read_floats(struct pnm_reader *reader)
{
    const unsigned char *in = reader->source->bytes + reader->offset;

    for (size_t i = 0; i < reader->header.width * reader->header.channels; i++, in += 4) {
        unsigned char bytes[4] = {in[3], in[2], in[1], in[0]};
        const uint32_t bits =
            (uint32_t)image_big_endian(reader->header.little_endian ? bytes : in, 4);
        float light;

        memcpy(&light, &bits, sizeof light);
        put_sample(reader, i, light_in_8_bits(light));
    }
    return true;
}

/* How a kind is read. */
struct kind {
    char letter;
    bool (*read_row)(struct pnm_reader *reader);
    size_t bits; /* of a sample; 0: by the maxval; of plain ones the least, a digit and a space */
};

static const struct kind kinds[] = {
    {'1', read_plain_row, 8}, {'2', read_plain_row, 16}, {'3', read_plain_row, 16},
    {'4', read_bits, 1},      {'5', read_samples, 0},    {'6', read_samples, 0},
    {'7', read_samples, 0},   {'f', read_floats, 32},    {'F', read_floats, 32},
};

static const struct kind *find_kind(char letter)
{
    const struct kind *kind = kinds;

    while (kind->letter != letter)
        kind++;
    return kind;
}

static enum tn_status fail(const struct pnm_reader *reader, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "%s: the %s file is truncated or damaged", reader->source->name,
                   reader->source->format);
}

/* A PAM file may have channels of anything. */
static enum tn_status check_channels(struct pnm_reader *reader, struct tn_error *err)
{
    static const char *const known[] = {
        "",
        "BLACKANDWHITE",
        "BLACKANDWHITE_ALPHA",
        "GRAYSCALE",
        "GRAYSCALE_ALPHA",
        "RGB",
        "RGB_ALPHA",
        NULL,
    };
    const struct pnm_header *header = &reader->header;
    size_t i = 0;

    while (known[i] && strcmp(known[i], header->tuple) != 0)
        i++;
    if (!known[i] || header->channels > 4)
        return tn_fail(err, TN_UNSUPPORTED, "%s: PAM of %zu channels%s%s cannot be read",
                       reader->source->name, header->channels, header->tuple[0] ? " of type " : "",
                       header->tuple);
    reader->channels = header->channels % 2 == 0 ? 4 : 3;
    return TN_OK;
}

static enum tn_status read_rows(struct pnm_reader *reader, struct image_rows *rows,
                                struct tn_error *err)
{
    const struct pnm_header *header = &reader->header;
    const struct kind *kind = find_kind(header->kind);
    const bool plain = kind->read_row == read_plain_row, floats = kind->bits == 32;
    const size_t bits = kind->bits > 0 ? kind->bits : header->maxval > 255 ? 16 : 8;
    const size_t stride = (header->width * header->channels * bits + 7) / 8;

    /* The last plain number needs no space behind it. */
    if ((reader->source->size - header->offset + plain) / stride < header->height)
        return fail(reader, err);
    reader->row = malloc(header->width * reader->channels);
    if (!reader->row)
        return tn_fail_nomem(err, header->width * reader->channels);
    TN_TRY(image_rows_init(rows, reader->source, header->width, header->height, floats ? 4 : 1,
                           err)); /* rows of floats begin at the bottom */
    for (size_t y = 0; y < header->height; y++) {
        if (!kind->read_row(reader))
            return fail(reader, err);
        if (!plain)
            reader->offset += stride;
        image_rows_put(rows, reader->row, reader->channels);
    }
    return TN_OK;
}

enum tn_status image_pnm_decode(const struct image_source *source, struct image *ret_image,
                                struct tn_error *err)
{
    struct pnm_reader reader = {.source = source};
    struct image_rows rows = {0};
    enum tn_status status;

    if (!pnm_header_read(source->bytes, source->size, &reader.header))
        return fail(&reader, err);
    TN_TRY(check_channels(&reader, err));
    TN_TRY(image_check_size(source, reader.header.width, reader.header.height, 0,
                            reader.header.width * 4, err));
    reader.offset = reader.header.offset;
    status = read_rows(&reader, &rows, err);
    if (status == TN_OK)
        *ret_image = image_rows_take(&rows);
    image_rows_finish(&rows);
    free(reader.row);
    return status;
}
