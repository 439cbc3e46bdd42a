/* SPDX-License-Identifier: MIT */
#include "app/caption/watch_file.h"

#include "app/cli/options.h"
#include "base/path.h"
#include "base/platform/platform.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
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

bool app_watch_is_written(const char *path)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool written;

    if (file < 0)
        return false;
    written = tn_platform_is_written(file);
    close(file);
    return written;
}
