/* SPDX-License-Identifier: MIT */
#include "image/plot.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const unsigned char plot_black[3] = {40, 40, 40}, plot_grey[3] = {225, 225, 225};

const unsigned char *plot_colour(size_t index)
{
    static const unsigned char colours[][3] = {{31, 119, 180}, {235, 110, 20}, {44, 150, 60},
                                               {200, 40, 50},  {130, 90, 180}, {120, 120, 120},
                                               {140, 90, 70},  {220, 110, 180}};

    return colours[index % (sizeof colours / sizeof colours[0])];
}

/* A place or a length that integers can hold, far beyond every picture where it was. */
static double within(double x)
{
    return fmin(fmax(x, -1e4), 1e4);
}

void plot_dot(struct image *image, double x, double y, double radius, const unsigned char colour[3])
{
    const int reach = (int)ceil(within(radius));

    if (isnan(x) || isnan(y) || isnan(radius))
        return;
    x = within(x);
    y = within(y);
    for (int v = (int)y - reach; v <= (int)y + reach; v++)
        for (int u = (int)x - reach; u <= (int)x + reach; u++)
            if (u >= 0 && v >= 0 && u < (int)image->width && v < (int)image->height &&
                hypot((double)u - x, (double)v - y) <= radius)
                memcpy(image->rgb + ((size_t)v * image->width + (size_t)u) * 3, colour, 3);
}

void plot_line(struct image *image, double x0, double y0, double x1, double y1, double radius,
               const unsigned char colour[3])
{
    int steps;

    if (isnan(x0) || isnan(y0) || isnan(x1) || isnan(y1))
        return;
    x0 = within(x0), y0 = within(y0), x1 = within(x1), y1 = within(y1);
    steps = (int)(2 * hypot(x1 - x0, y1 - y0)) + 1;
    for (int i = 0; i <= steps; i++)
        plot_dot(image, x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps, radius, colour);
}

/* Rows of three bits from the top, for the characters that labels need. */
static unsigned glyph(char c)
{
    static const char known[] = "0123456789.-/ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const unsigned short rows[] = {
        075557, 022222, 071747, 071717, 055711, 074717, 074757, 071111, 075757, 075717,
        000002, 000700, 011244, 075755, 065656, 074447, 065556, 074747, 074744, 074557,
        055755, 072227, 011157, 055655, 044447, 057755, 065555, 075557, 075744, 075571,
        065655, 074717, 072222, 055557, 055552, 055775, 055255, 055222, 071247};
    const char *found = c ? strchr(known, toupper((unsigned char)c)) : NULL;

    return found ? rows[found - known] : 0;
}

void plot_text(struct image *image, int x, int y, int size, const char *label,
               const unsigned char colour[3])
{
    for (; *label; label++, x += 4 * size)
        for (int bit = 0; bit < 15; bit++)
            if (glyph(*label) >> (14 - bit) & 1)
                for (int v = 0; v < size; v++)
                    for (int u = 0; u < size; u++)
                        plot_dot(image, x + bit % 3 * size + u, y + bit / 3 * size + v, 0.5,
                                 colour);
}

enum tn_status plot_create(struct image *image, size_t width, size_t height, struct tn_error *err)
{
    *image = (struct image){width, height, malloc(width * height * 3)};
    if (!image->rgb)
        return tn_fail_nomem(err, width * height * 3);
    memset(image->rgb, 255, width * height * 3);
    return TN_OK;
}
