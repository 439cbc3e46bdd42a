/* SPDX-License-Identifier: MIT */
/* `caption info`: what a model file says about itself. */
#include "app/cli/commands.h"
#include "app/cli/model_info.h"
#include "app/cli/model_path.h"
#include "app/cli/shared_options.h"
#include "models/file/model_encoder.h"

#include <stdlib.h>

static enum tn_status check_decoders(const struct model *model, struct tn_error *err)
{
    for (size_t i = 0; i < model->count; i++)
        TN_TRY(model_check_names(model, &model->decoders[i], err));
    return TN_OK;
}

/* The encoder by its weights, which takes a while; what was made with it by the names. */
static enum tn_status check_parts(const struct tn_file *file, struct tn_error *err)
{
    struct model model;
    enum tn_status status;

    TN_TRY(model_verify_encoder(file, err));
    status = model_load(&model, tn_file_path(file), err);
    if (status == TN_NOTFOUND) /* an encoder alone, or a text model */
        return TN_OK;
    TN_TRY(status);
    status = check_decoders(&model, err);
    model_finish(&model);
    return status;
}

int app_info(int argc, char **argv)
{
    const char *model = NULL;
    bool tensors = false, check = false;
    const struct app_option options[] = {
        app_option_model(&model),
        app_option_flag('t', "tensors", &tensors, "list the tensors too"),
        app_option_flag(0, "check", &check, "check that encoder and decoders belong together"),
    };
    const struct app_syntax syntax = {
        .command = "caption info",
        .synopsis = "[OPTION]... [FILE]",
        .about = "Prints what a model file records about itself: its nets, data, terms and scores.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operands_max = 1,
        .operand = "file",
        .operands_are_files = true,
    };
    enum tn_status status;
    struct tn_error err;
    struct tn_file *file;
    size_t operands;
    char *path;
    const int code = app_parse(&syntax, argc, argv, &operands);

    if (code != APP_PROCEED)
        return code;
    if (app_model_path(operands ? argv[0] : model, &path, &err) != TN_OK)
        return app_fail(&err);
    if (tn_file_open(path, &file, &err) != TN_OK) {
        free(path);
        return app_fail(&err);
    }
    app_print_model_info(file, tensors);
    status = check ? check_parts(file, &err) : TN_OK;
    tn_file_close(file);
    free(path);
    return status == TN_OK ? APP_OK : app_fail(&err);
}
