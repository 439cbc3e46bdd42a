/* SPDX-License-Identifier: MIT */
/*
 * Captions in XMP files beside the photos, as darktable and digiKam read them: photo.jpg.xmp beside
 * photo.jpg, the best caption as dc:description.  What else is in an existing file stays in it.
 *
 * APP_SKIP passes over a photo whose sidecar has a description in any language.  APP_APPEND adds
 * the caption to the description as a line of its own, unless it is one already.
 */
#ifndef APP_SIDECAR_XMP_H
#define APP_SIDECAR_XMP_H

#include "app/cli/guard.h"
#include "app/output/output.h"
#include "app/caption/walk.h"

/* Arguments and errors as app_sidecar_text_create's; and TN_UNSUPPORTED where exiv2 is not built
 * in. */
TN_NODISCARD enum tn_status
app_sidecar_xmp_create(enum app_existing existing, const char *directory,
                       const struct app_walk_options *inputs, const struct app_guard *guard,
                       struct app_output **ret_output, struct tn_error *err);

#endif
