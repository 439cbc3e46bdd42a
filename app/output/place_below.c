/* SPDX-License-Identifier: MIT */
#include "app/output/place_below.h"

#include "app/cli/stream_path.h"
#include "base/path.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <utf8proc.h>

/* What stands behind the absolute folder in the absolute path; NULL: that is elsewhere. */
static const char *behind(const char *folder, const char *path)
{
    const size_t length = strlen(folder);

    return strncmp(path, folder, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

/* Names lead elsewhere where a ".." comes behind a link. */
static bool is_same_file(const char *a, const char *b)
{
    struct stat info_a, info_b;

    return stat(a, &info_a) != 0 || stat(b, &info_b) != 0 ||
           (info_a.st_dev == info_b.st_dev && info_a.st_ino == info_b.st_ino);
}

/* Of the folder and the photo by their names; NULL: elsewhere, or no memory. */
static char *place_by_names(const char *folder, const char *photo)
{
    char *from = tn_path_absolute(folder), *to = tn_path_absolute(photo), *place = NULL;
    const char *found = from && to ? behind(from, to) : NULL;

    if (found && is_same_file(photo, to))
        place = strdup(found);
    free(from);
    free(to);
    return place;
}

/* The same, with all links to folders followed. */
static char *place_by_links(const char *folder, const char *photo)
{
    char *above = tn_path_folder(photo), *from = realpath(folder, NULL);
    char *to = above ? realpath(above, NULL) : NULL;
    char *whole = from && to ? tn_path_join(to, tn_path_name(photo)) : NULL;
    const char *found = whole ? behind(strcmp(from, "/") == 0 ? "" : from, whole) : NULL;
    char *place = found ? strdup(found) : NULL;

    free(whole);
    free(to);
    free(from);
    free(above);
    return place;
}

/* In UTF-8, and without a backslash, which readers on every system take for a slash. */
static bool can_be_read(const char *place)
{
    const utf8proc_uint8_t *byte = (const utf8proc_uint8_t *)place;
    utf8proc_ssize_t length = 0;
    utf8proc_int32_t code;

    for (; *byte && *byte != '\\' && length >= 0; byte += length > 0 ? length : 0)
        length = utf8proc_iterate(byte, -1, &code);
    return length >= 0 && !*byte;
}

enum tn_status app_place_below(const char *file, const char *photo, char **ret_place,
                               struct tn_error *err)
{
    char *folder = file && app_stream_of_path(file) < 0 ? tn_path_folder(file) : strdup(".");
    char *place = folder ? place_by_names(folder, photo) : NULL;
    enum tn_status status = TN_OK;

    if (folder && !place)
        place = place_by_links(folder, photo);
    if (!folder)
        status = tn_fail_nomem(err, strlen(photo));
    else if (!place)
        status = tn_fail(err, TN_RANGE,
                         "%s: lies outside of %s/, from which imagefolder counts names; write "
                         "metadata.jsonl into a folder that all photos are below",
                         photo, folder);
    else if (!can_be_read(place))
        status = tn_fail(err, TN_RANGE,
                         "%s: imagefolder has no names with a backslash, or that are not UTF-8; "
                         "rename it",
                         photo);
    free(folder);
    if (status == TN_OK)
        *ret_place = place;
    else
        free(place);
    return status;
}
