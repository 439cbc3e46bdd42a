/* SPDX-License-Identifier: MIT */
/* `textrnn info`: what a model is, or which models come with the program. */
#include "app/cli/model_info.h"
#include "app/cli/model_path.h"
#include "app/textrnn/textrnn.h"
#include "base/path.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDING ".safetensors"

static int is_model(const struct dirent *entry)
{
    const size_t length = strlen(entry->d_name), ending = strlen(ENDING);

    return length > ending && strcmp(entry->d_name + length - ending, ENDING) == 0;
}

/* A line: the name, the task, and what the model's file says that it is. */
static enum tn_status print_shipped(const char *folder, const char *entry, struct tn_error *err)
{
    const int name = (int)(strlen(entry) - strlen(ENDING));
    struct text_model model;
    char *path = tn_path_join(folder, entry);
    enum tn_status status;

    if (!path)
        return tn_fail_nomem(err, strlen(folder) + strlen(entry));
    status = text_model_load(&model, path, -1, err);
    free(path);
    TN_TRY(status);
    printf("%.*s\t%s\t%s\n", name, entry, text_task_names[model.config.task],
           text_model_about(&model));
    text_model_finish(&model);
    return TN_OK;
}

static enum tn_status list_folder(const char *folder, struct tn_error *err)
{
    enum tn_status status = TN_OK;
    struct dirent **entries;
    const int count = scandir(folder, &entries, is_model, alphasort);

    if (count < 0)
        return tn_fail(err, TN_IO, "%s: the folder cannot be read", folder);
    for (int i = 0; i < count; i++) {
        if (status == TN_OK)
            status = print_shipped(folder, entries[i]->d_name, err);
        free(entries[i]);
    }
    free(entries);
    return status;
}

static enum tn_status list_shipped(struct tn_error *err)
{
    enum tn_status status;
    char *folder;

    TN_TRY(app_shipped_path(TEXTRNN_SHIPPED, &folder, err));
    status = list_folder(folder, err);
    free(folder);
    return status;
}

static enum tn_status describe(const char *given, bool tensors, struct tn_error *err)
{
    struct textrnn_model model = {.theta = NULL};

    TN_TRY(textrnn_load_file(&model.file, given, NULL, -1, err));
    app_print_model_info(model.file.file, tensors);
    textrnn_model_finish(&model);
    return TN_OK;
}

int textrnn_info(int argc, char **argv)
{
    bool tensors = false;
    const struct app_option options[] = {
        app_option_flag('t', "tensors", &tensors, "list the tensors too"),
    };
    const struct app_syntax syntax = {
        .command = "textrnn info",
        .synopsis = "[OPTION]... [MODEL]",
        .about = "Prints what a model file records about itself: its net, its training and its\n"
                 "scores.  Without MODEL, lists the models that come with the program, by the\n"
                 "names that --model takes.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operands_max = 1,
        .operand = "model",
        .operands_are_files = true,
    };
    enum tn_status status;
    struct tn_error err;
    size_t operands;
    const int code = app_parse(&syntax, argc, argv, &operands);

    if (code != APP_PROCEED)
        return code;
    status = operands > 0 ? describe(argv[0], tensors, &err) : list_shipped(&err);
    return status == TN_OK ? APP_OK : app_fail(&err);
}
