/* SPDX-License-Identifier: MIT */
/* `caption watch` where the system does not report what happens in folders. */
#include "app/cli/commands.h"

int app_watch(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    app_warn("watch needs inotify, which Linux has; run 'caption' again from time to time instead: "
             "it captions what is new");
    return APP_USAGE;
}
