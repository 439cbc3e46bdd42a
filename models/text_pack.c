/* SPDX-License-Identifier: MIT */
#include "models/text_pack.h"

#include "models/text_model.h"
#include "tensor/matrix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The tensors of the new file; the matrices' rows, scales and names are in the arena. */
struct packing {
    const struct tn_file *file;
    struct tn_arena arena;
    struct tn_tensor *tensors; /* [2 count of the file] */
    size_t count;
    struct tn_metadata *metadata;
    size_t metadata_count;
};

/* Biases, gains, peepholes and initial states are few, and stay. */
static bool is_matrix(const struct tn_tensor *tensor)
{
    return tensor->rank == 2 && tensor->dtype == TN_F32 && strstr(tensor->name, "weight");
}

/* On a measuring arena only what is taken counts. */
static enum tn_status pack_matrix(struct packing *p, const struct tn_tensor *matrix,
                                  struct tn_error *err)
{
    const size_t rows = matrix->dims[0], columns = matrix->dims[1];
    signed char *q = tn_arena_alloc(&p->arena, rows * columns, sizeof *q);
    float *scale = tn_arena_floats(&p->arena, rows);
    char *name = tn_arena_alloc(&p->arena, TN_NAME_SIZE + sizeof "_scale", 1);

    if (!p->arena.base)
        return TN_OK;
    tn_quantise_rows(matrix->data, rows, columns, q, scale);
    for (size_t i = 0; i < rows; i++)
        if (!isfinite(scale[i]))
            return tn_fail(err, TN_RANGE, "%s: tensor %s: row %zu has what is no finite number",
                           tn_file_path(p->file), matrix->name, i + 1);
    snprintf(name, TN_NAME_SIZE + sizeof "_scale", "%s_scale", matrix->name);
    p->tensors[p->count++] = (struct tn_tensor){.name = matrix->name,
                                                .dtype = TN_I8,
                                                .rank = 2,
                                                .dims = {rows, columns},
                                                .data = q,
                                                .bytes = rows * columns};
    p->tensors[p->count++] = (struct tn_tensor){.name = name,
                                                .dtype = TN_F32,
                                                .rank = 1,
                                                .dims = {rows},
                                                .data = scale,
                                                .bytes = rows * sizeof *scale};
    return TN_OK;
}

static enum tn_status pack_tensors(struct packing *p, struct tn_error *err)
{
    p->count = 0;
    for (size_t i = 0; i < tn_file_count(p->file); i++) {
        const struct tn_tensor *tensor = tn_file_at(p->file, i);

        if (is_matrix(tensor))
            TN_TRY(pack_matrix(p, tensor, err));
        else
            p->tensors[p->count++] = *tensor;
    }
    return TN_OK;
}

static void copy_metadata(struct packing *p, const char *about)
{
    for (size_t i = 0; i < tn_file_metadata_count(p->file); i++) {
        struct tn_metadata *entry = &p->metadata[p->metadata_count];

        tn_file_metadata_at(p->file, i, &entry->key, &entry->value);
        p->metadata_count += !about || strcmp(entry->key, TEXT_KEY_ABOUT) != 0;
    }
    if (about)
        p->metadata[p->metadata_count++] = (struct tn_metadata){TEXT_KEY_ABOUT, about};
}

static enum tn_status pack_file(struct packing *p, const char *about, struct tn_error *err)
{
    const size_t tensors = tn_file_count(p->file);

    p->tensors = calloc(2 * tensors + 1, sizeof *p->tensors);
    p->metadata = calloc(tn_file_metadata_count(p->file) + 1, sizeof *p->metadata);
    if (!p->tensors || !p->metadata)
        return tn_fail_nomem(err, 2 * tensors * sizeof *p->tensors);
    copy_metadata(p, about);
    tn_arena_measure(&p->arena);
    TN_TRY(pack_tensors(p, err));
    TN_TRY(tn_arena_reserve(&p->arena, err));
    return pack_tensors(p, err);
}

enum tn_status text_model_pack(const struct tn_file *file, const char *about, const char *path,
                               struct tn_error *err)
{
    struct packing p = {.file = file};
    enum tn_status status = pack_file(&p, about, err);

    if (status == TN_OK)
        status = tn_file_save(path, p.tensors, p.count, p.metadata, p.metadata_count, err);
    tn_arena_finish(&p.arena);
    free(p.tensors);
    free(p.metadata);
    return status;
}
