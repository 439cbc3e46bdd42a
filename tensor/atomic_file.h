/* SPDX-License-Identifier: MIT */
/*
 * Files that appear whole or not at all: written under a temporary name in the same directory,
 * flushed to the disk, then renamed.  A full disk or a kill leaves what was there before.
 */
#ifndef TENSOR_ATOMIC_FILE_H
#define TENSOR_ATOMIC_FILE_H

#include "tensor/status.h"

#include <stdio.h>

struct tn_atomic_file {
    FILE *stream;    /* write here */
    char *path;      /* the name to be; owned */
    char *temporary; /* the name meanwhile; owned */
};

/* Opens a temporary file beside path. */
TN_NODISCARD enum tn_status tn_atomic_open(struct tn_atomic_file *file, const char *path,
                                           struct tn_error *err);
/* Whether path can be written, to find out before long work rather than after it: opens, and gives
 * up. */
TN_NODISCARD enum tn_status tn_atomic_try(const char *path, struct tn_error *err);
/* Flushes, syncs and renames; on failure the temporary file is removed and path is as it was. */
TN_NODISCARD enum tn_status tn_atomic_commit(struct tn_atomic_file *file, struct tn_error *err);
/* Gives up: removes the temporary file.  Fine after a commit, or on a zeroed struct. */
void tn_atomic_abandon(struct tn_atomic_file *file);

#endif
