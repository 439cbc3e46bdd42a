/* SPDX-License-Identifier: MIT */
/* `caption --explain PNG PHOTO`: a picture of which parts of the photo drove each word. */
#ifndef APP_EXPLAIN_H
#define APP_EXPLAIN_H

#include "models/captioner.h"
#include "tensor/status.h"

#include <stdbool.h>

/* Photos that should pass through the network together (captioner_options.max_batch). */
enum { APP_EXPLAIN_BATCH = 32 };

/*
 * Writes the contact sheet for a caption of a photo file to `png`, whole or not at all; prints
 * nothing but progress, on stderr where a person waits longer than a second (quiet: never).
 * Errors: those of captioner_explain, image_load and image_save_png.
 */
TN_NODISCARD enum tn_status app_explain(struct captioner *captioner, const char *photo,
                                        const struct captioner_caption *caption, const char *png,
                                        bool quiet, struct tn_error *err);

#endif
