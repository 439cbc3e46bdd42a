/* SPDX-License-Identifier: MIT */
#include "app/cli/model_path.h"

#include "app/cli/companion.h"
#include "app/paths.h"

#include <stdlib.h>
#include <string.h>

enum tn_status app_model_path(const char *given, char **ret_path, struct tn_error *err)
{
    static const struct app_companion model = {"caption.safetensors",
                                               APP_SOURCE_ROOT "/models/pretrained", APP_DATADIR,
                                               APP_FULL_DATADIR};
    const char *environment = getenv("CAPTION_MODEL");
    char found[APP_COMPANION_PATH];
    char *path;

    if (!given && environment && environment[0])
        given = environment;
    if (!given) {
        if (!app_companion_find(&model, found))
            return tn_fail(err, TN_NOTFOUND,
                           "no model: none at %s; name one with --model or CAPTION_MODEL", found);
        given = found;
    }
    path = strdup(given);
    if (!path)
        return tn_fail_nomem(err, strlen(given) + 1);
    *ret_path = path;
    return TN_OK;
}
