/* SPDX-License-Identifier: MIT */
/*
 * TIFF through libtiff.  Rows come one by one wherever libtiff can give them so, and their samples,
 * of any depth, are converted here.  Colours at a lower resolution than the brightness come by
 * strips or tiles from libtiff's own converter to 8 bits.
 */
#include "image/image_private.h"

#include <stdlib.h>
#include <string.h>

#include "image/formats/tiff_fields.h"
#include "image/formats/tiff_library.h"
#include "image/formats/tiff_page.h"
#include "image/formats/tiff_row.h"

/* A plane, or the whole picture where its samples stand together.  Each has a handle of its own, so
 * that it is decoded straight on. */
struct plane {
    struct tiff_handle handle;
    unsigned char *row;   /* owned */
    unsigned char *tiles; /* a row of them, owned; NULL: there are none */
    bool ended;           /* before its last row */
};

struct tiff_reader {
    const struct image_source *source;
    struct tiff_page page;
    struct tiff_fields fields;
    struct plane planes[TIFF_MOST_CHANNELS];
    size_t plane_count;
    struct image_rows rows;
    uint16_t *samples;     /* a row */
    unsigned char *pixels; /* a row; or as many as libtiff converts at once */
};

static enum tn_status open_plane(struct tiff_reader *reader, struct tn_error *err)
{
    struct plane *plane = &reader->planes[reader->plane_count++];

    return tiff_handle_open(&plane->handle, reader->source, reader->page.offset, err);
}

/* ---- Row by row ---- */

static size_t tiles_across(const struct tiff_fields *fields)
{
    return (fields->format.width - 1) / fields->tile_width + 1;
}

static enum tn_status reserve_rows(struct tiff_reader *reader, struct tn_error *err)
{
    const struct tiff_fields *fields = &reader->fields;
    const size_t width = fields->format.width;
    const size_t row = fields->row_bytes;
    const size_t tiles = fields->tiled ? tiles_across(fields) * fields->part_bytes : 0;

    for (size_t i = 0; i < reader->plane_count; i++) {
        struct plane *plane = &reader->planes[i];

        /* zeros, where libtiff leaves something out */
        plane->row = calloc(row, 1);
        plane->tiles = fields->tiled ? calloc(tiles, 1) : NULL;
        if (!plane->row || (fields->tiled && !plane->tiles))
            return tn_fail_nomem(err, row + tiles);
    }
    reader->samples = calloc(width * TIFF_MOST_CHANNELS, sizeof *reader->samples);
    reader->pixels = malloc(width * 4);
    if (!reader->samples || !reader->pixels)
        return tn_fail_nomem(err, width * 4);
    return TN_OK;
}

static enum tn_status read_tiles(const struct tiff_reader *reader, const struct plane *plane,
                                 size_t y, uint16_t sample, struct tn_error *err)
{
    const struct tiff_fields *fields = &reader->fields;
    const struct tiff_functions *tiff = plane->handle.tiff;
    TIFF *file = plane->handle.file;

    for (size_t i = 0; i < tiles_across(fields); i++) {
        const uint32_t x = (uint32_t)(i * fields->tile_width);
        const uint32_t tile = tiff->ComputeTile(file, x, (uint32_t)y, 0, sample);

        if (tiff->ReadEncodedTile(file, tile, plane->tiles + i * fields->part_bytes,
                                  (tmsize_t)fields->part_bytes) < 0)
            return tiff_handle_fail(&plane->handle, err);
    }
    return TN_OK;
}

/* The plane's next row, out of its tiles. */
static enum tn_status read_tiled_row(const struct tiff_reader *reader, const struct plane *plane,
                                     size_t y, uint16_t sample, struct tn_error *err)
{
    const struct tiff_fields *fields = &reader->fields;
    const size_t below = y % fields->part_rows, wide = fields->tile_row_bytes;

    if (below == 0)
        TN_TRY(read_tiles(reader, plane, y, sample, err));
    for (size_t start = 0, i = 0; start < fields->row_bytes; start += wide, i++) {
        const size_t left = fields->row_bytes - start;

        memcpy(plane->row + start, plane->tiles + i * fields->part_bytes + below * wide,
               left < wide ? left : wide);
    }
    return TN_OK;
}

/* Many faxes have fewer lines than they say, of which libtiff does not complain: the rest is
 * white. */
static bool fax_ends(const struct tiff_reader *reader, struct plane *plane)
{
    const struct tiff_fields *fields = &reader->fields;

    plane->ended =
        plane->handle.complaint[0] == '\0' && (fields->compression == COMPRESSION_CCITTRLE ||
                                               fields->compression == COMPRESSION_CCITTRLEW ||
                                               fields->compression == COMPRESSION_CCITTFAX3 ||
                                               fields->compression == COMPRESSION_CCITTFAX4);
    memset(plane->row, fields->format.colour == TIFF_INVERSE_GREY ? 0 : 0xFF, fields->row_bytes);
    return plane->ended;
}

static enum tn_status read_row(struct tiff_reader *reader, size_t y, struct tn_error *err)
{
    const struct tiff_fields *fields = &reader->fields;

    for (size_t i = 0; i < reader->plane_count; i++) {
        struct plane *plane = &reader->planes[i];
        const size_t colours = tiff_row_colours(fields->format.colour);
        const uint16_t sample =
            (uint16_t)(i < colours || !fields->separate ? i : fields->alpha_sample);

        if (fields->tiled)
            TN_TRY(read_tiled_row(reader, plane, y, sample, err));
        else if (!plane->ended &&
                 plane->handle.tiff->ReadScanline(plane->handle.file, plane->row, (uint32_t)y,
                                                  sample) < 0 &&
                 !fax_ends(reader, plane))
            return tiff_handle_fail(&plane->handle, err);
    }
    return TN_OK;
}

static void unpack_row(struct tiff_reader *reader)
{
    const struct tiff_fields *fields = &reader->fields;
    const size_t colours = tiff_row_colours(fields->format.colour);
    const size_t channels = colours + fields->format.alpha;

    for (size_t c = 0; c < channels; c++) {
        const size_t sample = c < colours ? c : fields->alpha_sample;
        const struct plane *plane = &reader->planes[fields->separate ? c : 0];

        tiff_row_unpack(&fields->format, plane->row, fields->separate ? 0 : sample,
                        fields->separate ? 1 : fields->samples, reader->samples + c, channels);
    }
}

static enum tn_status read_rows(struct tiff_reader *reader, struct tn_error *err)
{
    const struct tiff_fields *fields = &reader->fields;
    const size_t planes =
        fields->separate ? tiff_row_colours(fields->format.colour) + fields->format.alpha : 1;

    while (reader->plane_count < planes)
        TN_TRY(open_plane(reader, err));
    TN_TRY(reserve_rows(reader, err));
    for (size_t y = 0; y < fields->height; y++) {
        size_t channels;

        TN_TRY(read_row(reader, y, err));
        unpack_row(reader);
        channels = tiff_row_convert(&fields->format, reader->samples, reader->pixels);
        image_rows_put(&reader->rows, reader->pixels, channels);
    }
    return TN_OK;
}

/* ---- By libtiff's converter ---- */

static enum tn_status convert_parts(struct tiff_reader *reader, TIFFRGBAImage *converter,
                                    struct tn_error *err)
{
    const struct plane *plane = &reader->planes[0];
    const size_t width = reader->fields.format.width, height = reader->fields.height;
    const size_t rows = reader->fields.part_rows;

    reader->pixels = malloc(width * rows * sizeof(uint32_t));
    if (!reader->pixels)
        return tn_fail_nomem(err, width * rows * sizeof(uint32_t));
    converter->req_orientation = converter->orientation; /* it is turned as all pictures are */
    for (size_t y = 0; y < height; y += rows) {
        const size_t count = height - y < rows ? height - y : rows;

        converter->row_offset = (int)y;
        if (!plane->handle.tiff->RGBAImageGet(converter, (void *)reader->pixels, (uint32_t)width,
                                              (uint32_t)count))
            return tiff_handle_fail(&plane->handle, err);
        for (size_t i = 0; i < count; i++) /* R, G, B, A from the lowest byte on */
            image_rows_put(&reader->rows, reader->pixels + i * width * 4, 4);
    }
    return TN_OK;
}

static enum tn_status read_converted(struct tiff_reader *reader, struct tn_error *err)
{
    const struct plane *plane = &reader->planes[0];
    const struct image_source *source = reader->source;
    TIFFRGBAImage converter;
    enum tn_status status;
    char why[1024] = "";

    if (!plane->handle.tiff->RGBAImageBegin(&converter, plane->handle.file, 1, why))
        return tn_fail(err, TN_UNSUPPORTED, "%s: cannot read %s: %s", source->name, source->format,
                       why);
    status = convert_parts(reader, &converter, err);
    plane->handle.tiff->RGBAImageEnd(&converter);
    return status;
}

/* ---- A file ---- */

static enum tn_status set_profile(struct tiff_reader *reader, struct tn_error *err)
{
    const struct tiff_fields *fields = &reader->fields;
    const enum tiff_colour colour = fields->format.colour;
    const enum image_pixels pixels = colour == TIFF_CMYK ? IMAGE_CMYK
                                     : colour == TIFF_GREY || colour == TIFF_INVERSE_GREY
                                         ? IMAGE_GREY
                                         : IMAGE_RGB;

    return image_rows_set_profile(&reader->rows, fields->icc, fields->icc_size, pixels, err);
}

static enum tn_status tiff_decode(struct tiff_reader *reader, struct tn_error *err)
{
    const struct image_source *source = reader->source;
    const struct tiff_fields *fields = &reader->fields;

    TN_TRY(tiff_page_find(source, &reader->page, err));
    TN_TRY(image_check_size(source, reader->page.width, reader->page.height, 0,
                            reader->page.overhead, err));
    TN_TRY(open_plane(reader, err));
    TN_TRY(tiff_fields_read(&reader->planes[0].handle, &reader->fields, err));
    TN_TRY(tiff_fields_check(&reader->planes[0].handle, fields,
                             reader->page.overhead * (fields->separate ? TIFF_MOST_CHANNELS : 1),
                             err));
    TN_TRY(image_rows_init(&reader->rows, source, fields->format.width, fields->height,
                           fields->orientation, err));
    TN_TRY(set_profile(reader, err));
    return fields->by_libtiff ? read_converted(reader, err) : read_rows(reader, err);
}

enum tn_status image_tiff_decode(const struct image_source *source, struct image *ret_image,
                                 struct tn_error *err)
{
    struct tiff_reader reader = {.source = source};
    const enum tn_status status = tiff_decode(&reader, err);

    for (size_t i = 0; i < reader.plane_count; i++) {
        tiff_handle_close(&reader.planes[i].handle);
        free(reader.planes[i].row);
        free(reader.planes[i].tiles);
    }
    free(reader.samples);
    free(reader.pixels);
    if (status == TN_OK)
        *ret_image = image_rows_take(&reader.rows);
    image_rows_finish(&reader.rows);
    return status;
}
