/* SPDX-License-Identifier: MIT */
/*
 * Captions in text files beside the photos, as trainers of image models expect them: photo.txt
 * beside photo.jpg, one caption a line, the best first.
 *
 * APP_SKIP passes over a photo whose sidecar holds more than blanks: it is a person's work.
 * APP_APPEND adds, as lines at the end, the captions that are not a line of it yet; what is there
 * stays, byte for byte.  Photos that share a stem get a sidecar each (app/output/sidecar_path.h).
 */
#ifndef APP_SIDECAR_TEXT_H
#define APP_SIDECAR_TEXT_H

#include "app/cli/guard.h"
#include "app/output/output.h"
#include "app/caption/walk.h"

/*
 * directory NULL: beside the photos; otherwise the tree that they are mirrored into, made as needed
 * (app/output/sidecar_path.h says how).  inputs is borrowed for the call, guard
 * for the output's life.  Errors: TN_NOMEM, TN_IO.
 */
TN_NODISCARD enum tn_status
app_sidecar_text_create(enum app_existing existing, const char *directory,
                        const struct app_walk_options *inputs, const struct app_guard *guard,
                        struct app_output **ret_output, struct tn_error *err);

#endif
