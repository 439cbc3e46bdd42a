/* SPDX-License-Identifier: MIT */
#include "app/caption/watch_file.h"

#include "app/cli/options.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/vfs.h>
#include <unistd.h>

bool app_watch_is_unfinished(const char *path)
{
    static const char *const ends[] = {
        ".part", ".partial", ".crdownload", ".opdownload",   ".download", ".filepart",
        ".tmp",  ".temp",    ".aria2",      "_exiftool_tmp", ".!qb",
    };
    const char *name = tn_path_name(path);
    const size_t length = strlen(name);

    for (size_t i = 0; i < APP_COUNT(ends); i++)
        if (length > strlen(ends[i]) && strcasecmp(name + length - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

/* There a lease is refused for reasons of the network, too. */
static bool is_on_network(int file)
{
    static const uint32_t types[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC,
                                     SMB2_SUPER_MAGIC};
    struct statfs info;

    if (fstatfs(file, &info) != 0)
        return false;
    for (size_t i = 0; i < APP_COUNT(types); i++)
        if ((uint32_t)info.f_type == types[i])
            return true;
    return false;
}

bool app_watch_is_written(const char *path)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool written;

    if (file < 0)
        return false;
    fcntl(file, F_SETSIG, SIGURG); /* which does nothing, should a writer come this moment */
    written = !is_on_network(file) && fcntl(file, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
    fcntl(file, F_SETLEASE, F_UNLCK);
    close(file);
    return written;
}
