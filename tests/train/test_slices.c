/* SPDX-License-Identifier: MIT */
/* The gradients of a step's slices, summed by teams of threads instead of processes: each team has
 * to give the bits of the tree that the test sums by itself. */
#include "base/rng.h"
#include "team/team_private.h"
#include "tests/support/suite.h"
#include "train/slices.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { FLOATS = 70000 /* more than the pool takes at once */, MOST = 8, STEPS = 2 };

/* ---- A team of threads ---- */

struct meeting {
    pthread_barrier_t barrier;
    const void *all[MOST]; /* what each shows to the others, between two barriers */
    const size_t *starts[MOST];
};

struct thread_team {
    struct team team;
    struct meeting *meeting;
};

static struct meeting *meet(struct team *team, const void *mine, const size_t *starts)
{
    struct meeting *meeting = ((struct thread_team *)team)->meeting;

    meeting->all[team->rank] = mine;
    meeting->starts[team->rank] = starts;
    pthread_barrier_wait(&meeting->barrier);
    return meeting;
}

static void gather(struct team *team, void *all, const size_t *starts)
{
    struct meeting *meeting = meet(team, all, starts);

    for (size_t r = 0; r < team->size; r++)
        if (r != team->rank)
            memcpy((char *)all + starts[r], (const char *)meeting->all[r] + starts[r],
                   starts[r + 1] - starts[r]);
    pthread_barrier_wait(&meeting->barrier);
}

static void exchange(struct team *team, const float *out, const size_t *starts, float *in,
                     const size_t *places, const size_t *counts)
{
    struct meeting *meeting = meet(team, out, starts);

    for (size_t r = 0; r < team->size; r++) {
        const size_t *theirs = meeting->starts[r];

        if (theirs[team->rank + 1] - theirs[team->rank] != counts[r])
            abort(); /* as MPI would */
        if (counts[r] > 0)
            memcpy(in + places[r], (const float *)meeting->all[r] + theirs[team->rank],
                   counts[r] * sizeof *in);
    }
    pthread_barrier_wait(&meeting->barrier);
}

static const struct team_ops ops = {.gather = gather, .exchange = exchange};

/* ---- A task ---- */

/* Slices of different weights; the fourth has none. */
static size_t tokens_of(size_t slice)
{
    return slice == 3 ? 0 : 1 + slice * 7 % 5;
}

static double add_gradient(struct train_task *task, const struct tn_pass *pass,
                           const struct train_slice *slice, size_t *ret_tokens)
{
    (void)task;
    for (size_t i = 0; i < FLOATS; i++)
        pass->dtheta[i] += tn_rng_normal(pass->rng) * (float)(1 + (i + slice->number) % 3);
    *ret_tokens = tokens_of(slice->number);
    return 0.1 * (double)*ret_tokens + 0.01 * (double)slice->number;
}

static const struct train_task_ops task_ops = {.step = add_gradient};

/* ---- What should come of it ---- */

/* out = the sum of slices [first, first + count), each by its tokens. */
static void sum_tree(const float *gradients, size_t first, size_t count, float *out)
{
    const size_t half = count / 2;
    float *more = malloc(FLOATS * sizeof *more);
    float left = 1, right = 1;

    if (count == 1) {
        memcpy(out, gradients + first * FLOATS, FLOATS * sizeof *out);
    } else {
        sum_tree(gradients, first, half, out);
        sum_tree(gradients, first + half, half, more);
        if (half == 1) {
            left = (float)tokens_of(first);
            right = (float)tokens_of(first + 1);
        }
        for (size_t i = 0; i < FLOATS; i++)
            out[i] = left * out[i] + right * more[i];
    }
    free(more);
}

static void expect_sum(size_t slices, struct tn_rng *rng, float *out)
{
    float *gradients = calloc(slices * FLOATS, sizeof *gradients);

    for (size_t s = 0; s < slices; s++) {
        struct tn_rng own;
        const struct tn_pass pass = {.dtheta = gradients + s * FLOATS, .rng = &own};
        size_t tokens;

        tn_rng_init(&own, tn_rng_next(rng));
        add_gradient(NULL, &pass, &(struct train_slice){0, s, slices}, &tokens);
    }
    sum_tree(gradients, 0, slices, out);
    free(gradients);
}

/* ---- A member ---- */

struct member {
    struct thread_team team;
    bool alone;
    size_t slices;
    const size_t *stretches;
    float *dtheta;
    enum tn_status status;
    struct tn_rng rng;
    double loss;
    size_t tokens;
    float divisor;
};

static void *work(void *context)
{
    struct member *m = context;
    struct train_task task = {.ops = &task_ops};
    const struct tn_pass pass = {.dtheta = m->dtheta, .rng = &m->rng};
    struct train_slices *slices = calloc(1, sizeof *slices);

    tn_rng_init(&m->rng, 5);
    m->status = train_slices_init(slices, m->alone ? NULL : &m->team.team, m->slices, FLOATS,
                                  m->stretches, NULL);
    for (size_t step = 0; m->status == TN_OK && step < STEPS; step++)
        m->loss = train_slices_learn(slices, &task, &pass, step, &m->tokens, &m->divisor);
    train_slices_finish(slices);
    free(slices);
    return NULL;
}

/* Lets `size` members take the steps; the sum of the last one, put together, is in sum. */
static void run_team(size_t size, size_t slices, struct member *members, float *sum)
{
    struct meeting meeting;
    pthread_t threads[MOST];
    size_t stretches[MOST + 1];

    pthread_barrier_init(&meeting.barrier, NULL, (unsigned)size);
    for (size_t r = 0; r <= size; r++)
        stretches[r] = FLOATS * r / size;
    for (size_t r = 0; r < size; r++) {
        members[r] = (struct member){.team = {{.ops = &ops, .rank = r, .size = size}, &meeting},
                                     .alone = size == 1,
                                     .slices = slices,
                                     .stretches = stretches,
                                     .dtheta = calloc(FLOATS, sizeof(float))};
        ck_assert_int_eq(pthread_create(&threads[r], NULL, work, &members[r]), 0);
    }
    for (size_t r = 0; r < size; r++) {
        pthread_join(threads[r], NULL);
        memcpy(sum + stretches[r], members[r].dtheta + stretches[r],
               (stretches[r + 1] - stretches[r]) * sizeof *sum);
        free(members[r].dtheta);
    }
    pthread_barrier_destroy(&meeting.barrier);
}

START_TEST(any_team_gives_the_bits_of_the_tree)
{
    const size_t slices = (size_t)2 << _i;
    float *expected = malloc(FLOATS * sizeof *expected), *sum = malloc(FLOATS * sizeof *sum);
    struct member members[MOST];
    struct tn_rng rng;
    size_t tokens = 0;

    for (size_t s = 0; s < slices; s++)
        tokens += tokens_of(s);
    tn_rng_init(&rng, 5);
    for (size_t step = 0; step < STEPS; step++)
        expect_sum(slices, &rng, expected);
    for (size_t size = 1; size <= MOST && size <= slices; size++) {
        run_team(size, slices, members, sum);
        ck_assert_msg(memcmp(sum, expected, FLOATS * sizeof *sum) == 0,
                      "%zu slices, a team of %zu: another sum", slices, size);
        for (size_t r = 0; r < size; r++) {
            ck_assert_int_eq(members[r].status, TN_OK);
            ck_assert_uint_eq(members[r].tokens, tokens);
            ck_assert_float_eq(members[r].divisor, (float)tokens);
            ck_assert_double_eq(members[r].loss, members[0].loss);
            ck_assert_mem_eq(members[r].rng.state, rng.state, sizeof rng.state);
        }
    }
    free(expected);
    free(sum);
}
END_TEST

START_TEST(what_cannot_be_shared_is_refused)
{
    static const struct {
        size_t size, slices;
        const char *message;
    } bad[] = {
        {1, 0, "1, 2, 4, 8 ... 256 slices, not 0"},
        {1, 3, "not 3"},
        {1, 512, "not 512"},
        {4, 2, "4 processes cannot share 2 slices"},
        {3, 1, "give at least --slices 3"},
    };
    struct thread_team team = {{.ops = &ops, .size = bad[_i].size}, NULL};
    const size_t stretches[MOST + 1] = {0};
    struct train_slices slices;
    struct tn_error err;

    ck_assert_int_eq(train_slices_init(&slices, bad[_i].size > 1 ? &team.team : NULL,
                                       bad[_i].slices, FLOATS, stretches, &err),
                     TN_RANGE);
    ck_assert_msg(strstr(err.text, bad[_i].message) != NULL, "%s", err.text);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("slices");
    TCase *cases = tcase_create("slices");

    tcase_add_loop_test(cases, any_team_gives_the_bits_of_the_tree, 0, 4);
    tcase_add_loop_test(cases, what_cannot_be_shared_is_refused, 0, 5);
    suite_add_tcase(suite, cases);
    return suite;
}
