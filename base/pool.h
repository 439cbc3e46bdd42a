/* SPDX-License-Identifier: MIT */
/*
 * The thread pool.  One pool serves a whole program; OpenBLAS stays on the calling thread
 * (tensor/blas.c), so that there is one set of threads and it never fights another.
 *
 * Work is a loop of independent tasks.  How the work is cut into tasks must not depend on the
 * number of threads, so that results do not either.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/status.h"

#include <stddef.h>

struct tn_pool;

/* One task: its number in [0, count) and the thread's in [0, threads), for per-thread scratch. */
typedef void tn_task_fn(void *context, size_t index, size_t thread);

/* How many cores this process may use (its affinity mask and its cgroup's CPU quota), at least 1.
 */
size_t tn_available_cores(void);
/* How many threads are started where `wanted` are asked for, 0: one per core.  At most 16, or
 * four per core where that is more: others would only wait, and take memory. */
size_t tn_useful_threads(size_t wanted);

/* A pool of tn_useful_threads(threads).  The caller owns the pool and destroys it.  Errors:
 * TN_RANGE above 1024 threads, TN_NOMEM. */
TN_NODISCARD enum tn_status tn_pool_create(size_t threads, struct tn_pool **ret_pool,
                                           struct tn_error *err);
void tn_pool_destroy(struct tn_pool *pool);

/* The number of threads that run tasks, the calling one included; 1 for a NULL pool. */
size_t tn_pool_threads(const struct tn_pool *pool);

/*
 * Runs task(context, i, thread) for each i in [0, count) and returns when all are done.  The
 * calling thread works too.  A NULL pool, or a call from inside a task, runs the loop on the
 * calling thread (with its own thread number).  Calls from different threads take turns.
 */
void tn_pool_run(struct tn_pool *pool, size_t count, tn_task_fn *task, void *context);

/*
 * The pool's own memory, for what all its tasks share: at least `bytes`, 64-byte aligned, until
 * tn_pool_return.  It stays with the pool, so that a loop of equal work allocates once.  NULL when
 * there is none to be had (a NULL pool, from inside a task, while another thread has it, out of
 * memory): be ready to do without.
 */
void *tn_pool_borrow(struct tn_pool *pool, size_t bytes);
void tn_pool_return(struct tn_pool *pool);

#endif
