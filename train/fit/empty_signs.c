/* SPDX-License-Identifier: MIT */
/* Boxes and arrows, codes for machines, notes of music, maps. */
#include "train/fit/empty_private.h"

#include "image/plot.h"

#include <math.h>

/* ---- Diagrams ---- */

enum { MOST_BOXES = 14 };

/* A line from one box to another, straight or in steps. */
static void join(struct empty_canvas *c, const double from[2], const double to[2])
{
    const double radius = empty_between(c, 0.6, 1.5);

    if (empty_chance(c, 0.5)) {
        empty_line(c, from[0], from[1], to[0], to[1], radius, c->ink);
    } else {
        empty_line(c, from[0], from[1], from[0], to[1], radius, c->ink);
        empty_line(c, from[0], to[1], to[0], to[1], radius, c->ink);
    }
    plot_dot(&c->image, to[0] + (from[0] - to[0]) * 0.3, to[1], 2 * radius, c->ink);
}

static void draw_node(struct empty_canvas *c, const double at[2], double size,
                      const unsigned char colour[3], bool round)
{
    const double width = size * empty_between(c, 1.5, 4),
                 height = size * empty_between(c, 0.8, 1.5);
    const struct empty_area box = {at[0] - width, at[1] - height, at[0] + width, at[1] + height};

    if (round) {
        plot_dot(&c->image, at[0], at[1], width * 0.7 + 1, c->ink);
        plot_dot(&c->image, at[0], at[1], width * 0.7, colour);
    } else {
        empty_box(c, &box, colour);
        empty_frame(c, &box, 0.8, c->ink);
    }
    empty_words(c, box.x0 + width * 0.3, at[1] - size / 2, size, 1.5 * width, c->ink);
}

void empty_draw_diagram(struct empty_canvas *c)
{
    const size_t boxes = empty_count(c, 3, MOST_BOXES), columns = empty_count(c, 2, 5);
    const struct empty_area page = empty_page(c, 0.05);
    const double size = empty_between(c, 8, 16), order = empty_between(c, 0, 1);
    const bool round = empty_chance(c, 0.25);
    double at[MOST_BOXES][2];
    unsigned char colour[3];

    empty_take_paper(c, 0.15);
    for (size_t i = 0; i < boxes; i++) { /* about in rows */
        const size_t rows = (boxes + columns - 1) / columns;
        const struct empty_area row = empty_part(&page, i / columns, rows, true);
        const struct empty_area cell = empty_part(&row, i % columns, columns, false);

        at[i][0] = cell.x0 + (cell.x1 - cell.x0) * (0.5 + order * empty_between(c, -0.5, 0.5));
        at[i][1] = cell.y0 + (cell.y1 - cell.y0) * (0.5 + order * empty_between(c, -0.5, 0.5));
    }
    for (size_t i = 1; i < boxes; i++)
        join(c, at[i], at[empty_count(c, 0, i - 1)]);
    empty_mix_colour(c->paper, plot_colour(empty_count(c, 0, 7)), empty_between(c, 0, 0.8), colour);
    for (size_t i = 0; i < boxes; i++)
        draw_node(c, at[i], size, colour, round);
}

/* ---- Codes ---- */

static bool in_eye(size_t row, size_t column)
{
    const size_t far_row = row > 3 ? row - 3 : 3 - row, far = column > 3 ? column - 3 : 3 - column;
    const size_t ring = far_row > far ? far_row : far;

    return ring != 2;
}

/* Squares at random, with the eyes of a QR code in three corners. */
static void draw_squares(struct empty_canvas *c, const struct empty_area *area)
{
    const size_t side = 4 * empty_count(c, 4, 10) + 5;

    for (size_t i = 0; i < side * side; i++) {
        const size_t row = i / side, column = i % side;
        const bool top = row < 8, left = column < 8;
        const size_t v = row + 8 >= side ? row + 7 - side : row;
        const size_t u = column + 8 >= side ? column + 7 - side : column;
        const struct empty_area line = empty_part(area, row, side, true);
        const struct empty_area square = empty_part(&line, column, side, false);
        const bool corner =
            (top && left) || (top && column + 8 >= side) || (left && row + 8 >= side);
        const bool black = corner ? u < 7 && v < 7 && in_eye(v, u) : empty_chance(c, 0.5);

        if (black)
            empty_box(c, &square, c->ink);
    }
}

static void draw_stripes(struct empty_canvas *c, const struct empty_area *area)
{
    const double unit = (area->x1 - area->x0) / (double)empty_count(c, 40, 120);
    struct empty_area stripe = *area;
    double x = area->x0;

    stripe.y1 -= (area->y1 - area->y0) * empty_between(c, 0.1, 0.3);
    while (x < area->x1) {
        stripe.x0 = x;
        stripe.x1 = x + unit * (double)empty_count(c, 1, 4);
        empty_box(c, &stripe, c->ink);
        x = stripe.x1 + unit * (double)empty_count(c, 1, 4);
    }
    empty_digits(c, area->x0, stripe.y1 + 2, area->y1 - stripe.y1, 13, c->ink);
}

void empty_draw_code(struct empty_canvas *c)
{
    const double width = (double)c->image.width, height = (double)c->image.height;
    const double side = fmin(width, height) * empty_between(c, 0.35, 0.98);
    const double x = (width - side) * empty_between(c, 0.2, 0.8);
    const double y = (height - side) * empty_between(c, 0.2, 0.8);
    struct empty_area area = {x, y, x + side, y + side};

    empty_take_paper(c, 0);
    if (empty_chance(c, 0.5)) {
        draw_squares(c, &area);
    } else {
        area.y1 = y + side * empty_between(c, 0.3, 1);
        draw_stripes(c, &area);
    }
    if (empty_chance(c, 0.3))
        empty_words(c, x, area.y1 + 6, 16, side, c->ink);
}

/* ---- Music ---- */

/* Heads and stems on the lines from x on, and bars. */
static void draw_notes(struct empty_canvas *c, double x, double end, double y, double gap)
{
    while (x < end) {
        const double note = y + gap / 2 * (double)empty_count(c, 0, 10) - gap / 2;
        const double side = note > y + 2 * gap ? 1 : -1;

        for (double u = -0.3; u <= 0.3; u += 0.3)
            plot_dot(&c->image, x + u * gap, note, 0.4 * gap, c->ink);
        if (!empty_chance(c, 0.1))
            empty_line(c, x + side * 0.6 * gap, note, x + side * 0.6 * gap, note - side * 3.3 * gap,
                       0.7, c->ink);
        x += gap * empty_between(c, 1.6, 5);
        if (empty_chance(c, 0.2)) {
            empty_line(c, x, y, x, y + 4 * gap, 0.7, c->ink);
            x += 1.6 * gap;
        }
    }
}

void empty_draw_music(struct empty_canvas *c)
{
    const struct empty_area page = empty_page(c, empty_between(c, 0.02, 0.1));
    const double gap = empty_between(c, 3, 9), apart = gap * empty_between(c, 8, 14);

    empty_take_paper(c, 0);
    empty_words(c, page.x0 + (page.x1 - page.x0) * 0.3, 4, 18, (page.x1 - page.x0) * 0.4, c->ink);
    for (double y = page.y0 + 3 * gap; y + 4 * gap < page.y1; y += apart) {
        for (int line = 0; line < 5; line++)
            empty_line(c, page.x0, y + line * gap, page.x1, y + line * gap, 0.5, c->ink);
        empty_line(c, page.x0, y, page.x0, y + 4 * gap, 0.8, c->ink);
        draw_notes(c, page.x0 + 4 * gap, page.x1 - gap, y, gap);
    }
}

/* ---- Maps ---- */

/* Water or a wood: a round shape whose edge waves. */
static void draw_blob(struct empty_canvas *c, const unsigned char colour[3])
{
    const double x = empty_between(c, 0, (double)c->image.width);
    const double y = empty_between(c, 0, (double)c->image.height);
    const double radius = empty_between(c, 20, 180), stretch = empty_between(c, 0.3, 3);
    const double waves = (double)empty_count(c, 2, 6), phase = empty_between(c, 0, 6);

    for (size_t v = 0; v < c->image.height; v++)
        for (size_t u = 0; u < c->image.width; u++) {
            const double right = ((double)u - x) * stretch, below = (double)v - y;
            const double edge = radius * (1 + 0.25 * sin(waves * atan2(below, right) + phase));
            const struct empty_area pixel = {(double)u, (double)v, (double)u + 1, (double)v + 1};

            if (hypot(right, below) < edge)
                empty_box(c, &pixel, colour);
        }
}

/* Straight, or of some pieces that turn a little. */
static void draw_street(struct empty_canvas *c, double radius, double angle,
                        const unsigned char colour[3])
{
    const double bend = empty_chance(c, 0.5) ? 0.4 : 0, length = empty_between(c, 20, 120);
    double x = empty_between(c, 0, (double)c->image.width);
    double y = empty_between(c, 0, (double)c->image.height);

    for (size_t pieces = empty_count(c, 2, 8); pieces > 0; pieces--) {
        const double to_x = x + length * cos(angle), to_y = y + length * sin(angle);

        empty_line(c, x, y, to_x, to_y, radius + 0.8, c->ink);
        empty_line(c, x, y, to_x, to_y, radius, colour);
        angle += empty_between(c, -bend, bend);
        x = to_x;
        y = to_y;
    }
}

void empty_draw_map(struct empty_canvas *c)
{
    static const unsigned char water[3] = {170, 210, 225}, wood[3] = {200, 225, 180};
    static const unsigned char streets[3][3] = {{255, 255, 255}, {252, 214, 130}, {235, 145, 130}};
    const double turn = empty_between(c, 0, 3), size = empty_between(c, 8, 16);

    empty_take_paper(c, 0.1);
    for (size_t i = empty_count(c, 1, 6); i > 0; i--)
        draw_blob(c, empty_chance(c, 0.5) ? water : wood);
    empty_mix_colour(c->paper, c->ink, 0.5, c->ink);
    for (size_t i = empty_count(c, 6, 50); i > 0; i--)
        draw_street(c, empty_between(c, 0.5, 6),
                    turn + (double)empty_count(c, 0, 3) * 1.5708 + empty_between(c, -0.1, 0.1),
                    streets[empty_count(c, 0, 2)]);
    for (size_t i = empty_count(c, 2, 25); i > 0; i--)
        empty_words(c, empty_between(c, 0, (double)c->image.width),
                    empty_between(c, 0, (double)c->image.height), size, 8 * size, plot_black);
}
