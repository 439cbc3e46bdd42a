/* SPDX-License-Identifier: MIT */
/*
 * A walk over what the command line names: files as they are, directories with what is below them
 * (base/folder_walk.h), lists of files.  One input at a time.
 */
#ifndef APP_WALK_H
#define APP_WALK_H

#include "app/cli/options.h"
#include "app/cli/shard.h"
#include "base/folder_walk.h"

#include <stdbool.h>
#include <stddef.h>

struct app_walk_options {
    char *const *operands; /* borrowed, like the list's name */
    size_t operand_count;
    const char *list;  /* a file of names, "-" for stdin; NULL: none.  They follow the operands */
    bool list_nul;     /* its names end with NUL bytes, not with newlines */
    bool no_recursion; /* of a directory, only the files in it */
    struct app_shard shard;   /* of the photos, only those that are its own */
    struct app_list excluded; /* patterns of what is passed over in directories; borrowed */
};

struct app_input {
    char *path;  /* owned by the caller: free it */
    size_t root; /* which operand it belongs to; operand_count for the list's */
    bool named;  /* given by name, not found in a directory */
};

struct app_walk;

/* problem may be NULL.  The caller destroys the walk.  Errors: TN_NOMEM; TN_IO or TN_NOTFOUND for a
 * list that cannot be opened. */
TN_NODISCARD enum tn_status app_walk_create(const struct app_walk_options *options,
                                            tn_walk_problem_fn *problem, void *context,
                                            struct app_walk **ret_walk, struct tn_error *err);
void app_walk_destroy(struct app_walk *walk);

/*
 * The next input.  A file that the command line or the list names is taken as it is, whatever it
 * holds and whether it is there or not.  A directory is walked, also one that the list names.  At
 * the end *ret_input has a NULL path; so it has where an interrupt (app_hold_interrupts) came
 * before the list's next name.
 */
TN_NODISCARD enum tn_status app_walk_next(struct app_walk *walk, struct app_input *ret_input,
                                          struct tn_error *err);
/* Whether app_walk_next would not wait for the program that writes the list. */
bool app_walk_ready(const struct app_walk *walk);

/* Whether what the operand, or the list, names has files that are other shards'. */
bool app_walk_shared_out(const struct app_walk *walk, size_t root);
/* Whether a pattern has excluded something of a directory that the operand, or the list, names. */
bool app_walk_left_out(const struct app_walk *walk, size_t root);
/* Whether the pattern has excluded something. */
bool app_walk_fitted(const struct app_walk *walk, size_t pattern);

/* How many folders of other programs it has passed over so far; *ret_first, which is borrowed, is
 * the first, for a message. */
size_t app_walk_foreign(const struct app_walk *walk, const char **ret_first);

#endif
