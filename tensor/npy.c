/* SPDX-License-Identifier: MIT */
#include "tensor/npy.h"

#include <stdlib.h>
#include <string.h>

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

/* What the dictionary says so far. */
struct description {
    struct tn_npy npy;
    bool has_type, has_order, has_shape;
};

/* (3, 4): a comma stands behind each, and may be left out behind the last. */
static bool read_shape(struct cursor *c, struct description *d)
{
    if (!skip(c, '('))
        return false;
    while (!skip(c, ')')) {
        if (d->npy.rank == TN_NPY_MAX_RANK || !read_number(c, &d->npy.dims[d->npy.rank++]))
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
        return d->has_type = read_string(c, d->npy.type, sizeof d->npy.type);
    if (strcmp(key, "shape") == 0 && !d->has_shape)
        return d->has_shape = read_shape(c, d);
    if (strcmp(key, "fortran_order") != 0 || d->has_order)
        return false;
    d->npy.fortran = skip_word(c, "True");
    return d->has_order = d->npy.fortran || skip_word(c, "False");
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

/* ---- The header ---- */

/* The length of the dictionary, and where it begins. */
static enum tn_status read_length(const unsigned char *bytes, size_t size, size_t *ret_length,
                                  size_t *ret_start, struct tn_error *err)
{
    enum { PREFIX = 8 }; /* the magic and the version */
    size_t length = 0, width;

    if (size < PREFIX)
        return tn_fail(err, TN_FORMAT, "is no .npy file: it ends too early");
    if (memcmp(bytes, "\x93NUMPY", 6) != 0)
        return tn_fail(err, TN_FORMAT, "is no .npy file");
    if (bytes[6] < 1 || bytes[6] > 3)
        return tn_fail(err, TN_VERSION, "version %d of .npy; expected 1 to 3", bytes[6]);
    width = bytes[6] == 1 ? 2 : 4;
    if (size < PREFIX + width)
        return tn_fail(err, TN_FORMAT, "ends in its header");
    for (size_t i = width; i-- > 0;)
        length = length << 8 | bytes[PREFIX + i];
    if (length > TN_NPY_MOST_HEADER - PREFIX - width)
        return tn_fail(err, TN_FORMAT, "a header of %zu bytes", length);
    if (length > size - PREFIX - width)
        return tn_fail(err, TN_FORMAT, "ends in its header");
    *ret_length = length;
    *ret_start = PREFIX + width;
    return TN_OK;
}

enum tn_status tn_npy_read(const unsigned char *bytes, size_t size, struct tn_npy *ret_npy,
                           struct tn_error *err)
{
    struct description d = {.has_type = false};
    size_t length, start;
    char *text;
    bool good;

    TN_TRY(read_length(bytes, size, &length, &start, err));
    text = malloc(length + 1);
    if (!text)
        return tn_fail_nomem(err, length + 1);
    memcpy(text, bytes + start, length);
    text[length] = '\0';
    good = strlen(text) == length && read_dictionary(text, &d);
    free(text);
    if (!good)
        return tn_fail(err, TN_FORMAT,
                       "its header is none of an array of numbers; expected {'descr': '<f4', "
                       "'fortran_order': False, 'shape': (rows, columns)}");
    d.npy.offset = start + length;
    *ret_npy = d.npy;
    return TN_OK;
}
