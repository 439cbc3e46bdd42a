/* SPDX-License-Identifier: MIT */
/* A folder of photos with a .txt of the same name beside each: one caption a line. */
#include "train/internal.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 32 };

static enum tn_status add_lines(struct train_builder *builder, const char *name, const char *text,
                                size_t size, struct tn_error *err)
{
    const char *const end = text + size;
    size_t photo;

    TN_TRY(train_builder_photo(builder, name, strlen(name), &photo, err));
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;

        TN_TRY(train_builder_caption(builder, photo, text, (size_t)(stop - text), err));
        text = stop + 1;
    }
    return TN_OK;
}

/* Adds the photo `name` of the folder when "name without its extension".txt is beside it, or
 * "name".txt. */
static enum tn_status add_photo(struct train_builder *builder, const char *folder, const char *name,
                                struct tn_error *err)
{
    const size_t stem = (size_t)(strrchr(name, '.') - name);
    char path[PATH_MAX], *text;
    struct stat info;
    enum tn_status status;
    size_t size;

    if (snprintf(path, sizeof path, "%s/%.*s.txt", folder, (int)stem, name) >= (int)sizeof path)
        return TN_OK;
    if (stat(path, &info) != 0 &&
        (snprintf(path, sizeof path, "%s/%s.txt", folder, name) >= (int)sizeof path ||
         stat(path, &info) != 0))
        return TN_OK;
    TN_TRY(train_read_text(path, &text, &size, err));
    status = add_lines(builder, name, text, size, err);
    free(text);
    return status;
}

static enum tn_status walk(struct train_builder *builder, const char *folder, const char *below,
                           int depth, struct tn_error *err);

static enum tn_status visit(struct train_builder *builder, const char *folder, const char *name,
                            int depth, struct tn_error *err)
{
    char path[PATH_MAX];
    struct stat info;

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path ||
        stat(path, &info) != 0)
        return TN_OK;
    if (S_ISDIR(info.st_mode) && depth < MAX_DEPTH)
        return walk(builder, folder, name, depth + 1, err);
    if (S_ISREG(info.st_mode) && train_is_photo_name(name, strlen(name)))
        return add_photo(builder, folder, name, err);
    return TN_OK;
}

/* Byte order, so that the set is the same in every locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum tn_status walk(struct train_builder *builder, const char *folder, const char *below,
                           int depth, struct tn_error *err)
{
    char *path = train_join_path(folder, below), name[PATH_MAX];
    struct dirent **entries = NULL;
    enum tn_status status = TN_OK;
    int count;

    if (!path)
        return tn_fail_nomem(err, PATH_MAX);
    count = scandir(path, &entries, NULL, by_name);
    if (count < 0)
        status = tn_fail(err, tn_status_of_errno(errno), "%s: %s", path, strerror(errno));
    free(path);
    for (int i = 0; i < count; i++) {
        if (status == TN_OK && entries[i]->d_name[0] != '.' &&
            snprintf(name, sizeof name, "%s%s%s", below, below[0] ? "/" : "",
                     entries[i]->d_name) < (int)sizeof name)
            status = visit(builder, folder, name, depth, err);
        free(entries[i]);
    }
    free(entries);
    return status;
}

enum tn_status train_read_sidecars(struct train_builder *builder, const char *folder,
                                   struct tn_error *err)
{
    return walk(builder, folder, "", 0, err);
}
