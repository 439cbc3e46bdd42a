/* SPDX-License-Identifier: MIT */
/*
 * What programs ask a language model that sees, as far as a captioner can do it.  The shapes of
 * Ollama and OpenAI differ in where things stand; they agree in what there is: a model's name,
 * photos in base64, prompts, settings, a format.
 */
#ifndef APP_ASKED_H
#define APP_ASKED_H

#include "app/serve/route.h"
#include "app/serve/shape.h"

enum {
    SERVE_LONGEST_NAME = 256
}; /* of a model or function: answers repeat it in all their parts */

/* A call's state. */
struct serve_asked {
    char *model; /* its name as the client has it, who gets it back */
    bool stream;
    struct serve_shape shape;
    bool any_format; /* JSON is wanted, of no certain shape */
    bool any_picture;
    const char *done; /* what ended it, where there is nothing to caption: "load" */
    bool usage;       /* a stream is to end in numbers */
    char *tool;       /* the function to call with the shape's object, or NULL */
};

/* The call's state; destroyed with it.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status
serve_asked_create(struct serve_call *call, struct serve_asked **ret_asked, struct tn_error *err);

/* The voice of that name: "caption", "caption:latest", "caption:zh".  NULL: none has it. */
const struct serve_voice *serve_voice_named(const struct serve_voices *voices, const char *name);

/* Chooses the voice.  Programs have names of language models built in, so one that no voice has
 * is the first one's, and counts as ignored.  Errors: TN_FORMAT where there is no name, TN_RANGE
 * for a long one, TN_NOMEM. */
TN_NODISCARD enum tn_status serve_asked_model(struct serve_asked *asked, struct serve_call *call,
                                              const struct serve_voices *voices,
                                              struct json_object *body, struct tn_error *err);

/* Our own settings among those of a language model (NULL: none): keywords, n, beam, max_words,
 * lang, any_picture.  Errors: TN_FORMAT, TN_RANGE; TN_NOTFOUND for a language that is not there. */
TN_NODISCARD enum tn_status serve_asked_settings(struct serve_asked *asked, struct serve_call *call,
                                                 const struct serve_voices *voices,
                                                 struct json_object *settings,
                                                 struct tn_error *err);

/* A prompt has no meaning here, but for the shape of JSON that it may show.  The first one that
 * shows one counts. */
void serve_asked_prompt(struct serve_asked *asked, struct serve_call *call, const char *prompt);

/* The messages that ask: of the last turn of a person that has photos, from *ret_begin to before
 * *ret_end.  A turn is what stands between two answers; programs send a message per photo, and
 * their prompt in one more.  Both are 0 where no turn has any. */
void serve_asked_turn(struct json_object *messages, bool (*has_photos)(struct json_object *message),
                      size_t *ret_begin, size_t *ret_end);

/* A format that is a schema, which replaces what a prompt shows, unless any object fits it. Errors:
 * serve_shape_of_schema's.
 */
TN_NODISCARD enum tn_status serve_asked_schema(struct serve_asked *asked,
                                               struct json_object *schema, struct tn_error *err);

/* Adds a photo: base64, or a data: URL of it; with `url`, nothing else than that.  Errors name it:
 * TN_FORMAT, TN_RANGE for too many, TN_NOMEM. */
TN_NODISCARD enum tn_status serve_asked_photo(struct serve_call *call, struct json_object *text,
                                              bool url, struct tn_error *err);

/* After all is read: what the shape wants of the call.  Errors: TN_FORMAT where there is no photo,
 * or where several are to fill one shape; TN_NOMEM. */
TN_NODISCARD enum tn_status serve_asked_end(struct serve_asked *asked, struct serve_call *call,
                                            struct tn_error *err);

#endif
