/* SPDX-License-Identifier: MIT */
/*
 * Where a photo's sidecar lies.
 *
 * The name is the photo's with an extension added (photo.jpg.xmp), or with its extension replaced
 * (photo.xmp).  The latter is one name for photo.jpg and photo.png: it belongs to the photo that
 * comes first (app/output/siblings.h).  The photo's folder decides that, not the run, so it is the
 * same in every run.  app/output/sidecar_find.h says which of the two names counts.
 *
 * The place is the photo's folder, or with a directory a mirror of it: what is mirrored is the
 * photo's place below the folder that all inputs of the run share.  So that of holidays/ with
 * holidays/rome/a.jpg is DIRECTORY/rome/a.txt, and that of 2019/ and 2020/ together is
 * DIRECTORY/2019/a.txt.  Of inputs, `..` and symbolic links are resolved before; below a folder
 * that was given, links count as folders of their name.  A list's names count from the current
 * folder, and one outside of what is shared is mirrored by its whole path.  Nothing leaves
 * DIRECTORY, and no two photos meet.
 */
#ifndef APP_SIDECAR_PATH_H
#define APP_SIDECAR_PATH_H

#include "app/cli/guard.h"
#include "app/cli/walk.h"
#include "app/output/siblings.h"

struct app_sidecar_paths;

/* directory NULL: beside the photos.  guard knows files that no sidecar may be (NULL: none) and is
 * borrowed for good, the other arguments for the call; the caller destroys the paths (NULL is
 * fine).  Errors: TN_NOMEM, TN_IO. */
TN_NODISCARD enum tn_status app_sidecar_paths_create(const char *directory,
                                                     const struct app_walk_options *inputs,
                                                     const struct app_guard *guard,
                                                     struct app_sidecar_paths **ret_paths,
                                                     struct tn_error *err);
void app_sidecar_paths_destroy(struct app_sidecar_paths *paths);

/* The directory that every sidecar's path begins with, its slash included; NULL: they lie beside
 * the photos. */
const char *app_sidecar_directory(const struct app_sidecar_paths *paths);

enum app_sidecar_name {
    APP_SIDECAR_USUAL, /* as is usual for its kind */
    APP_SIDECAR_FULL,  /* photo.jpg.xmp */
    APP_SIDECAR_STEM   /* photo.xmp */
};

/* The path of that name (not the usual one), whosever it is; extension is ".xmp".  The caller frees
 * *ret_path.  Several threads may ask at once.  Errors: TN_NOMEM; TN_IO when the photo's folder
 * cannot be found; TN_RANGE when that is another file of the command line, or its name would be too
 * long for any. */
TN_NODISCARD enum tn_status app_sidecar_path(const struct app_sidecar_paths *paths,
                                             const char *photo, const char *extension,
                                             enum app_sidecar_name name, char **ret_path,
                                             struct tn_error *err);

/* Whether the sidecar that is named by the photo's stem belongs to no photo before it.  Several
 * threads may ask at once.  Errors: TN_NOMEM; TN_IO when the photo's folder cannot be listed. */
TN_NODISCARD enum tn_status app_sidecar_owns_stem(struct app_sidecar_paths *paths,
                                                  const char *photo, enum app_sibling_order order,
                                                  bool *ret_owns, struct tn_error *err);

/* Makes the folders above path that are missing.  Errors: TN_NOMEM, TN_IO. */
TN_NODISCARD enum tn_status app_make_folders(const char *path, struct tn_error *err);

#endif
