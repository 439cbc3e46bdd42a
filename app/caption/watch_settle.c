/* SPDX-License-Identifier: MIT */
#include "app/caption/watch_settle.h"

#include <limits.h>
#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

/* How long a file rests, in milliseconds, where changes are known at once.  Otherwise what may be
 * written still rests until it has been looked at once more, and for A_LOOK. */
static const int64_t rests[APP_SETTLE_COUNT] = {
    [APP_SETTLED] = 0,
    [APP_SETTLE_CLOSED] = 500,
    [APP_SETTLE_CHANGED] = 2000,
    [APP_SETTLE_WRITING] = 10000,
};
enum { A_LOOK = 500 };

struct file {
    char *path; /* first: what files are found by */
    size_t root;
    int64_t due; /* on the monotonic clock, in milliseconds */
    enum app_settle_after after;
    TAILQ_ENTRY(file) place;
};

TAILQ_HEAD(files, file);

/* Files that rest for the same time come to rest in the order in which they came. */
struct app_settling {
    struct files files[APP_SETTLE_COUNT];
    void *by_path; /* a tree of tsearch() */
    int64_t least; /* rest of what may be written still */
};

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

enum tn_status app_settling_create(int between_looks, struct app_settling **ret_settling,
                                   struct tn_error *err)
{
    struct app_settling *settling = calloc(1, sizeof *settling);

    if (!settling)
        return tn_fail_nomem(err, sizeof *settling);
    for (size_t i = 0; i < APP_SETTLE_COUNT; i++)
        TAILQ_INIT(&settling->files[i]);
    settling->least = between_looks > 0 ? between_looks + A_LOOK : 0;
    *ret_settling = settling;
    return TN_OK;
}

static void file_remove(struct app_settling *settling, struct file *file)
{
    tdelete(file, &settling->by_path, by_path);
    TAILQ_REMOVE(&settling->files[file->after], file, place);
    free(file->path);
    free(file);
}

void app_settling_destroy(struct app_settling *settling)
{
    if (!settling)
        return;
    app_settling_drop_below(settling, "");
    free(settling);
}

static struct file *find(const struct app_settling *settling, const char *path)
{
    const struct file wanted = {.path = (char *)(uintptr_t)path};
    struct file *const *found = tfind(&wanted, &settling->by_path, by_path);

    return found ? *found : NULL;
}

static struct file *file_create(struct app_settling *settling, const char *path)
{
    struct file *file = calloc(1, sizeof *file);

    if (file)
        file->path = strdup(path);
    if (file && file->path && tsearch(file, &settling->by_path, by_path))
        return file;
    if (file)
        free(file->path);
    free(file);
    return NULL;
}

static int64_t rest(const struct app_settling *settling, enum app_settle_after after)
{
    return after >= APP_SETTLE_CHANGED && rests[after] < settling->least ? settling->least
                                                                         : rests[after];
}

enum tn_status app_settling_put(struct app_settling *settling, const char *path, size_t root,
                                enum app_settle_after after, struct tn_error *err)
{
    struct file *file = find(settling, path);

    if (file)
        TAILQ_REMOVE(&settling->files[file->after], file, place);
    else
        file = file_create(settling, path);
    if (!file)
        return tn_fail_nomem(err, sizeof *file);
    file->root = root;
    file->after = after;
    file->due = now() + rest(settling, after);
    TAILQ_INSERT_TAIL(&settling->files[after], file, place);
    return TN_OK;
}

void app_settling_drop(struct app_settling *settling, const char *path)
{
    struct file *file = find(settling, path);

    if (file)
        file_remove(settling, file);
}

void app_settling_drop_below(struct app_settling *settling, const char *folder)
{
    const size_t length = strlen(folder);

    for (size_t i = 0; i < APP_SETTLE_COUNT; i++)
        for (struct file *file = TAILQ_FIRST(&settling->files[i]), *next; file; file = next) {
            next = TAILQ_NEXT(file, place);
            if (strncmp(file->path, folder, length) == 0)
                file_remove(settling, file);
        }
}

/* Who comes to rest next, or has longest. */
static struct file *first(const struct app_settling *settling)
{
    struct file *first = NULL;

    for (size_t i = 0; i < APP_SETTLE_COUNT; i++) {
        struct file *file = TAILQ_FIRST(&settling->files[i]);

        if (file && (!first || file->due < first->due))
            first = file;
    }
    return first;
}

int app_settling_wait(const struct app_settling *settling)
{
    const struct file *file = first(settling);
    const int64_t left = file ? file->due - now() : -1;

    return !file ? -1 : left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

char *app_settling_take(struct app_settling *settling, size_t *ret_root)
{
    struct file *file = first(settling);
    char *path;

    if (!file || file->due > now())
        return NULL;
    path = file->path;
    *ret_root = file->root;
    tdelete(file, &settling->by_path, by_path);
    TAILQ_REMOVE(&settling->files[file->after], file, place);
    free(file);
    return path;
}
