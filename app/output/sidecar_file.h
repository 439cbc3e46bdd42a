/* SPDX-License-Identifier: MIT */
/*
 * Reads, writes and removes a sidecar at a path of app/output/sidecar_path.h.
 *
 * Beside the photos, symbolic links are followed as everywhere.  Below a directory of its own none
 * is, neither folder nor file: a link could lead out of it.  A link to the directory itself is the
 * user's word, and followed.
 */
#ifndef APP_SIDECAR_FILE_H
#define APP_SIDECAR_FILE_H

#include "app/output/sidecar_path.h"

#include <stdbool.h>
#include <sys/stat.h>

/* How often a file is read and written again that somebody changes meanwhile. */
enum { APP_SIDECAR_TRIES = 8 };

/* As tn_read_file.  *ret_info is what stat said before, zeros when there was no file; it is always
 * set, and what the other functions expect. */
TN_NODISCARD enum tn_status app_sidecar_read(const struct app_sidecar_paths *paths,
                                             const char *path, size_t limit, char **ret_bytes,
                                             size_t *ret_size, struct stat *ret_info,
                                             struct tn_error *err);
/* Writes the file if it still is what stat said before it was read, zeros: if there is none yet.
 * Below a directory of its own the folders that are missing are made.  Errors: TN_NOTFOUND:
 * somebody changed it meanwhile, and it is left as it is; TN_IO; TN_NOMEM. */
TN_NODISCARD enum tn_status app_sidecar_replace(const struct app_sidecar_paths *paths,
                                                const char *path, const struct stat *expected,
                                                const char *bytes, size_t size,
                                                struct tn_error *err);
/* Removes it likewise. */
TN_NODISCARD enum tn_status app_sidecar_remove(const struct app_sidecar_paths *paths,
                                               const char *path, const struct stat *expected,
                                               struct tn_error *err);
/* Whether there is a file of that name. */
bool app_sidecar_is_there(const struct app_sidecar_paths *paths, const char *path);
/* Whether it could be written: TN_IO for a file that is read-only, also for root. */
TN_NODISCARD enum tn_status app_sidecar_check(const struct app_sidecar_paths *paths,
                                              const char *path, struct tn_error *err);

#endif
