/* SPDX-License-Identifier: MIT */
#include "app/cli/walk.h"

#include "app/cli/name_list.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct app_walk {
    struct app_walk_options options;
    struct tn_walk below; /* the directory that was named last */
    size_t operand;       /* the next */
    size_t root;          /* of what is being walked */
    bool *left_out;       /* [operand_count + 1] */
    bool *shared_out;     /* the same */
    bool *fitted;         /* [options.excluded.count + 1] */
    struct app_name_list *list; /* NULL: none */
};

enum tn_status app_walk_create(const struct app_walk_options *options, tn_walk_problem_fn *problem,
                               void *context, struct app_walk **ret_walk, struct tn_error *err)
{
    struct app_walk *walk = calloc(1, sizeof *walk);
    enum tn_status status = TN_OK;

    if (!walk)
        return tn_fail_nomem(err, sizeof *walk);
    *walk = (struct app_walk){
        .options = *options,
        .below = {.flat = options->no_recursion,
                  .problem = problem,
                  .context = context,
                  .excluded = options->excluded.items,
                  .excluded_count = options->excluded.count},
    };
    walk->left_out = calloc(options->operand_count + 1, sizeof *walk->left_out);
    walk->shared_out = calloc(options->operand_count + 1, sizeof *walk->shared_out);
    walk->fitted = calloc(options->excluded.count + 1, sizeof *walk->fitted);
    walk->below.fitted = walk->fitted;
    if (!walk->left_out || !walk->shared_out || !walk->fitted) {
        app_walk_destroy(walk);
        return tn_fail_nomem(err, options->operand_count + options->excluded.count);
    }
    if (options->list)
        status = app_name_list_open(options->list, options->list_nul, &walk->list, err);
    if (status != TN_OK) {
        app_walk_destroy(walk);
        return status;
    }
    *ret_walk = walk;
    return TN_OK;
}

void app_walk_destroy(struct app_walk *walk)
{
    if (!walk)
        return;
    app_name_list_destroy(walk->list);
    tn_walk_finish(&walk->below);
    free(walk->left_out);
    free(walk->shared_out);
    free(walk->fitted);
    free(walk);
}

/* The next of all shards. */
static enum tn_status next_of_all(struct app_walk *walk, struct app_input *ret_input,
                                  struct tn_error *err)
{
    struct app_input input = {0};
    const char *name = NULL;
    struct stat info;

    for (;;) {
        TN_TRY(tn_walk_next(&walk->below, &input.path, err));
        walk->left_out[walk->root] |= walk->below.left_out;
        if (input.path)
            break;
        if (walk->operand < walk->options.operand_count) {
            walk->root = walk->operand;
            name = walk->options.operands[walk->operand++];
        } else {
            walk->root = walk->options.operand_count;
            name = NULL;
            if (walk->list)
                TN_TRY(app_name_list_next(walk->list, &name, err));
        }
        if (!name)
            break;
        if (name[0] && stat(name, &info) == 0 && S_ISDIR(info.st_mode)) {
            TN_TRY(tn_walk_enter(&walk->below, name, err));
            continue;
        }
        input.path = strdup(name);
        input.named = true;
        if (!input.path)
            return tn_fail_nomem(err, strlen(name) + 1);
        break;
    }
    input.root = walk->root;
    *ret_input = input;
    return TN_OK;
}

enum tn_status app_walk_next(struct app_walk *walk, struct app_input *ret_input,
                             struct tn_error *err)
{
    struct app_input input;

    for (;;) {
        TN_TRY(next_of_all(walk, &input, err));
        if (!input.path || app_shard_takes(&walk->options.shard, input.path))
            break;
        walk->shared_out[input.root] = true;
        free(input.path);
    }
    *ret_input = input;
    return TN_OK;
}

bool app_walk_ready(const struct app_walk *walk)
{
    return walk->below.depth > 0 || walk->operand < walk->options.operand_count || !walk->list ||
           app_name_list_ready(walk->list);
}

bool app_walk_shared_out(const struct app_walk *walk, size_t root)
{
    return walk->shared_out[root];
}

bool app_walk_left_out(const struct app_walk *walk, size_t root)
{
    return walk->left_out[root];
}

bool app_walk_fitted(const struct app_walk *walk, size_t pattern)
{
    return walk->fitted[pattern];
}

size_t app_walk_foreign(const struct app_walk *walk, const char **ret_first)
{
    *ret_first = walk->below.first_foreign;
    return walk->below.foreign_count;
}
