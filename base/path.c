/* SPDX-License-Identifier: MIT */
#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

size_t tn_path_folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash + 1 - path) : 0;
}

const char *tn_path_name(const char *path)
{
    return path + tn_path_folder_length(path);
}

size_t tn_path_stem_length(const char *path)
{
    const char *name = tn_path_name(path), *dot = strrchr(name, '.');

    return dot && dot != name ? (size_t)(dot - path) : strlen(path);
}

const char *tn_path_extension(const char *path)
{
    return path + tn_path_stem_length(path);
}

char *tn_path_folder(const char *path)
{
    const size_t length = tn_path_folder_length(path);

    if (length == 0)
        return strdup(".");
    return strndup(path, length == 1 ? 1 : length - 1);
}

char *tn_path_join(const char *folder, const char *name)
{
    const size_t length = strlen(folder);
    char *path = malloc(length + strlen(name) + 2);

    if (!path)
        return NULL;
    if (length == 0 || name[0] == '/')
        strcpy(path, name);
    else
        sprintf(path, "%s%s%s", folder, folder[length - 1] == '/' ? "" : "/", name);
    return path;
}

bool tn_path_exists(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

/* Appends the names in path to the absolute path[length] of ret_path; "." and ".." are resolved. */
static size_t append_names(char *ret_path, size_t length, const char *path)
{
    while (*path) {
        const size_t size = strcspn(path, "/");

        if (size == 2 && memcmp(path, "..", 2) == 0) {
            while (length > 0 && ret_path[--length] != '/')
                ;
        } else if (size > 1 || (size == 1 && *path != '.')) {
            ret_path[length++] = '/';
            memcpy(ret_path + length, path, size);
            length += size;
        }
        path += size + (path[size] == '/');
    }
    ret_path[length] = '\0';
    return length;
}

char *tn_path_absolute(const char *path)
{
    char *folder = *path == '/' ? strdup("") : getcwd(NULL, 0);
    char *absolute = folder ? malloc(strlen(folder) + strlen(path) + 3) : NULL;

    if (absolute)
        append_names(absolute, append_names(absolute, 0, folder), path);
    free(folder);
    return absolute;
}
