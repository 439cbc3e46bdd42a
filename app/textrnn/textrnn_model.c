/* SPDX-License-Identifier: MIT */
/* The models that the commands use: a file, or one that comes with the program. */
#include "app/cli/model_path.h"
#include "app/textrnn/textrnn.h"

#include "models/file/model_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A name is what could be no path: "poems", but not "./poems" or "poems.safetensors". */
static bool is_name(const char *given)
{
    return !strpbrk(given, "./");
}

/* A folder is no model; that there is a file is all that is asked. */
static bool is_file(const char *given)
{
    struct stat info;

    return stat(given, &info) == 0 && !S_ISDIR(info.st_mode);
}

enum tn_status textrnn_find_model(const char *given, const char *usual, char **ret_path,
                                  struct tn_error *err)
{
    const char *name = given ? given : usual;
    char file[128];

    if (given && (!is_name(given) || is_file(given))) {
        *ret_path = strdup(given);
        return *ret_path ? TN_OK : tn_fail_nomem(err, strlen(given) + 1);
    }
    if (snprintf(file, sizeof file, TEXTRNN_SHIPPED "/%s.safetensors", name) < (int)sizeof file &&
        app_shipped_path(file, ret_path, NULL) == TN_OK)
        return TN_OK;
    if (!given)
        return tn_fail(err, TN_NOTFOUND,
                       "no model: this program comes without '%s'; name one with --model", usual);
    return tn_fail(err, TN_NOTFOUND,
                   "%s: neither a file nor a model of 'textrnn info'; 'textrnn train' makes one",
                   given);
}

enum tn_status textrnn_load_file(struct text_model *file, const char *given, const char *usual,
                                 int task, struct tn_error *err)
{
    enum tn_status status;
    char *path;

    TN_TRY(textrnn_find_model(given, usual, &path, err));
    status = text_model_load(file, path, task, err);
    free(path);
    return status;
}

enum tn_status textrnn_load_lm(struct language_model *lm, const char *given, const char *usual,
                               const struct language_model_use *use, struct tn_error *err)
{
    enum tn_status status;
    char *path;

    TN_TRY(textrnn_find_model(given, usual, &path, err));
    status = language_model_load(lm, path, use, err);
    free(path);
    return status;
}

enum tn_status textrnn_read_theta(struct textrnn_model *model, const struct tn_layout *layout,
                                  struct tn_error *err)
{
    model->theta = model_view_theta(model->file.file, layout);
    if (model->theta)
        return TN_OK;
    TN_TRY(model_load_theta(model->file.file, layout, &model->own_theta, err));
    model->theta = model->own_theta;
    return TN_OK;
}

void textrnn_model_finish(struct textrnn_model *model)
{
    free(model->own_theta);
    text_model_finish(&model->file);
}
