/* SPDX-License-Identifier: MIT */
#include "data/vectors.h"

#include "base/path.h"
#include "data/npy.h"
#include "data/text.h"
#include "tensor/half.h"
#include "tensor/pointwise.h"
#include "tensor/safetensors.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char names_suffix[] = ".names";

void data_vectors_finish(struct data_vectors *vectors)
{
    free(vectors->values);
    free(vectors->text);
    free(vectors->names);
    memset(vectors, 0, sizeof *vectors);
}

static enum tn_status reserve(struct data_vectors *v, size_t rows, size_t width,
                              struct tn_error *err)
{
    size_t bytes;

    if (__builtin_mul_overflow(rows, width * sizeof *v->values, &bytes))
        return tn_fail_nomem(err, SIZE_MAX);
    v->values = malloc(bytes);
    v->rows = rows;
    v->width = width;
    return v->values ? TN_OK : tn_fail_nomem(err, bytes);
}

/* ---- Names ---- */

/* Makes names of v->text: a line per row.  A newline behind the last is no further line. */
static enum tn_status split_names(struct data_vectors *v, const char *source, struct tn_error *err)
{
    size_t lines = 0;

    v->names = malloc(v->rows * sizeof *v->names);
    if (!v->names)
        return tn_fail_nomem(err, v->rows * sizeof *v->names);
    for (char *line = v->text; *line; lines++) {
        const size_t length = strcspn(line, "\n");
        char *next = line[length] == '\0' ? line + length : line + length + 1;

        line[length] = '\0';
        if (length > 0 && line[length - 1] == '\r')
            line[length - 1] = '\0';
        if (lines < v->rows)
            v->names[lines] = line;
        line = next;
    }
    if (lines != v->rows)
        return tn_fail(err, TN_FORMAT, "%s: %zu names of %zu rows; expected a line for each row",
                       source, lines, v->rows);
    return TN_OK;
}

/* Those of the file `names`; NULL: of the one beside path, if it is there. */
static enum tn_status read_names(struct data_vectors *v, const char *path, const char *names,
                                 struct tn_error *err)
{
    char *beside = malloc(strlen(path) + sizeof names_suffix);
    enum tn_status status = TN_OK;
    size_t size;

    if (!beside)
        return tn_fail_nomem(err, strlen(path));
    strcpy(beside, path);
    strcat(beside, names_suffix);
    if (names || tn_path_exists(beside)) {
        const char *source = names ? names : beside;

        status = data_read_text(source, &v->text, &size, err);
        if (status == TN_OK)
            status = split_names(v, source, err);
    }
    free(beside);
    return status;
}

/* ---- Rows ---- */

/* x[width] becomes a row. */
static enum tn_status put_row(struct data_vectors *v, const char *path, size_t row, float *x,
                              struct tn_error *err)
{
    double squares = 0;

    if (!tn_all_finite(x, v->width))
        return tn_fail(err, TN_FORMAT, "%s: row %zu (from 0)%s%s contains what is no finite number",
                       path, row, v->names ? ", " : "", v->names ? v->names[row] : "");
    for (size_t i = 0; i < v->width; i++)
        squares += (double)x[i] * (double)x[i];
    if (squares > 0) {
        const double factor = sqrt((double)v->width / squares);

        for (size_t i = 0; i < v->width; i++)
            x[i] = (float)((double)x[i] * factor);
    }
    tn_float_to_half(v->values + row * v->width, x, v->width);
    return TN_OK;
}

static enum tn_status read_rows(struct data_vectors *v, FILE *stream, const char *path,
                                const struct npy *npy, struct tn_error *err)
{
    void *numbers = malloc(npy->columns * npy->number_size);
    float *x = malloc(npy->columns * sizeof *x);
    enum tn_status status =
        numbers && x ? TN_OK : tn_fail_nomem(err, npy->columns * npy->number_size);

    for (size_t row = 0; row < v->rows && status == TN_OK; row++) {
        if (fread(numbers, npy->number_size, npy->columns, stream) != npy->columns) {
            status = tn_fail(err, TN_IO, "%s: cannot be read to its end", path);
        } else {
            npy_to_float(npy, numbers, npy->columns, x);
            status = put_row(v, path, row, x, err);
        }
    }
    free(numbers);
    free(x);
    return status;
}

static enum tn_status read_npy(struct data_vectors *v, FILE *stream, const char *path,
                               const char *names, struct tn_error *err)
{
    struct stat info;
    struct npy npy;

    if (fstat(fileno(stream), &info) != 0 || !S_ISREG(info.st_mode))
        return tn_fail(err, TN_IO, "%s: is no regular file", path);
    TN_TRY(npy_read_header(stream, path, (uint64_t)info.st_size, &npy, err));
    TN_TRY(reserve(v, npy.rows, npy.columns, err));
    TN_TRY(read_names(v, path, names, err));
    return read_rows(v, stream, path, &npy, err);
}

static enum tn_status load_npy(struct data_vectors *v, const char *path, const char *names,
                               struct tn_error *err)
{
    FILE *stream = fopen(path, "rbe");
    enum tn_status status;

    if (!stream)
        return tn_fail(err, errno == ENOENT ? TN_NOTFOUND : TN_IO, "%s: %s", path, strerror(errno));
    status = read_npy(v, stream, path, names, err);
    fclose(stream);
    return status;
}

/* ---- What `caption features` wrote as .safetensors ---- */

static enum tn_status copy_names(struct data_vectors *v, const struct tn_file *file,
                                 struct tn_error *err)
{
    const struct tn_tensor *photos = tn_file_find(file, "photos");

    if (!photos)
        return TN_OK;
    TN_TRY(tn_file_get(file, "photos", TN_U8, 1, photos->dims, &photos, err));
    v->text = strndup(photos->data, photos->bytes);
    return v->text ? split_names(v, tn_file_path(file), err) : tn_fail_nomem(err, photos->bytes);
}

static enum tn_status copy_rows(struct data_vectors *v, const struct tn_file *file,
                                const char *names, struct tn_error *err)
{
    const char *path = tn_file_path(file);
    const struct tn_tensor *features = tn_file_find(file, "features");
    enum tn_status status = TN_OK;
    float *x;

    if (!features || features->dtype != TN_F32 || features->rank != 2 || features->dims[0] == 0 ||
        features->dims[1] == 0 || features->dims[1] > NPY_MAX_COLUMNS)
        return tn_fail(err, TN_FORMAT,
                       "%s: expected a tensor \"features\", F32 [photos][1 to %d numbers], as "
                       "'caption features' writes it",
                       path, NPY_MAX_COLUMNS);
    TN_TRY(reserve(v, features->dims[0], features->dims[1], err));
    TN_TRY(names ? read_names(v, path, names, err) : copy_names(v, file, err));
    x = malloc(v->width * sizeof *x);
    if (!x)
        return tn_fail_nomem(err, v->width * sizeof *x);
    for (size_t row = 0; row < v->rows && status == TN_OK; row++) {
        memcpy(x, (const float *)features->data + row * v->width, v->width * sizeof *x);
        status = put_row(v, path, row, x, err);
    }
    free(x);
    return status;
}

static enum tn_status load_safetensors(struct data_vectors *v, const char *path, const char *names,
                                       struct tn_error *err)
{
    struct tn_file *file;
    enum tn_status status;

    TN_TRY(tn_file_open(path, &file, err));
    status = copy_rows(v, file, names, err);
    tn_file_close(file);
    return status;
}

enum tn_status data_vectors_load(const char *path, const char *names,
                                 struct data_vectors *ret_vectors, struct tn_error *err)
{
    struct data_vectors made = {0};
    const enum tn_status status = strcmp(tn_path_extension(path), ".safetensors") == 0
                                      ? load_safetensors(&made, path, names, err)
                                      : load_npy(&made, path, names, err);

    if (status == TN_OK)
        *ret_vectors = made;
    else
        data_vectors_finish(&made);
    return status;
}
