/* SPDX-License-Identifier: MIT */
#include "app/cli/companion.h"

#include "app/paths.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The directory that the running program lies in; false where /proc does not name it. */
static bool program_directory(char out[PATH_MAX])
{
    const ssize_t length = readlink("/proc/self/exe", out, PATH_MAX - 1);
    char *slash;

    if (length <= 0)
        return false;
    out[length] = '\0';
    slash = strrchr(out, '/');
    if (!slash)
        return false;
    *slash = '\0';
    return true;
}

static bool is_within_build(const char *directory)
{
    const size_t length = strlen(APP_BUILD_ROOT);

    return strncmp(directory, APP_BUILD_ROOT, length) == 0 && directory[length] == '/';
}

/* The prefix that the program was installed or moved to: its directory without bindir at the end.
 */
static bool strip_bindir(char *directory)
{
    const size_t length = strlen(directory), tail = strlen("/" APP_BINDIR);

    if (length < tail || strcmp(directory + length - tail, "/" APP_BINDIR) != 0)
        return false;
    directory[length - tail] = '\0';
    return true;
}

/* Writes the place number `index` where the file may be; false when this program has no such place.
 */
static bool write_place(const struct app_companion *companion, size_t index, char *path)
{
    char directory[PATH_MAX];

    switch (index) {
    case 0:
        if (!program_directory(directory) || !is_within_build(directory))
            return false;
        snprintf(path, APP_COMPANION_PATH, "%s/%s", companion->built, companion->name);
        return true;
    case 1:
        if (companion->installed[0] == '/' || !program_directory(directory) ||
            !strip_bindir(directory))
            return false;
        snprintf(path, APP_COMPANION_PATH, "%s/%s/caption/%s", directory, companion->installed,
                 companion->name);
        return true;
    default:
        snprintf(path, APP_COMPANION_PATH, "%s/caption/%s", companion->full, companion->name);
        return true;
    }
}

bool app_companion_find(const struct app_companion *companion, char path[APP_COMPANION_PATH])
{
    enum { PLACES = 3 };

    for (size_t i = 0; i < PLACES; i++) {
        if (write_place(companion, i, path) && access(path, R_OK) == 0)
            return true;
    }
    for (size_t i = 0; !write_place(companion, i, path); i++)
        ;
    return false;
}
