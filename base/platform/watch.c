/* SPDX-License-Identifier: MIT */
#include "base/platform/watch.h"

#include "base/platform/watch_private.h"

enum tn_status tn_watch_create(int milliseconds, struct tn_watch **ret_watch, struct tn_error *err)
{
    return milliseconds > 0 ? tn_watch_looking_create(milliseconds, ret_watch, err)
                            : tn_platform_watch_create(ret_watch, err);
}

void tn_watch_destroy(struct tn_watch *watch)
{
    if (watch)
        watch->ops->destroy(watch);
}

enum tn_status tn_watch_add(struct tn_watch *watch, const char *path, int known, int *ret_folder,
                            struct tn_error *err)
{
    return watch->ops->add(watch, path, known, ret_folder, err);
}

void tn_watch_remove(struct tn_watch *watch, int folder)
{
    watch->ops->remove(watch, folder);
}

int tn_watch_between_looks(const struct tn_watch *watch)
{
    return watch->milliseconds;
}

int tn_watch_descriptor(const struct tn_watch *watch)
{
    return watch->ops->descriptor(watch);
}

int tn_watch_wait(const struct tn_watch *watch)
{
    return watch->ops->wait(watch);
}

enum tn_status tn_watch_read(struct tn_watch *watch, tn_watch_fn *on_event, void *context,
                             struct tn_error *err)
{
    return watch->ops->read(watch, on_event, context, err);
}
