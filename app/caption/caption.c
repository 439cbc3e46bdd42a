/* SPDX-License-Identifier: MIT */
/* `caption PHOTO...`: a sentence for each photo. */
#include "app/caption/caption.h"

#include "app/caption/failures.h"
#include "app/caption/inputs.h"
#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "app/cli/model_path.h"
#include "app/cli/together.h"
#include "app/cli/version.h"
#include "app/output/explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Whether captions go to stdout alone, where nothing is held from an earlier run and no picture is
 * wanted. */
static bool is_only_printed(const struct app_caption_settings *settings)
{
    bool only = !settings->output && !settings->gallery && !settings->write_metadata &&
                !settings->explain && settings->format != &app_format_gallery;

    for (size_t i = 0; i < APP_SIDECAR_COUNT; i++)
        only &= !settings->sidecars[i];
    return only;
}

static bool is_regular(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Of the options only `plain` asks for what a model may not have. */
enum tn_status app_try_writing(const char *path, struct captioner *captioner,
                               const struct captioner_writing *writing, struct tn_error *err)
{
    struct captioner_error why;
    const enum captioner_status status =
        writing->plain > 0 ? captioner_caption_features(captioner, NULL, 0, writing, NULL, &why)
                           : CAPTIONER_OK;

    return status == CAPTIONER_OK ? TN_OK
                                  : tn_fail(err, (enum tn_status)status, "%s: %s", path, why.text);
}

static enum tn_status try_languages(const char *path, const struct app_caption_settings *settings,
                                    const struct app_batch *batch, struct tn_error *err)
{
    TN_TRY(app_try_writing(path, batch->captioner, &settings->writing, err));
    for (size_t i = 0; i < batch->further_count; i++)
        TN_TRY(app_try_writing(path, batch->further[i], &settings->writing, err));
    return TN_OK;
}

/* The captioner; meanwhile a thread reads the photo, if there is one alone, into *ahead. */
static enum tn_status load_captioner(struct app_caption_settings *settings, bool single,
                                     struct app_ahead *ahead, struct app_batch *batch,
                                     struct tn_error *err)
{
    struct captioner_error why;
    enum tn_status status;
    char *path;

    TN_TRY(app_model_path(settings->model, &path, err));
    if (single && is_only_printed(settings) && is_regular(settings->inputs.operands[0]))
        app_ahead_start(ahead, settings->inputs.operands[0], settings->options.max_pixels);
    settings->options.max_batch = settings->explain ? APP_EXPLAIN_BATCH
                                  : single          ? 1
                                                    : APP_BATCH_AT_ONCE;
    status = (enum tn_status)captioner_load(path, &settings->options, &batch->captioner, &why);
    if (status != TN_OK)
        status = tn_fail(err, status, "%s", why.text);
    else
        status = app_languages_load(&settings->languages, path, &settings->options,
                                    batch->captioner, batch->further, err);
    if (status == TN_OK)
        status = try_languages(path, settings, batch, err);
    free(path);
    return status;
}

/* What could be no caption's word is not forbidden in vain without a note. */
static enum tn_status forbid_words(const struct app_caption_settings *settings,
                                   struct app_batch *batch, struct tn_error *err)
{
    const struct app_list *words = &settings->forbidden;

    for (size_t i = 0; i < words->count; i++) {
        struct captioner_error why;
        const enum captioner_status status =
            captioner_check_words(batch->captioner, words->items[i], &why);

        if (status == CAPTIONER_NOMEM)
            return tn_fail(err, TN_NOMEM, "%s", why.text);
        if (status != CAPTIONER_OK && !settings->quiet)
            app_warn("--forbid '%s': no caption could have it: %s%s", words->items[i], why.text,
                     strchr(words->items[i], ' ') ? "; give the others each by itself" : "");
    }
    batch->writing.forbidden = words->items;
    batch->writing.forbidden_count = words->count;
    return TN_OK;
}

static bool is_calibrated(const struct captioner *captioner)
{
    char key[128];

    snprintf(key, sizeof key, "decoder.%s.calibration", captioner_language(captioner));
    return captioner_metadata(captioner, key) != NULL;
}

/* How to go on after an interrupt. */
static const char *how_to_go_on(const struct app_batch *batch)
{
    bool durable = false;

    for (size_t i = 0; i < batch->output_count; i++)
        durable |= batch->outputs[i]->ops->holds && batch->outputs[i]->existing == APP_SKIP;
    return durable ? "the same command again goes on where this one stopped"
                   : "what was printed is complete, what is missing was not begun "
                     "(with -o FILE.tsv the same command again would go on)";
}

/* Everything but the outputs' end. */
static enum tn_status load_and_caption(struct app_caption_settings *settings,
                                       struct app_batch *batch, struct app_ahead *ahead,
                                       struct app_output **outputs,
                                       struct app_batch_counts *counts, struct tn_error *err)
{
    TN_TRY(load_captioner(settings, batch->single, ahead, batch, err));
    batch->ahead = ahead->running ? ahead : NULL;
    TN_TRY(forbid_words(settings, batch, err));
    TN_TRY(app_caption_outputs(settings, batch->single, is_calibrated(batch->captioner), outputs,
                               &batch->output_count, err));
    for (size_t i = 0; i < batch->output_count; i++)
        outputs[i]->remembers = settings->watch;
    if (settings->explain) {
        TN_TRY(app_explain_create(batch->captioner, settings->explain, settings->quiet,
                                  &outputs[batch->output_count], err));
        batch->output_count++;
    }
    if (settings->errors)
        TN_TRY(app_failures_open(settings->errors, &batch->errors, err));
    app_advise_interrupted(how_to_go_on(batch));
    return app_batch_run(batch, counts, err);
}

/* What there is for a follower of a team: no outputs. */
static enum tn_status load_and_follow(struct app_caption_settings *settings,
                                      struct app_batch *batch, struct tn_error *err)
{
    TN_TRY(load_captioner(settings, false, NULL, batch, err));
    TN_TRY(forbid_words(settings, batch, err));
    return app_batch_follow(batch, err);
}

/* Which a launcher gives to one of the processes. */
static bool reads_standard_input(const struct app_caption_settings *settings)
{
    return app_is_from_pipe(settings) ||
           (settings->inputs.list && app_is_standard_input(settings->inputs.list));
}

int app_caption_photos(struct app_caption_settings *settings, const struct app_source *source)
{
    const bool collection = app_inputs_is_collection(&settings->inputs);
    const bool single = !collection && !source && settings->inputs.operand_count == 1;
    /* The line of progress would stand among captions that are printed to the terminal. */
    const bool printed = !settings->output && app_prints_to_terminal();
    struct app_output *outputs[APP_MOST_OUTPUTS] = {NULL};
    struct app_batch_counts counts = {0};
    struct app_ahead ahead = {.running = false};
    struct app_batch batch = {.writing = settings->writing,
                              .inputs = settings->inputs,
                              .source = source,
                              .outputs = outputs,
                              .further_count = settings->languages.further_count,
                              .threads = settings->options.threads,
                              .max_pixels = settings->options.max_pixels,
                              .wording = settings->wording,
                              .progress = !settings->quiet && !single && !printed && !source,
                              .summary = !settings->quiet && collection,
                              .notes = !settings->quiet,
                              .report_skipped = !settings->quiet && single,
                              .report_left_out = !settings->quiet && !collection,
                              .log = !settings->quiet && source && settings->output,
                              .single = single};
    struct tn_error err;
    enum tn_status status;

    if (app_team() && (single || settings->in_step || reads_standard_input(settings)))
        return app_usage_error("caption", "%s is work for one process, and %zu were started",
                               single ? "one photo" : "what comes by standard input",
                               team_size(app_team()));
    if (app_team() && settings->languages.further_count > 0)
        return app_usage_error("caption", "several processes caption in one language at a time");
    if (settings->explain && !single)
        return app_usage_error("caption", "--explain takes exactly one photo");
    batch.wording.any_picture |= settings->explain != NULL; /* which explains a caption */
    settings->options.threads = batch.threads = app_threads(settings->options.threads);
    app_hold_interrupts();
    status = team_leads(app_team())
                 ? load_and_caption(settings, &batch, &ahead, outputs, &counts, &err)
                 : load_and_follow(settings, &batch, &err);
    if (status == TN_CANCELLED && source) {
        app_accept_interrupt();
        status = TN_OK;
    } else if (status == TN_CANCELLED) {
        app_warn("interrupted; %s", how_to_go_on(&batch));
    } else if (status != TN_OK && !ferror(stdout)) { /* main reports stdout */
        app_warn("%s", err.text);
    }
    if (batch.errors && app_failures_close(batch.errors, settings->errors, &err) != TN_OK &&
        status == TN_OK) {
        app_warn("%s", err.text);
        status = TN_IO;
    }
    for (size_t i = 0; i < batch.output_count; i++)
        outputs[i]->ops->destroy(outputs[i]);
    app_ahead_finish(&ahead);
    captioner_destroy(batch.captioner);
    for (size_t i = 0; i < APP_MOST_TRANSLATIONS; i++)
        captioner_destroy(batch.further[i]);
    return status != TN_OK || (counts.failed > 0 && !source) ? APP_FAILED : APP_OK;
}

void app_caption_finish(struct app_caption_settings *settings)
{
    app_list_finish(&settings->inputs.excluded);
    app_list_finish(&settings->forbidden);
    app_languages_finish(&settings->languages);
    app_guard_finish(&settings->guard);
}

int app_caption(int argc, char **argv)
{
    struct app_caption_settings settings = {.writing = CAPTIONER_WRITING_DEFAULT};
    int code = app_caption_parse(&settings, argc, argv);

    if (code == APP_PROCEED && settings.version) {
        app_print_version(settings.model);
        code = APP_OK;
    }
    if (code == APP_PROCEED)
        code =
            settings.vectors ? app_caption_vectors(&settings) : app_caption_photos(&settings, NULL);
    app_caption_finish(&settings);
    return code;
}
