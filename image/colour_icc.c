/* SPDX-License-Identifier: MIT */
/* ICC profiles (ICC.1:2022), read for their kind, their primaries and their curves.  Every read is
 * bounded; a profile in which something does not fit is none. */
#include "image/colour_private.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum {
    CLASS = 12,
    SPACE = 16,
    CONNECTION = 20,
    MAGIC = 36,
    TAGS = 128, /* their number; then name, offset and length of each */
    TAG_SIZE = 12,
    TYPE_SIZE = 8 /* the name of a tag's type, and zeros */
};

struct tag {
    const unsigned char *bytes;
    size_t size;
};

static uint32_t number(const unsigned char *bytes, size_t count)
{
    uint32_t value = 0;

    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* s15Fixed16Number. */
static double fixed(const unsigned char *bytes)
{
    return (int32_t)number(bytes, 4) / 65536.0;
}

bool colour_icc_fits(const unsigned char *icc, size_t size, enum image_pixels pixels)
{
    static const char spaces[][5] = {
        [IMAGE_RGB] = "RGB ", [IMAGE_GREY] = "GRAY", [IMAGE_CMYK] = "CMYK"};

    return size >= TAGS + 4 && memcmp(icc + MAGIC, "acsp", 4) == 0 &&
           memcmp(icc + SPACE, spaces[pixels], 4) == 0 &&
           (memcmp(icc + CLASS, "mntr", 4) == 0 || memcmp(icc + CLASS, "scnr", 4) == 0 ||
            memcmp(icc + CLASS, "prtr", 4) == 0 || memcmp(icc + CLASS, "spac", 4) == 0);
}

/* A tag with at least its type; its size is 0 when there is none. */
static struct tag find_tag(const unsigned char *icc, size_t size, const char *name)
{
    const size_t most = (size - TAGS - 4) / TAG_SIZE, said = number(icc + TAGS, 4);

    for (size_t i = 0; i < said && i < most; i++) {
        const unsigned char *entry = icc + TAGS + 4 + i * TAG_SIZE;
        const size_t offset = number(entry + 4, 4), length = number(entry + 8, 4);

        if (memcmp(entry, name, 4) == 0 && offset <= size && length <= size - offset &&
            length >= TYPE_SIZE)
            return (struct tag){icc + offset, length};
    }
    return (struct tag){0};
}

bool colour_icc_has_tables(const unsigned char *icc, size_t size)
{
    return find_tag(icc, size, "A2B0").size > 0 || find_tag(icc, size, "A2B1").size > 0;
}

static bool read_xyz(const unsigned char *icc, size_t size, const char *name, double xyz[3])
{
    const struct tag tag = find_tag(icc, size, name);

    if (tag.size < TYPE_SIZE + 12 || memcmp(tag.bytes, "XYZ ", 4) != 0)
        return false;
    for (size_t i = 0; i < 3; i++)
        xyz[i] = fixed(tag.bytes + TYPE_SIZE + 4 * i);
    return true;
}

static double power(double base, double exponent)
{
    return base > 0 ? pow(base, exponent) : 0;
}

/* parametricCurveType: which of five formulas, and its numbers g a b c d e f. */
static bool read_formula(const struct tag *tag, double light[IMAGE_VALUES])
{
    static const unsigned char counts[] = {1, 3, 4, 5, 7};
    enum { G, A, B, C, D, E, F };
    double p[7] = {1, 1};
    size_t kind;

    if (tag->size < TYPE_SIZE + 4)
        return false;
    kind = number(tag->bytes + TYPE_SIZE, 2);
    if (kind >= sizeof counts || tag->size < TYPE_SIZE + 4 + 4 * (size_t)counts[kind])
        return false;
    for (size_t i = 0; i < counts[kind]; i++)
        p[i] = fixed(tag->bytes + TYPE_SIZE + 4 + 4 * i);
    for (size_t v = 0; v < IMAGE_VALUES; v++) {
        const double x = (double)v / 255, above = power(p[A] * x + p[B], p[G]);

        if (kind < 3) /* c is added everywhere; b shows where the power begins */
            light[v] = above + (kind == 2 ? p[C] : 0);
        else
            light[v] = x >= p[D] ? above + p[E] : p[C] * x + p[F];
    }
    return true;
}

/* curveType: as it is, a power, or points at equal distances. */
static bool read_points(const struct tag *tag, double light[IMAGE_VALUES])
{
    const unsigned char *points = tag->bytes + TYPE_SIZE + 4;
    size_t count;

    if (tag->size < TYPE_SIZE + 4)
        return false;
    count = number(tag->bytes + TYPE_SIZE, 4);
    if (count > (tag->size - TYPE_SIZE - 4) / 2)
        return false;
    for (size_t v = 0; v < IMAGE_VALUES; v++) {
        const double x = (double)v / 255, at = x * (double)(count > 1 ? count - 1 : 0);
        const size_t i = (size_t)at, next = i + 1 < count ? i + 1 : i;

        if (count == 0)
            light[v] = x;
        else if (count == 1)
            light[v] = pow(x, number(points, 2) / 256.0);
        else
            light[v] = (number(points + 2 * i, 2) * ((double)i + 1 - at) +
                        number(points + 2 * next, 2) * (at - (double)i)) /
                       65535;
    }
    return true;
}

static bool read_curve(const unsigned char *icc, size_t size, const char *name,
                       double light[IMAGE_VALUES])
{
    const struct tag tag = find_tag(icc, size, name);

    if (tag.size == 0)
        return false;
    if (memcmp(tag.bytes, "para", 4) == 0)
        return read_formula(&tag, light);
    return memcmp(tag.bytes, "curv", 4) == 0 && read_points(&tag, light);
}

bool colour_icc_model(const unsigned char *icc, size_t size, enum image_pixels pixels,
                      struct colour_model *ret_model)
{
    static const char primaries[3][5] = {"rXYZ", "gXYZ", "bXYZ"};
    static const char curves[3][5] = {"rTRC", "gTRC", "bTRC"};
    struct colour_model model;

    if (pixels == IMAGE_CMYK || memcmp(icc + CONNECTION, "XYZ ", 4) != 0)
        return false;
    if (pixels == IMAGE_GREY && !colour_to_d50(&image_srgb_primaries, &model.to_d50))
        return false;
    for (size_t c = 0; c < 3; c++) {
        double xyz[3];

        if (!read_curve(icc, size, pixels == IMAGE_GREY ? "kTRC" : curves[c], model.light[c]))
            return false;
        if (pixels == IMAGE_GREY)
            continue;
        if (!read_xyz(icc, size, primaries[c], xyz))
            return false;
        for (size_t i = 0; i < 3; i++)
            model.to_d50.at[i][c] = xyz[i];
    }
    *ret_model = model;
    return true;
}
