/* SPDX-License-Identifier: MIT */
/* Left the perplexity in training and on the dev set, then the task's dev scores where it has any,
 * right the norm of the gradient. */
#include "train/curve.h"

#include "image/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HEIGHT = 400, PANEL = 500, LEFT = 60, RIGHT = 480, TOP = 50, BOTTOM = 350 };

static const double highest = 1e9;

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
        plot_line(image, axes->left, at_y(axes, v), axes->right, at_y(axes, v), 0.5, plot_grey);
        snprintf(label, sizeof label, "%.*f", decimals, v);
        plot_text(image, axes->left - 8 - 8 * (int)strlen(label), (int)at_y(axes, v) - 5, 2, label,
                  plot_black);
    }
    for (size_t i = 0; i < axes->count; i += every) {
        snprintf(label, sizeof label, "%zu", i + 1);
        plot_text(image, (int)at_x(axes, i) - 4 * (int)strlen(label), BOTTOM + 12, 2, label,
                  plot_black);
    }
    plot_line(image, axes->left, BOTTOM, axes->right, BOTTOM, 0.5, plot_black);
    plot_line(image, axes->left, BOTTOM, axes->left, TOP, 0.5, plot_black);
    plot_text(image, (axes->left + axes->right) / 2 - 20, BOTTOM + 30, 2, "EPOCH", plot_black);
}

static bool is_on(const struct axes *axes, double value)
{
    return value >= axes->low && value <= axes->high;
}

/* The field of train_epoch at `offset` floats, by epoch; what is beyond the axis is left out. */
static void draw_series(struct image *image, const struct axes *axes,
                        const struct train_epoch *history, size_t offset,
                        const unsigned char colour[3])
{
    for (size_t i = 0; i < axes->count; i++) {
        const double value = (double)(&history[i].loss)[offset];
        const double before = i > 0 ? (double)(&history[i - 1].loss)[offset] : INFINITY;
        const double x = at_x(axes, i), y = at_y(axes, value);

        if (!is_on(axes, value))
            continue;
        if (is_on(axes, before))
            plot_line(image, at_x(axes, i - 1), at_y(axes, before), x, y, 1.2, colour);
        plot_dot(image, x, y, 3, colour);
    }
}

#define FIELD(name) (offsetof(struct train_epoch, name) / sizeof(float))

/* The largest value that an axis can have marks for; 0 when there is none above. */
static double largest(const struct train_epoch *history, size_t count, size_t offset)
{
    double most = 0;

    for (size_t i = 0; i < count; i++) {
        const double value = (double)(&history[i].loss)[offset];

        if (value > most && value < highest)
            most = value;
    }
    return most;
}

/* What is drawn. */
struct drawing {
    struct image *image;
    const struct train_task_ops *task;
    const struct train_epoch *history, *start;
    size_t count, best;
};

/* The largest value of the scores in a panel. */
static double largest_score(const struct drawing *d, enum train_panel panel)
{
    double most = 0;

    for (size_t i = 0; i < d->task->score_count; i++)
        if (d->task->scores[i].panel == panel)
            most = fmax(most, fmax(largest(d->history, d->count, FIELD(scores) + i),
                                   d->start ? largest(d->start, 1, FIELD(scores) + i) : 0));
    return most;
}

/* What the training began from, as a broken line from side to side. */
static void draw_start(const struct drawing *d, const struct axes *axes, size_t offset,
                       const unsigned char colour[3])
{
    const double value = (double)(&d->start->loss)[offset], y = at_y(axes, value);

    for (int x = axes->left; x < axes->right && is_on(axes, value); x += 12)
        plot_line(d->image, x, y, fmin(x + 6, axes->right), y, 0.8, colour);
}

/* One line and its name above the panel; *colour counts the lines. */
static void draw_named(const struct drawing *d, const struct axes *axes, const char *name,
                       const char *what, size_t offset, size_t *colour)
{
    const unsigned char *paint = plot_colour(*colour);
    char label[32];

    snprintf(label, sizeof label, "%s %s", name, what);
    draw_series(d->image, axes, d->history, offset, paint);
    if (d->start && offset >= FIELD(scores) && offset < FIELD(mean_norm))
        draw_start(d, axes, offset, paint);
    plot_text(d->image, axes->left + 200 * (int)(*colour)++, 20, 2, label, paint);
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
        plot_line(d->image, at_x(axes, d->best), TOP, at_x(axes, d->best), BOTTOM, 0.5, plot_grey);
}

/* The perplexity, or the loss that has none. */
static void draw_perplexity(const struct drawing *d)
{
    const size_t field = d->task->errors ? FIELD(loss) : FIELD(perplexity);
    const double dev = largest_score(d, TRAIN_WITH_PERPLEXITY);
    const double train = d->count > 0 ? largest(d->history + d->count / 8, 1, field) : 10;
    const struct axes axes = {LEFT, RIGHT, 0, fmax(1.1 * fmax(dev, train), 2), d->count};
    size_t colour = 0;

    draw_frame(d, &axes);
    if (!d->task->rewarded) /* a reward has none */
        draw_named(d, &axes, d->task->errors ? "loss" : "perplexity", "train", field, &colour);
    draw_panel_scores(d, &axes, TRAIN_WITH_PERPLEXITY, &colour);
}

static void draw_scores(const struct drawing *d)
{
    const double most = largest_score(d, TRAIN_WITH_SCORES);
    const struct axes axes = {LEFT + PANEL, RIGHT + PANEL, 0, most > 1e-3 ? 1.1 * most : 1,
                              d->count};
    size_t colour = 0;

    draw_frame(d, &axes);
    draw_panel_scores(d, &axes, TRAIN_WITH_SCORES, &colour);
}

/* The share of the steps that were clipped, as grey bars: the panel's height is all of them. */
static void draw_clipped(const struct drawing *d, const struct axes *axes)
{
    for (size_t i = 0; i < d->count; i++) {
        const double share = fmin((double)d->history[i].clipped, 1), x = at_x(axes, i);

        if (share > 0)
            plot_line(d->image, x, BOTTOM, x, BOTTOM - (BOTTOM - TOP) * share, 4, plot_grey);
    }
    if (largest(d->history, d->count, FIELD(clipped)) > 0)
        plot_text(d->image, axes->left + 250, HEIGHT - 16, 2, "GREY - CLIPPED STEPS", plot_black);
}

/* A largest norm far above the means is beyond the axis.  start: where the panel begins. */
static void draw_gradients(const struct drawing *d, int start)
{
    const double mean = largest(d->history, d->count, FIELD(mean_norm));
    const double most = fmin(largest(d->history, d->count, FIELD(largest_norm)), 4 * mean);
    const struct axes axes = {LEFT + start, RIGHT + start, 0, most > 1e-6 ? 1.1 * most : 1,
                              d->count};
    size_t colour = 0;

    draw_clipped(d, &axes);
    draw_frame(d, &axes);
    draw_named(d, &axes, "gradient", "mean", FIELD(mean_norm), &colour);
    draw_named(d, &axes, "gradient", "largest", FIELD(largest_norm), &colour);
}

static bool has_scores(const struct train_task_ops *task)
{
    for (size_t i = 0; i < task->score_count; i++)
        if (task->scores[i].panel == TRAIN_WITH_SCORES)
            return true;
    return false;
}

enum tn_status train_curve_save(const char *path, const struct train_curve *curve,
                                struct tn_error *err)
{
    struct image image;
    const struct drawing drawing = {&image,       curve->task,  curve->history,
                                    curve->start, curve->count, curve->best};
    const bool scored = has_scores(curve->task);
    const int last = scored ? 2 * PANEL : PANEL;
    enum tn_status status;

    TN_TRY(plot_create(&image, (size_t)(last + PANEL), HEIGHT, err));
    draw_perplexity(&drawing);
    if (scored)
        draw_scores(&drawing);
    draw_gradients(&drawing, last);
    if (curve->start)
        plot_text(&image, LEFT + PANEL, HEIGHT - 16, 2, "- - - THE START", plot_black);
    status = image_save_png(&image, path, err);
    image_finish(&image);
    return status;
}
