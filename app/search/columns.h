/* SPDX-License-Identifier: MIT */
/* The rows of numbers in an index, many at once: codes or vectors of its photos. */
#ifndef APP_COLUMNS_H
#define APP_COLUMNS_H

#include "app/search/index.h"
#include "tensor/matrix.h"

#include <stddef.h>
#include <stdint.h>

/* Zeroed: none.  Owned. */
struct app_rows_of {
    int64_t *ids; /* [count], rising */
    float *scales;
    bool *photos;        /* [count]; of codes: it is no picture of nothing */
    signed char *values; /* [count][width] */
    size_t count, width, capacity, scale_capacity, photo_capacity, value_capacity;
};

/* All codes of width numbers.  Rows of another width are damage: TN_FORMAT. */
TN_NODISCARD enum tn_status app_codes_load(struct app_index *index, size_t width,
                                           struct app_rows_of *ret_rows, struct tn_error *err);
/* All vectors; of the ids alone, unless there are none (NULL). */
TN_NODISCARD enum tn_status app_vectors_load(struct app_index *index, const int64_t *ids,
                                             size_t count, size_t width,
                                             struct app_rows_of *ret_rows, struct tn_error *err);
void app_rows_of_finish(struct app_rows_of *rows);

static inline struct tn_matrix app_rows_matrix(const struct app_rows_of *rows)
{
    return (struct tn_matrix){.dtype = TN_I8,
                              .rows = rows->count,
                              .columns = rows->width,
                              .data = rows->values,
                              .scale = rows->scales};
}
/* out[width] = a row as floats. */
void app_rows_floats(const struct app_rows_of *rows, size_t row, float *out);
/* The cosine of two rows, exactly. */
double app_rows_cosine(const struct app_rows_of *a, size_t row_a, const struct app_rows_of *b,
                       size_t row_b);

#endif
