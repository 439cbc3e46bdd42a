/* SPDX-License-Identifier: MIT */
/*
 * Which file is a photo's sidecar.  Programs use two names: photo.jpg.xmp (darktable, digiKam) and
 * photo.xmp (Adobe's).  One that is there is used, under either name; where both are, or none, the
 * name counts that is wanted.  Of a name that a photo has, the other one is taken.
 *
 * photo.xmp is a photo's where no photo of that stem comes before it, and where the file does not
 * state that it belongs to another: photo.xmp beside photo.cr2 and photo.jpg is the raw's, and
 * beside photo.mov the film's, for Adobe's programs write such files for raws and films alone.
 */
#ifndef APP_SIDECAR_FIND_H
#define APP_SIDECAR_FIND_H

#include "app/output/sidecar.h"
#include "app/output/sidecar_path.h"

struct app_sidecar_found {
    char *path;  /* to be read and written, there or not; owned */
    char *other; /* one that is there under the other name, too; owned; NULL: there is none */
};

/* The caller finishes what is found.  Several threads may ask at once.  Errors: those of
 * app_sidecar_path and app_sidecar_owns_stem. */
TN_NODISCARD enum tn_status app_sidecar_find(struct app_sidecar_paths *paths,
                                             const struct app_sidecar_kind *kind,
                                             enum app_sidecar_name wanted, const char *photo,
                                             struct app_sidecar_found *ret_found,
                                             struct tn_error *err);
void app_sidecar_found_finish(struct app_sidecar_found *found);

#endif
