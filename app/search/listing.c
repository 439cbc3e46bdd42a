/* SPDX-License-Identifier: MIT */
#include "app/search/listing.h"

#include "app/caption/inputs.h"
#include "app/cli/console.h"
#include "base/array.h"
#include "base/folder_walk.h"
#include "base/hash.h"
#include "base/path.h"
#include "base/platform/platform.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { AT_ONCE = 256 /* files that one looks at in a turn */ };

struct app_listing {
    const char *folder;
    const struct app_list *excluded;
    bool *fitted; /* [excluded->count + 1] */
    pthread_t thread;
    bool running;
    atomic_bool stop;
    atomic_bool walked; /* items[count] are all */
    atomic_size_t next; /* of them to be looked at */
    _Atomic uint64_t hash;
    struct app_listed *items;
    size_t count, capacity, root, problems;
    enum tn_status status; /* of the thread, with why */
    struct tn_error why;
};

static enum tn_status check_stopped(const struct app_listing *listing, struct tn_error *err)
{
    return app_interrupted() || atomic_load(&listing->stop)
               ? tn_fail(err, TN_CANCELLED, "interrupted")
               : TN_OK;
}

/* Takes the path over, whatever comes of it. */
static enum tn_status add(struct app_listing *listing, char *path, struct tn_error *err)
{
    const enum tn_status status =
        tn_array_reserve(&listing->items, &listing->capacity, listing->count + 1, err);

    if (status == TN_OK)
        listing->items[listing->count++] = (struct app_listed){.path = path};
    else
        free(path);
    return status;
}

static enum tn_status walk_over(struct app_listing *listing, struct tn_walk *walk,
                                struct tn_error *err)
{
    char *path;

    TN_TRY(tn_walk_enter(walk, listing->folder, err));
    listing->root = walk->root_length;
    for (;;) {
        TN_TRY(check_stopped(listing, err));
        TN_TRY(tn_walk_next(walk, &path, err));
        if (!path)
            return TN_OK;
        TN_TRY(add(listing, path, err));
    }
}

/* The folder of the file that was looked at last, as an open file and by its path: a file's name is
 * found faster there than its path from the root. */
struct place {
    int folder; /* -1: none */
    char *path; /* with its slash; owned */
    size_t length;
};

static void leave(struct place *place)
{
    if (place->folder >= 0)
        close(place->folder);
    free(place->path);
    *place = (struct place){.folder = -1};
}

static void go_to(struct place *place, const char *path, size_t length)
{
    if (place->path && length == place->length && memcmp(path, place->path, length) == 0)
        return;
    leave(place);
    place->path = strndup(path, length);
    place->length = length;
    if (place->path)
        place->folder = tn_platform_open_folder(AT_FDCWD, place->path, true);
}

/* What has vanished since the walk is not there.  Returns the file's part of the hash. */
static uint64_t look_at(struct app_listed *item, size_t root, struct place *place)
{
    const char *name = tn_path_name(item->path);
    struct timespec modified;
    struct stat info;
    int failed;

    go_to(place, item->path, (size_t)(name - item->path));
    failed = place->folder >= 0 ? fstatat(place->folder, name, &info, 0) : stat(item->path, &info);
    if (failed) {
        free(item->path);
        item->path = NULL;
        return 0;
    }
    item->size = (int64_t)info.st_size;
    modified = tn_platform_modified(&info);
    item->time = (int64_t)modified.tv_sec * 1000000000 + modified.tv_nsec;
    return app_listed_hash(item->path + root, strlen(item->path + root), item->size, item->time);
}

/* Takes turns with whoever else looks at the files, until all have been looked at or taken. */
static enum tn_status look(struct app_listing *listing, struct tn_error *err)
{
    struct place place = {.folder = -1};
    enum tn_status status = TN_OK;
    uint64_t hash = 0;
    size_t first;

    while (status == TN_OK &&
           (first = atomic_fetch_add(&listing->next, AT_ONCE)) < listing->count) {
        for (size_t i = first; i < first + AT_ONCE && i < listing->count; i++)
            hash += look_at(&listing->items[i], listing->root, &place);
        status = check_stopped(listing, err);
    }
    atomic_fetch_add(&listing->hash, hash);
    leave(&place);
    return status;
}

static enum tn_status list(struct app_listing *listing, struct tn_walk *walk, struct tn_error *err)
{
    TN_TRY(walk_over(listing, walk, err));
    atomic_store(&listing->walked, true);
    return look(listing, err);
}

static void *list_in_thread(void *context)
{
    struct app_listing *listing = context;
    struct tn_walk walk = {.problem = app_inputs_problem,
                           .context = &listing->problems,
                           .excluded = listing->excluded->items,
                           .excluded_count = listing->excluded->count,
                           .fitted = listing->fitted};

    listing->status = list(listing, &walk, &listing->why);
    tn_walk_finish(&walk);
    return NULL;
}

enum tn_status app_listing_start(const char *folder, const struct app_list *excluded,
                                 struct app_listing **ret_listing, struct tn_error *err)
{
    struct app_listing *listing = calloc(1, sizeof *listing);

    if (!listing)
        return tn_fail_nomem(err, sizeof *listing);
    listing->folder = folder;
    listing->excluded = excluded;
    listing->fitted = calloc(excluded->count + 1, sizeof *listing->fitted);
    if (!listing->fitted) {
        free(listing);
        return tn_fail_nomem(err, excluded->count);
    }
    listing->running = tn_platform_start_thread(&listing->thread, list_in_thread, listing) == 0;
    if (!listing->running) {
        app_listing_destroy(listing);
        return tn_fail(err, TN_NOMEM, "%s: no thread to list it", folder);
    }
    *ret_listing = listing;
    return TN_OK;
}

static void end_thread(struct app_listing *listing)
{
    if (listing->running)
        pthread_join(listing->thread, NULL);
    listing->running = false;
}

void app_listing_destroy(struct app_listing *listing)
{
    if (!listing)
        return;
    atomic_store(&listing->stop, true);
    end_thread(listing);
    for (size_t i = 0; i < listing->count; i++)
        free(listing->items[i].path);
    free(listing->items);
    free(listing->fitted);
    free(listing);
}

enum tn_status app_listing_wait(struct app_listing *listing, struct app_listed_files *ret_files,
                                struct tn_error *err)
{
    const enum tn_status status = atomic_load(&listing->walked) ? look(listing, err) : TN_OK;

    end_thread(listing);
    TN_TRY(status);
    if (listing->status != TN_OK)
        return tn_fail(err, listing->status, "%s", listing->why.text);
    *ret_files = (struct app_listed_files){.items = listing->items,
                                           .count = listing->count,
                                           .root = listing->root,
                                           .problems = listing->problems,
                                           .hash = atomic_load(&listing->hash)};
    return TN_OK;
}

bool app_listing_fitted(const struct app_listing *listing, size_t pattern)
{
    return listing->fitted[pattern];
}

uint64_t app_listed_hash(const char *path, size_t length, int64_t size, int64_t time)
{
    const int64_t numbers[] = {size, time};

    return tn_hash_block(tn_hash_block(0, numbers, sizeof numbers), path, length);
}
