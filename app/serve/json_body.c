/* SPDX-License-Identifier: MIT */
/* A request's body in JSON. */
#include "app/serve/json_body.h"

#include <json.h>
#include <limits.h>
#include <string.h>

enum {
    MOST_DEPTH = 32,
    MOST_VALUES = 20000 /* of 100 bytes each, more or less */
};

/* Values are separated; what separates them within a string does not count. */
static size_t count_values(const unsigned char *body, size_t size)
{
    size_t count = 1;
    bool quoted = false;

    for (size_t i = 0; i < size; i++) {
        if (body[i] == '"')
            quoted = !quoted;
        else if (quoted && body[i] == '\\')
            i++;
        else if (!quoted && (body[i] == ',' || body[i] == ':' || body[i] == '[' || body[i] == '{'))
            count++;
    }
    return count;
}

static enum tn_status check_size(const unsigned char *body, size_t size, struct tn_error *err)
{
    if (size == 0)
        return tn_fail(err, TN_FORMAT, "missing request body");
    if (size > INT_MAX)
        return tn_fail(err, TN_RANGE, "the body has %zu bytes; JSON may have %d", size, INT_MAX);
    if (count_values(body, size) > MOST_VALUES)
        return tn_fail(err, TN_RANGE, "the body has more than %d values", MOST_VALUES);
    return TN_OK;
}

/* A text with U+0000 would be another text for all that takes it for a C string. */
static bool has_nul(json_object *value)
{
    if (json_object_is_type(value, json_type_string))
        return strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value);
    if (json_object_is_type(value, json_type_array))
        for (size_t i = 0; i < json_object_array_length(value); i++)
            if (has_nul(json_object_array_get_idx(value, i)))
                return true;
    if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member)
        {
            (void)name;
            if (has_nul(member))
                return true;
        }
    }
    return false;
}

static enum tn_status check_parsed(json_object *root, enum json_tokener_error error, size_t place,
                                   struct tn_error *err)
{
    if (error != json_tokener_success)
        return tn_fail(err, TN_FORMAT, "the body is not JSON: %s at byte %zu",
                       error == json_tokener_continue ? "it ends too early"
                                                      : json_tokener_error_desc(error),
                       place);
    if (!json_object_is_type(root, json_type_object))
        return tn_fail(err, TN_FORMAT, "the body is not a JSON object");
    if (has_nul(root))
        return tn_fail(err, TN_FORMAT, "a text in the body contains the character U+0000");
    return TN_OK;
}

enum tn_status serve_json_parse(const unsigned char *body, size_t size, json_object **ret_object,
                                struct tn_error *err)
{
    json_tokener *tokener;
    json_object *root;
    enum tn_status status;

    TN_TRY(check_size(body, size, err));
    tokener = json_tokener_new_ex(MOST_DEPTH);
    if (!tokener)
        return tn_fail_nomem(err, 0);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    root = json_tokener_parse_ex(tokener, (const char *)body, (int)size);
    status = check_parsed(root, json_tokener_get_error(tokener),
                          json_tokener_get_parse_end(tokener), err);
    json_tokener_free(tokener);
    if (status != TN_OK) {
        json_object_put(root);
        return status;
    }
    *ret_object = root;
    return TN_OK;
}

json_object *serve_json_member(json_object *object, const char *name)
{
    json_object *member = NULL;

    json_object_object_get_ex(object, name, &member);
    return member;
}

static enum tn_status typed(json_object *object, const char *name, json_type type,
                            json_object **ret_member, struct tn_error *err)
{
    json_object *member = serve_json_member(object, name);

    if (member && !json_object_is_type(member, type))
        return tn_fail(err, TN_FORMAT, "'%s' is of type %s, and must be %s", name,
                       json_type_to_name(json_object_get_type(member)), json_type_to_name(type));
    *ret_member = member;
    return TN_OK;
}

enum tn_status serve_json_object(json_object *object, const char *name, json_object **ret_member,
                                 struct tn_error *err)
{
    return typed(object, name, json_type_object, ret_member, err);
}

enum tn_status serve_json_array(json_object *object, const char *name, json_object **ret_member,
                                struct tn_error *err)
{
    return typed(object, name, json_type_array, ret_member, err);
}

enum tn_status serve_json_text(json_object *object, const char *name, const char **ret_text,
                               struct tn_error *err)
{
    json_object *member = NULL;

    TN_TRY(typed(object, name, json_type_string, &member, err));
    if (member)
        *ret_text = json_object_get_string(member);
    return TN_OK;
}

enum tn_status serve_json_bool(json_object *object, const char *name, bool *ret_value,
                               struct tn_error *err)
{
    json_object *member = NULL;

    TN_TRY(typed(object, name, json_type_boolean, &member, err));
    if (member)
        *ret_value = json_object_get_boolean(member);
    return TN_OK;
}

enum tn_status serve_json_count(json_object *object, const char *name, size_t least, size_t most,
                                size_t *ret_count, struct tn_error *err)
{
    json_object *member = serve_json_member(object, name);
    double value;

    if (!member)
        return TN_OK;
    value = json_object_get_double(member);
    if (!(json_object_is_type(member, json_type_int) ||
          json_object_is_type(member, json_type_double)) ||
        !(value >= (double)least && value <= (double)most) || value != (double)(size_t)value)
        return tn_fail(err, TN_RANGE, "'%s' must be a whole number from %zu to %zu", name, least,
                       most);
    *ret_count = (size_t)value;
    return TN_OK;
}

const char *serve_json_string(json_object *value)
{
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}
