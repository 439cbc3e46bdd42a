/* SPDX-License-Identifier: MIT */
#include "base/platform/platform.h"

#include <copyfile.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* ---- Times ---- */

struct timespec tn_platform_modified(const struct stat *info)
{
    return info->st_mtimespec;
}

struct timespec tn_platform_changed(const struct stat *info)
{
    return info->st_ctimespec;
}

struct timespec tn_platform_accessed(const struct stat *info)
{
    return info->st_atimespec;
}

struct timespec tn_platform_file_clock(void)
{
    struct timespec time;

    clock_gettime(CLOCK_REALTIME, &time);
    return time;
}

/* ---- Folders and files ---- */

int tn_platform_open_folder(int at, const char *name, bool follow)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
}

/* A file that lost its name cannot get another. */
int tn_platform_open_nameless(int folder)
{
    (void)folder;
    errno = ENOTSUP;
    return -1;
}

int tn_platform_name_nameless(int file, int folder, const char *name)
{
    (void)file;
    (void)folder;
    (void)name;
    errno = ENOTSUP;
    return -1;
}

int tn_platform_sync_data(int file)
{
    return fsync(file);
}

int tn_platform_sync_file_system(int file)
{
    return fsync_volume_np(file, SYNC_VOLUME_WAIT);
}

/* With the access control lists, which are attributes on other systems. */
bool tn_platform_copy_attributes(const char *from, int to)
{
    const int file = open(from, O_RDONLY | O_CLOEXEC);
    bool copied;
    int reason;

    if (file < 0)
        return false;
    copied = fcopyfile(file, to, NULL, COPYFILE_XATTR | COPYFILE_ACL) == 0 || errno == ENOTSUP;
    reason = errno;
    close(file);
    errno = reason;
    return copied;
}

/* Not to be learnt: what comes into a folder rests until it does not change any more. */
bool tn_platform_is_written(int file)
{
    (void)file;
    return false;
}
