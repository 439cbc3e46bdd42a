/* SPDX-License-Identifier: MIT */
#include "base/folder_walk.h"

#include "base/array.h"
#include "base/atomic_file.h"
#include "base/foreign_folder.h"
#include "base/name_pattern.h"
#include "base/path.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* An open folder: the names in it that matter, sorted, and which is next.  A name is kept as a
 * byte that says what it is, the name, NUL. */
struct tn_walk_level {
    dev_t device; /* with inode: to see a link that leads back here */
    ino_t inode;
    size_t path_length; /* of what names it in walk->path, a slash at the end included */
    char *text;
    size_t used, capacity;
    char **names; /* into text, at the byte before the name */
    size_t count, next;
};

enum { A_FILE = 'f', A_DIRECTORY = 'd' };

static void report(const struct tn_walk *walk, const char *path, int error)
{
    if (walk->problem)
        walk->problem(walk->context, path, strerror(error));
}

static void level_finish(struct tn_walk_level *level)
{
    free(level->text);
    free(level->names);
}

/* walk->path = its first `length` bytes, name, and a slash unless one is there. */
static enum tn_status set_path(struct tn_walk *walk, size_t length, const char *name,
                               struct tn_error *err)
{
    const size_t name_length = strlen(name);

    TN_TRY(tn_array_reserve(&walk->path, &walk->path_capacity, length + name_length + 2, err));
    memcpy(walk->path + length, name, name_length + 1);
    if (name_length > 0 && name[name_length - 1] != '/')
        strcpy(walk->path + length + name_length, "/");
    return TN_OK;
}

/* What an entry of the folder walk->path is: A_FILE, A_DIRECTORY, or 0 for neither. */
static int kind_of(const struct tn_walk *walk, int directory, const struct dirent *entry)
{
    struct stat info;
    char shown[512];

    if (entry->d_type == DT_REG)
        return A_FILE;
    if (entry->d_type == DT_DIR)
        return A_DIRECTORY;
    if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
        return 0;
    if (fstatat(directory, entry->d_name, &info, 0) != 0) {
        if (errno != ENOENT && errno != ELOOP) { /* a link to nowhere is nothing */
            snprintf(shown, sizeof shown, "%s%s", walk->path, entry->d_name);
            report(walk, shown, errno);
        }
        return 0;
    }
    return S_ISREG(info.st_mode) ? A_FILE : S_ISDIR(info.st_mode) ? A_DIRECTORY : 0;
}

/* ---- What is passed over ---- */

/* Hidden, this folder, the one above, or what a writer has not finished. */
static bool is_nobodys(const char *name)
{
    return name[0] == '.' || tn_atomic_is_temporary(name);
}

/* All patterns are tried, so that each that fits something is known. */
static bool is_excluded(struct tn_walk *walk, const char *path, int kind)
{
    bool excluded = false;

    for (size_t i = 0; i < walk->excluded_count; i++)
        if (tn_pattern_fits(walk->excluded[i], path, path + walk->root_length,
                            kind == A_DIRECTORY)) {
            excluded = true;
            if (walk->fitted)
                walk->fitted[i] = true;
        }
    walk->left_out |= excluded;
    return excluded;
}

static bool is_foreign(struct tn_walk *walk, const char *path)
{
    const char *what = tn_foreign_folder(path);

    if (!what)
        return false;
    if (walk->foreign_count++ == 0 && asprintf(&walk->first_foreign, "%s (%s)", path, what) < 0)
        walk->first_foreign = NULL; /* it is only for a message */
    return true;
}

static enum tn_status find_passed_over(struct tn_walk *walk, const char *name, int kind,
                                       bool *ret_passed_over, struct tn_error *err)
{
    char *path;

    *ret_passed_over = false;
    if (kind == A_FILE && walk->excluded_count == 0) /* of most names: no path is made for it */
        return TN_OK;
    if (asprintf(&path, "%s%s", walk->path, name) < 0)
        return tn_fail_nomem(err, strlen(walk->path) + strlen(name) + 1);
    *ret_passed_over =
        is_excluded(walk, path, kind) || (kind == A_DIRECTORY && is_foreign(walk, path));
    free(path);
    return TN_OK;
}

/* ---- Folders ---- */

static enum tn_status keep_name(struct tn_walk_level *level, int kind, const char *name,
                                struct tn_error *err)
{
    const size_t length = strlen(name);

    TN_TRY(tn_array_reserve(&level->text, &level->capacity, level->used + length + 2, err));
    level->text[level->used] = (char)kind;
    memcpy(level->text + level->used + 1, name, length + 1);
    level->used += length + 2;
    level->count++;
    return TN_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a + 1, *(char *const *)b + 1);
}

static enum tn_status sort_names(struct tn_walk_level *level, struct tn_error *err)
{
    char *name = level->text;

    level->names = malloc((level->count + 1) * sizeof *level->names);
    if (!level->names)
        return tn_fail_nomem(err, level->count * sizeof *level->names);
    for (size_t i = 0; i < level->count; i++) {
        level->names[i] = name;
        name += strlen(name) + 1;
    }
    qsort(level->names, level->count, sizeof *level->names, by_name);
    return TN_OK;
}

static enum tn_status read_names(struct tn_walk *walk, DIR *directory, struct tn_walk_level *level,
                                 struct tn_error *err)
{
    const struct dirent *entry;

    while (errno = 0, (entry = readdir(directory)) != NULL) {
        bool passed_over;
        int kind;

        if (is_nobodys(entry->d_name))
            continue;
        kind = kind_of(walk, dirfd(directory), entry);
        if (kind == 0 || (kind == A_DIRECTORY && walk->flat))
            continue;
        TN_TRY(find_passed_over(walk, entry->d_name, kind, &passed_over, err));
        if (!passed_over)
            TN_TRY(keep_name(level, kind, entry->d_name, err));
    }
    if (errno)
        report(walk, walk->path, errno);
    return sort_names(level, err);
}

static bool is_open(const struct tn_walk *walk, const struct stat *info)
{
    for (size_t i = 0; i < walk->depth; i++)
        if (walk->levels[i].device == info->st_dev && walk->levels[i].inode == info->st_ino)
            return true;
    return false;
}

/* Opens the folder walk->path as the innermost level; one that cannot be read is reported. */
static enum tn_status open_level(struct tn_walk *walk, struct tn_error *err)
{
    struct tn_walk_level level = {.path_length = strlen(walk->path)};
    enum tn_status status;
    struct stat info;
    DIR *directory;

    TN_TRY(tn_array_reserve(&walk->levels, &walk->capacity, walk->depth + 1, err));
    directory = opendir(walk->path);
    if (!directory || fstat(dirfd(directory), &info) != 0) {
        report(walk, walk->path, errno);
        if (directory)
            closedir(directory);
        return TN_OK;
    }
    if (is_open(walk, &info)) {
        closedir(directory);
        return TN_OK;
    }
    level.device = info.st_dev;
    level.inode = info.st_ino;
    status = walk->enters ? walk->enters(walk->context, walk->path, err) : TN_OK;
    if (status == TN_OK)
        status = read_names(walk, directory, &level, err);
    closedir(directory);
    if (status == TN_OK)
        walk->levels[walk->depth++] = level;
    else
        level_finish(&level);
    return status;
}

enum tn_status tn_walk_enter(struct tn_walk *walk, const char *folder, struct tn_error *err)
{
    assert(walk->depth == 0);
    TN_TRY(set_path(walk, 0, folder, err));
    walk->root_length = strlen(walk->path);
    walk->left_out = false;
    return open_level(walk, err);
}

/* The folders above, from the root on, count as open, with nothing left to read in them. */
static enum tn_status open_above(struct tn_walk *walk, size_t root_length, const char *folder,
                                 struct tn_error *err)
{
    for (size_t length = root_length; length < strlen(folder); length++) {
        struct stat info;

        if (folder[length - 1] != '/')
            continue;
        TN_TRY(set_path(walk, 0, folder, err));
        walk->path[length] = '\0';
        TN_TRY(tn_array_reserve(&walk->levels, &walk->capacity, walk->depth + 1, err));
        if (stat(walk->path, &info) == 0)
            walk->levels[walk->depth++] =
                (struct tn_walk_level){.device = info.st_dev, .inode = info.st_ino};
    }
    return TN_OK;
}

enum tn_status tn_walk_enter_below(struct tn_walk *walk, size_t root_length, const char *folder,
                                   struct tn_error *err)
{
    assert(walk->depth == 0);
    TN_TRY(open_above(walk, root_length, folder, err));
    TN_TRY(set_path(walk, 0, folder, err));
    walk->root_length = root_length;
    walk->left_out = false;
    return open_level(walk, err);
}

bool tn_walk_passes_over(struct tn_walk *walk, size_t root_length, const char *path, bool is_folder)
{
    const char *name = tn_path_name(path);

    walk->root_length = root_length;
    return is_nobodys(name) || is_excluded(walk, path, is_folder ? A_DIRECTORY : A_FILE) ||
           (is_folder && (walk->flat || tn_foreign_folder(path)));
}

enum tn_status tn_walk_next(struct tn_walk *walk, char **ret_path, struct tn_error *err)
{
    char *path;

    while (walk->depth > 0) {
        struct tn_walk_level *level = &walk->levels[walk->depth - 1];
        const char *name;

        if (level->next == level->count) {
            level_finish(level);
            walk->depth--;
            continue;
        }
        name = level->names[level->next++];
        TN_TRY(set_path(walk, level->path_length, name + 1, err));
        if (name[0] == A_DIRECTORY) {
            TN_TRY(open_level(walk, err));
            continue;
        }
        walk->path[strlen(walk->path) - 1] = '\0';
        path = strdup(walk->path);
        if (!path)
            return tn_fail_nomem(err, strlen(walk->path) + 1);
        *ret_path = path;
        return TN_OK;
    }
    *ret_path = NULL;
    return TN_OK;
}

void tn_walk_finish(struct tn_walk *walk)
{
    for (size_t i = 0; i < walk->depth; i++)
        level_finish(&walk->levels[i]);
    free(walk->levels);
    free(walk->path);
    free(walk->first_foreign);
    *walk = (struct tn_walk){0};
}
