/* SPDX-License-Identifier: MIT */
/*
 * A file of one or several JSON values:
 *
 *   {"images": [RECORD ...]}          Karpathy's; "data" or "annotations" likewise
 *   {"images": [...], "annotations": [...]}    COCO's, joined by ids
 *   [RECORD ...]                      neuraltalk2's, LAVIS'
 *   RECORD RECORD ...                 JSONL: one per line
 *   {"a.jpg": CAPTIONS ...}           sd-scripts'
 *
 * dataset_record.c has what a record is.
 */
#include "data/sets/dataset_record_private.h"

#include <limits.h>
#include <string.h>

static enum tn_status add_records(struct data_builder *builder, struct json_object *records,
                                  struct tn_error *err)
{
    for (size_t i = 0; i < json_object_array_length(records); i++) {
        builder->item = i + 1;
        TN_TRY(data_add_record(builder, json_object_array_get_idx(records, i), err));
    }
    return TN_OK;
}

static bool is_captions(struct json_object *value)
{
    return json_object_is_type(value, json_type_string) ||
           json_object_is_type(value, json_type_object) ||
           (json_object_is_type(value, json_type_array) &&
            json_object_is_type(json_object_array_get_idx(value, 0), json_type_string));
}

/* {"a.jpg": "a dog", "b.jpg": ["a cat", "it sleeps"], "c": {"caption": "a cow", "tags": "..."}} */
static enum tn_status add_entries(struct data_builder *builder, struct json_object *object,
                                  struct tn_error *err)
{
    json_object_object_foreach(object, key, value)
    {
        size_t photo;

        if (!is_captions(value))
            return data_builder_fail(builder, err,
                                     "no data set that is known here; expected a list of photos, "
                                     "or \"images\", instead of \"%s\"",
                                     key);
        TN_TRY(data_builder_photo(builder, key, strlen(key), &photo, err));
        TN_TRY(data_add_captions(builder, photo, value, err));
    }
    return TN_OK;
}

/* ---- COCO ---- */

/* An id as a map's key: COCO's are numbers, others use strings. */
static const char *id_member(struct json_object *object, const char *key)
{
    struct json_object *member;

    if (!json_object_object_get_ex(object, key, &member) ||
        !(json_object_is_type(member, json_type_int) ||
          json_object_is_type(member, json_type_string)))
        return NULL;
    return json_object_get_string(member);
}

static enum tn_status add_coco_images(struct data_builder *builder, struct json_object *images,
                                      struct tn_map *ids, struct tn_error *err)
{
    for (size_t i = 0; i < json_object_array_length(images); i++) {
        struct json_object *image = json_object_array_get_idx(images, i);
        struct json_object *name = data_json_member(image, "file_name", json_type_string);
        const char *id = id_member(image, "id");
        const size_t before = ids->count;
        size_t photo, entry;

        if (!name || !id)
            return tn_fail(err, TN_FORMAT, "%s: image %zu has no \"%s\"", builder->source, i,
                           name ? "id" : "file_name");
        TN_TRY(data_builder_photo(builder, json_object_get_string(name),
                                  (size_t)json_object_get_string_len(name), &photo, err));
        TN_TRY(tn_map_add(ids, id, strlen(id), &entry, err));
        if (entry == before)
            ids->entries[entry].value = photo;
    }
    return TN_OK;
}

static enum tn_status add_coco_captions(struct data_builder *builder,
                                        struct json_object *annotations, const struct tn_map *ids,
                                        struct tn_error *err)
{
    for (size_t i = 0; i < json_object_array_length(annotations); i++) {
        struct json_object *annotation = json_object_array_get_idx(annotations, i);
        struct json_object *caption = data_json_member(annotation, "caption", json_type_string);
        const char *id = id_member(annotation, "image_id");
        size_t entry;

        if (!caption || !id)
            return tn_fail(err, TN_FORMAT, "%s: annotation %zu has no \"%s\"", builder->source, i,
                           caption ? "image_id" : "caption");
        entry = tn_map_find(ids, id, strlen(id));
        if (entry == TN_MAP_NONE)
            return tn_fail(err, TN_FORMAT, "%s: annotation %zu is of image %s, which is not there",
                           builder->source, i, id);
        TN_TRY(data_add_captions(builder, (size_t)ids->entries[entry].value, caption, err));
    }
    return TN_OK;
}

static enum tn_status add_coco(struct data_builder *builder, struct json_object *images,
                               struct json_object *annotations, struct tn_error *err)
{
    struct tn_map ids = {0};
    enum tn_status status = add_coco_images(builder, images, &ids, err);

    if (status == TN_OK)
        status = add_coco_captions(builder, annotations, &ids, err);
    tn_map_finish(&ids);
    return status;
}

/* ---- Values ---- */

static enum tn_status add_object(struct data_builder *builder, struct json_object *object,
                                 struct tn_error *err)
{
    static const char *const lists[] = {"images", "data", "annotations"};
    struct json_object *images = data_json_member(object, "images", json_type_array);
    struct json_object *annotations = data_json_member(object, "annotations", json_type_array);

    if (images && annotations)
        return add_coco(builder, images, annotations, err);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct json_object *list = data_json_member(object, lists[i], json_type_array);

        if (list)
            return add_records(builder, list, err);
    }
    return data_is_record(object) ? data_add_record(builder, object, err)
                                  : add_entries(builder, object, err);
}

/* A value of several is a record. */
static enum tn_status add_value(struct data_builder *builder, struct json_object *value,
                                bool is_only, struct tn_error *err)
{
    if (!is_only)
        return data_add_record(builder, value, err);
    if (json_object_is_type(value, json_type_array))
        return add_records(builder, value, err);
    if (json_object_is_type(value, json_type_object))
        return add_object(builder, value, err);
    return data_builder_fail(builder, err, "expected a list or an object of photos");
}

struct json_text {
    const char *end, *at;
    size_t line; /* of at */
    struct json_tokener *tokener;
};

static void skip_space(struct json_text *json)
{
    for (; json->at < json->end && strchr(" \t\r\n", *json->at); json->at++)
        json->line += *json->at == '\n';
}

/* The value at json->at, which moves behind it. */
static enum tn_status parse_value(struct data_builder *builder, struct json_text *json,
                                  struct json_object **ret_value, struct tn_error *err)
{
    const char *const start = json->at;
    struct json_object *value;
    enum json_tokener_error error;

    json_tokener_reset(json->tokener);
    value = json_tokener_parse_ex(json->tokener, start, (int)(json->end - start));
    error = json_tokener_get_error(json->tokener);
    for (size_t used = json_tokener_get_parse_end(json->tokener); used > 0; used--)
        json->line += *json->at++ == '\n';
    if (error != json_tokener_success) {
        json_object_put(value);
        builder->line = json->line;
        return data_builder_fail(builder, err, "not JSON: %s",
                                 error == json_tokener_continue ? "it ends too early"
                                                                : json_tokener_error_desc(error));
    }
    *ret_value = value;
    return TN_OK;
}

static enum tn_status read_value(struct data_builder *builder, struct json_text *json,
                                 bool is_first, struct tn_error *err)
{
    const char *const start = json->at;
    size_t length;
    struct json_object *value = NULL;
    enum tn_status status = TN_OK;
    bool is_only, is_new = true;

    builder->line = json->line;
    TN_TRY(parse_value(builder, json, &value, err));
    length = (size_t)(json->at - start);
    skip_space(json);
    is_only = is_first && json->at == json->end;
    if (is_only)
        builder->line = 0;
    else
        status = data_builder_row(builder, start, length, &is_new, err);
    if (status == TN_OK && is_new)
        status = add_value(builder, value, is_only, err);
    json_object_put(value);
    return status;
}

enum tn_status data_read_captions(struct data_builder *builder, size_t photo, const char *text,
                                  size_t size, struct tn_error *err)
{
    struct json_text json = {.end = text + size, .at = text, .line = 1};
    struct json_object *value = NULL;
    enum tn_status status;

    json.tokener = json_tokener_new();
    if (!json.tokener)
        return tn_fail_nomem(err, sizeof json);
    status = parse_value(builder, &json, &value, err);
    if (status == TN_OK)
        status = data_add_captions(builder, photo, value, err);
    json_object_put(value);
    json_tokener_free(json.tokener);
    return status;
}

enum tn_status data_read_json(struct data_builder *builder, const char *text, size_t size,
                              struct tn_error *err)
{
    struct json_text json = {.end = text + size, .at = text, .line = 1};
    enum tn_status status = TN_OK;

    if (size > INT_MAX)
        return tn_fail(err, TN_RANGE, "%s: larger than 2 GiB", builder->source);
    json.tokener = json_tokener_new();
    if (!json.tokener)
        return tn_fail_nomem(err, sizeof json);
    skip_space(&json);
    for (bool is_first = true; status == TN_OK && json.at < json.end; is_first = false)
        status = read_value(builder, &json, is_first, err);
    json_tokener_free(json.tokener);
    return status;
}
