/* SPDX-License-Identifier: MIT */
#include "image/colour_private.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* Light has LIGHT_BITS, and FRACTION more while it is summed up.  Entries of a matrix are less than
 * LARGEST, so that a sum of three fits an int32_t. */
enum { LIGHT_BITS = 14, WHITE = 1 << LIGHT_BITS, FRACTION = 8, LARGEST = 4 };

struct image_colour {
    void *tables; /* a transform of lcms2, owned; NULL: what follows */
    enum image_pixels pixels;
    int32_t light[3][IMAGE_VALUES][4]; /* of sRGB's red, green and blue, that a value makes */
    unsigned char value[WHITE + 1];    /* of light in sRGB */
};

double image_srgb_light(double value)
{
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

/* value[light] is the nearest: it changes where the light of a half value lies. */
static void fill_values(unsigned char value[WHITE + 1])
{
    int light = 0;

    for (int v = 0; v < IMAGE_VALUES; v++) {
        const double last = v < 255 ? WHITE * image_srgb_light((v + 0.5) / 255) : WHITE;

        for (; light <= last; light++)
            value[light] = (unsigned char)v;
    }
}

/* False when the model is none: the light is no number, or the primaries lie too far apart. */
static bool fill_colour(struct image_colour *colour, const struct colour_model *model)
{
    struct colour_matrix srgb, from_d50, matrix;

    if (!colour_to_d50(&image_srgb_primaries, &srgb) || !colour_invert(&srgb, &from_d50))
        return false;
    matrix = colour_multiply(&from_d50, &model->to_d50);
    for (size_t i = 0; i < 3; i++)
        for (size_t v = 0; v < IMAGE_VALUES; v++) {
            const double light = fmin(fmax(model->light[i][v], 0), 1);

            if (!isfinite(model->light[i][v]))
                return false;
            for (size_t c = 0; c < 3; c++) {
                if (!(fabs(matrix.at[c][i]) < LARGEST))
                    return false;
                colour->light[i][v][c] =
                    (int32_t)lround(ldexp(matrix.at[c][i] * light, LIGHT_BITS + FRACTION));
            }
        }
    fill_values(colour->value);
    return true;
}

static void convert_model(const struct image_colour *colour, unsigned char *out,
                          const unsigned char *in, size_t count)
{
    for (size_t i = 0; i < 3 * count; i += 3) {
        const int32_t *red = colour->light[0][in[i]], *green = colour->light[1][in[i + 1]],
                      *blue = colour->light[2][in[i + 2]];

        for (size_t c = 0; c < 3; c++) {
            const int32_t light = (red[c] + green[c] + blue[c] + (1 << (FRACTION - 1))) >> FRACTION;

            out[i + c] = colour->value[light < 0 ? 0 : light > WHITE ? WHITE : light];
        }
    }
}

void image_colour_convert(const struct image_colour *colour, unsigned char *out,
                          const unsigned char *in, size_t count)
{
    if (colour->tables)
        colour_tables_convert(colour->tables, out, in, count);
    else
        convert_model(colour, out, in, count);
}

void image_ink_to_rgb(unsigned char *out, const unsigned char *in, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const unsigned light = 255U - in[4 * i + 3];

        for (size_t c = 0; c < 3; c++)
            out[3 * i + c] = (unsigned char)(((255U - in[4 * i + c]) * light + 127) / 255);
    }
}

/* Whether no colour of a lattice, and no grey, changes by more than 1. */
static bool changes_nothing(const struct image_colour *colour)
{
    enum { SIDE = 9, STEP = 255 / (SIDE - 1), COLOURS = SIDE * SIDE * SIDE };
    unsigned char in[COLOURS + IMAGE_VALUES][3], out[COLOURS + IMAGE_VALUES][3];
    const bool grey = colour->pixels == IMAGE_GREY;

    if (colour->pixels == IMAGE_CMYK)
        return false;
    for (size_t i = 0; i < COLOURS; i++) {
        in[i][0] = (unsigned char)(i / SIDE / SIDE * STEP);
        in[i][1] = grey ? in[i][0] : (unsigned char)(i / SIDE % SIDE * STEP);
        in[i][2] = grey ? in[i][0] : (unsigned char)(i % SIDE * STEP);
    }
    for (size_t v = 0; v < IMAGE_VALUES; v++)
        in[COLOURS + v][0] = in[COLOURS + v][1] = in[COLOURS + v][2] = (unsigned char)v;
    image_colour_convert(colour, out[0], in[0], COLOURS + IMAGE_VALUES);
    for (size_t i = 0; i < COLOURS + IMAGE_VALUES; i++)
        for (size_t c = 0; c < 3; c++)
            if (abs(out[i][c] - in[i][c]) > 1)
                return false;
    return true;
}

/* A colour from a model or, of this profile, from tables; NULL where there is nothing to do. */
static struct image_colour *create(const struct colour_model *model, void *tables,
                                   enum image_pixels pixels)
{
    struct image_colour *colour = malloc(sizeof *colour);

    if (!colour) {
        colour_tables_destroy(tables);
        return NULL;
    }
    colour->tables = tables;
    colour->pixels = pixels;
    if ((tables || fill_colour(colour, model)) && !changes_nothing(colour))
        return colour;
    image_colour_destroy(colour);
    return NULL;
}

struct image_colour *image_colour_from_icc(const unsigned char *icc, size_t size,
                                           enum image_pixels pixels)
{
    struct colour_model model;
    void *tables = NULL;
    bool has_model;

    if (size > IMAGE_MOST_PROFILE || !colour_icc_fits(icc, size, pixels))
        return NULL;
    has_model = colour_icc_model(icc, size, pixels, &model);
    if (!has_model || colour_icc_has_tables(icc, size))
        tables = colour_tables_create(icc, size, pixels);
    return tables || has_model ? create(&model, tables, pixels) : NULL;
}

struct image_colour *image_colour_from_light(const struct image_primaries *primaries,
                                             const double light[IMAGE_VALUES])
{
    struct colour_model model;

    if (!colour_to_d50(primaries, &model.to_d50))
        return NULL;
    for (size_t c = 0; c < 3; c++)
        for (size_t v = 0; v < IMAGE_VALUES; v++)
            model.light[c][v] = light[v];
    return create(&model, NULL, IMAGE_RGB);
}

void image_colour_destroy(struct image_colour *colour)
{
    if (!colour)
        return;
    colour_tables_destroy(colour->tables);
    free(colour);
}

/* The bytes once more, and numbers of 8 bits in its tables as 16; lcms2 makes a table of 23^4 inks
 * of its own. */
size_t image_colour_bytes(size_t size)
{
    enum { OWN = 4 << 20 };

    return size == 0 ? 0 : OWN + 4 * (size < IMAGE_MOST_PROFILE ? size : IMAGE_MOST_PROFILE);
}
