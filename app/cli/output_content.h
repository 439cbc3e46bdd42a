/* SPDX-License-Identifier: MIT */
/* What a file holds that an output would write over. */
#ifndef APP_OUTPUT_CONTENT_H
#define APP_OUTPUT_CONTENT_H

#include "app/cli/guard.h"

#include <stdbool.h>

struct app_content {
    bool alike;           /* it may be an older output of that role; an empty file may */
    const char *picture;  /* the format of the picture that it is, and is not to be; or NULL */
    const char *expected; /* what else it is: "no model" */
    int reason;           /* why it cannot be read: an errno; 0: it can */
};

/* Whether the file is a program, which may contain a model (tensor/safetensors.h). */
bool app_is_program(const char *path);

struct app_content app_content_of(enum app_file_role role, const char *path);

#endif
