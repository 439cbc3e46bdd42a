/* SPDX-License-Identifier: MIT */
#include "base/platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ---- Times ---- */

struct timespec tn_platform_modified(const struct stat *info)
{
    return info->st_mtim;
}

struct timespec tn_platform_changed(const struct stat *info)
{
    return info->st_ctim;
}

struct timespec tn_platform_accessed(const struct stat *info)
{
    return info->st_atim;
}

/* As files' times are told: only some hundred times per second. */
struct timespec tn_platform_file_clock(void)
{
    struct timespec time;

    clock_gettime(CLOCK_REALTIME_COARSE, &time);
    return time;
}

/* ---- Folders and files ---- */

int tn_platform_open_folder(int at, const char *name, bool follow)
{
    return openat(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
}

/* The name by which an open file can be given another. */
static void write_link_name(char name[32], int file)
{
    snprintf(name, 32, "/proc/self/fd/%d", file);
}

int tn_platform_open_nameless(int folder)
{
    const int file = openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    char link[32];

    if (file < 0)
        return -1;
    write_link_name(link, file);
    if (access(link, F_OK) == 0)
        return file;
    close(file); /* without /proc it could not be given a name */
    return -1;
}

int tn_platform_name_nameless(int file, int folder, const char *name)
{
    char link[32];

    write_link_name(link, file);
    return linkat(AT_FDCWD, link, folder, name, AT_SYMLINK_FOLLOW);
}

int tn_platform_sync_data(int file)
{
    return fdatasync(file);
}

int tn_platform_sync_file_system(int file)
{
    return syncfs(file);
}

/* ---- Extended attributes ---- */

/* What only root may set is the system's business and not the file's. */
static bool must_be_kept(const char *attribute)
{
    return strncmp(attribute, "security.", 9) != 0 && strncmp(attribute, "trusted.", 8) != 0;
}

static bool copy_attribute(const char *from, int to, const char *attribute)
{
    const ssize_t size = getxattr(from, attribute, NULL, 0);
    char *value = size >= 0 ? malloc((size_t)size + 1) : NULL;
    const bool copied = value && getxattr(from, attribute, value, (size_t)size) == size &&
                        fsetxattr(to, attribute, value, (size_t)size, 0) == 0;

    free(value);
    return copied || !must_be_kept(attribute);
}

bool tn_platform_copy_attributes(const char *from, int to)
{
    const ssize_t size = listxattr(from, NULL, 0);
    char *names;
    bool copied;

    if (size <= 0)
        return size == 0 || errno == ENOTSUP;
    names = malloc((size_t)size + 1);
    if (!names)
        return false;
    copied = listxattr(from, names, (size_t)size) == size;
    names[size] = '\0';
    for (const char *name = names; copied && name < names + size; name += strlen(name) + 1)
        copied = copy_attribute(from, to, name);
    free(names);
    return copied;
}

/* ---- Writers ---- */

/* There a lease is refused for reasons of the network, too. */
static bool is_on_network(int file)
{
    static const uint32_t types[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC,
                                     SMB2_SUPER_MAGIC};
    struct statfs info;

    if (fstatfs(file, &info) != 0)
        return false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if ((uint32_t)info.f_type == types[i])
            return true;
    return false;
}

/* No lease is given for a file that is open for writing. */
bool tn_platform_is_written(int file)
{
    bool written;

    fcntl(file, F_SETSIG, SIGURG); /* which does nothing, should a writer come this moment */
    written = !is_on_network(file) && fcntl(file, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
    fcntl(file, F_SETLEASE, F_UNLCK);
    return written;
}
