/* SPDX-License-Identifier: MIT */
/* OpenAI's newer API: POST /v1/responses.  An answer has one item, a message of one text. */
#include "app/serve/json_body.h"
#include "app/serve/openai_private.h"
#include "app/serve/plain_error.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- Requests ---- */

static enum tn_status fill(json_object *body, struct serve_call *call, struct serve_asked *asked,
                           struct tn_error *err)
{
    json_object *input = serve_json_member(body, "input"), *text = NULL, *format = NULL;

    if (json_object_is_type(input, json_type_array))
        TN_TRY(serve_openai_messages(input, call, asked, err));
    serve_asked_prompt(asked, call, serve_json_string(input));
    serve_asked_prompt(asked, call, serve_json_string(serve_json_member(body, "instructions")));
    TN_TRY(serve_json_object(body, "text", &text, err));
    TN_TRY(serve_json_object(text, "format", &format, err));
    return serve_openai_format(format, NULL, asked, err);
}

enum tn_status serve_responses_read(const struct serve_request *request, struct serve_call *call,
                                    struct tn_error *err)
{
    return serve_openai_read(request, call, fill, err);
}

/* ---- Answers ---- */

/* What all parts of an answer share. */
struct response {
    const struct serve_call *call;
    const struct serve_asked *asked;
    json_object *id, *message; /* their ids; owned */
    time_t created;
    char *text; /* owned */
    size_t words;
    FILE *stream;  /* of events */
    int64_t count; /* of them */
};

static enum tn_status begin(const struct serve_call *call, struct response *ret_response,
                            struct tn_error *err)
{
    struct response response = {.call = call, .asked = call->state, .created = time(NULL)};

    TN_TRY(serve_reply_text(response.asked, call, 0, &response.text, &response.words, err));
    response.id = serve_openai_id("resp_", call);
    response.message = serve_openai_id("msg_", call);
    *ret_response = response;
    return TN_OK;
}

static void finish(struct response *response)
{
    json_object_put(response->id);
    json_object_put(response->message);
    free(response->text);
}

static json_object *content_object(const char *text)
{
    json_object *part = json_object_new_object();

    json_object_object_add(part, "type", json_object_new_string("output_text"));
    json_object_object_add(part, "text", json_object_new_string(text));
    json_object_object_add(part, "annotations", json_object_new_array());
    return part;
}

/* The message: begun, and so empty, or done. */
static json_object *message_object(const struct response *response, bool done)
{
    json_object *message = json_object_new_object(), *content = json_object_new_array();

    if (done)
        json_object_array_add(content, content_object(response->text));
    json_object_object_add(message, "id", json_object_get(response->message));
    json_object_object_add(message, "type", json_object_new_string("message"));
    json_object_object_add(message, "status",
                           json_object_new_string(done ? "completed" : "in_progress"));
    json_object_object_add(message, "role", json_object_new_string("assistant"));
    json_object_object_add(message, "content", content);
    return message;
}

static json_object *usage_of(const struct response *response)
{
    json_object *usage = json_object_new_object(), *in = json_object_new_object(),
                *out = json_object_new_object();
    const int64_t photos = (int64_t)response->call->photo_count, words = (int64_t)response->words;

    json_object_object_add(in, "cached_tokens", json_object_new_int64(0));
    json_object_object_add(out, "reasoning_tokens", json_object_new_int64(0));
    json_object_object_add(usage, "input_tokens", json_object_new_int64(photos));
    json_object_object_add(usage, "input_tokens_details", in);
    json_object_object_add(usage, "output_tokens", json_object_new_int64(words));
    json_object_object_add(usage, "output_tokens_details", out);
    json_object_object_add(usage, "total_tokens", json_object_new_int64(photos + words));
    return usage;
}

/* Settings that are repeated in an answer; ours are a language model's own. */
static void add_settings(json_object *object)
{
    static const char *const null[] = {"error", "incomplete_details", "instructions",
                                       "max_output_tokens", "previous_response_id"};

    for (size_t i = 0; i < sizeof null / sizeof *null; i++)
        json_object_object_add(object, null[i], NULL);
    json_object_object_add(object, "metadata", json_object_new_object());
    json_object_object_add(object, "parallel_tool_calls", json_object_new_boolean(false));
    json_object_object_add(object, "store", json_object_new_boolean(false));
    json_object_object_add(object, "temperature", json_object_new_double_s(0, "0"));
    json_object_object_add(object, "tool_choice", json_object_new_string("auto"));
    json_object_object_add(object, "tools", json_object_new_array());
    json_object_object_add(object, "top_p", json_object_new_double_s(1, "1"));
}

static json_object *response_object(const struct response *response, bool done)
{
    json_object *object = json_object_new_object(), *output = json_object_new_array();

    if (done)
        json_object_array_add(output, message_object(response, true));
    json_object_object_add(object, "id", json_object_get(response->id));
    json_object_object_add(object, "object", json_object_new_string("response"));
    json_object_object_add(object, "created_at", json_object_new_int64((int64_t)response->created));
    json_object_object_add(object, "status",
                           json_object_new_string(done ? "completed" : "in_progress"));
    json_object_object_add(object, "model", json_object_new_string(response->asked->model));
    json_object_object_add(object, "output", output);
    json_object_object_add(object, "usage", done ? usage_of(response) : NULL);
    add_settings(object);
    if (done)
        serve_reply_facts(response->asked, response->call, object);
    return object;
}

/* ---- Streams ---- */

static enum tn_status put_event(struct response *response, const char *type, json_object *event,
                                struct tn_error *err)
{
    json_object_object_add(event, "type", json_object_new_string(type));
    json_object_object_add(event, "sequence_number", json_object_new_int64(response->count++));
    fprintf(response->stream, "event: %s\n", type);
    return serve_reply_put(response->stream, "data: ", event, "\n\n", err);
}

/* An event about the whole response, or its only item. */
static enum tn_status put_response(struct response *response, const char *type, bool done,
                                   struct tn_error *err)
{
    json_object *event = json_object_new_object();

    json_object_object_add(event, "response", response_object(response, done));
    return put_event(response, type, event, err);
}

static enum tn_status put_item(struct response *response, const char *type, bool done,
                               struct tn_error *err)
{
    json_object *event = json_object_new_object();

    json_object_object_add(event, "output_index", json_object_new_int(0));
    json_object_object_add(event, "item", message_object(response, done));
    return put_event(response, type, event, err);
}

/* An event about the message's only text. */
static enum tn_status put_content(struct response *response, const char *type, const char *member,
                                  json_object *value, struct tn_error *err)
{
    json_object *event = json_object_new_object();

    json_object_object_add(event, "item_id", json_object_get(response->message));
    json_object_object_add(event, "output_index", json_object_new_int(0));
    json_object_object_add(event, "content_index", json_object_new_int(0));
    json_object_object_add(event, member, value);
    return put_event(response, type, event, err);
}

static enum tn_status put_text(struct response *response, struct tn_error *err)
{
    const char *text = response->text;

    TN_TRY(put_content(response, "response.content_part.added", "part", content_object(""), err));
    for (size_t piece; (piece = serve_reply_piece(text)) > 0; text += piece)
        TN_TRY(put_content(response, "response.output_text.delta", "delta",
                           json_object_new_string_len(text, (int)piece), err));
    TN_TRY(put_content(response, "response.output_text.done", "text",
                       json_object_new_string(response->text), err));
    return put_content(response, "response.content_part.done", "part",
                       content_object(response->text), err);
}

static enum tn_status put_all(struct response *response, struct tn_error *err)
{
    TN_TRY(put_response(response, "response.created", false, err));
    TN_TRY(put_response(response, "response.in_progress", false, err));
    TN_TRY(put_item(response, "response.output_item.added", false, err));
    TN_TRY(put_text(response, err));
    TN_TRY(put_item(response, "response.output_item.done", true, err));
    return put_response(response, "response.completed", true, err);
}

static enum tn_status put_stream(const struct serve_request *request, const struct serve_call *call,
                                 FILE *stream, struct tn_error *err)
{
    struct response response;
    enum tn_status status;

    (void)request;
    TN_TRY(begin(call, &response, err));
    response.stream = stream;
    status = put_all(&response, err);
    finish(&response);
    return status;
}

enum tn_status serve_responses_answer(const struct serve_request *request,
                                      const struct serve_call *call,
                                      struct serve_answer *ret_answer, struct tn_error *err)
{
    const struct serve_asked *asked = call->state;
    struct response response;
    enum tn_status status;

    if (asked->stream)
        return serve_reply_stream("text/event-stream", put_stream, request, call, ret_answer, err);
    TN_TRY(begin(call, &response, err));
    status = serve_answer_json(200, response_object(&response, true), ret_answer, err);
    finish(&response);
    return status;
}
