/* SPDX-License-Identifier: MIT */
#include "app/caption/watch_folders.h"

#include "base/platform/watch.h"

#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* A path of a watched folder. */
struct named {
    struct app_folder folder; /* first: its path is what it is found by */
    int watch;
    TAILQ_ENTRY(named) place;
};

TAILQ_HEAD(all_named, named);

struct app_folders {
    struct tn_watch *watch;
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

enum tn_status app_folders_create(int milliseconds, struct app_folders **ret_folders,
                                  struct tn_error *err)
{
    struct app_folders *folders = calloc(1, sizeof *folders);
    enum tn_status status;

    if (!folders)
        return tn_fail_nomem(err, sizeof *folders);
    TAILQ_INIT(&folders->all);
    status = tn_watch_create(milliseconds, &folders->watch, err);
    if (status == TN_OK)
        *ret_folders = folders;
    else
        free(folders);
    return status;
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
    tn_watch_destroy(folders->watch);
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
        tn_watch_remove(folders->watch, group->watch);
        remove_group(folders, group);
        return;
    }
    group->paths[at] = group->paths[--group->count];
    named_destroy(folders, named);
}

/* ---- Watching ---- */

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
    struct named *known = find_path(folders, path);
    int watch;

    TN_TRY(tn_watch_add(folders->watch, path, known ? known->watch : -1, &watch, err));
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

int app_folders_between_looks(const struct app_folders *folders)
{
    return tn_watch_between_looks(folders->watch);
}

int app_folders_descriptor(const struct app_folders *folders)
{
    return tn_watch_descriptor(folders->watch);
}

int app_folders_wait(const struct app_folders *folders)
{
    return tn_watch_wait(folders->watch);
}

/* ---- Events ---- */

/* Who reads, and whether something was lost. */
struct reading {
    struct app_folders *folders;
    app_folder_event_fn *on_event;
    void *context;
    bool lost;
};

static enum tn_status report(const struct app_folder *folder, unsigned happened, const char *name,
                             const struct reading *reading, struct tn_error *err)
{
    enum tn_status status;
    char *path;

    if (asprintf(&path, "%s%s", folder->path, name) < 0)
        return tn_fail_nomem(err, strlen(folder->path) + strlen(name) + 1);
    status = reading->on_event(reading->context, folder, path, happened, err);
    free(path);
    return status;
}

/* The folders of a watch, under each path.  What is called may add and remove folders, so that they
 * are looked up each time. */
static enum tn_status report_to_all(void *context, int watch, unsigned happened, const char *name,
                                    struct tn_error *err)
{
    struct reading *reading = context;
    struct app_folders *folders = reading->folders;
    struct group *group;

    if (happened & TN_WATCH_LOST) {
        reading->lost = true;
        return TN_OK;
    }
    for (size_t i = 0; (group = find_group(folders, watch)) && i < group->count; i++)
        TN_TRY(report(&group->paths[i]->folder, happened, name, reading, err));
    if (group && (happened & TN_WATCH_ENDED))
        remove_group(folders, group);
    return TN_OK;
}

enum tn_status app_folders_read(struct app_folders *folders, app_folder_event_fn *on_event,
                                void *context, bool *ret_lost, struct tn_error *err)
{
    struct reading reading = {.folders = folders, .on_event = on_event, .context = context};

    TN_TRY(tn_watch_read(folders->watch, report_to_all, &reading, err));
    *ret_lost = reading.lost;
    return TN_OK;
}
