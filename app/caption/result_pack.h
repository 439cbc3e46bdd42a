/* SPDX-License-Identifier: MIT */
/* Results as bytes for another process of the same program. */
#ifndef APP_RESULT_PACK_H
#define APP_RESULT_PACK_H

#include "models/captioner/captioner.h"

/* The caller frees it; NULL: out of memory. */
char *app_result_pack(const struct captioner_result *result, size_t *ret_bytes);
/* What this program has packed: nothing is checked.  captioner_result_destroy frees it; NULL: out
 * of memory. */
struct captioner_result *app_result_unpack(const char *packed, size_t bytes);

#endif
