/* SPDX-License-Identifier: MIT */
/* What the files of colours share. */
#ifndef IMAGE_COLOUR_PRIVATE_H
#define IMAGE_COLOUR_PRIVATE_H

#include "image/colour.h"

#include <stdbool.h>

struct colour_matrix {
    double at[3][3];
};

/* Three primaries and a curve each. */
struct colour_model {
    struct colour_matrix to_d50;   /* from light to XYZ under D50, a column a primary */
    double light[3][IMAGE_VALUES]; /* of each value, 0 to 1 */
};

/* False when the primaries span no colours. */
bool colour_to_d50(const struct image_primaries *primaries, struct colour_matrix *ret_to_d50);
/* False when there is no inverse. */
bool colour_invert(const struct colour_matrix *matrix, struct colour_matrix *ret_inverse);
struct colour_matrix colour_multiply(const struct colour_matrix *left,
                                     const struct colour_matrix *right);

/* A profile's file (ICC.1:2022).  Whether it is one of such pixels; whether it has tables, and
 * whether it has a model, which is then written: it may have both. */
bool colour_icc_fits(const unsigned char *icc, size_t size, enum image_pixels pixels);
bool colour_icc_has_tables(const unsigned char *icc, size_t size);
bool colour_icc_model(const unsigned char *icc, size_t size, enum image_pixels pixels,
                      struct colour_model *ret_model);

/* A transform of lcms2, NULL when it has none for the profile, or is not there. */
void *colour_tables_create(const unsigned char *icc, size_t size, enum image_pixels pixels);
void colour_tables_destroy(void *transform);
void colour_tables_convert(void *transform, unsigned char *out, const unsigned char *in,
                           size_t count);

#endif
