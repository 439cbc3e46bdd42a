/* SPDX-License-Identifier: MIT */
/* From the chromaticities of primaries to the matrix that makes XYZ of their light. */
#include "image/colour_private.h"

#include <math.h>

/* ITU-R BT.709 and D65. */
const struct image_primaries image_srgb_primaries = {
    {{0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}, {0.3127, 0.3290}}};

struct colour_matrix colour_multiply(const struct colour_matrix *left,
                                     const struct colour_matrix *right)
{
    struct colour_matrix product = {0};

    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            for (size_t k = 0; k < 3; k++)
                product.at[i][j] += left->at[i][k] * right->at[k][j];
    return product;
}

/* By the cofactors. */
bool colour_invert(const struct colour_matrix *matrix, struct colour_matrix *ret_inverse)
{
    struct colour_matrix inverse;
    double determinant = 0;

    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++) {
            const double *above = matrix->at[(i + 1) % 3], *below = matrix->at[(i + 2) % 3];
            const size_t left = (j + 1) % 3, right = (j + 2) % 3;

            inverse.at[j][i] = above[left] * below[right] - above[right] * below[left];
        }
    for (size_t j = 0; j < 3; j++)
        determinant += matrix->at[0][j] * inverse.at[j][0];
    if (!(fabs(determinant) > 1e-9))
        return false;
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            inverse.at[i][j] /= determinant;
    *ret_inverse = inverse;
    return true;
}

static void apply(double out[3], const struct colour_matrix *matrix, const double in[3])
{
    for (size_t i = 0; i < 3; i++)
        out[i] = matrix->at[i][0] * in[0] + matrix->at[i][1] * in[1] + matrix->at[i][2] * in[2];
}

/* What makes a white D50, in the responses of Bradford's cones (ICC.1:2022, annex E). */
static struct colour_matrix adaptation_to_d50(const double white[3])
{
    static const struct colour_matrix bradford = {
        {{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}};
    static const double d50[3] = {0.9642, 1, 0.8249};
    struct colour_matrix back = {0}, scaled;
    double from[3], to[3];

    apply(from, &bradford, white);
    apply(to, &bradford, d50);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            scaled.at[i][j] = bradford.at[i][j] * to[i] / from[i];
    (void)colour_invert(&bradford, &back);
    return colour_multiply(&back, &scaled);
}

bool colour_to_d50(const struct image_primaries *primaries, struct colour_matrix *ret_to_d50)
{
    struct colour_matrix columns, inverse, adaptation;
    double white[3], amounts[3];

    for (size_t i = 0; i < 4; i++) {
        const double x = primaries->xy[i][0], y = primaries->xy[i][1];
        const double xyz[3] = {x / y, 1, (1 - x - y) / y};

        if (!(y > 0 && y <= 1 && x >= 0 && x <= 1))
            return false;
        for (size_t j = 0; j < 3; j++)
            *(i < 3 ? &columns.at[j][i] : &white[j]) = xyz[j];
    }
    if (!colour_invert(&columns, &inverse))
        return false;
    apply(amounts, &inverse, white); /* together they are white */
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            columns.at[i][j] *= amounts[j];
    adaptation = adaptation_to_d50(white);
    *ret_to_d50 = colour_multiply(&adaptation, &columns);
    return true;
}
