/* SPDX-License-Identifier: MIT */
#include "train/fit/reliability_plot.h"

#include "image/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 1000, HEIGHT = 480, LEFT = 60, RIGHT = 440, PANEL = 500, TOP = 50, BOTTOM = 430 };
enum { STEPS = 20 }; /* of the distribution */

/* A panel: x from 0 to 1, y from 0 to high. */
struct panel {
    struct image *image;
    int shift; /* to the right */
    double high;
};

static double at_x(const struct panel *panel, double x)
{
    return panel->shift + LEFT + (RIGHT - LEFT) * x;
}

static double at_y(const struct panel *panel, double y)
{
    return BOTTOM - (BOTTOM - TOP) * fmin(y / panel->high, 1);
}

static void draw_axes(const struct panel *panel, const char *name)
{
    char label[32];

    for (int i = 0; i <= 5; i++) {
        const double x = at_x(panel, i / 5.0), y = at_y(panel, panel->high * i / 5);

        plot_line(panel->image, at_x(panel, 0), y, at_x(panel, 1), y, 0.5, plot_grey);
        snprintf(label, sizeof label, "%.1f", i / 5.0);
        plot_text(panel->image, (int)x - 12, BOTTOM + 10, 2, label, plot_black);
        snprintf(label, sizeof label, "%.2f", panel->high * i / 5);
        plot_text(panel->image, panel->shift + LEFT - 40, (int)y - 5, 2, label, plot_black);
    }
    plot_line(panel->image, at_x(panel, 0), BOTTOM, at_x(panel, 1), BOTTOM, 0.5, plot_black);
    plot_line(panel->image, at_x(panel, 0), BOTTOM, at_x(panel, 0), TOP, 0.5, plot_black);
    plot_text(panel->image, panel->shift + (LEFT + RIGHT) / 2 - 4 * (int)strlen(name), BOTTOM + 30,
              2, name, plot_black);
}

/* Bins as discs whose areas are their shares. */
static void draw_bins(const struct panel *panel, const struct reliability *r,
                      const struct reliability_bin *bins, const unsigned char colour[3])
{
    for (size_t b = 0; b < RELIABILITY_BINS; b++)
        if (bins[b].count > 0)
            plot_dot(panel->image, at_x(panel, bins[b].estimate), at_y(panel, bins[b].score),
                     1.5 + 14 * sqrt((double)bins[b].count / (double)r->count), colour);
}

static void draw_reliability(struct image *image, const struct reliability *r)
{
    const struct panel panel = {image, 0, 1};
    char label[64];

    draw_axes(&panel, "confidence");
    plot_text(image, LEFT - 40, 10, 2, "content precision", plot_black);
    plot_line(image, at_x(&panel, 0), at_y(&panel, 0), at_x(&panel, 1), at_y(&panel, 1), 0.8,
              plot_black);
    snprintf(label, sizeof label, "equal width ECE %.3f", r->ece_width);
    plot_text(image, LEFT + 20, TOP + 10, 2, label, plot_colour(0));
    snprintf(label, sizeof label, "equal mass ECE %.3f", r->ece_mass);
    plot_text(image, LEFT + 20, TOP + 26, 2, label, plot_colour(1));
    draw_bins(&panel, r, r->widths, plot_colour(0));
    draw_bins(&panel, r, r->masses, plot_colour(1));
}

/* shares[STEPS] of values[count]; returns the largest. */
static double distribute(const double *values, size_t count, double *shares)
{
    double most = 0;

    memset(shares, 0, STEPS * sizeof *shares);
    for (size_t i = 0; i < count; i++) {
        const size_t step = (size_t)fmin(fmax(values[i] * STEPS, 0), STEPS - 1);

        shares[step] += 1 / (double)count;
    }
    for (size_t i = 0; i < STEPS; i++)
        most = fmax(most, shares[i]);
    return most;
}

static void draw_shares(const struct panel *panel, const double *shares,
                        const unsigned char colour[3])
{
    for (size_t i = 0; i < STEPS; i++) {
        const double x0 = at_x(panel, (double)i / STEPS), x1 = at_x(panel, (double)(i + 1) / STEPS);
        const double y = at_y(panel, shares[i]);

        plot_line(panel->image, x0, y, x1, y, 1.2, colour);
        plot_line(panel->image, x0, at_y(panel, i > 0 ? shares[i - 1] : 0), x0, y, 1.2, colour);
    }
}

static void draw_distributions(struct image *image, const struct reliability_plot *plot)
{
    double photos[STEPS], empty[STEPS];
    const double most = fmax(distribute(plot->photos, plot->reliability->count, photos),
                             distribute(plot->empty, plot->empty_count, empty));
    const struct panel panel = {image, PANEL, ceil(most * 20 + 0.01) / 20};

    draw_axes(&panel, "confidence");
    plot_text(image, PANEL + LEFT - 40, 10, 2, "share", plot_black);
    plot_text(image, PANEL + LEFT + 100, 10, 2, "photos", plot_colour(0));
    plot_text(image, PANEL + LEFT + 200, 10, 2, "empty pictures", plot_colour(1));
    draw_shares(&panel, empty, plot_colour(1));
    draw_shares(&panel, photos, plot_colour(0));
}

enum tn_status reliability_plot_save(const char *path, const struct reliability_plot *plot,
                                     struct tn_error *err)
{
    struct image image;
    enum tn_status status;

    TN_TRY(plot_create(&image, WIDTH, HEIGHT, err));
    draw_reliability(&image, plot->reliability);
    draw_distributions(&image, plot);
    status = image_save_png(&image, path, err);
    image_finish(&image);
    return status;
}
