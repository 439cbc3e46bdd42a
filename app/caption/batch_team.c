/* SPDX-License-Identifier: MIT */
/*
 * A run by the processes of a team.  The leader walks, finds what is held, and puts; in each round
 * it gives every process as many photos, and all of them read and caption theirs.
 *
 *     leader:    walk -> window -> round: paths to all -> own share -> results of all -> outputs
 *     followers:                          paths        -> own share -> results
 *
 * So the outputs are in the order of the inputs, and know nothing of processes.
 */
#include "app/caption/batch_private.h"

#include "app/caption/result_pack.h"
#include "app/cli/together.h"

#include <stdlib.h>
#include <string.h>

/* What the leader sends before the paths of a round, which end in NUL bytes. */
struct round {
    size_t count; /* photos; 0: there are no more rounds */
    size_t bytes; /* of the paths */
    bool thumbnails, features;
};

/* ---- A process' share ---- */

struct reading {
    struct app_batch_run *run;
    struct app_batch_slot *const *slots;
};

static void read_task(void *context, size_t index, size_t thread)
{
    const struct reading *reading = context;
    struct app_batch_slot *slot = reading->slots[index];

    (void)thread;
    slot->outcome = APP_SLOT_FAILED;
    slot->state = app_batch_read_photo(reading->run, slot, &slot->error) == TN_OK ? APP_SLOT_READ
                                                                                  : APP_SLOT_DONE;
}

static enum tn_status do_share(struct app_batch_run *run, struct app_batch_slot *const *slots,
                               size_t count, struct tn_error *err)
{
    struct app_batch_slot *read[APP_BATCH_AT_ONCE];
    size_t waiting = 0;

    tn_pool_run(run->pool, count, read_task, &(struct reading){run, slots});
    for (size_t i = 0; i < count; i++) {
        if (slots[i]->state == APP_SLOT_READ)
            read[waiting++] = slots[i];
        if (waiting > 0 && (waiting == APP_BATCH_AT_ONCE || i + 1 == count)) {
            TN_TRY(app_batch_caption(run, read, waiting, err));
            waiting = 0;
        }
    }
    return TN_OK;
}

/* ---- What became of it ---- */

/* The photo's answer in bytes: this, then the result, the thumbnail, and V. */
struct answer {
    enum app_slot_outcome outcome;
    struct tn_error error;
    struct app_thumbnail thumbnail; /* but for its address */
    size_t result_bytes;
};

static void write_answer(const struct app_batch_run *run, struct app_batch_slot *slot, FILE *out)
{
    const float *vector = app_batch_vector(run, slot);
    struct answer answer = {slot->outcome, slot->error, slot->thumbnail, 0};
    char *result = NULL;

    if (slot->result)
        result = app_result_pack(slot->result, &answer.result_bytes);
    if (slot->result && !result) {
        answer.outcome = APP_SLOT_FAILED;
        (void)tn_fail(&answer.error, TN_NOMEM, "%s: out of memory", slot->input.path);
    }
    fwrite(&answer, sizeof answer, 1, out);
    if (result)
        fwrite(result, 1, answer.result_bytes, out);
    if (slot->thumbnail.bytes)
        fwrite(slot->thumbnail.bytes, 1, slot->thumbnail.size, out);
    if (vector)
        fwrite(vector, sizeof *vector, captioner_feature_count(run->batch->captioner), out);
    free(result);
}

/* Reads an answer into the slot, and returns what is behind it. */
static const char *read_answer(struct app_batch_run *run, struct app_batch_slot *slot,
                               const char *in)
{
    float *vector = app_batch_vector(run, slot);
    const size_t width = vector ? captioner_feature_count(run->batch->captioner) : 0;
    struct answer answer;
    bool enough = true;

    memcpy(&answer, in, sizeof answer);
    in += sizeof answer;
    slot->outcome = answer.outcome;
    slot->error = answer.error;
    if (answer.result_bytes > 0)
        enough = (slot->result = app_result_unpack(in, answer.result_bytes));
    in += answer.result_bytes;
    if (answer.thumbnail.size > 0) {
        slot->thumbnail = answer.thumbnail;
        slot->thumbnail.bytes = malloc(answer.thumbnail.size);
        enough = enough && slot->thumbnail.bytes;
        if (slot->thumbnail.bytes)
            memcpy(slot->thumbnail.bytes, in, answer.thumbnail.size);
    }
    in += answer.thumbnail.size;
    if (vector)
        memcpy(vector, in, width * sizeof *vector);
    if (!enough) {
        slot->outcome = APP_SLOT_FAILED;
        (void)tn_fail(&slot->error, TN_NOMEM, "%s: out of memory", slot->input.path);
    }
    return in + width * sizeof *vector;
}

/* ---- A round ---- */

static size_t share_start(size_t count, size_t rank)
{
    return count * rank / team_size(app_team());
}

/* Does the own share of slots[count], and gathers the answers of all. */
static enum tn_status do_round(struct app_batch_run *run, struct app_batch_slot *const *slots,
                               size_t count, char **ret_answers, size_t **ret_starts,
                               struct tn_error *err)
{
    const size_t rank = team_rank(app_team());
    const size_t first = share_start(count, rank), end = share_start(count, rank + 1);
    char *answers = NULL;
    size_t size = 0;
    FILE *out;
    enum tn_status status;

    TN_TRY(do_share(run, slots + first, end - first, err));
    out = open_memstream(&answers, &size);
    for (size_t i = first; out && i < end; i++)
        write_answer(run, slots[i], out);
    if (!out || fclose(out) != 0) {
        free(answers);
        return tn_fail_nomem(err, size);
    }
    status = team_gather_any(app_team(), answers, size, ret_answers, ret_starts, err);
    free(answers);
    return status;
}

static enum tn_status send_paths(const struct app_batch_run *run,
                                 struct app_batch_slot *const *slots, size_t count,
                                 struct tn_error *err)
{
    struct round round = {count, 0, run->thumbnails, run->features};
    char *paths, *end;

    for (size_t i = 0; i < count; i++)
        round.bytes += strlen(slots[i]->input.path) + 1;
    paths = malloc(round.bytes + 1);
    if (!paths)
        return tn_fail_nomem(err, round.bytes);
    end = paths;
    for (size_t i = 0; i < count; i++)
        end = stpcpy(end, slots[i]->input.path) + 1;
    team_broadcast(app_team(), &round, sizeof round);
    team_broadcast(app_team(), paths, round.bytes);
    free(paths);
    return TN_OK;
}

enum tn_status app_batch_caption_together(struct app_batch_run *run,
                                          struct app_batch_slot *const *slots, size_t count,
                                          struct tn_error *err)
{
    size_t *starts;
    char *answers;

    TN_TRY(send_paths(run, slots, count, err));
    TN_TRY(do_round(run, slots, count, &answers, &starts, err));
    pthread_mutex_lock(&run->mutex);
    for (size_t rank = 0; rank < team_size(app_team()); rank++) {
        const char *in = answers + starts[rank];

        for (size_t i = share_start(count, rank); i < share_start(count, rank + 1); i++) {
            if (rank != team_rank(app_team()))
                in = read_answer(run, slots[i], in);
            slots[i]->state = APP_SLOT_DONE;
        }
    }
    pthread_mutex_unlock(&run->mutex);
    free(answers);
    free(starts);
    return TN_OK;
}

void app_batch_release_followers(void)
{
    struct round none = {.count = 0};

    if (team_leads(app_team()))
        team_broadcast(app_team(), &none, sizeof none);
}

/* ---- A follower ---- */

/* The round's paths, into the slots. */
static enum tn_status receive_paths(struct app_batch_run *run, const struct round *round,
                                    struct app_batch_slot **slots, struct tn_error *err)
{
    char *paths = malloc(round->bytes + 1), *path = paths;

    if (!paths)
        return tn_fail_nomem(err, round->bytes);
    team_broadcast(app_team(), paths, round->bytes);
    for (size_t i = 0; i < round->count; i++) {
        slots[i] = &run->slots[i];
        slots[i]->input = (struct app_input){.path = strdup(path), .root = SIZE_MAX};
        if (!slots[i]->input.path) {
            const size_t size = strlen(path) + 1;

            free(paths);
            return tn_fail_nomem(err, size);
        }
        path += strlen(path) + 1;
    }
    free(paths);
    return TN_OK;
}

static enum tn_status follow_round(struct app_batch_run *run, const struct round *round,
                                   struct tn_error *err)
{
    struct app_batch_slot **slots = calloc(round->count, sizeof *slots);
    size_t *starts = NULL;
    char *answers = NULL;
    enum tn_status status;

    if (!slots)
        return tn_fail_nomem(err, round->count * sizeof *slots);
    status = receive_paths(run, round, slots, err);
    if (status == TN_OK)
        status = do_round(run, slots, round->count, &answers, &starts, err);
    for (size_t i = 0; i < round->count; i++)
        app_batch_release(&run->slots[i]);
    free(answers);
    free(starts);
    free(slots);
    return status;
}

enum tn_status app_batch_follow(const struct app_batch *batch, struct tn_error *err)
{
    struct app_batch_run *run;
    enum tn_status status;

    TN_TRY(app_batch_begin(batch, &run, err));
    for (;;) {
        struct round round;

        team_broadcast(app_team(), &round, sizeof round);
        if (round.count == 0)
            break;
        run->thumbnails = round.thumbnails;
        status = app_batch_want_vectors(run, round.features, err);
        if (status == TN_OK)
            status = follow_round(run, &round, err);
        if (status != TN_OK)
            return status; /* the process ends, and with it all */
    }
    app_batch_end(run);
    return TN_OK;
}
