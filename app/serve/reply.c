/* SPDX-License-Identifier: MIT */
/* What is answered to what was asked: the text, and what is known beside it. */
#include "app/serve/reply.h"

#include "app/output/json_row.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What is said of a photo: nothing of a picture that is none. */
static struct captioner_result said_of(const struct serve_asked *asked,
                                       const struct captioner_result *result)
{
    struct captioner_result said = *result;

    if (result->not_a_photo && !asked->any_picture)
        said.count = said.keyword_count = 0;
    return said;
}

/* ---- Text ---- */

static size_t count_words(const char *text)
{
    size_t words = 0;

    for (size_t piece; (piece = serve_reply_piece(text)) > 0; text += piece)
        words++;
    return words;
}

static enum tn_status shaped_text(const struct serve_asked *asked, const struct serve_call *call,
                                  size_t rank, char **ret_text, struct tn_error *err)
{
    struct captioner_result said = said_of(asked, call->photos[0].result);
    json_object *value = NULL;
    const char *text;

    said.captions += rank < said.count ? rank : 0;
    said.count -= rank < said.count ? rank : 0;
    TN_TRY(serve_shape_fill(&asked->shape, &said, call->voice->language, &value, err));
    text = json_object_to_json_string_ext(value,
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    *ret_text = text ? strdup(text) : NULL;
    json_object_put(value);
    return *ret_text ? TN_OK : tn_fail_nomem(err, 0);
}

/* A photo that has fewer captions gives its last. */
static void put_caption(FILE *stream, const struct serve_asked *asked,
                        const struct serve_photo *photo, size_t rank)
{
    if (photo->result) {
        const struct captioner_result said = said_of(asked, photo->result);

        if (said.count > 0)
            fputs(said.captions[rank < said.count ? rank : said.count - 1].text, stream);
    }
}

static enum tn_status plain_text(const struct serve_asked *asked, const struct serve_call *call,
                                 size_t rank, char **ret_text, struct tn_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    if (!stream)
        return tn_fail_nomem(err, 0);
    for (size_t i = 0; i < call->photo_count; i++) {
        if (i > 0)
            putc('\n', stream);
        put_caption(stream, asked, &call->photos[i], rank);
    }
    if (fclose(stream) != 0) {
        free(text);
        return tn_fail_nomem(err, size);
    }
    *ret_text = text;
    return TN_OK;
}

enum tn_status serve_reply_text(const struct serve_asked *asked, const struct serve_call *call,
                                size_t rank, char **ret_text, size_t *ret_words,
                                struct tn_error *err)
{
    TN_TRY((asked->shape.schema ? shaped_text : plain_text)(asked, call, rank, ret_text, err));
    *ret_words = count_words(*ret_text);
    return TN_OK;
}

size_t serve_reply_ranks(const struct serve_asked *asked, const struct serve_call *call)
{
    size_t most = 1;

    for (size_t i = 0; i < call->photo_count; i++)
        if (call->photos[i].result) {
            const struct captioner_result said = said_of(asked, call->photos[i].result);

            most = said.count > most ? said.count : most;
        }
    return most;
}

size_t serve_reply_piece(const char *text)
{
    const size_t space = strspn(text, " \n");

    return space + strcspn(text + space, " \n");
}

/* ---- Facts ---- */

/* The captions behind the first. */
static json_object *alternatives_of(const struct captioner_result *said)
{
    json_object *alternatives = json_object_new_array();
    bool lossy;

    for (size_t i = 1; i < said->count; i++) {
        json_object *caption = json_object_new_object();

        json_object_object_add(caption, "caption", app_json_text(said->captions[i].text, &lossy));
        json_object_object_add(caption, "confidence",
                               app_json_number(said->captions[i].confidence));
        json_object_array_add(alternatives, caption);
    }
    return alternatives;
}

static void add_facts(const struct serve_asked *asked, const struct serve_call *call,
                      const struct serve_photo *photo, json_object *object)
{
    const struct captioner_result said = said_of(asked, photo->result);

    json_object_object_add(object, "language", json_object_new_string(call->voice->language));
    if (photo->result->not_a_photo)
        json_object_object_add(object, "not_a_photo", json_object_new_boolean(true));
    if (said.count > 0)
        json_object_object_add(object, "confidence", app_json_number(said.captions[0].confidence));
    if (call->writing.keywords > 0)
        json_object_object_add(object, "keywords", app_json_keywords(&said));
    if (said.count > 1)
        json_object_object_add(object, "alternatives", alternatives_of(&said));
}

static json_object *photo_object(const struct serve_asked *asked, const struct serve_call *call,
                                 const struct serve_photo *photo)
{
    json_object *object = json_object_new_object();
    bool lossy;

    if (!photo->result) {
        json_object_object_add(object, "error", app_json_text(photo->error.text, &lossy));
        return object;
    }
    if (said_of(asked, photo->result).count > 0)
        json_object_object_add(object, "caption",
                               app_json_text(photo->result->captions[0].text, &lossy));
    add_facts(asked, call, photo, object);
    return object;
}

void serve_reply_facts(const struct serve_asked *asked, const struct serve_call *call,
                       json_object *object)
{
    json_object *photos;

    if (call->photo_count == 1) {
        add_facts(asked, call, &call->photos[0], object);
        return;
    }
    photos = json_object_new_array();
    for (size_t i = 0; i < call->photo_count; i++)
        json_object_array_add(photos, photo_object(asked, call, &call->photos[i]));
    json_object_object_add(object, "photos", photos);
}

/* ---- Answers ---- */

/* An event for each word of a large format is much more than the format. */
enum { LARGEST_STREAM = 32 << 20 };

json_object *serve_reply_model(const struct serve_voice *voice)
{
    char name[300]; /* files have names of 255 bytes */
    bool lossy;

    snprintf(name, sizeof name, "%s:%s", voice->name, voice->language);
    return app_json_text(name, &lossy);
}

json_object *serve_reply_time(struct timespec time)
{
    struct tm parts;
    char text[64], seconds[32];

    gmtime_r(&time.tv_sec, &parts);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, sizeof text, "%s.%06ldZ", seconds, time.tv_nsec / 1000);
    return json_object_new_string(text);
}

static const char *json_text(json_object *object)
{
    return object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
                                                               JSON_C_TO_STRING_NOSLASHESCAPE)
                  : NULL;
}

enum tn_status serve_reply_put(FILE *stream, const char *before, json_object *object,
                               const char *after, struct tn_error *err)
{
    const char *text = json_text(object);
    const bool put = text && fprintf(stream, "%s%s%s", before, text, after) >= 0;

    json_object_put(object);
    if (!put)
        return tn_fail_nomem(err, 0);
    if (ftello(stream) > (off_t)LARGEST_STREAM)
        return tn_fail(err, TN_RANGE,
                       "the answer has more than %d MB; ask for fewer captions (n), or for a "
                       "smaller format",
                       LARGEST_STREAM >> 20);
    return TN_OK;
}

enum tn_status
serve_reply_stream(const char *type,
                   enum tn_status (*put)(const struct serve_request *, const struct serve_call *,
                                         FILE *, struct tn_error *),
                   const struct serve_request *request, const struct serve_call *call,
                   struct serve_answer *ret_answer, struct tn_error *err)
{
    struct serve_answer answer = {.code = 200, .type = type};
    FILE *stream = open_memstream(&answer.text, &answer.size);
    enum tn_status status;

    if (!stream)
        return tn_fail_nomem(err, 0);
    status = put(request, call, stream, err);
    if (fclose(stream) != 0 && status == TN_OK)
        status = tn_fail_nomem(err, answer.size);
    if (status != TN_OK) {
        free(answer.text);
        return status;
    }
    *ret_answer = answer;
    return TN_OK;
}
