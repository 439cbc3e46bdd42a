/* SPDX-License-Identifier: MIT */
/*
 * Folders that are watched, and what happens in them: as the system reports it, or as it shows when
 * the folders are looked at again and again.  Looking sees what other machines do on a network's
 * file system, too, but neither when a file is closed nor where one was moved to.
 */
#ifndef BASE_WATCH_H
#define BASE_WATCH_H

#include "base/status.h"

/* What happened; IS_FOLDER is there beside another. */
enum tn_watch_happened {
    TN_WATCH_CREATED = 1 << 0,  /* there is a new file, folder or link */
    TN_WATCH_WRITTEN = 1 << 1,  /* a file was written to */
    TN_WATCH_CLOSED = 1 << 2,   /* ... and closed by its writer */
    TN_WATCH_MOVED_IN = 1 << 3, /* it got this name */
    TN_WATCH_MOVED_OUT =
        1 << 4,                /* it does not have this name any more, with all that is below it */
    TN_WATCH_REMOVED = 1 << 5, /* it was removed; a folder was empty then */
    TN_WATCH_IS_FOLDER = 1 << 6, /* it is a folder, and no link to one */
    /* To the watched folder itself, with the name "". */
    TN_WATCH_SELF_REMOVED = 1 << 7,
    TN_WATCH_SELF_MOVED = 1 << 8,
    TN_WATCH_UNMOUNTED = 1 << 9,
    TN_WATCH_ENDED = 1 << 10, /* its number is not used any more */
    /* More happened, in any folder, than was remembered; of the folder -1. */
    TN_WATCH_LOST = 1 << 11,
};

/* folder: the number that tn_watch_add gave to it; happened: bits of tn_watch_happened; name: in
 * the folder, borrowed for the call.  It may add and remove folders. */
typedef enum tn_status tn_watch_fn(void *context, int folder, unsigned happened, const char *name,
                                   struct tn_error *err);

struct tn_watch;

/* milliseconds: how often to look; 0: what the system has to offer, which on Linux is inotify and
 * on macOS a look every 2 seconds.  Errors: TN_IO, TN_NOMEM. */
TN_NODISCARD enum tn_status tn_watch_create(int milliseconds, struct tn_watch **ret_watch,
                                            struct tn_error *err);
void tn_watch_destroy(struct tn_watch *watch);

/* Watches a folder for what happens from now on.  known: the number of the folder that had this
 * path before, -1: none.  *ret_folder: its number, which is `known` if it is that one; -1: it is
 * gone, or cannot be read.  A folder may have one number under several paths.  Errors: TN_IO, which
 * names the system's limit where that is reached; TN_NOMEM. */
TN_NODISCARD enum tn_status tn_watch_add(struct tn_watch *watch, const char *path, int known,
                                         int *ret_folder, struct tn_error *err);
void tn_watch_remove(struct tn_watch *watch, int folder);

/* Milliseconds between two looks; 0: the system reports what happens when it does. */
int tn_watch_between_looks(const struct tn_watch *watch);
/* When to read, for poll(): once the descriptor, -1: none, is readable; or after so many
 * milliseconds, -1: never. */
int tn_watch_descriptor(const struct tn_watch *watch);
int tn_watch_wait(const struct tn_watch *watch);
/* Reports what has happened since, in order and without waiting.  Errors: TN_IO, TN_NOMEM,
 * on_event's. */
TN_NODISCARD enum tn_status tn_watch_read(struct tn_watch *watch, tn_watch_fn *on_event,
                                          void *context, struct tn_error *err);

#endif
