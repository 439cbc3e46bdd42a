/* SPDX-License-Identifier: MIT */
#include "app/search/listing.h"

#include "app/caption/inputs.h"
#include "app/cli/console.h"
#include "base/array.h"
#include "base/folder_walk.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

struct app_listing {
    const char *folder;
    pthread_t thread;
    bool running;
    atomic_bool stop;
    struct app_listed *items;
    size_t count, capacity, root, problems;
    enum tn_status status; /* of the thread, with why */
    struct tn_error why;
};

/* Takes the path over, whatever comes of it.  What vanishes meanwhile is not there. */
static enum tn_status add(struct app_listing *listing, char *path, struct tn_error *err)
{
    enum tn_status status = TN_OK;
    struct stat info;
    const bool there = stat(path, &info) == 0;

    if (there)
        status = tn_array_reserve(&listing->items, &listing->capacity, listing->count + 1, err);
    if (there && status == TN_OK)
        listing->items[listing->count++] = (struct app_listed){
            .path = path,
            .size = (int64_t)info.st_size,
            .time = (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec};
    else
        free(path);
    return status;
}

static enum tn_status list(struct app_listing *listing, struct tn_walk *walk, struct tn_error *err)
{
    char *path;

    TN_TRY(tn_walk_enter(walk, listing->folder, err));
    listing->root = walk->root_length;
    for (;;) {
        if (app_interrupted() || atomic_load(&listing->stop))
            return tn_fail(err, TN_CANCELLED, "interrupted");
        TN_TRY(tn_walk_next(walk, &path, err));
        if (!path)
            return TN_OK;
        TN_TRY(add(listing, path, err));
    }
}

static void *list_in_thread(void *context)
{
    struct app_listing *listing = context;
    struct tn_walk walk = {.problem = app_inputs_problem, .context = &listing->problems};

    listing->status = list(listing, &walk, &listing->why);
    tn_walk_finish(&walk);
    return NULL;
}

enum tn_status app_listing_start(const char *folder, struct app_listing **ret_listing,
                                 struct tn_error *err)
{
    struct app_listing *listing = calloc(1, sizeof *listing);

    if (!listing)
        return tn_fail_nomem(err, sizeof *listing);
    listing->folder = folder;
    listing->running = pthread_create(&listing->thread, NULL, list_in_thread, listing) == 0;
    if (!listing->running) {
        free(listing);
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
    free(listing);
}

enum tn_status app_listing_wait(struct app_listing *listing, struct app_listed **ret_items,
                                size_t *ret_count, size_t *ret_root, size_t *ret_problems,
                                struct tn_error *err)
{
    end_thread(listing);
    if (listing->status != TN_OK)
        return tn_fail(err, listing->status, "%s", listing->why.text);
    *ret_items = listing->items;
    *ret_count = listing->count;
    *ret_root = listing->root;
    *ret_problems = listing->problems;
    return TN_OK;
}
