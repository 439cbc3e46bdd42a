/* SPDX-License-Identifier: MIT */
/*
 * A photo as one JSON object: {"file_name": "a.jpg", "text": "a dog"}.  What its members may be
 * called is in dataset_names.c.  The captions are a string, a list of strings, or a list of objects
 * with a string in turn, as Karpathy's {"sentences": [{"raw": "a dog"}]}.
 */
#include "data/sets/dataset_record_private.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

typedef size_t rank_fn(const char *name, size_t length);

/* The member that rank finds best; *ret_key (may be NULL): what it is called. */
static struct json_object *best_member(struct json_object *object, rank_fn *rank,
                                       const char **ret_key)
{
    struct json_object *best = NULL;
    size_t best_rank = DATA_NO_NAME;

    if (!json_object_is_type(object, json_type_object))
        return NULL;
    json_object_object_foreach(object, key, member)
    {
        const size_t found = rank(key, strlen(key));

        if (found < best_rank) {
            best_rank = found;
            best = member;
            if (ret_key)
                *ret_key = key;
        }
    }
    return best;
}

struct json_object *data_json_member(struct json_object *object, const char *key,
                                     enum json_type type)
{
    struct json_object *member;

    if (!json_object_object_get_ex(object, key, &member) || !json_object_is_type(member, type))
        return NULL;
    return member;
}

bool data_is_record(struct json_object *object)
{
    struct json_object *image = best_member(object, data_image_name, NULL);

    return image && json_object_is_type(image, json_type_string);
}

static enum tn_status add_text(struct data_builder *builder, size_t photo, struct json_object *text,
                               struct tn_error *err)
{
    return data_builder_caption(builder, photo, json_object_get_string(text),
                                (size_t)json_object_get_string_len(text), err);
}

/* One of a list of captions. */
static enum tn_status add_item(struct data_builder *builder, size_t photo, size_t number,
                               struct json_object *item, struct tn_error *err)
{
    struct json_object *raw = data_json_member(item, "raw", json_type_string);

    if (!raw)
        raw = best_member(item, data_caption_name, NULL);
    if (json_object_is_type(item, json_type_string))
        return add_text(builder, photo, item, err);
    if (!json_object_is_type(raw, json_type_string))
        return data_builder_fail(builder, err, "caption %zu of %s is no text", number,
                                 data_set_name(builder->dataset, photo));
    return add_text(builder, photo, raw, err);
}

static enum tn_status add_captions(struct data_builder *builder, size_t photo,
                                   struct json_object *captions, struct tn_error *err)
{
    if (!json_object_is_type(captions, json_type_array))
        return captions ? add_item(builder, photo, 0, captions, err) : TN_OK;
    for (size_t i = 0; i < json_object_array_length(captions); i++)
        TN_TRY(add_item(builder, photo, i, json_object_array_get_idx(captions, i), err));
    return TN_OK;
}

/* All members that are captions by the name that is the best: "caption_1" and "caption_2". */
static enum tn_status add_members(struct data_builder *builder, size_t photo,
                                  struct json_object *object, struct tn_error *err)
{
    const char *best = NULL;

    best_member(object, data_caption_name, &best);
    if (!best)
        return TN_OK;
    json_object_object_foreach(object, key, member) if (data_caption_name(key, strlen(key)) ==
                                                        data_caption_name(best, strlen(best)))
        TN_TRY(add_captions(builder, photo, member, err));
    return TN_OK;
}

enum tn_status data_add_captions(struct data_builder *builder, size_t photo,
                                 struct json_object *value, struct tn_error *err)
{
    if (json_object_is_type(value, json_type_object))
        return add_members(builder, photo, value, err);
    return add_captions(builder, photo, value, err);
}

static enum tn_status set_split(struct data_builder *builder, size_t photo,
                                struct json_object *split, struct tn_error *err)
{
    if (split &&
        !data_split_parse(json_object_get_string(split), &builder->dataset->photos[photo].split))
        return data_builder_fail(builder, err, "%s has the unknown split \"%s\"",
                                 data_set_name(builder->dataset, photo),
                                 json_object_get_string(split));
    return TN_OK;
}

/* Karpathy's photos of COCO are in "filepath", which is a folder. */
static enum tn_status add_photo(struct data_builder *builder, struct json_object *record,
                                size_t *ret_photo, struct tn_error *err)
{
    struct json_object *name = best_member(record, data_image_name, NULL);
    struct json_object *filename = data_json_member(record, "filename", json_type_string);
    struct json_object *folder = data_json_member(record, "filepath", json_type_string);
    char path[PATH_MAX];
    int length;

    if (!filename || !folder)
        return data_builder_photo(builder, json_object_get_string(name),
                                  (size_t)json_object_get_string_len(name), ret_photo, err);
    length = snprintf(path, sizeof path, "%s/%s", json_object_get_string(folder),
                      json_object_get_string(filename));
    return data_builder_photo(builder, path, (size_t)length, ret_photo, err);
}

enum tn_status data_add_record(struct data_builder *builder, struct json_object *record,
                               struct tn_error *err)
{
    size_t photo;

    if (!data_is_record(record))
        return data_builder_fail(builder, err,
                                 "expected an object with a photo (\"file_name\", \"image\" ...) "
                                 "and captions (\"caption\", \"captions\", \"text\" ...)");
    TN_TRY(add_photo(builder, record, &photo, err));
    TN_TRY(set_split(builder, photo, data_json_member(record, "split", json_type_string), err));
    return data_add_captions(builder, photo, record, err);
}
