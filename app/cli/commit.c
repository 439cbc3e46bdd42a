/* SPDX-License-Identifier: MIT */
#include "app/cli/commit.h"

#include "app/commit_id.h"

const char *app_commit(void)
{
    return APP_COMMIT[0] != '\0' ? " (" APP_COMMIT ")" : "";
}
