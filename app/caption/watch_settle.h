/* SPDX-License-Identifier: MIT */
/*
 * Files that have come and are to come to rest before they are read: each waits as long as what
 * happened to it last asks for.
 */
#ifndef APP_WATCH_SETTLE_H
#define APP_WATCH_SETTLE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* What happened to a file; of each a file rests for the same time. */
enum app_settle_after {
    APP_SETTLED,        /* nothing lately */
    APP_SETTLE_CLOSED,  /* its writer is done, or it got its name */
    APP_SETTLE_CHANGED, /* it is there, or was written to, and may be again */
    APP_SETTLE_WRITING, /* somebody has it open for writing, and says when that ends */
    APP_SETTLE_COUNT,
};

struct app_settling;

/* between_looks: milliseconds after which a further change is known; 0: at once. */
TN_NODISCARD enum tn_status
app_settling_create(int between_looks, struct app_settling **ret_settling, struct tn_error *err);
void app_settling_destroy(struct app_settling *settling);

/* The file of that path, whose root has that number, waits from now on, whatever it waited for
 * before.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status app_settling_put(struct app_settling *settling, const char *path,
                                             size_t root, enum app_settle_after after,
                                             struct tn_error *err);
/* It is gone, or with a slash at the end all that is below it. */
void app_settling_drop(struct app_settling *settling, const char *path);
void app_settling_drop_below(struct app_settling *settling, const char *folder);

/* Milliseconds until a file has come to rest; 0: one has; -1: there is none. */
int app_settling_wait(const struct app_settling *settling);
/* Takes a file that has come to rest out, the longest at rest first; the caller frees its path.
 * NULL: there is none. */
char *app_settling_take(struct app_settling *settling, size_t *ret_root);

#endif
