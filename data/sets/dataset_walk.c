/* SPDX-License-Identifier: MIT */
/* All files below a folder of photos; links to folders above are not followed. */
#include "base/folder_walk.h"
#include "data/sets/dataset_private.h"

#include <stdlib.h>
#include <string.h>

static enum tn_status visit_files(struct tn_walk *walk, const char *folder, data_visit_fn *visit,
                                  void *context, struct tn_error *err)
{
    const size_t length = strlen(folder), prefix = length + (folder[length - 1] != '/');

    TN_TRY(tn_walk_enter(walk, folder, err));
    for (;;) {
        enum tn_status status;
        char *path = NULL;

        TN_TRY(tn_walk_next(walk, &path, err));
        if (!path)
            return TN_OK;
        status = visit(context, path, path + prefix, err);
        free(path);
        TN_TRY(status);
    }
}

/* Keeps the first problem of a walk. */
static void keep_problem(void *context, const char *path, const char *reason)
{
    struct tn_error *first = context;

    if (first->status == TN_OK)
        (void)tn_fail(first, TN_IO, "%s: %s", path, reason);
}

enum tn_status data_visit_files(const char *folder, data_visit_fn *visit, void *context,
                                struct tn_error *err)
{
    struct tn_error problem = {.status = TN_OK};
    struct tn_walk walk = {.problem = keep_problem, .context = &problem};
    enum tn_status status = visit_files(&walk, folder, visit, context, err);

    if (status == TN_OK && problem.status != TN_OK)
        status = tn_fail(err, problem.status, "%s", problem.text);
    tn_walk_finish(&walk);
    return status;
}
