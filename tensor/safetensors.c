/* SPDX-License-Identifier: MIT */
/* A safetensors file in memory: mapping it, and the views of its tensors. */
#include "base/elf_section.h"
#include "base/hash.h"
#include "base/map_file.h"
#include "tensor/half.h"
#include "tensor/safetensors.h"
#include "tensor/safetensors_header.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensors are used where they lie, which needs a little-endian machine"
#endif

enum { COPY_ALIGNMENT = 64, SHAPE_TEXT_SIZE = 96 };

struct foreign { /* a tensor that we cannot use; kept for the error message */
    const char *name, *dtype;
    size_t rank;
};

struct tn_file {
    char *path;
    const unsigned char *bytes;
    size_t size;
    void *map; /* all of the file at the path; NULL: somebody else's memory */
    size_t map_size;
    struct tn_header header;          /* owns the names and the metadata */
    struct tn_tensor *tensors;        /* in the order of the data */
    const struct tn_tensor **by_name; /* the same, sorted */
    struct foreign *foreign;
    size_t count, foreign_count;
    unsigned char *copies; /* tensors that the file misaligns */
};

void tn_file_close(struct tn_file *file)
{
    if (!file)
        return;
    if (file->map)
        munmap(file->map, file->map_size);
    tn_header_finish(&file->header);
    free(file->tensors);
    free(file->by_name);
    free(file->foreign);
    free(file->copies);
    free(file->path);
    free(file);
}

static bool is_usable(const struct tn_entry *entry)
{
    return entry->dtype_index < TN_DTYPE_COUNT && entry->rank <= TN_MAX_RANK;
}

/* One without a number is, wherever it stands. */
static bool is_aligned(const struct tn_entry *entry, const unsigned char *data)
{
    return entry->begin == entry->end ||
           (uintptr_t)(data + entry->begin) % tn_dtypes[entry->dtype_index].size == 0;
}

static size_t padded(size_t bytes)
{
    return (bytes + COPY_ALIGNMENT - 1) / COPY_ALIGNMENT * COPY_ALIGNMENT;
}

static int compare_names(const void *a, const void *b)
{
    const struct tn_tensor *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

static enum tn_status sort_tensors(struct tn_file *file, struct tn_error *err)
{
    file->by_name = calloc(file->count + 1, sizeof *file->by_name);
    if (!file->by_name)
        return tn_fail_nomem(err, (file->count + 1) * sizeof *file->by_name);
    for (size_t i = 0; i < file->count; i++)
        file->by_name[i] = &file->tensors[i];
    qsort(file->by_name, file->count, sizeof *file->by_name, compare_names);
    return TN_OK;
}

/* Makes the public tensors from checked entries; what the file misaligns is copied. */
static enum tn_status make_tensors(struct tn_file *file, struct tn_error *err)
{
    const struct tn_entry *entries = file->header.entries;
    const unsigned char *data = file->bytes + file->header.data_start;
    const size_t count = file->header.count;
    size_t copied = 0;
    unsigned char *copy;

    file->tensors = calloc(count + 1, sizeof *file->tensors);
    file->foreign = calloc(count + 1, sizeof *file->foreign);
    for (size_t i = 0; i < count; i++)
        if (is_usable(&entries[i]) && !is_aligned(&entries[i], data))
            copied += padded((size_t)(entries[i].end - entries[i].begin));
    file->copies = copied > 0 ? aligned_alloc(COPY_ALIGNMENT, copied) : NULL;
    if (!file->tensors || !file->foreign || (copied > 0 && !file->copies))
        return tn_fail_nomem(err, copied + count * sizeof *file->tensors);
    copy = file->copies;
    for (size_t i = 0; i < count; i++) {
        const struct tn_entry *entry = &entries[i];
        const size_t bytes = (size_t)(entry->end - entry->begin);
        struct tn_tensor *tensor = &file->tensors[file->count];

        if (!is_usable(entry)) {
            file->foreign[file->foreign_count++] =
                (struct foreign){entry->name, entry->dtype, entry->rank};
            continue;
        }
        *tensor = (struct tn_tensor){.name = entry->name,
                                     .dtype = (enum tn_dtype)entry->dtype_index,
                                     .rank = entry->rank,
                                     .data = data + entry->begin,
                                     .bytes = bytes};
        memcpy(tensor->dims, entry->dims, sizeof tensor->dims);
        if (!is_aligned(entry, data)) {
            memcpy(copy, data + entry->begin, bytes);
            tensor->data = copy;
            copy += padded(bytes);
        }
        file->count++;
    }
    return sort_tensors(file, err);
}

enum tn_status tn_file_open_memory(const void *data, size_t size, const char *name,
                                   struct tn_file **ret_file, struct tn_error *err)
{
    struct tn_file *file = calloc(1, sizeof *file);
    enum tn_status status;

    if (!file)
        return tn_fail_nomem(err, sizeof *file);
    file->bytes = data;
    file->size = size;
    file->path = strdup(name);
    status = file->path ? tn_header_init(&file->header, data, size, file->path, err)
                        : tn_fail_nomem(err, strlen(name) + 1);
    if (status == TN_OK)
        status = make_tensors(file, err);
    if (status != TN_OK) {
        tn_file_close(file);
        return status;
    }
    *ret_file = file;
    return TN_OK;
}

/* Opens what is in memory at the path: a safetensors file, or a program with one in it. */
static enum tn_status open_mapped(const unsigned char *map, size_t map_size, const char *path,
                                  struct tn_file **ret_file, struct tn_error *err)
{
    size_t begin = 0, size = map_size;

    if (tn_is_elf(map, map_size))
        TN_TRY(tn_elf_section(map, map_size, path, TN_FILE_SECTION, &begin, &size, err));
    return tn_file_open_memory(map ? map + begin : map, size, path, ret_file, err);
}

enum tn_status tn_file_open(const char *path, struct tn_file **ret_file, struct tn_error *err)
{
    enum tn_status status;
    void *map = NULL;
    size_t size = 0;

    TN_TRY(tn_map_file(path, &map, &size, err));
    status = open_mapped(map, size, path, ret_file, err);
    if (status != TN_OK) {
        if (map)
            munmap(map, size);
        return status;
    }
    (*ret_file)->map = map;
    (*ret_file)->map_size = size;
    return TN_OK;
}

size_t tn_file_begin(const struct tn_file *file)
{
    return file->map ? (size_t)(file->bytes - (const unsigned char *)file->map) : 0;
}

void tn_file_release(const struct tn_file *file, const char *name)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const struct tn_tensor *tensor = tn_file_find(file, name);
    const uintptr_t start = (uintptr_t)file->bytes;
    uintptr_t begin, end;

    if (!file->map || !tensor)
        return;
    begin = ((uintptr_t)tensor->data + page - 1) / page * page;
    end = ((uintptr_t)tensor->data + tensor->bytes) / page * page;
    if (begin >= start && begin < end && end <= start + file->size)
        (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
}

const char *tn_dtype_name(enum tn_dtype dtype)
{
    return tn_dtypes[dtype].name;
}

size_t tn_dtype_size(enum tn_dtype dtype)
{
    return tn_dtypes[dtype].size;
}

uint64_t tn_file_fingerprint(const struct tn_file *file)
{
    uint64_t length;

    memcpy(&length, file->bytes, sizeof length);
    return tn_hash_block(file->size, file->bytes, sizeof length + (size_t)length);
}

const char *tn_file_path(const struct tn_file *file)
{
    return file->path;
}

size_t tn_file_count(const struct tn_file *file)
{
    return file->count;
}

const struct tn_tensor *tn_file_at(const struct tn_file *file, size_t index)
{
    return &file->tensors[index];
}

const struct tn_tensor *tn_file_find(const struct tn_file *file, const char *name)
{
    const struct tn_tensor wanted = {.name = name}, *key = &wanted;
    const struct tn_tensor **found =
        bsearch(&key, file->by_name, file->count, sizeof *file->by_name, compare_names);

    return found ? *found : NULL;
}

/* "F32 [3][4]" */
static const char *shape_text(char *text, size_t size, enum tn_dtype dtype, size_t rank,
                              const size_t *dims)
{
    int used = snprintf(text, size, "%s ", tn_dtype_name(dtype));

    for (size_t i = 0; i < rank && used < (int)size; i++)
        used += snprintf(text + used, size - (size_t)used, "[%zu]", dims[i]);
    return text;
}

/* tn_file_find that says what is wrong when there is none. */
static enum tn_status need(const struct tn_file *file, const char *name,
                           const struct tn_tensor **ret_tensor, struct tn_error *err)
{
    *ret_tensor = tn_file_find(file, name);
    if (*ret_tensor)
        return TN_OK;
    for (size_t i = 0; i < file->foreign_count; i++)
        if (strcmp(file->foreign[i].name, name) == 0)
            return tn_fail(
                err, TN_UNSUPPORTED,
                "%s: tensor %s is %s of rank %zu, which cannot be used; convert it to F32",
                file->path, name, file->foreign[i].dtype, file->foreign[i].rank);
    return tn_fail(err, TN_NOTFOUND, "%s: there is no tensor %s", file->path, name);
}

enum tn_status tn_file_get(const struct tn_file *file, const char *name, enum tn_dtype dtype,
                           size_t rank, const size_t *dims, const struct tn_tensor **ret_tensor,
                           struct tn_error *err)
{
    char expected[SHAPE_TEXT_SIZE], found[SHAPE_TEXT_SIZE];
    const struct tn_tensor *tensor;

    TN_TRY(need(file, name, &tensor, err));
    if (tensor->dtype != dtype || tensor->rank != rank ||
        memcmp(tensor->dims, dims, rank * sizeof *dims) != 0)
        return tn_fail(err, TN_SHAPE, "%s: tensor %s: expected %s, found %s", file->path, name,
                       shape_text(expected, sizeof expected, dtype, rank, dims),
                       shape_text(found, sizeof found, tensor->dtype, tensor->rank, tensor->dims));
    *ret_tensor = tensor;
    return TN_OK;
}

const char *tn_file_metadata(const struct tn_file *file, const char *key)
{
    struct json_object *value;

    if (!file->header.metadata || !json_object_object_get_ex(file->header.metadata, key, &value))
        return NULL;
    return json_object_get_string(value);
}

size_t tn_file_metadata_count(const struct tn_file *file)
{
    return file->header.metadata_count;
}

void tn_file_metadata_at(const struct tn_file *file, size_t index, const char **ret_key,
                         const char **ret_value)
{
    *ret_key = file->header.pairs[index].key;
    *ret_value = file->header.pairs[index].value;
}

/* out = q * scale of the row; the scales are <name>_scale. */
static enum tn_status scale_rows(const struct tn_file *file, const struct tn_tensor *tensor,
                                 float *out, struct tn_error *err)
{
    const size_t rows = tensor->rank > 0 ? tensor->dims[0] : 1;
    const size_t columns = rows > 0 ? tensor->bytes / rows : 0;
    const signed char *q = tensor->data;
    const struct tn_tensor *scale;
    char name[2 * TN_NAME_SIZE];

    if (snprintf(name, sizeof name, "%s_scale", tensor->name) >= (int)sizeof name)
        return tn_fail(err, TN_RANGE, "%s: tensor %s: its name is too long", file->path,
                       tensor->name);
    TN_TRY(tn_file_get(file, name, TN_F32, 1, &rows, &scale, err));
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < columns; i++)
            out[row * columns + i] =
                (float)q[row * columns + i] * ((const float *)scale->data)[row];
    return TN_OK;
}

enum tn_status tn_file_read_floats(const struct tn_file *file, const char *name, size_t count,
                                   float *out, struct tn_error *err)
{
    const struct tn_tensor *tensor;
    size_t found;

    TN_TRY(need(file, name, &tensor, err));
    found = tensor->bytes / tn_dtype_size(tensor->dtype);
    if (found != count)
        return tn_fail(err, TN_SHAPE, "%s: tensor %s: expected %zu numbers, found %zu", file->path,
                       name, count, found);
    switch (tensor->dtype) {
    case TN_F32:
        if (count > 0)
            memcpy(out, tensor->data, tensor->bytes);
        return TN_OK;
    case TN_F16:
        tn_half_to_float(out, tensor->data, count);
        return TN_OK;
    case TN_I8:
        return scale_rows(file, tensor, out, err);
    default:
        return tn_fail(err, TN_UNSUPPORTED, "%s: tensor %s: expected F32, F16 or I8, found %s",
                       file->path, name, tn_dtype_name(tensor->dtype));
    }
}
