/* SPDX-License-Identifier: MIT */
#include "app/output/undo_files.h"

#include "app/output/photo_file.h"
#include "app/output/sidecar.h"
#include "app/output/sidecar_file.h"
#include "app/output/sidecar_find.h"
#include "image/image.h"
#include "metadata/metadata.h"

#include <stdlib.h>

/* ---- Photos ---- */

static enum tn_status write_undone(const struct app_undo *undo, const struct app_photo_file *photo,
                                   const char *bytes, size_t size, struct tn_error *err)
{
    TN_TRY(undo->dry ? app_photo_check(photo, bytes, size, err)
                     : app_photo_replace(photo, bytes, size, err));
    undo->on_change(undo->context, photo->path, false);
    return TN_OK;
}

/* What has no place for a caption has none. */
static enum tn_status undo_read(const struct app_undo *undo, const struct app_photo_file *photo,
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

static enum tn_status undo_in_photo(const struct app_undo *undo, const char *path,
                                    enum app_undone *ret_undone, struct tn_error *err)
{
    struct app_photo_file photo;
    enum tn_status status;

    TN_TRY(app_photo_read(path, &photo, err));
    status = undo_read(undo, &photo, ret_undone, err);
    app_photo_finish(&photo);
    return status;
}

/* ---- XMP files ---- */

/* bytes[size] is what the file is to become. */
static enum tn_status put_undone(const struct app_undo *undo, const char *path,
                                 const struct stat *info, const char *bytes, size_t size,
                                 struct tn_error *err)
{
    if (undo->dry)
        TN_TRY(app_sidecar_check(undo->paths, path, err));
    else if (size > 0)
        TN_TRY(app_sidecar_replace(undo->paths, path, info, bytes, size, err));
    else
        TN_TRY(app_sidecar_remove(undo->paths, path, info, err));
    undo->on_change(undo->context, path, size == 0);
    return TN_OK;
}

static enum tn_status undo_once(const struct app_undo *undo, const char *path,
                                enum app_undone *ret_undone, struct tn_error *err)
{
    char *old, *bytes = NULL;
    struct stat info;
    size_t old_size, size;
    enum tn_status status =
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

static enum tn_status undo_in_xmp(const struct app_undo *undo, const char *path,
                                  enum app_undone *ret_undone, struct tn_error *err)
{
    enum tn_status status = undo_once(undo, path, ret_undone, err);

    for (int i = 1; status == TN_NOTFOUND && i < APP_SIDECAR_TRIES; i++)
        status = undo_once(undo, path, ret_undone, err);
    return status;
}

/* ---- Both ---- */

typedef enum tn_status undo_fn(const struct app_undo *undo, const char *path,
                               enum app_undone *ret_undone, struct tn_error *err);

static enum app_undone try_to_undo(const struct app_undo *undo, undo_fn *function, const char *path)
{
    enum app_undone undone = APP_NOTHING_OURS;
    struct tn_error err;

    if (function(undo, path, &undone, &err) == TN_OK)
        return undone;
    undo->on_failure(undo->context, path, err.text);
    return APP_UNDO_FAILED;
}

static enum app_undone later(enum app_undone a, enum app_undone b)
{
    return a > b ? a : b;
}

static enum app_undone undo_sidecars(const struct app_undo *undo, const char *photo)
{
    enum app_undone undone;
    struct app_sidecar_found found;
    struct tn_error err;

    if (app_sidecar_find(undo->paths, &app_sidecar_xmp, APP_SIDECAR_FULL, photo, &found, &err) !=
        TN_OK) {
        undo->on_failure(undo->context, photo, err.text);
        return APP_UNDO_FAILED;
    }
    undone = try_to_undo(undo, undo_in_xmp, found.path);
    if (found.other)
        undone = later(undone, try_to_undo(undo, undo_in_xmp, found.other));
    app_sidecar_found_finish(&found);
    return undone;
}

enum app_undone app_undo_photo(const struct app_undo *undo, const char *photo)
{
    const enum app_undone inside = try_to_undo(undo, undo_in_photo, photo);

    return later(inside, undo_sidecars(undo, photo));
}

enum app_undone app_undo_xmp(const struct app_undo *undo, const char *path)
{
    return try_to_undo(undo, undo_in_xmp, path);
}
