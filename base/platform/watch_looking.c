/* SPDX-License-Identifier: MIT */
/*
 * What happens in folders, learnt by looking: the names in each, with the sizes and times of their
 * files, are compared with those of the look before.  Paths alone say what is the same: the numbers
 * of files change on some file systems of networks.
 */
#include "base/array.h"
#include "base/platform/platform.h"
#include "base/platform/watch_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* A name in a folder. */
struct seen {
    char *name;
    mode_t kind; /* as S_IFMT */
    off_t size;
    struct timespec modified;
};

/* In the order of the names. */
struct listing {
    struct seen *items;
    size_t count, capacity;
};

struct looked {
    char *path;
    struct listing listing; /* of the last look */
    bool removed;           /* what happened in it may still be under way */
};

struct looking {
    struct tn_watch watch;
    int64_t next;            /* when to look again, on the monotonic clock, in milliseconds */
    struct looked **folders; /* by their numbers; NULL: removed */
    size_t count, capacity;
};

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* ---- Listings ---- */

static void listing_finish(struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->items[i].name);
    free(listing->items);
    *listing = (struct listing){0};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct seen *)a)->name, ((const struct seen *)b)->name);
}

static enum tn_status add_name(struct listing *listing, int folder, const char *name,
                               struct tn_error *err)
{
    struct seen *seen;
    struct stat info;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0) /* it went meanwhile */
        return TN_OK;
    TN_TRY(tn_array_reserve(&listing->items, &listing->capacity, listing->count + 1, err));
    seen = &listing->items[listing->count];
    *seen = (struct seen){.name = strdup(name),
                          .kind = info.st_mode & S_IFMT,
                          .size = info.st_size,
                          .modified = tn_platform_modified(&info)};
    if (!seen->name)
        return tn_fail_nomem(err, strlen(name) + 1);
    listing->count++;
    return TN_OK;
}

/* What is in the folder.  *ret_reason: 0, or an errno that says why that cannot be learnt. */
static enum tn_status list(const char *path, struct listing *ret_listing, int *ret_reason,
                           struct tn_error *err)
{
    struct listing listing = {0};
    enum tn_status status = TN_OK;
    struct dirent *entry = NULL;
    DIR *stream = opendir(path);
    int reason = stream ? 0 : errno;

    while (stream && status == TN_OK && (errno = 0, entry = readdir(stream)) != NULL)
        status = add_name(&listing, dirfd(stream), entry->d_name, err);
    if (stream && !entry)
        reason = errno;
    if (stream)
        closedir(stream);
    if (status != TN_OK || reason != 0)
        listing_finish(&listing);
    if (listing.count > 0)
        qsort(listing.items, listing.count, sizeof *listing.items, by_name);
    if (status == TN_OK) {
        *ret_listing = listing;
        *ret_reason = reason;
    }
    return status;
}

/* ---- Folders ---- */

static void looked_destroy(struct looked *folder)
{
    if (!folder)
        return;
    listing_finish(&folder->listing);
    free(folder->path);
    free(folder);
}

static void looking_destroy(struct tn_watch *watch)
{
    struct looking *looking = (struct looking *)watch;

    for (size_t i = 0; i < looking->count; i++)
        looked_destroy(looking->folders[i]);
    free(looking->folders);
    free(looking);
}

static enum tn_status looking_add(struct tn_watch *watch, const char *path, int known,
                                  int *ret_folder, struct tn_error *err)
{
    struct looking *looking = (struct looking *)watch;
    struct listing listing;
    struct looked *folder;
    int reason = 0;

    *ret_folder = known;
    if (known >= 0)
        return TN_OK;
    TN_TRY(list(path, &listing, &reason, err));
    if (reason != 0)
        return TN_OK;
    folder = calloc(1, sizeof *folder);
    if (folder)
        *folder = (struct looked){.path = strdup(path), .listing = listing};
    if (!folder || !folder->path ||
        tn_array_reserve(&looking->folders, &looking->capacity, looking->count + 1, err) != TN_OK) {
        if (!folder)
            listing_finish(&listing);
        looked_destroy(folder);
        return tn_fail_nomem(err, sizeof *folder);
    }
    looking->folders[looking->count] = folder;
    *ret_folder = (int)looking->count++;
    return TN_OK;
}

static void looking_remove(struct tn_watch *watch, int folder)
{
    ((struct looking *)watch)->folders[folder]->removed = true;
}

static int looking_descriptor(const struct tn_watch *watch)
{
    (void)watch;
    return -1;
}

static int looking_wait(const struct tn_watch *watch)
{
    const struct looking *looking = (const struct looking *)watch;
    const int64_t left = looking->next - now();

    return left > 0 ? (int)left : 0;
}

/* ---- Differences ---- */

/* Who is told what happened in a folder. */
struct listener {
    tn_watch_fn *on_event;
    void *context;
    int folder;
};

static enum tn_status tell(const struct listener *listener, unsigned happened,
                           const struct seen *seen, struct tn_error *err)
{
    return listener->on_event(listener->context, listener->folder,
                              happened | (S_ISDIR(seen->kind) ? TN_WATCH_IS_FOLDER : 0), seen->name,
                              err);
}

static bool is_same(const struct seen *before, const struct seen *after)
{
    return before->size == after->size && before->modified.tv_sec == after->modified.tv_sec &&
           before->modified.tv_nsec == after->modified.tv_nsec;
}

static enum tn_status tell_change(const struct listener *listener, const struct seen *before,
                                  const struct seen *after, struct tn_error *err)
{
    if (before->kind == after->kind && (S_ISDIR(after->kind) || is_same(before, after)))
        return TN_OK;
    if (S_ISREG(before->kind) && S_ISREG(after->kind))
        return tell(listener, TN_WATCH_WRITTEN, after, err);
    TN_TRY(tell(listener, TN_WATCH_MOVED_OUT, before, err));
    return tell(listener, TN_WATCH_CREATED, after, err);
}

static enum tn_status tell_differences(const struct listener *listener,
                                       const struct listing *before, const struct listing *after,
                                       struct tn_error *err)
{
    size_t i = 0, j = 0;

    while (i < before->count || j < after->count) {
        const int order = i == before->count  ? 1
                          : j == after->count ? -1
                                              : by_name(&before->items[i], &after->items[j]);

        if (order < 0)
            TN_TRY(tell(listener, TN_WATCH_MOVED_OUT, &before->items[i], err));
        else if (order > 0)
            TN_TRY(tell(listener, TN_WATCH_CREATED, &after->items[j], err));
        else
            TN_TRY(tell_change(listener, &before->items[i], &after->items[j], err));
        i += order <= 0;
        j += order >= 0;
    }
    return TN_OK;
}

static enum tn_status tell_end(struct looked *folder, const struct listener *listener,
                               struct tn_error *err)
{
    folder->removed = true;
    TN_TRY(listener->on_event(listener->context, listener->folder, TN_WATCH_SELF_REMOVED, "", err));
    return listener->on_event(listener->context, listener->folder, TN_WATCH_ENDED, "", err);
}

static enum tn_status look(struct looked *folder, const struct listener *listener,
                           struct tn_error *err)
{
    struct listing before = folder->listing, after;
    enum tn_status status;
    int reason = 0;

    TN_TRY(list(folder->path, &after, &reason, err));
    if (reason == ENOENT || reason == ENOTDIR)
        return tell_end(folder, listener, err);
    if (reason != 0)
        return TN_OK; /* a network that is away, maybe: the next look compares with the last */
    folder->listing = after;
    status = tell_differences(listener, &before, &after, err);
    listing_finish(&before);
    return status;
}

static enum tn_status looking_read(struct tn_watch *watch, tn_watch_fn *on_event, void *context,
                                   struct tn_error *err)
{
    struct looking *looking = (struct looking *)watch;

    if (now() < looking->next)
        return TN_OK;
    looking->next = now() + watch->milliseconds;
    for (size_t i = 0; i < looking->count; i++) {
        const struct listener listener = {on_event, context, (int)i};

        if (looking->folders[i] && !looking->folders[i]->removed)
            TN_TRY(look(looking->folders[i], &listener, err));
        if (looking->folders[i] && looking->folders[i]->removed) {
            looked_destroy(looking->folders[i]);
            looking->folders[i] = NULL;
        }
    }
    return TN_OK;
}

enum tn_status tn_watch_looking_create(int milliseconds, struct tn_watch **ret_watch,
                                       struct tn_error *err)
{
    static const struct tn_watch_ops ops = {looking_destroy,    looking_add,  looking_remove,
                                            looking_descriptor, looking_wait, looking_read};
    struct looking *looking = calloc(1, sizeof *looking);

    if (!looking)
        return tn_fail_nomem(err, sizeof *looking);
    *looking = (struct looking){.watch = {&ops, milliseconds}, .next = now() + milliseconds};
    *ret_watch = &looking->watch;
    return TN_OK;
}
