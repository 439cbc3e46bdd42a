/* SPDX-License-Identifier: MIT */
/* `caption --explain PNG PHOTO`: a picture of which parts of the photo drove each word. */
#ifndef APP_EXPLAIN_H
#define APP_EXPLAIN_H

#include "app/output/output.h"
#include "models/captioner/captioner.h"

/* Photos that should pass through the network together (captioner_options.max_batch). */
enum { APP_EXPLAIN_BATCH = 32 };

/*
 * An output that writes the contact sheet for a photo's best caption to `png`, whole or not at all;
 * for a single photo.  captioner and png are borrowed.  It prints nothing but progress, on stderr
 * where a person waits longer than a second (quiet: never), and ends with TN_CANCELLED when the
 * program is interrupted.  Errors: TN_IO, TN_NOTFOUND where nothing can be written, TN_FORMAT for a
 * file that is there and no PNG.
 */
TN_NODISCARD enum tn_status app_explain_create(struct captioner *captioner, const char *png,
                                               bool quiet, struct app_output **ret_output,
                                               struct tn_error *err);

#endif
