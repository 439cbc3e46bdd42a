/* SPDX-License-Identifier: MIT */
/*
 * PNG through libpng: every depth and colour type becomes 8-bit RGB or RGBA.  Rows go straight to
 * their upright place; only an interlaced file is held whole first.
 */
#include "image/image_private.h"

#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

/* All state lives here, so that a longjmp loses nothing. */
struct png_reader {
    png_structp codec;
    png_infop info;
    const struct image_source *source;
    size_t position; /* in the source's bytes */
    enum tn_status status;
    struct tn_error *err;
    int orientation;
    struct image_rows rows;
    unsigned char *pixels; /* a row, or all of an interlaced picture */
    png_bytep *starts;     /* of the rows of an interlaced picture */
};

static void on_read_error(png_structp codec, png_const_charp text)
{
    struct png_reader *reader = png_get_error_ptr(codec);

    reader->status =
        tn_fail(reader->err, TN_FORMAT, "%s: cannot read PNG: %s", reader->source->name, text);
    png_longjmp(codec, 1);
}

static void on_read_warning(png_structp codec, png_const_charp text)
{
    (void)codec;
    (void)text;
}

static void feed_bytes(png_structp codec, png_bytep out, size_t count)
{
    struct png_reader *reader = png_get_io_ptr(codec);

    if (count > reader->source->size - reader->position)
        png_error(codec, "the file is truncated");
    memcpy(out, reader->source->bytes + reader->position, count);
    reader->position += count;
}

/* Of the chunks that are not needed for pixels, texts and the like, most are only mentioned: some
 * unpack to megabytes.  Those that say what the colours mean are read. */
static void choose_chunks(png_structp codec)
{
    static const unsigned char colours[] = "iCCP\0sRGB\0gAMA\0cHRM";

    png_set_keep_unknown_chunks(codec, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_keep_unknown_chunks(codec, PNG_HANDLE_CHUNK_AS_DEFAULT, colours, sizeof colours / 5);
    png_set_chunk_malloc_max(codec, IMAGE_MOST_PROFILE);
}

/* From gAMA and cHRM; NULL where they are sRGB's, or not there. */
static struct image_colour *colour_of_gamma(png_structp codec, png_infop info)
{
    struct image_primaries primaries = image_srgb_primaries;
    double light[IMAGE_VALUES], gamma, (*xy)[2] = primaries.xy;
    bool usual;

    if (!png_get_gAMA(codec, info, &gamma) || !(gamma > 0.1 && gamma < 10))
        return NULL;
    /* So writers that mean sRGB say it. */
    usual = fabs(gamma * 2.2 - 1) < 0.02;
    for (size_t v = 0; v < IMAGE_VALUES; v++)
        light[v] = usual ? image_srgb_light((double)v / 255) : pow((double)v / 255, 1 / gamma);
    (void)png_get_cHRM(codec, info, &xy[3][0], &xy[3][1], &xy[0][0], &xy[0][1], &xy[1][0],
                       &xy[1][1], &xy[2][0], &xy[2][1]);
    return image_colour_from_light(&primaries, light);
}

static size_t profile_size(const struct png_reader *reader)
{
    png_bytep icc;
    png_charp name;
    png_uint_32 size = 0;
    int method;

    (void)png_get_iCCP(reader->codec, reader->info, &name, &method, &icc, &size);
    return size;
}

/* What counts first of cICP, iCCP, sRGB, and gAMA with cHRM ("PNG Specification, third edition",
 * 4.3). */
static enum tn_status set_colour(struct png_reader *reader)
{
    const bool grey = !(png_get_color_type(reader->codec, reader->info) & PNG_COLOR_MASK_COLOR);
    const struct image_source *source = reader->source;
    size_t size;
    const unsigned char *codes = image_png_chunk(source->bytes, source->size, "cICP", &size);
    struct image_colour *colour = NULL;
    png_bytep icc;
    png_charp name;
    png_uint_32 icc_size;
    int method;

    if (codes && size == 4)
        colour = image_colour_from_codes(codes[0], codes[1]);
    else if (png_get_iCCP(reader->codec, reader->info, &name, &method, &icc, &icc_size))
        return image_rows_set_profile(&reader->rows, icc, icc_size, grey ? IMAGE_GREY : IMAGE_RGB,
                                      reader->err);
    else if (!png_get_sRGB(reader->codec, reader->info, &method))
        colour = colour_of_gamma(reader->codec, reader->info);
    return image_rows_set_colour(&reader->rows, colour, IMAGE_RGB, reader->err);
}

/* Asks for 8-bit RGB or RGBA; returns the number of channels. */
static size_t transform(struct png_reader *reader)
{
    png_set_expand(reader->codec);
    png_set_scale_16(reader->codec);
    png_set_gray_to_rgb(reader->codec);
    png_read_update_info(reader->codec, reader->info);
    return png_get_channels(reader->codec, reader->info);
}

static enum tn_status read_interlaced(struct png_reader *reader, size_t height, size_t stride,
                                      size_t channels)
{
    reader->pixels = malloc(height * stride);
    reader->starts = malloc(height * sizeof *reader->starts);
    if (!reader->pixels || !reader->starts)
        return tn_fail_nomem(reader->err, height * stride);
    for (size_t y = 0; y < height; y++)
        reader->starts[y] = reader->pixels + y * stride;
    png_read_image(reader->codec, reader->starts);
    for (size_t y = 0; y < height; y++)
        image_rows_put(&reader->rows, reader->starts[y], channels);
    return TN_OK;
}

static enum tn_status read_straight(struct png_reader *reader, size_t height, size_t stride,
                                    size_t channels)
{
    reader->pixels = malloc(stride);
    if (!reader->pixels)
        return tn_fail_nomem(reader->err, stride);
    for (size_t y = 0; y < height; y++) {
        png_read_row(reader->codec, reader->pixels, NULL);
        image_rows_put(&reader->rows, reader->pixels, channels);
    }
    return TN_OK;
}

static enum tn_status png_decode(struct png_reader *reader)
{
    png_structp codec = reader->codec;
    size_t width, height, channels;
    bool interlaced;

    if (setjmp(png_jmpbuf(codec)))
        return reader->status;
    png_set_read_fn(codec, reader, feed_bytes);
    choose_chunks(codec);
    png_set_user_limits(codec, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* image_check_size limits */
    png_read_info(codec, reader->info);
    width = png_get_image_width(codec, reader->info);
    height = png_get_image_height(codec, reader->info);
    interlaced = png_get_interlace_type(codec, reader->info) != PNG_INTERLACE_NONE;
    /* libpng keeps two rows of up to 8 bytes per pixel. */
    TN_TRY(image_check_size(reader->source, width, height, interlaced ? 4 : 0,
                            32 * width + (interlaced ? height * sizeof *reader->starts : 0) +
                                image_colour_bytes(profile_size(reader)),
                            reader->err));
    channels = transform(reader);
    TN_TRY(image_rows_init(&reader->rows, reader->source, width, height, reader->orientation,
                           reader->err));
    TN_TRY(set_colour(reader));
    TN_TRY(
        (interlaced ? read_interlaced : read_straight)(reader, height, width * channels, channels));
    png_read_end(codec, NULL);
    return TN_OK;
}

enum tn_status image_png_decode(const struct image_source *source, struct image *ret_image,
                                struct tn_error *err)
{
    struct png_reader reader = {.source = source, .err = err};
    enum tn_status status;

    reader.orientation = image_png_orientation(source->bytes, source->size);
    reader.codec =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_read_error, on_read_warning);
    reader.info = reader.codec ? png_create_info_struct(reader.codec) : NULL;
    if (reader.info)
        status = png_decode(&reader);
    else
        status = tn_fail(err, TN_NOMEM, "out of memory for a PNG decoder");
    png_destroy_read_struct(&reader.codec, &reader.info, NULL);
    free(reader.pixels);
    free(reader.starts);
    if (status == TN_OK)
        *ret_image = image_rows_take(&reader.rows);
    image_rows_finish(&reader.rows);
    return status;
}
