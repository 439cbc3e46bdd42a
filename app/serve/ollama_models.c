/* SPDX-License-Identifier: MIT */
/* Ollama's routes that are about models. */
#include "app/output/json_row.h"
#include "app/paths.h"
#include "app/serve/json_body.h"
#include "app/serve/ollama_private.h"
#include "app/serve/plain_error.h"
#include "app/serve/reply.h"
#include "base/platform/platform.h"
#include "base/utf8.h"

#include <json.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* ---- Lists ---- */

static json_object *details(void)
{
    json_object *object = json_object_new_object(), *families = json_object_new_array();

    json_object_array_add(families, json_object_new_string("caption"));
    json_object_object_add(object, "parent_model", json_object_new_string(""));
    json_object_object_add(object, "format", json_object_new_string("safetensors"));
    json_object_object_add(object, "family", json_object_new_string("caption"));
    json_object_object_add(object, "families", families);
    json_object_object_add(object, "parameter_size", json_object_new_string(""));
    json_object_object_add(object, "quantization_level", json_object_new_string("int8"));
    return object;
}

static json_object *capabilities(void)
{
    json_object *array = json_object_new_array();

    json_object_array_add(array, json_object_new_string("completion"));
    json_object_array_add(array, json_object_new_string("vision"));
    return array;
}

/* Of the model's file; the beginning of time where it is gone. */
static struct stat file_of(const struct serve_voice *voice)
{
    struct stat file = {0};

    if (stat(voice->path, &file) != 0)
        file = (struct stat){0};
    return file;
}

static json_object *model_object(const struct serve_voice *voice)
{
    json_object *object = json_object_new_object();
    const struct stat file = file_of(voice);

    json_object_object_add(object, "name", serve_reply_model(voice));
    json_object_object_add(object, "model", serve_reply_model(voice));
    json_object_object_add(object, "modified_at", serve_reply_time(tn_platform_modified(&file)));
    json_object_object_add(object, "size", json_object_new_int64(file.st_size));
    json_object_object_add(object, "digest",
                           json_object_new_string(captioner_fingerprint(voice->captioner)));
    json_object_object_add(object, "details", details());
    json_object_object_add(object, "capabilities", capabilities());
    return object;
}

/* {"models": [...]}; what is running never ends. */
static enum tn_status list_models(const struct serve_request *request, bool running,
                                  struct serve_answer *ret_answer, struct tn_error *err)
{
    static const struct timespec never = {.tv_sec = 253402300799}; /* the end of 9999 */
    json_object *list = json_object_new_object(), *models = json_object_new_array();

    for (size_t i = 0; i < request->voices->count; i++) {
        json_object *model = model_object(&request->voices->items[i]);

        if (running) {
            json_object_object_add(model, "expires_at", serve_reply_time(never));
            json_object_object_add(model, "size_vram", json_object_new_int64(0));
        }
        json_object_array_add(models, model);
    }
    json_object_object_add(list, "models", models);
    return serve_answer_json(200, list, ret_answer, err);
}

enum tn_status serve_ollama_tags(const struct serve_request *request, const struct serve_call *call,
                                 struct serve_answer *ret_answer, struct tn_error *err)
{
    (void)call;
    return list_models(request, false, ret_answer, err);
}

enum tn_status serve_ollama_running(const struct serve_request *request,
                                    const struct serve_call *call, struct serve_answer *ret_answer,
                                    struct tn_error *err)
{
    (void)call;
    return list_models(request, true, ret_answer, err);
}

enum tn_status serve_ollama_version(const struct serve_request *request,
                                    const struct serve_call *call, struct serve_answer *ret_answer,
                                    struct tn_error *err)
{
    json_object *object = json_object_new_object();

    (void)request;
    (void)call;
    json_object_object_add(object, "version", json_object_new_string(APP_VERSION));
    return serve_answer_json(200, object, ret_answer, err);
}

/* ---- One model ---- */

static enum tn_status find_model(const struct serve_request *request, json_object *body,
                                 struct serve_call *call, struct tn_error *err)
{
    const char *name = "";

    TN_TRY(serve_json_text(body, "name", &name, err)); /* as older clients call it */
    TN_TRY(serve_json_text(body, "model", &name, err));
    if (!*name)
        return tn_fail(err, TN_FORMAT, "model is required");
    call->voice = serve_voice_named(request->voices, name);
    return call->voice ? TN_OK
                       : tn_fail(err, TN_NOTFOUND, "model '%.*s' not found", TN_FIT(name, 100));
}

enum tn_status serve_ollama_read_model(const struct serve_request *request, struct serve_call *call,
                                       struct tn_error *err)
{
    json_object *body;
    enum tn_status status;

    TN_TRY(serve_json_parse(request->body, request->size, &body, err));
    status = find_model(request, body, call, err);
    json_object_put(body);
    return status;
}

static json_object *model_info(const struct serve_voice *voice)
{
    const struct captioner *captioner = voice->captioner;
    json_object *info = json_object_new_object();
    bool lossy;

    json_object_object_add(info, "general.architecture", json_object_new_string("caption"));
    json_object_object_add(info, "general.basename", app_json_text(voice->name, &lossy));
    json_object_object_add(info, "general.language", json_object_new_string(voice->language));
    json_object_object_add(info, "caption.cell", json_object_new_string(captioner_cell(captioner)));
    json_object_object_add(info, "caption.vocabulary_size",
                           json_object_new_int64((int64_t)captioner_vocabulary_size(captioner)));
    json_object_object_add(info, "caption.feature_length",
                           json_object_new_int64((int64_t)captioner_feature_count(captioner)));
    return info;
}

enum tn_status serve_ollama_show(const struct serve_request *request, const struct serve_call *call,
                                 struct serve_answer *ret_answer, struct tn_error *err)
{
    static const char *const empty[] = {"license", "modelfile", "parameters", "template"};
    json_object *object = json_object_new_object();
    const struct stat file = file_of(call->voice);

    (void)request;
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
        json_object_object_add(object, empty[i], json_object_new_string(""));
    json_object_object_add(object, "details", details());
    json_object_object_add(object, "model_info", model_info(call->voice));
    json_object_object_add(object, "capabilities", capabilities());
    json_object_object_add(object, "modified_at", serve_reply_time(tn_platform_modified(&file)));
    return serve_answer_json(200, object, ret_answer, err);
}

/* A model that is here has been pulled. */
enum tn_status serve_ollama_pulled(const struct serve_request *request,
                                   const struct serve_call *call, struct serve_answer *ret_answer,
                                   struct tn_error *err)
{
    json_object *object = json_object_new_object();

    (void)request;
    (void)call;
    json_object_object_add(object, "status", json_object_new_string("success"));
    return serve_answer_json(200, object, ret_answer, err);
}

enum tn_status serve_ollama_refuse(const struct serve_request *request, struct serve_call *call,
                                   struct tn_error *err)
{
    (void)call;
    return tn_fail(err, TN_NOTFOUND,
                   "%s is not here: this server captions photos by its own models", request->path);
}
