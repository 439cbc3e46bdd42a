/* SPDX-License-Identifier: MIT */
/*
 * Patterns (fnmatch) of what is in a folder, as a user writes them: "*.png" and "raw/" at any
 * depth, "2019/raw" below the folder, "/raw" and "./raw" directly in it.  A path may also begin
 * with the folder as it was named, as a shell completes it: "holidays/raw" for "holidays".
 */
#ifndef BASE_NAME_PATTERN_H
#define BASE_NAME_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Whether it means the file or folder `path`; below: what of path stands behind the folder that is
 * searched and its slash.  Also false when out of memory. */
bool tn_pattern_fits(const char *pattern, const char *path, const char *below, bool is_folder);

/* Why the pattern can mean nothing in folders of these names; NULL: it can. */
const char *tn_pattern_fault(const char *pattern, char *const *folders, size_t count);

#endif
