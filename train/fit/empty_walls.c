/* SPDX-License-Identifier: MIT */
/* Surfaces with nothing on them. */
#include "train/fit/empty_private.h"

#include <math.h>

void empty_draw_plain(struct empty_canvas *c)
{
    unsigned char colour[3];

    empty_pick_colour(c, 0, 255, colour);
    empty_fill(c, colour);
}

/* Blotches: normal numbers on a grid of cells of `side` pixels, linear between them. */
struct blotches {
    float side, grid[EMPTY_MOST_SIDE / 4 + 2][EMPTY_MOST_SIDE / 4 + 2]; /* side is 4 or more */
};

static void fill_blotches(struct blotches *blotches, struct empty_canvas *c)
{
    blotches->side = 4 * powf(30, tn_rng_uniform(&c->rng));
    for (size_t y = 0; y < EMPTY_MOST_SIDE / 4 + 2; y++)
        for (size_t x = 0; x < EMPTY_MOST_SIDE / 4 + 2; x++)
            blotches->grid[y][x] = tn_rng_normal(&c->rng);
}

static float blotch(const struct blotches *blotches, size_t x, size_t y)
{
    const float u = (float)x / blotches->side, v = (float)y / blotches->side;
    const size_t i = (size_t)u, j = (size_t)v;
    const float right = u - (float)i, below = v - (float)j;
    const float *above = blotches->grid[j] + i, *under = blotches->grid[j + 1] + i;

    return (above[0] * (1 - right) + above[1] * right) * (1 - below) +
           (under[0] * (1 - right) + under[1] * right) * below;
}

/* Light that falls off along a line or around a point, from one colour to another. */
struct light {
    bool round;
    float x, y, along_x, along_y, from[3], to[3];
};

static void cast_light(struct light *light, struct empty_canvas *c)
{
    const bool one_colour = empty_chance(c, 0.6);
    const double angle = empty_between(c, 0, 6.2832), fall = empty_between(c, 0.2, 0.9);
    unsigned char from[3], to[3];

    empty_pick_colour(c, 40, 255, from);
    empty_pick_colour(c, 0, 255, to);
    for (int k = 0; k < 3; k++) {
        light->from[k] = from[k];
        light->to[k] = one_colour ? from[k] * (float)fall : to[k];
    }
    light->round = empty_chance(c, 0.5);
    light->x = tn_rng_uniform(&c->rng);
    light->y = tn_rng_uniform(&c->rng);
    light->along_x = (float)cos(angle);
    light->along_y = (float)sin(angle);
}

/* What it has at (u, v), shares of the picture's sides; `more` is added. */
static void shine(const struct light *light, float u, float v, float more, float colour[3])
{
    const float line = 0.5F + (u - 0.5F) * light->along_x + (v - 0.5F) * light->along_y;
    const float share = light->round ? hypotf(u - light->x, v - light->y) : line;

    for (int k = 0; k < 3; k++)
        colour[k] = light->from[k] + (light->to[k] - light->from[k]) * share + more;
}

/* In some light, with blotches of plaster and the camera's noise. */
void empty_draw_wall(struct empty_canvas *c)
{
    const float noise = (float)empty_between(c, 0, 8);
    const float rough = empty_chance(c, 0.5) ? (float)empty_between(c, 0, 30) : 0;
    struct blotches blotches;
    struct light light;
    float colour[3];

    fill_blotches(&blotches, c);
    cast_light(&light, c);
    for (size_t y = 0; y < c->image.height; y++)
        for (size_t x = 0; x < c->image.width; x++) {
            const float more = rough * blotch(&blotches, x, y) + noise * tn_rng_normal(&c->rng);

            shine(&light, (float)x / (float)c->image.width, (float)y / (float)c->image.height, more,
                  colour);
            empty_put(c, x, y, colour);
        }
}

/* Uniform or normal, grey or in colours, in squares of 1, 2, 4 or 8 pixels. */
void empty_draw_noise(struct empty_canvas *c)
{
    const size_t side = (size_t)1 << tn_rng_below(&c->rng, 4);
    const bool grey = empty_chance(c, 0.5), uniform = empty_chance(c, 0.5);
    const float mean = (float)empty_between(c, 60, 200);
    const float deviation = (float)empty_between(c, 15, 70);
    float colour[3];

    for (size_t y = 0; y < c->image.height; y += side)
        for (size_t x = 0; x < c->image.width; x += side) {
            for (int k = 0; k < 3; k++)
                colour[k] = k > 0 && grey ? colour[0]
                            : uniform     ? (float)empty_between(c, 0, 255)
                                          : mean + deviation * tn_rng_normal(&c->rng);
            for (size_t v = y; v < y + side && v < c->image.height; v++)
                for (size_t u = x; u < x + side && u < c->image.width; u++)
                    empty_put(c, u, v, colour);
        }
}
