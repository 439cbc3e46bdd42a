/* SPDX-License-Identifier: MIT */
/* What a file that lists photos calls one that lies below its own folder. */
#ifndef APP_PLACE_BELOW_H
#define APP_PLACE_BELOW_H

#include "base/status.h"

/*
 * The photo's place below the folder of the file, "rome/a.jpg"; file NULL, or a stream that is open
 * already (/dev/stdout): below the current folder.  Links to folders below keep their names.  The
 * caller frees *ret_place.  Errors: TN_RANGE when the photo is elsewhere, or its place is no UTF-8
 * or has a backslash; TN_NOMEM.
 */
TN_NODISCARD enum tn_status app_place_below(const char *file, const char *photo, char **ret_place,
                                            struct tn_error *err);

#endif
