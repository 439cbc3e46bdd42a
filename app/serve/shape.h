/* SPDX-License-Identifier: MIT */
/*
 * Answers in JSON of the client's own shape.  Programs that ask language models describe the object
 * that they want: by a JSON schema (Ollama's format, OpenAI's response_format and tools), or by an
 * example in the prompt.  A captioner knows a caption, keywords and its confidence, and finds their
 * places by the names of the properties: title, caption, description, alt_text; keywords, tags,
 * labels; confidence, score.  docs/server.md lists them.
 */
#ifndef APP_SHAPE_H
#define APP_SHAPE_H

#include "base/status.h"
#include "models/captioner/captioner.h"

#include <stdbool.h>

struct json_object;

struct serve_shape {
    struct json_object *schema; /* owned; NULL: there is none, and the answer is plain text */
    bool example;               /* made of an example: what cannot be filled is there, but empty */
    bool keywords;              /* it has a place for them */
};

/* The shape of a schema, which the caller keeps.  Errors: TN_FORMAT where it requires what the
 * captioner does not know, or has no place for what it knows; TN_RANGE, TN_NOMEM. */
TN_NODISCARD enum tn_status serve_shape_of_schema(struct json_object *schema, bool example,
                                                  struct serve_shape *ret_shape,
                                                  struct tn_error *err);

/* The shape of the last object that the text shows, such as {"title": "...", "tags": ["..."]}.
 * False: it shows none that the captioner could fill. */
bool serve_shape_in_text(const char *text, struct serve_shape *ret_shape);

/* The shape for a client that wants JSON and does not describe it: the usual names.  Errors:
 * TN_NOMEM. */
TN_NODISCARD enum tn_status serve_shape_usual(struct serve_shape *ret_shape, struct tn_error *err);

/* What is known of a photo, in that shape; the caller gives it back.  A result without captions is
 * of no photo: texts are empty.  Errors: TN_NOMEM, and those of serve_shape_of_schema. */
TN_NODISCARD enum tn_status serve_shape_fill(const struct serve_shape *shape,
                                             const struct captioner_result *result,
                                             const char *language, struct json_object **ret_value,
                                             struct tn_error *err);

void serve_shape_finish(struct serve_shape *shape);

/* What a property of that name is about. */
enum serve_meaning {
    SERVE_UNKNOWN,
    SERVE_CAPTION,
    SERVE_KEYWORD,
    SERVE_NAME, /* a keyword, where the object is about one */
    SERVE_CONFIDENCE,
    SERVE_LANGUAGE,
    SERVE_IS_PHOTO,
    SERVE_NO_PHOTO
};
enum serve_meaning serve_shape_meaning(const char *name);

#endif
