/* SPDX-License-Identifier: MIT */
/* A small rasteriser for diagrams: lines as discs along their way, text in a 3x5 font. */
#ifndef IMAGE_PLOT_H
#define IMAGE_PLOT_H

#include "image/image.h"

extern const unsigned char plot_black[3], plot_grey[3];
/* Colours for lines, easy to distinguish; after the last the first again. */
const unsigned char *plot_colour(size_t index);

/* A white picture; the caller finishes it (image_finish) after success. */
TN_NODISCARD enum tn_status plot_create(struct image *image, size_t width, size_t height,
                                        struct tn_error *err);

/* What lies beyond the picture is left out. */
void plot_dot(struct image *image, double x, double y, double radius,
              const unsigned char colour[3]);
void plot_line(struct image *image, double x0, double y0, double x1, double y1, double radius,
               const unsigned char colour[3]);
/* Capitals, digits and - . / with the upper left corner at (x, y), 4 * size wide each. */
void plot_text(struct image *image, int x, int y, int size, const char *label,
               const unsigned char colour[3]);

#endif
