/* SPDX-License-Identifier: MIT */
#include "base/pool.h"

#include "base/memory.h"
#include "base/platform/platform.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

/* How often a thread looks for work before it sleeps: about 20 microseconds, the time between two
 * kernels of one forward pass.  Longer would take the core from other processes. */
enum { SPINS = 2000 };

enum { MAX_THREADS = 1024, A_CORE = 4, ANYWHERE = 16 };

/* A thread's share of the tasks, which others help with when theirs is done; a cache line each. */
struct share {
    _Alignas(64) atomic_size_t next;
    size_t end;
};

struct worker {
    struct tn_pool *pool;
    pthread_t thread;
    size_t number; /* 1 and up; 0 is the caller */
};

struct tn_pool {
    pthread_mutex_t turn;   /* held by the caller whose loop is running */
    pthread_mutex_t mutex;  /* guards sleeping on the condition */
    pthread_cond_t wake;    /* a loop begins */
    pthread_cond_t done;    /* the last worker has finished it */
    int spins;              /* looks before a sleep; none where threads share cores */
    atomic_uint generation; /* grows by one with each loop, and at the end */
    atomic_bool stop;
    atomic_size_t working; /* workers that have not finished this loop */
    struct share *shares;  /* [threads] */
    tn_task_fn *task;
    void *context;
    size_t threads, started;
    struct worker *workers;   /* threads - 1 */
    pthread_mutex_t borrowed; /* guards the memory, held by its borrower */
    void *memory;
    size_t bytes;
};

/* Which pool's task this thread is in, to run nested loops in place. */
static _Thread_local const struct tn_pool *inside;
static _Thread_local size_t inside_thread;

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb"); /* as long as x86's pause; yield is nothing on most processors */
#else
    sched_yield();
#endif
}

size_t tn_available_cores(void)
{
    return tn_platform_cores().usable;
}

size_t tn_useful_threads(size_t wanted)
{
    const size_t cores = tn_available_cores();
    const size_t most = cores * A_CORE > ANYWHERE ? cores * A_CORE : ANYWHERE;

    return wanted == 0 ? cores : wanted < most ? wanted : most;
}

static void work(struct tn_pool *pool, size_t thread)
{
    const struct tn_pool *outer = inside;
    const size_t outer_thread = inside_thread;

    inside = pool;
    inside_thread = thread;
    for (size_t t = 0; t < pool->threads; t++) {
        struct share *share = &pool->shares[(thread + t) % pool->threads];
        size_t i;

        while ((i = atomic_fetch_add_explicit(&share->next, 1, memory_order_relaxed)) < share->end)
            pool->task(pool->context, i, thread);
    }
    inside = outer;
    inside_thread = outer_thread;
}

/* Waits until the generation is no longer `seen`; returns the new one. */
static unsigned wait_for_work(struct tn_pool *pool, unsigned seen)
{
    unsigned now;

    for (int i = 0; i < pool->spins; i++) {
        now = atomic_load_explicit(&pool->generation, memory_order_acquire);
        if (now != seen)
            return now;
        pause_briefly();
    }
    pthread_mutex_lock(&pool->mutex);
    while ((now = atomic_load_explicit(&pool->generation, memory_order_acquire)) == seen)
        pthread_cond_wait(&pool->wake, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    return now;
}

static void finish_loop(struct tn_pool *pool)
{
    if (atomic_fetch_sub_explicit(&pool->working, 1, memory_order_release) > 1)
        return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_signal(&pool->done);
    pthread_mutex_unlock(&pool->mutex);
}

static void wait_for_workers(struct tn_pool *pool)
{
    for (int i = 0; i < pool->spins; i++) {
        if (atomic_load_explicit(&pool->working, memory_order_acquire) == 0)
            return;
        pause_briefly();
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load_explicit(&pool->working, memory_order_acquire) > 0)
        pthread_cond_wait(&pool->done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    struct tn_pool *pool = worker->pool;
    unsigned seen = 0;

    for (;;) {
        seen = wait_for_work(pool, seen);
        if (atomic_load(&pool->stop))
            return NULL;
        work(pool, worker->number);
        finish_loop(pool);
    }
}

static void announce(struct tn_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add_explicit(&pool->generation, 1, memory_order_release);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

enum tn_status tn_pool_create(size_t threads, struct tn_pool **ret_pool, struct tn_error *err)
{
    const size_t wanted = tn_useful_threads(threads);
    struct tn_pool *pool;

    if (threads > MAX_THREADS)
        return tn_fail(err, TN_RANGE, "%zu threads; expected at most %d", threads, MAX_THREADS);
    pool = calloc(1, sizeof *pool);
    if (!pool)
        return tn_fail_nomem(err, sizeof *pool);
    pool->threads = wanted;
    pool->spins = wanted > tn_available_cores() ? 0 : SPINS;
    pthread_mutex_init(&pool->turn, NULL);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_mutex_init(&pool->borrowed, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->workers = calloc(pool->threads, sizeof *pool->workers);
    pool->shares = tn_memory_create(pool->threads * sizeof *pool->shares);
    if (!pool->workers || !pool->shares) {
        tn_pool_destroy(pool);
        return tn_fail_nomem(err, wanted * sizeof *pool->workers);
    }
    for (size_t i = 0; i + 1 < pool->threads; i++) {
        struct worker *worker = &pool->workers[i];

        *worker = (struct worker){.pool = pool, .number = i + 1};
        if (tn_platform_start_thread(&worker->thread, worker_main, worker) != 0) {
            tn_pool_destroy(pool);
            return tn_fail(err, TN_NOMEM, "cannot start %zu threads; try fewer", wanted);
        }
        pool->started++;
    }
    *ret_pool = pool;
    return TN_OK;
}

void tn_pool_destroy(struct tn_pool *pool)
{
    if (!pool)
        return;
    atomic_store(&pool->stop, true);
    announce(pool);
    for (size_t i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    pthread_mutex_destroy(&pool->turn);
    pthread_mutex_destroy(&pool->borrowed);
    free(pool->memory);
    free(pool->shares);
    free(pool->workers);
    free(pool);
}

size_t tn_pool_threads(const struct tn_pool *pool)
{
    return pool ? pool->threads : 1;
}

void tn_pool_run(struct tn_pool *pool, size_t count, tn_task_fn *task, void *context)
{
    if (!pool || pool->threads == 1 || count <= 1 || inside == pool) {
        const size_t thread = pool && inside == pool ? inside_thread : 0;

        for (size_t i = 0; i < count; i++)
            task(context, i, thread);
        return;
    }
    pthread_mutex_lock(&pool->turn);
    pool->task = task;
    pool->context = context;
    for (size_t t = 0; t < pool->threads; t++) {
        atomic_store_explicit(&pool->shares[t].next, t * count / pool->threads,
                              memory_order_relaxed);
        pool->shares[t].end = (t + 1) * count / pool->threads;
    }
    atomic_store_explicit(&pool->working, pool->threads - 1, memory_order_relaxed);
    announce(pool);
    work(pool, 0);
    wait_for_workers(pool);
    pthread_mutex_unlock(&pool->turn);
}

void *tn_pool_borrow(struct tn_pool *pool, size_t bytes)
{
    if (!pool || inside == pool || pthread_mutex_trylock(&pool->borrowed) != 0)
        return NULL;
    if (pool->bytes < bytes) {
        free(pool->memory);
        pool->memory = tn_memory_create(bytes);
        pool->bytes = pool->memory ? bytes : 0;
    }
    if (pool->memory)
        return pool->memory;
    pthread_mutex_unlock(&pool->borrowed);
    return NULL;
}

void tn_pool_return(struct tn_pool *pool)
{
    pthread_mutex_unlock(&pool->borrowed);
}
