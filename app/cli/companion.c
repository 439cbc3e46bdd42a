/* SPDX-License-Identifier: MIT */
#include "app/cli/companion.h"

#include "app/cli/commands.h"
#include "app/cli/photo_load.h"
#include "base/path.h"
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

static bool is_photo_there(const char *path)
{
    return tn_path_exists(path) && image_is_photo(path);
}

/* Whether the beginning of the path is a photo's name, or its stem. */
static bool has_photo(const char *path, size_t length)
{
    char *beginning = strndup(path, length);
    char *photo = beginning ? app_photo_of_stem(path, length, image_extensions) : NULL;
    const bool has = (photo && is_photo_there(photo)) ||
                     (beginning && image_is_picture_name(beginning) && is_photo_there(beginning));

    free(photo);
    free(beginning);
    return has;
}

/* Google's telephones write PXL_1.MP beside PXL_1.MP.jpg, so that the whole name is a stem, too. */
bool app_is_beside_photo(const char *path)
{
    const size_t name = tn_path_folder_length(path);
    bool has = false;

    for (size_t length = strlen(path); length > name && !has; length--)
        has = (path[length] == '\0' || path[length] == '.') && has_photo(path, length);
    return has;
}

bool app_is_companion(const char *path)
{
    return tn_path_extension(path)[0] && !image_is_picture_name(path) && tn_path_exists(path) &&
           !image_is_photo(path) && app_is_beside_photo(path);
}

void app_companions_add(struct app_companions *companions, const char *path)
{
    if (companions->count++ == 0)
        companions->first = strdup(path);
}

void app_companions_report(const struct app_companions *companions)
{
    if (companions->count == 0)
        return;
    app_warn("passed over %zu file%s, the first: %s", companions->count,
             companions->count == 1 ? " that belongs to a photo beside it"
                                    : "s that belong to photos beside them",
             companions->first ? companions->first : "");
}

void app_companions_finish(struct app_companions *companions)
{
    free(companions->first);
    *companions = (struct app_companions){0};
}
