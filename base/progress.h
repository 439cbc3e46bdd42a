/* SPDX-License-Identifier: MIT */
/* How long work reports how far it is, and is stopped. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Zeroed: nobody follows the work, and it is not stopped. */
struct tn_progress {
    /* `done` of `count` parts of what `doing` names are done; false stops the work, with
     * TN_CANCELLED. */
    bool (*report)(void *context, const char *doing, size_t done, size_t count);
    void *context;
};

/* Reports; true: the work is to stop.  progress may be NULL. */
static inline bool tn_progress_stops(const struct tn_progress *progress, const char *doing,
                                     size_t done, size_t count)
{
    return progress && progress->report &&
           !progress->report(progress->context, doing, done, count);
}

#endif
