/* SPDX-License-Identifier: MIT */
#include "app/search/excluded.h"

#include "base/array.h"
#include "base/name_pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool any_fits(const struct app_list *patterns, const char *name, const char *below,
                     bool is_folder)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (tn_pattern_fits(patterns->items[i], name, below, is_folder))
            return true;
    return false;
}

enum tn_status app_excluded_fits(const struct app_excluded *excluded, const char *folder,
                                 const char *path, size_t length, bool *ret_fits,
                                 struct tn_error *err)
{
    const size_t root = strlen(folder);
    const bool slash = root > 0 && folder[root - 1] == '/';
    bool fits = false;
    char *name, *below;

    *ret_fits = false;
    if (!excluded->patterns || excluded->patterns->count == 0)
        return TN_OK;
    if (asprintf(&name, "%s%s%.*s", folder, slash ? "" : "/", (int)length, path) < 0)
        return tn_fail_nomem(err, root + length);
    below = name + root + !slash;
    for (char *end = below; !fits && (end = strchr(end, '/')) != NULL; *end++ = '/') {
        *end = '\0';
        fits = any_fits(excluded->patterns, name, below, true);
    }
    *ret_fits = fits || any_fits(excluded->patterns, name, below, false);
    free(name);
    return TN_OK;
}

enum tn_status app_excluded_add(struct app_excluded *excluded, int64_t id, struct tn_error *err)
{
    TN_TRY(tn_array_reserve(&excluded->ids, &excluded->capacity, excluded->count + 1, err));
    excluded->ids[excluded->count++] = id;
    return TN_OK;
}

static int by_id(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

bool app_excluded_has(const struct app_excluded *excluded, int64_t id)
{
    return excluded->count > 0 &&
           bsearch(&id, excluded->ids, excluded->count, sizeof id, by_id) != NULL;
}

void app_excluded_clear(struct app_excluded *excluded)
{
    free(excluded->ids);
    *excluded = (struct app_excluded){.patterns = excluded->patterns};
}
