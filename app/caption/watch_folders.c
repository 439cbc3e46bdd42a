/* SPDX-License-Identifier: MIT */
#include "app/caption/watch_folders.h"

#include <errno.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/queue.h>
#include <unistd.h>

enum {
    WATCHED = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
              IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK
};

/* A path of a watched folder. */
struct named {
    struct app_folder folder; /* first: its path is what it is found by */
    int watch;
    TAILQ_ENTRY(named) place;
};

TAILQ_HEAD(all_named, named);

struct app_folders {
    int inotify;
    void *by_watch, *by_path; /* trees of tsearch(), of struct group and struct named */
    struct all_named all;
    size_t count;
};

/* The paths of one watch. */
struct group {
    int watch; /* first: what groups are found by */
    struct named **paths;
    size_t count;
};

static int by_watch(const void *a, const void *b)
{
    const int first = ((const struct group *)a)->watch, second = ((const struct group *)b)->watch;

    return (first > second) - (first < second);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->folder.path, ((const struct named *)b)->folder.path);
}

enum tn_status app_folders_create(struct app_folders **ret_folders, struct tn_error *err)
{
    struct app_folders *folders = calloc(1, sizeof *folders);

    if (!folders)
        return tn_fail_nomem(err, sizeof *folders);
    TAILQ_INIT(&folders->all);
    folders->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (folders->inotify < 0) {
        const int reason = errno;

        free(folders);
        return tn_fail(err, TN_IO, "cannot watch: %s%s", strerror(reason),
                       reason == EMFILE ? "; the limit is raised by 'sysctl "
                                          "fs.inotify.max_user_instances=512', as root"
                                        : "");
    }
    *ret_folders = folders;
    return TN_OK;
}

/* ---- The table ---- */

static struct group *find_group(const struct app_folders *folders, int watch)
{
    const struct group wanted = {.watch = watch};
    struct group *const *found = tfind(&wanted, &folders->by_watch, by_watch);

    return found ? *found : NULL;
}

static struct group *find_or_create_group(struct app_folders *folders, int watch)
{
    struct group *group = find_group(folders, watch);

    if (group)
        return group;
    group = calloc(1, sizeof *group);
    if (!group)
        return NULL;
    group->watch = watch;
    if (tsearch(group, &folders->by_watch, by_watch))
        return group;
    free(group);
    return NULL;
}

static bool add_to_group(struct app_folders *folders, struct named *named)
{
    struct group *group = find_or_create_group(folders, named->watch);
    struct named **paths = group ? realloc(group->paths, (group->count + 1) * sizeof *paths) : NULL;

    if (!paths)
        return false; /* an empty group goes with the next that has its number */
    group->paths = paths;
    paths[group->count++] = named;
    return true;
}

static struct named *named_create(const struct app_folder *folder, int watch)
{
    struct named *named = calloc(1, sizeof *named);

    if (!named)
        return NULL;
    *named = (struct named){.folder = *folder, .watch = watch};
    named->folder.path = strdup(folder->path);
    if (named->folder.path)
        return named;
    free(named);
    return NULL;
}

static void named_destroy(struct app_folders *folders, struct named *named)
{
    tdelete(named, &folders->by_path, by_path);
    TAILQ_REMOVE(&folders->all, named, place);
    folders->count--;
    free(named->folder.path);
    free(named);
}

static void remove_group(struct app_folders *folders, struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        named_destroy(folders, group->paths[i]);
    tdelete(group, &folders->by_watch, by_watch);
    free(group->paths);
    free(group);
}

void app_folders_destroy(struct app_folders *folders)
{
    if (!folders)
        return;
    while (!TAILQ_EMPTY(&folders->all))
        remove_group(folders, find_group(folders, TAILQ_FIRST(&folders->all)->watch));
    close(folders->inotify);
    free(folders);
}

static struct named *find_path(const struct app_folders *folders, const char *path)
{
    const struct named wanted = {.folder = {.path = (char *)(uintptr_t)path}};
    struct named *const *found = tfind(&wanted, &folders->by_path, by_path);

    return found ? *found : NULL;
}

/* The watch stays while another path leads to it. */
static void remove_named(struct app_folders *folders, struct named *named)
{
    struct group *group = find_group(folders, named->watch);
    size_t at = 0;

    while (group->paths[at] != named)
        at++;
    if (group->count == 1) {
        inotify_rm_watch(folders->inotify, group->watch);
        remove_group(folders, group);
        return;
    }
    group->paths[at] = group->paths[--group->count];
    named_destroy(folders, named);
}

/* ---- Watching ---- */

static enum tn_status refuse(const char *path, int reason, struct tn_error *err)
{
    if (reason == ENOSPC)
        return tn_fail(err, TN_IO,
                       "%s: cannot be watched: all watches that the system allows are in use; as "
                       "root, 'sysctl fs.inotify.max_user_watches=524288' allows more",
                       path);
    return tn_fail(err, reason == ENOMEM ? TN_NOMEM : TN_IO, "%s: cannot be watched: %s", path,
                   strerror(reason));
}

static enum tn_status add_named(struct app_folders *folders, const struct app_folder *folder,
                                int watch, struct tn_error *err)
{
    struct named *named = named_create(folder, watch);

    if (!named)
        return tn_fail_nomem(err, sizeof *named);
    if (!tsearch(named, &folders->by_path, by_path) || !add_to_group(folders, named)) {
        tdelete(named, &folders->by_path, by_path);
        free(named->folder.path);
        free(named);
        return tn_fail_nomem(err, sizeof *named);
    }
    TAILQ_INSERT_TAIL(&folders->all, named, place);
    folders->count++;
    return TN_OK;
}

enum tn_status app_folders_add(struct app_folders *folders, const char *path, size_t root,
                               size_t root_length, bool *ret_new, struct tn_error *err)
{
    const struct app_folder folder = {(char *)(uintptr_t)path, root, root_length};
    const int watch = inotify_add_watch(folders->inotify, path, WATCHED);
    struct named *known = find_path(folders, path);

    if (watch < 0 && (errno == ENOSPC || errno == ENOMEM))
        return refuse(path, errno, err);
    *ret_new = watch >= 0 && !(known && known->watch == watch);
    if (!*ret_new)
        return TN_OK; /* whoever reads the folder reports what cannot be read */
    if (known)        /* another folder, which had this path before */
        remove_named(folders, known);
    return add_named(folders, &folder, watch, err);
}

void app_folders_remove(struct app_folders *folders, const char *path)
{
    struct named *named = find_path(folders, path);

    if (named)
        remove_named(folders, named);
}

void app_folders_remove_below(struct app_folders *folders, const char *path)
{
    const size_t length = strlen(path);

    for (struct named *named = TAILQ_FIRST(&folders->all), *next; named; named = next) {
        next = TAILQ_NEXT(named, place);
        if (strncmp(named->folder.path, path, length) == 0)
            remove_named(folders, named);
    }
}

bool app_folders_have(const struct app_folders *folders, const char *path)
{
    return find_path(folders, path) != NULL;
}

size_t app_folders_count(const struct app_folders *folders)
{
    return folders->count;
}

int app_folders_descriptor(const struct app_folders *folders)
{
    return folders->inotify;
}

/* ---- Events ---- */

static enum tn_status report(const struct app_folder *folder, const struct inotify_event *event,
                             app_folder_event_fn *on_event, void *context, struct tn_error *err)
{
    enum tn_status status;
    char *path;

    if (asprintf(&path, "%s%s", folder->path, event->len > 0 ? event->name : "") < 0)
        return tn_fail_nomem(err, strlen(folder->path) + event->len);
    status = on_event(context, folder, path, event->mask, err);
    free(path);
    return status;
}

/* The folders of a watch, under each path.  What is called may add and remove folders, so that they
 * are looked up each time. */
static enum tn_status report_to_all(struct app_folders *folders, const struct inotify_event *event,
                                    app_folder_event_fn *on_event, void *context,
                                    struct tn_error *err)
{
    struct group *group;

    for (size_t i = 0; (group = find_group(folders, event->wd)) && i < group->count; i++)
        TN_TRY(report(&group->paths[i]->folder, event, on_event, context, err));
    if (group && (event->mask & IN_IGNORED))
        remove_group(folders, group);
    return TN_OK;
}

enum tn_status app_folders_read(struct app_folders *folders, app_folder_event_fn *on_event,
                                void *context, bool *ret_lost, struct tn_error *err)
{
    _Alignas(struct inotify_event) char buffer[65536];
    ssize_t size;

    *ret_lost = false;
    while ((size = read(folders->inotify, buffer, sizeof buffer)) > 0)
        for (const char *at = buffer; at < buffer + size;) {
            const struct inotify_event *event = (const void *)at;

            if (event->mask & IN_Q_OVERFLOW)
                *ret_lost = true;
            else
                TN_TRY(report_to_all(folders, event, on_event, context, err));
            at += sizeof *event + event->len;
        }
    if (size < 0 && errno != EAGAIN && errno != EINTR)
        return tn_fail(err, TN_IO, "cannot read what happens: %s", strerror(errno));
    return TN_OK;
}
