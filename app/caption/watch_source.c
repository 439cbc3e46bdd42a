/* SPDX-License-Identifier: MIT */
#include "app/caption/watch_source.h"

#include "app/caption/inputs.h"
#include "app/caption/watch_file.h"
#include "app/caption/watch_folders.h"
#include "app/caption/watch_settle.h"
#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "base/path.h"
#include "base/platform/platform.h"
#include "base/platform/watch.h"
#include "image/image.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <time.h>

enum { RECENT = 2 }; /* seconds: what changed so lately may still be written */

/* A folder whose files are to be found. */
struct search {
    char *path;
    size_t root, root_length;
    bool flat;             /* without the folders below it */
    struct timespec since; /* only files that changed since; zeros: all */
    STAILQ_ENTRY(search) place;
};

STAILQ_HEAD(searches, search);

struct app_watch {
    const struct app_walk_options *inputs;
    bool remembering, quiet, told;
    struct app_folders *folders;
    struct app_settling *settling;
    struct searches searches; /* the first is under way in walk, if walking */
    struct tn_walk walk;
    bool walking;
    struct tn_walk names;       /* for what it would pass over */
    bool *gone;                 /* [operand_count]: the root is not there any more */
    size_t left;                /* roots that are */
    struct timespec up_to_date; /* when all that had happened was known */
};

/* ---- Searches ---- */

static enum tn_status add_search(struct app_watch *watch, const struct search *wanted,
                                 struct tn_error *err)
{
    struct search *search = malloc(sizeof *search);

    if (!search)
        return tn_fail_nomem(err, sizeof *search);
    *search = *wanted;
    search->path = strdup(wanted->path);
    if (!search->path) {
        free(search);
        return tn_fail_nomem(err, strlen(wanted->path) + 1);
    }
    STAILQ_INSERT_TAIL(&watch->searches, search, place);
    return TN_OK;
}

static void end_search(struct app_watch *watch)
{
    struct search *search = STAILQ_FIRST(&watch->searches);

    STAILQ_REMOVE_HEAD(&watch->searches, place);
    free(search->path);
    free(search);
    watch->walking = false;
}

/* The root's name with a slash. */
static size_t root_length(const char *root)
{
    const size_t length = strlen(root);

    return length + (root[length - 1] != '/');
}

static enum tn_status search_roots(struct app_watch *watch, struct timespec since,
                                   struct tn_error *err)
{
    for (size_t i = 0; i < watch->inputs->operand_count; i++) {
        char *root = watch->inputs->operands[i];
        const struct search search = {.path = root,
                                      .root = i,
                                      .root_length = root_length(root),
                                      .flat = watch->inputs->no_recursion,
                                      .since = since};

        if (!watch->gone[i])
            TN_TRY(add_search(watch, &search, err));
    }
    return TN_OK;
}

/* Before the names in a folder are read, so that what comes later is seen.  One that is new in a
 * search for what changed has come meanwhile, with files that did not change. */
static enum tn_status watch_folder(void *context, const char *path, struct tn_error *err)
{
    struct app_watch *watch = context;
    struct search search = *STAILQ_FIRST(&watch->searches);
    const bool filtered = search.since.tv_sec > 0;
    bool new;

    TN_TRY(app_folders_add(watch->folders, path, search.root, search.root_length, &new, err));
    if (!new || !filtered)
        return TN_OK;
    search.path = (char *)(uintptr_t)path;
    search.flat = true;
    search.since = (struct timespec){0};
    return add_search(watch, &search, err);
}

static void on_problem(void *context, const char *path, const char *reason)
{
    (void)context;
    if (tn_path_exists(path)) /* otherwise it went meanwhile */
        app_warn("%s: %s", path, reason);
}

static bool has_changed_since(const struct stat *info, struct timespec since)
{
    const struct timespec changed = tn_platform_changed(info);

    return changed.tv_sec > since.tv_sec ||
           (changed.tv_sec == since.tv_sec && changed.tv_nsec >= since.tv_nsec);
}

/* A step of the search under way: a file, or its end. */
static enum tn_status search_on(struct app_watch *watch, struct tn_error *err)
{
    const struct search *search = STAILQ_FIRST(&watch->searches);
    enum tn_status status = TN_OK;
    struct stat info;
    char *path;

    watch->walk.flat = search->flat;
    if (!watch->walking) {
        watch->walking = true;
        TN_TRY(tn_walk_enter_below(&watch->walk, search->root_length, search->path, err));
    }
    TN_TRY(tn_walk_next(&watch->walk, &path, err));
    if (!path)
        end_search(watch);
    else if (!app_watch_is_unfinished(path) && stat(path, &info) == 0 &&
             has_changed_since(&info, search->since))
        status = app_settling_put(
            watch->settling, path, search->root,
            info.st_ctime + RECENT < time(NULL) ? APP_SETTLED : APP_SETTLE_CHANGED, err);
    free(path);
    return status;
}

/* ---- Events ---- */

/* A folder that has come is searched for what it brought, unless a search found it already. */
static enum tn_status on_new_folder(struct app_watch *watch, const struct search *found,
                                    struct tn_error *err)
{
    enum tn_status status = TN_OK;
    char *path;

    if (tn_walk_passes_over(&watch->names, found->root_length, found->path, true))
        return TN_OK;
    path = tn_path_join(found->path, "");
    if (!path)
        return tn_fail_nomem(err, strlen(found->path) + 1);
    if (!app_folders_have(watch->folders, path))
        status = add_search(watch, found, err);
    free(path);
    return status;
}

/* A folder, or a link to one, has gone, or another took its place; empty: what was below it went
 * before, one by one. */
static enum tn_status forget_folder(struct app_watch *watch, const char *path, bool empty,
                                    struct tn_error *err)
{
    char *below = tn_path_join(path, "");

    if (!below)
        return tn_fail_nomem(err, strlen(path) + 1);
    if (empty) {
        app_folders_remove(watch->folders, below);
    } else if (app_folders_have(watch->folders, below)) {
        app_folders_remove_below(watch->folders, below);
        app_settling_drop_below(watch->settling, below);
    }
    free(below);
    return TN_OK;
}

static enum tn_status on_folder_event(struct app_watch *watch, const struct app_folder *folder,
                                      const char *path, unsigned happened, struct tn_error *err)
{
    const struct search found = {
        .path = (char *)(uintptr_t)path, .root = folder->root, .root_length = folder->root_length};

    if (happened & TN_WATCH_MOVED_IN)
        TN_TRY(forget_folder(watch, path, false, err));
    if (happened & (TN_WATCH_CREATED | TN_WATCH_MOVED_IN))
        return on_new_folder(watch, &found, err);
    if (happened & (TN_WATCH_MOVED_OUT | TN_WATCH_REMOVED))
        return forget_folder(watch, path, happened & TN_WATCH_REMOVED, err);
    return TN_OK;
}

static void on_root_gone(struct app_watch *watch, const struct app_folder *root, unsigned happened)
{
    if (watch->gone[root->root])
        return;
    watch->gone[root->root] = true;
    watch->left--;
    app_warn("%s: %s, and is not watched any more", watch->inputs->operands[root->root],
             happened & TN_WATCH_UNMOUNTED    ? "was unmounted"
             : happened & TN_WATCH_SELF_MOVED ? "was renamed"
                                              : "was removed");
}

static enum tn_status on_event(void *context, const struct app_folder *folder, const char *path,
                               unsigned happened, struct tn_error *err)
{
    struct app_watch *watch = context;
    const bool is_root = strlen(folder->path) == folder->root_length;

    if (happened & (TN_WATCH_SELF_REMOVED | TN_WATCH_SELF_MOVED | TN_WATCH_UNMOUNTED)) {
        if (is_root)
            on_root_gone(watch, folder, happened);
        return TN_OK;
    }
    if (happened & TN_WATCH_ENDED)
        return TN_OK;
    if (happened & TN_WATCH_IS_FOLDER)
        return on_folder_event(watch, folder, path, happened, err);
    if (happened &
        (TN_WATCH_MOVED_OUT | TN_WATCH_REMOVED | TN_WATCH_MOVED_IN)) /* of a link, maybe */
        TN_TRY(forget_folder(watch, path, false, err));
    if (happened & (TN_WATCH_MOVED_OUT | TN_WATCH_REMOVED)) {
        app_settling_drop(watch->settling, path);
        return TN_OK;
    }
    if (app_watch_is_unfinished(path) ||
        tn_walk_passes_over(&watch->names, folder->root_length, path, false))
        return TN_OK;
    return app_settling_put(watch->settling, path, folder->root,
                            happened & (TN_WATCH_CLOSED | TN_WATCH_MOVED_IN) ? APP_SETTLE_CLOSED
                                                                             : APP_SETTLE_CHANGED,
                            err);
}

static enum tn_status read_events(struct app_watch *watch, struct tn_error *err)
{
    const struct timespec before = tn_platform_file_clock();
    bool lost;

    TN_TRY(app_folders_read(watch->folders, on_event, watch, &lost, err));
    if (lost) {
        if (!watch->quiet)
            app_say("more has happened than the system remembers; searching all folders");
        TN_TRY(search_roots(watch, watch->remembering ? (struct timespec){0} : watch->up_to_date,
                            err));
    }
    watch->up_to_date = before;
    return TN_OK;
}

/* ---- The source ---- */

/* Whether what has come to rest is a file to be read.  Takes the path over when it is not. */
static enum tn_status check_settled(struct app_watch *watch, char *path, size_t root,
                                    bool *ret_good, struct tn_error *err)
{
    const struct search found = {
        .path = path, .root = root, .root_length = root_length(watch->inputs->operands[root])};
    enum tn_status status = TN_OK;
    struct stat info;
    bool good = false;

    if (stat(path, &info) != 0)
        ;                           /* it is gone */
    else if (S_ISDIR(info.st_mode)) /* through a link */
        status = on_new_folder(watch, &found, err);
    else if (!S_ISREG(info.st_mode) || !image_is_photo(path))
        ; /* nor will it be, until something else happens to it */
    else if (app_watch_is_written(path))
        status = app_settling_put(watch->settling, path, root, APP_SETTLE_WRITING, err);
    else
        good = true;
    if (!good)
        free(path);
    *ret_good = good;
    return status;
}

static void tell_waiting(struct app_watch *watch)
{
    const size_t count = app_folders_count(watch->folders);

    if (!watch->told && !watch->quiet)
        app_say("watching %zu director%s", count, count == 1 ? "y" : "ies");
    watch->told = true;
}

/* Of two times from now, of which -1 is never. */
static int sooner(int a, int b)
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

static enum tn_status wait_for_events(struct app_watch *watch, struct tn_error *err)
{
    struct pollfd ends[] = {
        {.fd = app_folders_descriptor(watch->folders), .events = POLLIN},
        {.fd = app_interrupt_descriptor(), .events = POLLIN},
    };

    if (watch->left == 0)
        return tn_fail(err, TN_NOTFOUND, "nothing is left to watch");
    tell_waiting(watch);
    if (poll(ends, APP_COUNT(ends),
             sooner(app_settling_wait(watch->settling), app_folders_wait(watch->folders))) < 0 &&
        errno != EINTR)
        return tn_fail(err, TN_IO, "cannot wait for what happens: %s", strerror(errno));
    return TN_OK;
}

static enum tn_status next_photo(void *context, struct app_input *ret_input, struct tn_error *err)
{
    struct app_watch *watch = context;

    *ret_input = (struct app_input){0};
    while (!app_interrupted()) {
        bool good = false;
        size_t root;
        char *path;

        TN_TRY(read_events(watch, err));
        path = app_settling_take(watch->settling, &root);
        if (path)
            TN_TRY(check_settled(watch, path, root, &good, err));
        if (good) {
            *ret_input = (struct app_input){.path = path, .root = root};
            return TN_OK;
        }
        if (path)
            continue;
        TN_TRY(STAILQ_EMPTY(&watch->searches) ? wait_for_events(watch, err)
                                              : search_on(watch, err));
    }
    return TN_OK;
}

static bool is_photo_ready(void *context)
{
    const struct app_watch *watch = context;

    return !STAILQ_EMPTY(&watch->searches) || app_settling_wait(watch->settling) == 0;
}

struct app_source app_watch_source(struct app_watch *watch)
{
    return (struct app_source){next_photo, is_photo_ready, watch};
}

/* ---- Beginning and end ---- */

static enum tn_status begin(struct app_watch *watch, int milliseconds, struct tn_error *err)
{
    watch->gone = calloc(watch->left, sizeof *watch->gone);
    if (!watch->gone)
        return tn_fail_nomem(err, watch->left);
    TN_TRY(app_folders_create(milliseconds, &watch->folders, err));
    TN_TRY(app_settling_create(app_folders_between_looks(watch->folders), &watch->settling, err));
    return search_roots(watch, (struct timespec){0}, err);
}

enum tn_status app_watch_create(const struct app_walk_options *inputs, bool remembering, bool quiet,
                                int milliseconds, struct app_watch **ret_watch,
                                struct tn_error *err)
{
    struct app_watch *watch = calloc(1, sizeof *watch);
    enum tn_status status;

    if (!watch)
        return tn_fail_nomem(err, sizeof *watch);
    *watch = (struct app_watch){
        .inputs = inputs,
        .remembering = remembering,
        .quiet = quiet,
        .left = inputs->operand_count,
        .up_to_date = tn_platform_file_clock(),
        .names = {.flat = inputs->no_recursion,
                  .excluded = inputs->excluded.items,
                  .excluded_count = inputs->excluded.count},
    };
    watch->walk = watch->names;
    watch->walk.problem = on_problem;
    watch->walk.enters = watch_folder;
    watch->walk.context = watch;
    STAILQ_INIT(&watch->searches);
    status = begin(watch, milliseconds, err);
    if (status == TN_OK)
        *ret_watch = watch;
    else
        app_watch_destroy(watch);
    return status;
}

void app_watch_destroy(struct app_watch *watch)
{
    if (!watch)
        return;
    while (!STAILQ_EMPTY(&watch->searches))
        end_search(watch);
    tn_walk_finish(&watch->walk);
    tn_walk_finish(&watch->names);
    app_settling_destroy(watch->settling);
    app_folders_destroy(watch->folders);
    free(watch->gone);
    free(watch);
}
