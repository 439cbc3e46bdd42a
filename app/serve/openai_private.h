/* SPDX-License-Identifier: MIT */
/* What OpenAI's routes share: chat completions (route_openai.c), responses and models. */
#ifndef APP_OPENAI_PRIVATE_H
#define APP_OPENAI_PRIVATE_H

#include "app/serve/reply.h"

/* Reads the body with its model and our settings, which stand beside OpenAI's; then calls fill. */
TN_NODISCARD enum tn_status
serve_openai_read(const struct serve_request *request, struct serve_call *call,
                  enum tn_status (*fill)(struct json_object *body, struct serve_call *call,
                                         struct serve_asked *asked, struct tn_error *err),
                  struct tn_error *err);

/* The messages' prompts, and the photos of the last turn that has some. */
TN_NODISCARD enum tn_status serve_openai_messages(struct json_object *messages,
                                                  struct serve_call *call,
                                                  struct serve_asked *asked, struct tn_error *err);

/* {"type": "text"}, "json_object" or "json_schema", which is in `holder` (NULL: in the format).
 * NULL: plain text. */
TN_NODISCARD enum tn_status serve_openai_format(struct json_object *format, const char *holder,
                                                struct serve_asked *asked, struct tn_error *err);

/* prefix and digits that no other answer has */
struct json_object *serve_openai_id(const char *prefix, const struct serve_call *call);

enum tn_status serve_openai_fail(unsigned code, const char *text, struct serve_answer *ret_answer);

/* openai_responses.c */
TN_NODISCARD enum tn_status serve_responses_read(const struct serve_request *request,
                                                 struct serve_call *call, struct tn_error *err);
TN_NODISCARD enum tn_status serve_responses_answer(const struct serve_request *request,
                                                   const struct serve_call *call,
                                                   struct serve_answer *ret_answer,
                                                   struct tn_error *err);

#endif
