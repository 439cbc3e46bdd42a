/* SPDX-License-Identifier: MIT */
/*
 * An arena: one block of memory from which buffers are taken in order and given back all at once.
 *
 * It is used in two passes over the same planning code.  A measuring arena (tn_arena_measure)
 * hands out NULL and only counts; tn_arena_reserve then allocates what was counted, and the second
 * pass receives the real buffers.  After that nothing allocates: scratch inside a pass is taken
 * with tn_arena_mark and given back with tn_arena_release.
 *
 * Every buffer is 64-byte aligned (a cache line, and an AVX-512 register).  Under AddressSanitizer
 * the gaps between buffers and all that has been released are poisoned.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct tn_arena {
    unsigned char *base; /* NULL while measuring */
    size_t capacity;     /* bytes at base */
    size_t used;         /* bytes handed out, gaps included */
    size_t peak;         /* the most that `used` ever was */
    bool overflow;       /* measuring: a size did not fit size_t */
};

/* Makes the caller's arena a measuring one. */
void tn_arena_measure(struct tn_arena *arena);

/* Ends the measuring: allocates `peak` bytes, zeroed, and starts again at 0.  TN_NOMEM leaves the
 * arena measuring. */
TN_NODISCARD enum tn_status tn_arena_reserve(struct tn_arena *arena, struct tn_error *err);

/* Frees the block; a zeroed or measuring arena is fine. */
void tn_arena_finish(struct tn_arena *arena);

/* count elements of `size` bytes, uninitialised but for the first use after tn_arena_reserve.
 * NULL while measuring; asserts that the measured size holds. */
void *tn_arena_alloc(struct tn_arena *arena, size_t count, size_t size);

/* tn_arena_alloc for floats and ints. */
float *tn_arena_floats(struct tn_arena *arena, size_t count);
int *tn_arena_ints(struct tn_arena *arena, size_t count);

/* mark returns the present position, release gives back all that was taken since. */
size_t tn_arena_mark(const struct tn_arena *arena);
void tn_arena_release(struct tn_arena *arena, size_t mark);

#endif
