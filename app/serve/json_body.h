/* SPDX-License-Identifier: MIT */
/*
 * A request's body in JSON.  What a program sent is checked where it is read: each function takes
 * a member of an object by its name, and its error names it.  A member that is null counts as none.
 */
#ifndef APP_JSON_BODY_H
#define APP_JSON_BODY_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct json_object;

/*
 * The body's object; the caller gives it back by json_object_put, before the body goes.  A value
 * costs many times its text in memory, so a body of more than some thousand is refused before it is
 * parsed.  Photos in base64 stay in the body: to parse them would take longer than to caption them.
 * Of members with one name the last counts.  Errors: TN_FORMAT for what is not JSON of one object
 * in UTF-8 without U+0000, TN_RANGE, TN_NOMEM.
 */
TN_NODISCARD enum tn_status serve_json_parse(const unsigned char *body, size_t size,
                                             struct json_object **ret_object, struct tn_error *err);

/* The member; NULL where there is none. */
struct json_object *serve_json_member(struct json_object *object, const char *name);

/* The same of a member that must be an object, or an array; NULL where there is none.  Errors:
 * TN_FORMAT. */
TN_NODISCARD enum tn_status serve_json_object(struct json_object *object, const char *name,
                                              struct json_object **ret_member,
                                              struct tn_error *err);
TN_NODISCARD enum tn_status serve_json_array(struct json_object *object, const char *name,
                                             struct json_object **ret_member, struct tn_error *err);

/* These leave *ret as it is where there is no such member.  A count may be written as 3.0; it is at
 * least `least` and at most `most`.  Errors: TN_FORMAT, TN_RANGE. */
TN_NODISCARD enum tn_status serve_json_text(struct json_object *object, const char *name,
                                            const char **ret_text, struct tn_error *err);
TN_NODISCARD enum tn_status serve_json_bool(struct json_object *object, const char *name,
                                            bool *ret_value, struct tn_error *err);
TN_NODISCARD enum tn_status serve_json_count(struct json_object *object, const char *name,
                                             size_t least, size_t most, size_t *ret_count,
                                             struct tn_error *err);

/* A string as the body has it, which is not ended by NUL: a long one with its escapes, where
 * *ret_escaped is set. */
const char *serve_json_raw(struct json_object *value, size_t *ret_size, bool *ret_escaped);
/* What text[size] means, in room for as much; returns the size.  What is not ASCII becomes 0x1A. */
size_t serve_json_unescape(const char *text, size_t size, char *room);

/* A string; "" for NULL and for what is none.  Borrowed from the value. */
const char *serve_json_string(struct json_object *value);

#endif
