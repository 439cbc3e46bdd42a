/* SPDX-License-Identifier: MIT */
/* Where a photo lies among those that the consensus knows. */
#include "models/captioner/consensus.h"

#include "tensor/pointwise.h"

#include <math.h>

/* -|l|^2 / 2 of each landmark. */
static void put_heights(const struct tn_matrix *landmarks, float *heights, float *row)
{
    for (size_t j = 0; j < landmarks->rows; j++) {
        tn_matrix_row(landmarks, j, row);
        heights[j] = -tn_dot(row, row, landmarks->columns) / 2;
    }
}

void consensus_likeness(const struct tn_matrix *landmarks, struct tn_pool *pool, float *likeness,
                        size_t images, const float *places, struct tn_arena *scratch)
{
    const size_t count = landmarks->rows, s = landmarks->columns, mark = tn_arena_mark(scratch);
    float *heights = tn_arena_floats(scratch, count), *row = tn_arena_floats(scratch, s);

    if (likeness)
        put_heights(landmarks, heights, row);
    tn_linear(pool, likeness, places, landmarks, heights, false, images, scratch);
    for (size_t i = 0; likeness && i < images; i++) {
        float *values = likeness + i * count;
        const float height = tn_dot(places + i * s, places + i * s, s) / 2;

        for (size_t j = 0; j < count; j++)
            values[j] = fminf(values[j] - height, 0); /* no farther than at the place itself */
        tn_exp(values, values, count);
    }
    tn_arena_release(scratch, mark);
}

void consensus_place(const struct consensus *c, struct tn_pool *pool, float *z, size_t images,
                     const float *features, struct tn_arena *scratch)
{
    const size_t mark = tn_arena_mark(scratch);

    if (c->space.rows > 0) {
        float *places = tn_arena_floats(scratch, images * c->space.rows);
        float *likeness = tn_arena_floats(scratch, images * c->landmarks.rows);

        tn_linear(pool, z ? places : NULL, features, &c->space, NULL, false, images, scratch);
        consensus_likeness(&c->landmarks, pool, z ? likeness : NULL, images, places, scratch);
        features = likeness;
    }
    tn_linear(pool, z, features, &c->directions, NULL, false, images, scratch);
    for (size_t i = 0; z && i < images; i++)
        tn_axpy(z + i * c->directions.rows, -1, c->offsets, c->directions.rows);
    tn_arena_release(scratch, mark);
}
