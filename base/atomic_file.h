/* SPDX-License-Identifier: MIT */
/*
 * Files that appear whole or not at all: written without a name, or under a temporary one in the
 * same folder, flushed to the disk, then given their name.  A full disk or a kill leaves what was
 * there before.
 *
 * Where the system has files without a name, a kill leaves nothing else either.  A
 * temporary name is ".caption-unfinished-" and a number; its writer holds a lock (flock) on it,
 * which the system drops with the process.  Whoever opens a file in that folder next removes those
 * that nobody holds.  Should a lock not be seen (a network's folder, mounted without locks), the
 * writer's commit fails with a message, and no file is harmed.
 */
#ifndef BASE_ATOMIC_FILE_H
#define BASE_ATOMIC_FILE_H

#include "base/status.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

struct tn_atomic_file {
    FILE *stream; /* write here */
    char *path;   /* the name to be; owned.  NULL: nothing is open, what follows means nothing */
    int folder;   /* that it lies in, a descriptor; owned */
    char temporary[40]; /* its name in the folder meanwhile; "": it has none */
};

/* Opens a file that is to become path.  A symbolic link stays, and what it leads to is replaced.  A
 * file that is there and read-only is an error, also for root. */
TN_NODISCARD enum tn_status tn_atomic_open(struct tn_atomic_file *file, const char *path,
                                           struct tn_error *err);
/* The same in that folder, which is only borrowed: of path its last part counts, the rest is for
 * messages.  A symbolic link of that name is an error. */
TN_NODISCARD enum tn_status tn_atomic_open_in(struct tn_atomic_file *file, int folder,
                                              const char *path, struct tn_error *err);
/* Whether path can be written, to find out before long work rather than after it: opens, and gives
 * up. */
TN_NODISCARD enum tn_status tn_atomic_try(const char *path, struct tn_error *err);
/* Flushes, syncs and names; on failure path is as it was.  The file is closed in both cases. */
TN_NODISCARD enum tn_status tn_atomic_commit(struct tn_atomic_file *file, struct tn_error *err);
/* The same, if path still is what stat said before its content was read; zeros: if there is none
 * yet.  TN_NOTFOUND: somebody changed it meanwhile, down to its permissions, and it is left as it
 * is. Of several that do this in one folder, none replaces what another has just written. */
TN_NODISCARD enum tn_status tn_atomic_commit_over(struct tn_atomic_file *file,
                                                  const struct stat *expected,
                                                  struct tn_error *err);
/* Gives up: nothing of the file stays.  Fine after a commit, or on a zeroed struct. */
void tn_atomic_abandon(struct tn_atomic_file *file);

/* Makes what was created or renamed in the folder of path survive a power cut; a file system that
 * cannot is no failure. */
void tn_atomic_sync_folder_of(const char *path);

/* Whether a file of that name (without its folder) is no file of anybody's, but one that a writer
 * has not finished, or will never; those that earlier versions left (a.jpg.tmp123.0) are, too. */
bool tn_atomic_is_temporary(const char *name);

#endif
