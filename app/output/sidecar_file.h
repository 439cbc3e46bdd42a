/* SPDX-License-Identifier: MIT */
/*
 * Reads and writes a sidecar at a path of app/output/sidecar_path.h.
 *
 * Beside the photos, symbolic links are followed as everywhere.  Below a directory of its own none
 * is, neither folder nor file: a link could lead out of it.  A link to the directory itself is the
 * user's word, and followed.
 */
#ifndef APP_SIDECAR_FILE_H
#define APP_SIDECAR_FILE_H

#include "app/output/sidecar_path.h"
#include "base/atomic_file.h"

/* As tn_read_file.  *ret_info is what stat said before, zeros when there was no file; it is always
 * set, and what tn_atomic_commit_over expects. */
TN_NODISCARD enum tn_status app_sidecar_read(const struct app_sidecar_paths *paths,
                                             const char *path, size_t limit, char **ret_bytes,
                                             size_t *ret_size, struct stat *ret_info,
                                             struct tn_error *err);
/* As tn_atomic_open; below a directory of its own the folders that are missing are made. */
TN_NODISCARD enum tn_status app_sidecar_open(const struct app_sidecar_paths *paths,
                                             const char *path, struct tn_atomic_file *file,
                                             struct tn_error *err);

#endif
