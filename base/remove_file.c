/* SPDX-License-Identifier: MIT */
#include "base/remove_file.h"

#include "base/path.h"
#include "base/standing_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum tn_status cannot_remove(const char *path, int reason, struct tn_error *err)
{
    const enum tn_status status = reason == ENOMEM   ? TN_NOMEM
                                  : reason == ENOENT ? TN_NOTFOUND
                                                     : TN_IO;

    return tn_fail(err, status, "%s: cannot be removed: %s", path, strerror(reason));
}

/* The look comes as late as can be, and no other writer of this kind between it and the removal. */
static enum tn_status remove_if(int folder, const char *name, const char *path,
                                const struct stat *expected, struct tn_error *err)
{
    const int lock = tn_folder_lock(folder);
    enum tn_status status = TN_OK;

    if (!tn_standing_is(folder, name, expected))
        status = tn_fail(err, TN_NOTFOUND, "%s: somebody changed it meanwhile; it is left as it is",
                         path);
    else if (unlinkat(folder, name, 0) != 0)
        status = cannot_remove(path, errno, err);
    if (lock >= 0)
        close(lock);
    if (status == TN_OK)
        tn_folder_sync(folder);
    return status;
}

static enum tn_status remove_named(int folder, const char *name, const char *path,
                                   const struct stat *expected, struct tn_error *err)
{
    struct stat info;
    mode_t mode;

    TN_TRY(tn_standing_look(path, fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW), &info, &mode,
                            err));
    TN_TRY(tn_standing_check_writable(folder, name, mode, path, err));
    return remove_if(folder, name, path, expected, err);
}

enum tn_status tn_remove_file_in(int folder, const char *path, const struct stat *expected,
                                 struct tn_error *err)
{
    return remove_named(folder, tn_path_name(path), path, expected, err);
}

/* A link that leads nowhere. */
static bool is_dangling(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0 && S_ISLNK(info.st_mode) && stat(path, &info) != 0;
}

enum tn_status tn_remove_file(const char *path, const struct stat *expected, struct tn_error *err)
{
    char *resolved = realpath(path, NULL);
    enum tn_status status;
    int folder;

    if (!resolved)
        return cannot_remove(path, errno, err);
    folder = tn_folder_open_of(resolved);
    if (folder < 0) {
        status = cannot_remove(path, errno, err);
    } else {
        status = remove_named(folder, tn_path_name(resolved), path, expected, err);
        close(folder);
    }
    free(resolved);
    if (status == TN_OK && is_dangling(path))
        (void)unlink(path);
    return status;
}
