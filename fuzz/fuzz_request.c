/* SPDX-License-Identifier: MIT */
/* Any bytes as the body of a request of the APIs of Ollama and OpenAI: it is refused in the API's
 * own shape, or its photos are decoded within the limits, and the answer is JSON, or a stream of
 * it.  The first byte is the route. */
#include <json.h>
#include <stdlib.h>
#include <string.h>

#include "app/serve/route.h"
#include "base/utf8.h"
#include "fuzz/support.h"

extern const char app_program[];
const char app_program[] = "fuzz_request";

static const struct captioner_caption captions[] = {{.text = "a \"dog\"\\ runs", .confidence = 0.5},
                                                    {.text = "一只狗", .confidence = 0.25}};
static const struct captioner_keyword keywords[] = {{"dog", 0.5}, {"狗", 0.25}};
static struct captioner_result photo = {
    .count = 2, .captions = captions, .keyword_count = 2, .keywords = keywords};
static struct captioner_result no_photo = {
    .count = 2, .captions = captions, .keyword_count = 2, .keywords = keywords, .not_a_photo = 1};

static const struct serve_voice voice = {
    .name = "caption", .path = "/nowhere/caption.safetensors", .language = "en"};
static const struct serve_voices voices = {&voice, 1};

/* The text is an object of JSON in UTF-8, and nothing else. */
static void check_json(const char *text, size_t size)
{
    json_tokener *tokener = json_tokener_new();
    char *ascii = tn_utf8_to_json_ascii(text, size, &size);
    json_object *parsed;

    fuzz_require(tokener != NULL && ascii != NULL);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    parsed = json_tokener_parse_ex(tokener, ascii, (int)size);
    free(ascii);
    fuzz_require(json_object_is_type(parsed, json_type_object));
    json_object_put(parsed);
    json_tokener_free(tokener);
}

/* Each line that begins so goes on with JSON. */
static void check_stream(const char *text, const char *end, const char *begin)
{
    const size_t begun = strlen(begin);

    while (text < end) {
        const char *line = memchr(text, '\n', (size_t)(end - text));

        fuzz_require(line != NULL);
        if (strncmp(text, begin, begun) == 0 && strncmp(text, "data: [DONE]", 12) != 0)
            check_json(text + begun, (size_t)(line - text) - begun);
        text = line + 1;
    }
}

static void check_answer(const struct serve_answer *answer)
{
    const char *text = answer->text, *end = text + answer->size;

    fuzz_require(answer->code >= 200 && answer->code < 600 && answer->size > 0);
    if (strcmp(answer->type, "application/json") == 0)
        check_json(text, answer->size);
    else
        check_stream(text, end, strcmp(answer->type, "text/event-stream") == 0 ? "data: " : "");
}

/* What the engine may be asked for. */
static void check_call(const struct serve_call *call, size_t size)
{
    const struct captioner_writing *writing = &call->writing;
    size_t bytes = 0;

    fuzz_require(call->voice == &voice && call->photo_count <= SERVE_MOST_PHOTOS);
    fuzz_require(writing->best >= 1 && writing->best <= 64 && writing->beam <= 64);
    fuzz_require(writing->max_words >= 1 && writing->max_words <= 64);
    fuzz_require(writing->keywords <= 64 || writing->keywords == CAPTIONER_KEYWORDS_AUTO);
    for (size_t i = 0; i < call->photo_count; i++) {
        fuzz_require(call->photos[i].bytes != NULL && call->photos[i].size > 0);
        bytes += call->photos[i].size;
    }
    fuzz_require(bytes < size);
}

/* With this result for all photos; NULL: the first of several failed. */
static void answer_with(const struct serve_route *route, const struct serve_request *request,
                        struct serve_call *call, struct captioner_result *result)
{
    struct serve_answer answer = {0};
    struct tn_error err = {0};

    for (size_t i = 0; i < call->photo_count; i++)
        call->photos[i].result = result || (i == 0 && call->photo_count > 1) ? result : &photo;
    if (route->answer(request, call, &answer, &err) != TN_OK)
        fuzz_require(route->fail(400, err.text, &answer) == TN_OK);
    check_answer(&answer);
    free(answer.text);
}

static void try_request(const struct serve_route *route, const struct serve_request *request)
{
    struct serve_call *call = calloc(1, sizeof *call);
    struct serve_answer answer = {0};
    struct tn_error err = {0};

    fuzz_require(call != NULL);
    call->voice = &voice;
    call->writing = (struct captioner_writing)CAPTIONER_WRITING_DEFAULT;
    if (route->read(request, call, &err) == TN_OK) {
        check_call(call, request->size);
        answer_with(route, request, call, &photo);
        answer_with(route, request, call, &no_photo);
        answer_with(route, request, call, NULL);
    } else {
        fuzz_require(err.text[0] != '\0' && route->fail(400, err.text, &answer) == TN_OK);
        check_answer(&answer);
        free(answer.text);
    }
    for (size_t i = 0; i < SERVE_MOST_PHOTOS; i++)
        free(call->photos[i].owned);
    if (call->destroy)
        call->destroy(call->state);
    free(call);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct serve_route *routes[] = {&serve_routes_ollama[0], &serve_routes_ollama[1],
                                          &serve_routes_openai[0], &serve_routes_openai[1]};
    const struct serve_route *route;
    uint8_t *body;

    if (size == 0)
        return 0;
    route = routes[data[0] % 4];
    /* Of exactly this size, so that the sanitizer sees a byte too far. */
    body = malloc(size);
    fuzz_require(body != NULL);
    memcpy(body, data + 1, size - 1);
    body = realloc(body, size > 1 ? size - 1 : 1);
    fuzz_require(body != NULL);
    try_request(route, &(const struct serve_request){.method = route->method,
                                                     .path = route->path,
                                                     .body = body,
                                                     .size = size - 1,
                                                     .voices = &voices});
    free(body);
    return 0;
}
