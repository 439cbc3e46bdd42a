/* SPDX-License-Identifier: MIT */
/* Arrays that grow. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include "base/status.h"

#include <stddef.h>

/*
 * Makes room for `need` elements in all in *array (NULL to begin with), which *capacity counts:
 * moves it and updates both where there is less.  It grows by half at least, so that appending is
 * linear over all; from a capacity of 0 it gets what is needed and no more, but for small arrays.
 * Both are unchanged on failure: TN_NOMEM.
 */
#define tn_array_reserve(array, capacity, need, err)                                               \
    tn_array_reserve_bytes(array, capacity, need, sizeof **(array), err)

/* The same where `array` points to a pointer to elements of `size` bytes. */
TN_NODISCARD enum tn_status tn_array_reserve_bytes(void *array, size_t *capacity, size_t need,
                                                   size_t size, struct tn_error *err);

#endif
