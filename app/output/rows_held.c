/* SPDX-License-Identifier: MIT */
#include "app/output/rows_held.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REMEDY "it was left as it is; name another file, or give --existing replace"

static size_t common_prefix(const char *a, size_t size_a, const char *b, size_t size_b)
{
    size_t length = 0;

    while (length < size_a && length < size_b && a[length] == b[length])
        length++;
    return length;
}

bool app_rows_may_replace(const struct app_format *format, const char *rest, size_t rest_size,
                          const char *text, size_t size)
{
    const size_t foot = strlen(format->foot);
    const size_t like_text = common_prefix(rest, rest_size, text, size);
    const size_t like_foot = common_prefix(rest, rest_size, format->foot, foot);
    const size_t known = like_text > like_foot ? like_text : like_foot;
    const size_t left = rest_size - known;

    return left <= foot && (known > 0 || left == 0 || left == foot) &&
           memcmp(rest + known, format->foot + foot - left, left) == 0;
}

/* Whether a run may have left rest[size] behind the rows, as far as can be seen before it is known
 * what would be written there. */
static bool may_be_torn(const struct app_format *format, const char *rest, size_t size, bool any)
{
    const size_t separator = any ? strlen(format->separator) : 0;
    const size_t start = strlen(format->row_start);
    const size_t before = common_prefix(rest, size, format->separator, separator);
    const size_t begun = common_prefix(rest + before, size - before, format->row_start, start);

    return (before == separator && begun == start) ||
           app_rows_may_replace(format, rest, size, rest, before + begun);
}

size_t app_rows_find(const struct app_format *format, const char *text, size_t size, bool any,
                     size_t *ret_row)
{
    const size_t separator = any ? strlen(format->separator) : 0;
    const char *newline;
    size_t length;

    if (size <= separator || memcmp(text, format->separator, separator) != 0)
        return 0;
    *ret_row = separator;
    text += separator;
    size -= separator;
    if (format->length) {
        length = format->length(text, size);
    } else {
        newline = memchr(text, '\n', size);
        length = newline ? (size_t)(newline + 1 - text) : 0;
    }
    return length > 0 ? separator + length : 0;
}

/* The rows of one photo, the last that were read. */
struct group {
    size_t start; /* in the file */
    size_t last;  /* the last of them */
    size_t count;
    char *path; /* owned; NULL: there is none */
};

static enum tn_status group_hold(struct group *group, struct app_rows_held *held,
                                 struct tn_error *err)
{
    enum tn_status status = TN_OK;
    size_t index;

    if (group->path)
        status = tn_map_add(&held->paths, group->path, strlen(group->path), &index, err);
    free(group->path);
    group->path = NULL;
    return status;
}

/* The row text[length], at byte `at` of the file, with what is before it in the file read. */
static enum tn_status read_held_row(const struct app_format *format, const char *text,
                                    size_t length, size_t at, struct group *group,
                                    struct app_rows_held *held, bool *ret_is_row,
                                    struct tn_error *err)
{
    char *path = malloc(length + 1);
    enum tn_status status = TN_OK;

    if (!path)
        return tn_fail_nomem(err, length + 1);
    *ret_is_row = format->path(format, text, length, path);
    group->last = at;
    if (*ret_is_row && (!group->path || strcmp(group->path, path) != 0)) {
        status = group_hold(group, held, err);
        group->start = at;
        group->count = 0;
        group->path = path;
        path = NULL;
    }
    group->count++;
    free(path);
    return status;
}

static enum tn_status read_held_rows(const struct app_format *format, const char *file,
                                     const char *text, size_t size, struct group *group,
                                     struct app_rows_held *held, struct tn_error *err)
{
    size_t row, length;
    bool is_row;

    while ((length = app_rows_find(format, text + held->end, size - held->end, held->count > 0,
                                   &row)) > 0) {
        TN_TRY(read_held_row(format, text + held->end + row, length - row, held->end + row, group,
                             held, &is_row, err));
        if (!is_row)
            return tn_fail(err, TN_FORMAT,
                           "%s: what stands at byte %zu is no %s row of captions; " REMEDY, file,
                           held->end + row, format->name);
        held->count++;
        held->end += length;
    }
    return TN_OK;
}

/* Where a photo has several rows, the torn one may be of the same photo as the last that is whole:
 * then all of them are to be written again.  (When a row ends where the file does, nobody knows
 * whether the photo had more.) */
static void leave_torn_group(const struct app_format *format, const char *text, size_t size,
                             struct group *group, struct app_rows_held *held)
{
    const size_t rest = size - held->end;
    size_t common;

    if (!format->row_a_caption || !group->path || rest == 0)
        return;
    common = common_prefix(text + held->end, rest, text + group->last, held->end - group->last);
    if (common < rest && common < strlen(group->path))
        return;
    held->end = group->start;
    held->count -= group->count;
    free(group->path);
    group->path = NULL;
}

/* What is around the rows may be another in each version of the program. */
static enum tn_status fail_at_head(const struct app_format *format, const char *file,
                                   const char *text, size_t size, struct tn_error *err)
{
    const char *const start = format->row_start;

    if (*start && memmem(text, size, start, strlen(start)))
        return tn_fail(err, TN_FORMAT,
                       "%s: is perhaps a %s file of another version of this program, which cannot "
                       "be continued; " REMEDY,
                       file, format->name);
    return tn_fail(err, TN_FORMAT, "%s: does not begin like a %s file of captions; " REMEDY, file,
                   format->name);
}

static enum tn_status read_file(const struct app_format *format, const char *file, const char *text,
                                size_t size, struct app_rows_held *held, struct tn_error *err)
{
    const char *const begin = app_format_head(format);
    const size_t head = strlen(begin), foot = strlen(format->foot);
    struct group group = {.path = NULL};
    enum tn_status status;

    if (memcmp(text, begin, size < head ? size : head) != 0)
        return fail_at_head(format, file, text, size, err);
    if (size < head)
        return TN_OK;
    held->end = head;
    status = read_held_rows(format, file, text, size, &group, held, err);
    if (status == TN_OK) {
        leave_torn_group(format, text, size, &group, held);
        status = group_hold(&group, held, err);
    }
    free(group.path);
    TN_TRY(status);
    text += held->end;
    size -= held->end;
    held->whole = size == foot && memcmp(text, format->foot, foot) == 0;
    if (!may_be_torn(format, text, size, held->count > 0))
        return tn_fail(err, TN_FORMAT,
                       "%s: what stands at byte %zu is no %s row of captions; " REMEDY, file,
                       held->end, format->name);
    return TN_OK;
}

/* Whether text[size] begins as a file of that format does. */
static bool begins_like(const struct app_format *format, const char *text, size_t size)
{
    const size_t head = strlen(app_format_head(format));
    size_t row, length;
    char *path;
    bool like;

    if (size < head || memcmp(text, app_format_head(format), head) != 0)
        return false;
    length = app_rows_find(format, text + head, size - head, false, &row);
    if (head > 0 || length == 0)
        return head > 0;
    path = malloc(length + 1);
    like = path && format->path(format, text + row, length - row, path);
    free(path);
    return like;
}

enum tn_status app_rows_held_read(const struct app_format *format, const char *file,
                                  const char *text, size_t size, struct app_rows_held *held,
                                  struct tn_error *err)
{
    const struct app_format other = app_format_with_keywords(format, !format->keywords);
    const enum tn_status status = read_file(format, file, text, size, held, err);

    if (status == TN_FORMAT && other.keywords != format->keywords &&
        begins_like(&other, text, size))
        return tn_fail(err, TN_FORMAT,
                       "%s: was begun with%s --keywords, and its rows are others; %s", file,
                       format->keywords ? "out" : "", REMEDY);
    return status;
}

static enum tn_status check_whole(const struct app_format *format, const char *file,
                                  const char *text, size_t size, struct tn_error *err)
{
    struct app_rows_held held = {.end = 0};
    enum tn_status status = app_rows_held_read(format, file, text, size, &held, err);

    if (status == TN_OK && !held.whole)
        status = tn_fail(err, TN_FORMAT, "%s: what stands at byte %zu is no whole %s row; " REMEDY,
                         file, held.end, format->name);
    tn_map_finish(&held.paths);
    return status;
}

static enum tn_status check_text(const struct app_format *format, const char *file,
                                 const char *text, size_t size, struct tn_error *err)
{
    const struct app_format other = app_format_with_keywords(format, !format->keywords);
    const enum tn_status status = check_whole(format, file, text, size, err);
    const bool may_be_other = status == TN_FORMAT && *app_format_head(&other) != '\0';

    return may_be_other && check_whole(&other, file, text, size, NULL) == TN_OK ? TN_OK : status;
}

enum tn_status app_rows_held_check(const struct app_format *format, const char *file,
                                   struct tn_error *err)
{
    const int descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    const off_t size = descriptor >= 0 ? lseek(descriptor, 0, SEEK_END) : -1;
    char *text = size > 0 ? mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, descriptor, 0) : NULL;
    enum tn_status status = TN_OK;

    if (size < 0 || text == MAP_FAILED)
        status = tn_fail(err, TN_IO, "%s: %s", file, strerror(errno));
    else if (size > 0)
        status = check_text(format, file, text, (size_t)size, err);
    if (text && text != MAP_FAILED)
        munmap(text, (size_t)size);
    if (descriptor >= 0)
        close(descriptor);
    return status;
}

bool app_held_paths_have(const struct app_held_paths *held, const char *path)
{
    pthread_mutex_t *mutex = (pthread_mutex_t *)(uintptr_t)&held->mutex; /* which asking locks */
    bool have;

    pthread_mutex_lock(mutex);
    have = tn_map_find(&held->map, path, strlen(path)) != TN_MAP_NONE;
    pthread_mutex_unlock(mutex);
    return have;
}

enum tn_status app_held_paths_add(struct app_held_paths *held, const char *path,
                                  struct tn_error *err)
{
    enum tn_status status;
    size_t index;

    pthread_mutex_lock(&held->mutex);
    status = tn_map_add(&held->map, path, strlen(path), &index, err);
    pthread_mutex_unlock(&held->mutex);
    return status;
}
