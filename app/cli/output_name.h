/* SPDX-License-Identifier: MIT */
/* Whether the name of an output says that it is something else. */
#ifndef APP_OUTPUT_NAME_H
#define APP_OUTPUT_NAME_H

#include "app/cli/guard.h"

/* What a command says that it writes: "captions", "a model". */
const char *app_written_as(enum app_file_role role);

/* The same of what an earlier command made and none is to replace unasked; NULL: there is none. */
const char *app_made_before(enum app_file_role role);

/* The extension of a path by which every program, and this one, would take it for another kind of
 * file than an output of that role is; NULL: it may be called so. */
const char *app_misnamed(enum app_file_role role, const char *path);

#endif
