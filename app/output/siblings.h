/* SPDX-License-Identifier: MIT */
/* Which of the photos of a folder that share a stem comes first; for app/output/sidecar_path.h. */
#ifndef APP_SIBLINGS_H
#define APP_SIBLINGS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct app_siblings;

/* The caller destroys them (NULL is fine).  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status app_siblings_create(struct app_siblings **ret_siblings,
                                                struct tn_error *err);
void app_siblings_destroy(struct app_siblings *siblings);

/* Of photos with one stem: in byte order; or camera raws first, then films, which are none, then
 * the others, each in byte order. */
enum app_sibling_order { APP_BY_NAME, APP_RAWS_FIRST };

/*
 * Whether a photo beside `photo` comes before it and has the same stem, or is named like its stem;
 * where the file system ignores case, stems are the same in any case.  A folder is listed when it
 * is first asked for.  Several threads may ask at once. Errors: TN_NOMEM, TN_IO.
 */
TN_NODISCARD enum tn_status app_sibling_before(struct app_siblings *siblings, const char *photo,
                                               enum app_sibling_order order, bool *ret_before,
                                               struct tn_error *err);

#endif
