/* SPDX-License-Identifier: MIT */
/* A file that stands in a folder and is to be replaced or removed: looked at before, and compared
 * at the last moment. */
#ifndef BASE_STANDING_PRIVATE_H
#define BASE_STANDING_PRIVATE_H

#include "base/status.h"

#include <stdbool.h>
#include <sys/stat.h>

enum tn_status tn_standing_cannot_write(const char *path, int reason, struct tn_error *err);

/* What is there already: *ret_mode gets its mode, 0 when there is nothing.  `result` is that of the
 * stat that filled info. */
TN_NODISCARD enum tn_status tn_standing_look(const char *path, int result, const struct stat *info,
                                             mode_t *ret_mode, struct tn_error *err);
/* A rename would replace a file that may not be written, and root may write any: its owner's wish
 * counts.  The file is `name` in the folder; mode is 0 when there is none.  One that is gone by now
 * is not refused: what writes or removes it finds that out. */
TN_NODISCARD enum tn_status tn_standing_check_writable(int folder, const char *name, mode_t mode,
                                                       const char *path, struct tn_error *err);
/* Whether what has that name in the folder is still what `expected` says, down to its last change;
 * of a link, what it leads to.  expected of zeros: whether there is still nothing. */
bool tn_standing_is(int folder, const char *name, const struct stat *expected);

/* The folder that path lies in; -1 with errno.  The caller closes it. */
int tn_folder_open_of(const char *path);
/* Locks a folder, so that of those who lock it none comes between another's look at a file and its
 * replacement.  Each holds the lock for a moment; who holds it for longer is not waited for, and
 * without locks the look must do.  To be closed; -1: there is none. */
int tn_folder_lock(int folder);
void tn_folder_sync(int folder);

#endif
