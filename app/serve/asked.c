/* SPDX-License-Identifier: MIT */
/* What programs ask a language model that sees, as far as a captioner can do it. */
#include "app/serve/asked.h"

#include "app/serve/json_body.h"
#include "base/base64.h"
#include "base/utf8.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ASKED = 64 }; /* captions, keywords, words, and the beam */

static void destroy_asked(void *state)
{
    struct serve_asked *asked = state;

    if (!asked)
        return;
    serve_shape_finish(&asked->shape);
    free(asked->model);
    free(asked->tool);
    free(asked);
}

enum tn_status serve_asked_create(struct serve_call *call, struct serve_asked **ret_asked,
                                  struct tn_error *err)
{
    struct serve_asked *asked = calloc(1, sizeof *asked);

    if (!asked)
        return tn_fail_nomem(err, sizeof *asked);
    call->state = asked;
    call->destroy = destroy_asked;
    *ret_asked = asked;
    return TN_OK;
}

/* ---- Model and settings ---- */

static enum tn_status fail_to_speak(const struct serve_voice *voice, const char *language,
                                    struct tn_error *err)
{
    return tn_fail(err, TN_NOTFOUND, "the model '%s' has no captions in '%.*s'", voice->name,
                   TN_FIT(language, 20));
}

const struct serve_voice *serve_voice_named(const struct serve_voices *voices, const char *name)
{
    const size_t length = strcspn(name, ":");
    const char *tag = name[length] == ':' ? name + length + 1 : "latest";

    for (size_t i = 0; i < voices->count; i++) {
        const struct serve_voice *voice = &voices->items[i];

        if (strlen(voice->name) == length && strncasecmp(voice->name, name, length) == 0 &&
            (strcasecmp(tag, "latest") == 0 || strcasecmp(tag, voice->language) == 0))
            return voice;
    }
    return NULL;
}

/* The name of a model that is there, in a language that it does not have, is no other's name. */
static enum tn_status check_foreign(const struct serve_voices *voices, const char *name,
                                    struct tn_error *err)
{
    const size_t length = strcspn(name, ":");

    for (size_t i = 0; i < voices->count && name[length]; i++)
        if (strlen(voices->items[i].name) == length &&
            strncasecmp(voices->items[i].name, name, length) == 0)
            return fail_to_speak(&voices->items[i], name + length + 1, err);
    return TN_OK;
}

enum tn_status serve_asked_model(struct serve_asked *asked, struct serve_call *call,
                                 const struct serve_voices *voices, json_object *body,
                                 struct tn_error *err)
{
    const char *name = "";
    const struct serve_voice *voice;

    TN_TRY(serve_json_text(body, "model", &name, err));
    if (!*name)
        return tn_fail(err, TN_FORMAT, "model is required");
    if (strlen(name) > SERVE_LONGEST_NAME)
        return tn_fail(err, TN_RANGE, "the model's name has %zu bytes; expected at most %d",
                       strlen(name), SERVE_LONGEST_NAME);
    asked->model = strdup(name);
    if (!asked->model)
        return tn_fail_nomem(err, strlen(name));
    voice = serve_voice_named(voices, name);
    if (!voice)
        TN_TRY(check_foreign(voices, name, err));
    call->voice = voice ? voice : &voices->items[0];
    call->ignored |= !voice;
    return TN_OK;
}

static enum tn_status choose_language(struct serve_call *call, const struct serve_voices *voices,
                                      const char *language, struct tn_error *err)
{
    for (size_t i = 0; i < voices->count; i++)
        if (strcmp(voices->items[i].name, call->voice->name) == 0 &&
            strcasecmp(voices->items[i].language, language) == 0) {
            call->voice = &voices->items[i];
            return TN_OK;
        }
    return fail_to_speak(call->voice, language, err);
}

/* A number, "auto", or true for the same. */
static enum tn_status read_keywords(struct serve_call *call, json_object *settings,
                                    struct tn_error *err)
{
    json_object *keywords = serve_json_member(settings, "keywords");

    if (strcmp(serve_json_string(keywords), "auto") == 0 ||
        (json_object_is_type(keywords, json_type_boolean) && json_object_get_boolean(keywords))) {
        call->writing.keywords = CAPTIONER_KEYWORDS_AUTO;
        return TN_OK;
    }
    if (json_object_is_type(keywords, json_type_boolean))
        return TN_OK;
    return serve_json_count(settings, "keywords", 0, MOST_ASKED, &call->writing.keywords, err);
}

/* Whether some setting is a language model's. */
static bool has_foreign(json_object *settings)
{
    static const char *const foreign[] = {"temperature",
                                          "top_p",
                                          "top_k",
                                          "seed",
                                          "max_tokens",
                                          "max_output_tokens",
                                          "num_predict",
                                          "num_ctx",
                                          "min_p",
                                          "stop",
                                          "frequency_penalty",
                                          "presence_penalty",
                                          "mirostat",
                                          "repeat_penalty",
                                          "max_completion_tokens"};

    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (serve_json_member(settings, foreign[i]))
            return true;
    return false;
}

enum tn_status serve_asked_settings(struct serve_asked *asked, struct serve_call *call,
                                    const struct serve_voices *voices, json_object *settings,
                                    struct tn_error *err)
{
    const char *language = NULL;

    if (!settings)
        return TN_OK;
    TN_TRY(read_keywords(call, settings, err));
    TN_TRY(serve_json_count(settings, "n", 1, MOST_ASKED, &call->writing.best, err));
    TN_TRY(serve_json_count(settings, "beam", 0, MOST_ASKED, &call->writing.beam, err));
    TN_TRY(serve_json_count(settings, "max_words", 1, MOST_ASKED, &call->writing.max_words, err));
    TN_TRY(serve_json_bool(settings, "any_picture", &asked->any_picture, err));
    TN_TRY(serve_json_text(settings, "lang", &language, err));
    call->ignored |= has_foreign(settings);
    return language ? choose_language(call, voices, language, err) : TN_OK;
}

void serve_asked_prompt(struct serve_asked *asked, struct serve_call *call, const char *prompt)
{
    if (!*prompt)
        return;
    call->ignored = true;
    if (!asked->shape.schema)
        serve_shape_in_text(prompt, &asked->shape);
}

static bool has_role(json_object *message, const char *role)
{
    return strcasecmp(serve_json_string(serve_json_member(message, "role")), role) == 0;
}

void serve_asked_turn(json_object *messages, bool (*has_photos)(json_object *message),
                      size_t *ret_begin, size_t *ret_end)
{
    size_t begin = json_object_array_length(messages), end = begin;
    bool found = false;

    while (begin > 0) {
        json_object *message = json_object_array_get_idx(messages, begin - 1);

        if (has_role(message, "assistant")) {
            if (found)
                break;
            end = begin - 1;
        }
        found = found || (has_role(message, "user") && has_photos(message));
        begin--;
    }
    *ret_begin = found ? begin : 0;
    *ret_end = found ? end : 0;
}

/* {}, or {"type": "object"}: any object will do. */
static bool is_any(json_object *schema)
{
    const int rest =
        json_object_object_length(schema) - (serve_json_member(schema, "type") != NULL);

    return rest == 0 &&
           (json_object_object_length(schema) == 0 ||
            strcmp(serve_json_string(serve_json_member(schema, "type")), "object") == 0);
}

enum tn_status serve_asked_schema(struct serve_asked *asked, json_object *schema,
                                  struct tn_error *err)
{
    struct serve_shape shape;

    if (is_any(schema)) {
        asked->any_format = true;
        return TN_OK;
    }
    TN_TRY(serve_shape_of_schema(schema, false, &shape, err));
    serve_shape_finish(&asked->shape);
    asked->shape = shape;
    return TN_OK;
}

/* ---- Photos ---- */

enum { LONGEST_HEAD = 200 }; /* of a data: URL */

/* How much of the text the head of a data: URL is. */
static enum tn_status find_head(const char *text, size_t size, bool url, size_t *ret_head,
                                struct tn_error *err)
{
    const size_t begin = size < LONGEST_HEAD ? size : LONGEST_HEAD;
    const char *comma;

    *ret_head = 0;
    if (size < 5 || strncasecmp(text, "data:", 5) != 0) {
        if (url || memmem(text, begin, "://", 3))
            return tn_fail(err, TN_FORMAT,
                           "photos are taken from data: URLs alone (data:image/jpeg;base64,...), "
                           "and nothing is fetched; found '%.*s'",
                           (int)(begin < 40 ? begin : 40), text);
        return TN_OK;
    }
    comma = memchr(text, ',', begin);
    if (!comma || comma - text < 12 || strncasecmp(comma - 7, ";base64", 7) != 0)
        return tn_fail(err, TN_FORMAT, "a data: URL must be of base64: data:image/jpeg;base64,...");
    *ret_head = (size_t)(comma + 1 - text);
    return TN_OK;
}

/* The base64's bytes, where its escapes do not count. */
static enum tn_status decode(const char *text, size_t size, bool escaped, unsigned char *bytes,
                             size_t *ret_size, struct tn_error *err)
{
    if (escaped) {
        size = serve_json_unescape(text, size, (char *)bytes);
        text = (const char *)bytes;
    }
    TN_TRY(tn_base64_decode(text, size, bytes, ret_size, err));
    return *ret_size > 0 ? TN_OK : tn_fail(err, TN_FORMAT, "it is empty");
}

static enum tn_status read_photo(json_object *value, bool url, struct serve_photo *ret_photo,
                                 struct tn_error *err)
{
    size_t size, head, room;
    bool escaped;
    const char *text = serve_json_raw(value, &size, &escaped);
    unsigned char *bytes;
    enum tn_status status;

    TN_TRY(find_head(text, size, url, &head, err));
    room = escaped ? size - head : tn_base64_room(size - head);
    bytes = malloc(room);
    if (!bytes)
        return tn_fail_nomem(err, room);
    status = decode(text + head, size - head, escaped, bytes, &ret_photo->size, err);
    if (status != TN_OK) {
        free(bytes);
        return status;
    }
    ret_photo->bytes = ret_photo->owned = bytes;
    return TN_OK;
}

enum tn_status serve_asked_photo(struct serve_call *call, json_object *text, bool url,
                                 struct tn_error *err)
{
    struct serve_photo photo = {0};
    struct tn_error reason;
    enum tn_status status;

    if (!json_object_is_type(text, json_type_string))
        return tn_fail(err, TN_FORMAT, "photo %zu is no string of base64", call->photo_count + 1);
    if (call->photo_count == SERVE_MOST_PHOTOS)
        return tn_fail(err, TN_RANGE, "there are more than %d photos in one request",
                       SERVE_MOST_PHOTOS);
    status = read_photo(text, url, &photo, &reason);
    if (status != TN_OK)
        return tn_fail(err, status, "photo %zu: %s", call->photo_count + 1, reason.text);
    call->photos[call->photo_count++] = photo;
    return TN_OK;
}

/* ---- The end ---- */

enum tn_status serve_asked_end(struct serve_asked *asked, struct serve_call *call,
                               struct tn_error *err)
{
    if (asked->done)
        return TN_OK;
    if (call->photo_count == 0)
        return tn_fail(err, TN_FORMAT,
                       "there is no photo in the request, and '%s' does nothing but caption photos",
                       call->voice->name);
    if (asked->any_format && !asked->shape.schema)
        TN_TRY(serve_shape_usual(&asked->shape, err));
    if (asked->shape.schema && call->photo_count > 1)
        return tn_fail(err, TN_FORMAT, "an answer in JSON takes one photo per request; found %zu",
                       call->photo_count);
    if (asked->shape.keywords && call->writing.keywords == 0)
        call->writing.keywords = CAPTIONER_KEYWORDS_AUTO;
    return TN_OK;
}
