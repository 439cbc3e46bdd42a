/* SPDX-License-Identifier: MIT */
/*
 * A walk over the files below a folder, one at a time, so that memory holds the names of the
 * folders that are open, whatever the number of files.
 */
#ifndef BASE_FOLDER_WALK_H
#define BASE_FOLDER_WALK_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* A folder or file that cannot be looked at is reported, and the walk goes on. */
typedef void tn_walk_problem_fn(void *context, const char *path, const char *reason);
/* Called before the names in a folder are read; its path ends in a slash.  An error ends the walk.
 */
typedef enum tn_status tn_walk_enters_fn(void *context, const char *folder, struct tn_error *err);

/* Set what stands above the blank line and zero the rest; tn_walk_finish frees it. */
struct tn_walk {
    bool flat;                   /* only the files in the folder itself */
    tn_walk_problem_fn *problem; /* may be NULL */
    tn_walk_enters_fn *enters;   /* may be NULL */
    void *context;
    const char *const *excluded; /* patterns of what is passed over; borrowed */
    size_t excluded_count;
    bool *fitted; /* [excluded_count] or NULL; borrowed: true is set where a pattern excluded */

    struct tn_walk_level *levels; /* the open folders, the innermost last */
    size_t depth, capacity;
    char *path; /* of the innermost, with a slash at its end */
    size_t path_capacity;
    size_t root_length; /* of what names the folder that was entered, its slash included */
    bool left_out;      /* a pattern has excluded something of that folder */
    /* The folders of other programs that were passed over, and the first of them, as for a message:
     * "album/@eaDir (Synology's thumbnails)"; owned. */
    size_t foreign_count;
    char *first_foreign;
};

/* Begins with a folder; the walk over the one before is at its end. */
TN_NODISCARD enum tn_status tn_walk_enter(struct tn_walk *walk, const char *folder,
                                          struct tn_error *err);
/* The same with a folder below one that was entered before, whose name and slash are the first
 * root_length bytes: patterns mean what they mean there, and links to folders above are not
 * followed either. */
TN_NODISCARD enum tn_status tn_walk_enter_below(struct tn_walk *walk, size_t root_length,
                                                const char *folder, struct tn_error *err);
/* Whether a walk below such a folder would pass over the file or folder of that path, by its name.
 */
bool tn_walk_passes_over(struct tn_walk *walk, size_t root_length, const char *path,
                         bool is_folder);
/*
 * The next file's path, which begins with the folder as it was given; the caller frees it.  NULL at
 * the end.  Files come in byte order of their names, those of a folder below in its name's place.
 * Symbolic links are followed, but not to a folder that the walk is in.  Hidden files and folders,
 * files that a writer has not finished (base/atomic_file.h), folders of other programs
 * (base/foreign_folder.h) and what is no regular file, are passed over.  So is what a pattern
 * excludes (base/name_pattern.h).
 */
TN_NODISCARD enum tn_status tn_walk_next(struct tn_walk *walk, char **ret_path,
                                         struct tn_error *err);
void tn_walk_finish(struct tn_walk *walk);

#endif
