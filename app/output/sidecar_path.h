/* SPDX-License-Identifier: MIT */
/*
 * Where a photo's sidecar lies.
 *
 * The name is the photo's with an extension added (photo.jpg.xmp), or with its extension replaced
 * (photo.txt).  The latter is one name for photo.jpg and photo.png: it belongs to the photo that
 * comes first in byte order, and to the others one with the extension added (photo.png.txt).  The
 * photo's folder decides that, not the run, so it is the same in every run; a photo "photo" comes
 * first, too.  Where the file system ignores case, IMG_1.jpg and img_1.PNG share a stem.
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

/* The sidecar of that photo: extension is ".txt", replaced or added as said.  The caller frees
 * *ret_path.  Several threads may ask at once.  Errors: TN_NOMEM; TN_IO when the photo's folder
 * cannot be listed or found; TN_RANGE when that is another file of the command line, or its name
 * would be too long for any. */
TN_NODISCARD enum tn_status app_sidecar_path(struct app_sidecar_paths *paths, const char *photo,
                                             const char *extension, bool replace, char **ret_path,
                                             struct tn_error *err);

/* Makes the folders above path that are missing.  Errors: TN_NOMEM, TN_IO. */
TN_NODISCARD enum tn_status app_make_folders(const char *path, struct tn_error *err);

#endif
