/* SPDX-License-Identifier: MIT */
#include "data/npy.h"

#include "tensor/half.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    PREFIX = 8,           /* the magic and the version */
    MAX_HEADER = 1 << 16, /* bytes of a dictionary; those of plain arrays have 118 */
    MAX_RANK = 8
};

/* ---- The dictionary ---- */

/* A place in the dictionary's text, which ends in a NUL. */
struct cursor {
    const char *at;
};

static void skip_blank(struct cursor *c)
{
    c->at += strspn(c->at, " \t\r\n");
}

static bool skip(struct cursor *c, char wanted)
{
    skip_blank(c);
    if (*c->at != wanted)
        return false;
    c->at++;
    return true;
}

static bool skip_word(struct cursor *c, const char *word)
{
    skip_blank(c);
    if (strncmp(c->at, word, strlen(word)) != 0)
        return false;
    c->at += strlen(word);
    return true;
}

/* 'text' or "text", without escapes; false where there is none, or it does not fit. */
static bool read_string(struct cursor *c, char *out, size_t size)
{
    const char quote = skip(c, '\'') ? '\'' : skip(c, '"') ? '"' : '\0';
    const char *end = quote != '\0' ? strchr(c->at, quote) : NULL;

    if (!end || (size_t)(end - c->at) >= size)
        return false;
    memcpy(out, c->at, (size_t)(end - c->at));
    out[end - c->at] = '\0';
    c->at = end + 1;
    return true;
}

static bool read_number(struct cursor *c, size_t *ret_number)
{
    size_t number = 0;

    skip_blank(c);
    if (*c->at < '0' || *c->at > '9')
        return false;
    for (; *c->at >= '0' && *c->at <= '9'; c->at++)
        if (__builtin_mul_overflow(number, (size_t)10, &number) ||
            __builtin_add_overflow(number, (size_t)(*c->at - '0'), &number))
            return false;
    skip(c, 'L'); /* of Python 2 */
    *ret_number = number;
    return true;
}

/* What the dictionary says. */
struct description {
    char type[16];
    size_t dims[MAX_RANK], rank;
    bool fortran, has_type, has_order, has_shape;
};

/* (3, 4): a comma stands behind each, and may be left out behind the last. */
static bool read_shape(struct cursor *c, struct description *d)
{
    if (!skip(c, '('))
        return false;
    while (!skip(c, ')')) {
        if (d->rank == MAX_RANK || !read_number(c, &d->dims[d->rank++]))
            return false;
        if (!skip(c, ','))
            return skip(c, ')');
    }
    return true;
}

static bool read_entry(struct cursor *c, struct description *d)
{
    char key[24];

    if (!read_string(c, key, sizeof key) || !skip(c, ':'))
        return false;
    if (strcmp(key, "descr") == 0 && !d->has_type)
        return d->has_type = read_string(c, d->type, sizeof d->type);
    if (strcmp(key, "shape") == 0 && !d->has_shape)
        return d->has_shape = read_shape(c, d);
    if (strcmp(key, "fortran_order") != 0 || d->has_order)
        return false;
    d->fortran = skip_word(c, "True");
    return d->has_order = d->fortran || skip_word(c, "False");
}

static bool read_dictionary(const char *text, struct description *d)
{
    struct cursor c = {text};

    if (!skip(&c, '{'))
        return false;
    while (!skip(&c, '}')) {
        if (!read_entry(&c, d))
            return false;
        if (!skip(&c, ',')) {
            if (!skip(&c, '}'))
                return false;
            break;
        }
    }
    skip_blank(&c);
    return *c.at == '\0' && d->has_type && d->has_order && d->has_shape;
}

/* ---- What is read of what there is ---- */

static enum tn_status check_type(const char *path, const struct description *d, struct npy *npy,
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

static enum tn_status check_shape(const char *path, const struct description *d, struct npy *npy,
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
        wanted != size - npy->offset)
        return tn_fail(err, TN_FORMAT,
                       "%s: describes %zu rows of %zu numbers of %zu bytes, and has %llu bytes of "
                       "numbers",
                       path, npy->rows, npy->columns, npy->number_size,
                       (unsigned long long)(size - npy->offset));
    return TN_OK;
}

/* ---- The file ---- */

static enum tn_status fail_kind(const char *path, const unsigned char *magic, struct tn_error *err)
{
    if (memcmp(magic, "PK\x03\x04", 4) == 0)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: is an archive (.npz); save one array with "
                       "numpy.save",
                       path);
    if (magic[0] == 0x80)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: is a pickle, which is never read; save the array with numpy.save",
                       path);
    return tn_fail(err, TN_FORMAT, "%s: is no .npy file", path);
}

/* The length of the dictionary, and where it begins. */
static enum tn_status read_length(FILE *stream, const char *path, size_t *ret_length,
                                  size_t *ret_start, struct tn_error *err)
{
    unsigned char b[PREFIX + 4];
    size_t wide;

    if (fread(b, 1, PREFIX, stream) != PREFIX)
        return tn_fail(err, TN_FORMAT, "%s: is no .npy file: it ends too early", path);
    if (memcmp(b, "\x93NUMPY", 6) != 0)
        return fail_kind(path, b, err);
    if (b[6] < 1 || b[6] > 3)
        return tn_fail(err, TN_VERSION, "%s: version %d of .npy; expected 1 to 3", path, b[6]);
    wide = b[6] == 1 ? 2 : 4;
    if (fread(b + PREFIX, 1, wide, stream) != wide)
        return tn_fail(err, TN_FORMAT, "%s: ends in its header", path);
    *ret_length = b[PREFIX] | (size_t)b[PREFIX + 1] << 8;
    if (wide == 4)
        *ret_length |= (size_t)b[PREFIX + 2] << 16 | (size_t)b[PREFIX + 3] << 24;
    *ret_start = PREFIX + wide;
    return TN_OK;
}

static enum tn_status read_description(FILE *stream, const char *path, size_t length,
                                       struct description *d, struct tn_error *err)
{
    char *text = calloc(length + 1, 1);
    enum tn_status status = TN_OK;

    if (!text)
        return tn_fail_nomem(err, length);
    if (fread(text, 1, length, stream) != length)
        status = tn_fail(err, TN_FORMAT, "%s: ends in its header", path);
    else if (strlen(text) < length || !read_dictionary(text, d))
        status = tn_fail(err, TN_FORMAT,
                         "%s: its header is none of an array of numbers; expected {'descr': '<f4', "
                         "'fortran_order': False, 'shape': (photos, numbers)}",
                         path);
    free(text);
    return status;
}

enum tn_status npy_read_header(FILE *stream, const char *path, uint64_t size, struct npy *ret_npy,
                               struct tn_error *err)
{
    struct description d = {.rank = 0};
    struct npy npy;
    size_t length, start;

    TN_TRY(read_length(stream, path, &length, &start, err));
    if (length > MAX_HEADER || start + length > size)
        return tn_fail(err, TN_FORMAT, "%s: a header of %zu bytes", path, length);
    TN_TRY(read_description(stream, path, length, &d, err));
    npy.offset = start + length;
    TN_TRY(check_type(path, &d, &npy, err));
    TN_TRY(check_shape(path, &d, &npy, err));
    TN_TRY(check_size(path, &npy, size, err));
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
