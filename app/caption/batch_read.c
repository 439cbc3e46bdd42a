/* SPDX-License-Identifier: MIT */
/* Reading ahead: each reader takes the next input, decodes it, and resizes it for the network. */
#include "app/caption/batch_private.h"

#include "app/caption/inputs.h"
#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "app/cli/photo_load.h"
#include "app/cli/standard_input.h"
#include "app/cli/together.h"
#include "base/platform/platform.h"
#include "base/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A photo whose decoding takes more than this is decoded while no other such photo is: with many
 * cores, as many large ones would take many times the limit on one. */
#define USUAL_MEMORY ((size_t)96 << 20)

/* ---- One photo ---- */

/* Standard input, where it is the photo; what a list names so is a file. */
static bool is_standard_input(const struct app_batch_run *run, const struct app_input *input)
{
    return app_is_standard_input(input->path) && input->named &&
           input->root < run->batch->inputs.operand_count;
}

static enum tn_status load(const struct app_batch_slot *slot, const struct image_options *options,
                           struct image *image, struct tn_error *err)
{
    return slot->bytes
               ? image_decode(slot->bytes, slot->size, APP_STANDARD_INPUT, options, image, err)
               : app_photo_load(slot->input.path, options, image, err);
}

static enum tn_status load_photo(struct app_batch_run *run, struct app_batch_slot *slot,
                                 struct image *image, struct tn_error *err)
{
    struct image_options options = photo_options(run->batch->max_pixels);
    const size_t most = options.max_memory;
    enum tn_status status;

    if (is_standard_input(run, &slot->input))
        TN_TRY(app_read_standard_input(most, &slot->bytes, &slot->size, err));
    options.max_memory = USUAL_MEMORY;
    status = load(slot, &options, image, err);
    if (status != TN_RANGE)
        return status;
    options.max_memory = most;
    pthread_mutex_lock(&run->large);
    status = load(slot, &options, image, err);
    pthread_mutex_unlock(&run->large);
    return status;
}

enum tn_status app_batch_read_photo(struct app_batch_run *run, struct app_batch_slot *slot,
                                    struct tn_error *err)
{
    struct image image = {0};
    enum tn_status status;

    if (run->batch->ahead)
        return app_ahead_take(run->batch->ahead, &slot->pixels, err);
    if (!slot->pixels)
        slot->pixels = malloc(PHOTO_BYTES);
    if (!slot->pixels)
        return tn_fail_nomem(err, PHOTO_BYTES);
    TN_TRY(load_photo(run, slot, &image, err));
    status = photo_shrink(&image, slot->pixels, err);
    if (status == TN_OK && run->thumbnails)
        status = app_thumbnail_make(&image, &slot->thumbnail, err);
    image_finish(&image);
    return status;
}

/* ---- The readers ---- */

/* The source's next input; whoever captions knows when it has to be waited for. */
static enum tn_status next_input(struct app_batch_run *run, struct app_input *ret_input,
                                 struct tn_error *err)
{
    if (!run->source.ready(run->source.context)) {
        pthread_mutex_lock(&run->mutex);
        run->waiting = true;
        pthread_cond_signal(&run->progressed);
        pthread_mutex_unlock(&run->mutex);
    }
    return run->source.next(run->source.context, ret_input, err);
}

/* Takes the next input into a place of the window; false when there is nothing more to take.  One
 * reader at a time, so that places and inputs have the same order. */
static bool take_next_input(struct app_batch_run *run, struct app_batch_slot **ret_slot)
{
    struct app_input input = {0};
    enum tn_status status;
    struct tn_error err;
    bool ended;

    pthread_mutex_lock(&run->turn);
    pthread_mutex_lock(&run->mutex);
    while (!run->ended && run->tail - run->head == run->places)
        pthread_cond_wait(&run->room, &run->mutex);
    ended = run->ended;
    pthread_mutex_unlock(&run->mutex);
    status = ended ? TN_OK : next_input(run, &input, &err);

    pthread_mutex_lock(&run->mutex);
    run->waiting = false;
    if (input.path) {
        *ret_slot = &run->slots[run->tail++ % run->places];
        (*ret_slot)->input = input;
        (*ret_slot)->state = APP_SLOT_READING;
    } else {
        run->ended = true;
        if (status != TN_OK) {
            run->failure = status;
            run->why = err;
        }
        pthread_cond_broadcast(&run->room);
        pthread_cond_signal(&run->progressed);
    }
    pthread_mutex_unlock(&run->mutex);
    pthread_mutex_unlock(&run->turn);
    return input.path != NULL;
}

/* What becomes of an input that is not captioned; false where it was read for that. */
static bool settle_slot(struct app_batch_run *run, struct app_batch_slot *slot)
{
    const struct app_input *input = &slot->input;
    const bool is_file = !is_standard_input(run, input);
    enum tn_status status;

    if (!input->named && !image_is_photo(input->path)) {
        slot->outcome = APP_SLOT_NO_PHOTO;
    } else if (input->named && is_file && app_is_companion(input->path)) {
        slot->outcome = APP_SLOT_COMPANION;
    } else if (is_file && (slot->author = app_batch_held(run->batch, input->path)) != META_NOBODY) {
        slot->outcome = APP_SLOT_HELD;
    } else if (run->pool) {
        return false; /* it is read with others, by this process or another */
    } else {
        status = app_batch_read_photo(run, slot, &slot->error);
        slot->outcome =
            status == TN_NOTFOUND && run->batch->source ? APP_SLOT_NO_PHOTO : APP_SLOT_FAILED;
        return status != TN_OK;
    }
    return true;
}

static void *read_photos_in_thread(void *context)
{
    struct app_batch_run *run = context;
    struct app_batch_slot *slot;

    while (take_next_input(run, &slot)) {
        const bool done = settle_slot(run, slot);

        pthread_mutex_lock(&run->mutex);
        slot->state = done ? APP_SLOT_DONE : APP_SLOT_READ;
        if (!done || slot->outcome != APP_SLOT_NO_PHOTO)
            run->found[slot->input.root] = true;
        pthread_cond_signal(&run->progressed);
        pthread_mutex_unlock(&run->mutex);
    }
    return NULL;
}

size_t app_batch_total(struct app_batch_run *run)
{
    const size_t counted = app_walk_total_now(&run->total);
    size_t taken;

    pthread_mutex_lock(&run->mutex);
    taken = run->tail;
    pthread_mutex_unlock(&run->mutex);
    return counted > taken ? counted : taken;
}

/* ---- A run ---- */

static void on_walk_problem(void *context, const char *path, const char *reason)
{
    struct app_batch_run *run = context;

    app_status_clear(&run->status);
    app_inputs_problem(&run->walk_failures, path, reason);
}

static enum tn_status next_of_walk(void *walk, struct app_input *ret_input, struct tn_error *err)
{
    return app_walk_next(walk, ret_input, err);
}

static bool is_walk_ready(void *walk)
{
    return app_walk_ready(walk);
}

enum tn_status app_batch_want_vectors(struct app_batch_run *run, bool wanted, struct tn_error *err)
{
    const size_t count =
        (run->places + APP_BATCH_AT_ONCE) * captioner_feature_count(run->batch->captioner);

    run->features = wanted;
    if (!wanted || run->vectors)
        return TN_OK;
    run->vectors = malloc(count * sizeof *run->vectors);
    return run->vectors ? TN_OK : tn_fail_nomem(err, count * sizeof *run->vectors);
}

static enum tn_status start_readers(struct app_batch_run *run, struct tn_error *err)
{
    const struct app_batch *batch = run->batch;
    size_t readers = tn_useful_threads(batch->threads);
    bool vectors = false;

    TN_TRY(app_walk_create(&batch->inputs, on_walk_problem, run, &run->walk, err));
    run->source = batch->source ? *batch->source
                                : (struct app_source){next_of_walk, is_walk_ready, run->walk};
    if (batch->single)
        readers = 1;
    run->found = calloc(batch->inputs.operand_count + 1, sizeof *run->found);
    run->readers = calloc(readers, sizeof *run->readers);
    if (!run->found || !run->readers)
        return tn_fail_nomem(err, readers * sizeof *run->readers);
    for (size_t i = 0; i < batch->output_count; i++) {
        run->thumbnails |= batch->outputs[i]->thumbnails;
        vectors |= batch->outputs[i]->features;
    }
    TN_TRY(app_batch_want_vectors(run, vectors || batch->further_count > 0, err));
    app_status_begin(&run->status);
    run->status.terminal &= batch->progress;
    if (run->status.terminal)
        app_walk_total_start(&run->total, &batch->inputs);
    for (; run->reader_count < readers; run->reader_count++)
        if (tn_platform_start_thread(&run->readers[run->reader_count], read_photos_in_thread,
                                     run) != 0)
            break;
    if (run->reader_count == 0)
        return tn_fail(err, TN_NOMEM, "cannot start a thread: %s", strerror(errno));
    return TN_OK;
}

/* The window; that of a team's leader has a process' places for each. */
static enum tn_status make_room(struct app_batch_run *run, struct tn_error *err)
{
    run->at_once = APP_BATCH_AT_ONCE * team_size(app_team());
    run->places = APP_WINDOW * team_size(app_team());
    run->slots = calloc(run->places, sizeof *run->slots);
    run->chosen = calloc(run->at_once, sizeof *run->chosen);
    if (!run->slots || !run->chosen)
        return tn_fail_nomem(err, run->places * sizeof *run->slots);
    return app_team() ? tn_pool_create(run->batch->threads, &run->pool, err) : TN_OK;
}

enum tn_status app_batch_begin(const struct app_batch *batch, struct app_batch_run **ret_run,
                               struct tn_error *err)
{
    struct app_batch_run *run = calloc(1, sizeof *run);
    enum tn_status status;

    if (!run)
        return tn_fail_nomem(err, sizeof *run);
    run->batch = batch;
    pthread_mutex_init(&run->turn, NULL);
    pthread_mutex_init(&run->large, NULL);
    pthread_mutex_init(&run->mutex, NULL);
    pthread_cond_init(&run->room, NULL);
    tn_platform_condition_init(&run->progressed);
    status = make_room(run, err);
    if (status == TN_OK && team_leads(app_team()))
        status = start_readers(run, err);
    if (status != TN_OK) {
        app_batch_stop(run);
        app_batch_end(run);
        return status;
    }
    *ret_run = run;
    return TN_OK;
}

void app_batch_stop(struct app_batch_run *run)
{
    pthread_mutex_lock(&run->mutex);
    run->ended = true;
    pthread_cond_broadcast(&run->room);
    pthread_mutex_unlock(&run->mutex);
    for (size_t i = 0; i < run->reader_count; i++)
        pthread_join(run->readers[i], NULL);
    app_walk_total_stop(&run->total);
    run->counts.failed += run->walk_failures;
}

void app_batch_end(struct app_batch_run *run)
{
    for (size_t i = 0; run->slots && i < run->places; i++) {
        app_batch_release(&run->slots[i]);
        free(run->slots[i].pixels);
    }
    tn_pool_destroy(run->pool);
    free(run->slots);
    free(run->chosen);
    app_walk_destroy(run->walk);
    app_companions_finish(&run->companions);
    free(run->vectors);
    free(run->found);
    free(run->readers);
    pthread_cond_destroy(&run->progressed);
    pthread_cond_destroy(&run->room);
    pthread_mutex_destroy(&run->mutex);
    pthread_mutex_destroy(&run->large);
    pthread_mutex_destroy(&run->turn);
    free(run);
}

bool app_batch_is_over(struct app_batch_run *run)
{
    bool over;

    pthread_mutex_lock(&run->mutex);
    over = run->ended && run->head == run->tail;
    pthread_mutex_unlock(&run->mutex);
    return over;
}

enum tn_status app_batch_failure(struct app_batch_run *run, struct tn_error *err)
{
    return run->failure == TN_OK ? TN_OK : tn_fail(err, run->failure, "%s", run->why.text);
}
