/* SPDX-License-Identifier: MIT */
/* OpenAI's API, without a server. */
#include "tests/support/api_call.h"
#include "tests/support/suite.h"

#include "app/serve/asked.h"

#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define URL "\"data:image/png;base64,cGhvdG8=\""
#define PART "{\"type\": \"image_url\", \"image_url\": {\"url\": " URL ", \"detail\": \"low\"}}"
#define ASK "\"model\": \"gpt-4o\", \"messages\": [{\"role\": \"user\", \"content\": [" PART "]}]"
#define INPUT                                                                                      \
    "\"model\": \"gpt-5\", \"input\": [{\"role\": \"user\", \"content\": [{\"type\": "             \
    "\"input_text\", \"text\": \"Describe.\"}, {\"type\": \"input_image\", \"image_url\": " URL    \
    "}]}]"
#define SCHEMA "{\"type\": \"object\", \"properties\": {\"title\": {\"type\": \"string\"}}}"
#define CHAT "/v1/chat/completions"
#define RESPONSES "/v1/responses"

static const struct captioner_caption captions[] = {{.text = "a dog runs", .confidence = 0.6},
                                                    {.text = "a dog", .confidence = 0.5}};
static struct captioner_result photo = {.count = 1, .captions = captions};
static struct captioner_result two = {.count = 2, .captions = captions};

static struct api_answer post(const char *path, const char *body, struct captioner_result *result)
{
    return api_call(serve_routes_openai, "POST", path, body, strlen(body), result);
}

static void check_at(const struct api_answer *answer, const char *place, const char *expected)
{
    const char *found = api_at(answer, place);

    ck_assert_msg(found != NULL, "%s in %s", place, answer->text);
    ck_assert_str_eq(found, expected);
}

static void check_refused(const char *path, const char *body, const char *reason)
{
    struct api_answer answer = post(path, body, &photo);

    ck_assert_msg(answer.code == 400, "%s: %u %s", body, answer.code, answer.text);
    ck_assert_msg(strstr(answer.text, reason), "%s: %s", body, answer.text);
    check_at(&answer, "/error/type", "invalid_request_error");
    check_at(&answer, "/error/param", "null");
    check_at(&answer, "/error/code", "null");
    api_finish(&answer);
}

START_TEST(completions_have_a_choice_per_caption)
{
    struct api_answer answer =
        post(CHAT, "{" ASK ", \"n\": 2, \"temperature\": 0.3, \"max_tokens\": 300}", &two);

    ck_assert_uint_eq(answer.code, 200);
    ck_assert_uint_eq(answer.writing.best, 2);
    ck_assert(answer.ignored);
    check_at(&answer, "/object", "chat.completion");
    check_at(&answer, "/model", "gpt-4o");
    check_at(&answer, "/choices/0/message/role", "assistant");
    check_at(&answer, "/choices/0/message/content", "a dog runs");
    check_at(&answer, "/choices/0/finish_reason", "stop");
    check_at(&answer, "/choices/1/index", "1");
    check_at(&answer, "/choices/1/message/content", "a dog");
    check_at(&answer, "/usage/prompt_tokens", "1");
    check_at(&answer, "/usage/completion_tokens", "5");
    check_at(&answer, "/usage/total_tokens", "6");
    check_at(&answer, "/confidence", "0.6000");
    ck_assert_int_eq(strncmp(api_at(&answer, "/id"), "chatcmpl-", 9), 0);
    api_finish(&answer);
}
END_TEST

START_TEST(photos_are_of_the_last_turn_that_has_some)
{
    struct api_answer answer =
        post(CHAT,
             "{\"model\": \"caption\", \"messages\": ["
             "{\"role\": \"system\", \"content\": \"You describe photos.\"},"
             "{\"role\": \"user\", \"content\": [" PART "," PART "]},"
             "{\"role\": \"assistant\", \"content\": null},"
             "{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"this\"},"
             "{\"type\": \"image_url\", \"image_url\": " URL "}]},"
             "{\"role\": \"user\", \"content\": \"well?\"}]}",
             &photo);

    ck_assert_uint_eq(answer.code, 200);
    ck_assert_uint_eq(answer.photos, 1);
    api_finish(&answer);
    check_refused(CHAT, "{\"model\": \"a\", \"messages\": []}", "no photo");
    check_refused(CHAT, "{\"model\": \"a\"}", "no photo");
    check_refused(CHAT,
                  "{\"model\": \"a\", \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": "
                  "\"image_url\", \"image_url\": {\"url\": \"https://x.org/a.jpg\"}}]}]}",
                  "nothing is fetched");
    check_refused(CHAT,
                  "{\"model\": \"a\", \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": "
                  "\"image_url\", \"image_url\": \"cGhvdG8=\"}]}]}",
                  "data: URLs");
    check_refused(CHAT,
                  "{\"model\": \"a\", \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": "
                  "\"image_url\"}]}]}",
                  "no image_url");
    check_refused(CHAT,
                  "{\"model\": \"a\", \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": "
                  "\"input_audio\"}]}]}",
                  "'input_audio'");
    check_refused(CHAT, "{\"messages\": []}", "model is required");
}
END_TEST

/* The data of the event that begins there; *text moves behind it. */
static json_object *next_event(const char **text)
{
    const char *data = strstr(*text, "data: "), *end = data ? strstr(data, "\n\n") : NULL;
    json_object *event;

    ck_assert_ptr_nonnull(end);
    event = json_tokener_parse(data + 6);
    *text = end + 2;
    return event;
}

/* Joins the contents of the deltas; *ret_last is the last chunk before [DONE]. */
static void join_deltas(const char *text, char *joined, json_object **ret_last)
{
    json_object *last = NULL, *event, *content;

    *joined = '\0';
    while (strcmp(text, "data: [DONE]\n\n") != 0) {
        event = next_event(&text);
        ck_assert_ptr_nonnull(event);
        json_object_put(last);
        last = event;
        if (json_pointer_get(event, "/choices/0/delta/content", &content) == 0 && content)
            strcat(joined, json_object_get_string(content));
    }
    *ret_last = last;
}

START_TEST(completions_stream_in_events)
{
    struct api_answer answer = post(CHAT, "{" ASK ", \"stream\": true}", &photo);
    char joined[64];
    json_object *last, *found;

    join_deltas(answer.text, joined, &last);
    ck_assert_str_eq(joined, "a dog runs");
    ck_assert_int_eq(json_pointer_get(last, "/choices/0/finish_reason", &found), 0);
    ck_assert_str_eq(json_object_get_string(found), "stop");
    ck_assert_int_ne(json_pointer_get(last, "/usage", NULL), 0);
    json_object_put(last);
    api_finish(&answer);
    answer = post(
        CHAT, "{" ASK ", \"stream\": true, \"stream_options\": {\"include_usage\": true}}", &photo);
    join_deltas(answer.text, joined, &last);
    ck_assert_int_eq(json_pointer_get(last, "/usage/completion_tokens", &found), 0);
    ck_assert_int_eq(json_object_get_int(found), 3);
    json_object_put(last);
    api_finish(&answer);
}
END_TEST

START_TEST(formats_are_filled)
{
    struct api_answer answer = post(
        CHAT,
        "{" ASK ", \"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": "
        "\"x\", \"schema\": " SCHEMA "}}}",
        &photo);

    check_at(&answer, "/choices/0/message/content", "{\"title\":\"a dog runs\"}");
    api_finish(&answer);
    answer = post(CHAT, "{" ASK ", \"response_format\": {\"type\": \"json_object\"}}", &photo);
    ck_assert_ptr_nonnull(
        strstr(api_at(&answer, "/choices/0/message/content"), "\"description\":\"a dog runs\""));
    api_finish(&answer);
    answer = post(CHAT, "{" ASK ", \"response_format\": {\"type\": \"text\"}}", &photo);
    check_at(&answer, "/choices/0/message/content", "a dog runs");
    api_finish(&answer);
    check_refused(CHAT, "{" ASK ", \"response_format\": {\"type\": \"json_schema\"}}", "no schema");
    check_refused(CHAT, "{" ASK ", \"response_format\": {\"type\": \"xml\"}}", "'xml'");
}
END_TEST

#define TOOL(name, parameters)                                                                     \
    "{\"type\": \"function\", \"function\": {\"name\": \"" name "\", \"parameters\": " parameters  \
    "}}"
#define LAMP                                                                                       \
    TOOL("lamp", "{\"type\": \"object\", \"properties\": {\"room\": {\"type\": \"string\"}}}")

START_TEST(functions_are_called_with_what_is_known)
{
    static const char *const calls[] = {
        "\"tools\": [" TOOL("final", SCHEMA) "], \"tool_choice\": \"required\"",
        "\"tools\": [" LAMP "," TOOL("final", SCHEMA) "], \"tool_choice\": \"required\"",
        "\"tools\": [" TOOL("other", SCHEMA) "," TOOL(
            "final", SCHEMA) "], \"tool_choice\": {\"type\": \"function\", \"function\": "
                             "{\"name\": \"final\"}}",
        "\"tools\": [" TOOL("final", SCHEMA) "]"};
    static const char *const texts[] = {
        "\"tools\": [" LAMP "], \"tool_choice\": \"auto\"", "\"tools\": []",
        "\"tools\": [" TOOL("final", SCHEMA) "], \"tool_choice\": \"none\"",
        "\"tools\": [" LAMP "," TOOL("final", SCHEMA) "]"};
    char body[2048];

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct api_answer answer;

        snprintf(body, sizeof body, "{" ASK ", %s}", calls[i]);
        answer = post(CHAT, body, &photo);
        check_at(&answer, "/choices/0/finish_reason", "tool_calls");
        check_at(&answer, "/choices/0/message/content", "null");
        check_at(&answer, "/choices/0/message/tool_calls/0/function/name", "final");
        check_at(&answer, "/choices/0/message/tool_calls/0/function/arguments",
                 "{\"title\":\"a dog runs\"}");
        api_finish(&answer);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct api_answer answer;

        snprintf(body, sizeof body, "{" ASK ", %s}", texts[i]);
        answer = post(CHAT, body, &photo);
        check_at(&answer, "/choices/0/message/content", "a dog runs");
        api_finish(&answer);
    }
    check_refused(CHAT, "{" ASK ", \"tools\": [" LAMP "], \"tool_choice\": \"required\"}", "tools");
    snprintf(body, sizeof body,
             "{" ASK ", \"tools\": [" TOOL("%0*d", SCHEMA) "], \"tool_choice\": \"required\"}",
             SERVE_LONGEST_NAME + 1, 0);
    check_refused(CHAT, body, "tools");
}
END_TEST

START_TEST(streams_do_not_take_all_memory)
{
    enum { CAPTIONS = 64, WORDS = 15000 };
    static struct captioner_caption sentences[CAPTIONS];
    struct captioner_result result = {.count = CAPTIONS, .captions = sentences};
    char *name = calloc(2, WORDS), *body = NULL;
    struct api_answer answer;

    for (size_t i = 0; i < CAPTIONS; i++)
        sentences[i].text = "a dog";
    for (size_t i = 0; i + 1 < WORDS; i++)
        memcpy(name + 2 * i, " a", 2);
    ck_assert_int_gt(asprintf(&body,
                              "{\"model\": \"%0*d\", \"stream\": true, \"messages\": [{\"role\": "
                              "\"user\", \"content\": [" PART ", {\"type\": \"text\", \"text\": "
                              "\"{\\\"caption\\\": \\\"\\\", \\\"%s\\\": 1}\"}]}]}",
                              SERVE_LONGEST_NAME, 0, name),
                     0);
    answer = post(CHAT, body, &result);
    ck_assert_uint_eq(answer.code, 400);
    ck_assert(strstr(answer.text, "more than 32 MB"));
    api_finish(&answer);
    free(body);
    free(name);
}
END_TEST

START_TEST(responses_have_one_message)
{
    struct api_answer answer = post(RESPONSES, "{" INPUT "}", &photo);

    ck_assert_uint_eq(answer.code, 200);
    check_at(&answer, "/object", "response");
    check_at(&answer, "/status", "completed");
    check_at(&answer, "/output/0/type", "message");
    check_at(&answer, "/output/0/content/0/type", "output_text");
    check_at(&answer, "/output/0/content/0/text", "a dog runs");
    check_at(&answer, "/usage/output_tokens", "3");
    api_finish(&answer);
    answer = post(RESPONSES,
                  "{" INPUT ", \"text\": {\"format\": {\"type\": \"json_schema\", \"name\": \"x\","
                  " \"schema\": " SCHEMA "}}}",
                  &photo);
    check_at(&answer, "/output/0/content/0/text", "{\"title\":\"a dog runs\"}");
    api_finish(&answer);
    check_refused(RESPONSES, "{\"model\": \"a\", \"input\": \"hello\"}", "no photo");
    check_refused(RESPONSES,
                  "{\"model\": \"a\", \"input\": [{\"role\": \"user\", \"content\": [{\"type\": "
                  "\"input_image\", \"file_id\": \"f\"}]}]}",
                  "no image_url");
}
END_TEST

START_TEST(responses_stream_in_events)
{
    static const char *const types[] = {"response.created",           "response.in_progress",
                                        "response.output_item.added", "response.content_part.added",
                                        "response.output_text.delta", "response.output_text.delta",
                                        "response.output_text.delta", "response.output_text.done",
                                        "response.content_part.done", "response.output_item.done",
                                        "response.completed"};
    struct api_answer answer = post(RESPONSES, "{" INPUT ", \"stream\": true}", &photo);
    const char *text = answer.text;

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        json_object *event, *found;

        ck_assert_int_eq(strncmp(text, "event: ", 7), 0);
        ck_assert_int_eq(strncmp(text + 7, types[i], strlen(types[i])), 0);
        event = next_event(&text);
        ck_assert_int_eq(json_pointer_get(event, "/sequence_number", &found), 0);
        ck_assert_int_eq(json_object_get_int(found), (int)i);
        json_object_put(event);
    }
    ck_assert_str_eq(text, "");
    api_finish(&answer);
}
END_TEST

START_TEST(models_are_listed)
{
    struct api_answer answer = api_call(serve_routes_openai, "GET", "/v1/models", NULL, 0, NULL);

    check_at(&answer, "/object", "list");
    check_at(&answer, "/data/0/id", "caption:en");
    check_at(&answer, "/data/1/id", "caption:zh");
    check_at(&answer, "/data/1/owned_by", "caption");
    api_finish(&answer);
    answer = api_call(serve_routes_openai, "GET", "/v1/models/caption:zh", NULL, 0, NULL);
    check_at(&answer, "/id", "caption:zh");
    api_finish(&answer);
    answer = api_call(serve_routes_openai, "GET", "/v1/models/gpt-4o", NULL, 0, NULL);
    ck_assert_uint_eq(answer.code, 404);
    ck_assert_ptr_nonnull(api_at(&answer, "/error/message"));
    api_finish(&answer);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("route_openai");
    TCase *tcase = tcase_create("route_openai");

    tcase_add_test(tcase, completions_have_a_choice_per_caption);
    tcase_add_test(tcase, photos_are_of_the_last_turn_that_has_some);
    tcase_add_test(tcase, completions_stream_in_events);
    tcase_add_test(tcase, formats_are_filled);
    tcase_add_test(tcase, functions_are_called_with_what_is_known);
    tcase_add_test(tcase, streams_do_not_take_all_memory);
    tcase_add_test(tcase, responses_have_one_message);
    tcase_add_test(tcase, responses_stream_in_events);
    tcase_add_test(tcase, models_are_listed);
    suite_add_tcase(suite, tcase);
    return suite;
}
