/* SPDX-License-Identifier: MIT */
/*
 * Resizing in exact integers.  Along an axis of `in` samples that becomes `out`, both filters have
 * whole weights over a common denominator `sum`:
 *
 *   area (out <= in): output i covers [i * in, (i + 1) * in) where input k covers [k * out, (k + 1)
 * * out); a weight is the length of the overlap, sum = in; bilinear (out > in): output i samples at
 * ((2 i + 1) in - out) / (2 out) input units from the first sample's centre; weights 2 out -
 * fraction and fraction, sum = 2 out.
 *
 * In both only the first and the last of the inputs have weights of their own, so a row costs
 * additions, and one multiplication a sum.
 */
#include "image/image.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SIDE = 1 << 23 }; /* 255 * 2 * MAX_SIDE fits 32 bits */

/* One output: inputs first..last, the inner ones all of weight `middle`; first == last: only
 * w_first. */
struct tap {
    uint32_t first, last;
    uint32_t w_first, middle, w_last;
};

static struct tap area_tap(size_t i, size_t in, size_t out)
{
    const size_t begin = i * in, end = begin + in;
    struct tap tap = {.first = (uint32_t)(begin / out),
                      .last = (uint32_t)((end - 1) / out),
                      .middle = (uint32_t)out};

    tap.w_first = (uint32_t)((size_t)(tap.first + 1) * out - begin);
    tap.w_last = (uint32_t)(end - (size_t)tap.last * out);
    if (tap.first == tap.last)
        tap.w_first = (uint32_t)in; /* out == in */
    return tap;
}

static struct tap bilinear_tap(size_t i, size_t in, size_t out)
{
    const size_t unit = 2 * out;
    const size_t shifted = (2 * i + 1) * in;
    const size_t position = shifted > out ? shifted - out : 0; /* the edge is repeated */
    const size_t first = position / unit, fraction = position % unit;
    struct tap tap = {.first = (uint32_t)first, .last = (uint32_t)first, .w_first = (uint32_t)unit};

    if (fraction != 0 && first + 1 < in) {
        tap.last++;
        tap.w_first = (uint32_t)(unit - fraction);
        tap.w_last = (uint32_t)fraction;
    }
    return tap;
}

static struct tap make_tap(size_t i, size_t in, size_t out)
{
    return out <= in ? area_tap(i, in, out) : bilinear_tap(i, in, out);
}

/* out[count] = the weighted sum of the rows that the tap names. */
static void sum_rows(uint32_t *restrict out, const unsigned char *restrict rows, size_t count,
                     const struct tap *tap)
{
    const unsigned char *row = rows + tap->first * count;

    memset(out, 0, count * sizeof *out);
    for (uint32_t k = tap->first + 1; k < tap->last; k++) {
        const unsigned char *inner = rows + k * count;

        for (size_t i = 0; i < count; i++)
            out[i] += inner[i];
    }
    if (tap->last > tap->first) {
        const unsigned char *end = rows + tap->last * count;

        for (size_t i = 0; i < count; i++)
            out[i] = out[i] * tap->middle + end[i] * tap->w_last;
    }
    for (size_t i = 0; i < count; i++)
        out[i] += row[i] * tap->w_first;
}

/*
 * out[3] = the weighted sum of the pixels that the tap names, divided by `sum` and rounded half up.
 * (total + sum / 2 + 1/2) / sum lies at least 1/2 / sum away from the next whole number, which is
 * far more than the error of the product in double (sum < 2^42), so the cut is exact.
 */
static void sum_pixels(unsigned char *out, const uint32_t *pixels, const struct tap *tap,
                       uint64_t sum)
{
    const double scale = 1.0 / (double)sum;
    const uint32_t *first = pixels + (size_t)tap->first * 3, *last = pixels + (size_t)tap->last * 3;
    uint64_t total[3] = {0, 0, 0};

    if (last > first) {
        for (const uint32_t *pixel = first + 3; pixel < last; pixel += 3)
            for (size_t c = 0; c < 3; c++)
                total[c] += pixel[c];
        for (size_t c = 0; c < 3; c++)
            total[c] = total[c] * tap->middle + (uint64_t)last[c] * tap->w_last;
    }
    for (size_t c = 0; c < 3; c++) {
        total[c] += (uint64_t)first[c] * tap->w_first + sum / 2;
        out[c] = (unsigned char)(int)(((double)(int64_t)total[c] + 0.5) * scale);
    }
}

enum tn_status image_resize(const struct image *image, size_t width, size_t height,
                            unsigned char *rgb, struct tn_error *err)
{
    const size_t largest_in = image->width > image->height ? image->width : image->height;
    const size_t largest_out = width > height ? width : height;
    const size_t count = image->width * 3;
    uint32_t *row;
    struct tap *taps;
    uint64_t sum;

    if (image->width == 0 || image->height == 0 || width == 0 || height == 0 ||
        largest_in > MAX_SIDE || largest_out > MAX_SIDE)
        return tn_fail(err, TN_RANGE, "cannot resize %zu x %zu pixels to %zu x %zu", image->width,
                       image->height, width, height);
    sum = (uint64_t)(width <= image->width ? image->width : 2 * width) *
          (height <= image->height ? image->height : 2 * height);
    if (sum >> 42)
        return tn_fail(err, TN_RANGE, "cannot resize %zu x %zu pixels to %zu x %zu", image->width,
                       image->height, width, height);
    row = malloc(count * sizeof *row);
    taps = malloc(width * sizeof *taps);
    if (!row || !taps) {
        free(row);
        free(taps);
        return tn_fail_nomem(err, count * sizeof *row + width * sizeof *taps);
    }
    for (size_t x = 0; x < width; x++)
        taps[x] = make_tap(x, image->width, width);
    for (size_t y = 0; y < height; y++) {
        const struct tap tap = make_tap(y, image->height, height);

        sum_rows(row, image->rgb, count, &tap);
        for (size_t x = 0; x < width; x++)
            sum_pixels(rgb + (y * width + x) * 3, row, &taps[x], sum);
    }
    free(row);
    free(taps);
    return TN_OK;
}

void image_mirror(unsigned char *rgb, size_t width, size_t height)
{
    for (size_t y = 0; y < height; y++) {
        unsigned char *row = rgb + y * width * 3;

        for (size_t left = 0, right = width; left + 1 < right; left++, right--) {
            unsigned char pixel[3];

            memcpy(pixel, row + 3 * left, 3);
            memcpy(row + 3 * left, row + 3 * (right - 1), 3);
            memcpy(row + 3 * (right - 1), pixel, 3);
        }
    }
}
