/* SPDX-License-Identifier: MIT */
#include "app/output/sidecar_path.h"

#include "base/array.h"
#include "base/path.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A folder that inputs lie in. */
struct root {
    char *text;  /* as it was given, with a slash at its end; "" for the current folder */
    char *place; /* its absolute path without links, with a slash at its end */
};

struct app_sidecar_paths {
    char *directory; /* with a slash at its end; NULL: beside the photos */
    struct root *roots;
    size_t count, capacity;
    char *shared; /* the place that all roots are in; "/" when they have no other */
    struct app_siblings *siblings;
    const struct app_guard *guard; /* borrowed */
};

/* text[length], with one slash at its end. */
static char *with_slash(const char *text, size_t length)
{
    char *path;

    while (length > 0 && text[length - 1] == '/')
        length--;
    return asprintf(&path, "%.*s/", (int)length, text) < 0 ? NULL : path;
}

/* The place of the folder text[length]; NULL when there is none, or no memory. */
static char *place_of_folder(const char *text, size_t length)
{
    char *folder = length > 0 ? strndup(text, length) : strdup(".");
    char *resolved = folder ? realpath(folder, NULL) : NULL;
    char *place = resolved ? with_slash(resolved, strlen(resolved)) : NULL;

    free(resolved);
    free(folder);
    return place;
}

/* Cuts the place a to the folder that b is in, too. */
static void cut_to_shared(char *a, const char *b)
{
    size_t shared = 0;

    for (size_t i = 0; a[i] != '\0' && a[i] == b[i]; i++)
        if (a[i] == '/')
            shared = i + 1;
    a[shared] = '\0';
}

/* Adds the folder text[length] unless it is the one that was added last: photos of one folder that
 * are named one by one come together. */
static enum tn_status add_root(struct app_sidecar_paths *paths, const char *text, size_t length,
                               struct tn_error *err)
{
    char *name = length > 0 ? with_slash(text, length) : strdup(""), *place;

    if (name && paths->count > 0 && strcmp(paths->roots[paths->count - 1].text, name) == 0) {
        free(name);
        return TN_OK;
    }
    place = name ? place_of_folder(text, length) : NULL;
    if (name && !place && errno != ENOMEM) { /* it is reported when its turn comes */
        free(name);
        return TN_OK;
    }
    if (!place ||
        tn_array_reserve(&paths->roots, &paths->capacity, paths->count + 1, NULL) != TN_OK) {
        free(name);
        free(place);
        return tn_fail_nomem(err, length + 2);
    }
    paths->roots[paths->count++] = (struct root){name, place};
    return TN_OK;
}

static enum tn_status add_roots(struct app_sidecar_paths *paths,
                                const struct app_walk_options *inputs, struct tn_error *err)
{
    for (size_t i = 0; i < inputs->operand_count; i++) {
        const char *operand = inputs->operands[i];
        struct stat info;
        const bool folder = stat(operand, &info) == 0 && S_ISDIR(info.st_mode);

        TN_TRY(add_root(paths, operand, folder ? strlen(operand) : tn_path_folder_length(operand),
                        err));
    }
    if (inputs->list)
        TN_TRY(add_root(paths, "", 0, err));
    paths->shared = strdup(paths->count > 0 ? paths->roots[0].place : "/");
    if (!paths->shared)
        return tn_fail_nomem(err, 2);
    for (size_t i = 1; i < paths->count; i++)
        cut_to_shared(paths->shared, paths->roots[i].place);
    return TN_OK;
}

enum tn_status app_sidecar_paths_create(const char *directory,
                                        const struct app_walk_options *inputs,
                                        const struct app_guard *guard,
                                        struct app_sidecar_paths **ret_paths, struct tn_error *err)
{
    struct app_sidecar_paths *paths = calloc(1, sizeof *paths);
    enum tn_status status;

    if (!paths)
        return tn_fail_nomem(err, sizeof *paths);
    paths->guard = guard;
    status = app_siblings_create(&paths->siblings, err);
    if (status == TN_OK && directory) {
        paths->directory = with_slash(directory, strlen(directory));
        status = paths->directory ? add_roots(paths, inputs, err) : tn_fail_nomem(err, 0);
    }
    if (status != TN_OK) {
        app_sidecar_paths_destroy(paths);
        return status;
    }
    *ret_paths = paths;
    return TN_OK;
}

void app_sidecar_paths_destroy(struct app_sidecar_paths *paths)
{
    if (!paths)
        return;
    for (size_t i = 0; i < paths->count; i++) {
        free(paths->roots[i].text);
        free(paths->roots[i].place);
    }
    free(paths->roots);
    free(paths->shared);
    free(paths->directory);
    app_siblings_destroy(paths->siblings);
    free(paths);
}

const char *app_sidecar_directory(const struct app_sidecar_paths *paths)
{
    return paths->directory;
}

/* Whether a component of the path would lead elsewhere. */
static bool has_dots(const char *path)
{
    while (*path) {
        const size_t length = strcspn(path, "/");

        if (path[0] == '.' && (length == 1 || (length == 2 && path[1] == '.')))
            return true;
        path += length;
        path += strspn(path, "/");
    }
    return false;
}

/* The root with the longest text that the photo lies below; NULL when there is none. */
static const struct root *root_of(const struct app_sidecar_paths *paths, const char *photo)
{
    const struct root *best = NULL;

    for (size_t i = 0; i < paths->count; i++) {
        const char *text = paths->roots[i].text;
        const size_t length = strlen(text);

        if (strncmp(photo, text, length) == 0 && !(length == 0 && photo[0] == '/') &&
            !has_dots(photo + length) && (!best || length > strlen(best->text)))
            best = &paths->roots[i];
    }
    return best;
}

/* The photo's absolute path, in which folders below a root keep their names. */
static char *absolute_photo_path(const struct app_sidecar_paths *paths, const char *photo)
{
    const struct root *root = root_of(paths, photo);
    const size_t folder = root ? strlen(root->text) : tn_path_folder_length(photo);
    char *place = root ? strdup(root->place) : place_of_folder(photo, folder), *path;

    photo += folder;
    if (!place || asprintf(&path, "%s%s", place, photo + strspn(photo, "/")) < 0)
        path = NULL;
    free(place);
    return path;
}

/* Where the photo would lie in the mirror, or beside itself. */
static enum tn_status mirrored_photo_path(const struct app_sidecar_paths *paths, const char *photo,
                                          char **ret_path, struct tn_error *err)
{
    char *whole, *path;
    size_t skipped;

    if (!paths->directory) {
        path = strdup(photo);
    } else {
        whole = absolute_photo_path(paths, photo);
        if (!whole)
            return tn_fail(err, errno == ENOMEM ? TN_NOMEM : TN_IO,
                           "%s: its folder cannot be found: %s", photo, strerror(errno));
        skipped = strlen(paths->shared);
        if (strncmp(whole, paths->shared, skipped) != 0)
            skipped = 1; /* its slash */
        if (asprintf(&path, "%s%s", paths->directory, whole + skipped) < 0)
            path = NULL;
        free(whole);
    }
    if (!path)
        return tn_fail_nomem(err, strlen(photo));
    *ret_path = path;
    return TN_OK;
}

enum tn_status app_sidecar_path(const struct app_sidecar_paths *paths, const char *photo,
                                const char *extension, enum app_sidecar_name name, char **ret_path,
                                struct tn_error *err)
{
    enum tn_status status;
    char *place, *path;
    int length;

    TN_TRY(mirrored_photo_path(paths, photo, &place, err));
    length = (int)(name == APP_SIDECAR_FULL ? strlen(place) : tn_path_stem_length(place));
    if (asprintf(&path, "%.*s%s", length, place, extension) < 0)
        path = NULL;
    free(place);
    if (!path)
        return tn_fail_nomem(err, strlen(photo));
    if (strlen(tn_path_name(path)) > NAME_MAX)
        status =
            tn_fail(err, TN_RANGE,
                    "%s: its sidecar's name (%s added) would be longer than the %d bytes that a "
                    "file's may be; shorten the photo's",
                    photo, extension, NAME_MAX);
    else
        status = app_guard_sidecar(paths->guard, path, err);
    if (status == TN_OK)
        *ret_path = path;
    else
        free(path);
    return status;
}

enum tn_status app_sidecar_owns_stem(struct app_sidecar_paths *paths, const char *photo,
                                     enum app_sibling_order order, bool *ret_owns,
                                     struct tn_error *err)
{
    bool before;

    TN_TRY(app_sibling_before(paths->siblings, photo, order, &before, err));
    *ret_owns = !before;
    return TN_OK;
}

enum tn_status app_make_folders(const char *path, struct tn_error *err)
{
    char *folder = strdup(path);
    enum tn_status status = TN_OK;

    if (!folder)
        return tn_fail_nomem(err, strlen(path) + 1);
    for (char *slash = strchr(folder + 1, '/'); slash && status == TN_OK;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            status =
                tn_fail(err, TN_IO, "%s: the folder cannot be made: %s", folder, strerror(errno));
        *slash = '/';
    }
    free(folder);
    return status;
}
