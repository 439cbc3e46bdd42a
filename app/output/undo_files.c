/* SPDX-License-Identifier: MIT */
#include "app/output/undo_files.h"

#include "app/output/photo_file.h"
#include "app/output/sidecar.h"
#include "app/output/sidecar_file.h"
#include "app/output/sidecar_find.h"
#include "base/path.h"
#include "image/image.h"
#include "metadata/metadata.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- What was undone ---- */

/* The path without symbolic links; of a file that is gone, that of its folder with its name. */
static char *real_path(const char *path)
{
    char *real = realpath(path, NULL), *folder, *place;

    if (real)
        return real;
    folder = tn_path_folder(path);
    place = folder ? realpath(folder, NULL) : NULL;
    if (place)
        real = tn_path_join(place, tn_path_name(path));
    free(place);
    free(folder);
    return real;
}

/* Where a symbolic link leads to; NULL: it is none. */
static char *target_of(const char *name)
{
    char target[PATH_MAX];
    const ssize_t length = readlink(name, target, sizeof target - 1);
    char *folder, *path;

    if (length <= 0)
        return NULL;
    target[length] = '\0';
    folder = tn_path_folder(name);
    path = folder ? tn_path_join(folder, target) : NULL;
    free(folder);
    return path;
}

bool app_undo_knows(const struct app_undo *undo, const char *path)
{
    char *target = tn_path_exists(path) ? NULL : target_of(path); /* that was removed */
    char *real = real_path(target ? target : path);
    const bool known = real && tn_map_find(&undo->done, real, strlen(real)) != TN_MAP_NONE;

    free(target);
    free(real);
    return known;
}

/* By its real path; without memory, the file is listed twice. */
static void remember(struct app_undo *undo, const char *real)
{
    size_t index;

    if (real)
        (void)!tn_map_add(&undo->done, real, strlen(real), &index, NULL);
}

/* ---- Photos ---- */

static enum tn_status write_undone(struct app_undo *undo, const struct app_photo_file *photo,
                                   const char *bytes, size_t size, struct tn_error *err)
{
    char *real;

    TN_TRY(undo->dry ? app_photo_check(photo, bytes, size, err)
                     : app_photo_replace(photo, bytes, size, err));
    real = real_path(photo->path);
    remember(undo, real);
    free(real);
    undo->on_change(undo->context, photo->path, false);
    return TN_OK;
}

/* What has no place for a caption has none. */
static enum tn_status undo_read(struct app_undo *undo, const struct app_photo_file *photo,
                                enum app_undone *ret_undone, struct tn_error *err)
{
    const char *format = image_format((const unsigned char *)photo->bytes, photo->size);
    char *bytes = NULL;
    size_t size;
    enum tn_status status;

    if (!format && !image_is_photo(photo->path))
        return tn_fail(err, TN_FORMAT, "%s: not a photo, or in an unknown format", photo->path);
    if (!meta_format_has_place(format))
        return TN_OK;
    TN_TRY(meta_undo_photo(photo->path, format, photo->bytes, photo->size, &bytes, &size, err));
    if (!bytes)
        return TN_OK;
    status = write_undone(undo, photo, bytes, size, err);
    free(bytes);
    if (status == TN_OK)
        *ret_undone = APP_UNDONE;
    return status;
}

static enum tn_status undo_in_photo(struct app_undo *undo, const char *path,
                                    enum app_undone *ret_undone, struct tn_error *err)
{
    struct app_photo_file photo;
    enum tn_status status;

    if (undo->dry && app_undo_knows(undo, path))
        return TN_OK;
    TN_TRY(app_photo_read(path, &photo, err));
    status = undo_read(undo, &photo, ret_undone, err);
    app_photo_finish(&photo);
    return status;
}

/* ---- XMP files ---- */

/* bytes[size] is what the file is to become. */
static enum tn_status change_xmp(const struct app_undo *undo, const char *path,
                                 const struct stat *info, const char *bytes, size_t size,
                                 struct tn_error *err)
{
    if (undo->dry)
        return app_sidecar_check(undo->paths, path, err);
    if (size > 0)
        return app_sidecar_replace(undo->paths, path, info, bytes, size, err);
    return app_sidecar_remove(undo->paths, path, info, err);
}

static enum tn_status put_undone(struct app_undo *undo, const char *path, const struct stat *info,
                                 const char *bytes, size_t size, struct tn_error *err)
{
    char *real = real_path(path); /* while links still lead to the file */
    const enum tn_status status = change_xmp(undo, path, info, bytes, size, err);

    if (status == TN_OK) {
        remember(undo, real);
        undo->on_change(undo->context, path, size == 0);
    }
    free(real);
    return status;
}

static enum tn_status undo_in_xmp(struct app_undo *undo, const char *path,
                                  enum app_undone *ret_undone, struct tn_error *err)
{
    char *old, *bytes = NULL;
    struct stat info;
    size_t old_size, size;
    enum tn_status status;

    if (undo->dry && app_undo_knows(undo, path))
        return TN_OK;
    status =
        app_sidecar_read(undo->paths, path, app_sidecar_xmp.largest, &old, &old_size, &info, err);
    if (status == TN_NOTFOUND)
        return TN_OK;
    TN_TRY(status);
    status = meta_undo_xmp(path, old, old_size, &bytes, &size, err);
    free(old);
    if (status != TN_OK || !bytes)
        return status;
    status = put_undone(undo, path, &info, bytes, size, err);
    free(bytes);
    if (status == TN_OK)
        *ret_undone = APP_UNDONE;
    return status;
}

/* ---- Both ---- */

typedef enum tn_status undo_fn(struct app_undo *undo, const char *path, enum app_undone *ret_undone,
                               struct tn_error *err);

/* What somebody changes meanwhile, such as another undo, is read again. */
static enum tn_status undo_stubbornly(struct app_undo *undo, undo_fn *function, const char *path,
                                      enum app_undone *ret_undone, struct tn_error *err)
{
    enum tn_status status = function(undo, path, ret_undone, err);

    for (int i = 1; status == TN_NOTFOUND && i < APP_SIDECAR_TRIES; i++)
        status = function(undo, path, ret_undone, err);
    return status;
}

static enum app_undone try_to_undo(struct app_undo *undo, undo_fn *function, const char *path)
{
    enum app_undone undone = APP_NOTHING_OURS;
    struct tn_error err;

    if (undo_stubbornly(undo, function, path, &undone, &err) == TN_OK)
        return undone;
    undo->on_failure(undo->context, path, err.text);
    return APP_UNDO_FAILED;
}

static enum app_undone later(enum app_undone a, enum app_undone b)
{
    return a > b ? a : b;
}

static enum app_undone undo_sidecars(struct app_undo *undo, const char *photo)
{
    enum app_undone undone;
    struct app_sidecar_found found;
    struct tn_error err;
    const enum tn_status status =
        app_sidecar_find(undo->paths, &app_sidecar_xmp, APP_SIDECAR_FULL, photo, &found, &err);

    if (status == TN_RANGE) /* none can be there, as where its name would be too long */
        return APP_NOTHING_OURS;
    if (status != TN_OK) {
        undo->on_failure(undo->context, photo, err.text);
        return APP_UNDO_FAILED;
    }
    undone = try_to_undo(undo, undo_in_xmp, found.path);
    if (found.other)
        undone = later(undone, try_to_undo(undo, undo_in_xmp, found.other));
    app_sidecar_found_finish(&found);
    return undone;
}

enum app_undone app_undo_photo(struct app_undo *undo, const char *photo)
{
    const enum app_undone inside = try_to_undo(undo, undo_in_photo, photo);

    return later(inside, undo_sidecars(undo, photo));
}

enum app_undone app_undo_xmp(struct app_undo *undo, const char *path)
{
    return try_to_undo(undo, undo_in_xmp, path);
}

/* Whether the sidecar of that name was undone, and is the photo's. */
static bool knows_sidecar(const struct app_undo *undo, const char *photo,
                          enum app_sidecar_name name)
{
    bool owns = true, known;
    char *path;

    if (app_sidecar_path(undo->paths, photo, app_sidecar_xmp.extension, name, &path, NULL) != TN_OK)
        return false;
    known = app_undo_knows(undo, path);
    free(path);
    if (known && name == APP_SIDECAR_STEM &&
        app_sidecar_owns_stem(undo->paths, photo, app_sidecar_xmp.order, &owns, NULL) != TN_OK)
        return false;
    return known && owns;
}

bool app_undo_knows_sidecar(const struct app_undo *undo, const char *photo)
{
    return knows_sidecar(undo, photo, APP_SIDECAR_FULL) ||
           knows_sidecar(undo, photo, APP_SIDECAR_STEM);
}

void app_undo_finish(struct app_undo *undo)
{
    tn_map_finish(&undo->done);
}

/* ---- For what writes captions ---- */

static void pass_over_change(void *context, const char *path, bool removed)
{
    (void)context;
    (void)path;
    (void)removed;
}

enum tn_status app_clear_photo(const char *photo, struct tn_error *err)
{
    struct app_undo undo = {.on_change = pass_over_change};
    enum app_undone undone;
    const enum tn_status status = undo_stubbornly(&undo, undo_in_photo, photo, &undone, err);

    app_undo_finish(&undo);
    return status;
}

enum tn_status app_clear_sidecars(struct app_sidecar_paths *paths, const char *photo,
                                  struct tn_error *err)
{
    struct app_undo undo = {.paths = paths, .on_change = pass_over_change};
    struct app_sidecar_found found;
    enum app_undone undone;
    enum tn_status status;

    status = app_sidecar_find(paths, &app_sidecar_xmp, APP_SIDECAR_FULL, photo, &found, err);
    if (status != TN_OK)
        return status == TN_RANGE ? TN_OK : status; /* as in undo_sidecars */
    status = undo_stubbornly(&undo, undo_in_xmp, found.path, &undone, err);
    if (status == TN_OK && found.other)
        status = undo_stubbornly(&undo, undo_in_xmp, found.other, &undone, err);
    app_sidecar_found_finish(&found);
    app_undo_finish(&undo);
    return status;
}
