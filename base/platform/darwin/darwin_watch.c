/* SPDX-License-Identifier: MIT */
#include "base/platform/watch_private.h"

enum { USUAL = 2000 }; /* milliseconds */

/* kqueue() needs a descriptor for each file to learn of its changes: looking needs none. */
enum tn_status tn_platform_watch_create(struct tn_watch **ret_watch, struct tn_error *err)
{
    return tn_watch_looking_create(USUAL, ret_watch, err);
}
