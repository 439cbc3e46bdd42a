/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, PAGE = 1 << 12, MANY_PAGES = 32 * PAGE, HUGE_PAGE = 1 << 21 };

/* Wishes: without, it is only slower.  The end that does not fill a huge page takes small ones, and
 * all of those are asked for at once, in half the time of a fault for each. */
static void take_pages(char *memory, size_t bytes)
{
#if defined(MADV_HUGEPAGE)
    if (bytes >= HUGE_PAGE)
        (void)madvise(memory, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
#if defined(MADV_POPULATE_WRITE)
    if (bytes >= MANY_PAGES) {
        const size_t before = -(uintptr_t)memory % PAGE;

        (void)madvise(memory + before, bytes - before, MADV_POPULATE_WRITE);
    }
#endif
    (void)memory;
    (void)bytes;
}

void *tn_memory_create(size_t bytes)
{
    const size_t alignment = bytes >= HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
    void *memory;

    if (bytes > SIZE_MAX - alignment)
        return NULL;
    memory = aligned_alloc(alignment, (bytes + alignment) / alignment * alignment); /* not 0 */
    if (!memory)
        return NULL;
    take_pages(memory, bytes);
    memset(memory, 0, bytes);
    return memory;
}
