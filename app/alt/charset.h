/* SPDX-License-Identifier: MIT */
/* How a page codes characters. */
#ifndef APP_CHARSET_H
#define APP_CHARSET_H

#include "app/alt/page.h"

/* Whether the page may be read byte by byte, and sets page->utf8.  TN_FORMAT: a charset whose bytes
 * are no ASCII where ASCII is meant (UTF-16, ISO-2022 ...), or no text. */
TN_NODISCARD enum tn_status alt_charset_read(struct alt_page *page, struct tn_error *err);

#endif
