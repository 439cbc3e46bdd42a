/* SPDX-License-Identifier: MIT */
#ifndef APP_COMMIT_H
#define APP_COMMIT_H

/* The commit that the programs were built from, as " (0123456789ab)" or " (0123456789ab-dirty)"; ""
 * for a tree without git's records.  Only the programs have it: a test that asks is not linked. */
const char *app_commit(void);

#endif
