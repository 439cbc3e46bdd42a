/* SPDX-License-Identifier: MIT */
#include "app/search/columns.h"

#include "base/array.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void app_rows_of_finish(struct app_rows_of *rows)
{
    free(rows->ids);
    free(rows->scales);
    free(rows->photos);
    free(rows->values);
    *rows = (struct app_rows_of){.count = 0};
}

/* Memory for so many rows at once, so that they are not copied as it grows. */
static enum tn_status reserve(struct app_rows_of *rows, size_t count, struct tn_error *err)
{
    TN_TRY(tn_array_reserve(&rows->ids, &rows->capacity, count, err));
    TN_TRY(tn_array_reserve(&rows->scales, &rows->scale_capacity, count, err));
    TN_TRY(tn_array_reserve(&rows->photos, &rows->photo_capacity, count, err));
    return tn_array_reserve(&rows->values, &rows->value_capacity, count * rows->width, err);
}

static enum tn_status take_row(struct app_rows_of *rows, const struct app_statement *statement,
                               struct tn_error *err)
{
    const double scale = app_column_real(statement, 1);
    const size_t count = rows->count;
    size_t size;
    const void *bytes = app_column_bytes(statement, 2, &size);

    if (size != rows->width || !(scale > 0 && scale < 1e30))
        return tn_fail(err, TN_FORMAT,
                       "%s: the index is damaged (%zu numbers for a photo; expected %zu); remove "
                       "it, and it is made again",
                       app_db_path(statement->db), size, rows->width);
    TN_TRY(reserve(rows, count + 1, err));
    rows->ids[count] = app_column_number(statement, 0);
    rows->scales[count] = (float)scale;
    rows->photos[count] = app_column_number(statement, 3) != 0;
    if (size > 0)
        memcpy(rows->values + count * rows->width, bytes, size);
    rows->count++;
    return TN_OK;
}

static enum tn_status take_rows(const struct app_index *index, struct app_rows_of *rows,
                                struct app_statement *statement, struct tn_error *err)
{
    bool row = true;

    while (row) {
        TN_TRY(app_step(statement, &row, err));
        if (row && !app_excluded_has(&index->excluded, app_column_number(statement, 0)))
            TN_TRY(take_row(rows, statement, err));
    }
    return TN_OK;
}

static enum tn_status load(struct app_index *index, const char *sql, const int64_t *ids,
                           size_t count, struct app_rows_of *rows, struct tn_error *err)
{
    struct app_statement statement;
    enum tn_status status;

    TN_TRY(app_prepare(index->db, sql, &statement, err));
    status = reserve(rows, ids ? count : index->photos, err);
    if (status == TN_OK && !ids)
        status = take_rows(index, rows, &statement, err);
    for (size_t i = 0; ids && i < count && status == TN_OK; i++) {
        app_bind_number(&statement, 1, ids[i]);
        status = take_rows(index, rows, &statement, err);
    }
    app_statement_finish(&statement);
    return status;
}

enum tn_status app_codes_load(struct app_index *index, size_t width, struct app_rows_of *ret_rows,
                              struct tn_error *err)
{
    struct app_rows_of rows = {.width = width};
    const enum tn_status status =
        load(index, "SELECT id, scale, code, photo FROM codes ORDER BY id", NULL, 0, &rows, err);

    if (status == TN_OK)
        *ret_rows = rows;
    else
        app_rows_of_finish(&rows);
    return status;
}

enum tn_status app_vectors_load(struct app_index *index, const int64_t *ids, size_t count,
                                size_t width, struct app_rows_of *ret_rows, struct tn_error *err)
{
    struct app_rows_of rows = {.width = width};
    const enum tn_status status =
        load(index,
             ids ? "SELECT id, scale, vector, 1 FROM vectors WHERE id = ?1"
                 : "SELECT id, scale, vector, 1 FROM vectors ORDER BY id",
             ids, count, &rows, err);

    if (status == TN_OK)
        *ret_rows = rows;
    else
        app_rows_of_finish(&rows);
    return status;
}

void app_rows_floats(const struct app_rows_of *rows, size_t row, float *out)
{
    const signed char *values = rows->values + row * rows->width;

    for (size_t i = 0; i < rows->width; i++)
        out[i] = rows->scales[row] * (float)values[i];
}

/* Of at most 2^17 numbers. */
static double product(const signed char *a, const signed char *b, size_t width)
{
    int sum = 0;

    for (size_t i = 0; i < width; i++)
        sum += a[i] * b[i];
    return (double)sum;
}

double app_rows_cosine(const struct app_rows_of *a, size_t row_a, const struct app_rows_of *b,
                       size_t row_b)
{
    const signed char *x = a->values + row_a * a->width, *y = b->values + row_b * b->width;
    const double squares = product(x, x, a->width) * product(y, y, a->width);

    return squares > 0 ? product(x, y, a->width) / sqrt(squares) : 0;
}
