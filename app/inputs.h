/* SPDX-License-Identifier: MIT */
/* What the command line's operands mean: files as given, and the photos of directories. */
#ifndef APP_INPUTS_H
#define APP_INPUTS_H

#include "tensor/status.h"

#include <stddef.h>

struct app_inputs {
    char **paths; /* owned, each and all */
    size_t count, capacity;
    size_t failed;      /* operands and places in directories that could not be read */
    size_t directories; /* how many operands were directories */
};

/*
 * Collects the photos of the operands, in their order.  A file is taken as it is, whatever it
 * holds, so that what is wrong with it is said when its turn comes.  A directory is walked with
 * all below it, in byte order of the names; symbolic links are followed, and hidden files and what
 * does not begin like a photo are passed over.  A directory without photos counts as failed, like
 * one that cannot be read; the reason goes to stderr.  The caller finishes the inputs, also after
 * an error (TN_NOMEM, TN_IO).
 */
TN_NODISCARD enum tn_status app_inputs_collect(struct app_inputs *inputs, char *const *operands,
                                               size_t count, struct tn_error *err);
void app_inputs_finish(struct app_inputs *inputs);

#endif
