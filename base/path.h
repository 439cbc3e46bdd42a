/* SPDX-License-Identifier: MIT */
/* Names of files and folders. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* What stands before the name: the length of the folder with its slash, 0 for a bare name. */
size_t tn_path_folder_length(const char *path);
/* What stands behind the last slash. */
const char *tn_path_name(const char *path);
/* The length of path without its extension; a dot at the beginning of the name begins none. */
size_t tn_path_stem_length(const char *path);
/* The extension with its dot; "" where there is none. */
const char *tn_path_extension(const char *path);

/* The folder that path lies in, without a slash at its end ("." for a bare name); the caller frees
 * it; NULL when out of memory. */
char *tn_path_folder(const char *path);
/* "folder/name"; an absolute name, or an empty folder, gives the name alone.  The caller frees it;
 * NULL when out of memory. */
char *tn_path_join(const char *folder, const char *name);

/* The path from the root on, without "." and "..", which are resolved by the names alone: no
 * symbolic link is followed.  The caller frees it; NULL when out of memory, or the working
 * directory is gone.
 */
char *tn_path_absolute(const char *path);

/* Whether something is there; errno says why it is not. */
bool tn_path_exists(const char *path);

#endif
