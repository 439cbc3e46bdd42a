/* SPDX-License-Identifier: MIT */
#include "app/output/sidecar_file.h"

#include "base/atomic_file.h"
#include "base/path.h"
#include "base/platform/platform.h"
#include "base/read_file.h"
#include "base/remove_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum tn_status no_folder(const char *path, int folder, const char *name,
                                struct tn_error *err)
{
    const int reason = errno;
    struct stat info;

    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode))
        return tn_fail(err, TN_IO,
                       "%s: '%s' is a symbolic link, and below --sidecar-dir none is followed",
                       path, name);
    return tn_fail(err, reason == ENOENT ? TN_NOTFOUND : TN_IO, "%s: its folder cannot be %s: %s",
                   path, reason == ENOENT ? "found" : "opened", strerror(reason));
}

/* Goes from *folder, which is closed, to the folder `name` in it; on failure *folder is -1. */
static enum tn_status step_into_folder(int *folder, const char *name, bool make, const char *path,
                                       struct tn_error *err)
{
    const int above = *folder;
    enum tn_status status = TN_OK;

    *folder = tn_platform_open_folder(above, name, false);
    if (*folder < 0 && errno == ENOENT && make) {
        if (mkdirat(above, name, 0777) == 0 || errno == EEXIST)
            *folder = tn_platform_open_folder(above, name, false);
    }
    if (*folder < 0)
        status = no_folder(path, above, name, err);
    close(above);
    return status;
}

/* Opens the directory, which path begins with. */
static enum tn_status open_directory(const char *directory, bool make, const char *path,
                                     int *ret_folder, struct tn_error *err)
{
    if (make)
        TN_TRY(app_make_folders(directory, err));
    *ret_folder = tn_platform_open_folder(AT_FDCWD, directory, true);
    return *ret_folder >= 0 ? TN_OK : no_folder(path, AT_FDCWD, "", err);
}

/* Opens the folder of path, which is below the directory; the caller closes it. */
static enum tn_status open_folder(const char *directory, bool make, const char *path,
                                  int *ret_folder, struct tn_error *err)
{
    char *copy = strdup(path), *name;
    enum tn_status status;
    int folder = -1;

    if (!copy)
        return tn_fail_nomem(err, strlen(path) + 1);
    status = open_directory(directory, make, path, &folder, err);
    name = copy + strlen(directory);
    for (char *slash = strchr(name, '/'); slash && status == TN_OK; slash = strchr(name, '/')) {
        *slash = '\0';
        if (name[0] != '\0')
            status = step_into_folder(&folder, name, make, path, err);
        name = slash + 1;
    }
    free(copy);
    if (status == TN_OK)
        *ret_folder = folder;
    return status;
}

enum tn_status app_sidecar_read(const struct app_sidecar_paths *paths, const char *path,
                                size_t limit, char **ret_bytes, size_t *ret_size,
                                struct stat *ret_info, struct tn_error *err)
{
    const char *directory = app_sidecar_directory(paths);
    enum tn_status status;
    int folder;

    memset(ret_info, 0, sizeof *ret_info);
    if (!directory) {
        (void)stat(path, ret_info);
        return tn_read_file(path, limit, ret_bytes, ret_size, err);
    }
    TN_TRY(open_folder(directory, false, path, &folder, err));
    (void)fstatat(folder, tn_path_name(path), ret_info, AT_SYMLINK_NOFOLLOW);
    status = tn_read_file_in(folder, path, limit, ret_bytes, ret_size, err);
    close(folder);
    return status;
}

bool app_sidecar_is_there(const struct app_sidecar_paths *paths, const char *path)
{
    const char *directory = app_sidecar_directory(paths);
    struct stat info;
    int folder;
    bool there;

    if (!directory)
        return stat(path, &info) == 0 && S_ISREG(info.st_mode);
    if (open_folder(directory, false, path, &folder, NULL) != TN_OK)
        return false;
    there = fstatat(folder, tn_path_name(path), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            (S_ISREG(info.st_mode) || S_ISLNK(info.st_mode));
    close(folder);
    return there;
}

static enum tn_status open_sidecar(const struct app_sidecar_paths *paths, const char *path,
                                   struct tn_atomic_file *file, struct tn_error *err)
{
    const char *directory = app_sidecar_directory(paths);
    enum tn_status status;
    int folder;

    if (!directory)
        return tn_atomic_open(file, path, err);
    TN_TRY(open_folder(directory, true, path, &folder, err));
    status = tn_atomic_open_in(file, folder, path, err);
    close(folder);
    return status;
}

enum tn_status app_sidecar_replace(const struct app_sidecar_paths *paths, const char *path,
                                   const struct stat *expected, const char *bytes, size_t size,
                                   struct tn_error *err)
{
    struct tn_atomic_file file;

    TN_TRY(open_sidecar(paths, path, &file, err));
    fwrite(bytes, 1, size, file.stream);
    return tn_atomic_commit_over(&file, expected, err);
}

enum tn_status app_sidecar_remove(const struct app_sidecar_paths *paths, const char *path,
                                  const struct stat *expected, struct tn_error *err)
{
    const char *directory = app_sidecar_directory(paths);
    enum tn_status status;
    int folder;

    if (!directory)
        return tn_remove_file(path, expected, err);
    TN_TRY(open_folder(directory, false, path, &folder, err));
    status = tn_remove_file_in(folder, path, expected, err);
    close(folder);
    return status;
}

enum tn_status app_sidecar_check(const struct app_sidecar_paths *paths, const char *path,
                                 struct tn_error *err)
{
    struct tn_atomic_file file;

    TN_TRY(open_sidecar(paths, path, &file, err));
    tn_atomic_abandon(&file);
    return TN_OK;
}
