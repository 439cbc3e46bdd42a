/* SPDX-License-Identifier: MIT */
/*
 * The checks of a safetensors header.  Nothing is handed out before all of it holds: JSON without
 * duplicate names, shapes that multiply without overflow to the bytes that the offsets span, and
 * tensors that cover the data exactly, one after the other, as the format demands.
 */
#include "tensor/safetensors_header.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    LENGTH_SIZE = 8,
    MAX_HEADER = 16 << 20, /* bytes: thousands of tensors, and a bound on what JSON can allocate */
    MAX_DEPTH = 4          /* header, entry, shape, number */
};

const struct tn_dtype_info tn_dtypes[] = {
    [TN_F32] = {"F32", 4},
    [TN_F16] = {"F16", 2},
    [TN_I8] = {"I8", 1},
    [TN_U8] = {"U8", 1},
    [TN_I32] = {"I32", 4},
    [TN_I64] = {"I64", 8},
    {"F64", 8},
    {"BF16", 2},
    {"BOOL", 1},
    {"I16", 2},
    {"U16", 2},
    {"U32", 4},
    {"U64", 8},
    {"F8_E4M3", 1},
    {"F8_E5M2", 1},
};
enum { DTYPE_COUNT = sizeof tn_dtypes / sizeof tn_dtypes[0] };

/* The key: value pairs of a JSON text that has parsed: its colons outside strings.  json-c keeps
 * the last of two equal names; a count that differs from what it kept shows it. */
static size_t count_pairs(const char *text, size_t length)
{
    size_t pairs = 0;
    bool inside = false;

    for (size_t i = 0; i < length; i++) {
        if (inside && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            inside = !inside;
        else if (!inside && text[i] == ':')
            pairs++;
    }
    return pairs;
}

static size_t count_kept(struct json_object *root)
{
    size_t kept = (size_t)json_object_object_length(root);

    json_object_object_foreach(root, name, value)
    {
        (void)name;
        if (json_object_is_type(value, json_type_object))
            kept += (size_t)json_object_object_length(value);
    }
    return kept;
}

static enum tn_status check_root(const struct tn_header *header, const char *text, size_t length,
                                 struct tn_error *err)
{
    if (!json_object_is_type(header->root, json_type_object))
        return tn_fail(err, TN_FORMAT, "%s: malformed header: expected one JSON object",
                       header->path);
    if (count_pairs(text, length) != count_kept(header->root))
        return tn_fail(err, TN_FORMAT, "%s: malformed header: a name stands there twice",
                       header->path);
    return TN_OK;
}

/* Only spaces may follow the object. */
static enum tn_status parse_ascii(struct tn_header *header, const char *text, size_t length,
                                  struct tn_error *err)
{
    struct json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH);
    enum json_tokener_error error;
    size_t rest;

    if (!tokener)
        return tn_fail_nomem(err, length);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    header->root = json_tokener_parse_ex(tokener, text, (int)length);
    error = json_tokener_get_error(tokener);
    rest = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    if (error == json_tokener_continue)
        return tn_fail(err, TN_FORMAT, "%s: malformed header: the JSON text ends early",
                       header->path);
    if (error != json_tokener_success)
        return tn_fail(err, TN_FORMAT, "%s: malformed header: %s at byte %zu", header->path,
                       json_tokener_error_desc(error), rest);
    if (rest + strspn(text + rest, " ") < length)
        return tn_fail(err, TN_FORMAT, "%s: malformed header: expected one JSON object",
                       header->path);
    return check_root(header, text, length, err);
}

static enum tn_status parse_header(struct tn_header *header, const char *text, size_t length,
                                   struct tn_error *err)
{
    size_t escaped;
    char *ascii = tn_utf8_to_json_ascii(text, length, &escaped);
    enum tn_status status;

    if (!ascii)
        return escaped > 0
                   ? tn_fail_nomem(err, length)
                   : tn_fail(err, TN_FORMAT, "%s: malformed header: it is not UTF-8", header->path);
    status = parse_ascii(header, ascii, escaped, err);
    free(ascii);
    return status;
}

static enum tn_status read_metadata(struct tn_header *header, struct tn_error *err)
{
    if (!json_object_object_get_ex(header->root, "__metadata__", &header->metadata))
        return TN_OK;
    if (!json_object_is_type(header->metadata, json_type_object))
        return tn_fail(err, TN_FORMAT, "%s: malformed header: __metadata__ is not an object",
                       header->path);
    header->pairs =
        calloc((size_t)json_object_object_length(header->metadata) + 1, sizeof *header->pairs);
    if (!header->pairs)
        return tn_fail_nomem(err, sizeof *header->pairs);
    json_object_object_foreach(header->metadata, key, value)
    {
        if (!json_object_is_type(value, json_type_string) ||
            strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
            return tn_fail(err, TN_FORMAT, "%s: malformed header: metadata %s is not a text",
                           header->path, key);
        header->pairs[header->metadata_count++] =
            (struct tn_metadata){key, json_object_get_string(value)};
    }
    return TN_OK;
}

/* A JSON number as a non-negative integer; false for anything else. */
static bool get_size(struct json_object *value, uint64_t *ret_size)
{
    if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0 ||
        json_object_get_int64(value) == INT64_MAX)
        return false;
    *ret_size = (uint64_t)json_object_get_int64(value);
    return true;
}

static enum tn_status bad_entry(const struct tn_header *header, const char *name, const char *what,
                                struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "%s: malformed header: tensor %s %s", header->path, name, what);
}

/* Reads "shape" into the entry and the number of elements into ret_count. */
static enum tn_status read_shape(const struct tn_header *header, struct json_object *shape,
                                 struct tn_entry *entry, uint64_t *ret_count, struct tn_error *err)
{
    uint64_t count = 1;

    entry->rank = json_object_array_length(shape);
    for (size_t i = 0; i < entry->rank; i++) {
        uint64_t dim;

        if (!get_size(json_object_array_get_idx(shape, i), &dim))
            return bad_entry(header, entry->name, "has a shape that is not whole numbers", err);
        if (__builtin_mul_overflow(count, dim, &count))
            return bad_entry(header, entry->name, "has a shape too large to be true", err);
        if (i < TN_MAX_RANK)
            entry->dims[i] = (size_t)dim;
    }
    *ret_count = count;
    return TN_OK;
}

static size_t find_dtype(const char *name)
{
    size_t i = 0;

    while (i < DTYPE_COUNT && strcmp(tn_dtypes[i].name, name) != 0)
        i++;
    return i;
}

static enum tn_status read_entry(const struct tn_header *header, const char *name,
                                 struct json_object *value, struct tn_entry *entry,
                                 struct tn_error *err)
{
    struct json_object *dtype, *shape, *offsets;
    uint64_t count, bytes;

    *entry = (struct tn_entry){.name = name};
    if (!json_object_is_type(value, json_type_object) ||
        !json_object_object_get_ex(value, "dtype", &dtype) ||
        !json_object_object_get_ex(value, "shape", &shape) ||
        !json_object_object_get_ex(value, "data_offsets", &offsets) ||
        !json_object_is_type(dtype, json_type_string) ||
        !json_object_is_type(shape, json_type_array) ||
        !json_object_is_type(offsets, json_type_array) || json_object_array_length(offsets) != 2)
        return bad_entry(header, name, "lacks its dtype, shape or data_offsets", err);
    entry->dtype = json_object_get_string(dtype);
    entry->dtype_index = find_dtype(entry->dtype);
    TN_TRY(read_shape(header, shape, entry, &count, err));
    if (!get_size(json_object_array_get_idx(offsets, 0), &entry->begin) ||
        !get_size(json_object_array_get_idx(offsets, 1), &entry->end) || entry->begin > entry->end)
        return bad_entry(header, name, "has impossible data_offsets", err);
    if (entry->dtype_index == DTYPE_COUNT)
        return TN_OK;
    if (__builtin_mul_overflow(count, tn_dtypes[entry->dtype_index].size, &bytes) ||
        bytes != entry->end - entry->begin)
        return tn_fail(err, TN_FORMAT,
                       "%s: malformed header: tensor %s spans %" PRIu64
                       " bytes, its shape of %" PRIu64 " elements of %s needs other",
                       header->path, name, entry->end - entry->begin, count, entry->dtype);
    return TN_OK;
}

static int by_offset(const void *a, const void *b)
{
    const struct tn_entry *x = a, *y = b;

    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* The sorted entries must cover the data exactly: no overlap, no hole, nothing after the end. */
static enum tn_status check_cover(const struct tn_header *header, struct tn_error *err)
{
    const uint64_t available = header->size - header->data_start;
    const struct tn_entry *entries = header->entries;
    uint64_t position = 0;

    for (size_t i = 0; i < header->count; i++) {
        if (entries[i].end > available)
            return tn_fail(err, TN_FORMAT,
                           "%s: truncated: tensor %s ends at byte %" PRIu64 ", the file has %zu",
                           header->path, entries[i].name, header->data_start + entries[i].end,
                           header->size);
        if (entries[i].begin != position)
            return tn_fail(err, TN_FORMAT, "%s: malformed header: tensor %s %s the one before it",
                           header->path, entries[i].name,
                           entries[i].begin < position ? "overlaps" : "leaves a gap after");
        position = entries[i].end;
    }
    if (position != available)
        return tn_fail(err, TN_FORMAT, "%s: %" PRIu64 " bytes follow the last tensor", header->path,
                       available - position);
    return TN_OK;
}

static enum tn_status read_entries(struct tn_header *header, struct tn_error *err)
{
    const size_t members = (size_t)json_object_object_length(header->root);

    header->entries = calloc(members + 1, sizeof *header->entries);
    if (!header->entries)
        return tn_fail_nomem(err, (members + 1) * sizeof *header->entries);
    json_object_object_foreach(header->root, name, value)
    {
        if (strcmp(name, "__metadata__") != 0)
            TN_TRY(read_entry(header, name, value, &header->entries[header->count++], err));
    }
    qsort(header->entries, header->count, sizeof *header->entries, by_offset);
    return check_cover(header, err);
}

static enum tn_status read_header(struct tn_header *header, const unsigned char *bytes,
                                  struct tn_error *err)
{
    uint64_t length = 0;

    if (header->size < LENGTH_SIZE)
        return tn_fail(err, TN_FORMAT, "%s: not a safetensors file: only %zu bytes long",
                       header->path, header->size);
    memcpy(&length, bytes, sizeof length);
    if (length > MAX_HEADER || length < 2 ||
        (header->size > LENGTH_SIZE && bytes[LENGTH_SIZE] != '{'))
        return tn_fail(err, TN_FORMAT, "%s: not a safetensors file", header->path);
    header->data_start = LENGTH_SIZE + (size_t)length;
    if (header->data_start > header->size)
        return tn_fail(err, TN_FORMAT,
                       "%s: truncated: the header ends at byte %zu, the file has %zu", header->path,
                       header->data_start, header->size);
    TN_TRY(parse_header(header, (const char *)bytes + LENGTH_SIZE, (size_t)length, err));
    TN_TRY(read_metadata(header, err));
    return read_entries(header, err);
}

enum tn_status tn_header_init(struct tn_header *header, const unsigned char *bytes, size_t size,
                              const char *path, struct tn_error *err)
{
    enum tn_status status;

    *header = (struct tn_header){.path = path, .size = size};
    status = read_header(header, bytes, err);
    if (status != TN_OK)
        tn_header_finish(header);
    return status;
}

void tn_header_finish(struct tn_header *header)
{
    json_object_put(header->root);
    free(header->entries);
    free(header->pairs);
    memset(header, 0, sizeof *header);
}
