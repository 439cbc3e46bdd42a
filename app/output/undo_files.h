/* SPDX-License-Identifier: MIT */
/*
 * Takes out of photos and of their XMP sidecars what this program wrote into them: captions, alt
 * texts, keywords and marks.  The marks show what that is, so nothing of anybody else's goes; text
 * sidecars have none, and stay.  Files are replaced as when captions are written
 * (app/output/photo_file.h, app/output/sidecar_file.h).
 */
#ifndef APP_UNDO_FILES_H
#define APP_UNDO_FILES_H

#include "app/output/sidecar_path.h"
#include "base/map.h"

#include <stdbool.h>

struct app_undo {
    struct app_sidecar_paths *paths; /* of the sidecars; borrowed */
    bool dry;                        /* nothing is changed, only told */
    struct tn_map done;              /* begins as zeros: the files that were undone, or would be */
    void *context;                   /* of the functions */
    /* A file was changed or removed, or would be. */
    void (*on_change)(void *context, const char *path, bool removed);
    /* A file of that photo is left as it is, for a reason that names it. */
    void (*on_failure)(void *context, const char *photo, const char *reason);
};

enum app_undone { APP_NOTHING_OURS, APP_UNDONE, APP_UNDO_FAILED };

/* Of a photo and its sidecars. */
enum app_undone app_undo_photo(struct app_undo *undo, const char *photo);
/* Of an XMP file itself. */
enum app_undone app_undo_xmp(struct app_undo *undo, const char *path);

/* Whether that file, or a sidecar of that photo, was undone before. */
bool app_undo_knows(const struct app_undo *undo, const char *path);
bool app_undo_knows_sidecar(const struct app_undo *undo, const char *photo);

void app_undo_finish(struct app_undo *undo);

/* The same, and nothing else, for what writes captions: in a photo itself; in its XMP sidecars.
 * Errors: those of reading and writing them. */
TN_NODISCARD enum tn_status app_clear_photo(const char *photo, struct tn_error *err);
TN_NODISCARD enum tn_status app_clear_sidecars(struct app_sidecar_paths *paths, const char *photo,
                                               struct tn_error *err);

#endif
