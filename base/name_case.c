/* SPDX-License-Identifier: MIT */
#include "base/name_case.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <utf8proc.h>

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Turns small letters of ASCII to capitals, and capitals to small ones; false: there are none. */
static bool swap_case(char *name)
{
    bool any = false;

    for (; *name; name++)
        if (is_letter(*name)) {
            *name = (char)(*name ^ 0x20);
            any = true;
        }
    return any;
}

/* The first name with a letter, its case swapped. */
static bool read_swapped_name(DIR *folder, char name[NAME_MAX + 1])
{
    const struct dirent *entry;

    while ((entry = readdir(folder)) != NULL)
        if (strlen(entry->d_name) <= NAME_MAX && swap_case(strcpy(name, entry->d_name)))
            return true;
    return false;
}

static bool is_listed(DIR *folder, const char *name)
{
    const struct dirent *entry;

    rewinddir(folder);
    while ((entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, name) == 0)
            return true;
    return false;
}

/* Inodes would not do: some file systems number a file by the name that it was asked for. */
bool tn_folder_ignores_case(const char *folder)
{
    DIR *stream = opendir(folder);
    char name[NAME_MAX + 1];
    struct stat info;
    bool ignores;

    if (!stream)
        return false;
    ignores = read_swapped_name(stream, name) &&
              fstatat(dirfd(stream), name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
              !is_listed(stream, name);
    closedir(stream);
    return ignores;
}

/* Of bytes that are not UTF-8, the letters of ASCII. */
static char *fold_bytes(const char *text, size_t length)
{
    char *folded = strndup(text, length);

    for (char *at = folded; at && *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at ^ 0x20);
    return folded;
}

enum tn_status tn_fold_case(const char *text, size_t length, char **ret_folded,
                            struct tn_error *err)
{
    utf8proc_uint8_t *folded = NULL;
    const utf8proc_ssize_t result =
        utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, &folded,
                     UTF8PROC_STABLE | UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE);

    if (result < 0 && result != UTF8PROC_ERROR_NOMEM)
        folded = (utf8proc_uint8_t *)fold_bytes(text, length);
    if (!folded)
        return tn_fail_nomem(err, length);
    *ret_folded = (char *)folded;
    return TN_OK;
}
