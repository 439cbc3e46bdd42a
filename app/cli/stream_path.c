/* SPDX-License-Identifier: MIT */
#include "app/cli/stream_path.h"

#include "app/cli/options.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

int app_stream_of_path(const char *path)
{
    static const char *const streams[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    size_t number;

    for (size_t i = 0; i < APP_COUNT(streams); i++)
        if (strcmp(path, streams[i]) == 0)
            return (int)i;
    for (size_t i = 0; i < APP_COUNT(folders); i++) {
        const size_t length = strlen(folders[i]);

        if (strncmp(path, folders[i], length) == 0 && app_parse_size(path + length, &number) &&
            number <= INT_MAX)
            return (int)number;
    }
    return -1;
}

bool app_stream_copy(const char *path, int *ret_copy)
{
    const int stream = app_stream_of_path(path);

    if (stream < 0)
        return false;
    *ret_copy = fcntl(stream, F_DUPFD_CLOEXEC, 0);
    return true;
}
