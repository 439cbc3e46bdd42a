/* SPDX-License-Identifier: MIT */
/* What is read: prose, code, tables, forms, slides and the windows of programs. */
#include "train/fit/empty_private.h"

#include "image/plot.h"

#include <math.h>

/* Prose that fills its lines, or code: short lines at different depths. */
static void write_lines(struct empty_canvas *c, const struct empty_area *area, double size,
                        bool code, const unsigned char ink[3])
{
    for (double y = area->y0; y + size < area->y1; y += 1.3 * size) {
        const double depth = code ? 2 * size * (double)tn_rng_below(&c->rng, 5) : 0;
        const double share = code                  ? empty_between(c, 0.2, 1)
                             : empty_chance(c, .1) ? empty_between(c, 0.1, 0.9)
                                                   : 1;

        if (!empty_chance(c, code ? 0.15 : 0.05))
            empty_words(c, area->x0 + depth, y, size, (area->x1 - area->x0 - depth) * share, ink);
    }
}

void empty_draw_text(struct empty_canvas *c)
{
    const struct empty_area page = empty_page(c, empty_between(c, 0.01, 0.1));
    const size_t columns = empty_chance(c, 0.25) ? 2 : 1;
    const bool code = empty_chance(c, 0.5);
    const double size = empty_between(c, 8, 34);

    empty_take_paper(c, 0.4);
    for (size_t i = 0; i < columns; i++) {
        struct empty_area column = empty_part(&page, i, columns, false);

        column.x1 -= columns > 1 ? size : 0;
        write_lines(c, &column, size, code, c->ink);
    }
}

/* Rows of words and numbers, with rules, stripes or neither. */
void empty_draw_table(struct empty_canvas *c)
{
    const struct empty_area page = empty_page(c, empty_between(c, 0, 0.15));
    const size_t rows = empty_count(c, 4, 24), columns = empty_count(c, 2, 9);
    const bool rules = empty_chance(c, 0.6), stripes = empty_chance(c, 0.4);
    const bool head = empty_chance(c, 0.7);
    const double line = empty_between(c, 0.3, 1.2);
    const double size = fmin((page.y1 - page.y0) / (double)rows * 0.7, 26);
    unsigned char shade[3], title[3];

    empty_take_paper(c, 0.2);
    empty_mix_colour(c->paper, c->ink, 0.1, shade);
    empty_pick_colour(c, 60, 230, title);
    for (size_t i = 0; i < rows; i++) {
        const struct empty_area row = empty_part(&page, i, rows, true);

        if ((head && i == 0) || (stripes && i % 2 == 1))
            empty_box(c, &row, i == 0 ? title : shade);
        for (size_t j = 0; j < columns; j++) {
            const struct empty_area cell = empty_part(&row, j, columns, false);
            const double room = (cell.x1 - cell.x0 - 4) * empty_between(c, 0.4, 1);

            if (i == 0 || j == 0)
                empty_words(c, cell.x0 + 3, cell.y0 + 2, size, room, c->ink);
            else
                empty_digits(c, cell.x0 + 3, cell.y0 + 2, fmin(size, room / 2),
                             empty_count(c, 1, 5), c->ink);
            if (rules)
                empty_frame(c, &cell, line, c->ink);
        }
    }
}

/* Labels with boxes, lines or little squares to fill in. */
void empty_draw_form(struct empty_canvas *c)
{
    const struct empty_area page = empty_page(c, empty_between(c, 0.02, 0.1));
    const double size = empty_between(c, 9, 20), width = page.x1 - page.x0;
    const double left = page.x0 + width * empty_between(c, 0.25, 0.5);

    empty_take_paper(c, 0.1);
    empty_words(c, page.x0, page.y0, 1.6 * size, width * 0.6, c->ink);
    for (double y = page.y0 + 3 * size; y + size < page.y1; y += size * empty_between(c, 1.6, 3)) {
        const struct empty_area field = {left, y - 2, page.x1, y + 1.2 * size};
        const struct empty_area square = {left, y, left + size, y + size};

        empty_words(c, page.x0, y, size, (left - page.x0) * empty_between(c, 0.3, 1), c->ink);
        if (empty_chance(c, 0.4))
            empty_frame(c, &field, 0.8, c->ink);
        else if (empty_chance(c, 0.6))
            empty_line(c, left, y + size, page.x1, y + size, 0.8, c->ink);
        else
            empty_frame(c, &square, 0.8, c->ink);
    }
}

/* A title and a few points, in large letters; some have a coloured head or picture. */
void empty_draw_slide(struct empty_canvas *c)
{
    const struct empty_area page = empty_page(c, 0.06);
    const double size = empty_between(c, 18, 36), height = page.y1 - page.y0;
    const double room = (page.x1 - page.x0) * empty_between(c, 0.5, 1);
    double y = page.y0 + height * empty_between(c, 0.2, 0.4);
    unsigned char colour[3];

    empty_take_paper(c, 0.3);
    empty_pick_colour(c, 40, 220, colour);
    if (empty_chance(c, 0.4)) {
        const struct empty_area head = {0, 0, (double)c->image.width, page.y0 + 1.8 * size};

        empty_box(c, &head, colour);
    }
    empty_words(c, page.x0, page.y0, 1.5 * size, room, c->ink);
    for (size_t lines = empty_count(c, 0, 6); lines > 0; lines--, y += 1.7 * size) {
        plot_dot(&c->image, page.x0 + 4, y + size / 2, 3, c->ink);
        empty_words(c, page.x0 + 16, y, size, room * empty_between(c, 0.3, 1), c->ink);
    }
}

/* A bar of buttons above, a list at the left, text in several colours. */
void empty_draw_window(struct empty_canvas *c)
{
    const struct empty_area page = empty_page(c, 0);
    const double size = empty_between(c, 8, 18), bar = size * empty_between(c, 1.5, 4);
    const double side =
        (page.x1 - page.x0) * (empty_chance(c, 0.6) ? empty_between(c, 0.1, 0.3) : 0);
    const struct empty_area top = {0, 0, page.x1, bar}, list = {0, bar, side, page.y1};
    struct empty_area text = {side + size, bar + size, page.x1 - size, 0};
    unsigned char colour[3];

    empty_take_paper(c, 0.5);
    empty_mix_colour(c->paper, c->ink, empty_between(c, 0.05, 0.4), colour);
    empty_box(c, &top, colour);
    empty_mix_colour(c->paper, c->ink, empty_between(c, 0.02, 0.2), colour);
    empty_box(c, &list, colour);
    for (size_t i = empty_count(c, 0, 12); i > 0; i--)
        empty_words(c, empty_between(c, 0, page.x1), bar / 4, size, 4 * size, c->ink);
    write_lines(c, &(struct empty_area){4, bar + size, side - 4, page.y1}, size, false, c->ink);
    while (text.y0 < page.y1) {
        text.y1 = text.y0 + size * empty_between(c, 2, 9);
        empty_mix_colour(c->ink, plot_colour(empty_count(c, 0, 7)),
                         empty_chance(c, 0.4) ? empty_between(c, 0.3, 1) : 0, colour);
        if (empty_chance(c, 0.1))
            empty_box(c, &text, colour);
        else
            write_lines(c, &text, size, empty_chance(c, 0.5), colour);
        text.y0 = text.y1 + size * empty_between(c, 0, 1.5);
    }
}
