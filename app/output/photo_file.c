/* SPDX-License-Identifier: MIT */
#include "app/output/photo_file.h"

#include "app/output/same_picture.h"
#include "base/atomic_file.h"
#include "base/platform/platform.h"
#include "base/read_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGEST ((size_t)1 << 31) /* bytes of a photo */

enum tn_status app_photo_read(const char *path, struct app_photo_file *ret_photo,
                              struct tn_error *err)
{
    struct app_photo_file photo = {.path = path};

    if (stat(path, &photo.info) != 0)
        return tn_fail(err, TN_IO, "%s: %s", path, strerror(errno));
    TN_TRY(tn_read_file(path, LARGEST, &photo.bytes, &photo.size, err));
    *ret_photo = photo;
    return TN_OK;
}

void app_photo_finish(struct app_photo_file *photo)
{
    free(photo->bytes);
    *photo = (struct app_photo_file){0};
}

enum tn_status app_keep_attributes(int file, const char *path, const struct stat *info,
                                   struct tn_error *err)
{
    if (fchown(file, info->st_uid, info->st_gid) != 0)
        errno = 0; /* another owner's file, and not root */
    if (!tn_platform_copy_attributes(path, file) || fchmod(file, info->st_mode & 07777) != 0)
        return tn_fail(err, TN_IO, "%s: cannot write: its attributes cannot be kept: %s", path,
                       strerror(errno));
    return TN_OK;
}

/* Fills the new file and makes it look as old as the photo. */
static enum tn_status fill_photo(FILE *stream, const char *photo, const struct stat *info,
                                 const char *bytes, size_t size, struct tn_error *err)
{
    const struct timespec times[] = {tn_platform_accessed(info), tn_platform_modified(info)};

    if (fwrite(bytes, 1, size, stream) != size || fflush(stream) != 0)
        return tn_fail(err, TN_IO, "%s: cannot write: %s", photo, strerror(errno));
    TN_TRY(app_keep_attributes(fileno(stream), photo, info, err));
    if (futimens(fileno(stream), times) != 0)
        return tn_fail(err, TN_IO, "%s: cannot write: its times cannot be kept: %s", photo,
                       strerror(errno));
    return TN_OK;
}

enum tn_status app_photo_check(const struct app_photo_file *photo, const char *bytes, size_t size,
                               struct tn_error *err)
{
    if ((photo->info.st_mode & 0222) == 0 || (access(photo->path, W_OK) != 0 && errno != ENOENT))
        return tn_fail(err, TN_IO, "%s: cannot write: the photo is read-only", photo->path);
    if (!app_same_picture(photo->path, photo->bytes, photo->size, bytes, size))
        return tn_fail(err, TN_FORMAT, "%s: writing would change the picture; it is left as it is",
                       photo->path);
    return TN_OK;
}

enum tn_status app_photo_replace(const struct app_photo_file *photo, const char *bytes, size_t size,
                                 struct tn_error *err)
{
    struct tn_atomic_file file;
    enum tn_status status;

    TN_TRY(app_photo_check(photo, bytes, size, err));
    TN_TRY(tn_atomic_open(&file, photo->path, err));
    status = fill_photo(file.stream, photo->path, &photo->info, bytes, size, err);
    if (status == TN_OK)
        return tn_atomic_commit_over(&file, &photo->info, err);
    tn_atomic_abandon(&file);
    return status;
}
