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
 * those of a directory's files that do not begin like a photo, and over named ones that belong to
 * a photo beside them (app/cli/companion.h), which it reports.  A directory without photos counts
 * as failed, like one that cannot be read; the reason goes to stderr.  The caller finishes the
 * inputs, also after an error (TN_NOMEM, TN_IO).
 */
TN_NODISCARD enum tn_status app_inputs_collect(struct app_inputs *inputs, char *const *operands,
                                               size_t count, struct tn_error *err);
void app_inputs_finish(struct app_inputs *inputs);

/* A tn_walk_problem_fn: warns, and counts in the size_t that context points to. */
void app_inputs_problem(void *context, const char *path, const char *reason);

/* For each operand that is a directory and of which found[i] is not set: warns that the walk
 * found no photos in it, unless it has other shards' files.  Returns how many. */
size_t app_inputs_barren(char *const *operands, size_t count, const bool *found,
                         const struct app_walk *walk);

/* Whether the options of a walk make sense together.  Returns APP_PROCEED, or APP_USAGE after a
 * message. */
int app_inputs_check(const char *command, const struct app_walk_options *inputs);
/* Whether they ask for more than the files that the command line names. */
bool app_inputs_is_collection(const struct app_walk_options *inputs);

/* After a walk: warns of the folders of other programs that it passed over ... */
void app_inputs_passed_over(const struct app_walk *walk);
/* ... and, after a whole one, of patterns that excluded nothing. */
void app_inputs_idle_patterns(const struct app_walk *walk, const struct app_walk_options *inputs);

#endif
