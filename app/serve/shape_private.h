/* SPDX-License-Identifier: MIT */
/* How a shape is filled: its structure (shape.c), and its values (shape_values.c). */
#ifndef APP_SHAPE_PRIVATE_H
#define APP_SHAPE_PRIVATE_H

#include "app/serve/shape.h"

#include <stddef.h>

/* What is filled in, and how far it is. */
struct shape_filling {
    const struct captioner_result *result;
    const char *language;
    struct json_object *root; /* what references begin at */
    bool example;
    size_t steps, depth;
    bool caption, keywords; /* there was a place for them */
    struct tn_error *err;
};

/* Where a value stands, and so what it is about. */
struct shape_place {
    const char *name; /* of the property; "" for the whole */
    enum serve_meaning meaning;
    const struct captioner_keyword *keyword; /* the one that this is about, or NULL */
    size_t rank;                             /* else the caption */
};

/* Each fills a value of a type, with what the place is about.  Errors: TN_NOTFOUND where that is
 * nothing known, TN_NOMEM. */
TN_NODISCARD enum tn_status shape_text(struct shape_filling *filling, struct json_object *schema,
                                       const struct shape_place *place,
                                       struct json_object **ret_value);
TN_NODISCARD enum tn_status shape_number(struct shape_filling *filling, struct json_object *schema,
                                         const struct shape_place *place, bool whole,
                                         struct json_object **ret_value);
TN_NODISCARD enum tn_status shape_bool(struct shape_filling *filling,
                                       const struct shape_place *place,
                                       struct json_object **ret_value);
/* One of the values. */
TN_NODISCARD enum tn_status shape_choice(struct shape_filling *filling, struct json_object *values,
                                         const struct shape_place *place,
                                         struct json_object **ret_value);

/* TN_NOTFOUND, for what is not known. */
TN_NODISCARD enum tn_status shape_unknown(struct shape_filling *filling,
                                          const struct shape_place *place);
/* The value, or TN_NOMEM for NULL. */
TN_NODISCARD enum tn_status shape_given(struct shape_filling *filling, struct json_object *value,
                                        struct json_object **ret_value);
/* A number in the schema, such as its maximum. */
double shape_bound(struct json_object *schema, const char *name, double otherwise);

#endif
