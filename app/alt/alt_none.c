/* SPDX-License-Identifier: MIT */
/* In place of the rest of the folder where libxml2 was not found. */
#include "app/cli/commands.h"

int app_alt(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    app_warn("caption alt is not built in (install libxml2-dev, reconfigure)");
    return APP_USAGE;
}
