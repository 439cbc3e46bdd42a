/* SPDX-License-Identifier: MIT */
/* A list of failures, told from what else has tabs: path, tab, the path again, a colon. */
#include "app/cli/failure_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static bool is_failure(const char *line, size_t length)
{
    const char *tab = memchr(line, '\t', length);
    const size_t path = tab ? (size_t)(tab - line) : 0;

    return path > 0 && length >= 2 * path + 3 && memcmp(tab + 1, line, path) == 0 &&
           memcmp(tab + 1 + path, ": ", 2) == 0 && !memchr(line, '\0', length);
}

/* The beginning of such a line, before the reason. */
static bool is_cut_failure(const char *line, size_t length)
{
    const char *tab = memchr(line, '\t', length);
    const size_t path = tab ? (size_t)(tab - line) : length;
    const size_t again = tab ? length - path - 1 : 0;

    if (path == 0 || memchr(line, '\0', length) || again > path + 1)
        return false;
    if (again == path + 1 && line[length - 1] != ':')
        return false;
    return !tab || memcmp(tab + 1, line, again < path ? again : path) == 0;
}

bool app_is_failure_list(const char *path)
{
    FILE *file = fopen(path, "rbe");
    size_t capacity = 0, lines = 0;
    char *line = NULL;
    bool alike = file != NULL;
    ssize_t length;

    while (alike && (length = getline(&line, &capacity, file)) > 0) {
        /* A first line that is cut could be any text. */
        alike = is_failure(line, (size_t)length) ||
                (lines > 0 && line[length - 1] != '\n' && is_cut_failure(line, (size_t)length));
        lines++;
    }
    if (file) {
        alike = alike && !ferror(file);
        fclose(file);
    }
    free(line);
    return alike;
}
