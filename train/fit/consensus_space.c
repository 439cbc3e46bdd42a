/* SPDX-License-Identifier: MIT */
#include "train/fit/consensus_space.h"

#include "base/arena.h"
#include "base/memory.h"
#include "models/captioner/consensus.h"
#include "tensor/gemm.h"
#include "tensor/pointwise.h"
#include "train/fit/components.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 256 };

/* The mean squared length of photos in the space: half the squared distance of two on the average,
 * so that their likeness is exp(-1.2).  It was best on photos held out, on a flat optimum. */
static const float SPREAD = 1.2F;

struct finding {
    struct tn_pool *pool;
    const float *v, *roots;
    size_t count, width, directions;
    float *x;      /* [count][width]: V less its mean, times the root of its weight */
    float *basis;  /* [directions][width] */
    float *places; /* [directions][count] */
    double total;
};

/* x; its rows' squared lengths are what the photos differ by. */
static void centre(struct finding *f)
{
    float *mean = f->basis;

    memset(mean, 0, f->width * sizeof *mean);
    for (size_t i = 0; i < f->count; i++)
        f->total += (double)(f->roots[i] * f->roots[i]);
    for (size_t i = 0; i < f->count; i++)
        tn_axpy(mean, f->roots[i] * f->roots[i] / (float)f->total, f->v + i * f->width, f->width);
    for (size_t i = 0; i < f->count; i++) {
        float *row = f->x + i * f->width;

        memcpy(row, f->v + i * f->width, f->width * sizeof *row);
        tn_axpy(row, -1, mean, f->width);
        tn_scale(row, f->roots[i], f->width);
    }
}

/* Scales the basis to the SPREAD. */
static void scale_basis(struct finding *f)
{
    const size_t d = f->directions, n = f->count, width = f->width;
    double squares = 0;

    tn_gemm(f->pool, f->places, n, 0, tn_plain(f->basis, width), tn_turned(f->x, width), d, n,
            width);
    for (size_t j = 0; j < d; j++)
        squares += (double)tn_dot(f->places + j * n, f->places + j * n, n);
    if (squares > 0)
        tn_scale(f->basis, sqrtf(SPREAD * (float)(f->total / squares)), d * width);
}

static enum tn_status find_basis(struct finding *f, struct tn_error *err)
{
    f->x = tn_memory_create(f->count * f->width * sizeof *f->x);
    f->basis = tn_memory_create(f->directions * f->width * sizeof *f->basis);
    f->places = tn_memory_create(f->directions * f->count * sizeof *f->places);
    if (!f->x || !f->basis || !f->places)
        return tn_fail_nomem(err, f->count * f->width * sizeof *f->x);
    centre(f);
    train_components(f->pool, f->x, f->count, f->width, f->directions, f->basis, f->places);
    scale_basis(f);
    return TN_OK;
}

/* ---- As captioning reads it ---- */

static enum tn_status allocate_space(struct consensus_space *space, size_t s, size_t width,
                                     size_t landmarks, struct tn_error *err)
{
    space->codes = malloc(s * width + landmarks * s);
    space->scales = malloc((s + landmarks) * sizeof *space->scales);
    if (!space->codes || !space->scales)
        return tn_fail_nomem(err, s * width + landmarks * s);
    space->space = (struct tn_matrix){TN_I8, s, width, space->codes, space->scales};
    space->landmarks =
        (struct tn_matrix){TN_I8, landmarks, s, space->codes + s * width, space->scales + s};
    return TN_OK;
}

/* places[count][s] of v[count][width]. */
static enum tn_status find_places(const struct tn_matrix *space, struct tn_pool *pool,
                                  const float *v, size_t count, float *places, struct tn_error *err)
{
    struct tn_arena arena;

    tn_arena_measure(&arena);
    tn_linear(pool, NULL, NULL, space, NULL, false, AT_ONCE, &arena);
    TN_TRY(tn_arena_reserve(&arena, err));
    for (size_t i = 0; i < count; i += AT_ONCE)
        tn_linear(pool, places + i * space->rows, v + i * space->columns, space, NULL, false,
                  count - i < AT_ONCE ? count - i : AT_ONCE, &arena);
    tn_arena_finish(&arena);
    return TN_OK;
}

/* An even share of the photos. */
static enum tn_status put_landmarks(struct consensus_space *space, struct tn_pool *pool,
                                    const float *v, size_t count, struct tn_error *err)
{
    const size_t s = space->space.rows, wanted = space->landmarks.rows;
    float *places = tn_memory_create(count * s * sizeof *places);
    enum tn_status status;

    if (!places)
        return tn_fail_nomem(err, count * s * sizeof *places);
    status = find_places(&space->space, pool, v, count, places, err);
    for (size_t j = 0; status == TN_OK && j < wanted; j++)
        memmove(places + j * s, places + j * count / wanted * s, s * sizeof *places);
    if (status == TN_OK)
        tn_quantise_rows(places, wanted, s, space->codes + s * space->space.columns,
                         space->scales + s);
    free(places);
    return status;
}

static void copy_rows(const struct tn_matrix *from, signed char *codes, float *scales)
{
    memcpy(codes, from->data, from->rows * from->columns);
    memcpy(scales, from->scale, from->rows * sizeof *scales);
}

static enum tn_status make_space(struct finding *f, size_t landmarks, const struct tn_matrix *like,
                                 struct consensus_space *space, struct tn_error *err)
{
    TN_TRY(allocate_space(space, f->directions, f->width, landmarks, err));
    if (like) {
        copy_rows(like, space->codes, space->scales);
    } else {
        TN_TRY(find_basis(f, err));
        tn_quantise_rows(f->basis, f->directions, f->width, space->codes, space->scales);
    }
    return put_landmarks(space, f->pool, f->v, f->count, err);
}

enum tn_status consensus_space_find(struct tn_pool *pool, const float *v, size_t count,
                                    size_t width, const float *roots, size_t directions,
                                    size_t landmarks, const struct tn_matrix *like,
                                    struct consensus_space *ret_space, struct tn_error *err)
{
    const size_t fewer = count < width ? count : width;
    struct finding f = {.pool = pool, .v = v, .roots = roots, .count = count, .width = width};
    struct consensus_space space = {.codes = NULL};
    enum tn_status status;

    f.directions = like ? like->rows : directions < fewer ? directions : fewer;
    status = make_space(&f, landmarks < count ? landmarks : count, like, &space, err);
    free(f.x);
    free(f.basis);
    free(f.places);
    if (status == TN_OK)
        *ret_space = space;
    else
        consensus_space_finish(&space);
    return status;
}

enum tn_status consensus_space_join(const struct tn_matrix *space,
                                    const struct tn_matrix *const *landmarks, size_t count,
                                    struct consensus_space *ret_space, struct tn_error *err)
{
    struct consensus_space joined = {.codes = NULL};
    size_t rows = 0;
    enum tn_status status;

    for (size_t i = 0; i < count; i++)
        rows += landmarks[i]->rows;
    status = allocate_space(&joined, space->rows, space->columns, rows, err);
    if (status != TN_OK) {
        consensus_space_finish(&joined);
        return status;
    }
    copy_rows(space, joined.codes, joined.scales);
    rows = space->rows;
    for (size_t i = 0; i < count; i++) {
        copy_rows(landmarks[i],
                  joined.codes + space->rows * space->columns + (rows - space->rows) * space->rows,
                  joined.scales + rows);
        rows += landmarks[i]->rows;
    }
    *ret_space = joined;
    return TN_OK;
}

void consensus_space_finish(struct consensus_space *space)
{
    free(space->codes);
    free(space->scales);
}

/* ---- Likeness ---- */

static enum tn_status compare_places(const struct consensus_space *space, struct tn_pool *pool,
                                     const float *places, size_t count, float *f,
                                     struct tn_error *err)
{
    struct tn_arena arena;

    tn_arena_measure(&arena);
    consensus_likeness(&space->landmarks, pool, NULL, AT_ONCE, NULL, &arena);
    TN_TRY(tn_arena_reserve(&arena, err));
    for (size_t i = 0; i < count; i += AT_ONCE)
        consensus_likeness(&space->landmarks, pool, f + i * space->landmarks.rows,
                           count - i < AT_ONCE ? count - i : AT_ONCE,
                           places + i * space->space.rows, &arena);
    tn_arena_finish(&arena);
    return TN_OK;
}

enum tn_status consensus_space_compare(const struct consensus_space *space, struct tn_pool *pool,
                                       const float *v, size_t count, float *f, float *between,
                                       struct tn_error *err)
{
    const size_t landmarks = space->landmarks.rows, s = space->space.rows;
    const size_t most = count > landmarks ? count : landmarks;
    float *places = tn_memory_create(most * s * sizeof *places);
    enum tn_status status;

    if (!places)
        return tn_fail_nomem(err, most * s * sizeof *places);
    status = find_places(&space->space, pool, v, count, places, err);
    if (status == TN_OK)
        status = compare_places(space, pool, places, count, f, err);
    for (size_t j = 0; j < landmarks; j++)
        tn_matrix_row(&space->landmarks, j, places + j * s);
    if (status == TN_OK)
        status = compare_places(space, pool, places, landmarks, between, err);
    free(places);
    return status;
}
