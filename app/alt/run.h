/* SPDX-License-Identifier: MIT */
/* A run over pages: lists their images, fills in their texts, or applies a list. */
#ifndef APP_RUN_H
#define APP_RUN_H

#include "app/alt/captions.h"
#include "app/alt/list.h"
#include "app/cli/walk.h"

#include <stdbool.h>
#include <stddef.h>

struct alt_settings {
    struct app_walk_options inputs;
    struct alt_captions_options captions;
    const char *root;  /* of the site; NULL: see alt_run */
    const char *apply; /* a list; NULL: captions are made */
    bool list, empty, poor, quiet;
    size_t format; /* of the list */
    double min_confidence;
};

/* Returns the exit code; what failed has been reported. */
int alt_run(const struct alt_settings *settings);

#endif
