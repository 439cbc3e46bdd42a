/* SPDX-License-Identifier: MIT */
/* `caption serve` in a build without libmicrohttpd. */
#include "app/cli/commands.h"

int app_serve(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    app_warn("serve is not built in (install libmicrohttpd-dev, and reconfigure)");
    return APP_USAGE;
}
