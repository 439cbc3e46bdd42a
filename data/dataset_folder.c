/* SPDX-License-Identifier: MIT */
/* A folder of photos with a .txt of the same name beside each: one caption per line.  Links are
 * followed, but not to a folder that is being read. */
#include "base/path.h"
#include "data/dataset_private.h"
#include "data/text.h"

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

static bool is_there(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

/* The captions of the photo folder/name: name.txt, or, where it is the photo's, stem.txt.  false:
 * there are none, or their name is too long. */
static bool find_captions(const char *folder, const char *name, bool has_stem, char path[PATH_MAX])
{
    const int stem = (int)(strrchr(name, '.') - name);

    if (snprintf(path, PATH_MAX, "%s/%s.txt", folder, name) < PATH_MAX && is_there(path))
        return true;
    return has_stem && snprintf(path, PATH_MAX, "%s/%.*s.txt", folder, stem, name) < PATH_MAX &&
           is_there(path);
}

static enum tn_status add_photo(struct train_builder *builder, const char *folder, const char *name,
                                bool has_stem, struct tn_error *err)
{
    char path[PATH_MAX], *text;
    enum tn_status status;
    size_t size;

    if (!find_captions(folder, name, has_stem, path))
        return TN_OK;
    TN_TRY(train_read_text(path, &text, &size, err));
    status = add_lines(builder, name, text, size, err);
    free(text);
    return status;
}

/* ---- Folders ---- */

/* A folder that is being read, and the one that it was found in. */
struct place {
    const struct place *above; /* NULL: none */
    int depth;
    dev_t device;
    ino_t inode;
};

static bool leads_back(const struct place *place)
{
    for (const struct place *above = place->above; above; above = above->above)
        if (above->device == place->device && above->inode == place->inode)
            return true;
    return false;
}

static enum tn_status walk(struct train_builder *builder, const char *folder, const char *below,
                           const struct place *above, struct tn_error *err);

/* has_stem: a photo's captions may be in stem.txt. */
static enum tn_status visit(struct train_builder *builder, const char *folder, const char *name,
                            bool has_stem, const struct place *place, struct tn_error *err)
{
    char path[PATH_MAX];
    struct stat info;

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path ||
        stat(path, &info) != 0)
        return TN_OK;
    if (S_ISDIR(info.st_mode) && place->depth < MAX_DEPTH)
        return walk(builder, folder, name, place, err);
    if (S_ISREG(info.st_mode) && train_is_photo_name(name, strlen(name)))
        return add_photo(builder, folder, name, has_stem, err);
    return TN_OK;
}

/* Byte order, so that the set is the same in every locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Whether no photo before entries[i] has the same stem: the first one has stem.txt, as for the
 * sidecars that are written. */
static bool is_first_of_stem(struct dirent *const *entries, int i)
{
    const char *name = entries[i]->d_name, *dot = strrchr(name, '.');
    const size_t stem = dot ? (size_t)(dot - name) : 0;

    if (!dot)
        return true;
    while (--i >= 0 && strncmp(entries[i]->d_name, name, stem + 1) == 0) {
        const char *other = entries[i]->d_name;

        if (!strchr(other + stem + 1, '.') && train_is_photo_name(other, strlen(other)))
            return false;
    }
    return true;
}

static enum tn_status visit_all(struct train_builder *builder, const char *folder,
                                const char *below, const struct place *place,
                                struct dirent *const *entries, int count, struct tn_error *err)
{
    char name[PATH_MAX];

    for (int i = 0; i < count; i++)
        if (entries[i]->d_name[0] != '.' &&
            snprintf(name, sizeof name, "%s%s%s", below, below[0] ? "/" : "", entries[i]->d_name) <
                (int)sizeof name)
            TN_TRY(visit(builder, folder, name, is_first_of_stem(entries, i), place, err));
    return TN_OK;
}

static enum tn_status walk(struct train_builder *builder, const char *folder, const char *below,
                           const struct place *above, struct tn_error *err)
{
    struct place place = {.above = above, .depth = above ? above->depth + 1 : 0};
    char *path = tn_path_join(folder, below);
    struct dirent **entries = NULL;
    enum tn_status status;
    struct stat info;
    int count = -1;

    if (!path)
        return tn_fail_nomem(err, PATH_MAX);
    if (stat(path, &info) == 0) {
        place.device = info.st_dev;
        place.inode = info.st_ino;
        count = leads_back(&place) ? 0 : scandir(path, &entries, NULL, by_name);
    }
    status = count < 0 ? tn_fail(err, tn_status_of_errno(errno), "%s: %s", path, strerror(errno))
                       : visit_all(builder, folder, below, &place, entries, count, err);
    free(path);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return status;
}

enum tn_status train_read_sidecars(struct train_builder *builder, const char *folder,
                                   struct tn_error *err)
{
    return walk(builder, folder, "", NULL, err);
}
