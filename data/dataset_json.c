/* SPDX-License-Identifier: MIT */
/*
 * Karpathy's files: {"images": [{"filename", "filepath", "split", "sentences": [{"raw"}]}]}, and
 * COCO's:
 * {"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]}.
 */
#include "data/dataset_private.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* A member that is a string, or NULL. */
static struct json_object *string_member(struct json_object *object, const char *key)
{
    struct json_object *member;

    if (!json_object_object_get_ex(object, key, &member) ||
        !json_object_is_type(member, json_type_string))
        return NULL;
    return member;
}

static struct json_object *array_member(struct json_object *object, const char *key)
{
    struct json_object *member;

    if (!json_object_object_get_ex(object, key, &member) ||
        !json_object_is_type(member, json_type_array))
        return NULL;
    return member;
}

static enum tn_status add_sentences(struct data_builder *builder, size_t photo,
                                    struct json_object *sentences, struct tn_error *err)
{
    for (size_t i = 0; i < json_object_array_length(sentences); i++) {
        struct json_object *raw = string_member(json_object_array_get_idx(sentences, i), "raw");

        if (!raw)
            return tn_fail(err, TN_FORMAT, "%s: sentence %zu of photo %zu has no text \"raw\"",
                           builder->source, i, photo);
        TN_TRY(data_builder_caption(builder, photo, json_object_get_string(raw),
                                    (size_t)json_object_get_string_len(raw), err));
    }
    return TN_OK;
}

/* The name under which the photo lies: COCO's are in "val2014/" and the like. */
static enum tn_status karpathy_photo(struct data_builder *builder, struct json_object *image,
                                     size_t number, size_t *ret_photo, struct tn_error *err)
{
    struct json_object *filename = string_member(image, "filename");
    struct json_object *folder = string_member(image, "filepath");
    struct json_object *split = string_member(image, "split");
    char path[PATH_MAX];
    int length;

    if (!filename)
        return tn_fail(err, TN_FORMAT, "%s: image %zu has no \"filename\"", builder->source,
                       number);
    length = snprintf(path, sizeof path, "%s%s%s", folder ? json_object_get_string(folder) : "",
                      folder ? "/" : "", json_object_get_string(filename));
    TN_TRY(data_builder_photo(builder, path, (size_t)length, ret_photo, err));
    if (split) {
        struct data_photo *photo = &builder->dataset->photos[*ret_photo];

        if (!data_split_parse(json_object_get_string(split), &photo->split))
            return tn_fail(err, TN_FORMAT, "%s: image %zu has the unknown split \"%s\"",
                           builder->source, number, json_object_get_string(split));
    }
    return TN_OK;
}

static enum tn_status read_karpathy(struct data_builder *builder, struct json_object *images,
                                    struct tn_error *err)
{
    for (size_t i = 0; i < json_object_array_length(images); i++) {
        struct json_object *image = json_object_array_get_idx(images, i);
        struct json_object *sentences = array_member(image, "sentences");
        size_t photo;

        if (!sentences)
            return tn_fail(err, TN_FORMAT, "%s: image %zu has no \"sentences\"", builder->source,
                           i);
        TN_TRY(karpathy_photo(builder, image, i, &photo, err));
        TN_TRY(add_sentences(builder, photo, sentences, err));
    }
    return TN_OK;
}

/* An id as a map's key: COCO's are numbers, others use strings. */
static struct json_object *id_member(struct json_object *object, const char *key)
{
    struct json_object *member;

    if (!json_object_object_get_ex(object, key, &member) ||
        !(json_object_is_type(member, json_type_int) ||
          json_object_is_type(member, json_type_string)))
        return NULL;
    return member;
}

static enum tn_status coco_images(struct data_builder *builder, struct json_object *images,
                                  struct tn_map *ids, struct tn_error *err)
{
    for (size_t i = 0; i < json_object_array_length(images); i++) {
        struct json_object *image = json_object_array_get_idx(images, i);
        struct json_object *name = string_member(image, "file_name"), *id = id_member(image, "id");
        const size_t before = ids->count;
        size_t photo, entry;

        if (!name || !id)
            return tn_fail(err, TN_FORMAT, "%s: image %zu has no \"%s\"", builder->source, i,
                           name ? "id" : "file_name");
        TN_TRY(data_builder_photo(builder, json_object_get_string(name),
                                  (size_t)json_object_get_string_len(name), &photo, err));
        TN_TRY(tn_map_add(ids, json_object_get_string(id), strlen(json_object_get_string(id)),
                          &entry, err));
        if (entry == before)
            ids->entries[entry].value = photo;
    }
    return TN_OK;
}

static enum tn_status coco_captions(struct data_builder *builder, struct json_object *annotations,
                                    const struct tn_map *ids, struct tn_error *err)
{
    for (size_t i = 0; i < json_object_array_length(annotations); i++) {
        struct json_object *annotation = json_object_array_get_idx(annotations, i);
        struct json_object *caption = string_member(annotation, "caption");
        struct json_object *id = id_member(annotation, "image_id");
        size_t entry;

        if (!caption || !id)
            return tn_fail(err, TN_FORMAT, "%s: annotation %zu has no \"%s\"", builder->source, i,
                           caption ? "image_id" : "caption");
        entry = tn_map_find(ids, json_object_get_string(id), strlen(json_object_get_string(id)));
        if (entry == TN_MAP_NONE)
            return tn_fail(err, TN_FORMAT, "%s: annotation %zu is of image %s, which is not there",
                           builder->source, i, json_object_get_string(id));
        TN_TRY(data_builder_caption(builder, ids->entries[entry].value,
                                    json_object_get_string(caption),
                                    (size_t)json_object_get_string_len(caption), err));
    }
    return TN_OK;
}

static enum tn_status read_coco(struct data_builder *builder, struct json_object *images,
                                struct json_object *annotations, struct tn_error *err)
{
    struct tn_map ids = {0};
    enum tn_status status = coco_images(builder, images, &ids, err);

    if (status == TN_OK)
        status = coco_captions(builder, annotations, &ids, err);
    tn_map_finish(&ids);
    return status;
}

static enum tn_status parse(const char *text, size_t size, const char *source,
                            struct json_object **ret_root, struct tn_error *err)
{
    struct json_tokener *tokener;
    struct json_object *root;
    enum json_tokener_error error;

    if (size > INT_MAX)
        return tn_fail(err, TN_RANGE, "%s: larger than 2 GiB", source);
    tokener = json_tokener_new();
    if (!tokener)
        return tn_fail_nomem(err, sizeof root);
    root = json_tokener_parse_ex(tokener, text, (int)size);
    error = json_tokener_get_error(tokener);
    json_tokener_free(tokener);
    if (error != json_tokener_success) {
        json_object_put(root);
        return tn_fail(err, TN_FORMAT, "%s: not JSON: %s", source,
                       error == json_tokener_continue ? "it ends too early"
                                                      : json_tokener_error_desc(error));
    }
    *ret_root = root;
    return TN_OK;
}

enum tn_status data_read_json(struct data_builder *builder, const char *text, size_t size,
                              struct tn_error *err)
{
    struct json_object *root = NULL, *images, *annotations;
    enum tn_status status;

    TN_TRY(parse(text, size, builder->source, &root, err));
    images = array_member(root, "images");
    annotations = array_member(root, "annotations");
    if (!images)
        status = tn_fail(err, TN_FORMAT,
                         "%s: neither Karpathy's nor COCO's format: there is no \"images\" list",
                         builder->source);
    else if (annotations)
        status = read_coco(builder, images, annotations, err);
    else
        status = read_karpathy(builder, images, err);
    json_object_put(root);
    return status;
}
