/* SPDX-License-Identifier: MIT */
/* Finds a font of this system. */
#ifndef APP_FONT_H
#define APP_FONT_H

#include "image/text.h"

/*
 * A sans-serif font that has the characters of `text`, asked of fontconfig; where there is none, or
 * no fontconfig, the built-in one.  The caller destroys it.  Errors: TN_NOMEM.
 */
TN_NODISCARD enum tn_status app_font_find(const char *text, struct image_font **ret_font,
                                          struct tn_error *err);

#endif
