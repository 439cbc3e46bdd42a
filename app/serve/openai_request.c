/* SPDX-License-Identifier: MIT */
/* What OpenAI's routes share. */
#include "app/output/json_row.h"
#include "app/serve/json_body.h"
#include "app/serve/openai_private.h"
#include "app/serve/plain_error.h"
#include "base/utf8.h"

#include <json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- Requests ---- */

static enum tn_status read_body(const struct serve_request *request, json_object *body,
                                struct serve_call *call, struct serve_asked *asked,
                                struct tn_error *err)
{
    TN_TRY(serve_asked_model(asked, call, request->voices, body, err));
    TN_TRY(serve_json_bool(body, "stream", &asked->stream, err));
    return serve_asked_settings(asked, call, request->voices, body, err);
}

enum tn_status serve_openai_read(const struct serve_request *request, struct serve_call *call,
                                 enum tn_status (*fill)(json_object *, struct serve_call *,
                                                        struct serve_asked *, struct tn_error *),
                                 struct tn_error *err)
{
    struct serve_asked *asked;
    json_object *body;
    enum tn_status status;

    TN_TRY(serve_asked_create(call, &asked, err));
    TN_TRY(serve_json_parse(request->body, request->size, &body, err));
    status = read_body(request, body, call, asked, err);
    if (status == TN_OK)
        status = fill(body, call, asked, err);
    if (status == TN_OK)
        status = serve_asked_end(asked, call, err);
    json_object_put(body);
    return status;
}

/* The URL in a part of a message's content; NULL where the part is no photo. */
static json_object *url_of(json_object *part)
{
    const char *type = serve_json_string(serve_json_member(part, "type"));
    json_object *url = serve_json_member(part, "image_url");

    if (strcmp(type, "image_url") != 0 && strcmp(type, "input_image") != 0)
        return NULL;
    return json_object_is_type(url, json_type_object) ? serve_json_member(url, "url") : url;
}

static enum tn_status check_part(json_object *part, struct tn_error *err)
{
    static const char *const known[] = {"text", "input_text", "output_text", "refusal",
                                        "summary_text"};
    const char *type = serve_json_string(serve_json_member(part, "type"));

    if (strcmp(type, "image_url") == 0 || strcmp(type, "input_image") == 0)
        return url_of(part) ? TN_OK
                            : tn_fail(err, TN_FORMAT, "a part of type '%s' has no image_url", type);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(type, known[i]) == 0)
            return TN_OK;
    return tn_fail(err, TN_FORMAT,
                   "a message has a part of type '%.*s'; what is read is text and photos",
                   TN_FIT(type, 40));
}

static bool has_photos(json_object *message)
{
    json_object *content = serve_json_member(message, "content");

    if (json_object_is_type(content, json_type_array))
        for (size_t i = 0; i < json_object_array_length(content); i++)
            if (url_of(json_object_array_get_idx(content, i)))
                return true;
    return false;
}

static void read_prompts(json_object *content, struct serve_call *call, struct serve_asked *asked)
{
    serve_asked_prompt(asked, call, serve_json_string(content));
    if (json_object_is_type(content, json_type_array))
        for (size_t i = json_object_array_length(content); i-- > 0;)
            serve_asked_prompt(asked, call,
                               serve_json_string(serve_json_member(
                                   json_object_array_get_idx(content, i), "text")));
}

/* All parts are checked; those of a person who asks are read. */
static enum tn_status read_parts(json_object *message, bool asks, struct serve_call *call,
                                 struct tn_error *err)
{
    json_object *content = serve_json_member(message, "content");

    if (!json_object_is_type(content, json_type_array))
        return TN_OK;
    for (size_t i = 0; i < json_object_array_length(content); i++) {
        json_object *part = json_object_array_get_idx(content, i), *url = url_of(part);

        TN_TRY(check_part(part, err));
        if (url && asks)
            TN_TRY(serve_asked_photo(call, url, true, err));
    }
    return TN_OK;
}

enum tn_status serve_openai_messages(json_object *messages, struct serve_call *call,
                                     struct serve_asked *asked, struct tn_error *err)
{
    const size_t count = messages ? json_object_array_length(messages) : 0;
    size_t begin = 0, end = 0;

    if (messages)
        serve_asked_turn(messages, has_photos, &begin, &end);
    for (size_t i = 0; i < count; i++) {
        json_object *message = json_object_array_get_idx(messages, i);
        const char *role = serve_json_string(serve_json_member(message, "role"));

        TN_TRY(read_parts(message, i >= begin && i < end && strcmp(role, "user") == 0, call, err));
    }
    for (size_t i = count; i-- > 0;) {
        json_object *message = json_object_array_get_idx(messages, i);

        if (strcmp(serve_json_string(serve_json_member(message, "role")), "assistant") != 0)
            read_prompts(serve_json_member(message, "content"), call, asked);
    }
    return TN_OK;
}

enum tn_status serve_openai_format(json_object *format, const char *holder,
                                   struct serve_asked *asked, struct tn_error *err)
{
    const char *type = serve_json_string(serve_json_member(format, "type"));
    json_object *schema = NULL;

    if (!format || strcmp(type, "text") == 0)
        return TN_OK;
    asked->any_format = strcmp(type, "json_object") == 0;
    if (asked->any_format)
        return TN_OK;
    if (strcmp(type, "json_schema") != 0)
        return tn_fail(err, TN_FORMAT,
                       "the format's type must be text, json_object or json_schema; found '%.*s'",
                       TN_FIT(type, 40));
    TN_TRY(serve_json_object(holder ? serve_json_member(format, holder) : format, "schema", &schema,
                             err));
    if (!schema)
        return tn_fail(err, TN_FORMAT, "the format of type json_schema has no schema");
    return serve_asked_schema(asked, schema, err);
}

/* ---- Answers ---- */

json_object *serve_openai_id(const char *prefix, const struct serve_call *call)
{
    struct timespec now;
    char id[64];

    /* Two calls of one moment are at two places. */
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(id, sizeof id, "%s%08llx%08lx%012llx", prefix, (unsigned long long)now.tv_sec,
             now.tv_nsec, (unsigned long long)(uintptr_t)call);
    return json_object_new_string(id);
}

enum tn_status serve_openai_fail(unsigned code, const char *text, struct serve_answer *ret_answer)
{
    json_object *object = json_object_new_object(), *error = json_object_new_object();
    bool lossy;

    json_object_object_add(error, "message", app_json_text(text, &lossy));
    json_object_object_add(
        error, "type",
        json_object_new_string(code < 500 ? "invalid_request_error" : "server_error"));
    json_object_object_add(error, "param", NULL);
    json_object_object_add(error, "code",
                           code == 401 ? json_object_new_string("invalid_api_key") : NULL);
    json_object_object_add(object, "error", error);
    return serve_answer_json(code, object, ret_answer, NULL);
}
