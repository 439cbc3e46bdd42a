/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, HUGE_PAGE = 1 << 21 };

void *tn_memory_create(size_t bytes)
{
    const size_t alignment = bytes >= 2 * HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
    size_t whole;
    void *memory;

    if (bytes > SIZE_MAX - alignment)
        return NULL;
    whole = (bytes + alignment) / alignment * alignment; /* not 0 */
    memory = aligned_alloc(alignment, whole);
    if (!memory)
        return NULL;
#if defined(MADV_HUGEPAGE)
    if (alignment == HUGE_PAGE)
        (void)madvise(memory, whole, MADV_HUGEPAGE); /* a wish: without, it is only slower */
#endif
    memset(memory, 0, whole);
    return memory;
}
