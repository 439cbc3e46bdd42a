/* SPDX-License-Identifier: MIT */
/* `caption features`: V, the 4096 numbers of fc7, of photos, as NumPy's .npy or as .safetensors. */
#include "app/caption/inputs.h"
#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "app/cli/model_path.h"
#include "app/cli/shared_options.h"
#include "base/atomic_file.h"
#include "cnn/int8/encoder.h"
#include "data/encode.h"
#include "image/image.h"
#include "models/captioner/photo_encoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* of the file beside a .npy */
#define NAMES_SUFFIX ".names"

struct features_command {
    const char *output, *model;
    size_t threads, max_pixels, views;
    bool overwrite;
};

/* The rows as they come: photos that cannot be read leave none. */
struct rows {
    const struct app_inputs *inputs;
    struct data_place *places; /* of the inputs; owned */
    float *values;             /* [count][CNN_ENCODER_FEATURES]; owned */
    char *names;               /* a line each; owned */
    size_t count, names_used, failed, views;
    struct app_status status;
};

static enum tn_status take_features(void *context, size_t photo, const struct data_encoded *encoded,
                                    struct tn_error *err)
{
    struct rows *rows = context;
    const char *path = rows->inputs->paths[photo];
    const size_t length = strlen(path);
    float *row = rows->values + rows->count * CNN_ENCODER_FEATURES;

    (void)err;
    if (!encoded->values) {
        app_status_clear(&rows->status);
        app_warn("%s", encoded->failure->text);
        rows->failed++;
        return TN_OK;
    }
    if (rows->views == 2)
        photo_views_mean(row, encoded->values);
    else
        memcpy(row, encoded->values, CNN_ENCODER_FEATURES * sizeof *row);
    rows->count++;
    memcpy(rows->names + rows->names_used, path, length);
    rows->names[rows->names_used + length] = '\n';
    rows->names_used += length + 1;
    return TN_OK;
}

static bool show_encoded(void *context, const char *doing, size_t done, size_t count)
{
    struct rows *rows = context;

    if (app_status_due(&rows->status))
        fprintf(stderr, "\r\033[K%zu of %zu %s, %.0f per second", done, count, doing,
                (double)done / app_status_seconds(&rows->status));
    if (done == count)
        app_status_clear(&rows->status);
    return !app_interrupted();
}

/* NumPy's format 1.0: a magic, the header's length, a Python dictionary padded to 64 bytes, then
 * the data. */
static enum tn_status save_npy(const struct rows *rows, const char *path, struct tn_error *err)
{
    const size_t row = CNN_ENCODER_FEATURES * sizeof *rows->values;
    struct tn_atomic_file file;
    char header[128];
    int used;

    memcpy(header, "\x93NUMPY\x01\x00\x76\x00", 10);
    used = 10 + snprintf(header + 10, sizeof header - 10,
                         "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %d), }",
                         rows->count, CNN_ENCODER_FEATURES);
    memset(header + used, ' ', sizeof header - (size_t)used);
    header[sizeof header - 1] = '\n';
    TN_TRY(tn_atomic_open(&file, path, err));
    fwrite(header, 1, sizeof header, file.stream);
    fwrite(rows->values, row, rows->count, file.stream);
    return tn_atomic_commit(&file, err);
}

/* The photos of the rows, as --vectors reads them. */
static enum tn_status save_names(const struct rows *rows, const char *path, struct tn_error *err)
{
    char *beside = NULL;
    struct tn_atomic_file file;
    enum tn_status status;

    if (asprintf(&beside, "%s" NAMES_SUFFIX, path) < 0)
        return tn_fail_nomem(err, strlen(path));
    status = tn_atomic_open(&file, beside, err);
    free(beside);
    TN_TRY(status);
    fwrite(rows->names, 1, rows->names_used, file.stream);
    return tn_atomic_commit(&file, err);
}

static enum tn_status save_safetensors(const struct rows *rows, const char *fingerprint,
                                       const char *path, struct tn_error *err)
{
    const struct tn_tensor tensors[] = {
        {.name = "features",
         .dtype = TN_F32,
         .rank = 2,
         .dims = {rows->count, CNN_ENCODER_FEATURES},
         .data = rows->values,
         .bytes = rows->count * CNN_ENCODER_FEATURES * sizeof *rows->values},
        {.name = "photos",
         .dtype = TN_U8,
         .rank = 1,
         .dims = {rows->names_used},
         .data = rows->names,
         .bytes = rows->names_used},
    };
    const struct tn_metadata metadata[] = {
        {"content", "features of photos; \"photos\" is their paths, a line each"},
        {"fingerprint", fingerprint}};

    return tn_file_save(path, tensors, APP_COUNT(tensors), metadata, APP_COUNT(metadata), err);
}

static bool ends_in(const char *text, const char *suffix)
{
    const size_t length = strlen(text), n = strlen(suffix);

    return length > n && strcmp(text + length - n, suffix) == 0;
}

static enum tn_status reserve_rows(struct rows *rows, struct tn_error *err)
{
    const struct app_inputs *inputs = rows->inputs;
    size_t names = 1;

    rows->places = malloc((inputs->count + 1) * sizeof *rows->places);
    rows->values = calloc(inputs->count + 1, CNN_ENCODER_FEATURES * sizeof *rows->values);
    for (size_t i = 0; i < inputs->count; i++)
        names += strlen(inputs->paths[i]) + 1;
    rows->names = malloc(names);
    if (!rows->places || !rows->values || !rows->names)
        return tn_fail_nomem(err, inputs->count * CNN_ENCODER_FEATURES * sizeof *rows->values);
    for (size_t i = 0; i < inputs->count; i++)
        rows->places[i] = data_place_of_file(inputs->paths[i]);
    return TN_OK;
}

static enum tn_status check_encoder(const struct tn_file *file, struct tn_error *err)
{
    if (tn_file_find(file, "fc6.weight"))
        return TN_OK;
    return tn_fail(err, TN_UNSUPPORTED,
                   "%s: contains no encoder, as models that were trained on vectors of another "
                   "network; expected a model of photos or an encoder file",
                   tn_file_path(file));
}

static enum tn_status make_rows(struct rows *rows, const struct features_command *c,
                                struct tn_pool *pool, struct tn_error *err)
{
    const struct app_inputs *inputs = rows->inputs;
    const struct data_encode encode = {.places = rows->places,
                                       .count = inputs->count,
                                       .mirrored = rows->views == 2,
                                       .max_pixels = c->max_pixels,
                                       .context = rows,
                                       .take = take_features,
                                       .progress = {show_encoded, rows}};
    struct tn_file *file;
    char *path, fingerprint[17];
    enum tn_status status;

    TN_TRY(tn_atomic_try(c->output, err));
    TN_TRY(app_model_path(c->model, &path, err));
    status = tn_file_open(path, &file, err);
    free(path);
    TN_TRY(status);
    app_status_begin(&rows->status);
    status = check_encoder(file, err);
    if (status == TN_OK) {
        status = data_encode_photos(&encode, file, pool, err);
        cnn_encoder_fingerprint(file, fingerprint);
    }
    tn_file_close(file);
    TN_TRY(status);
    if (rows->count == 0)
        return tn_fail(err, TN_NOTFOUND, "no photo could be read; %s was not written", c->output);
    if (!ends_in(c->output, ".npy"))
        return save_safetensors(rows, fingerprint, c->output, err);
    TN_TRY(save_names(rows, c->output, err));
    return save_npy(rows, c->output, err);
}

static int write_features(const struct features_command *c, char *const *operands, size_t count)
{
    struct app_inputs inputs = {0};
    struct rows rows = {.inputs = &inputs, .views = c->views};
    struct tn_pool *pool = NULL;
    struct tn_error err;
    enum tn_status status = app_inputs_collect(&inputs, operands, count, &err);
    int code;

    app_hold_interrupts();
    if (status == TN_OK)
        status = tn_pool_create(c->threads, &pool, &err);
    if (status == TN_OK)
        status = reserve_rows(&rows, &err);
    if (status == TN_OK)
        status = make_rows(&rows, c, pool, &err);
    code = status != TN_OK ? app_fail(&err) : rows.failed + inputs.failed > 0 ? APP_FAILED : APP_OK;
    free(rows.places);
    free(rows.values);
    free(rows.names);
    tn_pool_destroy(pool);
    app_inputs_finish(&inputs);
    return code;
}

int app_features(int argc, char **argv)
{
    struct features_command c = {.max_pixels = IMAGE_USUAL_PIXELS, .views = 1};
    const struct app_option options[] = {
        app_option_file('o', "output", "FILE", APP_FEATURES_OUTPUT, &c.output,
                        "a .npy or .safetensors file"),
        app_option_flag(0, "overwrite", &c.overwrite, "replace a file that is there"),
        app_option_file('m', "model", "FILE", APP_MODEL, &c.model,
                        "model or encoder file (the shipped model)"),
        app_option_number(0, "views", "N", &c.views, 1, 2,
                          "2: the mean of V of the photo and of its mirror image (1)"),
        app_option_max_pixels(&c.max_pixels),
        app_option_threads(&c.threads),
    };
    static const struct app_beside beside[] = {
        {NAMES_SUFFIX, NULL, "the photos' names", APP_TEXT_OUTPUT},
        {NULL, NULL, NULL, APP_NO_FILE},
    };
    const struct app_syntax syntax = {
        .command = "caption features",
        .synopsis = "-o FILE [OPTION]... PHOTO|DIRECTORY...",
        .about =
            "Writes V, the 4096 numbers of AlexNet's fc7, of each photo: one row per photo,\n"
            "in the order given.  The photos' paths are in FILE.names beside a .npy, and in a\n"
            ".safetensors itself.  V is that of the photo alone.  With --views 2 it is what\n"
            "the shipped model's decoder reads: the mean over the photo and its mirror image.",
        .beside = beside,
        .options = options,
        .required = {"output"},
        .option_count = APP_COUNT(options),
        .operands_min = 1,
        .operands_max = SIZE_MAX,
        .operand = "photo",
        .operands_are_files = true,
        .overwrite = &c.overwrite,
    };
    size_t operands;
    const int code = app_parse(&syntax, argc, argv, &operands);

    if (code != APP_PROCEED)
        return code;
    if (!ends_in(c.output, ".npy") && !ends_in(c.output, ".safetensors"))
        return app_usage_error(syntax.command, "%s: expected a name in .npy or .safetensors",
                               c.output);
    return write_features(&c, argv, operands);
}
