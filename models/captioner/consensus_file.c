/* SPDX-License-Identifier: MIT */
/* A consensus in the model file. */
#include "models/captioner/consensus.h"
#include "models/file/model_part.h"

#include <math.h>

enum { SPACE, LANDMARKS, DIRECTIONS, OFFSETS, PHOTOS, SHARES, KEYS, STARTS, POSTINGS, PARTS };
static const char *const parts[PARTS] = {"space",  "landmarks", "directions", "offsets", "photos",
                                         "shares", "keys",      "starts",     "postings"};

static void part_name(char name[TN_NAME_SIZE], const char *prefix, int part, const char *ending)
{
    snprintf(name, TN_NAME_SIZE, "%sconsensus.%s%s", prefix, parts[part], ending);
}

/* ---- Reading ---- */

struct reading {
    const struct tn_file *file;
    const char *prefix;
    char name[TN_NAME_SIZE]; /* of the part at hand */
};

static enum tn_status wrong(const struct reading *r, const char *expected, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "%s: tensor %s: expected %s", tn_file_path(r->file), r->name,
                   expected);
}

static enum tn_status find_part(struct reading *r, int part, const struct tn_tensor **ret_tensor,
                                struct tn_error *err)
{
    part_name(r->name, r->prefix, part, "");
    *ret_tensor = tn_file_find(r->file, r->name);
    return *ret_tensor ? TN_OK
                       : tn_fail(err, TN_NOTFOUND, "%s: a consensus without the tensor %s",
                                 tn_file_path(r->file), r->name);
}

static enum tn_status get_rows(struct reading *r, int part, size_t columns,
                               struct tn_matrix *ret_matrix, struct tn_error *err)
{
    const struct tn_tensor *tensor;

    TN_TRY(find_part(r, part, &tensor, err));
    if (tensor->dtype != TN_I8 || tensor->rank != 2 || tensor->dims[0] < 1 ||
        tensor->dims[0] > CONSENSUS_MAX_PHOTOS)
        return wrong(r, "rows of I8", err);
    TN_TRY(tn_matrix_get(r->file, r->name, tensor->dims[0], columns, ret_matrix, err));
    for (size_t i = 0; i < ret_matrix->rows; i++)
        if (!isfinite(ret_matrix->scale[i]))
            return wrong(r, "finite scales", err);
    return TN_OK;
}

/* A vector of any length. */
static enum tn_status get_vector(struct reading *r, int part, enum tn_dtype dtype,
                                 const struct tn_tensor **ret_tensor, struct tn_error *err)
{
    TN_TRY(find_part(r, part, ret_tensor, err));
    return tn_file_get(r->file, r->name, dtype, 1, (*ret_tensor)->dims, ret_tensor, err);
}

/* A number for each of `count` rows. */
static enum tn_status get_numbers(struct reading *r, int part, size_t count,
                                  const float **ret_numbers, struct tn_error *err)
{
    const struct tn_tensor *tensor;

    TN_TRY(get_vector(r, part, TN_F32, &tensor, err));
    if (tensor->dims[0] != count)
        return wrong(r, "one number per row", err);
    *ret_numbers = tensor->data;
    for (size_t i = 0; i < count; i++)
        if (!isfinite((*ret_numbers)[i]))
            return wrong(r, "finite numbers", err);
    return TN_OK;
}

static enum tn_status get_postings(struct reading *r, struct consensus *c,
                                   const struct tn_tensor **ret_tensor, struct tn_error *err)
{
    size_t dims[] = {0, CONSENSUS_POSTING_BYTES};

    TN_TRY(find_part(r, POSTINGS, ret_tensor, err));
    dims[0] = (*ret_tensor)->dims[0];
    TN_TRY(tn_file_get(r->file, r->name, TN_U8, 2, dims, ret_tensor, err));
    c->postings = (*ret_tensor)->data;
    for (size_t i = 0; i < dims[0]; i++)
        if (consensus_posting_photo(c->postings, i) >= c->photos.rows)
            return wrong(r, "photos that there are", err);
    return TN_OK;
}

static enum tn_status get_grams(struct reading *r, struct consensus *c, struct tn_error *err)
{
    const struct tn_tensor *keys, *starts, *postings;

    TN_TRY(get_vector(r, KEYS, TN_I64, &keys, err));
    c->grams = keys->dims[0];
    c->keys = keys->data;
    for (size_t i = 0; i < c->grams; i++)
        if (c->keys[i] <= (i > 0 ? c->keys[i - 1] : 0))
            return wrong(r, "n-grams in rising order", err);
    TN_TRY(get_postings(r, c, &postings, err));
    TN_TRY(get_vector(r, STARTS, TN_I32, &starts, err));
    c->starts = starts->data;
    if (starts->dims[0] != c->grams + 1 || c->starts[0] != 0 ||
        (size_t)c->starts[c->grams] != postings->dims[0])
        return wrong(r, "where each n-gram's photos begin", err);
    for (size_t i = 0; i < c->grams; i++)
        if (c->starts[i + 1] <= c->starts[i])
            return wrong(r, "rising numbers", err);
    return TN_OK;
}

static bool has_part(struct reading *r, int part)
{
    part_name(r->name, r->prefix, part, "");
    return tn_file_find(r->file, r->name) != NULL;
}

/* S and l, where there are any; then their number takes that of the features' place. */
static enum tn_status get_space(struct reading *r, struct consensus *c, size_t *features,
                                struct tn_error *err)
{
    if (!has_part(r, SPACE) && !has_part(r, LANDMARKS))
        return TN_OK;
    TN_TRY(get_rows(r, SPACE, *features, &c->space, err));
    TN_TRY(get_rows(r, LANDMARKS, c->space.rows, &c->landmarks, err));
    *features = c->landmarks.rows;
    return TN_OK;
}

enum tn_status consensus_get(const struct tn_file *file, const char *prefix, size_t features,
                             struct consensus *ret_consensus, struct tn_error *err)
{
    struct reading r = {.file = file, .prefix = prefix};
    struct consensus c = {.grams = 0};
    bool any = false;

    for (int part = 0; part < PARTS; part++)
        any = any || has_part(&r, part);
    if (any) {
        TN_TRY(get_space(&r, &c, &features, err));
        TN_TRY(get_rows(&r, DIRECTIONS, features, &c.directions, err));
        TN_TRY(get_numbers(&r, OFFSETS, c.directions.rows, &c.offsets, err));
        TN_TRY(get_rows(&r, PHOTOS, c.directions.rows, &c.photos, err));
        TN_TRY(get_numbers(&r, SHARES, c.photos.rows, &c.shares, err));
        TN_TRY(get_grams(&r, &c, err));
    }
    *ret_consensus = c;
    return TN_OK;
}

/* ---- Writing ---- */

struct writing {
    char names[PARTS][TN_NAME_SIZE], scales[PARTS][TN_NAME_SIZE];
    struct tn_tensor tensors[2 * PARTS];
    size_t count;
};

static void add(struct writing *w, const char *name, enum tn_dtype dtype, size_t rows,
                size_t columns, const void *data)
{
    w->tensors[w->count++] = model_part_tensor(name, dtype, rows, columns, data);
}

static void add_rows(struct writing *w, int part, const struct tn_matrix *matrix)
{
    add(w, w->names[part], TN_I8, matrix->rows, matrix->columns, matrix->data);
    add(w, w->scales[part], TN_F32, matrix->rows, 0, matrix->scale);
}

enum tn_status consensus_save(const char *path, const struct tn_file *file, const char *language,
                              const struct consensus *c, const char *note, struct tn_error *err)
{
    struct writing w = {.count = 0};
    char prefix[MODEL_KEY_SIZE];
    struct model_part part = {.language = language,
                              .ending = MODEL_KEY_CONSENSUS,
                              .ends = {MODEL_KEY_CALIBRATION, MODEL_KEY_KEYWORDS},
                              .tensors = w.tensors,
                              .note = note};

    model_key(prefix, language, "");
    for (int i = 0; i < PARTS; i++) {
        part_name(w.names[i], prefix, i, "");
        part_name(w.scales[i], prefix, i, "_scale");
    }
    if (c->space.rows > 0) {
        add_rows(&w, SPACE, &c->space);
        add_rows(&w, LANDMARKS, &c->landmarks);
    }
    add_rows(&w, DIRECTIONS, &c->directions);
    add(&w, w.names[OFFSETS], TN_F32, c->directions.rows, 0, c->offsets);
    add_rows(&w, PHOTOS, &c->photos);
    add(&w, w.names[SHARES], TN_F32, c->photos.rows, 0, c->shares);
    add(&w, w.names[KEYS], TN_I64, c->grams, 0, c->keys);
    add(&w, w.names[STARTS], TN_I32, c->grams + 1, 0, c->starts);
    add(&w, w.names[POSTINGS], TN_U8, (size_t)c->starts[c->grams], CONSENSUS_POSTING_BYTES,
        c->postings);
    part.count = w.count;
    return model_part_save(path, file, &part, err);
}
