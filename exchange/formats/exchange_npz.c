/* SPDX-License-Identifier: MIT */
/*
 * NumPy's .npz, as numpy.savez writes it: a ZIP archive of arrays, <name>.npy each.  An array's
 * header is a Python dictionary, of which only the entries that there are in such files are
 * understood; an array of Python objects is no array of numbers, and is passed over.
 */
#include "exchange/format.h"
#include "exchange/stored_zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 256, MOST_HEADER = 65536, LOCAL_SIZE = 30 };

static const char extension[] = ".npy";

/* Where an entry's name ends: at ".npy"; 0: it is none. */
static size_t array_name(const char *name, size_t length)
{
    const size_t end = sizeof extension - 1;

    return length > end && memcmp(name + length - end, extension, end) == 0 ? length - end : 0;
}

/* An archive whose first entry is an array. */
static bool recognises(const unsigned char *bytes, size_t size)
{
    size_t length;

    if (size < LOCAL_SIZE || memcmp(bytes, "PK\x03\x04", 4) != 0)
        return false;
    length = bytes[26] + (size_t)bytes[27] * 256;
    return length <= size - LOCAL_SIZE && array_name((const char *)bytes + LOCAL_SIZE, length) > 0;
}

/* What an array's header says. */
struct array {
    enum exchange_type type;
    size_t rank, dims[EXCHANGE_MAX_RANK];
    size_t offset; /* where the numbers begin */
};

/* Behind 'key': in the header; NULL: there is none. */
static const char *find_value(const char *header, const char *key)
{
    char quoted[32];
    const char *at;

    snprintf(quoted, sizeof quoted, "'%s':", key);
    at = strstr(header, quoted);
    return at ? at + strlen(quoted) + strspn(at + strlen(quoted), " ") : NULL;
}

static bool read_type(const char *header, enum exchange_type *ret_type)
{
    static const struct {
        const char *name;
        enum exchange_type type;
    } types[] = {{"'<f4'", EXCHANGE_F32}, {"'<f8'", EXCHANGE_F64}, {"'<f2'", EXCHANGE_F16}};
    const char *value = find_value(header, "descr");

    for (size_t i = 0; value && i < sizeof types / sizeof *types; i++)
        if (strncmp(value, types[i].name, strlen(types[i].name)) == 0) {
            *ret_type = types[i].type;
            return true;
        }
    return false;
}

/* "(4, 3, 227, 227)", "(4,)" or "()" */
static bool read_shape(const char *header, struct array *array)
{
    const char *at = find_value(header, "shape");
    char *end;

    if (!at || *at++ != '(')
        return false;
    while (*at != ')') {
        if (*at < '0' || *at > '9' || array->rank == EXCHANGE_MAX_RANK)
            return false;
        array->dims[array->rank++] = strtoull(at, &end, 10);
        at = end + strspn(end, ", ");
    }
    return true;
}

/* false: its numbers are not read, or it is none. */
static bool read_header(const unsigned char *bytes, size_t size, struct array *array)
{
    const size_t width = size > 6 && bytes[6] == 1 ? 2 : 4;
    char header[MOST_HEADER + 1];
    const char *order;
    size_t length = 0;

    if (size < 8 + width || memcmp(bytes, "\x93NUMPY", 6) != 0)
        return false;
    for (size_t i = width; i-- > 0;)
        length = length << 8 | bytes[8 + i];
    if (length > MOST_HEADER || length > size - 8 - width)
        return false;
    memcpy(header, bytes + 8 + width, length);
    header[length] = '\0';
    *array = (struct array){.offset = 8 + width + length};
    order = find_value(header, "fortran_order");
    return order && strncmp(order, "False", 5) == 0 && read_type(header, &array->type) &&
           read_shape(header, array);
}

static enum tn_status add_array(struct exchange_tensors *to, struct stored_zip *zip,
                                const char *entry, struct tn_error *err)
{
    const size_t length = array_name(entry, strlen(entry));
    struct exchange_tensor *tensor;
    const unsigned char *bytes;
    char name[NAME_SIZE];
    struct array array;
    struct tn_error why;
    enum tn_status status;
    size_t size = 0;

    if (length == 0 || length >= sizeof name)
        return TN_OK;
    memcpy(name, entry, length);
    name[length] = '\0';
    status = stored_zip_get(zip, entry, &bytes, &size, &why);
    if (status != TN_OK)
        return tn_fail(err, status, "%s: %s%s", to->path, why.text,
                       status == TN_UNSUPPORTED ? "; write it with numpy.savez" : "");
    if (!read_header(bytes, size, &array))
        return TN_OK;
    return exchange_add(to, name, array.type, array.rank, array.dims, NULL, bytes + array.offset,
                        size - array.offset, &tensor, err);
}

static enum tn_status read_npz(struct exchange_tensors *to, struct tn_error *err)
{
    struct stored_zip zip;
    struct tn_error why;
    enum tn_status status = stored_zip_read(to->bytes, to->size, &zip, &why);

    if (status != TN_OK)
        return tn_fail(err, status, "%s: %s", to->path, why.text);
    for (size_t i = 0; i < zip.names.count && status == TN_OK; i++)
        status = add_array(to, &zip, tn_map_text(&zip.names, i), err);
    stored_zip_finish(&zip);
    return status;
}

const struct exchange_format exchange_format_npz = {
    .name = "NumPy",
    .recognises = recognises,
    .read = read_npz,
};
