/* SPDX-License-Identifier: MIT */
/* Decoded rows to the upright picture, reduced on the way where the caller wants a small one. */
#include "image/image_private.h"

#include <stdlib.h>
#include <string.h>

/* Sums of 255 over LARGEST_FACTOR^2 pixels fit 32 bits. */
enum { LARGEST_FACTOR = 4096, LEFT = 3 /* times the wanted side, at least */ };

size_t image_reduction(const struct image_source *source, size_t width, size_t height)
{
    const size_t wanted = source->options.wanted_side, side = width < height ? width : height;
    size_t factor = 1;

    while (wanted > 0 && factor < LARGEST_FACTOR && (side - 1) / (2 * factor) + 1 >= LEFT * wanted)
        factor *= 2;
    return factor;
}

void image_reduced_size(const struct image_source *source, size_t width, size_t height,
                        size_t *ret_width, size_t *ret_height)
{
    const size_t factor = image_reduction(source, width, height);

    *ret_width = (width - 1) / factor + 1;
    *ret_height = (height - 1) / factor + 1;
}

/* Across the rows: is the stored row counted from the far side, and the pixel in it? */
static bool has_far_rows(int orientation)
{
    return orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
}

static bool has_far_pixels(int orientation)
{
    return orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
}

/* What a side lacks of whole blocks. */
static size_t lack(size_t side, size_t factor)
{
    return (factor - side % factor) % factor;
}

enum tn_status image_rows_init(struct image_rows *rows, const struct image_source *source,
                               size_t width, size_t height, int orientation, struct tn_error *err)
{
    size_t reduced_width, reduced_height, bytes;

    *rows = (struct image_rows){.width = width,
                                .height = height,
                                .factor = image_reduction(source, width, height),
                                .orientation = orientation};
    if (has_far_pixels(orientation))
        rows->lack_across = lack(width, rows->factor);
    if (has_far_rows(orientation))
        rows->lack_down = lack(height, rows->factor);
    image_reduced_size(source, width, height, &reduced_width, &reduced_height);
    if (__builtin_mul_overflow(reduced_width, reduced_height, &bytes) ||
        __builtin_mul_overflow(bytes, 3, &bytes))
        return tn_fail(err, TN_RANGE, "%s: %zu x %zu pixels do not fit memory", source->name, width,
                       height);
    rows->image.width = orientation >= 5 ? reduced_height : reduced_width;
    rows->image.height = orientation >= 5 ? reduced_width : reduced_height;
    rows->image.rgb = malloc(bytes);
    if (rows->factor > 1) {
        rows->sums = calloc(reduced_width * 3, sizeof *rows->sums);
        rows->mean = malloc(reduced_width * 3);
    }
    if (rows->image.rgb && (rows->factor == 1 || (rows->sums && rows->mean)))
        return TN_OK;
    return tn_fail_nomem(err, bytes);
}

enum tn_status image_rows_set_colour(struct image_rows *rows, struct image_colour *colour,
                                     enum image_pixels pixels, struct tn_error *err)
{
    rows->colour = colour;
    rows->pixels = pixels;
    if (pixels != IMAGE_CMYK && (!colour || rows->factor > 1))
        return TN_OK; /* the rows of means are converted where they are */
    rows->converted = malloc(rows->width * 3);
    return rows->converted ? TN_OK : tn_fail_nomem(err, rows->width * 3);
}

enum tn_status image_rows_set_profile(struct image_rows *rows, const unsigned char *icc,
                                      size_t size, enum image_pixels pixels, struct tn_error *err)
{
    return image_rows_set_colour(rows, image_colour_from_icc(icc, size, pixels), pixels, err);
}

struct image image_rows_take(struct image_rows *rows)
{
    const struct image image = rows->image;

    rows->image = (struct image){0};
    return image;
}

void image_rows_finish(struct image_rows *rows)
{
    image_finish(&rows->image);
    free(rows->sums);
    free(rows->mean);
    free(rows->converted);
    image_colour_destroy(rows->colour);
    *rows = (struct image_rows){0};
}

/* value over white: (value * alpha + 255 * (255 - alpha)) / 255, rounded. */
static unsigned char over_white(unsigned value, unsigned alpha)
{
    return (unsigned char)((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

void image_premultiplied_over_white(unsigned char *row, size_t width)
{
    for (size_t x = 0; x < width; x++)
        for (size_t c = 0; c < 3; c++) {
            const unsigned value = row[4 * x + c] + (255U - row[4 * x + 3]);

            row[3 * x + c] = (unsigned char)(value < 255 ? value : 255);
        }
}

/* Puts row y of the stored picture, as reduced, in its upright place. */
static void place(struct image_rows *rows, size_t y, const unsigned char *pixels, size_t channels)
{
    struct image *image = &rows->image;
    const bool turned = rows->orientation >= 5;
    const size_t count = turned ? image->height : image->width; /* pixels in the stored row */
    const size_t last = (turned ? image->width : image->height) - 1;
    const bool far_pixel = has_far_pixels(rows->orientation);
    const size_t row = has_far_rows(rows->orientation) ? last - y : y;
    const size_t first = far_pixel ? count - 1 : 0;
    const ptrdiff_t step = (turned ? (ptrdiff_t)image->width : 1) * (far_pixel ? -3 : 3);
    unsigned char *out =
        image->rgb + 3 * (turned ? first * image->width + row : row * image->width + first);

    if (rows->orientation == 1 && channels == 3) {
        memcpy(out, pixels, 3 * count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const unsigned char *pixel = pixels + i * channels;
        unsigned char *place = out + (ptrdiff_t)i * step;
        const unsigned alpha = channels == 4 ? pixel[3] : 255;

        for (size_t c = 0; c < 3; c++)
            place[c] = alpha == 255 ? pixel[c] : over_white(pixel[c], alpha);
    }
}

/* Where a block ends that begins at `start`: the first lacks pixels, the last ends with the side.
 */
static size_t block_end(size_t start, size_t side, size_t factor, size_t lacking)
{
    const size_t end = start + factor - (start == 0 ? lacking : 0);

    return end < side ? end : side;
}

/* sums[reduced width][3] += the row, `factor` pixels to one. */
static void add_row(struct image_rows *rows, const unsigned char *pixels, size_t channels)
{
    uint32_t *sum = rows->sums;

    for (size_t x = 0; x < rows->width; sum += 3) {
        const size_t end = block_end(x, rows->width, rows->factor, rows->lack_across);

        for (; x < end; x++) {
            const unsigned char *pixel = pixels + x * channels;
            const unsigned alpha = channels == 4 ? pixel[3] : 255;

            for (size_t c = 0; c < 3; c++)
                sum[c] += alpha == 255 ? pixel[c] : over_white(pixel[c], alpha);
        }
    }
}

/* The means of `count` rows, of fewer pixels where an edge cuts a block; the sums start again. */
static void take_mean(struct image_rows *rows, size_t count)
{
    uint32_t *sum = rows->sums;
    unsigned char *mean = rows->mean;

    for (size_t x = 0, end; x < rows->width; x = end) {
        uint32_t pixels;

        end = block_end(x, rows->width, rows->factor, rows->lack_across);
        pixels = (uint32_t)((end - x) * count);

        for (size_t c = 0; c < 3; c++) {
            *mean++ = (unsigned char)((*sum + pixels / 2) / pixels);
            *sum++ = 0;
        }
    }
}

/* rows->converted = the row of ink as sRGB. */
static void convert_ink(struct image_rows *rows, const unsigned char *ink)
{
    if (rows->colour)
        image_colour_convert(rows->colour, rows->converted, ink, rows->width);
    else
        image_ink_to_rgb(rows->converted, ink, rows->width);
}

/* rows->converted = the row as sRGB, over white. */
static void convert_light(struct image_rows *rows, const unsigned char *pixels, size_t channels)
{
    unsigned char *out = rows->converted;

    if (channels == 4) {
        for (size_t i = 0; i < rows->width; i++)
            for (size_t c = 0; c < 3; c++)
                out[3 * i + c] = over_white(pixels[4 * i + c], pixels[4 * i + 3]);
        pixels = out;
    }
    image_colour_convert(rows->colour, out, pixels, rows->width);
}

/* Means are converted, rather than what they are of: there are fewer, and to tell the two apart
 * takes a measurement.  Ink has no mean before it is light. */
void image_rows_put(struct image_rows *rows, const unsigned char *pixels, size_t channels)
{
    const size_t y = rows->put++;

    if (rows->converted) {
        if (rows->pixels == IMAGE_CMYK)
            convert_ink(rows, pixels);
        else
            convert_light(rows, pixels, channels);
        pixels = rows->converted;
        channels = 3;
    }
    if (rows->factor == 1) {
        place(rows, y, pixels, channels);
        return;
    }
    add_row(rows, pixels, channels);
    if (rows->put != block_end(rows->block_start, rows->height, rows->factor, rows->lack_down))
        return;
    take_mean(rows, rows->put - rows->block_start);
    rows->block_start = rows->put;
    if (rows->colour && rows->pixels != IMAGE_CMYK)
        image_colour_convert(rows->colour, rows->mean, rows->mean,
                             (rows->width - 1) / rows->factor + 1);
    place(rows, rows->blocks++, rows->mean, 3);
}

enum tn_status image_from_decoded(const struct image_source *source,
                                  const struct image_decoded *decoded, struct image *ret_image,
                                  struct tn_error *err)
{
    struct image_rows rows;
    enum tn_status status =
        image_rows_init(&rows, source, decoded->width, decoded->height, decoded->orientation, err);

    if (status == TN_OK)
        status = image_rows_set_profile(&rows, decoded->icc, decoded->icc_size, IMAGE_RGB, err);
    if (status == TN_OK) {
        for (size_t y = 0; y < decoded->height; y++)
            image_rows_put(&rows, decoded->pixels + y * decoded->stride, decoded->channels);
        *ret_image = image_rows_take(&rows);
    }
    image_rows_finish(&rows);
    return status;
}
