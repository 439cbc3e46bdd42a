/* SPDX-License-Identifier: MIT */
/* What is answered to what was asked: the text, and what is known beside it. */
#ifndef APP_REPLY_H
#define APP_REPLY_H

#include "app/serve/asked.h"

#include <stdio.h>
#include <time.h>

/*
 * The text for the client: the photo's caption of that rank; several photos have a line each; or
 * the shape's JSON.  Of what is no photo nothing is said: the text is empty.  *ret_words counts the
 * words.  Some photo has its result.  Errors: TN_NOMEM, and those of serve_shape_fill.
 */
TN_NODISCARD enum tn_status serve_reply_text(const struct serve_asked *asked,
                                             const struct serve_call *call, size_t rank,
                                             char **ret_text, size_t *ret_words,
                                             struct tn_error *err);

/* How many captions of a photo there are to answer; 1 at least. */
size_t serve_reply_ranks(const struct serve_asked *asked, const struct serve_call *call);

/* The length of the text's first piece, as a language model would send it: a word, and the space
 * before it. */
size_t serve_reply_piece(const char *text);

/* Adds what the shapes of the APIs have no place for: confidence, keywords, not_a_photo,
 * alternatives; of several photos, `photos` with these of each. */
void serve_reply_facts(const struct serve_asked *asked, const struct serve_call *call,
                       struct json_object *object);

/* A model in a language is Ollama's model and tag: "caption:en". */
struct json_object *serve_reply_model(const struct serve_voice *voice);

/* "2026-11-29T22:24:11.123456Z" */
struct json_object *serve_reply_time(struct timespec time);

/* A line of JSON, or an event of a stream, onto the stream; gives the object back.  Errors:
 * TN_NOMEM, TN_RANGE for a stream that becomes too large. */
TN_NODISCARD enum tn_status serve_reply_put(FILE *stream, const char *before,
                                            struct json_object *object, const char *after,
                                            struct tn_error *err);

/* The answer of all that put writes.  Errors: put's, TN_NOMEM. */
TN_NODISCARD enum tn_status serve_reply_stream(
    const char *type,
    enum tn_status (*put)(const struct serve_request *request, const struct serve_call *call,
                          FILE *stream, struct tn_error *err),
    const struct serve_request *request, const struct serve_call *call,
    struct serve_answer *ret_answer, struct tn_error *err);

#endif
