/* SPDX-License-Identifier: MIT */
/* Photos and captions as JSON objects. */
#ifndef DATA_DATASET_RECORD_PRIVATE_H
#define DATA_DATASET_RECORD_PRIVATE_H

#include "data/sets/dataset_private.h"

#include <json-c/json.h>

/* Whether the object names a photo. */
bool data_is_record(struct json_object *object);
/* Adds the photo with its captions. */
TN_NODISCARD enum tn_status data_add_record(struct data_builder *builder,
                                            struct json_object *record, struct tn_error *err);
/* Adds the captions in a value: a text, a list, or an object with either. */
TN_NODISCARD enum tn_status data_add_captions(struct data_builder *builder, size_t photo,
                                              struct json_object *value, struct tn_error *err);

/* The same of a text in JSON. */
TN_NODISCARD enum tn_status data_read_captions(struct data_builder *builder, size_t photo,
                                               const char *text, size_t size, struct tn_error *err);

/* A member of that type, or NULL. */
struct json_object *data_json_member(struct json_object *object, const char *key,
                                     enum json_type type);

#endif
