/* SPDX-License-Identifier: MIT */
#include "models/text_model.h"

#include "models/file/model_config.h"
#include "models/file/model_part.h"
#include "vocab/subwords.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_CONFIG "text.config"
#define KEY_VOCABULARY "text.vocabulary"
#define KEY_TARGETS "text.targets"

/* Programs that read up to version 1 take no notice of a member that they do not know, so a file
 * with one that is not in all of them has the next. */
enum { TEXT_FORMAT_VERSION = 2 };

const char *const text_task_names[] = {"lm", "classify", "cloze", "translate", NULL};

static bool read_flag(const struct model_config *c, const char *member)
{
    return json_object_get_boolean(model_config_find(c, member));
}

/* The member as one of a NULL-terminated list. */
static enum tn_status read_name(const struct model_config *c, const char *member,
                                const char *const *names, int *ret_index, struct tn_error *err)
{
    const char *name = model_config_text(c, member);

    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0) {
            *ret_index = i;
            return TN_OK;
        }
    return tn_fail(err, TN_UNSUPPORTED, "%s: this program knows no %s '%s'", tn_file_path(c->file),
                   member, name);
}

/* A part of 1, 0 where there is none. */
static enum tn_status read_share(const struct model_config *c, const char *member, float *ret_share,
                                 struct tn_error *err)
{
    const struct json_object *value = model_config_find(c, member);
    const double share = json_object_get_double(value); /* of NULL: 0 */

    if ((value && !json_object_is_type(value, json_type_double) &&
         !json_object_is_type(value, json_type_int)) ||
        !(share >= 0 && share < 1))
        return model_config_bad(c, member, "0 or more and below 1", err);
    *ret_share = (float)share;
    return TN_OK;
}

/* Of the recurrent net, and how its output layer is tied. */
static enum tn_status read_form(const struct model_config *c, struct text_config *config,
                                struct tn_error *err)
{
    struct rnn_options *options = &config->options;

    config->tied = read_flag(c, "tied");
    if (config->tied && config->task != TEXT_LM && config->task != TEXT_TRANSLATE)
        return tn_fail(err, TN_FORMAT, "%s: tied embeddings in a model for the task %s",
                       tn_file_path(c->file), text_task_names[config->task]);
    options->learned_start = read_flag(c, "learned_start");
    options->layer_norm = read_flag(c, "layer_norm");
    TN_TRY(read_share(c, "zoneout", &options->zoneout.h, err));
    return read_share(c, "zoneout_cell", &options->zoneout.c, err);
}

/* What the plain form lacks. */
static enum tn_status read_options(const struct model_config *c, struct text_config *config,
                                   struct tn_error *err)
{
    int attention = ATTENTION_NONE;

    if (model_config_find(c, "attention"))
        TN_TRY(read_name(c, "attention", attention_names, &attention, err));
    if (attention != ATTENTION_NONE && config->task != TEXT_TRANSLATE)
        return tn_fail(err, TN_FORMAT, "%s: attention in a model for the task %s",
                       tn_file_path(c->file), text_task_names[config->task]);
    config->attention = (enum attention_score)attention;
    config->ends = read_flag(c, "ends");
    if (config->ends && config->task != TEXT_LM)
        return tn_fail(err, TN_FORMAT, "%s: ends of texts in a model for the task %s",
                       tn_file_path(c->file), text_task_names[config->task]);
    return read_form(c, config, err);
}

static enum tn_status read_config(const struct model_config *c, struct text_config *config,
                                  struct tn_error *err)
{
    static const char *const members[] = {
        "task",          "unit",          "target_unit", "cell",         "layers", "embedding",
        "hidden",        "bidirectional", "pooled",      "attention",    "ends",   "tied",
        "learned_start", "layer_norm",    "zoneout",     "zoneout_cell", NULL};
    int task, unit, target_unit;

    TN_TRY(model_config_check_members(c, members, err));
    TN_TRY(read_name(c, "task", text_task_names, &task, err));
    TN_TRY(read_name(c, "unit", vocab_unit_names, &unit, err));
    TN_TRY(read_name(c, "target_unit", vocab_unit_names, &target_unit, err));
    config->task = (enum text_task)task;
    config->unit = (enum vocab_unit)unit;
    config->target_unit = (enum vocab_unit)target_unit;
    TN_TRY(model_config_cell(c, &config->cell, err));
    TN_TRY(model_config_size(c, "layers", &config->layers, err));
    TN_TRY(model_config_size(c, "embedding", &config->embedding, err));
    TN_TRY(model_config_size(c, "hidden", &config->hidden, err));
    config->bidirectional = read_flag(c, "bidirectional");
    config->pooled = read_flag(c, "pooled");
    return read_options(c, config, err);
}

/* Of tokens of that unit; labels are whole texts, whatever the unit. */
static enum tn_status read_vocabulary(const struct tn_file *file, const char *key,
                                      enum vocab_unit unit, struct vocab **ret_vocab,
                                      struct tn_error *err)
{
    struct tn_error why = {.text = "there is no word in it"};
    enum tn_status status;

    TN_TRY(model_read_vocabulary(file, key, ret_vocab, err));
    status = vocab_count(*ret_vocab) > VOCAB_FIRST_WORD ? TN_OK : TN_FORMAT;
    if (status == TN_OK && unit == VOCAB_SUBWORDS)
        status = subwords_check(*ret_vocab, &why);
    if (status == TN_OK)
        return TN_OK;
    vocab_destroy(*ret_vocab);
    *ret_vocab = NULL;
    return tn_fail(err, status, "%s: %s: %s", tn_file_path(file), key, why.text);
}

/* What the file is, when it is no text model. */
static enum tn_status check_kind(const struct tn_file *file, struct tn_error *err)
{
    const char *kind = tn_file_metadata(file, MODEL_KEY_KIND);
    const char *version = tn_file_metadata(file, MODEL_KEY_VERSION);

    if (!kind || strcmp(kind, MODEL_KIND_TEXT) != 0)
        return tn_fail(err, TN_NOTFOUND, "%s: no text model%s; 'textrnn train' makes one",
                       tn_file_path(file), version ? ", but a captioner: use 'caption'" : "");
    return model_check_version(file, TEXT_FORMAT_VERSION, err);
}

enum tn_status text_model_check_answers(const struct text_config *config, const struct vocab *vocab,
                                        const struct vocab *targets, struct tn_error *err)
{
    switch (config->task) {
    case TEXT_LM:
        break;
    case TEXT_CLASSIFY:
        return vocab_check_lines(targets, err);
    case TEXT_CLOZE:
        return config->unit == VOCAB_BYTES ? TN_OK : vocab_check_lines(vocab, err);
    case TEXT_TRANSLATE:
        return config->target_unit == VOCAB_BYTES ? TN_OK : vocab_check_lines(targets, err);
    }
    return TN_OK;
}

static enum tn_status read_vocabularies(struct text_model *model, struct tn_error *err)
{
    struct tn_error why = {.text = ""};
    enum tn_status status;

    TN_TRY(read_vocabulary(model->file, KEY_VOCABULARY, model->config.unit, &model->vocab, err));
    if (model->config.task == TEXT_CLASSIFY)
        TN_TRY(read_vocabulary(model->file, KEY_TARGETS, VOCAB_WORDS, &model->targets, err));
    if (model->config.task == TEXT_TRANSLATE)
        TN_TRY(read_vocabulary(model->file, KEY_TARGETS, model->config.target_unit, &model->targets,
                               err));
    status = text_model_check_answers(&model->config, model->vocab, model->targets, &why);
    if (status != TN_OK)
        return tn_fail(err, status, "%s: %s", tn_file_path(model->file), why.text);
    return TN_OK;
}

static enum tn_status read_model(struct text_model *model, struct tn_error *err)
{
    const char *text = tn_file_metadata(model->file, KEY_CONFIG);
    struct model_config object;
    enum tn_status status;

    TN_TRY(model_config_open(&object, model->file, KEY_CONFIG, text, err));
    status = read_config(&object, &model->config, err);
    model_config_close(&object);
    TN_TRY(status);
    return read_vocabularies(model, err);
}

enum tn_status text_model_load(struct text_model *model, const char *path, int task,
                               struct tn_error *err)
{
    enum tn_status status;

    memset(model, 0, sizeof *model);
    TN_TRY(tn_file_open(path, &model->file, err));
    status = check_kind(model->file, err);
    if (status == TN_OK)
        status = read_model(model, err);
    if (status == TN_OK && task >= 0 && (int)model->config.task != task)
        status = tn_fail(err, TN_NOTFOUND, "%s: a model for the task %s; this wants one for %s",
                         path, text_task_names[model->config.task], text_task_names[task]);
    if (status != TN_OK)
        text_model_finish(model);
    return status;
}

void text_model_finish(struct text_model *model)
{
    vocab_destroy(model->vocab);
    vocab_destroy(model->targets);
    tn_file_close(model->file);
    memset(model, 0, sizeof *model);
}

const char *text_model_about(const struct text_model *model)
{
    const char *about = tn_file_metadata(model->file, TEXT_KEY_ABOUT);

    return about ? about : "";
}

/* What the plain form lacks, as members behind its own; "": nothing. */
static void write_options(const struct text_config *c, char *out, size_t size)
{
    const struct rnn_options *o = &c->options;
    char attention[64] = "", zoneout[64] = "";

    if (c->attention != ATTENTION_NONE)
        snprintf(attention, sizeof attention, ",\"attention\":\"%s\"",
                 attention_names[c->attention]);
    if (rnn_zoneout_is_on(&o->zoneout))
        snprintf(zoneout, sizeof zoneout, ",\"zoneout\":%.9g,\"zoneout_cell\":%.9g",
                 (double)o->zoneout.h, (double)o->zoneout.c);
    snprintf(out, size, "%s%s%s%s%s%s", attention, c->ends ? ",\"ends\":true" : "",
             c->tied ? ",\"tied\":true" : "", o->learned_start ? ",\"learned_start\":true" : "",
             o->layer_norm ? ",\"layer_norm\":true" : "", zoneout);
}

static void write_config(const struct text_config *c, const char *options, char *out, size_t size)
{
    snprintf(
        out, size,
        "{\"task\":\"%s\",\"unit\":\"%s\",\"target_unit\":\"%s\",\"cell\":\"%s\","
        "\"layers\":%zu,\"embedding\":%zu,\"hidden\":%zu,\"bidirectional\":%s,\"pooled\":%s%s}",
        text_task_names[c->task], vocab_unit_names[c->unit], vocab_unit_names[c->target_unit],
        c->cell->name, c->layers, c->embedding, c->hidden, c->bidirectional ? "true" : "false",
        c->pooled ? "true" : "false", options);
}

enum tn_status text_model_save(const char *path, const struct text_save *save, struct tn_error *err)
{
    struct tn_tensor *tensors = calloc(save->layout->count + 1, sizeof *tensors);
    char version[16], config[1024], options[512];
    struct tn_metadata metadata[8] = {{MODEL_KEY_VERSION, version},
                                      {MODEL_KEY_KIND, MODEL_KIND_TEXT},
                                      {KEY_CONFIG, config},
                                      {KEY_VOCABULARY, vocab_text(save->vocab)},
                                      {"training", save->training}};
    size_t count = 5;
    enum tn_status status;

    if (!tensors)
        return tn_fail_nomem(err, save->layout->count * sizeof *tensors);
    write_options(save->config, options, sizeof options);
    write_config(save->config, options, config, sizeof config);
    snprintf(version, sizeof version, "%d",
             options[0] != '\0' ? TEXT_FORMAT_VERSION : MODEL_FORMAT_VERSION);
    if (save->targets)
        metadata[count++] = (struct tn_metadata){KEY_TARGETS, vocab_text(save->targets)};
    if (save->scores)
        metadata[count++] = (struct tn_metadata){"scores", save->scores};
    for (size_t i = 0; i < save->layout->count; i++)
        tensors[i] = model_parameter_tensor(&save->layout->parameters[i], save->theta);
    status = tn_file_save(path, tensors, save->layout->count, metadata, count, err);
    free(tensors);
    return status;
}
