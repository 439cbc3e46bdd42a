/* SPDX-License-Identifier: MIT */
#include "tests/support/suite.h"

#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

enum { TASKS = 1000, ROUNDS = 300 };

struct tally {
    struct tn_pool *pool;
    atomic_int done[TASKS];
    atomic_int nested, wrong_thread;
};

static void count_task(void *context, size_t index, size_t thread)
{
    struct tally *tally = context;

    if (thread >= tn_pool_threads(tally->pool))
        atomic_fetch_add(&tally->wrong_thread, 1);
    atomic_fetch_add(&tally->done[index], 1);
}

START_TEST(every_task_runs_once)
{
    static const size_t threads[] = {1, 2, 3, 8};
    struct tally *tally = calloc(1, sizeof *tally);

    ck_assert_int_eq(tn_pool_create(threads[_i], &tally->pool, NULL), TN_OK);
    ck_assert_uint_eq(tn_pool_threads(tally->pool), threads[_i]);
    for (size_t round = 0; round < ROUNDS; round++)
        tn_pool_run(tally->pool, round % 50, count_task, tally);
    for (size_t i = 0; i < 50; i++) {
        int expected = 0;

        for (size_t round = 0; round < ROUNDS; round++)
            expected += round % 50 > i;
        ck_assert_int_eq(atomic_load(&tally->done[i]), expected);
    }
    tn_pool_run(tally->pool, TASKS, count_task, tally);
    ck_assert_int_eq(atomic_load(&tally->done[TASKS - 1]), 1);
    ck_assert_int_eq(atomic_load(&tally->wrong_thread), 0);
    tn_pool_destroy(tally->pool);
    free(tally);
}
END_TEST

struct inner {
    struct tally *tally;
    size_t thread;
};

static void inner_task(void *context, size_t index, size_t thread)
{
    struct inner *inner = context;

    (void)index;
    if (thread != inner->thread)
        atomic_fetch_add(&inner->tally->wrong_thread, 1);
    atomic_fetch_add(&inner->tally->nested, 1);
}

static void outer_task(void *context, size_t index, size_t thread)
{
    struct inner inner = {context, thread};

    (void)index;
    tn_pool_run(inner.tally->pool, 10, inner_task, &inner);
}

START_TEST(a_nested_loop_runs_in_place_with_its_threads_number)
{
    struct tally *tally = calloc(1, sizeof *tally);

    ck_assert_int_eq(tn_pool_create(4, &tally->pool, NULL), TN_OK);
    tn_pool_run(tally->pool, 100, outer_task, tally);
    ck_assert_int_eq(atomic_load(&tally->nested), 1000);
    ck_assert_int_eq(atomic_load(&tally->wrong_thread), 0);
    tn_pool_destroy(tally->pool);
    free(tally);
}
END_TEST

static void *run_from_thread(void *context)
{
    struct tally *tally = context;

    for (int i = 0; i < ROUNDS; i++)
        tn_pool_run(tally->pool, 20, count_task, tally);
    return NULL;
}

START_TEST(callers_take_turns)
{
    struct tally *tally = calloc(1, sizeof *tally);
    pthread_t threads[3];

    ck_assert_int_eq(tn_pool_create(3, &tally->pool, NULL), TN_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_from_thread, tally), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(atomic_load(&tally->done[i]), 3 * ROUNDS);
    tn_pool_destroy(tally->pool);
    free(tally);
}
END_TEST

START_TEST(without_a_pool_the_caller_works)
{
    struct tally *tally = calloc(1, sizeof *tally);

    tn_pool_run(NULL, 10, count_task, tally);
    ck_assert_int_eq(atomic_load(&tally->done[9]), 1);
    ck_assert_uint_eq(tn_pool_threads(NULL), 1);
    tn_pool_destroy(NULL);
    ck_assert_uint_ge(tn_available_cores(), 1);
    free(tally);
}
END_TEST

START_TEST(zero_threads_are_all_cores)
{
    struct tn_pool *pool;

    ck_assert_int_eq(tn_pool_create(0, &pool, NULL), TN_OK);
    ck_assert_uint_eq(tn_pool_threads(pool), tn_available_cores());
    tn_pool_destroy(pool);
}
END_TEST

START_TEST(no_more_threads_than_the_cores_can_use)
{
    const size_t cores = tn_available_cores(), most = 4 * cores > 16 ? 4 * cores : 16;
    struct tally *tally = calloc(1, sizeof *tally);

    ck_assert_uint_eq(tn_useful_threads(0), cores);
    ck_assert_uint_eq(tn_useful_threads(1), 1);
    ck_assert_uint_eq(tn_useful_threads(16), 16);
    ck_assert_uint_eq(tn_useful_threads(1024), most < 1024 ? most : 1024);
    ck_assert_int_eq(tn_pool_create(1024, &tally->pool, NULL), TN_OK);
    ck_assert_uint_eq(tn_pool_threads(tally->pool), tn_useful_threads(1024));
    for (size_t round = 0; round < ROUNDS; round++)
        tn_pool_run(tally->pool, TASKS, count_task, tally);
    for (size_t i = 0; i < TASKS; i++)
        ck_assert_int_eq(atomic_load(&tally->done[i]), ROUNDS);
    tn_pool_destroy(tally->pool);
    free(tally);
}
END_TEST

static void borrow_task(void *context, size_t index, size_t thread)
{
    struct tally *tally = context;

    (void)index;
    (void)thread;
    if (tn_pool_borrow(tally->pool, 64))
        atomic_fetch_add(&tally->nested, 1);
}

START_TEST(memory_is_lent_to_one_at_a_time)
{
    struct tally *tally = calloc(1, sizeof *tally);
    unsigned char *memory;

    ck_assert_int_eq(tn_pool_create(2, &tally->pool, NULL), TN_OK);
    memory = tn_pool_borrow(tally->pool, 1000);
    ck_assert_ptr_nonnull(memory);
    ck_assert_uint_eq((uintptr_t)memory % 64, 0);
    ck_assert_ptr_null(tn_pool_borrow(tally->pool, 10));
    tn_pool_return(tally->pool);
    ck_assert_ptr_eq(tn_pool_borrow(tally->pool, 500), memory);
    tn_pool_return(tally->pool);
    memory = tn_pool_borrow(tally->pool, 5 << 20);
    ck_assert_ptr_nonnull(memory);
    memory[(5 << 20) - 1] = 1;
    tn_pool_return(tally->pool);
    tn_pool_run(tally->pool, 10, borrow_task, tally);
    ck_assert_int_eq(atomic_load(&tally->nested), 0);
    ck_assert_ptr_null(tn_pool_borrow(NULL, 1));
    tn_pool_destroy(tally->pool);
    free(tally);
}
END_TEST

START_TEST(an_absurd_number_of_threads_is_an_error)
{
    struct tn_pool *pool;
    struct tn_error err;

    ck_assert_int_eq(tn_pool_create((size_t)-1, &pool, &err), TN_RANGE);
    ck_assert_int_eq(tn_pool_create(1025, &pool, &err), TN_RANGE);
    ck_assert_str_eq(err.text, "1025 threads; expected at most 1024");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *tcase = tcase_create("pool");

    tcase_add_loop_test(tcase, every_task_runs_once, 0, 4);
    tcase_add_test(tcase, a_nested_loop_runs_in_place_with_its_threads_number);
    tcase_add_test(tcase, callers_take_turns);
    tcase_add_test(tcase, without_a_pool_the_caller_works);
    tcase_add_test(tcase, zero_threads_are_all_cores);
    tcase_add_test(tcase, no_more_threads_than_the_cores_can_use);
    tcase_add_test(tcase, memory_is_lent_to_one_at_a_time);
    tcase_add_test(tcase, an_absurd_number_of_threads_is_an_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
