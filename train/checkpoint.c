/* SPDX-License-Identifier: MIT */
/*
 * Checkpoints: a safetensors file of theta, the optimiser's moments, the position, the history, and
 * what the task's steps leave to each other; the identity of the training is in its metadata.
 */
#include "base/hash.h"
#include "tensor/pointwise.h"
#include "tensor/safetensors.h"
#include "train/trainer_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    POSITION_NUMBERS = 15,
    GRADIENT_NUMBERS = 4,
    EPOCH_NUMBERS = sizeof(struct train_epoch) / sizeof(float),
    OLD_EPOCH_NUMBERS = 3 + TRAIN_MAX_SCORES /* before gradients were counted */
};

static const char content[] = "caption training checkpoint 1";

static void pack_position(const struct trainer *trainer, int64_t *out)
{
    const struct trainer_position *at = &trainer->position;

    memcpy(out, at->rng.state, sizeof at->rng.state);
    memcpy(out + 4, at->epoch_rng.state, sizeof at->epoch_rng.state);
    out[8] = (int64_t)at->epoch;
    out[9] = (int64_t)at->step;
    memcpy(out + 10, &at->loss, sizeof at->loss);
    out[11] = (int64_t)at->tokens;
    out[12] = (int64_t)at->best;
    out[13] = (int64_t)trainer->optimiser.step;
    out[14] = (int64_t)trainer->history_count;
}

static void pack_gradients(const struct trainer *trainer, int64_t out[GRADIENT_NUMBERS])
{
    const struct trainer_gradients *g = &trainer->position.gradients;

    out[0] = (int64_t)g->steps;
    out[1] = (int64_t)g->clipped;
    memcpy(out + 2, &g->sum, sizeof g->sum);
    memcpy(out + 3, &g->largest, sizeof g->largest);
}

static bool in_range(int64_t value, size_t limit)
{
    return value >= 0 && (uint64_t)value <= limit;
}

static bool restore(struct tn_rng *rng, const int64_t *in)
{
    uint64_t state[4];

    memcpy(state, in, sizeof state);
    return tn_rng_restore(rng, state);
}

/* false: the numbers cannot be those of this training. */
static bool unpack_position(struct trainer *trainer, const int64_t *in)
{
    const uint64_t steps = (uint64_t)in[8] * trainer->task->steps + (uint64_t)in[9];
    struct trainer_position at = {.step = 0};

    memcpy(&at.loss, in + 10, sizeof at.loss);
    if (!in_range(in[8], trainer->options.epochs) || !in_range(in[9], trainer->task->steps) ||
        !in_range(in[11], INT64_MAX) || in[14] != in[8] ||
        !(fabs(at.loss) <= TRAINER_ABSURD_LOSS * (double)in[11]) || (in[9] > 0) != (in[11] > 0) ||
        (uint64_t)in[13] != steps || !in_range(in[12], in[14] > 0 ? (size_t)in[14] - 1 : 0) ||
        !restore(&at.rng, in) || !restore(&at.epoch_rng, in + 4))
        return false;
    at.epoch = (size_t)in[8];
    at.step = (size_t)in[9];
    at.tokens = (size_t)in[11];
    at.best = (size_t)in[12];
    trainer->position = at;
    trainer->optimiser.step = (uint64_t)in[13];
    trainer->history_count = (size_t)in[14];
    return true;
}

static bool unpack_gradients(struct trainer *trainer, const int64_t *in)
{
    struct trainer_gradients g = {.steps = (uint64_t)in[0], .clipped = (uint64_t)in[1]};

    memcpy(&g.sum, in + 2, sizeof g.sum);
    memcpy(&g.largest, in + 3, sizeof g.largest);
    if (g.steps > trainer->position.step || g.clipped > g.steps || !(g.sum >= 0) ||
        !isfinite(g.sum) || !(g.largest >= 0 && g.largest <= g.sum))
        return false;
    trainer->position.gradients = g;
    return true;
}

static struct tn_tensor integers_tensor(const char *name, const int64_t *data, size_t count)
{
    return (struct tn_tensor){.name = name,
                              .dtype = TN_I64,
                              .rank = 1,
                              .dims = {count},
                              .data = data,
                              .bytes = count * sizeof *data};
}

static struct tn_tensor floats_tensor(const char *name, const float *data, size_t rows,
                                      size_t columns)
{
    return (struct tn_tensor){.name = name,
                              .dtype = TN_F32,
                              .rank = 2,
                              .dims = {rows, columns},
                              .data = data,
                              .bytes = rows * columns * sizeof(float)};
}

/* What slice `slice` leaves to the next step; NULL and 0 where that is nothing. */
static float *slice_state(const struct trainer *trainer, size_t slice, size_t *ret_count)
{
    const struct train_task_ops *ops = trainer->task->ops;

    *ret_count = 0;
    return ops->state ? ops->state(trainer->task, slice, ret_count) : NULL;
}

/* The states of all slices, one behind the other: copied from the slices, or to them. */
static void copy_state(const struct trainer *trainer, float *all, bool to_slices)
{
    size_t count;

    for (size_t slice = 0; slice < trainer->options.slices; slice++, all += count) {
        float *state = slice_state(trainer, slice, &count);

        if (count > 0)
            memcpy(to_slices ? state : all, to_slices ? all : state, count * sizeof *state);
    }
}

/* Floats in the states of the slices before `end`. */
static size_t count_state(const struct trainer *trainer, size_t end)
{
    size_t total = 0, count;

    for (size_t slice = 0; slice < end; slice++) {
        slice_state(trainer, slice, &count);
        total += count;
    }
    return total;
}

/* Each process of a team has the state of its own slices.  The caller frees *ret_state. */
static enum tn_status gather_state(const struct trainer *trainer, float **ret_state,
                                   struct tn_error *err)
{
    struct team *team = trainer->options.team;
    const size_t floats = count_state(trainer, trainer->options.slices);
    float *state = malloc(floats * sizeof *state + 1);
    size_t *starts = calloc(team_size(team) + 1, sizeof *starts);

    if (!state || !starts) {
        free(state);
        free(starts);
        return tn_fail_nomem(err, floats * sizeof *state);
    }
    copy_state(trainer, state, false);
    for (size_t rank = 1; rank <= team_size(team); rank++)
        starts[rank] =
            count_state(trainer, train_slices_first(&trainer->slices, rank)) * sizeof *state;
    if (floats > 0)
        team_gather(team, state, starts);
    free(starts);
    *ret_state = state;
    return TN_OK;
}

static enum tn_status write_checkpoint(const struct trainer *trainer, const float *state,
                                       struct tn_error *err)
{
    const struct tn_metadata metadata[] = {{"content", content},
                                           {"identity", trainer->options.identity}};
    int64_t position[POSITION_NUMBERS], gradients[GRADIENT_NUMBERS];
    struct tn_tensor tensors[7];
    const size_t state_count = count_state(trainer, trainer->options.slices);
    size_t count = 0;

    pack_position(trainer, position);
    pack_gradients(trainer, gradients);
    tensors[count++] = integers_tensor("position", position, POSITION_NUMBERS);
    tensors[count++] = integers_tensor("gradients", gradients, GRADIENT_NUMBERS);
    tensors[count++] = floats_tensor("theta", trainer->theta, 1, trainer->floats);
    if (trainer->optimiser.ops->moments > 0)
        tensors[count++] = floats_tensor("moments", trainer->optimiser.moments,
                                         trainer->optimiser.ops->moments, trainer->floats);
    if (trainer->history_count > 0)
        tensors[count++] = floats_tensor("history", &trainer->history[0].loss,
                                         trainer->history_count, EPOCH_NUMBERS);
    if (trainer->start_scored)
        tensors[count++] = floats_tensor("start", &trainer->start.loss, 1, EPOCH_NUMBERS);
    if (state_count > 0)
        tensors[count++] = floats_tensor("state", state, 1, state_count);
    return tn_file_save(trainer->options.checkpoint, tensors, count, metadata, 2, err);
}

enum tn_status trainer_save_checkpoint(struct trainer *trainer, struct tn_error *err)
{
    enum tn_status status = TN_OK;
    float *state;

    if (!trainer->options.checkpoint)
        return TN_OK;
    TN_TRY(gather_state(trainer, &state, err));
    train_optimiser_gather(&trainer->optimiser);
    if (team_leads(trainer->options.team))
        status = write_checkpoint(trainer, state, err);
    free(state);
    return team_follow(trainer->options.team, status, err);
}

/* Says which "key=value" is the first to differ. */
static enum tn_status refuse_identity(const char *path, const char *theirs, const char *ours,
                                      struct tn_error *err)
{
    size_t start = 0;

    for (size_t i = 0; theirs[i] && theirs[i] == ours[i]; i++)
        if (theirs[i] == ' ')
            start = i + 1;
    return tn_fail(err, TN_RANGE,
                   "%s: the checkpoint was made with %.*s, this run has %.*s; give the same "
                   "options and data, or begin again without --resume",
                   path, (int)strcspn(theirs + start, " "), theirs + start,
                   (int)strcspn(ours + start, " "), ours + start);
}

/* Numbers that a training has come to are finite: it ends before it writes others. */
static enum tn_status read_finite(const struct tn_file *file, const char *name, size_t count,
                                  float *out, struct tn_error *err)
{
    TN_TRY(tn_file_read_floats(file, name, count, out, err));
    return tn_all_finite(out, count) ? TN_OK
                                     : tn_fail(err, TN_FORMAT,
                                               "%s: %s contains what is no finite number; "
                                               "begin again without --resume",
                                               tn_file_path(file), name);
}

/* Rows of epochs, which an older checkpoint has without their gradients. */
static enum tn_status read_epochs(const struct tn_file *file, const char *name, size_t count,
                                  struct train_epoch *out, struct tn_error *err)
{
    const struct tn_tensor *tensor = tn_file_find(file, name);
    const size_t numbers = tensor && tensor->rank == 2 && tensor->dims[1] == OLD_EPOCH_NUMBERS
                               ? OLD_EPOCH_NUMBERS
                               : EPOCH_NUMBERS;
    float *rows = malloc(count * numbers * sizeof *rows + 1);
    enum tn_status status;

    if (!rows)
        return tn_fail_nomem(err, count * numbers * sizeof *rows);
    status = read_finite(file, name, count * numbers, rows, err);
    for (size_t i = 0; status == TN_OK && i < count; i++) {
        out[i] = (struct train_epoch){.loss = 0};
        memcpy(&out[i].loss, rows + i * numbers, numbers * sizeof *rows);
    }
    free(rows);
    return status;
}

static enum tn_status refuse_position(const struct tn_file *file, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT,
                   "%s: the position is not one of this training; begin again without --resume",
                   tn_file_path(file));
}

/* Where the run stood; an older checkpoint has no gradients. */
static enum tn_status read_position(struct trainer *trainer, const struct tn_file *file,
                                    struct tn_error *err)
{
    const size_t numbers[] = {POSITION_NUMBERS}, more[] = {GRADIENT_NUMBERS};
    const struct tn_tensor *position, *gradients;

    TN_TRY(tn_file_get(file, "position", TN_I64, 1, numbers, &position, err));
    if (!unpack_position(trainer, position->data))
        return refuse_position(file, err);
    if (!tn_file_find(file, "gradients"))
        return TN_OK;
    TN_TRY(tn_file_get(file, "gradients", TN_I64, 1, more, &gradients, err));
    return unpack_gradients(trainer, gradients->data) ? TN_OK : refuse_position(file, err);
}

static enum tn_status read_state(struct trainer *trainer, const struct tn_file *file,
                                 struct tn_error *err)
{
    const size_t count = count_state(trainer, trainer->options.slices);
    float *state = malloc(count * sizeof *state + 1);
    enum tn_status status = TN_OK;

    if (!state)
        return tn_fail_nomem(err, count * sizeof *state);
    if (count > 0)
        status = read_finite(file, "state", count, state, err);
    if (status == TN_OK)
        copy_state(trainer, state, true);
    free(state);
    return status;
}

static enum tn_status read_tensors(struct trainer *trainer, const struct tn_file *file,
                                   struct tn_error *err)
{
    TN_TRY(read_position(trainer, file, err));
    TN_TRY(read_finite(file, "theta", trainer->floats, trainer->theta, err));
    if (trainer->optimiser.ops->moments > 0)
        TN_TRY(read_finite(file, "moments", trainer->optimiser.ops->moments * trainer->floats,
                           trainer->optimiser.moments, err));
    if (trainer->history_count > 0)
        TN_TRY(read_epochs(file, "history", trainer->history_count, trainer->history, err));
    trainer->start_scored = tn_file_find(file, "start");
    if (trainer->start_scored)
        TN_TRY(read_epochs(file, "start", 1, &trainer->start, err));
    return read_state(trainer, file, err);
}

/* All processes of a team must have read the same checkpoint. */
static enum tn_status agree_on_position(const struct trainer *trainer, const char *path,
                                        struct tn_error *err)
{
    const uint64_t hash = tn_hash_block(0, trainer->theta, trainer->floats * sizeof(float));
    char text[64];

    snprintf(text, sizeof text, "steps=%llu weights=%016llx",
             (unsigned long long)trainer->optimiser.step, (unsigned long long)hash);
    return team_agree(trainer->options.team, path, text, err);
}

enum tn_status trainer_resume(struct trainer *trainer, const char *path, struct tn_error *err)
{
    const char *theirs, *identity;
    struct tn_file *file;
    enum tn_status status;

    TN_TRY(tn_file_open(path, &file, err));
    theirs = tn_file_metadata(file, "content");
    identity = tn_file_metadata(file, "identity");
    if (!theirs || strcmp(theirs, content) != 0 || !identity)
        status = tn_fail(err, TN_FORMAT, "%s: not a checkpoint of this program", path);
    else if (strcmp(identity, trainer->options.identity) != 0)
        status = refuse_identity(path, identity, trainer->options.identity, err);
    else
        status = read_tensors(trainer, file, err);
    tn_file_close(file);
    return status == TN_OK ? agree_on_position(trainer, path, err) : status;
}
