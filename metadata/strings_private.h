/* SPDX-License-Identifier: MIT */
/* Lists of texts, such as keywords. */
#ifndef META_STRINGS_PRIVATE_H
#define META_STRINGS_PRIVATE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Begins as {0}. */
struct meta_strings {
    char **text; /* owned, as each of them */
    size_t count, capacity;
};

void meta_strings_finish(struct meta_strings *strings);

/* Adds a copy at the end, or the text itself, which is freed on failure.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status meta_strings_add(struct meta_strings *strings, const char *text,
                                             struct tn_error *err);
TN_NODISCARD enum tn_status meta_strings_take(struct meta_strings *strings, char *text,
                                              struct tn_error *err);
void meta_strings_remove(struct meta_strings *strings, size_t i);
/* Removes all that the others have. */
void meta_strings_subtract(struct meta_strings *strings, const struct meta_strings *others);

bool meta_strings_have(const struct meta_strings *strings, const char *text);

#endif
