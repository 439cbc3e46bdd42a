/* SPDX-License-Identifier: MIT */
/*
 * Rows as the user words them: "{path}: {caption}", a line per caption.  A field stands in braces,
 * a brace itself is doubled, and \n, \t and \\ are a newline, a tab and a backslash.  In what
 * fills a field these three are written so, as in text: a row stays a line.
 *
 * Such rows do not show which photos they are of, so a file of them cannot be resumed.
 */
#ifndef APP_TEMPLATE_H
#define APP_TEMPLATE_H

#include "base/status.h"

#include <stdbool.h>

/* Whether it is a template; *ret_keywords: it has a field for them.  Errors: TN_FORMAT, with a text
 * that says what is wrong with it and what was expected. */
TN_NODISCARD enum tn_status app_template_check(const char *text, bool *ret_keywords,
                                               struct tn_error *err);

#endif
