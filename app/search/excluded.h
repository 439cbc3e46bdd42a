/* SPDX-License-Identifier: MIT */
/*
 * What a search leaves out of an index, as patterns say (base/name_pattern.h).  The entries stay,
 * and nothing looks at them: a search without the patterns finds these photos again, and captions
 * none.
 */
#ifndef APP_EXCLUDED_H
#define APP_EXCLUDED_H

#include "app/cli/options.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed: nothing is left out. */
struct app_excluded {
    const struct app_list *patterns; /* borrowed; NULL: none */
    int64_t *ids;                    /* [count], rising: what they fit; owned */
    size_t count, capacity;
};

/* Whether a walk over the folder would pass over the file of path[length] in it, or over a folder
 * that it is in.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status app_excluded_fits(const struct app_excluded *excluded,
                                              const char *folder, const char *path, size_t length,
                                              bool *ret_fits, struct tn_error *err);
/* Adds an id, larger than those before. */
TN_NODISCARD enum tn_status app_excluded_add(struct app_excluded *excluded, int64_t id,
                                             struct tn_error *err);
bool app_excluded_has(const struct app_excluded *excluded, int64_t id);
/* Forgets the ids, and keeps the patterns. */
void app_excluded_clear(struct app_excluded *excluded);

#endif
