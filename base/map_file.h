/* SPDX-License-Identifier: MIT */
/* A whole file in memory, of which only what is read takes room. */
#ifndef BASE_MAP_FILE_H
#define BASE_MAP_FILE_H

#include "base/status.h"

#include <stddef.h>

/* Maps a regular file to be read; an empty one gives NULL and 0.  The caller unmaps it (munmap).
 * Errors, which name the file: TN_NOTFOUND when there is none, TN_IO, TN_NOMEM. */
TN_NODISCARD enum tn_status tn_map_file(const char *path, void **ret_data, size_t *ret_size,
                                        struct tn_error *err);

#endif
