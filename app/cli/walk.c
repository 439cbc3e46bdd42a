/* SPDX-License-Identifier: MIT */
#include "app/cli/walk.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct app_walk {
    struct app_walk_options options;
    struct tn_walk below; /* the directory that was named last */
    size_t operand;       /* the next */
    size_t root;          /* of what is being walked */
    bool *left_out;       /* [operand_count + 1] */
    bool *fitted;         /* [options.excluded.count + 1] */
    FILE *list;
    char *line;
    size_t line_capacity, line_number;
};

enum tn_status app_walk_create(const struct app_walk_options *options, tn_walk_problem_fn *problem,
                               void *context, struct app_walk **ret_walk, struct tn_error *err)
{
    struct app_walk *walk = calloc(1, sizeof *walk);
    enum tn_status status;

    if (!walk)
        return tn_fail_nomem(err, sizeof *walk);
    *walk = (struct app_walk){
        .options = *options,
        .below = {.flat = options->no_recursion,
                  .problem = problem,
                  .context = context,
                  .excluded = options->excluded.items,
                  .excluded_count = options->excluded.count},
    };
    walk->left_out = calloc(options->operand_count + 1, sizeof *walk->left_out);
    walk->fitted = calloc(options->excluded.count + 1, sizeof *walk->fitted);
    walk->below.fitted = walk->fitted;
    if (!walk->left_out || !walk->fitted) {
        app_walk_destroy(walk);
        return tn_fail_nomem(err, options->operand_count + options->excluded.count);
    }
    if (options->list) {
        walk->list = strcmp(options->list, "-") == 0 ? stdin : fopen(options->list, "rb");
        if (!walk->list) {
            status = tn_fail(err, errno == ENOENT ? TN_NOTFOUND : TN_IO, "%s: %s", options->list,
                             strerror(errno));
            app_walk_destroy(walk);
            return status;
        }
    }
    *ret_walk = walk;
    return TN_OK;
}

void app_walk_destroy(struct app_walk *walk)
{
    if (!walk)
        return;
    if (walk->list && walk->list != stdin)
        fclose(walk->list);
    tn_walk_finish(&walk->below);
    free(walk->left_out);
    free(walk->fitted);
    free(walk->line);
    free(walk);
}

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

static bool is_utf16(const char *line, size_t length)
{
    return length > 2 && (memcmp(line, "\xFF\xFE", 2) == 0 || memcmp(line, "\xFE\xFF", 2) == 0) &&
           memchr(line, '\0', length);
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
        if (walk->line_number == 1 && is_utf16(name, length))
            return tn_fail(err, TN_FORMAT, "%s: is UTF-16; save it as UTF-8", walk->options.list);
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
        TN_TRY(tn_walk_next(&walk->below, &input.path, err));
        walk->left_out[walk->root] |= walk->below.left_out;
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
            TN_TRY(tn_walk_enter(&walk->below, name, err));
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

bool app_walk_left_out(const struct app_walk *walk, size_t root)
{
    return walk->left_out[root];
}

bool app_walk_fitted(const struct app_walk *walk, size_t pattern)
{
    return walk->fitted[pattern];
}

size_t app_walk_foreign(const struct app_walk *walk, const char **ret_first)
{
    *ret_first = walk->below.first_foreign;
    return walk->below.foreign_count;
}
