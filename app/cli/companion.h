/* SPDX-License-Identifier: MIT */
/* Files that are installed with the programs, which find them wherever the installation moved. */
#ifndef APP_COMPANION_H
#define APP_COMPANION_H

#include <limits.h>
#include <stdbool.h>

enum { APP_COMPANION_PATH = PATH_MAX + 128 };

struct app_companion {
    const char *name;
    const char *built; /* its directory for programs that stand where they were built */
    const char
        *installed;   /* "share": caption/ in it, below the prefix, has the file; or absolute */
    const char *full; /* the same with the prefix that was configured */
};

/* Fills path with the first place that has the file, or, when none has, with the first place and
 * returns false. */
bool app_companion_find(const struct app_companion *companion, char path[APP_COMPANION_PATH]);

#endif
