/* SPDX-License-Identifier: MIT */
/*
 * The list of --errors: per photo that failed its path, a tab, and the reason, escaped as in tsv.
 * A reason begins with the path and a colon, which tells a list of failures from captions.
 */
#ifndef APP_FAILURES_H
#define APP_FAILURES_H

#include "base/status.h"

#include <stdbool.h>
#include <stdio.h>

/* A path that leads to an open descriptor, such as /dev/stdout or /dev/fd/3, is written from where
 * that one stands; any other file is emptied.  Errors: TN_IO. */
TN_NODISCARD enum tn_status app_failures_open(const char *path, FILE **ret_file,
                                              struct tn_error *err);
/* What fails is seen in the stream's state. */
void app_failures_put(FILE *file, const char *path, const char *reason);
/* Closes in every case.  Errors: TN_IO, also for a file that was removed meanwhile. */
TN_NODISCARD enum tn_status app_failures_close(FILE *file, const char *path, struct tn_error *err);

#endif
