/* SPDX-License-Identifier: MIT */
/* Answers in JSON of the client's own shape: what is known of a photo finds its places. */
#include "app/serve/json_body.h"
#include "app/serve/shape_private.h"
#include "base/utf8.h"

#include <json.h>
#include <string.h>

enum {
    MOST_STEPS = 1000,     /* of one answer: schemas may refer to themselves */
    MOST_SCHEMA = 1 << 15, /* its text */
    MOST_DEPTH = 32
};

static enum tn_status fill(struct shape_filling *filling, json_object *schema,
                           const struct shape_place *place, json_object **ret_value);

/* ---- Objects and arrays ---- */

static bool is_required(json_object *schema, const char *name)
{
    json_object *required = serve_json_member(schema, "required");

    if (json_object_is_type(required, json_type_array))
        for (size_t i = 0; i < json_object_array_length(required); i++)
            if (strcmp(serve_json_string(json_object_array_get_idx(required, i)), name) == 0)
                return true;
    return false;
}

/* What says nothing, where the schema allows it; NULL where not.  In an example, null may be it. */
static bool empty_value(const struct shape_filling *filling, json_object *schema,
                        json_object **ret_value)
{
    const char *type = serve_json_string(serve_json_member(schema, "type"));

    *ret_value = NULL;
    if (strcmp(type, "string") == 0 && shape_bound(schema, "minLength", 0) <= 0 &&
        !serve_json_member(schema, "enum") && !serve_json_member(schema, "pattern") &&
        !serve_json_member(schema, "format"))
        *ret_value = json_object_new_string("");
    else if (strcmp(type, "array") == 0 && shape_bound(schema, "minItems", 0) <= 0)
        *ret_value = json_object_new_array();
    else
        return filling->example;
    return true;
}

/* The property's value; *ret_left_out where it is not required and not known. */
static enum tn_status fill_property(struct shape_filling *filling, json_object *object,
                                    const char *name, json_object *schema,
                                    const struct shape_place *within, json_object **ret_value,
                                    bool *ret_left_out)
{
    const bool required = is_required(object, name);
    const struct shape_place place = {.name = name,
                                      .meaning = serve_shape_meaning(name),
                                      .keyword = within->keyword,
                                      .rank = within->rank};
    enum tn_status status = fill(filling, schema, &place, ret_value);

    *ret_left_out = false;
    if (status == TN_NOTFOUND && (required || filling->example) &&
        empty_value(filling, schema, ret_value))
        return TN_OK;
    if (status == TN_NOTFOUND && !required) {
        *ret_left_out = true;
        return TN_OK;
    }
    return status;
}

static enum tn_status fill_properties(struct shape_filling *filling, json_object *schema,
                                      const struct shape_place *place, json_object *value)
{
    json_object *properties = serve_json_member(schema, "properties");

    if (!json_object_is_type(properties, json_type_object))
        return TN_OK;
    json_object_object_foreach(properties, name, property)
    {
        json_object *member = NULL;
        bool left_out;

        TN_TRY(fill_property(filling, schema, name, property, place, &member, &left_out));
        if (!left_out && json_object_object_add(value, name, member) != 0) {
            json_object_put(member);
            return tn_fail_nomem(filling->err, 0);
        }
    }
    return TN_OK;
}

static enum tn_status fill_object(struct shape_filling *filling, json_object *schema,
                                  const struct shape_place *place, json_object **ret_value)
{
    json_object *value = json_object_new_object();
    enum tn_status status =
        value ? fill_properties(filling, schema, place, value) : tn_fail_nomem(filling->err, 0);

    if (status != TN_OK) {
        json_object_put(value);
        return status;
    }
    *ret_value = value;
    return TN_OK;
}

/* The array's element of that place, at its end. */
static enum tn_status add_element(struct shape_filling *filling, json_object *items,
                                  const struct shape_place *place, json_object *array)
{
    json_object *element = NULL;

    TN_TRY(fill(filling, items, place, &element));
    if (json_object_array_add(array, element) != 0) {
        json_object_put(element);
        return tn_fail_nomem(filling->err, 0);
    }
    return TN_OK;
}

/* One element for each keyword, or for each caption. */
static enum tn_status fill_array(struct shape_filling *filling, json_object *schema,
                                 const struct shape_place *place, json_object **ret_value)
{
    const struct captioner_result *result = filling->result;
    const bool captions = place->meaning == SERVE_CAPTION && *place->name;
    const double most = shape_bound(schema, "maxItems", 64);
    const size_t count = captions ? result->count : result->keyword_count;
    json_object *array;
    enum tn_status status = TN_OK;

    if (place->keyword || (!captions && place->meaning != SERVE_KEYWORD && *place->name))
        return shape_unknown(filling, place);
    array = json_object_new_array();
    if (!array)
        return tn_fail_nomem(filling->err, 0);
    for (size_t i = 0; i < count && (double)i < most && status == TN_OK; i++) {
        const struct shape_place element = {.name = place->name,
                                            .meaning = captions ? SERVE_CAPTION : SERVE_NAME,
                                            .keyword = captions ? NULL : &result->keywords[i],
                                            .rank = captions ? i : 0};

        status = add_element(filling, serve_json_member(schema, "items"), &element, array);
    }
    if (status != TN_OK) {
        json_object_put(array);
        return status;
    }
    *ret_value = array;
    return TN_OK;
}

/* ---- Schemas ---- */

static enum tn_status fill_type(struct shape_filling *filling, json_object *schema,
                                const char *type, const struct shape_place *place,
                                json_object **ret_value)
{
    if (strcmp(type, "object") == 0)
        return fill_object(filling, schema, place, ret_value);
    if (strcmp(type, "array") == 0)
        return fill_array(filling, schema, place, ret_value);
    if (strcmp(type, "string") == 0)
        return shape_text(filling, schema, place, ret_value);
    if (strcmp(type, "number") == 0 || strcmp(type, "integer") == 0)
        return shape_number(filling, schema, place, *type == 'i', ret_value);
    if (strcmp(type, "boolean") == 0)
        return shape_bool(filling, place, ret_value);
    if (strcmp(type, "null") == 0) {
        *ret_value = NULL;
        return TN_OK;
    }
    return tn_fail(filling->err, TN_FORMAT, "the format has no type of JSON: '%.*s'",
                   TN_FIT(type, 60));
}

/* The type that a schema without one means. */
static const char *type_meant(json_object *schema)
{
    return serve_json_member(schema, "properties") ? "object"
           : serve_json_member(schema, "items")    ? "array"
                                                   : "string";
}

/* The first of the alternatives, which are schemas or names of types, that can be filled; null is
 * the last resort. */
static enum tn_status fill_any(struct shape_filling *filling, json_object *schema,
                               json_object *list, const struct shape_place *place,
                               json_object **ret_value)
{
    enum tn_status status = shape_unknown(filling, place);
    bool null = false;

    for (size_t i = 0; i < json_object_array_length(list) && status == TN_NOTFOUND; i++) {
        json_object *item = json_object_array_get_idx(list, i);
        const bool named = json_object_is_type(item, json_type_string);
        const char *type = serve_json_string(named ? item : serve_json_member(item, "type"));

        if (strcmp(type, "null") == 0)
            null = true;
        else
            status = named ? fill_type(filling, schema, type, place, ret_value)
                           : fill(filling, item, place, ret_value);
    }
    if (status == TN_NOTFOUND && null) {
        *ret_value = NULL;
        return TN_OK;
    }
    return status;
}

/* What "#/$defs/Label" stands for; NULL: nothing. */
static json_object *referred(const struct shape_filling *filling, const char *reference)
{
    json_object *schema = *reference == '#' ? filling->root : NULL;
    char name[64];

    for (reference += *reference == '#'; schema && *reference == '/';) {
        const size_t length = strcspn(++reference, "/");

        if (length >= sizeof name)
            return NULL;
        memcpy(name, reference, length);
        name[length] = '\0';
        schema =
            json_object_is_type(schema, json_type_object) ? serve_json_member(schema, name) : NULL;
        reference += length;
    }
    return *reference ? NULL : schema;
}

static enum tn_status fill_referred(struct shape_filling *filling, const char *reference,
                                    const struct shape_place *place, json_object **ret_value)
{
    json_object *schema = referred(filling, reference);

    if (!schema)
        return tn_fail(filling->err, TN_FORMAT, "the format refers to '%.*s', which it lacks",
                       TN_FIT(reference, 60));
    return fill(filling, schema, place, ret_value);
}

static bool is_scalar(json_object *value)
{
    return value && !json_object_is_type(value, json_type_object) &&
           !json_object_is_type(value, json_type_array);
}

static enum tn_status fill_schema(struct shape_filling *filling, json_object *schema,
                                  const struct shape_place *place, json_object **ret_value)
{
    static const char *const lists[] = {"anyOf", "oneOf", "allOf", "type"};
    json_object *part = NULL;

    if (json_object_is_type((part = serve_json_member(schema, "$ref")), json_type_string))
        return fill_referred(filling, json_object_get_string(part), place, ret_value);
    if (is_scalar(part = serve_json_member(schema, "const")))
        return shape_given(filling, json_object_get(part), ret_value);
    if (json_object_is_type((part = serve_json_member(schema, "enum")), json_type_array))
        return shape_choice(filling, part, place, ret_value);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (json_object_is_type((part = serve_json_member(schema, lists[i])), json_type_array))
            return fill_any(filling, schema, part, place, ret_value);
    part = serve_json_member(schema, "type");
    return fill_type(filling, schema, part ? serve_json_string(part) : type_meant(schema), place,
                     ret_value);
}

static enum tn_status fill(struct shape_filling *filling, json_object *schema,
                           const struct shape_place *place, json_object **ret_value)
{
    enum tn_status status;

    if (++filling->steps > MOST_STEPS || filling->depth >= MOST_DEPTH)
        return tn_fail(filling->err, TN_RANGE,
                       "the format has too many parts, or refers to itself");
    if (schema && !json_object_is_type(schema, json_type_object))
        return tn_fail(filling->err, TN_FORMAT, "'%.*s' of the format has no schema",
                       TN_FIT(place->name, 60));
    filling->depth++;
    status = fill_schema(filling, schema, place, ret_value);
    filling->depth--;
    return status;
}

enum tn_status serve_shape_fill(const struct serve_shape *shape,
                                const struct captioner_result *result, const char *language,
                                json_object **ret_value, struct tn_error *err)
{
    struct shape_filling filling = {.result = result,
                                    .language = language,
                                    .root = shape->schema,
                                    .example = shape->example,
                                    .err = err};
    static const struct shape_place whole = {.name = "", .meaning = SERVE_CAPTION};

    return fill(&filling, shape->schema, &whole, ret_value);
}

enum tn_status serve_shape_of_schema(json_object *schema, bool example,
                                     struct serve_shape *ret_shape, struct tn_error *err)
{
    /* Filled once for a photo that does not matter: this shows what cannot be, and what can. */
    static const struct captioner_caption caption = {.text = "a"};
    static const struct captioner_keyword keyword = {"a", 0.5};
    static const struct captioner_result result = {
        .count = 1, .captions = &caption, .keyword_count = 1, .keywords = &keyword};
    struct shape_filling filling = {
        .result = &result, .language = "", .root = schema, .example = example, .err = err};
    static const struct shape_place whole = {.name = "", .meaning = SERVE_CAPTION};
    const char *text = json_object_to_json_string(schema);
    json_object *value = NULL;
    enum tn_status status;

    if (!text || strlen(text) > MOST_SCHEMA)
        return tn_fail(err, TN_RANGE, "the format has more than %d characters", MOST_SCHEMA);
    status = fill(&filling, schema, &whole, &value);
    json_object_put(value);
    if (status == TN_NOTFOUND && err)
        err->status = TN_FORMAT; /* it is the client's */
    if (status != TN_OK)
        return status == TN_NOTFOUND ? TN_FORMAT : status;
    if (!filling.caption && !filling.keywords)
        return tn_fail(err, TN_FORMAT,
                       "the format has no place for what a captioner knows: name a property "
                       "caption, description, title, alt_text, keywords, tags or labels");
    *ret_shape = (struct serve_shape){
        .schema = json_object_get(schema), .example = example, .keywords = filling.keywords};
    return TN_OK;
}
