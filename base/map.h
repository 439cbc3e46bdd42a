/* SPDX-License-Identifier: MIT */
/*
 * A map from byte strings to the indices 0, 1, 2 ... in the order in which they were added; the
 * strings are kept.  Open addressing with linear probing, at most half full.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

#define TN_MAP_NONE SIZE_MAX

struct tn_map_entry {
    size_t offset; /* of the string in text */
    size_t length;
    uint64_t hash;
    uint64_t value; /* for the owner to set; 0 at first */
};

/* Zero-initialise to begin. */
struct tn_map {
    char *text; /* the strings, each NUL-terminated */
    size_t text_used, text_capacity;
    struct tn_map_entry *entries;
    size_t count, capacity;
    uint32_t *slots;   /* index + 1; 0: empty */
    size_t slot_count; /* a power of two, or 0 */
};

void tn_map_finish(struct tn_map *map);

/* The string's index, or TN_MAP_NONE. */
size_t tn_map_find(const struct tn_map *map, const char *bytes, size_t length);

/* The string's index; it is copied in when it is new, and then the index is the count before the
 * call.  The map is unchanged on failure: TN_NOMEM, TN_RANGE beyond INT_MAX strings. */
TN_NODISCARD enum tn_status tn_map_add(struct tn_map *map, const char *bytes, size_t length,
                                       size_t *ret_index, struct tn_error *err);

/* The string at an index, NUL-terminated, borrowed until the next add. */
const char *tn_map_text(const struct tn_map *map, size_t index);

#endif
