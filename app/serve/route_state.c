/* SPDX-License-Identifier: MIT */
/* How the server is: /health and /metrics. */
#include "app/output/json_row.h"
#include "app/serve/metrics.h"
#include "app/serve/plain_error.h"

#include <json.h>

/* {"status":"ok","version":"1.0","models":[{"name":"caption","language":"en","model":"..."}]} */
static enum tn_status answer_health(const struct serve_request *request,
                                    const struct serve_call *call, struct serve_answer *ret_answer,
                                    struct tn_error *err)
{
    const struct serve_voices *voices = request->voices;
    json_object *object = json_object_new_object(), *models = json_object_new_array();

    (void)call;
    json_object_object_add(object, "status", json_object_new_string("ok"));
    json_object_object_add(object, "version", json_object_new_string(APP_VERSION));
    for (size_t i = 0; i < voices->count; i++) {
        const struct serve_voice *voice = &voices->items[i];
        json_object *model = json_object_new_object();
        bool lossy;

        json_object_object_add(model, "name", app_json_text(voice->name, &lossy));
        json_object_object_add(model, "language", app_json_text(voice->language, &lossy));
        json_object_object_add(model, "model",
                               json_object_new_string(captioner_fingerprint(voice->captioner)));
        json_object_array_add(models, model);
    }
    json_object_object_add(object, "models", models);
    return serve_answer_json(200, object, ret_answer, err);
}

static enum tn_status answer_metrics(const struct serve_request *request,
                                     const struct serve_call *call, struct serve_answer *ret_answer,
                                     struct tn_error *err)
{
    struct serve_answer answer = {.code = 200, .type = "text/plain; version=0.0.4"};

    (void)call;
    answer.text = serve_metrics_text(request->metrics, &answer.size);
    if (!answer.text)
        return tn_fail(err, TN_NOMEM, "out of memory");
    *ret_answer = answer;
    return TN_OK;
}

const struct serve_route serve_routes_state[] = {
    {"GET", "/health", serve_read_nothing, answer_health, serve_fail_plainly},
    {"GET", "/metrics", serve_read_nothing, answer_metrics, serve_fail_plainly},
    {NULL, NULL, NULL, NULL, NULL},
};
