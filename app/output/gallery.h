/* SPDX-License-Identifier: MIT */
/*
 * A gallery in a file.  Its first 2,000 thumbnails are in the page, which so can be sent as one
 * file; those of further photos are in a folder beside it, and a browser loads them as they come
 * into view.
 */
#ifndef APP_GALLERY_H
#define APP_GALLERY_H

#include "app/output/rows.h"

/* As app_rows_create (app/output/rows.h); the format is app_format_gallery, or that with other
 * words (app/output/gallery_words.h), whose head must outlive the output. */
TN_NODISCARD enum tn_status app_gallery_create(const struct app_format *format, const char *file,
                                               enum app_existing existing,
                                               struct app_output **ret_output,
                                               struct tn_error *err);

#endif
