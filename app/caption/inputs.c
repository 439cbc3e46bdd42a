/* SPDX-License-Identifier: MIT */
#include "app/caption/inputs.h"

#include "app/cli/commands.h"
#include "app/cli/companion.h"
#include "app/cli/walk.h"
#include "base/array.h"
#include "base/name_pattern.h"
#include "image/image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void app_inputs_problem(void *context, const char *path, const char *reason)
{
    size_t *failed = context;

    app_warn("%s: %s", path, reason);
    ++*failed;
}

size_t app_inputs_barren(char *const *operands, size_t count, const bool *found,
                         const struct app_walk *walk)
{
    size_t barren = 0;

    for (size_t i = 0; i < count; i++) {
        struct stat info;

        /* The walk has named what cannot be read. */
        if (found[i] || app_walk_shared_out(walk, i) || stat(operands[i], &info) != 0 ||
            !S_ISDIR(info.st_mode) || access(operands[i], R_OK | X_OK) != 0)
            continue;
        app_warn(app_walk_left_out(walk, i) ? "%s: no photos in this directory but what --exclude "
                                              "passes over"
                                            : "%s: no photos in this directory",
                 operands[i]);
        barren++;
    }
    return barren;
}

/* Takes the path over, whatever comes of it. */
static enum tn_status append_path(struct app_inputs *inputs, char *path, struct tn_error *err)
{
    const enum tn_status status =
        tn_array_reserve(&inputs->paths, &inputs->capacity, inputs->count + 1, err);

    if (status == TN_OK)
        inputs->paths[inputs->count++] = path;
    else
        free(path);
    return status;
}

/* A file that the walk found is passed over. */
static bool is_other(const struct app_input *input, struct app_companions *companions)
{
    if (!input->named)
        return !image_is_photo(input->path);
    if (!app_is_companion(input->path))
        return false;
    app_companions_add(companions, input->path);
    return true;
}

static enum tn_status collect_walk(struct app_inputs *inputs, struct app_walk *walk, bool *found,
                                   struct app_companions *companions, struct tn_error *err)
{
    for (;;) {
        struct app_input input;

        TN_TRY(app_walk_next(walk, &input, err));
        if (!input.path)
            return TN_OK;
        if (is_other(&input, companions)) {
            free(input.path);
            continue;
        }
        found[input.root] = true;
        TN_TRY(append_path(inputs, input.path, err));
    }
}

enum tn_status app_inputs_collect(struct app_inputs *inputs, char *const *operands, size_t count,
                                  struct tn_error *err)
{
    const struct app_walk_options options = {.operands = operands, .operand_count = count};
    bool *found = calloc(count + 1, sizeof *found);
    struct app_companions companions = {0};
    struct app_walk *walk = NULL;
    enum tn_status status;

    if (!found)
        return tn_fail_nomem(err, count + 1);
    status = app_walk_create(&options, app_inputs_problem, &inputs->failed, &walk, err);
    if (status == TN_OK)
        status = collect_walk(inputs, walk, found, &companions, err);
    if (status == TN_OK)
        inputs->failed += app_inputs_barren(operands, count, found, walk);
    app_companions_report(&companions);
    app_companions_finish(&companions);
    app_walk_destroy(walk);
    free(found);
    return status;
}

void app_inputs_finish(struct app_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        free(inputs->paths[i]);
    free(inputs->paths);
    *inputs = (struct app_inputs){0};
}

static int check_excluded(const char *command, const struct app_walk_options *inputs)
{
    for (size_t i = 0; i < inputs->excluded.count; i++) {
        const char *pattern = inputs->excluded.items[i];
        const char *fault = tn_pattern_fault(pattern, inputs->operands, inputs->operand_count);

        if (fault)
            return app_usage_error(command, "--exclude %s: %s", pattern, fault);
    }
    return APP_PROCEED;
}

int app_inputs_check(const char *command, const struct app_walk_options *inputs)
{
    if (inputs->operand_count == 0 && !inputs->list)
        return app_usage_error(command, "no photo given");
    if (inputs->list_nul && !inputs->list)
        return app_usage_error(command, "--null needs --files-from");
    return check_excluded(command, inputs);
}

bool app_inputs_is_collection(const struct app_walk_options *inputs)
{
    for (size_t i = 0; i < inputs->operand_count; i++) {
        struct stat info;

        if (stat(inputs->operands[i], &info) == 0 && S_ISDIR(info.st_mode))
            return true;
    }
    return inputs->list != NULL;
}

void app_inputs_passed_over(const struct app_walk *walk)
{
    const char *first;
    const size_t foreign = app_walk_foreign(walk, &first);

    if (foreign > 0 && first)
        app_warn("passed over %zu director%s of other programs, the first: %s", foreign,
                 foreign == 1 ? "y" : "ies", first);
}

void app_inputs_idle_patterns(const struct app_walk *walk, const struct app_walk_options *inputs)
{
    for (size_t i = 0; i < inputs->excluded.count; i++)
        if (!app_walk_fitted(walk, i))
            app_warn("--exclude %s: excluded nothing", inputs->excluded.items[i]);
}
