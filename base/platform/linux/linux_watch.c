/* SPDX-License-Identifier: MIT */
/* inotify.  A folder's number is that of its watch, which the folder has under all its paths. */
#include "base/platform/watch_private.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
    WATCHED = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
              IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK
};

static const struct {
    uint32_t bit;
    enum tn_watch_happened happened;
} meanings[] = {
    {IN_CREATE, TN_WATCH_CREATED},       {IN_MODIFY, TN_WATCH_WRITTEN},
    {IN_CLOSE_WRITE, TN_WATCH_CLOSED},   {IN_MOVED_TO, TN_WATCH_MOVED_IN},
    {IN_MOVED_FROM, TN_WATCH_MOVED_OUT}, {IN_DELETE, TN_WATCH_REMOVED},
    {IN_ISDIR, TN_WATCH_IS_FOLDER},      {IN_DELETE_SELF, TN_WATCH_SELF_REMOVED},
    {IN_MOVE_SELF, TN_WATCH_SELF_MOVED}, {IN_UNMOUNT, TN_WATCH_UNMOUNTED},
    {IN_IGNORED, TN_WATCH_ENDED},        {IN_Q_OVERFLOW, TN_WATCH_LOST},
};

struct inotify {
    struct tn_watch watch;
    int descriptor;
};

static void inotify_destroy(struct tn_watch *watch)
{
    close(((struct inotify *)watch)->descriptor);
    free(watch);
}

static enum tn_status refuse(const char *path, int reason, struct tn_error *err)
{
    if (reason == ENOSPC)
        return tn_fail(err, TN_IO,
                       "%s: cannot be watched: all watches that the system allows are in use; as "
                       "root, 'sysctl fs.inotify.max_user_watches=524288' allows more",
                       path);
    return tn_fail(err, TN_NOMEM, "%s: cannot be watched: %s", path, strerror(reason));
}

static enum tn_status inotify_add(struct tn_watch *watch, const char *path, int known,
                                  int *ret_folder, struct tn_error *err)
{
    const int descriptor = ((struct inotify *)watch)->descriptor;
    const int folder = inotify_add_watch(descriptor, path, WATCHED);

    (void)known;
    if (folder < 0 && (errno == ENOSPC || errno == ENOMEM))
        return refuse(path, errno, err);
    *ret_folder = folder;
    return TN_OK;
}

static void inotify_remove(struct tn_watch *watch, int folder)
{
    inotify_rm_watch(((struct inotify *)watch)->descriptor, folder);
}

static int inotify_descriptor(const struct tn_watch *watch)
{
    return ((const struct inotify *)watch)->descriptor;
}

static int inotify_wait(const struct tn_watch *watch)
{
    (void)watch;
    return -1;
}

static enum tn_status report(const struct inotify_event *event, tn_watch_fn *on_event,
                             void *context, struct tn_error *err)
{
    unsigned happened = 0;

    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (event->mask & meanings[i].bit)
            happened |= meanings[i].happened;
    return on_event(context, event->wd, happened, event->len > 0 ? event->name : "", err);
}

static enum tn_status inotify_read(struct tn_watch *watch, tn_watch_fn *on_event, void *context,
                                   struct tn_error *err)
{
    _Alignas(struct inotify_event) char buffer[65536];
    ssize_t size;

    while ((size = read(inotify_descriptor(watch), buffer, sizeof buffer)) > 0)
        for (const char *at = buffer; at < buffer + size;) {
            const struct inotify_event *event = (const void *)at;

            TN_TRY(report(event, on_event, context, err));
            at += sizeof *event + event->len;
        }
    if (size < 0 && errno != EAGAIN && errno != EINTR)
        return tn_fail(err, TN_IO, "cannot read what happens: %s", strerror(errno));
    return TN_OK;
}

enum tn_status tn_platform_watch_create(struct tn_watch **ret_watch, struct tn_error *err)
{
    static const struct tn_watch_ops ops = {inotify_destroy,    inotify_add,  inotify_remove,
                                            inotify_descriptor, inotify_wait, inotify_read};
    struct inotify *inotify = calloc(1, sizeof *inotify);

    if (!inotify)
        return tn_fail_nomem(err, sizeof *inotify);
    inotify->watch.ops = &ops;
    inotify->descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (inotify->descriptor < 0) {
        const int reason = errno;

        free(inotify);
        return tn_fail(err, TN_IO, "cannot watch: %s%s", strerror(reason),
                       reason == EMFILE ? "; the limit is raised by 'sysctl "
                                          "fs.inotify.max_user_instances=512', as root"
                                        : "");
    }
    *ret_watch = &inotify->watch;
    return TN_OK;
}
