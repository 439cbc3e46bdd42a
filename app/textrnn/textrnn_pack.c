/* SPDX-License-Identifier: MIT */
/* `textrnn pack`: a model file at about a quarter of its size. */
#include "app/textrnn/textrnn.h"
#include "models/text_pack.h"

#include <stdio.h>
#include <stdlib.h>

struct pack_command {
    const char *output, *about;
    bool overwrite;
};

static enum tn_status pack_model(const struct pack_command *c, const char *given,
                                 struct tn_error *err)
{
    struct textrnn_model model = {.theta = NULL};
    enum tn_status status;

    TN_TRY(textrnn_load_file(&model.file, given, NULL, -1, err));
    status = text_model_pack(model.file.file, c->about, c->output, err);
    textrnn_model_finish(&model);
    return status;
}

/* `info` prints it as a column of a line. */
static bool is_line(const char *about)
{
    for (; about && *about; about++)
        if ((unsigned char)*about < ' ' || *about == 0x7F)
            return false;
    return true;
}

int textrnn_pack(int argc, char **argv)
{
    struct pack_command c = {.output = NULL};
    const struct app_option options[] = {
        app_option_file('o', "output", "FILE", APP_MODEL_OUTPUT, &c.output, "where to write it"),
        app_option_text(0, "about", "TEXT", &c.about,
                        "a line for 'textrnn info': what the model knows"),
        app_option_flag(0, "overwrite", &c.overwrite, "replace another model that is there"),
    };
    const struct app_syntax syntax = {
        .command = "textrnn pack",
        .synopsis = "--output FILE [OPTION]... MODEL",
        .about =
            "Writes a model with its matrices as int8 rows: a quarter of the size.  'sample',\n"
            "'translate', 'classify' and 'fill' compute with such rows in any case.",
        .options = options,
        .required = {"output"},
        .option_count = APP_COUNT(options),
        .operands_min = 1,
        .operands_max = 1,
        .operand = "model",
        .operands_are_files = true,
        .overwrite = &c.overwrite,
    };
    struct tn_error err;
    size_t operands;
    const int code = app_parse(&syntax, argc, argv, &operands);

    if (code != APP_PROCEED)
        return code;
    if (!is_line(c.about))
        return app_usage_error(syntax.command, "--about is one line, without control characters");
    return pack_model(&c, argv[0], &err) == TN_OK ? APP_OK : app_fail(&err);
}
