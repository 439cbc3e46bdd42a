/* SPDX-License-Identifier: MIT */
/* File systems that ignore case: FAT, exFAT, NTFS, macOS' and Windows' folders over a network. */
#ifndef BASE_NAME_CASE_H
#define BASE_NAME_CASE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether a file in the folder is found by a name in another case, too.  false for a folder that
 * cannot be read, or that contains no name with a letter of ASCII. */
bool tn_folder_ignores_case(const char *folder);

/* text[length] in one case and one form of accents, so that names are equal where a file system
 * that ignores case may take them for one.  The caller frees *ret_folded.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status tn_fold_case(const char *text, size_t length, char **ret_folded,
                                         struct tn_error *err);

#endif
