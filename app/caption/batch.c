/* SPDX-License-Identifier: MIT */
#include "app/caption/batch.h"

#include "app/caption/batch_private.h"
#include "app/caption/inputs.h"
#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "base/platform/platform.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long what has been read may wait for more, in nanoseconds; also how soon an interrupt is
 * seen while photos are read. */
enum { PATIENCE = 50 * 1000 * 1000 };

/* ---- Captioning what has been read ---- */

/* V to captions of one more language; none of a photo that could not be read. */
static enum captioner_status translate(struct app_batch_run *run, size_t language,
                                       struct app_batch_slot *const *slots, const float *vectors,
                                       const unsigned char *read, size_t count,
                                       struct captioner_error *error)
{
    struct captioner_writing writing = run->batch->writing;
    struct captioner_result *results[APP_BATCH_AT_ONCE];
    enum captioner_status status;

    writing.keywords = 0; /* those of the first language stand for the photo */
    status = captioner_caption_features(run->batch->further[language], vectors, count, &writing,
                                        results, error);
    for (size_t i = 0; i < count && status == CAPTIONER_OK; i++) {
        if (read[i])
            slots[i]->further[language] = results[i];
        else
            captioner_result_destroy(results[i]);
    }
    return status;
}

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
    float *vectors = run->vectors + run->places * size;
    unsigned char read[APP_BATCH_AT_ONCE];
    enum captioner_status status =
        captioner_features(captioner, photos, count, vectors, read, why, error);

    if (status == CAPTIONER_OK)
        status = captioner_caption_features(captioner, vectors, count, &run->batch->writing,
                                            results, error);
    for (size_t i = 0; i < run->batch->further_count && status == CAPTIONER_OK; i++)
        status = translate(run, i, slots, vectors, read, count, error);
    for (size_t i = 0; i < count && status == CAPTIONER_OK; i++) {
        memcpy(app_batch_vector(run, slots[i]), vectors + i * size, size * sizeof *vectors);
        if (!read[i]) {
            captioner_result_destroy(results[i]);
            results[i] = NULL;
        }
    }
    return status;
}

enum tn_status app_batch_caption(struct app_batch_run *run, struct app_batch_slot *const *slots,
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
    size_t read_count, reading; /* read: run->chosen[read_count] */
};

static bool is_done_at_head(const struct app_batch_run *run)
{
    return run->head < run->tail && run->slots[run->head % run->places].state == APP_SLOT_DONE;
}

/* No more photos will have been read soon. */
static bool is_all_read(const struct app_batch_run *run, const struct window *window)
{
    return window->reading == 0 &&
           (run->ended || run->waiting || run->tail - run->head == run->places);
}

static void survey(struct app_batch_run *run, struct window *window)
{
    window->read_count = window->reading = 0;
    for (size_t i = run->head; i < run->tail; i++) {
        struct app_batch_slot *slot = &run->slots[i % run->places];

        window->reading += slot->state == APP_SLOT_READING;
        if (slot->state == APP_SLOT_READ && window->read_count < run->at_once)
            run->chosen[window->read_count++] = slot;
    }
}

/* Waits for a reader to get on; false: none has for a while.  With nothing at hand there is no
 * hurry, and an interrupt ends what the readers wait for. */
static bool wait_for_reader(struct app_batch_run *run)
{
    struct timespec until;

    if (run->head == run->tail)
        return pthread_cond_wait(&run->progressed, &run->mutex) == 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PATIENCE;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    return tn_platform_condition_wait_until(&run->progressed, &run->mutex, &until) == 0;
}

/*
 * Waits for work: enough that has been read, or a head that is done.  The first batches are small,
 * so that the first captions appear at once.  What has been read waits for more while a reader is
 * likely to bring it soon: not while the next input has to be waited for.
 */
static void wait_for_photos(struct app_batch_run *run, size_t enough, struct window *window)
{
    bool waited = false;

    pthread_mutex_lock(&run->mutex);
    for (;;) {
        survey(run, window);
        if (window->read_count >= enough ||
            (window->read_count > 0 && (is_all_read(run, window) || waited)))
            break;
        if (is_done_at_head(run)) {
            window->read_count = 0;
            break;
        }
        if ((run->ended && run->head == run->tail) || app_interrupted())
            break;
        waited = !wait_for_reader(run);
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
            TN_TRY(run->pool ? app_batch_caption_together(run, run->chosen, window.read_count, err)
                             : app_batch_caption(run, run->chosen, window.read_count, err));
            enough = 2 * enough < run->at_once ? 2 * enough : run->at_once;
        }
        TN_TRY(app_batch_put_done(run, err));
        if (app_batch_is_over(run))
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
    fprintf(stderr, " in %.1f s", seconds);
    if (!run->batch->source) /* of another source the time is mostly spent waiting */
        fprintf(stderr, ", %.1f photos/s", (double)counts->captioned / (seconds + 1e-9));
    fprintf(stderr, "\n");
    if (counts->spared > 0 && app_batch_spares_persons(run->batch))
        app_warn("%zu photo%s a text that may be a person's: it stays (--existing replace replaces "
                 "it)",
                 counts->spared, counts->spared == 1 ? " has" : "s have");
    app_inputs_passed_over(run->walk);
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
    app_batch_release_followers();
    app_batch_stop(run);
    app_status_clear(&run->status);
    if (status == TN_OK && !batch->source)
        run->counts.failed += app_inputs_barren(batch->inputs.operands, batch->inputs.operand_count,
                                                run->found, run->walk);
    finished = app_batch_finish_outputs(run, status == TN_OK, &later);
    if (status == TN_OK && finished != TN_OK)
        status = tn_fail(err, finished, "%s", later.text);
    summarise(run);
    if (status == TN_OK && batch->summary)
        app_inputs_idle_patterns(run->walk, &batch->inputs);
    *ret_counts = run->counts;
    app_batch_end(run);
    return status;
}
