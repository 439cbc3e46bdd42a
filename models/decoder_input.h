/* SPDX-License-Identifier: MIT */
/*
 * What of a photo enters the decoder: z from V.
 *
 *     z = scale V                of older models
 *     z = scale V / |V|          unit: how bright the photo makes all of V shows nothing about it
 *
 * A mirrored decoder expects V to be the mean over the photo and its mirror image, which agree in
 * what a caption contains and differ by chance.
 */
#ifndef MODELS_DECODER_INPUT_H
#define MODELS_DECODER_INPUT_H

#include <stdbool.h>
#include <stddef.h>

struct decoder_input {
    float scale; /* above 0 */
    bool unit, mirrored;
};

/* z[width] = V[width], in place.  V = 0 stays 0. */
void decoder_input_apply(const struct decoder_input *input, float *v, size_t width);

/* dV[width] = the gradient at V, from dz[width]: in place.  With unit,
 *     dV = scale / |V| (dz - u (u . dz)),  u = V / |V|. */
void decoder_input_backward(const struct decoder_input *input, const float *v, float *dz,
                            size_t width);

#endif
