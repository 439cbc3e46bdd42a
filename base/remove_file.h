/* SPDX-License-Identifier: MIT */
/* Files that go, unless somebody has changed them since they were read. */
#ifndef BASE_REMOVE_FILE_H
#define BASE_REMOVE_FILE_H

#include "base/status.h"

#include <sys/stat.h>

/* Removes path if it still is what stat said before its content was read.  Of a symbolic link, what
 * it leads to goes, and the link with it.  Errors: TN_NOTFOUND: somebody changed it meanwhile, down
 * to its permissions, and it is left as it is, or removed it; TN_IO, also for a file that is
 * read-only, also for root; TN_NOMEM. */
TN_NODISCARD enum tn_status tn_remove_file(const char *path, const struct stat *expected,
                                           struct tn_error *err);
/* The same in that folder, which is only borrowed: of path its last part counts, the rest is for
 * messages.  A symbolic link of that name is an error. */
TN_NODISCARD enum tn_status tn_remove_file_in(int folder, const char *path,
                                              const struct stat *expected, struct tn_error *err);

#endif
