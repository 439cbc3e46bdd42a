/* SPDX-License-Identifier: MIT */
/* Plots of numbers that mean nothing. */
#include "train/fit/empty_private.h"

#include "image/plot.h"

#include <math.h>

/* A plot: where its data go, and how thick its lines are. */
struct axes {
    struct empty_area data;
    double size; /* of letters */
};

static double at_x(const struct axes *axes, double share)
{
    return axes->data.x0 + (axes->data.x1 - axes->data.x0) * share;
}

static double at_y(const struct axes *axes, double share)
{
    return axes->data.y1 - (axes->data.y1 - axes->data.y0) * share;
}

/* Ticks with their numbers, and the lines of a grid. */
static void draw_ticks(struct empty_canvas *c, const struct axes *axes, bool down, bool grid)
{
    const struct empty_area *data = &axes->data;
    const size_t ticks = empty_count(c, 2, 9), digits = empty_count(c, 1, 4);
    unsigned char pale[3];

    empty_mix_colour(c->paper, c->ink, empty_between(c, 0.1, 0.3), pale);
    for (size_t i = 0; i <= ticks; i++) {
        const double share = (double)i / (double)ticks, x = at_x(axes, share),
                     y = at_y(axes, share);

        if (grid && down)
            empty_line(c, data->x0, y, data->x1, y, 0.5, pale);
        else if (grid)
            empty_line(c, x, data->y0, x, data->y1, 0.5, pale);
        if (down)
            empty_digits(c, data->x0 - 3 * axes->size, y - axes->size / 2, axes->size, digits,
                         c->ink);
        else
            empty_digits(c, x - axes->size, data->y1 + axes->size / 2, axes->size, digits, c->ink);
    }
}

/* A frame or two lines, with ticks, and words above and below. */
static void draw_axes(struct empty_canvas *c, const struct empty_area *area, struct axes *axes)
{
    const double width = area->x1 - area->x0, height = area->y1 - area->y0;
    const bool grid = empty_chance(c, 0.5);
    struct empty_area *data = &axes->data;

    axes->size = height * empty_between(c, 0.025, 0.05);
    *data = (struct empty_area){area->x0 + width * empty_between(c, 0.08, 0.18),
                                area->y0 + height * empty_between(c, 0.03, 0.14),
                                area->x1 - width * empty_between(c, 0.02, 0.2),
                                area->y1 - height * empty_between(c, 0.08, 0.2)};
    if (empty_chance(c, 0.25)) { /* ground */
        unsigned char ground[3];

        empty_mix_colour(c->paper, c->ink, 0.1, ground);
        empty_box(c, data, ground);
    }
    draw_ticks(c, axes, true, grid);
    draw_ticks(c, axes, false, grid);
    if (empty_chance(c, 0.5))
        empty_frame(c, data, 0.7, c->ink);
    empty_line(c, data->x0, data->y0, data->x0, data->y1, 0.7, c->ink);
    empty_line(c, data->x0, data->y1, data->x1, data->y1, 0.7, c->ink);
    empty_words(c, at_x(axes, 0.2), area->y0, 1.3 * axes->size, width * empty_between(c, 0, 0.6),
                c->ink);
    empty_words(c, at_x(axes, 0.4), area->y1 - 1.1 * axes->size, axes->size, width * 0.3, c->ink);
}

/* What stands for what, in a corner of the plot. */
static void draw_key(struct empty_canvas *c, const struct axes *axes, size_t count, size_t first)
{
    const double x = at_x(axes, empty_chance(c, 0.5) ? 0.03 : 0.75);
    double y = at_y(axes, 0.97);

    for (size_t i = 0; i < count; i++, y += 1.4 * axes->size) {
        empty_line(c, x, y + axes->size / 2, x + axes->size, y + axes->size / 2, 2,
                   plot_colour(first + i));
        empty_words(c, x + 1.5 * axes->size, y, axes->size, 5 * axes->size, c->ink);
    }
}

/* Draws one to four plots, each on axes of its own. */
static void draw_panels(struct empty_canvas *c,
                        void (*draw)(struct empty_canvas *, const struct axes *))
{
    const struct empty_area page = empty_page(c, 0.01);
    const size_t rows = empty_chance(c, 0.2) ? 2 : 1, columns = empty_chance(c, 0.2) ? 2 : 1;
    struct axes axes;

    empty_take_paper(c, 0.2);
    for (size_t i = 0; i < rows * columns; i++) {
        const struct empty_area row = empty_part(&page, i / columns, rows, true);
        const struct empty_area panel = empty_part(&row, i % columns, columns, false);

        draw_axes(c, &panel, &axes);
        draw(c, &axes);
    }
}

/* Waves with noise on a slope. */
static void lay_lines(struct empty_canvas *c, const struct axes *axes)
{
    const size_t count = empty_count(c, 1, 6), first = empty_count(c, 0, 7);
    const size_t steps = empty_count(c, 6, 80);
    const double radius = empty_between(c, 0.6, 2.2), noise = empty_between(c, 0, 0.06);

    for (size_t i = 0; i < count; i++) {
        const double level = empty_between(c, 0.2, 0.8), slope = empty_between(c, -0.6, 0.6);
        const double swing = empty_between(c, 0, 0.25), waves = empty_between(c, 1, 15);
        double before = level;

        for (size_t t = 0; t <= steps; t++) {
            const double x = (double)t / (double)steps;
            const double y = level + slope * (x - 0.5) + swing * sin(level * 9 + waves * x) +
                             noise * (double)tn_rng_normal(&c->rng);
            const double inside = fmin(fmax(y, 0), 1);

            if (t > 0)
                empty_line(c, at_x(axes, x - 1 / (double)steps), at_y(axes, before), at_x(axes, x),
                           at_y(axes, inside), radius, plot_colour(first + i));
            before = inside;
        }
    }
    if (empty_chance(c, 0.4))
        draw_key(c, axes, count, first);
}

/* Up to three beside each other, standing or lying. */
static void lay_bars(struct empty_canvas *c, const struct axes *axes)
{
    const size_t groups = empty_count(c, 2, 24), members = empty_count(c, 1, 3);
    const size_t first = empty_count(c, 0, 7);
    const bool lying = empty_chance(c, 0.3);
    const double gap = empty_chance(c, 0.3) ? 0 : empty_between(c, 0.05, 0.4);

    for (size_t i = 0; i < groups * members; i++) {
        const double share = fabs(0.35 + 0.3 * (double)tn_rng_normal(&c->rng));
        const double height = fmin(share, 1), place = (double)(i / members);
        const double width = (1 - gap) / (double)members;
        const double from = (place + gap / 2 + width * (double)(i % members)) / (double)groups;
        const double to = from + width / (double)groups;
        const struct empty_area bar =
            lying ? (struct empty_area){axes->data.x0, at_y(axes, to), at_x(axes, height),
                                        at_y(axes, from)}
                  : (struct empty_area){at_x(axes, from), at_y(axes, height), at_x(axes, to),
                                        axes->data.y1};

        empty_box(c, &bar, plot_colour(first + i % members));
    }
    if (members > 1 && empty_chance(c, 0.5))
        draw_key(c, axes, members, first);
}

/* Clouds of points. */
static void lay_points(struct empty_canvas *c, const struct axes *axes)
{
    const size_t clouds = empty_count(c, 1, 5), first = empty_count(c, 0, 7);
    const double radius = empty_between(c, 1, 4);

    for (size_t i = 0; i < clouds; i++) {
        const double x = empty_between(c, 0.2, 0.8), y = empty_between(c, 0.2, 0.8);
        const double width = empty_between(c, 0.03, 0.25), slope = empty_between(c, -1, 1);

        for (size_t points = empty_count(c, 10, 300); points > 0; points--) {
            const double u = width * (double)tn_rng_normal(&c->rng);
            const double v = slope * u + 0.5 * width * (double)tn_rng_normal(&c->rng);

            if (fabs(x + u - 0.5) < 0.5 && fabs(y + v - 0.5) < 0.5)
                plot_dot(&c->image, at_x(axes, x + u), at_y(axes, y + v), radius,
                         plot_colour(first + i));
        }
    }
}

/* Cells between three colours, at random or in waves. */
static void lay_cells(struct empty_canvas *c, const struct axes *axes)
{
    const size_t rows = empty_count(c, 3, 40), columns = empty_count(c, 3, 40);
    const bool waves = empty_chance(c, 0.5);
    const double phase = empty_between(c, 0, 6), times = empty_between(c, 1, 8);
    unsigned char low[3], middle[3], high[3], colour[3];

    empty_pick_colour(c, 0, 255, low);
    empty_pick_colour(c, 0, 255, middle);
    empty_pick_colour(c, 0, 255, high);
    for (size_t i = 0; i < rows * columns; i++) {
        const struct empty_area row = empty_part(&axes->data, i / columns, rows, true);
        const struct empty_area cell = empty_part(&row, i % columns, columns, false);
        const double u = (double)(i % columns) / (double)columns;
        const double v = (double)(i / columns) / (double)rows;
        const double x = waves ? 0.5 + 0.25 * (sin(phase + times * u) + cos(phase + times * v))
                               : (double)tn_rng_uniform(&c->rng);

        empty_mix_colour(x < 0.5 ? low : middle, x < 0.5 ? middle : high,
                         x < 0.5 ? 2 * x : 2 * x - 1, colour);
        empty_box(c, &cell, colour);
    }
}

void empty_draw_lines(struct empty_canvas *c)
{
    draw_panels(c, lay_lines);
}

void empty_draw_bars(struct empty_canvas *c)
{
    draw_panels(c, lay_bars);
}

void empty_draw_points(struct empty_canvas *c)
{
    draw_panels(c, lay_points);
}

void empty_draw_heat_map(struct empty_canvas *c)
{
    draw_panels(c, lay_cells);
}

/* ---- Pies, which have no axes ---- */

/* Slices end at these shares of the circle, rising to 1. */
static size_t cut_pie(struct empty_canvas *c, double ends[9])
{
    const size_t slices = empty_count(c, 2, 9);
    double sum = 0;

    for (size_t i = 0; i < slices; i++)
        ends[i] = sum += empty_between(c, 0.1, 1);
    for (size_t i = 0; i < slices; i++)
        ends[i] /= sum;
    ends[slices - 1] = 1;
    return slices;
}

void empty_draw_pie(struct empty_canvas *c)
{
    const double width = (double)c->image.width, height = (double)c->image.height;
    const double x = width * empty_between(c, 0.35, 0.65),
                 y = height * empty_between(c, 0.48, 0.58);
    const double radius = fmin(width, height) * empty_between(c, 0.2, 0.42);
    const double hole = empty_chance(c, 0.35) ? radius * empty_between(c, 0.3, 0.7) : 0;
    const size_t first = empty_count(c, 0, 7);
    double ends[9];
    size_t slices;

    empty_take_paper(c, 0.2);
    slices = cut_pie(c, ends);
    for (size_t v = 0; v < c->image.height; v++)
        for (size_t u = 0; u < c->image.width; u++) {
            const double right = (double)u - x, below = (double)v - y, far = hypot(right, below);
            const double turn = atan2(below, right) / 6.2832 + 0.5;
            const struct empty_area pixel = {(double)u, (double)v, (double)u + 1, (double)v + 1};
            size_t slice = 0;

            while (slice + 1 < slices && turn > ends[slice])
                slice++;
            if (far <= radius && far >= hole)
                empty_box(c, &pixel, plot_colour(first + slice));
        }
    empty_words(c, width * 0.25, height * 0.02, height * 0.05, width * 0.5, c->ink);
    for (size_t i = 0; i < slices; i++) {
        const double angle = 6.2832 * (ends[i] - 0.5) - 0.3;

        empty_words(c, x + 1.1 * radius * cos(angle), y + 1.1 * radius * sin(angle), height * 0.035,
                    width * 0.12, c->ink);
    }
}
