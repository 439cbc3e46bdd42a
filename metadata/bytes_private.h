/* SPDX-License-Identifier: MIT */
/* Numbers in files, and bytes that are written piece by piece. */
#ifndef META_BYTES_PRIVATE_H
#define META_BYTES_PRIVATE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number of `count` bytes, 4 at most, whose first byte counts most (big) or least. */
uint32_t meta_number(const unsigned char *bytes, size_t count, bool big);
void meta_number_put(unsigned char *bytes, size_t count, bool big, size_t value);

/* Begins as {0}.  Whoever has it frees its bytes, also after a failure. */
struct meta_bytes {
    unsigned char *bytes; /* owned */
    size_t size, capacity;
};

/* Adds bytes[size] at the end.  Errors: TN_NOMEM, which leaves all as it was. */
TN_NODISCARD enum tn_status meta_bytes_add(struct meta_bytes *out, const void *bytes, size_t size,
                                           struct tn_error *err);

/* The same instead of what lies from `start` to `end`. */
TN_NODISCARD enum tn_status meta_bytes_splice(struct meta_bytes *all, size_t start, size_t end,
                                              const void *bytes, size_t size, struct tn_error *err);

/* What was written is handed over where `status` is TN_OK, else freed; returns `status`. */
TN_NODISCARD enum tn_status meta_bytes_hand_over(struct meta_bytes *out, enum tn_status status,
                                                 unsigned char **ret_bytes, size_t *ret_size);

#endif
