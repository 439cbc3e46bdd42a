/* SPDX-License-Identifier: MIT */
/* `textrnn` and its subcommands. */
#include "app/cli/commit.h"
#include "app/cli/options.h"
#include "app/cli/vanished.h"
#include "app/paths.h"
#include "app/textrnn/textrnn.h"

#include <stdio.h>

const char app_program[] = "textrnn";

/* A row here, a declaration in textrnn.h and a file in meson.build make a subcommand. */
const struct app_command app_commands[] = {
    {"train", textrnn_train, "train a net on your own texts"},
    {"eval", textrnn_eval, "measure a model on texts that it has not seen"},
    {"sample", textrnn_sample, "write a text"},
    {"next", textrnn_next, "list what is likely to come after a text"},
    {"score", textrnn_score, "print how likely texts are"},
    {"classify", textrnn_classify, "print the label of texts"},
    {"fill", textrnn_fill, "fill in the missing word of sentences"},
    {"translate", textrnn_translate, "translate sentences"},
    {"info", textrnn_info, "describe a model, or list those that come with the program"},
    {"pack", textrnn_pack, "write a model at a quarter of its size"},
    {"gradients", textrnn_gradients, "show how far back each cell's loss reaches"},
    {NULL, NULL, NULL},
};

const char *const app_shared_commands[] = {"train", NULL};

/* Without a subcommand: --help and --version, or a mistake. */
static int run_bare(int argc, char **argv)
{
    bool version = false;
    const struct app_option options[] = {
        app_option_flag('V', "version", &version, "print the version"),
    };
    const struct app_syntax syntax = {
        .command = "textrnn",
        .synopsis = "COMMAND [OPTION]...",
        .about = "Recurrent nets that read and write texts.",
        .footer = "textrnn COMMAND --help lists a command's options.",
        .commands = app_commands,
        .options = options,
        .option_count = APP_COUNT(options),
        .operand = "command",
    };
    size_t operands = 0;
    const int code = app_parse(&syntax, argc, argv, &operands);

    if (code != APP_PROCEED)
        return code;
    if (version) {
        printf("textrnn %s%s\n", APP_VERSION, app_commit());
        return APP_OK;
    }
    return app_usage_error(syntax.command, "no command given");
}

int main(int argc, char **argv)
{
    app_name_vanished_files();
    if (!app_begin_output())
        return APP_FAILED;
    return app_finish_output(app_run_command(argc, argv, run_bare, false));
}
