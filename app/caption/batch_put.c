/* SPDX-License-Identifier: MIT */
/* What is done, put into the outputs in the order of the inputs. */
#include "app/caption/batch_private.h"

#include "app/caption/failures.h"
#include "app/cli/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void report_photo(struct app_batch_run *run, const char *path, const char *text)
{
    app_status_clear(&run->status);
    app_warn("%s", text);
    if (run->batch->errors)
        app_failures_put(run->batch->errors, path, text);
}

static enum meta_author output_holds(const struct app_output *output, const char *path)
{
    return output->ops->holds ? output->ops->holds(output, path) : META_NOBODY;
}

enum meta_author app_batch_held(const struct app_batch *batch, const char *path)
{
    enum meta_author held = META_NOBODY;

    for (size_t i = 0; i < batch->output_count; i++) {
        enum meta_author author;

        if (!batch->outputs[i]->ops->holds)
            continue;
        author = output_holds(batch->outputs[i], path);
        if (author == META_NOBODY)
            return META_NOBODY;
        held = author > held ? author : held;
    }
    return held;
}

bool app_batch_spares_persons(const struct app_batch *batch)
{
    for (size_t i = 0; i < batch->output_count; i++)
        if (batch->outputs[i]->existing == APP_OVERWRITE)
            return true;
    return false;
}

/* A photo keeps a text in one place, and gets its caption in another. */
static void count_spared(struct app_batch_run *run, const char *path)
{
    run->counts.spared++;
    if (run->batch->report_left_out && app_batch_spares_persons(run->batch))
        app_warn("%s: one of its texts may be a person's, and stays (--existing replace replaces "
                 "it)",
                 path);
}

/* What is no photo has no sentence: one of an earlier run goes where captions are replaced. */
static enum tn_status put_or_clear(struct app_output *output, const struct app_entry *entry,
                                   struct tn_error *err)
{
    if (output->sentences_only && entry->result->count == 0)
        return output->ops->clear && app_existing_renews(output->existing)
                   ? output->ops->clear(output, entry->path, err)
                   : TN_OK;
    TN_TRY(output->ops->put(output, entry, err));
    output->filled = true;
    return TN_OK;
}

static enum tn_status put_into_outputs(struct app_batch_run *run, const struct app_entry *entry,
                                       struct tn_error *err)
{
    const bool any = entry->result->count > 0;
    bool failed = false, spared = false;

    for (size_t i = 0; i < run->batch->output_count; i++) {
        struct app_output *output = run->batch->outputs[i];
        enum meta_author author;
        enum tn_status status;

        author = output_holds(output, entry->path);
        spared |= author == META_PERSON;
        if (author != META_NOBODY)
            continue;
        status = put_or_clear(output, entry, err);
        if (status != TN_OK && !output->each_alone)
            return status;
        if (status != TN_OK)
            report_photo(run, entry->path, err->text);
        failed |= status != TN_OK;
    }
    run->counts.failed += failed;
    run->counts.captioned += any && !failed;
    run->counts.blank += !any && !failed;
    if (spared)
        count_spared(run, entry->path);
    return TN_OK;
}

float *app_batch_vector(const struct app_batch_run *run, const struct app_batch_slot *slot)
{
    const size_t index = (size_t)(slot - run->slots);

    return run->features ? run->vectors + index * captioner_feature_count(run->batch->captioner)
                         : NULL;
}

static struct app_entry entry_of(const struct app_batch_run *run, const struct app_batch_slot *slot,
                                 const struct captioner_result *result)
{
    const struct app_batch *batch = run->batch;

    return (struct app_entry){.path = slot->input.path,
                              .result = result,
                              .language = captioner_language(batch->captioner),
                              .model = captioner_fingerprint(batch->captioner),
                              .keywords = batch->writing.keywords > 0,
                              .thumbnail = slot->thumbnail.bytes ? &slot->thumbnail : NULL,
                              .features = app_batch_vector(run, slot),
                              .bytes = slot->bytes,
                              .size = slot->size};
}

/* Who waits for an answer to each input gets one, though there is no caption. */
static enum tn_status answer(struct app_batch_run *run, const struct app_batch_slot *slot,
                             const char *reason, struct tn_error *err)
{
    const struct captioner_result nothing = {.count = 0};
    struct app_entry entry = entry_of(run, slot, &nothing);

    entry.error = reason;
    for (size_t i = 0; i < run->batch->output_count; i++)
        if (run->batch->outputs[i]->in_step)
            TN_TRY(run->batch->outputs[i]->ops->put(run->batch->outputs[i], &entry, err));
    return TN_OK;
}

static void log_captioned(const struct app_batch_run *run, const struct app_entry *entry)
{
    if (run->batch->log && entry->result->count > 0)
        app_say("%s: %s", entry->path, entry->result->captions[0].text);
}

/* A photo's captions as they are wanted, in all languages. */
struct wording {
    struct app_worded worded, further[APP_MOST_TRANSLATIONS];
    struct app_translation translations[APP_MOST_TRANSLATIONS];
    size_t translation_count; /* a language in which nothing is wanted has none */
};

static void wording_finish(struct wording *wording)
{
    app_worded_finish(&wording->worded);
    for (size_t i = 0; i < APP_MOST_TRANSLATIONS; i++)
        app_worded_finish(&wording->further[i]);
}

/* What is no photo to the first language is none to the others. */
static enum tn_status word_all(const struct app_batch *batch, const struct app_batch_slot *slot,
                               struct wording *wording, struct tn_error *err)
{
    struct app_wording any_picture = batch->wording;

    any_picture.any_picture = true;
    TN_TRY(app_word(&batch->wording, slot->result, &wording->worded, err));
    for (size_t i = 0; i < batch->further_count && wording->worded.result.count > 0; i++) {
        TN_TRY(app_word(&any_picture, slot->further[i], &wording->further[i], err));
        if (wording->further[i].result.count > 0)
            wording->translations[wording->translation_count++] = (struct app_translation){
                captioner_language(batch->further[i]), &wording->further[i].result};
    }
    return TN_OK;
}

static enum tn_status put_worded(struct app_batch_run *run, const struct app_batch_slot *slot,
                                 const struct wording *wording, struct tn_error *err)
{
    const struct app_batch *batch = run->batch;
    const struct captioner_result *result = &wording->worded.result;
    struct app_entry entry = entry_of(run, slot, result);

    entry.translations = wording->translations;
    entry.translation_count = wording->translation_count;

    if (result->count == 0 && (!result->not_a_photo || batch->wording.any_picture)) {
        run->counts.unsure++;
        return answer(run, slot, "no caption has the confidence asked for", err);
    }
    if (result->count == 0 && batch->report_left_out)
        app_warn("%s: hardly a photo of anything (a page of text, a plot, a wall ...): no caption; "
                 "--any-picture writes one all the same",
                 entry.path);
    log_captioned(run, &entry);
    return put_into_outputs(run, &entry, err);
}

static enum tn_status put_captions(struct app_batch_run *run, const struct app_batch_slot *slot,
                                   struct tn_error *err)
{
    struct wording wording = {.translation_count = 0};
    enum tn_status status = word_all(run->batch, slot, &wording, err);

    if (status == TN_OK)
        status = put_worded(run, slot, &wording, err);
    wording_finish(&wording);
    return status;
}

static void report_skipped(const struct app_batch *batch, const struct app_batch_slot *slot)
{
    const bool persons = slot->author == META_PERSON;

    if (batch->report_skipped ||
        (batch->report_left_out && persons && app_batch_spares_persons(batch)))
        app_warn(persons ? "%s: skipped, it has a text that may be a person's (--existing replace "
                           "replaces it)"
                         : "%s: skipped, it has a caption (--existing overwrite replaces it)",
                 slot->input.path);
}

static enum tn_status flush_outputs(struct app_batch_run *run, struct tn_error *err)
{
    for (size_t i = 0; i < run->batch->output_count; i++) {
        struct app_output *output = run->batch->outputs[i];

        if (output->ops->flush)
            TN_TRY(output->ops->flush(output, err));
    }
    if (run->batch->errors && fflush(run->batch->errors) != 0)
        return tn_fail(err, TN_IO, "the list of errors cannot be written: %s", strerror(errno));
    return TN_OK;
}

static enum tn_status put_slot(struct app_batch_run *run, struct app_batch_slot *slot,
                               struct tn_error *err)
{
    switch (slot->outcome) {
    case APP_SLOT_CAPTIONED:
        return put_captions(run, slot, err);
    case APP_SLOT_FAILED:
        TN_TRY(flush_outputs(run, err)); /* what came before it stands before its message */
        report_photo(run, slot->input.path, slot->error.text);
        run->counts.failed++;
        return answer(run, slot, slot->error.text, err);
    case APP_SLOT_HELD:
        run->counts.skipped++;
        run->counts.spared += slot->author == META_PERSON;
        report_skipped(run->batch, slot);
        return answer(run, slot, "skipped, it has a caption", err);
    case APP_SLOT_COMPANION:
        app_companions_add(&run->companions, slot->input.path);
        return answer(run, slot, "no photo, it belongs to a photo beside it", err);
    default:
        return TN_OK;
    }
}

void app_batch_release(struct app_batch_slot *slot)
{
    captioner_result_destroy(slot->result);
    for (size_t i = 0; i < APP_MOST_TRANSLATIONS; i++) {
        captioner_result_destroy(slot->further[i]);
        slot->further[i] = NULL;
    }
    app_thumbnail_finish(&slot->thumbnail);
    free(slot->input.path);
    free(slot->bytes);
    slot->bytes = NULL;
    slot->result = NULL;
    slot->input.path = NULL;
}

static void show_progress(struct app_batch_run *run)
{
    if (run->status.terminal)
        app_status_show(&run->status, run->head - run->not_photos,
                        app_batch_total(run) - run->not_photos);
}

enum tn_status app_batch_put_done(struct app_batch_run *run, struct tn_error *err)
{
    const size_t first = run->head;

    app_status_clear(&run->status);
    for (;;) {
        struct app_batch_slot *slot = &run->slots[run->head % run->places];
        enum tn_status status;
        bool done;

        pthread_mutex_lock(&run->mutex);
        done = run->head < run->tail && slot->state == APP_SLOT_DONE;
        pthread_mutex_unlock(&run->mutex);
        if (!done)
            break;
        status = put_slot(run, slot, err);
        run->not_photos +=
            slot->outcome == APP_SLOT_NO_PHOTO || slot->outcome == APP_SLOT_COMPANION;
        app_batch_release(slot);
        pthread_mutex_lock(&run->mutex);
        run->head++;
        pthread_cond_signal(&run->room);
        pthread_mutex_unlock(&run->mutex);
        TN_TRY(status);
    }
    if (run->head > first)
        TN_TRY(flush_outputs(run, err));
    show_progress(run);
    return TN_OK;
}

/* Failures alone are nothing to begin a file with, and no photo at all is nothing to replace old
 * rows by. */
enum tn_status app_batch_finish_outputs(struct app_batch_run *run, bool complete,
                                        struct tn_error *err)
{
    for (size_t i = 0; i < run->batch->output_count; i++) {
        struct app_output *output = run->batch->outputs[i];
        const bool may_be_empty = run->counts.failed == 0 && !output->replaces;

        if (output->ops->finish)
            TN_TRY(output->ops->finish(output, complete && (output->filled || may_be_empty), err));
    }
    return TN_OK;
}
