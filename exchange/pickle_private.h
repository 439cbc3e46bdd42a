/* SPDX-License-Identifier: MIT */
/* The machine that a pickle is a program of: its bytes, its stack, and the graph that it makes. */
#ifndef EXCHANGE_PICKLE_PRIVATE_H
#define EXCHANGE_PICKLE_PRIVATE_H

#include "exchange/pickle.h"

/* Far more than weights need; a value takes 80 bytes. */
enum { PICKLE_MOST_VALUES = 1 << 20 };

struct pickle_link {
    uint32_t value, next;
};

struct pickle_machine {
    const unsigned char *bytes;
    size_t at, size;
    struct pickle *graph;
    uint32_t *stack; /* numbers of values */
    size_t depth, stack_capacity;
    uint32_t *memo; /* the same, + 1; 0: nothing */
    size_t memo_count, memo_capacity;
    size_t memoized; /* by MEMOIZE, which counts */
    bool stopped;
    struct tn_error *err;
};

/* What the failing functions below share: TN_FORMAT, TN_RANGE, TN_NOMEM, in m->err. */
static inline enum tn_status pickle_damaged(const struct pickle_machine *m)
{
    return tn_fail(m->err, TN_FORMAT, "the pickle is damaged at byte %zu", m->at);
}

/* The next `count` bytes, and past them. */
TN_NODISCARD enum tn_status pickle_take(struct pickle_machine *m, size_t count,
                                        const unsigned char **ret_bytes);
/* A number of `width` bytes, the lowest first. */
TN_NODISCARD enum tn_status pickle_take_number(struct pickle_machine *m, size_t width,
                                               uint64_t *ret_number);

/* Puts a value of the graph onto the stack, by its number or as a new one without items. */
TN_NODISCARD enum tn_status pickle_push_number(struct pickle_machine *m, uint32_t value);
TN_NODISCARD enum tn_status pickle_push(struct pickle_machine *m, struct pickle_value value);
struct pickle_value *pickle_value_at(const struct pickle_machine *m, size_t place);
/* The topmost value, which is none of the marks. */
TN_NODISCARD enum tn_status pickle_pop(struct pickle_machine *m, uint32_t *ret_value);
TN_NODISCARD enum tn_status pickle_find_mark(const struct pickle_machine *m, size_t *ret_place);
/* The stack from `place` on becomes items of the value `to`, and leaves the stack. */
TN_NODISCARD enum tn_status pickle_move_items(struct pickle_machine *m, uint32_t to, size_t place);

#endif
