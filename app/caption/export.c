/* SPDX-License-Identifier: MIT */
/* `caption export`: a model's nets as ONNX models, for programs that run those. */
#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "app/cli/shared_options.h"
#include "base/atomic_file.h"
#include "base/path.h"
#include "cnn/alexnet.h"
#include "exchange/onnx_nets.h"
#include "models/file/model_encoder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct export_command {
    const char *output, *model, *language;
    bool half, overwrite;
};

/* What is written, and how an older one begins. */
enum { ENCODER, FIRST, NEXT, VOCABULARY, FILES };
static const struct {
    const char *name, *head;
} outputs[FILES] = {
    [ENCODER] = {"encoder.onnx", "\x08\x07\x12\x07"
                                 "caption"},
    [FIRST] = {"decoder-first.onnx", "\x08\x07\x12\x07"
                                     "caption"},
    [NEXT] = {"decoder-next.onnx", "\x08\x07\x12\x07"
                                   "caption"},
    [VOCABULARY] = {"vocabulary.txt", "<pad>\n<start>\n<end>\n<unk>\n"},
};

/* An export while it is written. */
struct export
{
    const struct export_command *command;
    struct model model;                  /* owned; zeroed for an encoder alone */
    struct tn_file *encoder;             /* owned; NULL: the model's */
    const struct tn_file *file;          /* either of them */
    const struct model_decoder *decoder; /* NULL for an encoder alone */
    char *paths[FILES];                  /* owned */
    char *words;                         /* owned: a line for each */
    char fingerprint[17];
};

/* ---- Where to ---- */

/* That nothing but an older export is written over. */
static enum tn_status check_place(const struct export *export, size_t i, struct tn_error *err)
{
    char head[32] = "";
    FILE *file = fopen(export->paths[i], "rb");
    size_t size;

    if (!file && errno == ENOENT)
        return TN_OK;
    if (!file)
        return tn_fail(err, TN_IO, "%s: %s", export->paths[i], strerror(errno));
    size = fread(head, 1, strlen(outputs[i].head), file);
    fclose(file);
    if (!export->command->overwrite)
        return tn_fail(err, TN_RANGE, "%s: exists already; --overwrite replaces it",
                       export->paths[i]);
    if (memcmp(head, outputs[i].head, size) != 0)
        return tn_fail(err, TN_RANGE, "%s: is no file of an earlier export, and is not replaced",
                       export->paths[i]);
    return TN_OK;
}

static enum tn_status prepare_folder(struct export *export, struct tn_error *err)
{
    const char *folder = export->command->output;

    for (size_t i = 0; i < FILES; i++) {
        export->paths[i] = tn_path_join(folder, outputs[i].name);
        if (!export->paths[i])
            return tn_fail_nomem(err, strlen(folder) + 32);
        if (i == ENCODER || export->decoder)
            TN_TRY(check_place(export, i, err));
        else if (tn_path_exists(export->paths[i])) /* which would go on with another encoder's V */
            return tn_fail(err, TN_RANGE,
                           "%s: is of a decoder, and this file has an encoder alone; give a folder "
                           "of its own",
                           export->paths[i]);
    }
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return tn_fail(err, TN_IO, "%s: %s", folder, strerror(errno));
    return TN_OK;
}

/* ---- The files ---- */

static void add_entries(const struct export *export, struct onnx_graph *graph)
{
    onnx_entry(graph, "model", export->fingerprint);
    if (!export->decoder)
        return;
    onnx_entry(graph, "language", export->decoder->language);
    onnx_entry(graph, "vocabulary", export->words);
}

static enum tn_status write_encoder(const struct export *export, struct tn_error *err)
{
    const bool mirrored = export->decoder && export->decoder->input.mirrored;
    struct cnn_network *network = NULL;
    struct onnx_graph *graph = NULL;
    float *theta = NULL;
    struct alexnet net;
    enum tn_status status = alexnet_of_file(export->file, &net, err);

    if (status == TN_OK)
        status = alexnet_create_as(&net, "", 0, &network, err);
    if (status == TN_OK)
        status = model_load_theta(export->file, cnn_network_layout(network), &theta, err);
    if (status == TN_OK)
        status = onnx_graph_create("encoder", export->command->half, &graph, err);
    if (status == TN_OK) {
        onnx_add_encoder(graph, &net, network, theta, mirrored);
        onnx_entry(graph, "model", export->fingerprint);
        status = onnx_graph_save(graph, export->paths[ENCODER], err);
    }
    onnx_graph_destroy(graph);
    free(theta);
    cnn_network_destroy(network);
    return status;
}

static enum tn_status write_decoder(const struct export *export, size_t file, struct tn_error *err)
{
    const struct model_decoder *decoder = export->decoder;
    struct onnx_graph *graph;
    enum tn_status status = onnx_graph_create(file == FIRST ? "decoder_first" : "decoder_next",
                                              export->command->half, &graph, err);

    TN_TRY(status);
    status = onnx_add_decoder(graph, &decoder->weights, &decoder->input, file == FIRST, err);
    if (status == TN_OK) {
        add_entries(export, graph);
        status = onnx_graph_save(graph, export->paths[file], err);
    }
    onnx_graph_destroy(graph);
    return status;
}

/* The words, of which the first four are none; the number of a line is what the decoder knows. */
static enum tn_status list_words(struct export *export, struct tn_error *err)
{
    const struct vocab *vocab = export->decoder->vocab;
    size_t size = 1;
    char *end;

    for (size_t i = 0; i < vocab_count(vocab); i++)
        size += strlen(vocab_word(vocab, (int)i)) + 1;
    export->words = end = malloc(size);
    if (!end)
        return tn_fail_nomem(err, size);
    for (size_t i = 0; i < vocab_count(vocab); i++)
        end += sprintf(end, "%s\n", vocab_word(vocab, (int)i));
    return TN_OK;
}

static enum tn_status write_vocabulary(const struct export *export, struct tn_error *err)
{
    struct tn_atomic_file file;

    TN_TRY(tn_atomic_open(&file, export->paths[VOCABULARY], err));
    fputs(export->words, file.stream);
    return tn_atomic_commit(&file, err);
}

static enum tn_status write_decoders(struct export *export, struct tn_error *err)
{
    TN_TRY(list_words(export, err));
    TN_TRY(write_decoder(export, FIRST, err));
    TN_TRY(write_decoder(export, NEXT, err));
    return write_vocabulary(export, err);
}

/* ---- The model ---- */

static enum tn_status find_decoder(struct export *export, struct tn_error *err)
{
    TN_TRY(model_find(&export->model, export->command->language, &export->decoder, err));
    return model_check_names(&export->model, export->decoder, err);
}

/* A model, or an encoder alone. */
static enum tn_status load(struct export *export, struct tn_error *err)
{
    const struct export_command *command = export->command;
    struct tn_error why;
    char *path;
    enum tn_status status;

    TN_TRY(app_model_path(command->model, &path, err));
    status = model_load(&export->model, path, err);
    if (status == TN_OK)
        status = find_decoder(export, err);
    else if (status == TN_NOTFOUND && !command->language &&
             tn_file_open(path, &export->encoder, &why) == TN_OK &&
             tn_file_find(export->encoder, "conv1.weight"))
        status = TN_OK;
    free(path);
    export->file = export->encoder ? export->encoder : export->model.file;
    return status;
}

static enum tn_status run(struct export *export, struct tn_error *err)
{
    TN_TRY(load(export, err));
    snprintf(export->fingerprint, sizeof export->fingerprint, "%016" PRIx64,
             tn_file_fingerprint(export->file));
    TN_TRY(prepare_folder(export, err));
    if (export->decoder)
        TN_TRY(write_decoders(export, err));
    return write_encoder(export, err);
}

static void finish(struct export *export)
{
    for (size_t i = 0; i < FILES; i++)
        free(export->paths[i]);
    free(export->words);
    tn_file_close(export->encoder);
    model_finish(&export->model);
}

int app_export(int argc, char **argv)
{
    struct export_command c = {.output = NULL};
    struct export export = {.command = &c};
    const struct app_option options[] = {
        app_option_file('o', "output", "DIR", APP_FOLDER, &c.output,
                        "where to; it is made if it is missing"),
        app_option_file('m', "model", "FILE", APP_MODEL, &c.model,
                        "model or encoder file (the shipped model)"),
        app_option_language(&c.language),
        app_option_flag(0, "f16", &c.half, "store matrices in 16 bits: half the size"),
        app_option_flag(0, "overwrite", &c.overwrite, "replace an earlier export"),
    };
    const struct app_syntax syntax = {
        .command = "caption export",
        .synopsis = "[-m MODEL] -o DIR [OPTION]...",
        .about = "Writes a model as ONNX: encoder.onnx, decoder-first.onnx, decoder-next.onnx,\n"
                 "and vocabulary.txt.  Of an encoder file, encoder.onnx alone.",
        .options = options,
        .required = {"output"},
        .option_count = APP_COUNT(options),
    };
    struct tn_error err;
    size_t operands;
    int code = app_parse(&syntax, argc, argv, &operands);

    if (code != APP_PROCEED)
        return code;
    code = run(&export, &err) == TN_OK ? APP_OK : app_fail(&err);
    finish(&export);
    return code;
}
