/* SPDX-License-Identifier: MIT */
/* Paths that lead to a descriptor which is open already: to open them anew would empty the file
 * behind it, whatever the shell opened it for. */
#ifndef APP_STREAM_PATH_H
#define APP_STREAM_PATH_H

#include <stdbool.h>

/* 1 for /dev/stdout, 3 for /dev/fd/3 and /proc/self/fd/3; -1: the path leads to none. */
int app_stream_of_path(const char *path);
/* Whether the path leads to one, of which *ret_copy is then a copy to close; -1: see errno. */
bool app_stream_copy(const char *path, int *ret_copy);

#endif
