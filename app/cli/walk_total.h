/* SPDX-License-Identifier: MIT */
/* How many files a walk will find: the same walk once more, ahead of it, in a thread of its own.
 * For lines of progress. */
#ifndef APP_WALK_TOTAL_H
#define APP_WALK_TOTAL_H

#include "app/cli/walk.h"

#include <pthread.h>

struct app_walk_total {
    const struct app_walk_options *inputs; /* borrowed */
    pthread_t thread;
    pthread_mutex_t mutex; /* what follows */
    bool started, wanted;
    size_t count;
};

/* Begins to count, unless the names come from stdin, which is read once.  The caller stops it in
 * every case. */
void app_walk_total_start(struct app_walk_total *total, const struct app_walk_options *inputs);
/* The files that were counted so far. */
size_t app_walk_total_now(struct app_walk_total *total);
/* Fine on a zeroed struct. */
void app_walk_total_stop(struct app_walk_total *total);

#endif
