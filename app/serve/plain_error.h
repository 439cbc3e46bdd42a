/* SPDX-License-Identifier: MIT */
/* Errors of routes that have no shape of their own: {"error": "..."}. */
#ifndef APP_PLAIN_ERROR_H
#define APP_PLAIN_ERROR_H

#include "app/serve/route.h"

TN_NODISCARD enum tn_status serve_fail_plainly(unsigned code, const char *text,
                                               struct serve_answer *ret_answer);

/* An answer of JSON, which is given back by json_object_put; NULL: no memory. */
struct json_object;
TN_NODISCARD enum tn_status serve_answer_json(unsigned code, struct json_object *object,
                                              struct serve_answer *ret_answer,
                                              struct tn_error *err);

#endif
