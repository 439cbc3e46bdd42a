/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include "base/memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define TN_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TN_ASAN 1
#endif
#endif
#if defined(TN_ASAN)
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

enum { ALIGNMENT = 64, GAP = 64 };

void tn_arena_measure(struct tn_arena *arena)
{
    memset(arena, 0, sizeof *arena);
}

enum tn_status tn_arena_reserve(struct tn_arena *arena, struct tn_error *err)
{
    const size_t capacity = arena->peak;

    assert(!arena->base);
    if (arena->overflow)
        return tn_fail_nomem(err, SIZE_MAX);
    arena->base = tn_memory_create(capacity);
    if (!arena->base)
        return tn_fail_nomem(err, capacity);
    POISON(arena->base, capacity);
    arena->capacity = capacity;
    arena->used = 0;
    return TN_OK;
}

void tn_arena_finish(struct tn_arena *arena)
{
    if (arena->base)
        UNPOISON(arena->base, arena->capacity);
    free(arena->base);
    memset(arena, 0, sizeof *arena);
}

void *tn_arena_alloc(struct tn_arena *arena, size_t count, size_t size)
{
    size_t bytes, start = arena->used;

    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2 - start - GAP) {
        assert(!arena->base);
        arena->overflow = true;
        return NULL;
    }
    arena->used = start + ((bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1)) + GAP;
    if (arena->used > arena->peak)
        arena->peak = arena->used;
    if (!arena->base)
        return NULL;
    assert(arena->used <= arena->capacity);
    UNPOISON(arena->base + start, bytes);
    return arena->base + start;
}

float *tn_arena_floats(struct tn_arena *arena, size_t count)
{
    return tn_arena_alloc(arena, count, sizeof(float));
}

int *tn_arena_ints(struct tn_arena *arena, size_t count)
{
    return tn_arena_alloc(arena, count, sizeof(int));
}

size_t tn_arena_mark(const struct tn_arena *arena)
{
    return arena->used;
}

void tn_arena_release(struct tn_arena *arena, size_t mark)
{
    assert(mark <= arena->used);
    if (arena->base)
        POISON(arena->base + mark, arena->used - mark);
    arena->used = mark;
}
