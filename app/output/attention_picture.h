/* SPDX-License-Identifier: MIT */
/* `textrnn translate --explain PNG TEXT`: how much each token of a translation reads of each token
 * of its source, as a table of grey cells. */
#ifndef APP_ATTENTION_PICTURE_H
#define APP_ATTENTION_PICTURE_H

#include "base/status.h"

#include <stddef.h>

enum { APP_ATTENTION_TOKENS = 128 };

struct app_attention_input {
    const char *const *sources; /* [source_count]: written above the columns */
    size_t source_count;
    const char *const *targets; /* [target_count]: written beside the rows */
    size_t target_count;
    const float *weights; /* [target_count][source_count], 0 to 1 */
};

/* Draws it to `png`, whole or not at all.  Errors: TN_RANGE where one side has more than
 * APP_ATTENTION_TOKENS, TN_IO, TN_NOMEM. */
TN_NODISCARD enum tn_status app_attention_draw(const struct app_attention_input *input,
                                               const char *png, struct tn_error *err);

#endif
