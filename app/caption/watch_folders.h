/* SPDX-License-Identifier: MIT */
/*
 * The folders that are watched, and what happens in them (base/platform/watch.h).  A folder that is
 * reached by several paths, through symbolic links, has each of them.
 */
#ifndef APP_WATCH_FOLDERS_H
#define APP_WATCH_FOLDERS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct app_folder {
    char *path;         /* with a slash at its end */
    size_t root;        /* the number of the root that it is, or lies below */
    size_t root_length; /* of what names that root in path, its slash included */
};

/* What happened; path is borrowed for the call.  happened: bits of tn_watch_happened; name
 * "": to the folder itself. */
typedef enum tn_status app_folder_event_fn(void *context, const struct app_folder *folder,
                                           const char *path, unsigned happened,
                                           struct tn_error *err);

struct app_folders;

/* milliseconds: as tn_watch_create takes them. */
TN_NODISCARD enum tn_status app_folders_create(int milliseconds, struct app_folders **ret_folders,
                                               struct tn_error *err);
void app_folders_destroy(struct app_folders *folders);

/* Watches the folder, unless it is gone or cannot be read.  *ret_new: it was not watched under that
 * path.  Errors: TN_IO, which names the system's limit where that is reached; TN_NOMEM. */
TN_NODISCARD enum tn_status app_folders_add(struct app_folders *folders, const char *path,
                                            size_t root, size_t root_length, bool *ret_new,
                                            struct tn_error *err);
/* Forgets the folder of that path, which ends in a slash ... */
void app_folders_remove(struct app_folders *folders, const char *path);
/* ... or that and all below it. */
void app_folders_remove_below(struct app_folders *folders, const char *path);

/* Whether the folder of that path, with a slash at its end, is watched. */
bool app_folders_have(const struct app_folders *folders, const char *path);
size_t app_folders_count(const struct app_folders *folders);
/* As of tn_watch_between_looks. */
int app_folders_between_looks(const struct app_folders *folders);
/* When to read, for poll(), as tn_watch_descriptor and tn_watch_wait tell. */
int app_folders_descriptor(const struct app_folders *folders);
int app_folders_wait(const struct app_folders *folders);
/* Reports what has happened since, in order, without waiting.  *ret_lost: more has happened than
 * the system remembered. */
TN_NODISCARD enum tn_status app_folders_read(struct app_folders *folders,
                                             app_folder_event_fn *on_event, void *context,
                                             bool *ret_lost, struct tn_error *err);

#endif
