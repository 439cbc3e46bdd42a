/* SPDX-License-Identifier: MIT */
/* Paths that lead to a descriptor which is open already: to open them anew would empty the file
 * behind it, whatever the shell opened it for. */
#ifndef APP_STREAM_PATH_H
#define APP_STREAM_PATH_H

/* 1 for /dev/stdout, 3 for /dev/fd/3 and /proc/self/fd/3; -1: the path leads to none. */
int app_stream_of_path(const char *path);

#endif
