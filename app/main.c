/* SPDX-License-Identifier: MIT */
/* `caption`: finds the subcommand and lets it run. */
#include "app/commands.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A row here, a declaration in commands.h and a file in meson.build make a subcommand. */
const struct app_command app_commands[] = {
    {NULL, NULL, NULL},
};

int main(int argc, char **argv)
{
    /* A reader that goes away is a write error with its message, not a silent death. */
    signal(SIGPIPE, SIG_IGN);
    for (const struct app_command *command = app_commands; argc > 1 && command->name; command++) {
        if (strcmp(argv[1], command->name) == 0)
            return app_finish_output(command->run(argc - 1, argv + 1));
    }
    return app_finish_output(app_usage_error("caption", "no such command"));
}
