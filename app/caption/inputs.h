/* SPDX-License-Identifier: MIT */
/* All photos that the command line's operands mean, at once. */
#ifndef APP_INPUTS_H
#define APP_INPUTS_H

#include "app/cli/walk.h"

#include <stdbool.h>
#include <stddef.h>

struct app_inputs {
    char **paths; /* owned, each and all */
    size_t count, capacity;
    size_t failed; /* operands and places in directories that could not be read */
};

/*
 * Collects the photos that a walk over the operands finds (app/cli/walk.h), but passes over
 * those of a directory's files that do not begin like a photo.  A directory without photos counts
 * as failed, like one that cannot be read; the reason goes to stderr.  The caller finishes the
 * inputs, also after an error (TN_NOMEM, TN_IO).
 */
TN_NODISCARD enum tn_status app_inputs_collect(struct app_inputs *inputs, char *const *operands,
                                               size_t count, struct tn_error *err);
void app_inputs_finish(struct app_inputs *inputs);

/* A tn_walk_problem_fn: warns, and counts in the size_t that context points to. */
void app_inputs_problem(void *context, const char *path, const char *reason);

/* For each operand that is a directory and of which found[i] is not set: warns that the walk
 * found no photos in it.  Returns how many. */
size_t app_inputs_barren(char *const *operands, size_t count, const bool *found,
                         const struct app_walk *walk);

#endif
