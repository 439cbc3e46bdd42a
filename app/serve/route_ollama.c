/* SPDX-License-Identifier: MIT */
/* Ollama's API, as photo programs use it: POST /api/generate and /api/chat. */
#include "app/serve/json_body.h"
#include "app/serve/ollama_private.h"
#include "app/serve/plain_error.h"
#include "app/serve/reply.h"

#include <json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- Requests ---- */

/* "json" or a schema; "" is none. */
static enum tn_status read_format(struct serve_asked *asked, json_object *body,
                                  struct tn_error *err)
{
    json_object *format = serve_json_member(body, "format");

    if (json_object_is_type(format, json_type_object))
        return serve_asked_schema(asked, format, err);
    asked->any_format = strcmp(serve_json_string(format), "json") == 0;
    if (format && !asked->any_format && *serve_json_string(format))
        return tn_fail(err, TN_FORMAT, "'format' must be \"json\" or a JSON schema");
    return TN_OK;
}

static enum tn_status read_common(const struct serve_request *request, json_object *body,
                                  struct serve_call *call, struct serve_asked *asked,
                                  struct tn_error *err)
{
    json_object *options = NULL;

    TN_TRY(serve_asked_model(asked, call, request->voices, body, err));
    asked->stream = true;
    TN_TRY(serve_json_bool(body, "stream", &asked->stream, err));
    TN_TRY(serve_json_object(body, "options", &options, err));
    TN_TRY(serve_asked_settings(asked, call, request->voices, options, err));
    return read_format(asked, body, err);
}

static enum tn_status read_images(json_object *holder, struct serve_call *call,
                                  struct tn_error *err)
{
    json_object *images = NULL;

    TN_TRY(serve_json_array(holder, "images", &images, err));
    for (size_t i = 0; images && i < json_object_array_length(images); i++)
        TN_TRY(serve_asked_photo(call, json_object_array_get_idx(images, i), false, err));
    return TN_OK;
}

/* A request with nothing in it loads a model in Ollama, or drops it (keep_alive 0, or "0s"). */
static const char *loading(json_object *body)
{
    json_object *keep = serve_json_member(body, "keep_alive");

    if (json_object_is_type(keep, json_type_string))
        return strtod(json_object_get_string(keep), NULL) == 0 ? "unload" : "load";
    return keep && fabs(json_object_get_double(keep)) <= 0 ? "unload" : "load";
}

static enum tn_status fill_generate(const struct serve_request *request, json_object *body,
                                    struct serve_call *call, struct serve_asked *asked,
                                    struct tn_error *err)
{
    const char *prompt = "", *system = "";

    TN_TRY(read_common(request, body, call, asked, err));
    TN_TRY(read_images(body, call, err));
    TN_TRY(serve_json_text(body, "prompt", &prompt, err));
    TN_TRY(serve_json_text(body, "system", &system, err));
    serve_asked_prompt(asked, call, prompt);
    serve_asked_prompt(asked, call, system);
    if (call->photo_count == 0 && !*prompt)
        asked->done = loading(body);
    return serve_asked_end(asked, call, err);
}

static bool has_photos(json_object *message)
{
    json_object *images = serve_json_member(message, "images");

    return images &&
           (!json_object_is_type(images, json_type_array) || json_object_array_length(images) > 0);
}

static enum tn_status read_turn(json_object *messages, struct serve_call *call,
                                struct tn_error *err)
{
    size_t begin, end;

    serve_asked_turn(messages, has_photos, &begin, &end);
    for (; begin < end; begin++) {
        json_object *message = json_object_array_get_idx(messages, begin);

        if (strcasecmp(serve_json_string(serve_json_member(message, "role")), "user") == 0)
            TN_TRY(read_images(message, call, err));
    }
    return TN_OK;
}

/* A shape is looked for in the last message first. */
static void read_prompts(struct serve_asked *asked, struct serve_call *call, json_object *messages)
{
    for (size_t i = json_object_array_length(messages); i-- > 0;) {
        json_object *message = json_object_array_get_idx(messages, i);

        if (strcasecmp(serve_json_string(serve_json_member(message, "role")), "assistant") != 0)
            serve_asked_prompt(asked, call,
                               serve_json_string(serve_json_member(message, "content")));
    }
}

static enum tn_status fill_chat(const struct serve_request *request, json_object *body,
                                struct serve_call *call, struct serve_asked *asked,
                                struct tn_error *err)
{
    json_object *messages = NULL;

    TN_TRY(read_common(request, body, call, asked, err));
    TN_TRY(serve_json_array(body, "messages", &messages, err));
    if (!messages || json_object_array_length(messages) == 0) {
        asked->done = loading(body);
        return TN_OK;
    }
    TN_TRY(read_turn(messages, call, err));
    read_prompts(asked, call, messages);
    serve_asked_prompt(asked, call, serve_json_string(serve_json_member(body, "system")));
    return serve_asked_end(asked, call, err);
}

static enum tn_status
read_by(enum tn_status (*fill)(const struct serve_request *, json_object *, struct serve_call *,
                               struct serve_asked *, struct tn_error *),
        const struct serve_request *request, struct serve_call *call, struct tn_error *err)
{
    struct serve_asked *asked;
    json_object *body;
    enum tn_status status;

    TN_TRY(serve_asked_create(call, &asked, err));
    TN_TRY(serve_json_parse(request->body, request->size, &body, err));
    status = fill(request, body, call, asked, err);
    json_object_put(body);
    return status;
}

static enum tn_status read_generate(const struct serve_request *request, struct serve_call *call,
                                    struct tn_error *err)
{
    return read_by(fill_generate, request, call, err);
}

static enum tn_status read_chat(const struct serve_request *request, struct serve_call *call,
                                struct tn_error *err)
{
    return read_by(fill_chat, request, call, err);
}

/* ---- Answers ---- */

static bool is_chat(const struct serve_request *request)
{
    return strcmp(request->path, "/api/chat") == 0;
}

/* {"model", "created_at", "response" or "message", "done"} */
static json_object *part(const struct serve_request *request, const struct serve_asked *asked,
                         const char *text, size_t length, bool done)
{
    json_object *object = json_object_new_object(), *content, *message;
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    content = json_object_new_string_len(text, (int)length);
    json_object_object_add(object, "model", json_object_new_string(asked->model));
    json_object_object_add(object, "created_at", serve_reply_time(now));
    if (is_chat(request)) {
        message = json_object_new_object();
        json_object_object_add(message, "role", json_object_new_string("assistant"));
        json_object_object_add(message, "content", content);
        json_object_object_add(object, "message", message);
    } else {
        json_object_object_add(object, "response", content);
    }
    json_object_object_add(object, "done", json_object_new_boolean(done));
    return object;
}

/* What ends an answer, and what is known beside it.  The tokens read are the photos. */
static void add_end(const struct serve_asked *asked, const struct serve_call *call, size_t words,
                    json_object *object)
{
    const int64_t nanoseconds = (int64_t)(call->seconds * 1e9) + 1;

    json_object_object_add(object, "done_reason",
                           json_object_new_string(asked->done ? asked->done : "stop"));
    if (asked->done)
        return;
    json_object_object_add(object, "total_duration", json_object_new_int64(nanoseconds));
    json_object_object_add(object, "load_duration", json_object_new_int64(0));
    json_object_object_add(object, "prompt_eval_count",
                           json_object_new_int64((int64_t)call->photo_count));
    json_object_object_add(object, "prompt_eval_duration", json_object_new_int64(nanoseconds / 2));
    json_object_object_add(object, "eval_count", json_object_new_int64((int64_t)words));
    json_object_object_add(object, "eval_duration",
                           json_object_new_int64(nanoseconds - nanoseconds / 2));
    serve_reply_facts(asked, call, object);
}

static enum tn_status put_text(const struct serve_request *request, const struct serve_call *call,
                               const char *text, size_t words, FILE *stream, struct tn_error *err)
{
    const struct serve_asked *asked = call->state;
    json_object *end;

    for (size_t piece; (piece = serve_reply_piece(text)) > 0; text += piece)
        TN_TRY(serve_reply_put(stream, "", part(request, asked, text, piece, false), "\n", err));
    end = part(request, asked, "", 0, true);
    add_end(asked, call, words, end);
    return serve_reply_put(stream, "", end, "\n", err);
}

static enum tn_status put_lines(const struct serve_request *request, const struct serve_call *call,
                                FILE *stream, struct tn_error *err)
{
    char *text;
    size_t words;
    enum tn_status status;

    TN_TRY(serve_reply_text(call->state, call, 0, &text, &words, err));
    status = put_text(request, call, text, words, stream, err);
    free(text);
    return status;
}

static enum tn_status answer_whole(const struct serve_request *request,
                                   const struct serve_call *call, struct serve_answer *ret_answer,
                                   struct tn_error *err)
{
    const struct serve_asked *asked = call->state;
    char *text = NULL;
    size_t words = 0;
    json_object *whole;

    if (!asked->done)
        TN_TRY(serve_reply_text(asked, call, 0, &text, &words, err));
    whole = part(request, asked, text ? text : "", text ? strlen(text) : 0, true);
    free(text);
    add_end(asked, call, words, whole);
    return serve_answer_json(200, whole, ret_answer, err);
}

static enum tn_status answer_call(const struct serve_request *request,
                                  const struct serve_call *call, struct serve_answer *ret_answer,
                                  struct tn_error *err)
{
    const struct serve_asked *asked = call->state;

    return asked->stream && !asked->done ? serve_reply_stream("application/x-ndjson", put_lines,
                                                              request, call, ret_answer, err)
                                         : answer_whole(request, call, ret_answer, err);
}

const struct serve_route serve_routes_ollama[] = {
    {"POST", "/api/generate", read_generate, answer_call, serve_fail_plainly},
    {"POST", "/api/chat", read_chat, answer_call, serve_fail_plainly},
    {"GET", "/api/tags", serve_read_nothing, serve_ollama_tags, serve_fail_plainly},
    {"GET", "/api/ps", serve_read_nothing, serve_ollama_running, serve_fail_plainly},
    {"GET", "/api/version", serve_read_nothing, serve_ollama_version, serve_fail_plainly},
    {"POST", "/api/show", serve_ollama_read_model, serve_ollama_show, serve_fail_plainly},
    {"POST", "/api/pull", serve_ollama_read_model, serve_ollama_pulled, serve_fail_plainly},
    {"POST", "/api/push", serve_ollama_refuse, answer_call, serve_fail_plainly},
    {"POST", "/api/create", serve_ollama_refuse, answer_call, serve_fail_plainly},
    {"POST", "/api/copy", serve_ollama_refuse, answer_call, serve_fail_plainly},
    {"DELETE", "/api/delete", serve_ollama_refuse, answer_call, serve_fail_plainly},
    {"POST", "/api/embed", serve_ollama_refuse, answer_call, serve_fail_plainly},
    {"POST", "/api/embeddings", serve_ollama_refuse, answer_call, serve_fail_plainly},
    {0},
};
