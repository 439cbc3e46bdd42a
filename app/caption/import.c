/* SPDX-License-Identifier: MIT */
/* `caption import`: AlexNet weights from elsewhere become an encoder file of ours. */
#include "app/caption/import_encoder.h"
#include "app/cli/commands.h"
#include "app/cli/options.h"

int app_import(int argc, char **argv)
{
    const char *output = "alexnet.safetensors";
    bool rgb = false, overwrite = false;
    const struct app_option options[] = {
        app_option_file('o', "output", "FILE", APP_MODEL_OUTPUT, &output,
                        "the encoder file to write (alexnet.safetensors)"),
        app_option_flag(0, "overwrite", &overwrite, "replace a model that is there"),
        app_option_flag(0, "rgb", &rgb, "conv1 of FILE reads red, green, blue; ours blue first"),
    };
    const struct app_syntax syntax = {
        .command = "caption import",
        .synopsis = "[OPTION]... FILE",
        .about = "Makes an encoder file for 'caption train' of the weights of BVLC's AlexNet in a\n"
                 "safetensors file: conv1.weight, conv1.bias ... fc7.weight, fc7.bias.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operands_min = 1,
        .operands_max = 1,
        .operand = "file",
        .operands_are_files = true,
        .overwrite = &overwrite,
    };
    struct tn_error err;
    size_t operands;
    const int code = app_parse(&syntax, argc, argv, &operands);

    if (code != APP_PROCEED)
        return code;
    if (app_import_encoder(argv[0], output, rgb, &err) != TN_OK)
        return app_fail(&err);
    return APP_OK;
}
