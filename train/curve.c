/* SPDX-License-Identifier: MIT */
/*
 * A small rasteriser: lines as discs along their way, text in a 3x5 font.  Left the perplexity
 * in training and on the dev set, right the task's dev scores.
 */
#include "train/curve.h"

#include "image/image.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 1000, HEIGHT = 400, PANEL = 500, LEFT = 60, RIGHT = 480, TOP = 50, BOTTOM = 350 };

static const unsigned char black[3] = {40, 40, 40}, grey[3] = {225, 225, 225};
static const unsigned char colours[][3] = {{31, 119, 180}, {235, 110, 20}, {44, 150, 60}};
enum { COLOURS = sizeof colours / sizeof colours[0] };

static void dot(struct image *image, double x, double y, double radius,
                const unsigned char colour[3])
{
    const int reach = (int)ceil(radius);

    for (int v = (int)y - reach; v <= (int)y + reach; v++)
        for (int u = (int)x - reach; u <= (int)x + reach; u++)
            if (u >= 0 && v >= 0 && u < WIDTH && v < HEIGHT &&
                hypot((double)u - x, (double)v - y) <= radius)
                memcpy(image->rgb + ((size_t)v * WIDTH + (size_t)u) * 3, colour, 3);
}

static void line(struct image *image, double x0, double y0, double x1, double y1, double radius,
                 const unsigned char colour[3])
{
    const int steps = (int)(2 * hypot(x1 - x0, y1 - y0)) + 1;

    for (int i = 0; i <= steps; i++)
        dot(image, x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps, radius, colour);
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

static void text(struct image *image, int x, int y, int size, const char *label,
                 const unsigned char colour[3])
{
    for (; *label; label++, x += 4 * size)
        for (int bit = 0; bit < 15; bit++)
            if (glyph(*label) >> (14 - bit) & 1)
                for (int v = 0; v < size; v++)
                    for (int u = 0; u < size; u++)
                        dot(image, x + bit % 3 * size + u, y + bit / 3 * size + v, 0.5, colour);
}

/* One panel's scales: values 0 (or low) to high, epochs 1 to count. */
struct axes {
    int left, right;
    double low, high;
    size_t count;
};

static double at_x(const struct axes *axes, size_t epoch)
{
    return axes->count > 1 ? axes->left + (double)(axes->right - axes->left) * (double)epoch /
                                              (double)(axes->count - 1)
                           : (axes->left + axes->right) / 2.0;
}

static double at_y(const struct axes *axes, double value)
{
    const double share = (value - axes->low) / (axes->high - axes->low);

    return round(BOTTOM - (BOTTOM - TOP) * share);
}

/* A step of 1, 2 or 5 times a power of ten that gives four to ten marks. */
static double nice_step(double range)
{
    const double power = pow(10, floor(log10(range / 4)));
    const double times = range / 4 / power;

    return power * (times >= 5 ? 5 : times >= 2 ? 2 : 1);
}

static void draw_axes(struct image *image, const struct axes *axes)
{
    const double step = nice_step(axes->high - axes->low);
    const size_t every = axes->count / 12 + 1;
    const int decimals = (int)fmin(fmax(ceil(-log10(step)), 0), 4);
    char label[32];

    for (double v = ceil(axes->low / step) * step; v <= axes->high + step * 1e-6; v += step) {
        line(image, axes->left, at_y(axes, v), axes->right, at_y(axes, v), 0.5, grey);
        snprintf(label, sizeof label, "%.*f", decimals, v);
        text(image, axes->left - 8 - 8 * (int)strlen(label), (int)at_y(axes, v) - 5, 2, label,
             black);
    }
    for (size_t i = 0; i < axes->count; i += every) {
        snprintf(label, sizeof label, "%zu", i + 1);
        text(image, (int)at_x(axes, i) - 4 * (int)strlen(label), BOTTOM + 12, 2, label, black);
    }
    line(image, axes->left, BOTTOM, axes->right, BOTTOM, 0.5, black);
    line(image, axes->left, BOTTOM, axes->left, TOP, 0.5, black);
    text(image, (axes->left + axes->right) / 2 - 20, BOTTOM + 30, 2, "EPOCH", black);
}

/* The field of train_epoch at `offset` floats, by epoch; what is above the axis is left out. */
static void draw_series(struct image *image, const struct axes *axes,
                        const struct train_epoch *history, size_t offset,
                        const unsigned char colour[3])
{
    for (size_t i = 0; i < axes->count; i++) {
        const double value = (double)(&history[i].loss)[offset];
        const double before = i > 0 ? (double)(&history[i - 1].loss)[offset] : INFINITY;
        const double x = at_x(axes, i), y = at_y(axes, value);

        if (value > axes->high)
            continue;
        if (before <= axes->high)
            line(image, at_x(axes, i - 1), at_y(axes, before), x, y, 1.2, colour);
        dot(image, x, y, 3, colour);
    }
}

#define FIELD(name) (offsetof(struct train_epoch, name) / sizeof(float))

static double largest(const struct train_epoch *history, size_t count, size_t offset)
{
    double most = 0;

    for (size_t i = 0; i < count; i++)
        most = fmax(most, (double)(&history[i].loss)[offset]);
    return most;
}

/* What is drawn. */
struct drawing {
    struct image *image;
    const struct train_task_ops *task;
    const struct train_epoch *history;
    size_t count, best;
};

/* The largest value of the scores in a panel. */
static double largest_score(const struct drawing *d, enum train_panel panel)
{
    double most = 0;

    for (size_t i = 0; i < d->task->score_count; i++)
        if (d->task->scores[i].panel == panel)
            most = fmax(most, largest(d->history, d->count, FIELD(scores) + i));
    return most;
}

/* One line and its name above the panel; *colour counts the lines. */
static void draw_named(const struct drawing *d, const struct axes *axes, const char *name,
                       const char *what, size_t offset, size_t *colour)
{
    const unsigned char *paint = colours[*colour % COLOURS];
    char label[32];

    snprintf(label, sizeof label, "%s %s", name, what);
    draw_series(d->image, axes, d->history, offset, paint);
    text(d->image, axes->left + 200 * (int)(*colour)++, 20, 2, label, paint);
}

/* The scores of a panel, the leading one first. */
static void draw_panel_scores(const struct drawing *d, const struct axes *axes,
                              enum train_panel panel, size_t *colour)
{
    const struct train_task_ops *task = d->task;

    for (size_t n = 0; n < task->score_count; n++) {
        const size_t i = n == 0 ? task->leading : n <= task->leading ? n - 1 : n;

        if (task->scores[i].panel == panel && largest(d->history, d->count, FIELD(scores) + i) > 0)
            draw_named(d, axes, task->scores[i].name, "dev", FIELD(scores) + i, colour);
    }
}

static void draw_frame(const struct drawing *d, const struct axes *axes)
{
    draw_axes(d->image, axes);
    if (d->count > 0)
        line(d->image, at_x(axes, d->best), TOP, at_x(axes, d->best), BOTTOM, 0.5, grey);
}

static void draw_perplexity(const struct drawing *d)
{
    const double dev = largest_score(d, TRAIN_WITH_PERPLEXITY);
    const double most = d->count > 0 ? fmax(dev, (double)d->history[d->count / 8].perplexity) : 10;
    const struct axes axes = {LEFT, RIGHT, 0, fmax(1.1 * most, 2), d->count};
    size_t colour = 0;

    draw_frame(d, &axes);
    draw_named(d, &axes, "perplexity", "train", FIELD(perplexity), &colour);
    draw_panel_scores(d, &axes, TRAIN_WITH_PERPLEXITY, &colour);
}

static void draw_scores(const struct drawing *d)
{
    const double most = largest_score(d, TRAIN_WITH_SCORES);
    const struct axes axes = {LEFT + PANEL, RIGHT + PANEL, 0, most > 0 ? 1.1 * most : 1, d->count};
    size_t colour = 0;

    draw_frame(d, &axes);
    draw_panel_scores(d, &axes, TRAIN_WITH_SCORES, &colour);
}

enum tn_status train_curve_save(const char *path, const struct train_task_ops *task,
                                const struct train_epoch *history, size_t count, size_t best,
                                struct tn_error *err)
{
    struct image image = {WIDTH, HEIGHT, malloc((size_t)WIDTH * HEIGHT * 3)};
    const struct drawing drawing = {&image, task, history, count, best};
    enum tn_status status;

    if (!image.rgb)
        return tn_fail_nomem(err, (size_t)WIDTH * HEIGHT * 3);
    memset(image.rgb, 255, (size_t)WIDTH * HEIGHT * 3);
    draw_perplexity(&drawing);
    draw_scores(&drawing);
    status = image_save_png(&image, path, err);
    image_finish(&image);
    return status;
}
