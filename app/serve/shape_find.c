/* SPDX-License-Identifier: MIT */
/* Where a client's shape is: in a schema, in an example, or nowhere. */
#include "app/serve/json_body.h"
#include "app/serve/shape.h"

#include <json.h>
#include <string.h>

enum {
    MOST_DEPTH = 8,
    MOST_TEXT = 1 << 16, /* of a prompt: what is looked for stands at its end */
    MOST_STARTS = 64     /* braces at which an object may begin */
};

static json_object *schema_of_example(json_object *example);

static json_object *properties_of_example(json_object *example)
{
    json_object *properties = json_object_new_object();

    json_object_object_foreach(example, name, value)
    {
        json_object_object_add(properties, name, schema_of_example(value));
    }
    return properties;
}

/* NULL, or a part is missing, where there was no memory for it: it is then filled as a text. */
static json_object *schema_of_example(json_object *example)
{
    const json_type type = json_object_get_type(example);
    json_object *schema = json_object_new_object();

    if (!schema)
        return NULL;
    json_object_object_add(schema, "type",
                           json_object_new_string(type == json_type_int      ? "integer"
                                                  : type == json_type_double ? "number"
                                                  : type == json_type_null
                                                      ? "string"
                                                      : json_type_to_name(type)));
    if (type == json_type_object)
        json_object_object_add(schema, "properties", properties_of_example(example));
    if (type == json_type_array && json_object_array_length(example) > 0)
        json_object_object_add(schema, "items",
                               schema_of_example(json_object_array_get_idx(example, 0)));
    return schema;
}

static bool is_schema(json_object *object)
{
    return strcmp(serve_json_string(serve_json_member(object, "type")), "object") == 0 &&
           serve_json_member(object, "properties") != NULL;
}

/* Whether the example, or the schema that stands there instead, can be filled. */
static bool take_example(json_object *object, struct serve_shape *ret_shape)
{
    const bool example = !is_schema(object);
    json_object *schema = example ? schema_of_example(object) : json_object_get(object);
    const bool fits = schema && serve_shape_of_schema(schema, example, ret_shape, NULL) == TN_OK;

    json_object_put(schema);
    return fits;
}

/* An object at the text's beginning, as far as JSON goes with what people write in prompts;
 * *ret_end is behind it. */
static json_object *object_at(json_tokener *tokener, const char *text, const char **ret_end)
{
    json_object *object;

    json_tokener_reset(tokener);
    object = json_tokener_parse_ex(tokener, text, (int)strlen(text));
    if (json_tokener_get_error(tokener) != json_tokener_success ||
        !json_object_is_type(object, json_type_object) || json_object_object_length(object) == 0) {
        json_object_put(object);
        return NULL;
    }
    *ret_end = text + json_tokener_get_parse_end(tokener);
    return object;
}

bool serve_shape_in_text(const char *text, struct serve_shape *ret_shape)
{
    json_tokener *tokener = json_tokener_new_ex(MOST_DEPTH);
    const size_t length = strlen(text);
    bool found = false;

    if (length > MOST_TEXT)
        text += length - MOST_TEXT;
    for (int starts = 0; tokener && starts < MOST_STARTS && (text = strchr(text, '{')); starts++) {
        struct serve_shape shape;
        const char *end = text + 1;
        json_object *object = object_at(tokener, text, &end);

        if (object && take_example(object, &shape)) {
            if (found)
                serve_shape_finish(ret_shape);
            *ret_shape = shape;
            found = true;
        }
        json_object_put(object);
        text = end;
    }
    if (tokener)
        json_tokener_free(tokener);
    return found;
}

enum tn_status serve_shape_usual(struct serve_shape *ret_shape, struct tn_error *err)
{
    static const char usual[] =
        "{\"caption\": \"\", \"title\": \"\", \"description\": \"\", \"alt_text\": \"\","
        " \"confidence\": 0.5, \"keywords\": [\"\"], \"tags\": [\"\"],"
        " \"labels\": [{\"name\": \"\", \"confidence\": 0.5, \"topicality\": 0.5}]}";

    if (!serve_shape_in_text(usual, ret_shape))
        return tn_fail_nomem(err, sizeof usual);
    return TN_OK;
}

void serve_shape_finish(struct serve_shape *shape)
{
    json_object_put(shape->schema);
    shape->schema = NULL;
}
