/* SPDX-License-Identifier: MIT */
/*
 * Numbers the different ones among many small integers, in the order in which they come.  It is the
 * sparse set of Briggs and Torczon ("An efficient representation for sparse sets", 1993): to empty
 * it is to set `count` to 0.
 */
#ifndef MODELS_DISTINCT_H
#define MODELS_DISTINCT_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct distinct {
    size_t count;
    int *values;  /* [capacity], the first `count` are in the set */
    int *numbers; /* [universe]: where a value stands in `values`, if it does */
};

/* An empty set of at most `capacity` values below `universe`; the arena's memory must be zeroed. */
static inline void distinct_init(struct distinct *set, size_t universe, size_t capacity,
                                 struct tn_arena *arena)
{
    *set = (struct distinct){0};
    set->values = tn_arena_ints(arena, capacity);
    set->numbers = tn_arena_ints(arena, universe);
}

static inline bool distinct_holds(const struct distinct *set, int value)
{
    const size_t number = (size_t)set->numbers[value];

    return number < set->count && set->values[number] == value;
}

/* The value's number; it joins the set if it was not in it. */
static inline size_t distinct_add(struct distinct *set, int value)
{
    if (!distinct_holds(set, value)) {
        set->numbers[value] = (int)set->count;
        set->values[set->count++] = value;
    }
    return (size_t)set->numbers[value];
}

#endif
