/* SPDX-License-Identifier: MIT */
#include "base/standing_private.h"

#include "base/path.h"
#include "base/platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds to wait for another writer of a folder. */
enum { LOCK_TRIES = 200 };

enum tn_status tn_standing_cannot_write(const char *path, int reason, struct tn_error *err)
{
    return tn_fail(err, reason == ENOMEM ? TN_NOMEM : TN_IO, "%s: cannot write: %s", path,
                   strerror(reason));
}

enum tn_status tn_standing_look(const char *path, int result, const struct stat *info,
                                mode_t *ret_mode, struct tn_error *err)
{
    *ret_mode = 0;
    if (result != 0)
        return errno == ENOENT ? TN_OK : tn_standing_cannot_write(path, errno, err);
    if (!S_ISREG(info->st_mode))
        return tn_fail(err, TN_IO, "%s: cannot write: %s", path,
                       S_ISDIR(info->st_mode)   ? "it is a directory"
                       : S_ISLNK(info->st_mode) ? "it is a symbolic link"
                                                : "not a regular file");
    *ret_mode = info->st_mode;
    return TN_OK;
}

enum tn_status tn_standing_check_writable(int folder, const char *name, mode_t mode,
                                          const char *path, struct tn_error *err)
{
    if (mode != 0 &&
        ((mode & 0222) == 0 || (faccessat(folder, name, W_OK, 0) != 0 && errno != ENOENT)))
        return tn_fail(err, TN_IO, "%s: cannot write: the file is read-only", path);
    return TN_OK;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool tn_standing_is(int folder, const char *name, const struct stat *expected)
{
    struct stat now;

    if (fstatat(folder, name, &now, 0) != 0)
        return errno == ENOENT && expected->st_nlink == 0;
    return now.st_dev == expected->st_dev && now.st_ino == expected->st_ino &&
           now.st_size == expected->st_size &&
           same_time(tn_platform_modified(&now), tn_platform_modified(expected)) &&
           same_time(tn_platform_changed(&now), tn_platform_changed(expected));
}

int tn_folder_open_of(const char *path)
{
    char *folder = tn_path_folder(path);
    const int fd = folder ? tn_platform_open_folder(AT_FDCWD, folder, true) : -1;
    const int reason = errno;

    free(folder);
    errno = reason;
    return fd;
}

int tn_folder_lock(int folder)
{
    const int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct timespec moment = {.tv_nsec = 1000 * 1000};

    for (int i = 0; fd >= 0 && i < LOCK_TRIES && flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
        if (errno != EWOULDBLOCK)
            break;
        nanosleep(&moment, NULL);
    }
    return fd;
}

void tn_folder_sync(int folder)
{
    const int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}
