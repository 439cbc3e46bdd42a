/* SPDX-License-Identifier: MIT */
/* `caption --vectors`: captions of photos of which another program has made the vectors. */
#include "app/caption/caption.h"

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "app/cli/model_path.h"
#include "data/vectors.h"
#include "tensor/half.h"

#include <stdio.h>
#include <stdlib.h>

/* A run with all that it holds. */
struct run {
    struct app_caption_settings *settings;
    struct data_vectors vectors;
    struct captioner *captioner;
    struct app_output *outputs[APP_MOST_OUTPUTS]; /* rows: one */
    size_t output_count;
    float *features; /* [APP_BATCH_AT_ONCE][width] */
};

static enum tn_status take_status(enum captioner_status status, const struct captioner_error *why,
                                  struct tn_error *err)
{
    return status == CAPTIONER_OK ? TN_OK : tn_fail(err, (enum tn_status)status, "%s", why->text);
}

static enum tn_status load(struct run *run, struct tn_error *err)
{
    struct app_caption_settings *s = run->settings;
    struct captioner_error why;
    enum tn_status status;
    size_t width;
    char *path;

    TN_TRY(data_vectors_load(s->vectors, s->vector_names, &run->vectors, err));
    TN_TRY(app_model_path(s->model, &path, err));
    s->options.max_batch = APP_BATCH_AT_ONCE;
    s->options.vectors = true;
    status = take_status(captioner_load(path, &s->options, &run->captioner, &why), &why, err);
    if (status == TN_OK)
        status = app_try_writing(path, run->captioner, &s->writing, err);
    free(path);
    TN_TRY(status);
    width = captioner_feature_count(run->captioner);
    if (width != run->vectors.width)
        return tn_fail(err, TN_SHAPE, "%s: %zu numbers per photo, and the model reads %zu",
                       s->vectors, run->vectors.width, width);
    run->features = malloc(APP_BATCH_AT_ONCE * width * sizeof *run->features);
    return run->features ? TN_OK : tn_fail_nomem(err, APP_BATCH_AT_ONCE * width);
}

static enum tn_status put_row(struct run *run, size_t row, const struct captioner_result *result,
                              struct tn_error *err)
{
    struct app_output *output = run->outputs[0];
    struct app_worded worded;
    char number[32];
    struct app_entry entry = {.path = number,
                              .language = captioner_language(run->captioner),
                              .model = captioner_fingerprint(run->captioner),
                              .keywords = run->settings->writing.keywords > 0};
    enum tn_status status;

    snprintf(number, sizeof number, "%zu", row);
    if (run->vectors.names)
        entry.path = run->vectors.names[row];
    if (output->ops->holds && output->ops->holds(output, entry.path) != META_NOBODY)
        return TN_OK;
    TN_TRY(app_word(&run->settings->wording, result, &worded, err));
    entry.result = &worded.result;
    status = worded.result.count > 0 ? output->ops->put(output, &entry, err) : TN_OK;
    output->filled = true;
    app_worded_finish(&worded);
    return status;
}

/* Captions rows from `first` on. */
static enum tn_status caption_rows(struct run *run, size_t first, size_t count,
                                   struct tn_error *err)
{
    const size_t width = run->vectors.width;
    struct captioner_result *results[APP_BATCH_AT_ONCE];
    struct captioner_error why;
    enum tn_status status = TN_OK;

    tn_half_to_float(run->features, run->vectors.values + first * width, count * width);
    TN_TRY(take_status(captioner_caption_features(run->captioner, run->features, count,
                                                  &run->settings->writing, results, &why),
                       &why, err));
    for (size_t i = 0; i < count; i++) {
        if (status == TN_OK)
            status = put_row(run, first + i, results[i], err);
        captioner_result_destroy(results[i]);
    }
    if (status == TN_OK && run->outputs[0]->ops->flush)
        status = run->outputs[0]->ops->flush(run->outputs[0], err);
    return status;
}

static enum tn_status caption_all(struct run *run, struct tn_error *err)
{
    struct app_output *output;
    size_t count;

    TN_TRY(load(run, err));
    run->settings->writing.forbidden = run->settings->forbidden.items;
    run->settings->writing.forbidden_count = run->settings->forbidden.count;
    TN_TRY(app_caption_outputs(run->settings, false, false, run->outputs, &run->output_count, err));
    output = run->outputs[0];
    for (size_t first = 0; first < run->vectors.rows; first += count) {
        const size_t left = run->vectors.rows - first;

        count = left < APP_BATCH_AT_ONCE ? left : APP_BATCH_AT_ONCE;
        if (app_interrupted())
            return tn_fail(err, TN_CANCELLED, "interrupted after %zu of %zu rows", first,
                           run->vectors.rows);
        TN_TRY(caption_rows(run, first, count, err));
    }
    return output->ops->finish ? output->ops->finish(output, true, err) : TN_OK;
}

int app_caption_vectors(struct app_caption_settings *settings)
{
    struct run run = {.settings = settings};
    struct tn_error err;
    int code = APP_OK;

    app_hold_interrupts();
    if (caption_all(&run, &err) != TN_OK)
        code = ferror(stdout) ? APP_FAILED : app_fail(&err); /* main reports stdout */
    for (size_t i = 0; i < run.output_count; i++)
        run.outputs[i]->ops->destroy(run.outputs[i]);
    captioner_destroy(run.captioner);
    data_vectors_finish(&run.vectors);
    free(run.features);
    return code;
}
