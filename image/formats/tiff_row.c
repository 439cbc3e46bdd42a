/* SPDX-License-Identifier: MIT */
#include "image/formats/tiff_row.h"

#include "image/image_private.h"

#include <math.h>
#include <string.h>

enum { WHITE = 65535 };

size_t tiff_row_colours(enum tiff_colour colour)
{
    switch (colour) {
    case TIFF_GREY:
    case TIFF_INVERSE_GREY:
    case TIFF_PALETTE:
        return 1;
    case TIFF_CMYK:
        return 4;
    default:
        return 3;
    }
}

bool tiff_row_supports(const struct tiff_row_format *format)
{
    const unsigned bits = format->bits;

    if (format->numbers == TIFF_ROW_FLOAT)
        return bits == 16 || bits == 32 || bits == 64;
    if (format->colour == TIFF_LAB || format->colour == TIFF_ICC_LAB)
        return bits == 8 || bits == 16;
    if (format->colour == TIFF_PALETTE)
        return bits >= 1 && bits <= 16;
    return (bits >= 1 && bits <= 16) || bits == 24 || bits == 32 || bits == 64;
}

/* ---- Samples ---- */

/* IEEE 754 binary16. */
static double half_value(uint16_t half)
{
    const int exponent = half >> 10 & 31, fraction = half & 1023;
    const double value = exponent == 0    ? ldexp(fraction, -24)
                         : exponent == 31 ? (fraction ? 0 : HUGE_VAL)
                                          : ldexp(1024 + fraction, exponent - 25);

    return half >> 15 ? -value : value;
}

/* 1.0 is white, as for programs that show such files; what is no number is black. */
static uint16_t float_sample(const unsigned char *bytes, unsigned bits)
{
    uint16_t half;
    float single;
    double value;

    if (bits == 16) {
        memcpy(&half, bytes, sizeof half);
        value = half_value(half);
    } else if (bits == 32) {
        memcpy(&single, bytes, sizeof single);
        value = (double)single;
    } else {
        memcpy(&value, bytes, sizeof value);
    }
    if (!(value > 0))
        return 0;
    return value < 1 ? (uint16_t)lrint(value * WHITE) : WHITE;
}

/* The upper 16 bits of a whole number in the machine's byte order, which is little-endian. */
static uint16_t upper_bits(const unsigned char *bytes, unsigned bits)
{
    const size_t last = bits / 8 - 1;

    return (uint16_t)(bytes[last] << 8 | bytes[last - 1]);
}

/* Sample `index` of samples with so many bits, packed from the highest bit of each byte on. */
static unsigned packed_bits(const unsigned char *bytes, size_t index, unsigned bits)
{
    const size_t start = index * bits;
    unsigned value = 0;

    for (size_t bit = start; bit < start + bits; bit++)
        value = value << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1U);
    return value;
}

static uint16_t whole_sample(const unsigned char *bytes, size_t index, unsigned bits, bool scaled)
{
    if (bits == 8)
        return (uint16_t)(bytes[index] * (scaled ? 257U : 1U));
    if (bits >= 16)
        return upper_bits(bytes + index * bits / 8, bits);
    if (!scaled)
        return (uint16_t)packed_bits(bytes, index, bits);
    return (uint16_t)(packed_bits(bytes, index, bits) * (unsigned)WHITE / ((1U << bits) - 1));
}

void tiff_row_unpack(const struct tiff_row_format *format, const unsigned char *bytes, size_t first,
                     size_t step, uint16_t *out, size_t channels)
{
    const bool scaled = format->colour != TIFF_PALETTE;

    for (size_t x = 0; x < format->width; x++) {
        const size_t index = x * step + first;

        if (format->numbers == TIFF_ROW_FLOAT)
            out[x * channels] = float_sample(bytes + index * format->bits / 8, format->bits);
        else
            out[x * channels] = whole_sample(bytes, index, format->bits, scaled);
        if (format->numbers == TIFF_ROW_SIGNED) /* the least becomes 0 */
            out[x * channels] ^= 0x8000;
    }
}

/* ---- Colours ---- */

static unsigned char to_byte(unsigned sample)
{
    return (unsigned char)((sample * 255 + 32895) >> 16); /* sample / 257, rounded */
}

void tiff_row_fill_gamma(struct tiff_row_format *format)
{
    for (int i = 0; i <= TIFF_GAMMA; i++) {
        const double linear = (double)i / TIFF_GAMMA;
        const double value =
            linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;

        format->gamma[i] = (unsigned char)lrint(value * 255);
    }
}

static unsigned char gamma_byte(const struct tiff_row_format *format, double linear)
{
    if (!(linear > 0))
        return 0;
    return format->gamma[linear < 1 ? (int)(linear * TIFF_GAMMA + 0.5) : TIFF_GAMMA];
}

static double lab_inverse(double t)
{
    return t > 6.0 / 29 ? t * t * t : 3 * 36.0 / 841 * (t - 4.0 / 29);
}

/* CIE L*a*b* with the white of D50, which Photoshop writes, to sRGB. */
static void lab_to_rgb(const struct tiff_row_format *format, double l, double a, double b,
                       unsigned char *rgb)
{
    const double fy = (l + 16) / 116;
    const double x = 0.9642 * lab_inverse(fy + a / 500), y = lab_inverse(fy);
    const double z = 0.8249 * lab_inverse(fy - b / 200);

    rgb[0] = gamma_byte(format, 3.1338561 * x - 1.6168667 * y - 0.4906146 * z);
    rgb[1] = gamma_byte(format, -0.9787684 * x + 1.9161415 * y + 0.0334540 * z);
    rgb[2] = gamma_byte(format, 0.0719453 * x - 0.2289914 * y + 1.4052427 * z);
}

/* A sample of a or b: 8 bits were widened to 16 by repeating them. */
static double lab_axis(const struct tiff_row_format *format, uint16_t sample)
{
    const int value = format->bits == 8 ? sample & 0xFF00 : sample;

    if (format->colour == TIFF_ICC_LAB)
        return value / 256.0 - 128;
    return (value < 0x8000 ? value : value - 0x10000) / 256.0;
}

static void pixel_to_rgb(const struct tiff_row_format *format, const uint16_t *samples,
                         unsigned char *rgb)
{
    switch (format->colour) {
    case TIFF_GREY:
    case TIFF_INVERSE_GREY:
        rgb[0] = to_byte(format->colour == TIFF_GREY ? samples[0] : (unsigned)WHITE - samples[0]);
        rgb[1] = rgb[2] = rgb[0];
        break;
    case TIFF_PALETTE:
        for (size_t c = 0; c < 3; c++)
            rgb[c] =
                to_byte(format->palette[c][samples[0]] * (format->shallow_palette ? 257U : 1U));
        break;
    case TIFF_LAB:
    case TIFF_ICC_LAB:
        lab_to_rgb(format, samples[0] * 100.0 / WHITE, lab_axis(format, samples[1]),
                   lab_axis(format, samples[2]), rgb);
        break;
    default:
        for (size_t c = 0; c < 3; c++)
            rgb[c] = to_byte(samples[c]);
    }
}

/* Four amounts of ink.  Over white, less opacity is less ink. */
static size_t convert_ink(const struct tiff_row_format *format, const uint16_t *samples,
                          unsigned char *pixels)
{
    const size_t channels = 4 + format->alpha;

    for (size_t x = 0; x < format->width; x++, samples += channels)
        for (size_t c = 0; c < 4; c++) {
            const unsigned ink = to_byte(samples[c]);
            const bool shared = format->alpha && !format->premultiplied;

            pixels[4 * x + c] =
                (unsigned char)(shared ? (ink * to_byte(samples[4]) + 127) / 255 : ink);
        }
    return 4;
}

size_t tiff_row_convert(const struct tiff_row_format *format, const uint16_t *samples,
                        unsigned char *pixels)
{
    const size_t colours = tiff_row_colours(format->colour), channels = colours + format->alpha;
    const size_t made = format->alpha ? 4 : 3;

    if (format->colour == TIFF_CMYK)
        return convert_ink(format, samples, pixels);
    for (size_t x = 0; x < format->width; x++) {
        pixel_to_rgb(format, samples + x * channels, pixels + x * made);
        if (format->alpha)
            pixels[x * made + 3] = to_byte(samples[x * channels + colours]);
    }
    if (!format->premultiplied)
        return made;
    image_premultiplied_over_white(pixels, format->width);
    return 3;
}
