/* SPDX-License-Identifier: MIT */
/* OpenAI's API, as photo programs use it: chat completions, and the list of models. */
#include "app/serve/json_body.h"
#include "app/serve/openai_private.h"
#include "app/serve/plain_error.h"
#include "base/utf8.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* ---- Requests ---- */

/* The function's name and what its arguments look like, if the captioner can fill them. */
static bool take_tool(json_object *function, struct serve_asked *asked)
{
    const char *name = serve_json_string(serve_json_member(function, "name"));
    json_object *parameters = serve_json_member(function, "parameters");

    if (!*name || strlen(name) > SERVE_LONGEST_NAME ||
        !json_object_is_type(parameters, json_type_object) ||
        serve_asked_schema(asked, parameters, NULL) != TN_OK)
        return false;
    free(asked->tool);
    asked->tool = strdup(name);
    return asked->tool != NULL;
}

/* Clients that want an object may ask for it as a call of a function.  A choice that is left to the
 * model is made where there is one function, and it is for captions. */
static enum tn_status read_tools(json_object *body, struct serve_asked *asked, struct tn_error *err)
{
    json_object *tools = NULL, *choice = serve_json_member(body, "tool_choice");
    const bool must = choice && strcmp(serve_json_string(choice), "auto") != 0;
    const char *named =
        serve_json_string(serve_json_member(serve_json_member(choice, "function"), "name"));

    TN_TRY(serve_json_array(body, "tools", &tools, err));
    if (!tools || strcmp(serve_json_string(choice), "none") == 0 ||
        (!must && json_object_array_length(tools) != 1))
        return TN_OK;
    for (size_t i = 0; i < json_object_array_length(tools); i++) {
        json_object *function = serve_json_member(json_object_array_get_idx(tools, i), "function");

        if ((!*named ||
             strcmp(serve_json_string(serve_json_member(function, "name")), named) == 0) &&
            take_tool(function, asked))
            return TN_OK;
    }
    if (must)
        return tn_fail(err, TN_FORMAT,
                       "no function in 'tools' takes what a captioner knows: "
                       "caption, description, title, keywords, tags ...");
    return TN_OK;
}

static enum tn_status fill_chat(json_object *body, struct serve_call *call,
                                struct serve_asked *asked, struct tn_error *err)
{
    json_object *messages = NULL, *format = NULL, *options = NULL;

    TN_TRY(serve_json_array(body, "messages", &messages, err));
    TN_TRY(serve_openai_messages(messages, call, asked, err));
    TN_TRY(serve_json_object(body, "response_format", &format, err));
    TN_TRY(serve_openai_format(format, "json_schema", asked, err));
    TN_TRY(serve_json_object(body, "stream_options", &options, err));
    TN_TRY(serve_json_bool(options, "include_usage", &asked->usage, err));
    return read_tools(body, asked, err);
}

static enum tn_status read_chat(const struct serve_request *request, struct serve_call *call,
                                struct tn_error *err)
{
    return serve_openai_read(request, call, fill_chat, err);
}

/* ---- Answers ---- */

static json_object *usage_of(const struct serve_call *call, size_t words)
{
    json_object *usage = json_object_new_object();
    const int64_t photos = (int64_t)call->photo_count;

    json_object_object_add(usage, "prompt_tokens", json_object_new_int64(photos));
    json_object_object_add(usage, "completion_tokens", json_object_new_int64((int64_t)words));
    json_object_object_add(usage, "total_tokens", json_object_new_int64(photos + (int64_t)words));
    return usage;
}

/* A whole answer, or a chunk of it, but for its choices; id and time are the same in all chunks. */
static json_object *envelope(const char *kind, const struct serve_asked *asked, json_object *id,
                             time_t created)
{
    json_object *object = json_object_new_object();

    json_object_object_add(object, "id", json_object_get(id));
    json_object_object_add(object, "object", json_object_new_string(kind));
    json_object_object_add(object, "created", json_object_new_int64((int64_t)created));
    json_object_object_add(object, "model", json_object_new_string(asked->model));
    return object;
}

static json_object *tool_calls(const struct serve_asked *asked, json_object *id, const char *text,
                               bool chunk)
{
    json_object *calls = json_object_new_array(), *call = json_object_new_object(),
                *function = json_object_new_object();

    json_object_object_add(function, "name", json_object_new_string(asked->tool));
    json_object_object_add(function, "arguments", json_object_new_string(text));
    if (chunk)
        json_object_object_add(call, "index", json_object_new_int(0));
    json_object_object_add(call, "id", json_object_get(id));
    json_object_object_add(call, "type", json_object_new_string("function"));
    json_object_object_add(call, "function", function);
    json_object_array_add(calls, call);
    return calls;
}

/* A choice: of a whole answer its message, of a chunk a delta. */
static json_object *choice_object(size_t rank, const char *member, json_object *content,
                                  const char *reason)
{
    json_object *choice = json_object_new_object();

    json_object_object_add(choice, "index", json_object_new_int64((int64_t)rank));
    json_object_object_add(choice, member, content);
    json_object_object_add(choice, "logprobs", NULL);
    json_object_object_add(choice, "finish_reason", reason ? json_object_new_string(reason) : NULL);
    return choice;
}

static json_object *message_object(const struct serve_asked *asked, json_object *id,
                                   const char *text)
{
    json_object *message = json_object_new_object();

    json_object_object_add(message, "role", json_object_new_string("assistant"));
    json_object_object_add(message, "content", asked->tool ? NULL : json_object_new_string(text));
    json_object_object_add(message, "refusal", NULL);
    if (asked->tool)
        json_object_object_add(message, "tool_calls", tool_calls(asked, id, text, false));
    return message;
}

static const char *reason_of(const struct serve_asked *asked)
{
    return asked->tool ? "tool_calls" : "stop";
}

static enum tn_status add_choices(const struct serve_call *call, json_object *id,
                                  json_object *choices, size_t *ret_words, struct tn_error *err)
{
    const struct serve_asked *asked = call->state;
    size_t all = 0;

    for (size_t i = 0; i < serve_reply_ranks(asked, call); i++) {
        char *text;
        size_t words;

        TN_TRY(serve_reply_text(asked, call, i, &text, &words, err));
        json_object_array_add(choices, choice_object(i, "message", message_object(asked, id, text),
                                                     reason_of(asked)));
        free(text);
        all += words;
    }
    *ret_words = all;
    return TN_OK;
}

static enum tn_status answer_whole(const struct serve_call *call, struct serve_answer *ret_answer,
                                   struct tn_error *err)
{
    const struct serve_asked *asked = call->state;
    json_object *id = serve_openai_id("chatcmpl-", call), *choices = json_object_new_array(),
                *whole = envelope("chat.completion", asked, id, time(NULL));
    size_t words = 0;
    enum tn_status status = add_choices(call, id, choices, &words, err);

    json_object_put(id);
    json_object_object_add(whole, "choices", choices);
    if (status != TN_OK) {
        json_object_put(whole);
        return status;
    }
    json_object_object_add(whole, "usage", usage_of(call, words));
    serve_reply_facts(asked, call, whole);
    return serve_answer_json(200, whole, ret_answer, err);
}

/* A stream, and what its chunks share. */
struct chunks {
    FILE *stream;
    const struct serve_call *call;
    const struct serve_asked *asked;
    json_object *id;
    time_t created;
};

/* A chunk of one choice; NULL: of none.  Facts and usage are at the end. */
static enum tn_status put_chunk(const struct chunks *chunks, json_object *choice, bool facts,
                                json_object *usage, struct tn_error *err)
{
    json_object *chunk =
                    envelope("chat.completion.chunk", chunks->asked, chunks->id, chunks->created),
                *choices = json_object_new_array();

    if (choice)
        json_object_array_add(choices, choice);
    json_object_object_add(chunk, "choices", choices);
    if (chunks->asked->usage)
        json_object_object_add(chunk, "usage", usage);
    if (facts)
        serve_reply_facts(chunks->asked, chunks->call, chunk);
    return serve_reply_put(chunks->stream, "data: ", chunk, "\n\n", err);
}

static json_object *delta_object(const char *name, json_object *value)
{
    json_object *delta = json_object_new_object();

    json_object_object_add(delta, name, value);
    return delta;
}

static enum tn_status put_pieces(const struct chunks *chunks, size_t rank, const char *text,
                                 struct tn_error *err)
{
    if (chunks->asked->tool) {
        json_object *calls = tool_calls(chunks->asked, chunks->id, text, true);

        return put_chunk(chunks,
                         choice_object(rank, "delta", delta_object("tool_calls", calls), NULL),
                         false, NULL, err);
    }
    for (size_t piece; (piece = serve_reply_piece(text)) > 0; text += piece) {
        json_object *content = json_object_new_string_len(text, (int)piece);

        TN_TRY(put_chunk(chunks,
                         choice_object(rank, "delta", delta_object("content", content), NULL),
                         false, NULL, err));
    }
    return TN_OK;
}

static enum tn_status put_choice(const struct chunks *chunks, size_t rank, size_t *ret_words,
                                 struct tn_error *err)
{
    json_object *first = delta_object("role", json_object_new_string("assistant"));
    char *text = NULL;
    enum tn_status status;

    json_object_object_add(first, "content",
                           chunks->asked->tool ? NULL : json_object_new_string(""));
    TN_TRY(put_chunk(chunks, choice_object(rank, "delta", first, NULL), false, NULL, err));
    TN_TRY(serve_reply_text(chunks->asked, chunks->call, rank, &text, ret_words, err));
    status = put_pieces(chunks, rank, text, err);
    free(text);
    TN_TRY(status);
    return put_chunk(
        chunks, choice_object(rank, "delta", json_object_new_object(), reason_of(chunks->asked)),
        rank == 0, NULL, err);
}

static enum tn_status put_choices(const struct chunks *chunks, struct tn_error *err)
{
    size_t all = 0;

    for (size_t i = 0; i < serve_reply_ranks(chunks->asked, chunks->call); i++) {
        size_t words;

        TN_TRY(put_choice(chunks, i, &words, err));
        all += words;
    }
    if (chunks->asked->usage)
        TN_TRY(put_chunk(chunks, NULL, false, usage_of(chunks->call, all), err));
    fputs("data: [DONE]\n\n", chunks->stream);
    return TN_OK;
}

static enum tn_status put_stream(const struct serve_request *request, const struct serve_call *call,
                                 FILE *stream, struct tn_error *err)
{
    const struct chunks chunks = {.stream = stream,
                                  .call = call,
                                  .asked = call->state,
                                  .id = serve_openai_id("chatcmpl-", call),
                                  .created = time(NULL)};
    const enum tn_status status = put_choices(&chunks, err);

    (void)request;
    json_object_put(chunks.id);
    return status;
}

static enum tn_status answer_chat(const struct serve_request *request,
                                  const struct serve_call *call, struct serve_answer *ret_answer,
                                  struct tn_error *err)
{
    const struct serve_asked *asked = call->state;

    return asked->stream
               ? serve_reply_stream("text/event-stream", put_stream, request, call, ret_answer, err)
               : answer_whole(call, ret_answer, err);
}

/* ---- Models ---- */

static json_object *model_object(const struct serve_voice *voice)
{
    json_object *object = json_object_new_object();
    struct stat file;

    json_object_object_add(object, "id", serve_reply_model(voice));
    json_object_object_add(object, "object", json_object_new_string("model"));
    json_object_object_add(
        object, "created",
        json_object_new_int64(stat(voice->path, &file) == 0 ? (int64_t)file.st_mtime : 0));
    json_object_object_add(object, "owned_by", json_object_new_string("caption"));
    return object;
}

static enum tn_status answer_models(const struct serve_request *request,
                                    const struct serve_call *call, struct serve_answer *ret_answer,
                                    struct tn_error *err)
{
    json_object *list = json_object_new_object(), *data = json_object_new_array();

    (void)call;
    for (size_t i = 0; i < request->voices->count; i++)
        json_object_array_add(data, model_object(&request->voices->items[i]));
    json_object_object_add(list, "object", json_object_new_string("list"));
    json_object_object_add(list, "data", data);
    return serve_answer_json(200, list, ret_answer, err);
}

static enum tn_status read_model(const struct serve_request *request, struct serve_call *call,
                                 struct tn_error *err)
{
    const char *name = request->path + strlen("/v1/models/");

    call->voice = serve_voice_named(request->voices, name);
    return call->voice
               ? TN_OK
               : tn_fail(err, TN_NOTFOUND, "The model '%.*s' does not exist", TN_FIT(name, 100));
}

static enum tn_status answer_model(const struct serve_request *request,
                                   const struct serve_call *call, struct serve_answer *ret_answer,
                                   struct tn_error *err)
{
    (void)request;
    return serve_answer_json(200, model_object(call->voice), ret_answer, err);
}

const struct serve_route serve_routes_openai[] = {
    {"POST", "/v1/chat/completions", read_chat, answer_chat, serve_openai_fail},
    {"POST", "/v1/responses", serve_responses_read, serve_responses_answer, serve_openai_fail},
    {"GET", "/v1/models", serve_read_nothing, answer_models, serve_openai_fail},
    {"GET", "/v1/models/", read_model, answer_model, serve_openai_fail},
    {0},
};
