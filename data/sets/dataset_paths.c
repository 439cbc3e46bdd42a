/* SPDX-License-Identifier: MIT */
/*
 * Where the photos of a set lie.  A name that leads to no file may still be meant: lists come from
 * Windows, from a folder that was moved, and from file systems that ignore case or write accents
 * differently.
 */
#include "data/sets/dataset_paths_private.h"

#include "base/name_case.h"
#include "base/path.h"
#include "image/image.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Names as they are written elsewhere ---- */

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* file:///home/a%20b.jpg */
static void read_url(char *name)
{
    char *out = name;

    for (const char *at = name + strlen("file://"); *at; at++) {
        const bool coded = at[0] == '%' && hex(at[1]) >= 0 && hex(at[2]) >= 0;

        *out++ = coded ? (char)(hex(at[1]) * 16 + hex(at[2])) : *at;
        at += coded ? 2 : 0;
    }
    *out = '\0';
}

/* Makes C:\photos\a.jpg, or file:///photos/a.jpg, /photos/a.jpg. */
static void make_plain(const char *name, char plain[PATH_MAX])
{
    snprintf(plain, PATH_MAX, "%s", name);
    if (strncasecmp(plain, "file://", strlen("file://")) == 0)
        read_url(plain);
    for (char *at = plain; (at = strchr(at, '\\')) != NULL;)
        *at = '/';
    if (((plain[0] | 0x20) >= 'a' && (plain[0] | 0x20) <= 'z') && plain[1] == ':')
        memmove(plain, plain + 2, strlen(plain + 2) + 1);
}

/* ---- Names in another case, with other accents, or without an extension ---- */

static enum tn_status add_folded(struct data_finder *finder, const char *folder, const char *name,
                                 struct tn_error *err)
{
    char *folded, *path;
    enum tn_status status;
    size_t before = finder->folded.count, index, actual;

    TN_TRY(tn_fold_case(name, strlen(name), &folded, err));
    path = tn_path_join(folder, folded);
    free(folded);
    if (!path)
        return tn_fail_nomem(err, strlen(folder));
    status = tn_map_add(&finder->folded, path, strlen(path), &index, err);
    free(path);
    TN_TRY(status);
    path = tn_path_join(folder, name);
    status = path ? tn_map_add(&finder->actual, path, strlen(path), &actual, err)
                  : tn_fail_nomem(err, strlen(folder));
    free(path);
    TN_TRY(status);
    finder->folded.entries[index].value = finder->folded.count > before ? actual : SIZE_MAX;
    return TN_OK;
}

/* Folders are listed once. */
static enum tn_status list_folder(struct data_finder *finder, const char *folder,
                                  struct tn_error *err)
{
    const size_t before = finder->folders.count;
    enum tn_status status = TN_OK;
    const struct dirent *entry;
    DIR *stream;
    size_t index;

    TN_TRY(tn_map_add(&finder->folders, folder, strlen(folder), &index, err));
    if (finder->folders.count == before || !(stream = opendir(folder)))
        return TN_OK;
    while (status == TN_OK && (entry = readdir(stream)) != NULL)
        status = add_folded(finder, folder, entry->d_name, err);
    closedir(stream);
    return status;
}

/* The one entry of a folder whose name is that but for case and accents, and `extension`;
 * *ret_path: NULL where there is none, or several; borrowed. */
static enum tn_status find_folded(struct data_finder *finder, const char *folder, const char *name,
                                  size_t length, const char *extension, const char **ret_path,
                                  struct tn_error *err)
{
    char joined[PATH_MAX + 16], *folded, *path;
    size_t index;

    *ret_path = NULL;
    snprintf(joined, sizeof joined, "%.*s%s", (int)length, name, extension);
    TN_TRY(list_folder(finder, folder, err));
    TN_TRY(tn_fold_case(joined, strlen(joined), &folded, err));
    path = tn_path_join(folder, folded);
    free(folded);
    if (!path)
        return tn_fail_nomem(err, strlen(folder));
    index = tn_map_find(&finder->folded, path, strlen(path));
    free(path);
    if (index != TN_MAP_NONE && finder->folded.entries[index].value != SIZE_MAX)
        *ret_path = tn_map_text(&finder->actual, (size_t)finder->folded.entries[index].value);
    return TN_OK;
}

/* The photo of that name without its extension, as sd-scripts has it. */
static enum tn_status find_extended(struct data_finder *finder, const char *folder,
                                    const char *name, const char **ret_path, struct tn_error *err)
{
    *ret_path = NULL;
    for (size_t i = 0; image_extensions[i] && !*ret_path; i++)
        TN_TRY(find_folded(finder, folder, name, strlen(name), image_extensions[i], ret_path, err));
    return TN_OK;
}

/* Part by part: each may be written otherwise. */
static enum tn_status find_parts(struct data_finder *finder, const char *folder, const char *name,
                                 char **ret_path, struct tn_error *err)
{
    char *at = strdup(folder);
    bool more = true;

    while (at && more) {
        const size_t length = strcspn(name, "/");
        enum tn_status status;
        const char *next;

        more = name[length] == '/';
        if (more && (length == 0 || (length == 1 && *name == '.'))) {
            name += length + 1;
            continue;
        }
        status = find_folded(finder, at, name, length, "", &next, err);
        if (status == TN_OK && !next && !more && !image_is_picture_name(name))
            status = find_extended(finder, at, name, &next, err);
        free(at);
        TN_TRY(status);
        if (!next)
            return TN_OK;
        at = strdup(next);
        name += length + more;
    }
    if (!at)
        return tn_fail_nomem(err, strlen(folder));
    *ret_path = at;
    return TN_OK;
}

/* ---- One photo ---- */

static enum tn_status try_name(const char *folder, const char *name, char **ret_path,
                               struct tn_error *err)
{
    char *path = tn_path_join(folder, name);

    if (!path)
        return tn_fail_nomem(err, strlen(name));
    if (tn_path_exists(path))
        *ret_path = path;
    else
        free(path);
    return TN_OK;
}

/* Of an absolute name, as much of its end as there is in the folder. */
static enum tn_status try_ends(const char *folder, const char *name, char **ret_path,
                               struct tn_error *err)
{
    while (*name == '/' && !*ret_path) {
        while (*name == '/')
            name++;
        TN_TRY(try_name(folder, name, ret_path, err));
        name += strcspn(name, "/");
    }
    return TN_OK;
}

enum tn_status data_find_photo(struct data_finder *finder, const char *name, char **ret_path,
                               struct tn_error *err)
{
    const char *const folder = finder->images;
    char plain[PATH_MAX];

    *ret_path = NULL;
    TN_TRY(try_name(folder, name, ret_path, err));
    if (*ret_path)
        return TN_OK;
    make_plain(name, plain);
    if (strcmp(plain, name) != 0)
        TN_TRY(try_name(folder, plain, ret_path, err));
    if (!*ret_path && plain[0] == '/')
        return try_ends(folder, plain, ret_path, err);
    return *ret_path ? TN_OK : find_parts(finder, folder, plain, ret_path, err);
}

bool data_are_two_files(const char *first, const char *second)
{
    char plain[2][PATH_MAX];

    make_plain(first, plain[0]);
    make_plain(second, plain[1]);
    return plain[0][0] == '/' && plain[1][0] == '/' && strcmp(plain[0], plain[1]) != 0;
}

void data_finder_finish(struct data_finder *finder)
{
    tn_map_finish(&finder->folders);
    tn_map_finish(&finder->folded);
    tn_map_finish(&finder->actual);
}

/* ---- The folder ---- */

/* Whether one of the set's first photos is in the folder, by its name or by what it may mean. Those
 * in a tar are in no folder. */
static enum tn_status holds_first(const struct data_set *dataset, const char *folder, bool loosely,
                                  bool *ret_holds, struct tn_error *err)
{
    struct data_finder finder = {.images = folder};
    enum tn_status status = TN_OK;
    char *path = NULL;

    for (size_t i = 0; i < dataset->photo_count && i < 16 && status == TN_OK && !path; i++)
        if (dataset->photos[i].size == 0)
            status = loosely ? data_find_photo(&finder, data_set_name(dataset, i), &path, err)
                             : try_name(folder, data_set_name(dataset, i), &path, err);
    *ret_holds = path != NULL;
    data_finder_finish(&finder);
    free(path);
    return status;
}

static enum tn_status find_among(const struct data_set *dataset, const char *base, bool loosely,
                                 char **ret_images, struct tn_error *err)
{
    static const char *const names[] = {
        ".",         "images",       "Images",     "Flicker8k_Dataset", "Flickr8k_Dataset",
        "train2017", "val2017",      "train2014",  "val2014",           "..",
        "../images", "../train2017", "../val2017", "../train2014",      "../val2014"};

    for (size_t i = 0; i < sizeof names / sizeof names[0] && !*ret_images; i++) {
        char *folder = i == 0 ? strdup(base) : tn_path_join(base, names[i]);
        bool holds = false;
        enum tn_status status = folder ? TN_OK : tn_fail_nomem(err, strlen(base));

        if (status == TN_OK && tn_path_exists(folder))
            status = holds_first(dataset, folder, loosely, &holds, err);
        if (holds)
            *ret_images = folder;
        else
            free(folder);
        TN_TRY(status);
    }
    return TN_OK;
}

enum tn_status data_find_images(const struct data_set *dataset, const char *given, const char *base,
                                char **ret_images, struct tn_error *err)
{
    char *images = NULL;

    for (int loosely = 0; loosely < 2 && !images; loosely++) {
        bool holds = false;

        if (given)
            TN_TRY(holds_first(dataset, given, loosely, &holds, err));
        if (!holds)
            TN_TRY(find_among(dataset, base, loosely, &images, err));
        else if (!(images = strdup(given)))
            return tn_fail_nomem(err, strlen(given));
    }
    if (!images)
        images = given ? strdup(given) : tn_path_join(base, "images");
    if (!images)
        return tn_fail_nomem(err, strlen(base));
    *ret_images = images;
    return TN_OK;
}
