/* SPDX-License-Identifier: MIT */
#include "app/serve/engine.h"

#include "app/serve/voices.h"
#include "base/platform/platform.h"
#include "base/pool.h"
#include "models/captioner/photo_encoder.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* WINDOW: photos that are decoded, or being decoded, at once; it bounds their memory. */
enum { WINDOW = 3 * SERVE_BATCH };

/* A photo whose decoding takes more than this is decoded while no other such photo is. */
#define USUAL_MEMORY ((size_t)96 << 20)

/* SLOT_LARGE: it waits for its turn among those that take much memory. */
enum slot_state { SLOT_FREE, SLOT_DECODING, SLOT_LARGE, SLOT_DECODED, SLOT_CAPTIONING };

/* A photo between the threads that decode and the one that captions. */
struct slot {
    enum slot_state state;
    bool large;
    size_t turn; /* photos are captioned in the order in which they were taken */
    struct serve_job *job;
    struct serve_photo *photo;
    unsigned char *pixels; /* [PHOTO_BYTES]; kept from photo to photo */
};

struct queue {
    struct serve_job *first, **end;
};

struct serve_engine {
    struct serve_engine_options options;

    pthread_mutex_t mutex; /* what follows */
    pthread_cond_t work, decoded;
    struct queue to_read, to_decode, to_answer;
    struct slot slots[WINDOW];
    size_t turn;
    bool large_decoding; /* a photo that takes much memory */
    bool ended;

    pthread_t captioning, *workers;
    size_t worker_count;
    bool captions; /* the thread `captioning` runs */
};

static void push(struct queue *queue, struct serve_job *job)
{
    job->next = NULL;
    *queue->end = job;
    queue->end = &job->next;
}

static struct serve_job *pop(struct queue *queue)
{
    struct serve_job *job = queue->first;

    if (!job)
        return NULL;
    queue->first = job->next;
    if (!queue->first)
        queue->end = &queue->first;
    return job;
}

/* ---- Decoding ---- */

static enum tn_status decode(const struct serve_engine *engine, struct slot *slot,
                             struct tn_error *err)
{
    struct image_options options = photo_options(engine->options.max_pixels);
    struct image image = {0};
    enum tn_status status;

    if (!slot->pixels)
        slot->pixels = malloc(PHOTO_BYTES);
    if (!slot->pixels)
        return tn_fail_nomem(err, PHOTO_BYTES);
    if (!slot->large)
        options.max_memory = USUAL_MEMORY;
    TN_TRY(image_decode(slot->photo->bytes, slot->photo->size, "the photo", &options, &image, err));
    status = photo_shrink(&image, slot->pixels, err);
    image_finish(&image);
    return status;
}

static void set_error(struct serve_photo *photo, enum captioner_status status, const char *text)
{
    photo->error.status = status;
    snprintf(photo->error.text, sizeof photo->error.text, "%s", text);
}

/* The slot's photo has its result or its error.  The mutex is held. */
static void release(struct serve_engine *engine, struct slot *slot)
{
    struct serve_job *job = slot->job;

    slot->state = SLOT_FREE;
    if (++job->done == job->call.photo_count)
        push(&engine->to_answer, job);
    pthread_cond_broadcast(&engine->work);
}

/* The thread that decoded has no more to do with it. */
static void let_go(struct serve_engine *engine, struct slot *slot, enum slot_state state)
{
    pthread_mutex_lock(&engine->mutex);
    if (slot->large)
        engine->large_decoding = false;
    slot->state = state;
    if (state == SLOT_FREE)
        release(engine, slot);
    pthread_cond_signal(&engine->decoded);
    pthread_cond_broadcast(&engine->work);
    pthread_mutex_unlock(&engine->mutex);
}

/* The codes of a lossless WebP may take 45 times the file, and its decoder takes them unasked
 * (image/image.h). */
static bool takes_unasked(const struct serve_photo *photo)
{
    const size_t size = photo->size;

    return size > USUAL_MEMORY / 45 && memcmp(photo->bytes, "RIFF", 4) == 0 &&
           memmem(photo->bytes, size, "VP8L", 4);
}

static void decode_slot(struct serve_engine *engine, struct slot *slot)
{
    struct tn_error err;
    const enum tn_status status =
        !slot->large && takes_unasked(slot->photo) ? TN_RANGE : decode(engine, slot, &err);

    if (status == TN_RANGE && !slot->large) {
        let_go(engine, slot, SLOT_LARGE);
        return;
    }
    free(slot->photo->owned);
    slot->photo->owned = NULL;
    if (status != TN_OK)
        set_error(slot->photo, (enum captioner_status)status, err.text);
    let_go(engine, slot, status == TN_OK ? SLOT_DECODED : SLOT_FREE);
}

/* The slot in that state whose photo was taken first; NULL: none. */
static struct slot *oldest(struct serve_engine *engine, enum slot_state state)
{
    struct slot *found = NULL;

    for (struct slot *slot = engine->slots; slot < engine->slots + WINDOW; slot++)
        if (slot->state == state && (!found || slot->turn < found->turn))
            found = slot;
    return found;
}

/* A photo that takes much memory, while no other such photo is decoded.  Meanwhile the other
 * threads go on with small ones. */
static struct slot *take_large(struct serve_engine *engine)
{
    struct slot *slot = engine->large_decoding ? NULL : oldest(engine, SLOT_LARGE);

    if (!slot)
        return NULL;
    engine->large_decoding = true;
    slot->large = true;
    slot->state = SLOT_DECODING;
    return slot;
}

/* The next photo, in a free slot; NULL where there is none.  Jobs of many photos take turns with
 * the others. */
static struct slot *take_photo(struct serve_engine *engine)
{
    struct slot *slot = oldest(engine, SLOT_FREE);
    struct serve_job *job = slot ? pop(&engine->to_decode) : NULL;

    if (!job)
        return NULL;
    slot->state = SLOT_DECODING;
    slot->large = false;
    slot->turn = engine->turn++;
    slot->job = job;
    slot->photo = &job->call.photos[job->taken++];
    if (job->taken < job->call.photo_count)
        push(&engine->to_decode, job);
    return slot;
}

static void read_job(struct serve_engine *engine, struct serve_job *job)
{
    job->read(job);
    pthread_mutex_lock(&engine->mutex);
    push(job->call.photo_count > 0 ? &engine->to_decode : &engine->to_answer, job);
    pthread_cond_broadcast(&engine->work);
    pthread_mutex_unlock(&engine->mutex);
}

/* What is nearest to its end goes first, so that memory is soon given back. */
static void *work_in_thread(void *context)
{
    struct serve_engine *engine = context;

    pthread_mutex_lock(&engine->mutex);
    for (;;) {
        struct serve_job *answer = pop(&engine->to_answer), *job = NULL;
        struct slot *slot = answer ? NULL : take_large(engine);

        if (!answer && !slot)
            slot = take_photo(engine);
        if (!answer && !slot)
            job = pop(&engine->to_read);
        if (!answer && !slot && !job) {
            if (engine->ended)
                break;
            pthread_cond_wait(&engine->work, &engine->mutex);
            continue;
        }
        pthread_mutex_unlock(&engine->mutex);
        if (answer)
            answer->answer(answer);
        else if (slot)
            decode_slot(engine, slot);
        else
            read_job(engine, job);
        pthread_mutex_lock(&engine->mutex);
    }
    pthread_mutex_unlock(&engine->mutex);
    return NULL;
}

/* ---- Captioning ---- */

/* What is drawn depends on the photo's place in its batch, and forbidden words are of one call. */
static bool is_alone(const struct serve_call *call)
{
    return call->writing.sample || call->writing.forbidden_count > 0;
}

/* Whether photos of the two calls may be captioned at once. */
static bool go_together(const struct serve_call *a, const struct serve_call *b)
{
    const struct captioner_writing *v = &a->writing, *w = &b->writing;

    return !is_alone(a) && !is_alone(b) && a->voice == b->voice && v->beam == w->beam &&
           v->best == w->best && v->max_words == w->max_words &&
           v->length_exponent == w->length_exponent && v->allow_repeats == w->allow_repeats &&
           v->keywords == w->keywords && v->plain == w->plain && v->differ == w->differ;
}

/* The photo that has waited longest, and others that may go with it. */
static size_t gather(struct serve_engine *engine, struct slot *batch[SERVE_BATCH])
{
    struct slot *first = oldest(engine, SLOT_DECODED);
    size_t count = 0;

    if (!first)
        return 0;
    batch[count++] = first;
    for (size_t i = 0; i < WINDOW && count < SERVE_BATCH; i++) {
        struct slot *slot = &engine->slots[i];

        if (slot != first && slot->state == SLOT_DECODED &&
            go_together(&first->job->call, &slot->job->call))
            batch[count++] = slot;
    }
    for (size_t i = 0; i < count; i++)
        batch[i]->state = SLOT_CAPTIONING;
    return count;
}

static void caption(struct serve_engine *engine, struct slot *const *batch, size_t count)
{
    const struct serve_call *call = &batch[0]->job->call;
    struct captioner_photo photos[SERVE_BATCH] = {{0}};
    struct captioner_result *results[SERVE_BATCH] = {NULL};
    struct captioner_error why[SERVE_BATCH], error;
    struct captioner *captioner;
    enum captioner_status status;

    for (size_t i = 0; i < count; i++)
        photos[i] = (struct captioner_photo){
            .rgb = batch[i]->pixels, .width = PHOTO_SIDE, .height = PHOTO_SIDE};
    status = serve_voice_captioner(engine->options.voices, call->voice, &captioner, &error);
    if (status == CAPTIONER_OK)
        status =
            captioner_caption_batch(captioner, photos, count, &call->writing, results, why, &error);
    for (size_t i = 0; i < count; i++) {
        const struct captioner_error *reason = status == CAPTIONER_OK ? &why[i] : &error;

        batch[i]->photo->result = results[i];
        if (!results[i])
            set_error(batch[i]->photo, reason->status, reason->text);
    }
    engine->options.on_batch(engine->options.context, count);
}

static void *caption_in_thread(void *context)
{
    struct serve_engine *engine = context;

    pthread_mutex_lock(&engine->mutex);
    for (;;) {
        struct slot *batch[SERVE_BATCH];
        const size_t count = gather(engine, batch);

        if (count == 0 && engine->ended)
            break;
        if (count == 0) {
            pthread_cond_wait(&engine->decoded, &engine->mutex);
            continue;
        }
        pthread_mutex_unlock(&engine->mutex);
        caption(engine, batch, count);
        pthread_mutex_lock(&engine->mutex);
        for (size_t i = 0; i < count; i++)
            release(engine, batch[i]);
    }
    pthread_mutex_unlock(&engine->mutex);
    return NULL;
}

/* ---- Its life ---- */

static enum tn_status start_threads(struct serve_engine *engine, struct tn_error *err)
{
    const size_t count = tn_useful_threads(engine->options.threads);

    engine->workers = calloc(count, sizeof *engine->workers);
    if (!engine->workers)
        return tn_fail_nomem(err, count * sizeof *engine->workers);
    engine->captions =
        tn_platform_start_thread(&engine->captioning, caption_in_thread, engine) == 0;
    for (; engine->worker_count < count; engine->worker_count++)
        if (tn_platform_start_thread(&engine->workers[engine->worker_count], work_in_thread,
                                     engine) != 0)
            break;
    if (!engine->captions || engine->worker_count == 0)
        return tn_fail(err, TN_NOMEM, "cannot start a thread: %s", strerror(errno));
    return TN_OK;
}

enum tn_status serve_engine_create(const struct serve_engine_options *options,
                                   struct serve_engine **ret_engine, struct tn_error *err)
{
    struct serve_engine *engine = calloc(1, sizeof *engine);
    enum tn_status status;

    if (!engine)
        return tn_fail_nomem(err, sizeof *engine);
    engine->options = *options;
    engine->to_read.end = &engine->to_read.first;
    engine->to_decode.end = &engine->to_decode.first;
    engine->to_answer.end = &engine->to_answer.first;
    pthread_mutex_init(&engine->mutex, NULL);
    pthread_cond_init(&engine->work, NULL);
    pthread_cond_init(&engine->decoded, NULL);
    status = start_threads(engine, err);
    if (status != TN_OK) {
        serve_engine_destroy(engine);
        return status;
    }
    *ret_engine = engine;
    return TN_OK;
}

void serve_engine_destroy(struct serve_engine *engine)
{
    if (!engine)
        return;
    pthread_mutex_lock(&engine->mutex);
    engine->ended = true;
    pthread_cond_broadcast(&engine->work);
    pthread_cond_broadcast(&engine->decoded);
    pthread_mutex_unlock(&engine->mutex);
    for (size_t i = 0; i < engine->worker_count; i++)
        pthread_join(engine->workers[i], NULL);
    if (engine->captions)
        pthread_join(engine->captioning, NULL);
    for (size_t i = 0; i < WINDOW; i++)
        free(engine->slots[i].pixels);
    pthread_cond_destroy(&engine->decoded);
    pthread_cond_destroy(&engine->work);
    pthread_mutex_destroy(&engine->mutex);
    free(engine->workers);
    free(engine);
}

void serve_engine_submit(struct serve_engine *engine, struct serve_job *job)
{
    pthread_mutex_lock(&engine->mutex);
    push(&engine->to_read, job);
    pthread_cond_signal(&engine->work);
    pthread_mutex_unlock(&engine->mutex);
}
