/* SPDX-License-Identifier: MIT */
#include "app/output/photo_file.h"

#include "app/output/same_picture.h"
#include "base/atomic_file.h"
#include "base/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
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

/* What only root may set is the system's business and not the photo's. */
static bool must_be_kept(const char *attribute)
{
    return strncmp(attribute, "security.", 9) != 0 && strncmp(attribute, "trusted.", 8) != 0;
}

static bool copy_attribute(const char *photo, int to, const char *attribute)
{
    const ssize_t size = getxattr(photo, attribute, NULL, 0);
    char *value = size >= 0 ? malloc((size_t)size + 1) : NULL;
    const bool copied = value && getxattr(photo, attribute, value, (size_t)size) == size &&
                        fsetxattr(to, attribute, value, (size_t)size, 0) == 0;

    free(value);
    return copied || !must_be_kept(attribute);
}

static bool copy_attributes(const char *photo, int to)
{
    const ssize_t size = listxattr(photo, NULL, 0);
    char *names;
    bool copied;

    if (size <= 0)
        return size == 0 || errno == ENOTSUP;
    names = malloc((size_t)size + 1);
    if (!names)
        return false;
    copied = listxattr(photo, names, (size_t)size) == size;
    names[size] = '\0';
    for (const char *name = names; copied && name < names + size; name += strlen(name) + 1)
        copied = copy_attribute(photo, to, name);
    free(names);
    return copied;
}

enum tn_status app_keep_attributes(int file, const char *path, const struct stat *info,
                                   struct tn_error *err)
{
    if (fchown(file, info->st_uid, info->st_gid) != 0)
        errno = 0; /* another owner's file, and not root */
    if (!copy_attributes(path, file) || fchmod(file, info->st_mode & 07777) != 0)
        return tn_fail(err, TN_IO, "%s: cannot write: its attributes cannot be kept: %s", path,
                       strerror(errno));
    return TN_OK;
}

/* Fills the new file and makes it look as old as the photo. */
static enum tn_status fill_photo(FILE *stream, const char *photo, const struct stat *info,
                                 const char *bytes, size_t size, struct tn_error *err)
{
    const struct timespec times[] = {info->st_atim, info->st_mtim};

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
