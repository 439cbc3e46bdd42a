/* SPDX-License-Identifier: MIT */
/*
 * A Python pickle (protocols 2 to 5) as a graph of values.  Nothing is imported, called or built:
 * where Python would call a function, the graph has the function's name and its arguments.
 *
 * A value may be part of several others, and of itself.  Whoever walks through it bounds the walk.
 */
#ifndef EXCHANGE_PICKLE_H
#define EXCHANGE_PICKLE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,       /* integer: 0 or 1 */
    PICKLE_INT,        /* integer */
    PICKLE_OTHER,      /* a number of another kind, a set */
    PICKLE_TEXT,       /* text[length], not ended by a NUL; of bytes, too */
    PICKLE_TUPLE,      /* items */
    PICKLE_LIST,       /* items */
    PICKLE_DICT,       /* items: key, value, key, value ... */
    PICKLE_GLOBAL,     /* text[length]: its module; name[name_length] */
    PICKLE_CALL,       /* function(arguments...); items that were set in the result, as a dict's */
    PICKLE_PERSISTENT, /* what lies beside the pickle; arguments: its id */
    PICKLE_MARK        /* never in a result */
};

/* Numbers of values; item numbers are the graph's own. */
struct pickle_value {
    enum pickle_kind kind;
    uint32_t function, arguments;
    uint32_t first, last, count; /* items, by pickle_item */
    int64_t integer;
    const char *text, *name; /* in the pickle's bytes */
    size_t length, name_length;
};

struct pickle {
    struct pickle_value *values;
    size_t count, capacity;
    struct pickle_link *links;
    size_t link_count, link_capacity;
    uint32_t result; /* the number of the value of the whole */
};

/* Reads the pickle that begins at bytes, and *ret_used, how long it is.  The caller finishes it
 * after success, and keeps the bytes until then.  Errors without a file's name: TN_FORMAT,
 * TN_UNSUPPORTED, TN_RANGE for too many values, TN_NOMEM. */
TN_NODISCARD enum tn_status pickle_read(const unsigned char *bytes, size_t size,
                                        struct pickle *ret_pickle, size_t *ret_used,
                                        struct tn_error *err);
void pickle_finish(struct pickle *pickle);

/* Item `index` of a value with more items than that; time is proportional to the index. */
const struct pickle_value *pickle_item(const struct pickle *pickle,
                                       const struct pickle_value *value, size_t index);
/* The value of a text key, of a dict or of what a call made; NULL when there is none. */
const struct pickle_value *pickle_member(const struct pickle *pickle,
                                         const struct pickle_value *dict, const char *key);
bool pickle_is_text(const struct pickle_value *value, const char *text);
/* Whether it is that global: "collections OrderedDict". */
bool pickle_is_global(const struct pickle_value *value, const char *name);
/* What a call would call. */
const struct pickle_value *pickle_function(const struct pickle *pickle,
                                           const struct pickle_value *call);
/* The arguments of a call, or the id of what is persistent. */
const struct pickle_value *pickle_arguments(const struct pickle *pickle,
                                            const struct pickle_value *value);

/* The items of a value, one after the other: begins with value->first, and ends with
 * PICKLE_NO_ITEM. */
#define PICKLE_NO_ITEM UINT32_MAX
const struct pickle_value *pickle_next(const struct pickle *pickle, uint32_t *item);

#endif
