/* SPDX-License-Identifier: MIT */
/* `caption info`: what a model file says about itself. */
#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "app/cli/shared_options.h"
#include "app/cli/text_escape.h"
#include "models/file/model_encoder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_WIDTH = 28 };

static size_t count_lines(const char *text)
{
    size_t lines = text[0] != '\0';

    for (const char *at = strchr(text, '\n'); at && at[1]; at = strchr(at + 1, '\n'))
        lines++;
    return lines;
}

/* The text in a column of that width, and a space. */
static void print_cell(const char *text, size_t width)
{
    const size_t used = app_print_visible(stdout, text, strlen(text));

    printf("%*s ", used < width ? (int)(width - used) : 0, "");
}

static void print_metadata(const struct tn_file *file)
{
    for (size_t i = 0; i < tn_file_metadata_count(file); i++) {
        const char *key, *value;

        tn_file_metadata_at(file, i, &key, &value);
        print_cell(key, KEY_WIDTH);
        if (strchr(value, '\n')) /* a vocabulary */
            printf("%zu lines, '", count_lines(value));
        app_print_visible(stdout, value, strcspn(value, "\n"));
        fputs(strchr(value, '\n') ? "' ...\n" : "\n", stdout);
    }
}

static size_t element_count(const struct tn_tensor *tensor)
{
    return tensor->bytes / tn_dtype_size(tensor->dtype);
}

static void print_tensor(const struct tn_tensor *tensor)
{
    print_cell(tensor->name, 44);
    printf("%-4s", tn_dtype_name(tensor->dtype));
    for (size_t i = 0; i < tensor->rank; i++)
        printf("%s%zu", i == 0 ? " " : "x", tensor->dims[i]);
    printf("\n");
}

static void print_info(const struct tn_file *file, bool tensors)
{
    size_t elements = 0, bytes = 0;

    for (size_t i = 0; i < tn_file_count(file); i++) {
        elements += element_count(tn_file_at(file, i));
        bytes += tn_file_at(file, i)->bytes;
    }
    print_cell("file", KEY_WIDTH);
    app_print_visible(stdout, tn_file_path(file), strlen(tn_file_path(file)));
    putchar('\n');
    print_cell("fingerprint", KEY_WIDTH);
    printf("%016" PRIx64 "\n", tn_file_fingerprint(file));
    print_metadata(file);
    print_cell("tensors", KEY_WIDTH);
    printf("%zu with %zu numbers in %.1f MB\n", tn_file_count(file), elements, (double)bytes / 1e6);
    for (size_t i = 0; tensors && i < tn_file_count(file); i++)
        print_tensor(tn_file_at(file, i));
}

/* ---- Whether its parts belong together ---- */

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
    print_info(file, tensors);
    status = check ? check_parts(file, &err) : TN_OK;
    tn_file_close(file);
    free(path);
    return status == TN_OK ? APP_OK : app_fail(&err);
}
