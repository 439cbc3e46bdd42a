/* SPDX-License-Identifier: MIT */
#include "base/name_pattern.h"

#include "base/path.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static bool is_name(const char *part, size_t length, const char *name)
{
    return length == strlen(name) && memcmp(part, name, length) == 0;
}

/* The path, without parts that are "." or empty; the caller frees it.  NULL: out of memory. */
static char *plain_path(const char *path)
{
    char *plain = malloc(strlen(path) + 1), *end = plain;

    if (!plain)
        return NULL;
    if (path[0] == '/')
        *end++ = '/';
    while (*path) {
        const size_t length = strcspn(path, "/"), step = length + (path[length] == '/');

        if (length > 0 && !is_name(path, length, ".")) {
            memcpy(end, path, step);
            end += step;
        }
        path += step;
    }
    *end = '\0';
    return plain;
}

/* The pattern behind the folder's name, where it begins with that and goes on; otherwise itself. */
static const char *behind(const char *pattern, const char *folder, size_t length)
{
    return strncmp(pattern, folder, length) == 0 && pattern[length] ? pattern + length : pattern;
}

/* Both are plain, and the pattern has no slash at its end. */
static bool fits_below(const char *pattern, const char *path, const char *below)
{
    const size_t folder = strlen(path) - strlen(below);

    return fnmatch(pattern + (pattern[0] == '/'), below, FNM_PATHNAME) == 0 ||
           fnmatch(behind(pattern, path, folder), below, FNM_PATHNAME) == 0;
}

bool tn_pattern_fits(const char *pattern, const char *path, const char *below, bool is_folder)
{
    char *plain = plain_path(pattern), *whole = plain_path(path);
    const size_t length = plain ? strlen(plain) : 0;
    const bool only_folders = length > 1 && plain[length - 1] == '/';
    bool fits = plain && whole && (is_folder || !only_folders);

    if (fits && only_folders)
        plain[length - 1] = '\0';
    if (fits && (strchr(plain, '/') || strncmp(pattern, "./", 2) == 0))
        fits = fits_below(plain, whole, below);
    else if (fits)
        fits = fnmatch(plain, tn_path_name(below), FNM_PATHNAME) == 0;
    free(plain);
    free(whole);
    return fits;
}

/* ---- What can mean nothing ---- */

/* Behind the "[": where its "]" is; NULL: none is before the next slash. */
static const char *end_of_bracket(const char *text)
{
    if (*text == '!' || *text == '^')
        text++;
    if (*text == ']')
        text++;
    for (; *text && *text != '/'; text++) {
        if (*text == ']')
            return text;
        if (*text == '\\' && text[1])
            text++;
    }
    return NULL;
}

static const char *fault_of_plain(const char *pattern)
{
    if (!pattern[0] || strcmp(pattern, "/") == 0)
        return "names nothing in a directory; give a name, or a path below the directory";
    for (const char *part = pattern; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
        if (is_name(part, strcspn(part, "/"), ".."))
            return "leads out of the directory; give a path below it, without \"..\"";
    for (; *pattern; pattern++) {
        if (*pattern == '\\') {
            if (!*++pattern)
                return "ends in a backslash, which is for a character behind it";
        } else if (*pattern == '[') {
            pattern = end_of_bracket(pattern + 1);
            if (!pattern)
                return "has a \"[\" without its \"]\"; \"\\[\" is the character itself";
        }
    }
    return NULL;
}

const char *tn_pattern_fault(const char *pattern, char *const *folders, size_t count)
{
    char *plain = plain_path(pattern);
    const char *rest = plain, *fault;

    for (size_t i = 0; plain && rest == plain && i < count; i++) {
        char *folder = plain_path(folders[i]);
        size_t length = folder ? strlen(folder) : 0;

        if (length > 0 && folder[length - 1] != '/')
            folder[length++] = '/'; /* over the NUL: only `length` bytes are compared */
        rest = length > 0 ? behind(plain, folder, length) : plain;
        free(folder);
    }
    fault = plain ? fault_of_plain(rest) : NULL;
    free(plain);
    return fault;
}
