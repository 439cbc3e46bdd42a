/* SPDX-License-Identifier: MIT */
/* `caption search` in a build without SQLite. */
#include "app/cli/commands.h"

int app_search(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    app_warn("search is not built in (install libsqlite3-dev, and reconfigure)");
    return APP_USAGE;
}
