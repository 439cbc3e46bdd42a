/* SPDX-License-Identifier: MIT */
/* A photo that comes through a pipe: `caption -`. */
#ifndef APP_STANDARD_INPUT_H
#define APP_STANDARD_INPUT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

#define APP_STANDARD_INPUT "standard input" /* its name in messages */

/* Whether an operand stands for it; a file of that name is "./-". */
bool app_is_standard_input(const char *operand);

/* Reads it to its end, at most `limit` bytes, which the caller frees.  Errors: TN_IO, TN_RANGE,
 * TN_NOMEM. */
TN_NODISCARD enum tn_status app_read_standard_input(size_t limit, unsigned char **ret_bytes,
                                                    size_t *ret_size, struct tn_error *err);

#endif
