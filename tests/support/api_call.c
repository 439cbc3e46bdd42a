/* SPDX-License-Identifier: MIT */
#include "tests/support/api_call.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>

static const struct serve_voice voices[] = {
    {.name = "caption", .path = "/nowhere/caption.safetensors", .language = "en"},
    {.name = "caption", .path = "/nowhere/caption.safetensors", .language = "zh"}};
const struct serve_voices api_voices = {voices, 2};

static const struct serve_route *route_of(const struct serve_route *routes, const char *method,
                                          const char *path)
{
    for (; routes->method; routes++) {
        const size_t length = strlen(routes->path);
        const bool below = routes->path[length - 1] == '/';

        if (strcmp(routes->method, method) == 0 &&
            (below ? strncmp(routes->path, path, length) : strcmp(routes->path, path)) == 0)
            return routes;
    }
    return NULL;
}

static unsigned code_of(enum tn_status status)
{
    return status == TN_NOTFOUND      ? 404
           : status == TN_UNSUPPORTED ? 415
           : status == TN_NOMEM       ? 503
                                      : 400;
}

static enum tn_status answer_of(const struct serve_route *route,
                                const struct serve_request *request, struct serve_call *call,
                                struct captioner_result *result, struct serve_answer *ret_answer,
                                struct tn_error *err)
{
    TN_TRY(route->read(request, call, err));
    if (!result && call->photo_count > 0)
        return tn_fail(err, TN_UNSUPPORTED, "no picture that is known");
    for (size_t i = 0; i < call->photo_count; i++)
        call->photos[i].result = result;
    call->seconds = 0.02;
    return route->answer(request, call, ret_answer, err);
}

static char *text_of(const struct serve_answer *answer)
{
    char *text = calloc(1, answer->size + 1);

    if (!text)
        abort();
    return memcpy(text, answer->text, answer->size);
}

struct api_answer api_call(const struct serve_route *routes, const char *method, const char *path,
                           const void *body, size_t size, struct captioner_result *result)
{
    const struct serve_route *route = route_of(routes, method, path);
    const struct serve_request request = {
        .method = method, .path = path, .body = body, .size = size, .voices = &api_voices};
    struct serve_call *call = calloc(1, sizeof *call);
    struct serve_answer answer = {0};
    struct tn_error err = {0};
    enum tn_status status;

    if (!route || !call)
        abort();
    call->voice = &voices[0];
    call->writing = (struct captioner_writing)CAPTIONER_WRITING_DEFAULT;
    status = answer_of(route, &request, call, result, &answer, &err);
    if (status != TN_OK && route->fail(code_of(status), err.text, &answer) != TN_OK)
        abort();
    for (size_t i = 1; i < SERVE_MOST_PHOTOS; i++)
        free(call->photos[i].owned);
    if (call->destroy)
        call->destroy(call->state);
    struct api_answer got = {.code = answer.code,
                             .text = text_of(&answer),
                             .writing = call->writing,
                             .photos = call->photo_count,
                             .photo = call->photos[0].owned,
                             .photo_size = call->photos[0].size,
                             .ignored = call->ignored};
    free(call);
    free(answer.text);
    got.json = json_tokener_parse(got.text);
    return got;
}

void api_finish(struct api_answer *answer)
{
    json_object_put(answer->json);
    free(answer->text);
    free(answer->photo);
}

const char *api_at(const struct api_answer *answer, const char *place)
{
    json_object *found = NULL;

    if (json_pointer_get(answer->json, place, &found) != 0)
        return NULL;
    return found ? json_object_get_string(found) : "null";
}
