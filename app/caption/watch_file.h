/* SPDX-License-Identifier: MIT */
/* What a watch asks about a file that has come. */
#ifndef APP_WATCH_FILE_H
#define APP_WATCH_FILE_H

#include <stdbool.h>

/* Whether its name is one that programs give to files until they are whole, and then rename. */
bool app_watch_is_unfinished(const char *path);
/* Whether somebody has the file open for writing, as far as the system tells. */
bool app_watch_is_written(const char *path);

#endif
