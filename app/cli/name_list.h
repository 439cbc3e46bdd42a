/* SPDX-License-Identifier: MIT */
/*
 * A list of files' names that another program may still be writing: each name is there as soon as
 * its end has come.
 */
#ifndef APP_NAME_LIST_H
#define APP_NAME_LIST_H

#include "base/status.h"

#include <stdbool.h>

struct app_name_list;

/* path: a file or pipe, "-" for standard input; borrowed.  nul: names end with NUL bytes, not with
 * newlines.  The caller destroys the list.  Errors: TN_NOTFOUND, TN_IO, TN_NOMEM. */
TN_NODISCARD enum tn_status app_name_list_open(const char *path, bool nul,
                                               struct app_name_list **ret_list,
                                               struct tn_error *err);
void app_name_list_destroy(struct app_name_list *list);

/* The next name, borrowed until the next call; NULL at the end, which an interrupt
 * (app_hold_interrupts) is, too.  Empty ones are passed over.  Errors: TN_IO, TN_NOMEM, TN_FORMAT
 * for what is no list of names. */
TN_NODISCARD enum tn_status app_name_list_next(struct app_name_list *list, const char **ret_name,
                                               struct tn_error *err);
/* Whether the next name, or the end, is there without waiting for the writer. */
bool app_name_list_ready(const struct app_name_list *list);

#endif
