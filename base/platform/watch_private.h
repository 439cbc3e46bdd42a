/* SPDX-License-Identifier: MIT */
/* A way to learn what happens in folders: the functions of watch.h. */
#ifndef BASE_WATCH_PRIVATE_H
#define BASE_WATCH_PRIVATE_H

#include "base/platform/watch.h"

struct tn_watch_ops {
    void (*destroy)(struct tn_watch *watch);
    enum tn_status (*add)(struct tn_watch *watch, const char *path, int known, int *ret_folder,
                          struct tn_error *err);
    void (*remove)(struct tn_watch *watch, int folder);
    int (*descriptor)(const struct tn_watch *watch);
    int (*wait)(const struct tn_watch *watch);
    enum tn_status (*read)(struct tn_watch *watch, tn_watch_fn *on_event, void *context,
                           struct tn_error *err);
};

/* The first member of each way's own. */
struct tn_watch {
    const struct tn_watch_ops *ops;
    int milliseconds; /* between two looks; 0: the system reports */
};

/* The system's own way: in the folder of its platform. */
TN_NODISCARD enum tn_status tn_platform_watch_create(struct tn_watch **ret_watch,
                                                     struct tn_error *err);
/* A look every so many milliseconds. */
TN_NODISCARD enum tn_status tn_watch_looking_create(int milliseconds, struct tn_watch **ret_watch,
                                                    struct tn_error *err);

#endif
