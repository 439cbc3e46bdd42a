/* SPDX-License-Identifier: MIT */
#include "data/npy.h"

#include "tensor/half.h"
#include "tensor/npy.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static enum tn_status check_type(const char *path, const struct tn_npy *d, struct npy *npy,
                                 struct tn_error *err)
{
    static const char *const types[] = {"<f2", "<f4", "<f8"};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(d->type, types[i]) == 0) {
            npy->number_size = (size_t)2 << i;
            return TN_OK;
        }
    if (strchr(d->type, 'O'))
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: contains Python objects (a pickle), which are never read; save an "
                       "array of float32",
                       path);
    return tn_fail(err, TN_UNSUPPORTED,
                   "%s: numbers of type '%s'; expected '<f2', '<f4' or '<f8' (in NumPy: "
                   ".astype('<f4'))",
                   path, d->type);
}

static enum tn_status check_shape(const char *path, const struct tn_npy *d, struct npy *npy,
                                  struct tn_error *err)
{
    size_t columns = 1;

    if (d->rank < 2)
        return tn_fail(err, TN_FORMAT, "%s: an array of %zu dimensions; expected a row per photo",
                       path, d->rank);
    for (size_t i = 1; i < d->rank; i++)
        if (__builtin_mul_overflow(columns, d->dims[i], &columns))
            columns = SIZE_MAX;
    if (d->dims[0] == 0 || columns == 0)
        return tn_fail(err, TN_FORMAT, "%s: an array without numbers", path);
    if (columns > NPY_MAX_COLUMNS)
        return tn_fail(err, TN_RANGE, "%s: rows of %zu numbers; expected at most %d", path, columns,
                       NPY_MAX_COLUMNS);
    if (d->fortran && d->dims[0] > 1 && columns > 1)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: is in Fortran's order; save it with numpy.ascontiguousarray(array)",
                       path);
    npy->rows = d->dims[0];
    npy->columns = columns;
    return TN_OK;
}

static enum tn_status check_size(const char *path, const struct npy *npy, uint64_t size,
                                 struct tn_error *err)
{
    uint64_t wanted;

    if (__builtin_mul_overflow((uint64_t)npy->rows, npy->columns * npy->number_size, &wanted) ||
        npy->offset > size || wanted != size - npy->offset)
        return tn_fail(err, TN_FORMAT,
                       "%s: describes %zu rows of %zu numbers of %zu bytes, and has %llu bytes of "
                       "numbers",
                       path, npy->rows, npy->columns, npy->number_size,
                       (unsigned long long)(size - npy->offset));
    return TN_OK;
}

/* What else it may be. */
static enum tn_status fail_kind(const char *path, const unsigned char *bytes, size_t size,
                                const struct tn_error *why, struct tn_error *err)
{
    if (size >= 4 && memcmp(bytes, "PK\x03\x04", 4) == 0)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: is an archive (.npz); save one array with numpy.save", path);
    if (size > 0 && bytes[0] == 0x80)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: is a pickle, which is never read; save the array with numpy.save",
                       path);
    return tn_fail(err, why->status, "%s: %s", path, why->text);
}

static enum tn_status read_array(FILE *stream, const char *path, struct tn_npy *ret_array,
                                 struct tn_error *err)
{
    unsigned char *bytes = malloc(TN_NPY_MOST_HEADER);
    enum tn_status status;
    struct tn_error why;
    size_t size;

    if (!bytes)
        return tn_fail_nomem(err, TN_NPY_MOST_HEADER);
    size = fread(bytes, 1, TN_NPY_MOST_HEADER, stream);
    status = tn_npy_read(bytes, size, ret_array, &why);
    if (status != TN_OK)
        status = fail_kind(path, bytes, size, &why, err);
    free(bytes);
    return status;
}

enum tn_status npy_read_header(FILE *stream, const char *path, uint64_t size, struct npy *ret_npy,
                               struct tn_error *err)
{
    struct tn_npy array;
    struct npy npy;

    TN_TRY(read_array(stream, path, &array, err));
    npy.offset = array.offset;
    TN_TRY(check_type(path, &array, &npy, err));
    TN_TRY(check_shape(path, &array, &npy, err));
    TN_TRY(check_size(path, &npy, size, err));
    if (fseek(stream, (long)npy.offset, SEEK_SET) != 0)
        return tn_fail(err, TN_IO, "%s: %s", path, strerror(errno));
    *ret_npy = npy;
    return TN_OK;
}

void npy_to_float(const struct npy *npy, const void *numbers, size_t count, float *out)
{
    const double *doubles = numbers;

    if (npy->number_size == sizeof(uint16_t))
        tn_half_to_float(out, numbers, count);
    else if (npy->number_size == sizeof *out)
        memcpy(out, numbers, count * sizeof *out);
    else
        for (size_t i = 0; i < count; i++)
            out[i] = (float)doubles[i];
}
