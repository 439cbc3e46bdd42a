/* SPDX-License-Identifier: MIT */
/* Photos that look alike, by V. */
#include "app/search/columns.h"
#include "app/search/find.h"
#include "base/array.h"
#include "models/captioner/relevance.h"

#include <stdlib.h>
#include <string.h>

/* ---- Like one photo ---- */

/* The one row of these numbers, as an index would keep them. */
static enum tn_status row_of(const float *values, size_t count, struct app_rows_of *ret_row,
                             struct tn_error *err)
{
    struct app_rows_of row = {.count = 1, .width = count};

    row.scales = malloc(sizeof *row.scales);
    row.values = malloc(count + 1);
    if (!row.scales || !row.values) {
        app_rows_of_finish(&row);
        return tn_fail_nomem(err, count);
    }
    tn_quantise_rows(values, 1, count, row.values, row.scales);
    *ret_row = row;
    return TN_OK;
}

static enum tn_status add_cosines(struct app_index *index, const struct app_rows_of *rows,
                                  const struct app_rows_of *wanted, struct app_found_list *list,
                                  struct tn_error *err)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct app_found found = {.index = index,
                                        .id = rows->ids[i],
                                        .score = (float)app_rows_cosine(rows, i, wanted, 0)};

        TN_TRY(app_found_add(list, found, err));
    }
    return TN_OK;
}

/* Those whose codes are closest, so that V is read of few. */
static enum tn_status find_closest(struct app_index *index, struct relevance *relevance,
                                   const float *features, struct app_found_list *closest,
                                   struct tn_error *err)
{
    const size_t width = relevance_code_size(relevance);
    struct app_rows_of codes = {.count = 0}, wanted = {.count = 0};
    float *code = malloc((width + 1) * sizeof *code);
    enum tn_status status =
        code ? app_codes_load(index, width, &codes, err) : tn_fail_nomem(err, width * sizeof *code);

    if (status == TN_OK) {
        relevance_encode(relevance, features, code);
        status = row_of(code, width, &wanted, err);
    }
    if (status == TN_OK)
        status = add_cosines(index, &codes, &wanted, closest, err);
    app_found_cut(closest, FIND_CLOSEST);
    free(code);
    app_rows_of_finish(&wanted);
    app_rows_of_finish(&codes);
    return status;
}

/* V of all, or of the closest. */
static enum tn_status load_vectors(struct app_index *index, const struct app_found_list *closest,
                                   size_t width, struct app_rows_of *ret_rows, struct tn_error *err)
{
    int64_t *ids = malloc((closest->count + 1) * sizeof *ids);
    enum tn_status status;

    if (!ids)
        return tn_fail_nomem(err, closest->count * sizeof *ids);
    for (size_t i = 0; i < closest->count; i++)
        ids[i] = closest->items[i].id;
    status = app_vectors_load(index, closest->count > 0 ? ids : NULL, closest->count, width,
                              ret_rows, err);
    free(ids);
    return status;
}

enum tn_status app_find_like(struct app_index *index, struct captioner *captioner,
                             const float *features, struct app_found_list *list,
                             struct tn_error *err)
{
    struct app_found_list closest = {.count = 0};
    struct app_rows_of vectors = {.count = 0}, wanted = {.count = 0};
    struct relevance *relevance;
    enum tn_status status;

    TN_TRY(captioner_relevance(captioner, &relevance, err));
    status = row_of(features, captioner_feature_count(captioner), &wanted, err);
    if (status == TN_OK && relevance_code_size(relevance) > 0 && index->photos > FIND_CLOSEST)
        status = find_closest(index, relevance, features, &closest, err);
    if (status == TN_OK)
        status = load_vectors(index, &closest, wanted.width, &vectors, err);
    if (status == TN_OK)
        status = add_cosines(index, &vectors, &wanted, list, err);
    app_found_sort(list);
    app_rows_of_finish(&vectors);
    app_rows_of_finish(&wanted);
    free(closest.items);
    return status;
}
