/* SPDX-License-Identifier: MIT */
#include "app/caption/batch.h"

#include "app/caption/batch_private.h"
#include "app/caption/failures.h"
#include "app/caption/inputs.h"
#include "app/cli/commands.h"
#include "app/cli/console.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long what has been read may wait for more, in nanoseconds; also how soon an interrupt is
 * seen. */
enum { PATIENCE = 50 * 1000 * 1000 };

/* ---- What is put where ---- */

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

/* Whether more would be replaced, were it not for a person's words. */
static bool spares_persons(const struct app_batch *batch)
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
    if (run->batch->report_left_out && spares_persons(run->batch))
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

/* V of the slot, where some output wants it. */
static float *slot_vector(const struct app_batch_run *run, const struct app_batch_slot *slot)
{
    const size_t index = (size_t)(slot - run->slots);

    return run->features ? run->vectors + index * captioner_feature_count(run->batch->captioner)
                         : NULL;
}

static enum tn_status put_worded(struct app_batch_run *run, const struct app_batch_slot *slot,
                                 const struct captioner_result *result, struct tn_error *err)
{
    const struct app_batch *batch = run->batch;
    const struct app_entry entry = {.path = slot->input.path,
                                    .result = result,
                                    .language = captioner_language(batch->captioner),
                                    .model = captioner_fingerprint(batch->captioner),
                                    .keywords = batch->writing.keywords > 0,
                                    .thumbnail = slot->thumbnail.bytes ? &slot->thumbnail : NULL,
                                    .features = slot_vector(run, slot)};

    if (result->count == 0 && (!result->not_a_photo || batch->wording.any_picture)) {
        run->counts.unsure++;
        return TN_OK;
    }
    if (result->count == 0 && batch->report_left_out)
        app_warn("%s: hardly a photo of anything (a page of text, a plot, a wall ...): no caption; "
                 "--any-picture writes one all the same",
                 entry.path);
    return put_into_outputs(run, &entry, err);
}

static enum tn_status put_captions(struct app_batch_run *run, const struct app_batch_slot *slot,
                                   struct tn_error *err)
{
    struct app_worded worded;
    enum tn_status status = app_word(&run->batch->wording, slot->result, &worded, err);

    if (status == TN_OK)
        status = put_worded(run, slot, &worded.result, err);
    app_worded_finish(&worded);
    return status;
}

static void report_skipped(const struct app_batch *batch, const struct app_batch_slot *slot)
{
    const bool persons = slot->author == META_PERSON;

    if (batch->report_skipped || (batch->report_left_out && persons && spares_persons(batch)))
        app_warn(persons ? "%s: skipped, it has a text that may be a person's (--existing replace "
                           "replaces it)"
                         : "%s: skipped, it has a caption (--existing overwrite replaces it)",
                 slot->input.path);
}

static enum tn_status put_slot(struct app_batch_run *run, struct app_batch_slot *slot,
                               struct tn_error *err)
{
    switch (slot->outcome) {
    case APP_SLOT_CAPTIONED:
        return put_captions(run, slot, err);
    case APP_SLOT_FAILED:
        report_photo(run, slot->input.path, slot->error.text);
        run->counts.failed++;
        return TN_OK;
    case APP_SLOT_HELD:
        run->counts.skipped++;
        run->counts.spared += slot->author == META_PERSON;
        report_skipped(run->batch, slot);
        return TN_OK;
    case APP_SLOT_COMPANION:
        app_companions_add(&run->companions, slot->input.path);
        return TN_OK;
    default:
        return TN_OK;
    }
}

static void slot_release(struct app_batch_slot *slot)
{
    captioner_result_destroy(slot->result);
    app_thumbnail_finish(&slot->thumbnail);
    free(slot->input.path);
    slot->result = NULL;
    slot->input.path = NULL;
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

static void show_progress(struct app_batch_run *run)
{
    if (run->status.terminal)
        app_status_show(&run->status, run->head - run->not_photos,
                        app_batch_total(run) - run->not_photos);
}

/* Puts what is done at the head of the window, in order, and gives its places back. */
static enum tn_status put_done(struct app_batch_run *run, struct tn_error *err)
{
    const size_t first = run->head;

    app_status_clear(&run->status);
    for (;;) {
        struct app_batch_slot *slot = &run->slots[run->head % APP_WINDOW];
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
        slot_release(slot);
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

/* ---- Captioning what has been read ---- */

/* Photos to V, which the slots keep, and V to captions. */
static enum captioner_status caption_by_features(struct app_batch_run *run,
                                                 struct app_batch_slot *const *slots,
                                                 const struct captioner_photo *photos, size_t count,
                                                 struct captioner_result **results,
                                                 struct captioner_error *why,
                                                 struct captioner_error *error)
{
    struct captioner *captioner = run->batch->captioner;
    const size_t size = captioner_feature_count(captioner);
    float *vectors = run->vectors + APP_WINDOW * size;
    unsigned char read[APP_BATCH_AT_ONCE];
    enum captioner_status status =
        captioner_features(captioner, photos, count, vectors, read, why, error);

    if (status == CAPTIONER_OK)
        status = captioner_caption_features(captioner, vectors, count, &run->batch->writing,
                                            results, error);
    for (size_t i = 0; i < count && status == CAPTIONER_OK; i++) {
        memcpy(slot_vector(run, slots[i]), vectors + i * size, size * sizeof *vectors);
        if (!read[i]) {
            captioner_result_destroy(results[i]);
            results[i] = NULL;
        }
    }
    return status;
}

static enum tn_status caption_slots(struct app_batch_run *run, struct app_batch_slot *const *slots,
                                    size_t count, struct tn_error *err)
{
    struct captioner_photo photos[APP_BATCH_AT_ONCE] = {{0}};
    struct captioner_result *results[APP_BATCH_AT_ONCE];
    struct captioner_error why[APP_BATCH_AT_ONCE], error;
    enum captioner_status status;

    for (size_t i = 0; i < count; i++)
        photos[i] = (struct captioner_photo){
            .rgb = slots[i]->pixels, .width = PHOTO_SIDE, .height = PHOTO_SIDE};
    status = run->features ? caption_by_features(run, slots, photos, count, results, why, &error)
                           : captioner_caption_batch(run->batch->captioner, photos, count,
                                                     &run->batch->writing, results, why, &error);
    if (status != CAPTIONER_OK)
        return tn_fail(err, (enum tn_status)error.status, "%s", error.text);
    pthread_mutex_lock(&run->mutex);
    for (size_t i = 0; i < count; i++) {
        slots[i]->result = results[i];
        slots[i]->outcome = results[i] ? APP_SLOT_CAPTIONED : APP_SLOT_FAILED;
        if (!results[i])
            (void)tn_fail(&slots[i]->error, (enum tn_status)why[i].status, "%s: %s",
                          slots[i]->input.path, why[i].text);
        slots[i]->state = APP_SLOT_DONE;
    }
    pthread_mutex_unlock(&run->mutex);
    return TN_OK;
}

/* What the window holds; call with the mutex held. */
struct window {
    struct app_batch_slot *read[APP_BATCH_AT_ONCE];
    size_t read_count, reading;
};

static void survey(struct app_batch_run *run, struct window *window)
{
    window->read_count = window->reading = 0;
    for (size_t i = run->head; i < run->tail; i++) {
        struct app_batch_slot *slot = &run->slots[i % APP_WINDOW];

        window->reading += slot->state == APP_SLOT_READING;
        if (slot->state == APP_SLOT_READ && window->read_count < APP_BATCH_AT_ONCE)
            window->read[window->read_count++] = slot;
    }
}

static bool wait_a_little(struct app_batch_run *run)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PATIENCE;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    return pthread_cond_timedwait(&run->progressed, &run->mutex, &until) == 0;
}

/*
 * Waits for work: enough that has been read, or a head that is done.  The first batches are small,
 * so that the first captions appear at once.  What has been read waits for more while a reader is
 * likely to bring it soon.
 */
static void wait_for_photos(struct app_batch_run *run, size_t enough, struct window *window)
{
    bool waited = false;

    pthread_mutex_lock(&run->mutex);
    for (;;) {
        survey(run, window);
        if (window->read_count >= enough || (window->read_count > 0 && window->reading == 0 &&
                                             (run->ended || run->tail - run->head == APP_WINDOW)))
            break;
        if (run->head < run->tail && run->slots[run->head % APP_WINDOW].state == APP_SLOT_DONE) {
            window->read_count = 0;
            break;
        }
        if ((run->ended && run->head == run->tail) || app_interrupted())
            break;
        if (waited && window->read_count > 0)
            break;
        waited = !wait_a_little(run);
    }
    run->ended |= app_interrupted();
    pthread_mutex_unlock(&run->mutex);
}

static enum tn_status caption_windows(struct app_batch_run *run, struct tn_error *err)
{
    size_t enough = 1;

    for (;;) {
        struct window window;

        wait_for_photos(run, enough, &window);
        if (app_interrupted())
            return tn_fail(err, TN_CANCELLED, "interrupted");
        if (window.read_count > 0) {
            TN_TRY(caption_slots(run, window.read, window.read_count, err));
            enough = 2 * enough < APP_BATCH_AT_ONCE ? 2 * enough : APP_BATCH_AT_ONCE;
        }
        TN_TRY(put_done(run, err));
        if (run->head == run->tail && app_batch_ended(run))
            return app_batch_failure(run, err);
    }
}

/* ---- A run ---- */

static void summarise(const struct app_batch_run *run)
{
    const struct app_batch_counts *counts = &run->counts;
    const double seconds = app_status_seconds(&run->status);

    if (run->batch->notes)
        app_companions_report(&run->companions);
    if (!run->batch->summary)
        return;
    fprintf(stderr, "%zu captioned, %zu skipped, %zu failed", counts->captioned, counts->skipped,
            counts->failed);
    if (counts->blank > 0)
        fprintf(stderr, ", %zu hardly photos of anything", counts->blank);
    if (run->batch->wording.min_confidence > 0)
        fprintf(stderr, ", %zu below the confidence asked for", counts->unsure);
    fprintf(stderr, " in %.1f s, %.1f photos/s\n", seconds,
            (double)counts->captioned / (seconds + 1e-9));
    if (counts->spared > 0 && spares_persons(run->batch))
        app_warn("%zu photo%s a text that may be a person's: it stays (--existing replace replaces "
                 "it)",
                 counts->spared, counts->spared == 1 ? " has" : "s have");
    app_inputs_passed_over(run->walk);
}

/* Failures alone are nothing to begin a file with, and no photo at all is nothing to replace old
 * rows by. */
static enum tn_status finish_outputs(struct app_batch_run *run, bool complete, struct tn_error *err)
{
    for (size_t i = 0; i < run->batch->output_count; i++) {
        struct app_output *output = run->batch->outputs[i];
        const bool may_be_empty = run->counts.failed == 0 && !output->replaces;

        if (output->ops->finish)
            TN_TRY(output->ops->finish(output, complete && (output->filled || may_be_empty), err));
    }
    return TN_OK;
}

enum tn_status app_batch_run(const struct app_batch *batch, struct app_batch_counts *ret_counts,
                             struct tn_error *err)
{
    struct app_batch_run *run;
    enum tn_status status, finished;
    struct tn_error later;

    assert(batch->writing.best <= APP_MOST_CAPTIONS);
    TN_TRY(app_batch_begin(batch, &run, err));
    status = caption_windows(run, err);
    app_batch_stop(run);
    app_status_clear(&run->status);
    if (status == TN_OK)
        run->counts.failed += app_inputs_barren(batch->inputs.operands, batch->inputs.operand_count,
                                                run->found, run->walk);
    finished = finish_outputs(run, status == TN_OK, &later);
    if (status == TN_OK && finished != TN_OK)
        status = tn_fail(err, finished, "%s", later.text);
    summarise(run);
    if (status == TN_OK && batch->summary)
        app_inputs_idle_patterns(run->walk, &batch->inputs);
    *ret_counts = run->counts;
    app_batch_end(run);
    return status;
}
