/* SPDX-License-Identifier: MIT */
#include "train/fit/empty_private.h"

#include "image/plot.h"

#include <math.h>
#include <string.h>

/* ---- Chance ---- */

double empty_between(struct empty_canvas *c, double low, double high)
{
    return low + (high - low) * (double)tn_rng_uniform(&c->rng);
}

bool empty_chance(struct empty_canvas *c, double probability)
{
    return (double)tn_rng_uniform(&c->rng) < probability;
}

size_t empty_count(struct empty_canvas *c, size_t least, size_t most)
{
    return least + (size_t)tn_rng_below(&c->rng, most - least + 1);
}

void empty_pick_colour(struct empty_canvas *c, double low, double high, unsigned char colour[3])
{
    const bool grey = empty_chance(c, 0.5);

    for (int k = 0; k < 3; k++)
        colour[k] = k > 0 && grey ? colour[0] : (unsigned char)empty_between(c, low, high);
}

void empty_mix_colour(const unsigned char from[3], const unsigned char to[3], double x,
                      unsigned char colour[3])
{
    for (int k = 0; k < 3; k++)
        colour[k] = (unsigned char)(from[k] + (to[k] - from[k]) * x);
}

/* ---- Surfaces ---- */

void empty_fill(struct empty_canvas *c, const unsigned char colour[3])
{
    for (size_t i = 0; i < c->image.width * c->image.height; i++)
        memcpy(c->image.rgb + 3 * i, colour, 3);
}

void empty_put(struct empty_canvas *c, size_t x, size_t y, const float colour[3])
{
    for (int k = 0; k < 3; k++)
        c->image.rgb[(y * c->image.width + x) * 3 + (size_t)k] =
            (unsigned char)lrintf(fminf(fmaxf(colour[k], 0), 255));
}

void empty_take_paper(struct empty_canvas *c, double dark)
{
    const bool night = empty_chance(c, dark);

    memset(c->paper, 255, 3);
    if (night || empty_chance(c, 0.6))
        empty_pick_colour(c, night ? 0 : 205, night ? 50 : 255, c->paper);
    empty_pick_colour(c, night ? 150 : 0, night ? 255 : 90, c->ink);
    empty_fill(c, c->paper);
}

struct empty_area empty_page(const struct empty_canvas *c, double margin)
{
    const double width = (double)c->image.width, height = (double)c->image.height;

    return (struct empty_area){margin * width, margin * height, (1 - margin) * width,
                               (1 - margin) * height};
}

struct empty_area empty_part(const struct empty_area *area, size_t i, size_t count, bool down)
{
    const double from = (double)i / (double)count, to = (double)(i + 1) / (double)count;
    const double width = area->x1 - area->x0, height = area->y1 - area->y0;
    struct empty_area part = *area;

    if (down) {
        part.y0 = area->y0 + from * height;
        part.y1 = area->y0 + to * height;
    } else {
        part.x0 = area->x0 + from * width;
        part.x1 = area->x0 + to * width;
    }
    return part;
}

/* ---- Shapes ---- */

void empty_box(struct empty_canvas *c, const struct empty_area *area, const unsigned char colour[3])
{
    const size_t x1 = (size_t)fmin(fmax(area->x1, 0), (double)c->image.width);
    const size_t y1 = (size_t)fmin(fmax(area->y1, 0), (double)c->image.height);

    for (size_t y = (size_t)fmax(area->y0, 0); y < y1; y++)
        for (size_t x = (size_t)fmax(area->x0, 0); x < x1; x++)
            memcpy(c->image.rgb + (y * c->image.width + x) * 3, colour, 3);
}

void empty_line(struct empty_canvas *c, double x0, double y0, double x1, double y1, double radius,
                const unsigned char colour[3])
{
    plot_line(&c->image, x0, y0, x1, y1, radius, colour);
}

void empty_frame(struct empty_canvas *c, const struct empty_area *area, double radius,
                 const unsigned char colour[3])
{
    empty_line(c, area->x0, area->y0, area->x1, area->y0, radius, colour);
    empty_line(c, area->x1, area->y0, area->x1, area->y1, radius, colour);
    empty_line(c, area->x1, area->y1, area->x0, area->y1, radius, colour);
    empty_line(c, area->x0, area->y1, area->x0, area->y0, radius, colour);
}

/* ---- Text ---- */

void empty_words(struct empty_canvas *c, double x, double y, double size, double room,
                 const unsigned char colour[3])
{
    char line[160];
    size_t used = 0;

    while (used < sizeof line) {
        for (size_t letters = empty_count(c, 1, 9); letters > 0 && used < sizeof line; letters--)
            line[used++] = (char)('a' + (int)tn_rng_below(&c->rng, 26));
        if (used < sizeof line)
            line[used++] = " .(=_ "[tn_rng_below(&c->rng, 6)];
    }
    while (used > 0 && image_text_width(c->font, size, line, used) > room)
        used--;
    image_text_draw(&c->image, c->font, size, x, y, line, used, colour);
}

void empty_digits(struct empty_canvas *c, double x, double y, double size, size_t digits,
                  const unsigned char colour[3])
{
    char number[16];
    size_t used = 0;

    while (used < digits && used < sizeof number)
        number[used++] = (char)('0' + (int)tn_rng_below(&c->rng, 10));
    if (used > 2 && empty_chance(c, 0.5))
        number[used - 2] = '.';
    image_text_draw(&c->image, c->font, size, x, y, number, used, colour);
}
