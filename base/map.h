/* SPDX-License-Identifier: MIT */
/*
 * A map from byte strings to the indices 0, 1, 2 ... in the order in which they were added; the
 * strings are kept.  Open addressing with linear probing, at most half full.
 */
#ifndef VOCAB_MAP_H
#define VOCAB_MAP_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

#define VOCAB_MAP_NONE SIZE_MAX

struct vocab_map_entry {
    size_t offset; /* of the string in text */
    size_t length;
    uint64_t hash;
};

/* Zero-initialise to begin. */
struct vocab_map {
    char *text; /* the strings, each NUL-terminated */
    size_t text_used, text_capacity;
    struct vocab_map_entry *entries;
    size_t count, capacity;
    uint32_t *slots;   /* index + 1; 0: empty */
    size_t slot_count; /* a power of two, or 0 */
};

void vocab_map_finish(struct vocab_map *map);

/* The string's index, or VOCAB_MAP_NONE. */
size_t vocab_map_find(const struct vocab_map *map, const char *bytes, size_t length);

/* The string's index; it is copied in when it is new, and then the index is the count before the
 * call.  The map is unchanged on failure: TN_NOMEM, TN_RANGE beyond INT_MAX strings. */
TN_NODISCARD enum tn_status vocab_map_add(struct vocab_map *map, const char *bytes, size_t length,
                                          size_t *ret_index, struct tn_error *err);

/* The string at an index, NUL-terminated, borrowed until the next add. */
const char *vocab_map_text(const struct vocab_map *map, size_t index);

#endif
