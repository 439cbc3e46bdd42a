/* SPDX-License-Identifier: MIT */
#include "app/caption/walk.h"

#include "base/array.h"
#include "base/atomic_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* An open directory: the names in it that matter, sorted, and which is next.  A name is kept as a
 * byte that says what it is, the name, NUL. */
struct level {
    dev_t device; /* with inode: to see a link that leads back here */
    ino_t inode;
    size_t path_length; /* of what names it in walk->path, a slash at the end included */
    char *text;
    size_t used, capacity;
    char **names; /* into text, at the byte before the name */
    size_t count, next;
};

enum { A_FILE = 'f', A_DIRECTORY = 'd' };

struct app_walk {
    struct app_walk_options options;
    app_walk_problem_fn *problem;
    void *context;
    size_t operand; /* the next */
    size_t root;    /* of what is being walked */
    FILE *list;
    char *line;
    size_t line_capacity, line_number;
    struct level *levels; /* the innermost last */
    size_t depth, level_capacity;
    char *path; /* of the innermost directory, with a slash at the end */
    size_t path_capacity;
};

static void tell(const struct app_walk *walk, const char *path, int error)
{
    if (walk->problem)
        walk->problem(walk->context, path, strerror(error));
}

enum tn_status app_walk_create(const struct app_walk_options *options, app_walk_problem_fn *problem,
                               void *context, struct app_walk **ret_walk, struct tn_error *err)
{
    struct app_walk *walk = calloc(1, sizeof *walk);

    if (!walk)
        return tn_fail_nomem(err, sizeof *walk);
    *walk = (struct app_walk){.options = *options, .problem = problem, .context = context};
    if (options->list) {
        walk->list = strcmp(options->list, "-") == 0 ? stdin : fopen(options->list, "rb");
        if (!walk->list) {
            free(walk);
            return tn_fail(err, errno == ENOENT ? TN_NOTFOUND : TN_IO, "%s: %s", options->list,
                           strerror(errno));
        }
    }
    *ret_walk = walk;
    return TN_OK;
}

static void level_finish(struct level *level)
{
    free(level->text);
    free(level->names);
}

void app_walk_destroy(struct app_walk *walk)
{
    if (!walk)
        return;
    for (size_t i = 0; i < walk->depth; i++)
        level_finish(&walk->levels[i]);
    if (walk->list && walk->list != stdin)
        fclose(walk->list);
    free(walk->levels);
    free(walk->path);
    free(walk->line);
    free(walk);
}

/* ---- Directories ---- */

/* walk->path = its first `length` bytes, name, and a slash unless one is there. */
static enum tn_status set_path(struct app_walk *walk, size_t length, const char *name,
                               struct tn_error *err)
{
    const size_t name_length = strlen(name);

    TN_TRY(tn_array_reserve(&walk->path, &walk->path_capacity, length + name_length + 2, err));
    memcpy(walk->path + length, name, name_length + 1);
    if (name_length > 0 && name[name_length - 1] != '/')
        strcpy(walk->path + length + name_length, "/");
    return TN_OK;
}

/* What an entry of the directory walk->path is: A_FILE, A_DIRECTORY, or 0 for neither. */
static int kind_of(const struct app_walk *walk, int directory, const struct dirent *entry)
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
            tell(walk, shown, errno);
        }
        return 0;
    }
    return S_ISREG(info.st_mode) ? A_FILE : S_ISDIR(info.st_mode) ? A_DIRECTORY : 0;
}

static enum tn_status keep_name(struct level *level, int kind, const char *name,
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

static enum tn_status sort_names(struct level *level, struct tn_error *err)
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

static enum tn_status read_names(struct app_walk *walk, DIR *directory, struct level *level,
                                 struct tn_error *err)
{
    const struct dirent *entry;

    while (errno = 0, (entry = readdir(directory)) != NULL) {
        int kind;

        if (entry->d_name[0] == '.') /* hidden, this one, the one above */
            continue;
        if (tn_atomic_is_temporary(entry->d_name))
            continue;
        kind = kind_of(walk, dirfd(directory), entry);
        if (kind == A_FILE || (kind == A_DIRECTORY && !walk->options.no_recursion))
            TN_TRY(keep_name(level, kind, entry->d_name, err));
    }
    if (errno)
        tell(walk, walk->path, errno);
    return sort_names(level, err);
}

static bool is_open(const struct app_walk *walk, const struct stat *info)
{
    for (size_t i = 0; i < walk->depth; i++)
        if (walk->levels[i].device == info->st_dev && walk->levels[i].inode == info->st_ino)
            return true;
    return false;
}

/* Opens the directory walk->path as the innermost level; one that cannot be read is reported. */
static enum tn_status enter(struct app_walk *walk, struct tn_error *err)
{
    struct level level = {.path_length = strlen(walk->path)};
    enum tn_status status;
    struct stat info;
    DIR *directory;

    TN_TRY(tn_array_reserve(&walk->levels, &walk->level_capacity, walk->depth + 1, err));
    directory = opendir(walk->path);
    if (!directory || fstat(dirfd(directory), &info) != 0) {
        tell(walk, walk->path, errno);
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
    status = read_names(walk, directory, &level, err);
    closedir(directory);
    if (status == TN_OK)
        walk->levels[walk->depth++] = level;
    else
        level_finish(&level);
    return status;
}

/* The next file below the open directories; a NULL path when there is none. */
static enum tn_status next_below(struct app_walk *walk, struct app_input *input,
                                 struct tn_error *err)
{
    while (walk->depth > 0) {
        struct level *level = &walk->levels[walk->depth - 1];
        const char *name;

        if (level->next == level->count) {
            level_finish(level);
            walk->depth--;
            continue;
        }
        name = level->names[level->next++];
        TN_TRY(set_path(walk, level->path_length, name + 1, err));
        if (name[0] == A_DIRECTORY) {
            TN_TRY(enter(walk, err));
            continue;
        }
        walk->path[strlen(walk->path) - 1] = '\0';
        input->path = strdup(walk->path);
        return input->path ? TN_OK : tn_fail_nomem(err, strlen(walk->path) + 1);
    }
    return TN_OK;
}

/* ---- What was named ---- */

/* The list's next part up to its separator, which is taken away; SIZE_MAX at its end. */
static enum tn_status read_part(struct app_walk *walk, size_t *ret_length, struct tn_error *err)
{
    const int end = walk->options.list_nul ? '\0' : '\n';
    const ssize_t length = getdelim(&walk->line, &walk->line_capacity, end, walk->list);

    *ret_length = SIZE_MAX;
    if (length < 0)
        return ferror(walk->list)
                   ? tn_fail(err, TN_IO, "%s: %s", walk->options.list, strerror(errno))
                   : TN_OK;
    *ret_length = (size_t)length;
    if (length > 0 && walk->line[length - 1] == end)
        walk->line[--*ret_length] = '\0';
    return TN_OK;
}

/* What Windows' programs add to a line is no part of the name, where no file is called so: a byte
 * order mark before the first, a carriage return at the end. */
static const char *strip(struct app_walk *walk, size_t length)
{
    static const char mark[] = "\xEF\xBB\xBF";
    const size_t before = sizeof mark - 1;
    char *name = walk->line;
    struct stat info;

    if (walk->line_number == 1 && strncmp(name, mark, before) == 0 && lstat(name, &info) != 0) {
        name += before;
        length -= before;
    }
    if (length > 0 && name[length - 1] == '\r' && lstat(name, &info) != 0)
        name[length - 1] = '\0';
    return name;
}

/* The list's next name, borrowed; NULL at its end. */
static enum tn_status next_line(struct app_walk *walk, const char **ret_name, struct tn_error *err)
{
    const char *name;
    size_t length;

    do {
        *ret_name = NULL;
        TN_TRY(read_part(walk, &length, err));
        if (length == SIZE_MAX)
            return TN_OK;
        walk->line_number++;
        name = walk->line;
        if (!walk->options.list_nul && memchr(name, '\0', length))
            return tn_fail(err, TN_FORMAT, "%s: a NUL in line %zu; give --null if it ends a name",
                           walk->options.list, walk->line_number);
        if (!walk->options.list_nul)
            name = strip(walk, length);
    } while (!name[0]);
    *ret_name = name;
    return TN_OK;
}

enum tn_status app_walk_next(struct app_walk *walk, struct app_input *ret_input,
                             struct tn_error *err)
{
    struct app_input input = {0};
    const char *name = NULL;
    struct stat info;

    for (;;) {
        TN_TRY(next_below(walk, &input, err));
        if (input.path)
            break;
        if (walk->operand < walk->options.operand_count) {
            walk->root = walk->operand;
            name = walk->options.operands[walk->operand++];
        } else {
            walk->root = walk->options.operand_count;
            name = NULL;
            if (walk->list)
                TN_TRY(next_line(walk, &name, err));
        }
        if (!name)
            break;
        if (name[0] && stat(name, &info) == 0 && S_ISDIR(info.st_mode)) {
            TN_TRY(set_path(walk, 0, name, err));
            TN_TRY(enter(walk, err));
            continue;
        }
        input.path = strdup(name);
        input.named = true;
        if (!input.path)
            return tn_fail_nomem(err, strlen(name) + 1);
        break;
    }
    input.root = walk->root;
    *ret_input = input;
    return TN_OK;
}
