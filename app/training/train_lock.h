/* SPDX-License-Identifier: MIT */
/*
 * One training at a time writes a model: it holds OUTPUT.lock, an empty file, until it ends.  One
 * that a killed training left is taken over.
 */
#ifndef APP_TRAIN_LOCK_H
#define APP_TRAIN_LOCK_H

#include "base/status.h"

struct train_lock {
    char *path;     /* owned; NULL: none is held */
    int descriptor; /* owned */
};

/* Where the file system has no locks, none is held, and that is no error.  Errors: TN_RANGE when
 * another training holds it, or the file is somebody's; TN_IO where nothing can be written. */
TN_NODISCARD enum tn_status train_lock_take(const char *output, struct train_lock *ret_lock,
                                            struct tn_error *err);
/* Removes the file.  Fine on a zeroed lock. */
void train_lock_release(struct train_lock *lock);

#endif
