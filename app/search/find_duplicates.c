/* SPDX-License-Identifier: MIT */
/* Photos that look nearly the same.  All pairs are compared by their codes, those with a cosine
 * above LOOSE by V. */
#include "app/cli/console.h"
#include "app/search/columns.h"
#include "app/search/find.h"
#include "models/captioner/relevance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64 /* photos that are compared with all others at once */ };
#define LOOSE 0.8

/* Photos of all indexes, one after another's. */
struct comparing {
    struct app_index *indexes;
    size_t index_count, count;
    struct app_rows_of *rows; /* [index_count]: codes; of a model without codes V */
    struct photo {
        struct app_index *index;
        int64_t id;
        size_t other;      /* an earlier photo of its group; itself: none */
        float score, norm; /* INFINITY of what is no photo: all of these look alike */
    } * photos;            /* [count] */
    float *block;          /* [BLOCK][width] */
    float *products;       /* [BLOCK][rows of the largest index] */
    size_t features;       /* numbers of V */
    double limit;
    struct app_rows_of kept; /* V of one photo: */
    size_t kept_photo;
    struct tn_arena arena;
    bool progress;
    struct app_status status;
};

/* ---- Groups ---- */

static size_t first_of(const struct comparing *c, size_t photo)
{
    while (c->photos[photo].other != photo)
        photo = c->photos[photo].other;
    return photo;
}

static void join(struct comparing *c, size_t a, size_t b, float cosine)
{
    const size_t x = first_of(c, a), y = first_of(c, b);

    c->photos[x < y ? y : x].other = x < y ? x : y;
    c->photos[a].score = fmaxf(c->photos[a].score, cosine);
    c->photos[b].score = fmaxf(c->photos[b].score, cosine);
}

/* ---- Pairs ---- */

static enum tn_status load_vector(const struct comparing *c, size_t photo,
                                  struct app_rows_of *ret_rows, struct tn_error *err)
{
    const struct photo *p = &c->photos[photo];

    TN_TRY(app_vectors_load(p->index, &p->id, 1, c->features, ret_rows, err));
    if (ret_rows->count == 1)
        return TN_OK;
    app_rows_of_finish(ret_rows);
    return tn_fail(err, TN_FORMAT, "%s: the index is damaged; remove it, and it is made again",
                   app_db_path(p->index->db));
}

/* Looks at two photos closely; V of the first is kept for the next pair. */
static enum tn_status compare_pair(struct comparing *c, size_t a, size_t b, struct tn_error *err)
{
    struct app_rows_of second;
    double cosine;

    if (first_of(c, a) == first_of(c, b))
        return TN_OK;
    if (c->kept.count == 0 || c->kept_photo != a) {
        app_rows_of_finish(&c->kept);
        TN_TRY(load_vector(c, a, &c->kept, err));
        c->kept_photo = a;
    }
    TN_TRY(load_vector(c, b, &second, err));
    cosine = app_rows_cosine(&c->kept, 0, &second, 0);
    app_rows_of_finish(&second);
    if (cosine > c->limit)
        join(c, a, b, (float)cosine);
    return TN_OK;
}

/* Compares block[rows], the photos from first on, with those of an index that come after them. */
static enum tn_status compare_block(struct comparing *c, size_t first, size_t rows,
                                    const struct app_rows_of *others, size_t start,
                                    struct tn_error *err)
{
    const struct tn_matrix matrix = app_rows_matrix(others);

    if (start + others->count <= first)
        return TN_OK;
    tn_linear(NULL, c->products, c->block, &matrix, NULL, false, rows, &c->arena);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < others->count; i++) {
            const size_t a = first + row, b = start + i;
            const float least = (float)LOOSE * c->photos[a].norm * c->photos[b].norm;

            if (b > a && c->products[row * others->count + i] > least)
                TN_TRY(compare_pair(c, a, b, err));
        }
    return TN_OK;
}

static enum tn_status compare_all(struct comparing *c, struct tn_error *err)
{
    size_t first = 0;

    app_status_begin(&c->status);
    for (size_t k = 0; k < c->index_count; k++)
        for (size_t at = 0; at < c->rows[k].count; at += BLOCK) {
            const size_t left = c->rows[k].count - at, rows = left < BLOCK ? left : BLOCK;
            size_t start = 0;

            if (app_interrupted())
                return tn_fail(err, TN_CANCELLED, "interrupted");
            for (size_t row = 0; row < rows; row++)
                app_rows_floats(&c->rows[k], at + row, c->block + row * c->rows[k].width);
            for (size_t other = 0; other < c->index_count; other++) {
                TN_TRY(compare_block(c, first, rows, &c->rows[other], start, err));
                start += c->rows[other].count;
            }
            first += rows;
            if (c->progress && app_status_due(&c->status))
                app_status_show(&c->status, first, c->count);
        }
    if (c->progress)
        app_status_clear(&c->status);
    return TN_OK;
}

/* ---- A comparison ---- */

static enum tn_status load_rows(struct comparing *c, size_t code_size, struct tn_error *err)
{
    c->rows = calloc(c->index_count + 1, sizeof *c->rows);
    if (!c->rows)
        return tn_fail_nomem(err, c->index_count * sizeof *c->rows);
    for (size_t k = 0; k < c->index_count; k++) {
        TN_TRY(code_size > 0
                   ? app_codes_load(&c->indexes[k], code_size, &c->rows[k], err)
                   : app_vectors_load(&c->indexes[k], NULL, 0, c->features, &c->rows[k], err));
        c->count += c->rows[k].count;
    }
    c->photos = calloc(c->count + 1, sizeof *c->photos);
    return c->photos ? TN_OK : tn_fail_nomem(err, c->count * sizeof *c->photos);
}

static float norm_of(const struct app_rows_of *rows, size_t row)
{
    const signed char *values = rows->values + row * rows->width;
    double sum = 0;

    for (size_t i = 0; i < rows->width; i++)
        sum += values[i] * values[i];
    return rows->scales[row] * (float)sqrt(sum);
}

static enum tn_status prepare(struct comparing *c, size_t width, struct tn_error *err)
{
    size_t photo = 0, most = 0;

    for (size_t k = 0; k < c->index_count; k++) {
        const struct app_rows_of *rows = &c->rows[k];

        most = rows->count > most ? rows->count : most;
        for (size_t i = 0; i < rows->count; i++, photo++)
            c->photos[photo] =
                (struct photo){.index = &c->indexes[k],
                               .id = rows->ids[i],
                               .other = photo,
                               .norm = rows->photos[i] ? norm_of(rows, i) : INFINITY};
    }
    c->block = malloc(BLOCK * width * sizeof *c->block);
    c->products = malloc((BLOCK * most + 1) * sizeof *c->products);
    if (!c->block || !c->products)
        return tn_fail_nomem(err, BLOCK * most * sizeof *c->products);
    tn_arena_measure(&c->arena);
    for (size_t k = 0; k < c->index_count; k++) {
        const struct tn_matrix matrix = app_rows_matrix(&c->rows[k]);

        if (matrix.rows > 0)
            tn_linear(NULL, NULL, NULL, &matrix, NULL, false, BLOCK, &c->arena);
    }
    return tn_arena_reserve(&c->arena, err);
}

/* Those in groups, a group after the other. */
static enum tn_status list_groups(const struct comparing *c, struct app_found_list *list,
                                  size_t **ret_groups, struct tn_error *err)
{
    size_t *groups = malloc((c->count + 1) * sizeof *groups);
    enum tn_status status = groups ? TN_OK : tn_fail_nomem(err, c->count * sizeof *groups);
    size_t number = 0;

    for (size_t first = 0; first < c->count && status == TN_OK; first++) {
        if (c->photos[first].other != first || c->photos[first].score <= 0)
            continue;
        for (size_t i = first; i < c->count && status == TN_OK; i++) {
            const struct photo *p = &c->photos[i];

            if (first_of(c, i) != first)
                continue;
            groups[list->count] = number;
            status = app_found_add(
                list, (struct app_found){.index = p->index, .id = p->id, .score = p->score}, err);
        }
        number++;
    }
    if (status == TN_OK)
        *ret_groups = groups;
    else
        free(groups);
    return status;
}

enum tn_status app_find_duplicates(struct app_index *indexes, size_t count,
                                   struct captioner *captioner, double limit, bool progress,
                                   struct app_found_list *list, size_t **ret_groups,
                                   struct tn_error *err)
{
    struct comparing c = {.indexes = indexes,
                          .index_count = count,
                          .features = captioner_feature_count(captioner),
                          .limit = limit,
                          .progress = progress};
    struct relevance *relevance;
    enum tn_status status = captioner_relevance(captioner, &relevance, err);
    size_t width = 0;

    if (status == TN_OK) {
        width = relevance_code_size(relevance);
        status = load_rows(&c, width, err);
    }
    if (status == TN_OK)
        status = prepare(&c, width > 0 ? width : c.features, err);
    if (status == TN_OK)
        status = compare_all(&c, err);
    if (status == TN_OK)
        status = list_groups(&c, list, ret_groups, err);
    for (size_t k = 0; c.rows && k < count; k++)
        app_rows_of_finish(&c.rows[k]);
    app_rows_of_finish(&c.kept);
    free(c.rows);
    free(c.photos);
    free(c.block);
    free(c.products);
    tn_arena_finish(&c.arena);
    return status;
}
