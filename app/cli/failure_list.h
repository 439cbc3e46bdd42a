/* SPDX-License-Identifier: MIT */
#ifndef APP_FAILURE_LIST_H
#define APP_FAILURE_LIST_H

#include <stdbool.h>

/* Whether the file is empty or a list as app/caption/failures.h writes it, whose last line may be
 * cut where the run was.  false, with errno, also where it cannot be read. */
bool app_is_failure_list(const char *path);

#endif
