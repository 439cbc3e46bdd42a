/* SPDX-License-Identifier: MIT */
/* `caption`: finds the subcommand and lets it run. */
#include "app/commands.h"
#include "tensor/gemm.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A row here, a declaration in commands.h and a file in meson.build make a subcommand. */
const struct app_command app_commands[] = {
    {"train", app_train, "train a captioner on your own photos and captions", true},
    {"eval", app_eval, "score a model's captions against people's", true},
    {"features", app_features, "write the 4096 numbers of each photo to a file", false},
    {"info", app_info, "print what a model file says about itself", false},
    {"import", app_import, "make an encoder file of AlexNet weights from elsewhere", false},
    {NULL, NULL, NULL, false},
};

/*
 * OpenBLAS chooses its kernels in its constructor, before main, and can be told better only through
 * the environment of a new process: on processors that it does not know by number, training is
 * twice as fast after one restart.  The variable is set then, so there is no second one; where exec
 * fails the work goes on as it is.
 */
static void restart_with_best_kernels(char **argv)
{
    static const char variable[] = "OPENBLAS_CORETYPE";
    const char *core = getenv(variable) ? NULL : tn_gemm_better_core();

    if (!core || setenv(variable, core, 1) != 0)
        return;
    execv("/proc/self/exe", argv);
    unsetenv(variable);
}

int main(int argc, char **argv)
{
    for (const struct app_command *command = app_commands; argc > 1 && command->name; command++) {
        if (strcmp(argv[1], command->name) != 0)
            continue;
        if (command->multiplies)
            restart_with_best_kernels(argv);
        return app_finish_output(command->run(argc - 1, argv + 1));
    }
    return app_finish_output(app_caption(argc, argv));
}
