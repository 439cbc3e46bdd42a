/* SPDX-License-Identifier: MIT */
#include "app/output/sidecar_find.h"

#include "app/output/sidecar_file.h"
#include "base/path.h"
#include "image/image.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Whether the text, up to its first byte that is no letter or digit, is the photo's extension. */
static bool is_extension_of(const char *text, const char *photo)
{
    const char *extension = tn_path_extension(photo);
    const size_t length = strlen(extension);

    return length > 0 && strncasecmp(text, extension + 1, length - 1) == 0 &&
           !isalnum((unsigned char)text[length - 1]);
}

/* What the file at path states of the photo that it belongs to; false: nothing. */
static bool states_owner(const struct app_sidecar_paths *paths, const struct app_sidecar_kind *kind,
                         const char *path, const char *photo, bool *ret_owns)
{
    const char *stated;
    struct stat info;
    size_t size;
    char *bytes;

    if (!kind->photo_extension ||
        app_sidecar_read(paths, path, kind->largest, &bytes, &size, &info, NULL) != TN_OK)
        return false;
    stated = kind->photo_extension(bytes, size);
    if (stated)
        *ret_owns = is_extension_of(stated, photo);
    free(bytes);
    return stated != NULL;
}

/* A name that the sidecar may have. */
struct candidate {
    char *path; /* owned; NULL: there cannot be one, as `why` says */
    enum tn_status status;
    struct tn_error why;
    bool there;
    bool taken; /* a photo is called so, which is no sidecar */
};

static void refuse_photo(struct candidate *candidate)
{
    candidate->status =
        tn_fail(&candidate->why, TN_RANGE, "%s: is a photo, and no sidecar", candidate->path);
    free(candidate->path);
    *candidate =
        (struct candidate){.status = candidate->status, .why = candidate->why, .taken = true};
}

static void look_for(const struct app_sidecar_paths *paths, const char *extension,
                     enum app_sidecar_name name, const char *photo, struct candidate *candidate)
{
    *candidate = (struct candidate){.path = NULL};
    candidate->status =
        app_sidecar_path(paths, photo, extension, name, &candidate->path, &candidate->why);
    candidate->there = candidate->path && app_sidecar_is_there(paths, candidate->path);
    if (candidate->there && !app_sidecar_directory(paths) && image_is_photo(candidate->path) &&
        access(candidate->path, R_OK) == 0) /* what cannot be read counts as a photo */
        refuse_photo(candidate);
}

/* Some programs write IMG_1.XMP beside IMG_1.CR2. */
static void look_up(const struct app_sidecar_paths *paths, const struct app_sidecar_kind *kind,
                    enum app_sidecar_name name, const char *photo, struct candidate *candidate)
{
    struct candidate in_capitals;
    char extension[16];
    size_t i = 0;

    look_for(paths, kind->extension, name, photo, candidate);
    if (candidate->there)
        return;
    do
        extension[i] = (char)toupper((unsigned char)kind->extension[i]);
    while (kind->extension[i++]);
    look_for(paths, extension, name, photo, &in_capitals);
    free(in_capitals.there ? candidate->path : in_capitals.path);
    if (in_capitals.there)
        *candidate = in_capitals;
}

/* Whether the sidecar by the photo's stem is the photo's.  It is not the photo itself. */
static enum tn_status find_owner(struct app_sidecar_paths *paths,
                                 const struct app_sidecar_kind *kind, const struct candidate *stem,
                                 const char *photo, bool *ret_owns, struct tn_error *err)
{
    const char *extension = tn_path_extension(photo);

    *ret_owns = false;
    if (extension[0] == '\0' || strcasecmp(extension, kind->extension) == 0)
        return TN_OK;
    if (stem->there && states_owner(paths, kind, stem->path, photo, ret_owns))
        return TN_OK;
    return app_sidecar_owns_stem(paths, photo, kind->order, ret_owns, err);
}

enum tn_status app_sidecar_find(struct app_sidecar_paths *paths,
                                const struct app_sidecar_kind *kind, enum app_sidecar_name wanted,
                                const char *photo, struct app_sidecar_found *ret_found,
                                struct tn_error *err)
{
    struct candidate full, stem, *chosen = &full, *rest = &stem;
    enum tn_status status = TN_OK;
    bool owns = false;

    look_up(paths, kind, APP_SIDECAR_FULL, photo, &full);
    look_up(paths, kind, APP_SIDECAR_STEM, photo, &stem);
    if (stem.there || full.taken || wanted == APP_SIDECAR_STEM)
        status = find_owner(paths, kind, &stem, photo, &owns, err);
    owns &= !stem.taken;
    if (owns &&
        (full.taken || (stem.there == full.there ? wanted == APP_SIDECAR_STEM : stem.there))) {
        chosen = &stem;
        rest = &full;
    }
    if (status == TN_OK && chosen->status != TN_OK)
        status = tn_fail(err, chosen->status, "%s", chosen->why.text);
    if (status != TN_OK) {
        free(full.path);
        free(stem.path);
        return status;
    }
    if (!rest->there || !owns) {
        free(rest->path);
        rest->path = NULL;
    }
    *ret_found = (struct app_sidecar_found){.path = chosen->path, .other = rest->path};
    return TN_OK;
}

void app_sidecar_found_finish(struct app_sidecar_found *found)
{
    free(found->path);
    free(found->other);
    *found = (struct app_sidecar_found){0};
}
