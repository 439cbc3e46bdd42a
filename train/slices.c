/* SPDX-License-Identifier: MIT */
#include "train/slices.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 32768 }; /* floats per task of the pool */

/* ---- The tree ---- */

/* Whether two subtrees that lie side by side are the halves of one. */
static bool are_halves(const struct train_subtree *left, const struct train_subtree *right)
{
    return left->count == right->count && left->first % (2 * left->count) == 0;
}

size_t train_slices_first(const struct train_slices *slices, size_t rank)
{
    return slices->count * rank / team_size(slices->team);
}

/* The whole subtrees of a process' slices into stack[]; returns how many, and the most that were
 * there at once while each slice came in turn. */
static size_t list_subtrees(const struct train_slices *slices, size_t rank,
                            struct train_subtree *stack, size_t *ret_deepest)
{
    size_t depth = 0;

    *ret_deepest = 0;
    for (size_t i = train_slices_first(slices, rank); i < train_slices_first(slices, rank + 1);
         i++) {
        stack[depth++] = (struct train_subtree){.first = i, .count = 1, .weight = 1};
        if (depth > *ret_deepest)
            *ret_deepest = depth;
        for (; depth > 1 && are_halves(&stack[depth - 2], &stack[depth - 1]); depth--)
            stack[depth - 2].count *= 2;
    }
    return depth;
}

/* ---- Preparation ---- */

static size_t own_floats(const struct train_slices *slices)
{
    const size_t rank = team_rank(slices->team);

    return slices->stretches[rank + 1] - slices->stretches[rank];
}

static enum tn_status check_slices(const struct team *team, size_t count, struct tn_error *err)
{
    if (count == 0 || count > TRAIN_MAX_SLICES || (count & (count - 1)) != 0)
        return tn_fail(err, TN_RANGE, "a step has 1, 2, 4, 8 ... %d slices, not %zu",
                       TRAIN_MAX_SLICES, count);
    if (count < team_size(team))
        return tn_fail(err, TN_RANGE,
                       "%zu processes cannot share %zu slices of a step; give at least --slices "
                       "%zu, a power of two, or start fewer",
                       team_size(team), count, team_size(team));
    return TN_OK;
}

/* Which process has which slices and subtrees, and where those received will lie. */
static void share_out(struct train_slices *slices)
{
    size_t deepest;

    for (size_t rank = 0; rank < team_size(slices->team); rank++) {
        slices->starts[rank + 1] = train_slices_first(slices, rank + 1) * sizeof *slices->results;
        slices->firsts[rank] = slices->all_count;
        slices->all_count += list_subtrees(slices, rank, slices->all + slices->all_count, &deepest);
        slices->firsts[rank + 1] = slices->all_count;
    }
}

static bool allocate_sums(struct train_slices *slices)
{
    const size_t bytes = slices->floats * sizeof(float);
    size_t deepest;

    list_subtrees(slices, team_rank(slices->team), slices->own, &deepest);
    slices->buffers = tn_memory_create((deepest - 1) * bytes);
    if (slices->team)
        slices->received = tn_memory_create(slices->all_count * own_floats(slices) * sizeof(float));
    for (size_t t = 0; slices->received && t < slices->all_count; t++)
        slices->all[t].sum = slices->received + t * own_floats(slices);
    return slices->buffers && (slices->received || !slices->team);
}

enum tn_status train_slices_init(struct train_slices *slices, struct team *team, size_t count,
                                 size_t floats, const size_t *stretches, struct tn_error *err)
{
    const size_t size = team_size(team);

    TN_TRY(check_slices(team, count, err));
    *slices = (struct train_slices){
        .team = team, .count = count, .floats = floats, .stretches = stretches};
    if (count == 1)
        return TN_OK;
    slices->starts = calloc(size + 1, sizeof *slices->starts);
    slices->firsts = calloc(size + 1, sizeof *slices->firsts);
    slices->places = calloc(size + 1, sizeof *slices->places);
    slices->lengths = calloc(size + 1, sizeof *slices->lengths);
    slices->nothing = calloc(size + 1, sizeof *slices->nothing);
    if (slices->starts && slices->firsts && slices->places && slices->lengths && slices->nothing) {
        share_out(slices);
        if (allocate_sums(slices))
            return TN_OK;
    }
    train_slices_finish(slices);
    return tn_fail_nomem(err, floats * sizeof(float));
}

void train_slices_finish(struct train_slices *slices)
{
    free(slices->starts);
    free(slices->firsts);
    free(slices->places);
    free(slices->lengths);
    free(slices->nothing);
    free(slices->buffers);
    free(slices->received);
    memset(slices, 0, sizeof *slices);
}

/* ---- A step ---- */

/* What is done with floats over the pool, a block per task. */
struct work {
    const struct train_slices *slices;
    struct train_subtree *left, *right;
    float *out;
    size_t floats;
};

static size_t block_length(const struct work *work, size_t index)
{
    const size_t left = work->floats - index * BLOCK;

    return left < BLOCK ? left : BLOCK;
}

static void run_blocks(const struct tn_pass *pass, tn_task_fn *task, struct work *work)
{
    tn_pool_run(pass->pool, (work->floats + BLOCK - 1) / BLOCK, task, work);
}

static void clear_block(void *context, size_t index, size_t thread)
{
    const struct work *work = context;

    (void)thread;
    memset(work->out + index * BLOCK, 0, block_length(work, index) * sizeof(float));
}

/* left becomes the sum of both, in the floats from `at` on. */
static void add_subtree(const struct train_subtree *left, const struct train_subtree *right,
                        size_t at, size_t count)
{
    float *restrict sum = left->sum + at;
    const float *restrict more = right->sum + at;
    const float weight = left->weight, its_weight = right->weight;

    for (size_t i = 0; i < count; i++)
        sum[i] = weight * sum[i] + its_weight * more[i];
}

static void add_block(void *context, size_t index, size_t thread)
{
    const struct work *work = context;

    (void)thread;
    add_subtree(work->left, work->right, index * BLOCK, block_length(work, index));
}

static bool has_items(const struct train_task *task, const struct train_slice *slice)
{
    size_t count;

    if (task->order.count == 0)
        return true;
    train_task_items(task, slice, &count);
    return count > 0;
}

/* Puts a slice's gradient onto the stack, and joins the halves that are there. */
static void push_slice(struct train_slices *slices, struct train_task *task,
                       const struct tn_pass *pass, const struct train_slice *slice)
{
    struct train_subtree *top = &slices->own[slices->own_count];
    struct train_slice_result *result = &slices->results[slice->number];
    struct tn_pass learning = *pass;
    struct work work = {.floats = slices->floats};
    size_t tokens = 0;

    if (slices->own_count > 0)
        learning.dtheta = slices->buffers + (slices->own_count - 1) * slices->floats;
    work.out = learning.dtheta;
    run_blocks(pass, clear_block, &work);
    result->loss = has_items(task, slice) ? task->ops->step(task, &learning, slice, &tokens) : 0;
    result->tokens = (double)tokens;
    *top = (struct train_subtree){slice->number, 1, learning.dtheta, (float)tokens};
    for (; top > slices->own && are_halves(top - 1, top); top--) {
        work.left = top - 1;
        work.right = top;
        run_blocks(pass, add_block, &work);
        work.left->count *= 2;
        work.left->weight = 1;
    }
    slices->own_count = (size_t)(top - slices->own) + 1;
}

/* Each process' own slices.  All draw the seeds of all, so that their generators go on alike. */
static void learn_own(struct train_slices *slices, struct train_task *task,
                      const struct tn_pass *pass, size_t step)
{
    const size_t rank = team_rank(slices->team);
    struct train_slice slice = {.step = step, .count = slices->count};
    struct tn_pass drawing = *pass;
    struct tn_rng rng;

    drawing.rng = &rng;
    slices->own_count = 0;
    for (; slice.number < slice.count; slice.number++) {
        tn_rng_init(&rng, tn_rng_next(pass->rng));
        if (slice.number >= train_slices_first(slices, rank) &&
            slice.number < train_slices_first(slices, rank + 1))
            push_slice(slices, task, &drawing, &slice);
    }
}

/* Each process receives its stretch of the subtrees of all: of each process the first, then of
 * each the second ... */
static void exchange_subtrees(struct train_slices *slices)
{
    const size_t size = team_size(slices->team), length = own_floats(slices);

    for (size_t t = 0; t < slices->all_count; t++)
        slices->all[t].weight =
            slices->all[t].count > 1 ? 1 : (float)slices->results[slices->all[t].first].tokens;
    for (size_t round = 0, more = 1; more > 0; round++) {
        const bool has = round < slices->own_count;

        more = 0;
        for (size_t r = 0; r < size; r++) {
            const size_t t = slices->firsts[r] + round;

            slices->lengths[r] = t < slices->firsts[r + 1] ? length : 0;
            slices->places[r] = slices->lengths[r] > 0 ? t * length : 0;
            more += t + 1 < slices->firsts[r + 1];
        }
        team_exchange(slices->team, has ? slices->own[round].sum : NULL,
                      has ? slices->stretches : slices->nothing, slices->received, slices->places,
                      slices->lengths);
    }
}

/* The sum of all subtrees, by the same joins as if they had come one after the other. */
static void sum_block(void *context, size_t index, size_t thread)
{
    const struct work *work = context;
    const struct train_slices *slices = work->slices;
    const size_t at = index * BLOCK, length = block_length(work, index);
    struct train_subtree stack[TRAIN_MAX_SLICES];
    size_t depth = 0;

    (void)thread;
    for (size_t t = 0; t < slices->all_count; t++) {
        stack[depth++] = slices->all[t];
        for (; depth > 1 && are_halves(&stack[depth - 2], &stack[depth - 1]); depth--) {
            add_subtree(&stack[depth - 2], &stack[depth - 1], at, length);
            stack[depth - 2].count *= 2;
            stack[depth - 2].weight = 1;
        }
    }
    memcpy(work->out + at, stack[0].sum + at, length * sizeof(float));
}

double train_slices_learn(struct train_slices *slices, struct train_task *task,
                          const struct tn_pass *pass, size_t step, size_t *ret_tokens,
                          float *ret_divisor)
{
    double loss = 0, tokens = 0;

    if (slices->count == 1) {
        *ret_divisor = 1;
        return task->ops->step(task, pass, &(struct train_slice){step, 0, 1}, ret_tokens);
    }
    learn_own(slices, task, pass, step);
    team_gather(slices->team, slices->results, slices->starts);
    if (slices->team) {
        struct work work = {.slices = slices, .floats = own_floats(slices)};

        work.out = pass->dtheta + slices->stretches[team_rank(slices->team)];
        exchange_subtrees(slices);
        run_blocks(pass, sum_block, &work);
    }
    for (size_t i = 0; i < slices->count; i++) {
        loss += slices->results[i].loss;
        tokens += slices->results[i].tokens;
    }
    *ret_tokens = (size_t)tokens;
    *ret_divisor = (float)tokens;
    return loss;
}
