/* SPDX-License-Identifier: MIT */
/*
 * NumPy's .npz, as numpy.savez writes it: a ZIP archive of arrays, <name>.npy each
 * (tensor/npy.h).
 */
#include "exchange/format.h"
#include "exchange/stored_zip.h"
#include "tensor/npy.h"

#include <string.h>

enum { NAME_SIZE = 256, LOCAL_SIZE = 30 };

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

/* What the numbers are; false: not what weights consist of. */
static bool find_type(const struct tn_npy *array, enum exchange_type *ret_type)
{
    static const struct {
        const char *name;
        enum exchange_type type;
    } types[] = {{"<f4", EXCHANGE_F32}, {"<f8", EXCHANGE_F64}, {"<f2", EXCHANGE_F16}};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(array->type, types[i].name) == 0) {
            *ret_type = types[i].type;
            return true;
        }
    return false;
}

/* How far apart the elements of a dimension are, the first of them fastest; false where the array
 * is larger than any file. */
static bool turned_strides(const struct tn_npy *array, size_t *strides)
{
    size_t step = 1;

    for (size_t i = 0; i < array->rank; i++) {
        strides[i] = step;
        if (__builtin_mul_overflow(step, array->dims[i], &step))
            return false;
    }
    return true;
}

/* What is no array of such numbers is no weight, and passed over. */
static enum tn_status add_numbers(struct exchange_tensors *to, const char *name,
                                  const unsigned char *bytes, size_t size, struct tn_error *err)
{
    struct exchange_tensor *tensor;
    size_t strides[TN_NPY_MAX_RANK];
    enum exchange_type type;
    struct tn_npy array;
    struct tn_error why;
    const enum tn_status status = tn_npy_read(bytes, size, &array, &why);

    if (status == TN_NOMEM)
        return tn_fail(err, status, "%s", why.text);
    if (status != TN_OK || !find_type(&array, &type))
        return TN_OK;
    if (array.fortran && !turned_strides(&array, strides))
        return tn_fail(err, TN_FORMAT, "%s: %s describes more numbers than a file can hold",
                       to->path, name);
    return exchange_add(to, name, type, array.rank, array.dims, array.fortran ? strides : NULL,
                        bytes + array.offset, size - array.offset, &tensor, err);
}

static enum tn_status add_array(struct exchange_tensors *to, struct stored_zip *zip,
                                const char *entry, struct tn_error *err)
{
    const size_t length = array_name(entry, strlen(entry));
    const unsigned char *bytes;
    char name[NAME_SIZE];
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
    return add_numbers(to, name, bytes, size, err);
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
