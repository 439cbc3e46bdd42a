/* SPDX-License-Identifier: MIT */
/* Memory for large arrays. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/*
 * At least `bytes`, zeroed and 64-byte aligned; the caller frees it with free().  NULL when there
 * is no more.  From 1 MB on it lies in huge pages where the system has them: a product or an
 * optimiser that walks through many megabytes with one entry of the address cache for 4 KB waits
 * for entries as long as for data.
 */
void *tn_memory_create(size_t bytes);

#endif
